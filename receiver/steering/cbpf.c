#include "receiver/steering/cbpf.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

/* The result is an index into the kernel's array (socket(7), SO_ATTACH_REUSEPORT_CBPF). */
int cbpf_attach(int fd, enum policy_kind kind, size_t count)
{
	uint32_t what = kind == POLICY_CPU ? SKF_AD_CPU : SKF_AD_RANDOM;
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_AD_OFF + what },
		{ BPF_ALU | BPF_MOD | BPF_K, 0, 0, (uint32_t)count },
		{ BPF_RET | BPF_A, 0, 0, 0 },
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0
		       ? 0
		       : -errno;
}

int cbpf_detach(int fd)
{
	int unused = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused)) == 0 ||
	    errno == ENOENT)
		return 0;
	return -errno;
}
