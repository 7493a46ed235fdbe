#include "faker/engines/icmp.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"

/* Enough for the headers of an answer and those of the packet that it quotes. */
#define ANSWER_MAX 256
/* Where nobody listens on loopback, each packet is answered: so many are taken at a time. */
#define ANSWERS_MAX 4096

int icmp_open(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	uint32_t filter4 = ~(1u << ICMP_DEST_UNREACH);
	struct icmp6_filter filter6;
	int error;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&filter6);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter6);
	/* 1 is ICMP_FILTER of <linux/icmp.h>, which cannot be included beside <netinet/ip_icmp.h>.
	 */
	if (family == AF_INET)
		error = setsockopt(fd, SOL_RAW, 1, &filter4, sizeof(filter4));
	else
		error = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter6, sizeof(filter6));
	if (error == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* The answer begins with its own IP header, and quotes the packet from the IP header on. */
static bool about_v4(const char *answer, size_t length, const struct address *target)
{
	struct iphdr outer, inner;
	struct icmphdr icmp;
	struct udphdr udp;
	size_t at;

	if (length < sizeof(outer))
		return false;
	memcpy(&outer, answer, sizeof(outer));
	at = outer.ihl * 4u;
	if (length < at + sizeof(icmp) + sizeof(inner))
		return false;
	memcpy(&icmp, answer + at, sizeof(icmp));
	memcpy(&inner, answer + at + sizeof(icmp), sizeof(inner));
	at += sizeof(icmp) + inner.ihl * 4u;
	if (icmp.code != ICMP_PORT_UNREACH || inner.protocol != IPPROTO_UDP ||
	    length < at + sizeof(udp))
		return false;
	memcpy(&udp, answer + at, sizeof(udp));
	return inner.daddr == target->v4.sin_addr.s_addr && udp.dest == target->v4.sin_port;
}

/* The answer begins with the ICMP header. */
static bool about_v6(const char *answer, size_t length, const struct address *target)
{
	struct icmp6_hdr icmp;
	struct ip6_hdr inner;
	struct udphdr udp;

	if (length < sizeof(icmp) + sizeof(inner) + sizeof(udp))
		return false;
	memcpy(&icmp, answer, sizeof(icmp));
	memcpy(&inner, answer + sizeof(icmp), sizeof(inner));
	memcpy(&udp, answer + sizeof(icmp) + sizeof(inner), sizeof(udp));
	return icmp.icmp6_code == ICMP6_DST_UNREACH_NOPORT && inner.ip6_nxt == IPPROTO_UDP &&
	       IN6_ARE_ADDR_EQUAL(&inner.ip6_dst, &target->v6.sin6_addr) &&
	       udp.dest == target->v6.sin6_port;
}

bool icmp_refused(int fd, const struct address *target)
{
	char answer[ANSWER_MAX];
	bool refused = false;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		ssize_t length = recv(fd, answer, sizeof(answer), 0);

		if (length < 0)
			break;
		if (target->any.sa_family == AF_INET)
			refused |= about_v4(answer, (size_t)length, target);
		else
			refused |= about_v6(answer, (size_t)length, target);
	}
	return refused;
}
