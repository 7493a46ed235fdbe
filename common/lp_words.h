/*
 * Eight bytes of text at a time, in a plain 64-bit word; not for the rest of the project. The
 * first byte of the text is the lowest of the word on every machine.
 *
 * Marks are words in which the highest bit of a byte says something about that byte. Sums over
 * whole words carry into the next byte, so only the first mark can be relied upon.
 */
#ifndef FAIRPORT_LP_WORDS_H
#define FAIRPORT_LP_WORDS_H

#include <stdint.h>
#include <string.h>

#define LP_WORD 8

/* BYTE in each of the eight places. */
#define LP_EACH(byte) (0x0101010101010101ull * (uint8_t)(byte))

static inline uint64_t lp_load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* How many bytes stand before the first mark: LP_WORD when there is none. */
static inline unsigned int lp_before_mark(uint64_t marks)
{
	return marks ? (unsigned int)__builtin_ctzll(marks) / 8 : LP_WORD;
}

/*
 * Skips bytes that mean nothing but themselves. Stops at backslashes, DEL, what is not ASCII, the
 * byte STOP and all below LIMIT, and where less than a word is left.
 */
static inline const char *lp_skip_plain(const char *at, const char *end, char limit, char stop)
{
	while (end - at >= LP_WORD) {
		uint64_t word = lp_load(at), marks = word | (word + LP_EACH(1));
		unsigned int plain;

		marks |= word - LP_EACH(limit);
		marks |= (word ^ LP_EACH(stop)) - LP_EACH(1);
		marks |= (word ^ LP_EACH('\\')) - LP_EACH(1);
		plain = lp_before_mark(marks & LP_EACH(0x80));
		at += plain;
		if (plain < LP_WORD)
			break;
	}
	return at;
}

static inline const char *lp_skip_feeds(const char *at, const char *end)
{
	while (end - at >= LP_WORD && lp_load(at) == LP_EACH('\n'))
		at += LP_WORD;
	while (at < end && *at == '\n')
		at++;
	return at;
}

/* Marks all but digits in a word that was taken ^ LP_EACH('0'), which makes digits their values. */
static inline uint64_t lp_not_digits(uint64_t digits)
{
	return (digits | (digits + LP_EACH(0x80 - 10))) & LP_EACH(0x80);
}

/* The number that the first COUNT of DIGITS are: adds them up to pairs, fours, eight. */
static inline uint64_t lp_digits_value(uint64_t digits, unsigned int count)
{
	const uint64_t pair = 0x000000ff000000ffull;

	/* Zeros in front; in two steps, as a shift by all 64 bits is undefined. */
	digits = digits << 4 * (LP_WORD - count) << 4 * (LP_WORD - count);
	digits = digits * 10 + (digits >> 8);
	return ((digits & pair) * ((1000000ull << 32) + 100) +
		(digits >> 16 & pair) * ((10000ull << 32) + 1)) >>
	       32;
}

#endif
