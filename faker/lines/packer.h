/* Fills packets with lines: so many of them, or as many as fit; made from a schema or replayed. */
#ifndef FAIRPORT_FAKER_LINES_PACKER_H
#define FAIRPORT_FAKER_LINES_PACKER_H

#include <stddef.h>
#include <stdint.h>

struct packet;
struct packer;
struct plan;

/* For one thread. NULL with *ERROR set to -errno. PLAN must outlive it. */
struct packer *packer_open(const struct plan *plan, uint32_t thread, int *error);
void packer_close(struct packer *packer);

/*
 * The packets of the last batch are no longer needed. To be called before the first packer_fill()
 * of each batch of up to BATCH_PACKETS.
 */
void packer_begin(struct packer *packer);

/*
 * Sets data, length, lines, invalid and cut of PACKET. 1; 0 when there are no more lines (replay);
 * or -errno (replay): -EAGAIN when its lines are not all there at UNTIL (clock_now(); 0: now), and
 * then the next call goes on with them; -EMSGSIZE when a line is longer than a packet may be.
 */
int packer_fill(struct packer *packer, struct packet *packet, uint64_t until);

/* The line of the input that the last -EMSGSIZE was about, 1-based. */
uint64_t packer_line(const struct packer *packer);

#endif
