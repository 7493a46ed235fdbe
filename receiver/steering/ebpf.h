/* One steering program, loaded into the kernel with all it goes by. */
#ifndef FAIRPORT_RECEIVER_STEERING_EBPF_H
#define FAIRPORT_RECEIVER_STEERING_EBPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_object;
struct policy;
struct sockets_keys;
struct steering_member;

struct ebpf_program {
	struct bpf_object *object; /* NULL: none */
	int fd;                    /* to attach */
};

/* What a program is made from. */
struct ebpf_source {
	const struct policy *policy;
	const struct steering_member *members;
	const struct sockets_keys *keys;
	size_t count;
	bool tcp;
	int sockets, decisions; /* maps that it shares with others */
};

/* Creates the map that programs count in (struct steer_decisions). Its descriptor, or -errno. */
int ebpf_decisions(void);

/* Loads what SOURCE says; nothing is attached yet. -errno; --verbose shows what libbpf said. */
int ebpf_load(struct ebpf_program *program, const struct ebpf_source *source);

/* The kernel keeps a program as long as it is attached. */
void ebpf_close(struct ebpf_program *program);

/*
 * Says as an error why POLICY could not be loaded, and what to do. Returns what it comes down to:
 * -EPERM without the privilege for it, -EOPNOTSUPP if the kernel cannot, else ERROR.
 */
int ebpf_explain(const struct policy *policy, int error);

#endif
