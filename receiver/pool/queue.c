/* What becomes of a member's queue: drops, what is left, and how it stops growing. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "receiver/engines/taking.h"
#include "receiver/pool/group.h"

/*
 * Drops segments with SYN and without ACK. The filter of a listener sees the TCP header; also the
 * segments that end a handshake pass here, and must get through.
 */
static bool refuse_opening(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),    /* flags */
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12), /* SYN and ACK */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static bool connect_to_itself(const struct group *group, int fd)
{
	struct address self = group->address;

	/* What is bound to all addresses is connected over loopback. */
	if (self.any.sa_family == AF_INET && self.v4.sin_addr.s_addr == htonl(INADDR_ANY))
		self.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (self.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&self.v6.sin6_addr))
		self.v6.sin6_addr = in6addr_loopback;
	if (connect(fd, &self.any, self.length) == 0)
		return true;
	/* A host may take IPv4 by this socket, and have no IPv6. */
	if (!group->wildcard || self.any.sa_family != AF_INET6)
		return false;
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &self.v6.sin6_addr);
	return connect(fd, &self.any, self.length) == 0;
}

bool group_retire(const struct group *group, const struct member *member)
{
	if (member->far >= 0)
		return true;
	return group->tcp ? refuse_opening(member->fd) : connect_to_itself(group, member->fd);
}

bool group_migrates(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_migrate_req", "re");
	int value = '0';

	if (file) {
		value = getc(file);
		fclose(file);
	}
	return value == '1';
}

uint64_t member_new_drops(struct member *member)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);
	uint32_t drops;

	/* The kernel's own count of what did not fit into this socket's buffer (since 4.12). */
	if (member->far >= 0 || member->fd < 0 ||
	    getsockopt(member->fd, SOL_SOCKET, SO_MEMINFO, info, &length) != 0)
		return 0;
	/* It has 32 bits. */
	drops = info[SK_MEMINFO_DROPS] - (uint32_t)member->drops;
	member->drops += drops;
	return drops;
}

uint64_t member_count_left(struct member *member)
{
	/* Each packet takes 256 bytes of the buffer at least, a channel's message too. */
	uint64_t most = (member->rcvbuf ? member->rcvbuf : 8 << 20) / 256 * 64;
	uint64_t left = 0;

	while (member->fd >= 0 && left < most) {
		_Alignas(struct cmsghdr) char data[TAKING_CONTROL];
		struct msghdr header = { .msg_control = data };
		struct control control;
		ssize_t length;

		/* Without room for them, connections in a channel are closed. */
		header.msg_controllen = member->far >= 0 ? 0 : sizeof(data);
		length = recvmsg(member->fd, &header, MSG_DONTWAIT | MSG_TRUNC);
		/* The other end of a channel is the parent's too: 0 is not its end. */
		if (length < 0)
			break;
		control = control_read(data, header.msg_controllen);
		left += datagrams_in((size_t)length, control.segment);
	}
	return left;
}
