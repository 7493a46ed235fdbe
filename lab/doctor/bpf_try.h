/* BPF programs and maps that are loaded to see whether they can be; whoever asks closes them. */
#ifndef FAIRPORT_DOCTOR_BPF_TRY_H
#define FAIRPORT_DOCTOR_BPF_TRY_H

#include <bpf/bpf.h>
#include <stddef.h>
#include <stdint.h>

struct finding;
struct host;

/*
 * Loads a program that returns RESULT and does nothing else. ATTACH is what it is for, and TYPE_ID
 * the kernel's own type of that, where there is one. Its descriptor, or -errno.
 */
int bpf_try_returning(enum bpf_prog_type type, enum bpf_attach_type attach, uint32_t type_id,
		      int32_t result);

/* A map of sockets, and an sk_reuseport program that chooses the one with key 1. 0 or -errno. */
int bpf_try_steering(int *map, int *program);
int bpf_try_place(int map, uint32_t key, int socket);

/* A map of TYPE that is kept with a task or a socket. Its descriptor, or -errno. */
int bpf_try_storage(enum bpf_map_type type);

/*
 * What it means that WHAT failed with ERROR: a note where the privilege is missing for it, else a
 * problem. CARRIED is what of fairport needs it, and INSTEAD a sentence about what does not.
 * SINCE is the kernel that has it.
 */
void bpf_try_found(const struct host *host, struct finding *finding, const char *what, int error,
		   const char *carried, const char *instead, const char *since);

#endif
