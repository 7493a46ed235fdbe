/*
 * The property test's program:
 *
 *   points send SEED COUNT SHAPE PORT
 *   points check SEED COUNT SHAPE
 *
 * Sends random points to 127.0.0.1 by UDP, from several sockets, several in a packet; compares them
 * with what a receiver with --ns has stored of them. SHAPE is typed or jsonb, the layout, or mixed:
 * typed, but a field's values are of any type, with --on-type-conflict widen.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/lp.h"
#include "common/rng.h"
#include "tests/lib/points.h"

#define PACKET_POINTS 16
#define PACKETS_EACH  250000 /* ns: so many are no flood */
#define SOURCES       32     /* so that each worker gets some */

static void encode_value(struct lp_encoder *line, const struct key *key, const struct value *value)
{
	switch (value->kind) {
	case TAG:
		lp_encode_tag(line, key->name, key->length, value->text, value->length);
		break;
	case FLOAT:
		lp_encode_float(line, key->name, key->length, value->number);
		break;
	case INTEGER:
		lp_encode_integer(line, key->name, key->length, value->integer);
		break;
	case UNSIGNED:
		lp_encode_unsigned(line, key->name, key->length, value->natural);
		break;
	case STRING:
		lp_encode_string(line, key->name, key->length, value->text, value->length);
		break;
	default:
		lp_encode_boolean(line, key->name, key->length, value->boolean);
	}
}

static int64_t encode(const struct points *points, const struct point *point, char *buffer,
		      size_t room)
{
	const struct measurement *measurement = &points->measurements[point->measurement];
	struct lp_encoder line;

	lp_encode_begin(&line, buffer, room, measurement->name, measurement->length);
	for (size_t i = 0; i < KEYS; i++)
		if (point->values[i].present)
			encode_value(&line, &measurement->keys[i], &point->values[i]);
	lp_encode_integer(&line, NUMBER_KEY, strlen(NUMBER_KEY), point->number);
	return lp_encode_end(&line, point->has_time ? &point->time : NULL);
}

static void send_packet(int fd, const char *data, size_t length)
{
	struct timespec pause = { .tv_nsec = PACKETS_EACH };

	if (send(fd, data, length, 0) != (ssize_t)length)
		err(1, "send");
	nanosleep(&pause, NULL);
}

static void send_all(const struct points *points, const int fds[static SOURCES])
{
	static char packet[LINE_ROOM];
	size_t length = 0, lines = 0, most = 1;
	struct rng rng;

	rng_seed(&rng, points->seed, UINT64_MAX);
	for (size_t i = 0; i < points->count; i++) {
		int64_t added = -1;

		if (lines < most)
			added = encode(points, &points->all[i], packet + length,
				       LINE_ROOM - length);
		if (added < 0) {
			send_packet(fds[rng_below(&rng, SOURCES)], packet, length);
			length = lines = 0;
			most = 1 + (size_t)rng_below(&rng, PACKET_POINTS);
			added = encode(points, &points->all[i], packet, LINE_ROOM);
		}
		if (added < 0)
			errx(1, "point %zu cannot be encoded: %s", i, strerror((int)-added));
		length += (size_t)added;
		lines++;
	}
	send_packet(fds[0], packet, length);
}

static int connect_to(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "port %s", port);
	return fd;
}

int main(int argc, char **argv)
{
	struct points points;
	int fds[SOURCES];
	bool good = true;

	if (argc < 5)
		errx(1, "usage: points send SEED COUNT SHAPE PORT | check SEED COUNT SHAPE");
	points_make(&points, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
		    strcmp(argv[4], "mixed") == 0);
	for (size_t i = 0; i < SOURCES && argc > 5; i++)
		fds[i] = connect_to(argv[5]);
	if (argc > 5)
		send_all(&points, fds);
	else
		good = points_check(&points, strcmp(argv[4], "jsonb") == 0);
	printf("seed %s: %s points %s\n", argv[2], argv[3], good ? "as they should be" : "differ");
	points_free(&points);
	return good ? 0 : 1;
}
