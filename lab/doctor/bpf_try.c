#include "lab/doctor/bpf_try.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lab/doctor/check.h"
#include "lab/doctor/host.h"

#define LICENSE   "Dual BSD/GPL"
#define NAME      "fairport_doctor"
#define LOG_BYTES 2048

#define NOT_SUPPORTED_INSIDE 524 /* ENOTSUPP of the kernel, which leaks out of bpf(2) */

static int load(enum bpf_prog_type type, const struct bpf_insn *code, size_t count,
		struct bpf_prog_load_opts *options)
{
	char log[LOG_BYTES] = "";
	int fd = bpf_prog_load(type, NAME, LICENSE, code, count, options), error = -errno;

	if (fd >= 0)
		return fd;
	/* Once more, for what the verifier says: with a log, loading takes longer. */
	options->log_buf = log;
	options->log_size = sizeof(log);
	options->log_level = 1;
	fd = bpf_prog_load(type, NAME, LICENSE, code, count, options);
	options->log_buf = NULL;
	if (fd >= 0)
		return fd;
	message_detail("the kernel refused a BPF program (%s): %s", strerror(-error),
		       log[0] ? log : "no reason given");
	return error;
}

int bpf_try_returning(enum bpf_prog_type type, enum bpf_attach_type attach, uint32_t type_id,
		      int32_t result)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = result },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_load_opts options = {
		.sz = sizeof(options),
		.expected_attach_type = attach,
		.attach_btf_id = type_id,
	};

	return load(type, code, sizeof(code) / sizeof(code[0]), &options);
}

int bpf_try_steering(int *map, int *program)
{
	*map = bpf_map_create(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, NAME, sizeof(uint32_t),
			      sizeof(uint64_t), 2, NULL);
	if (*map < 0)
		return -errno;

	/*
	 * bpf_sk_select_reuseport(context, &map, &(uint32_t){ 1 }, 0); return SK_PASS;
	 * BPF_IMM and BPF_K are 0.
	 */
	const struct bpf_insn code[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4, .imm = 1 },
		{ .code = BPF_LD | BPF_DW,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = *map },
		{ .code = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X,
		  .dst_reg = BPF_REG_3,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD, .dst_reg = BPF_REG_3, .imm = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_sk_select_reuseport },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = SK_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_load_opts options = { .sz = sizeof(options) };

	*program = load(BPF_PROG_TYPE_SK_REUSEPORT, code, sizeof(code) / sizeof(code[0]), &options);
	return *program < 0 ? *program : 0;
}

int bpf_try_place(int map, uint32_t key, int socket)
{
	uint64_t value = (uint64_t)socket;

	return bpf_map_update_elem(map, &key, &value, BPF_NOEXIST) == 0 ? 0 : -errno;
}

int bpf_try_storage(enum bpf_map_type type)
{
	struct btf *types = btf__new_empty();
	struct bpf_map_create_opts options = { .sz = sizeof(options),
					       .map_flags = BPF_F_NO_PREALLOC };
	int error, fd = -1;

	if (!types)
		return -errno;
	/* Such maps are described by types: the key is an int. */
	options.btf_key_type_id = (uint32_t)btf__add_int(types, "int", 4, BTF_INT_SIGNED);
	options.btf_value_type_id = (uint32_t)btf__add_int(types, "long", 8, 0);
	error = btf__load_into_kernel(types);
	if (!error) {
		options.btf_fd = (uint32_t)btf__fd(types);
		fd = bpf_map_create(type, NAME, sizeof(int), sizeof(uint64_t), 0, &options);
		error = fd < 0 ? -errno : 0;
	}
	btf__free(types);
	return error ? error : fd;
}

static const char *why(int error)
{
	return error == -NOT_SUPPORTED_INSIDE ? "not supported" : strerror(-error);
}

void bpf_try_found(const struct host *host, struct finding *finding, const char *what, int error,
		   const char *carried, const char *instead, const char *since)
{
	if (host->tier == TIER_NONE) {
		found(finding, LEVEL_NOTE, "%s takes privilege (%s): no %s; %s", what, why(error),
		      carried, instead);
		found_remedy(finding, "see tier");
		return;
	}
	found(finding, LEVEL_PROBLEM, "%s is refused in spite of the privilege (%s): no %s; %s",
	      what, why(error), carried, instead);
	found_remedy(finding,
		     "it takes %s, with what that kernel was built with and no lockdown or LSM "
		     "against it; --verbose shows what the verifier says",
		     since);
}
