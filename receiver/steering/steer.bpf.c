/*
 * The steering programs that need no more than the packet: in turn, by flow, by series.
 *
 * They are of the kind that may also say where the connections go that wait in the accept queue
 * of a listener that is closed, whatever net.ipv4.tcp_migrate_req is (Linux 5.14; earlier kernels
 * take no notice of the kind and close these connections). For UDP it makes no difference.
 */
#include "receiver/steering/choose.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Where the table stands. 64 bits, as 2^32 is no multiple of every length. */
uint64_t turn;

SEC("?sk_reuseport/migrate")
int in_turn(struct sk_reuseport_md *md)
{
	uint64_t mine = __sync_fetch_and_add(&turn, 1);

	return choose(md, in_table(mine % config.length), (uint32_t)mine);
}

/* The hash is the kernel's own, over both addresses and ports. */
SEC("?sk_reuseport/migrate")
int by_flow(struct sk_reuseport_md *md)
{
	return choose(md, in_table(md->hash), md->hash);
}

/*
 * By series. A tag may stand anywhere in the line, so each is hashed for itself, and the sum of
 * these does not depend on their order. Text is looked at eight bytes at a time: a word is the
 * next eight, first byte lowest.
 *
 * What is beyond SERIES_BYTES does not count, nor what is beyond SERIES_STEPS words (32 where
 * nothing is shorter than a word): the packets of a series still fall to one socket.
 */
#define SERIES_BYTES 256
#define SERIES_STEPS 64
#define UDP_HEADER   8

#define EACH(byte) (0x0101010101010101 * (uint64_t)(byte))
#define HIGHS      EACH(0x80)

struct series_text {
	uint8_t bytes[SERIES_BYTES + sizeof(uint64_t)];
	uint64_t zero; /* which the verifier does not know: see hash_series() */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct series_text);
} series_text SEC(".maps");

/* 0x80 in each byte that is 0 in WORD: nothing carries over from one byte to the next. */
static __always_inline uint64_t zeros(uint64_t word)
{
	return ~(((word & ~HIGHS) + ~HIGHS) | word) & HIGHS;
}

/* 0x80 in each byte below space. */
static __always_inline uint64_t controls(uint64_t word)
{
	return ~(((word & ~HIGHS) + EACH(0x80 - ' ')) | word) & HIGHS;
}

static __always_inline uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static __always_inline uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word = *(const uint64_t *)bytes;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/*
 * To the verifier the place after each step is just any, as a number is added that it does not
 * know. Else it would follow every combination of steps, of which there are too many.
 */
static __always_inline uint64_t hash_series(const struct series_text *text)
{
	uint64_t sum = 0, name = 1; /* the measurement begins otherwise than a tag */
	uint64_t escaped = 0;       /* 0x80: the byte before the word is a backslash */
	uint64_t at = 0, zero = text->zero;

	for (int i = 0; i < SERIES_STEPS && at < SERIES_BYTES; i++) {
		uint64_t word = word_at(&text->bytes[at]);
		uint64_t backslashes = zeros(word ^ EACH('\\')), commas = zeros(word ^ EACH(','));
		uint64_t names_end =
			(commas | zeros(word ^ EACH(' '))) & ~(backslashes << 8 | escaped);
		uint64_t ends = names_end | controls(word);
		uint64_t end = ends & -ends, before = (end >> 7) - 1; /* the first; bits before */

		if (!end) {
			name = mix(name, word);
			escaped = backslashes >> 56;
			at += sizeof(word) + zero;
			continue;
		}
		sum += mix(mix(name, word & before), 0);
		name = 2;
		if (!(commas & end))
			break;
		escaped = 0;
		at += (((before & EACH(1)) * EACH(1)) >> 56) + 1 + zero; /* bytes before, and it */
	}
	return mix(sum + name, 0);
}

/* The text up to SERIES_BYTES, with an end behind it. Copied, as not all data is always linear. */
static __always_inline struct series_text *read_text(struct sk_reuseport_md *md)
{
	uint32_t zero = 0, length = md->len;
	struct series_text *text = bpf_map_lookup_elem(&series_text, &zero);

	if (!text || length <= UDP_HEADER)
		return NULL;
	length -= UDP_HEADER;
	if (length > SERIES_BYTES)
		length = SERIES_BYTES;
	if (bpf_skb_load_bytes(md, UDP_HEADER, text->bytes, length) != 0)
		return NULL;
	text->bytes[length] = '\n';
	return text;
}

/* Buckets as for flows: what a resize moves is as little. */
SEC("?sk_reuseport/migrate")
int by_series(struct sk_reuseport_md *md)
{
	struct series_text *text = read_text(md);
	uint32_t hash = text ? (uint32_t)hash_series(text) : 0;

	return choose(md, in_table(hash), hash);
}
