/* Fills packets with lines: so many of them, or as many as fit; made from a schema or replayed. */
#ifndef FAIRPORT_FAKER_LINES_PACKER_H
#define FAIRPORT_FAKER_LINES_PACKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet;
struct packer;
struct plan;

/* For one thread. NULL with *ERROR set to -errno. PLAN and STOP must outlive it. */
struct packer *packer_open(const struct plan *plan, uint32_t thread, const atomic_bool *stop,
			   int *error);
void packer_close(struct packer *packer);

/*
 * The packets of the last batch are no longer needed. To be called before the first packet_fill()
 * of each batch of up to BATCH_PACKETS.
 */
void packer_begin(struct packer *packer);

/*
 * Sets data, length, lines and invalid of PACKET. 1; 0 when there are no more lines (replay); or
 * -errno (replay): -EINTR after *STOP, -EMSGSIZE when a line is longer than a packet may be.
 */
int packer_fill(struct packer *packer, struct packet *packet);

/* Whether packer_fill() will hardly have to wait for input. */
bool packer_ready(const struct packer *packer);

/* The line of the input that the last -EMSGSIZE was about, 1-based. */
uint64_t packer_line(const struct packer *packer);

#endif
