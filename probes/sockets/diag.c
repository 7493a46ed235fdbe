#include "probes/sockets/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/sockets/ports.h"
#include "probes/sockets/sockets.h"

#define DUMPS_LIMIT 8 /* of a table that changes while it is read */

struct dump {
	struct socket_list *list;
	const struct ports *ports;
	bool tcp;
	uint32_t device_index; /* the last one whose name was asked for */
	char device[IF_NAMESIZE];
};

static void read_address(struct address *out, uint8_t family, const uint32_t words[static 4],
			 uint16_t port_be)
{
	memset(out, 0, sizeof(*out));
	if (family == AF_INET) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_addr.s_addr = words[0];
		out->v4.sin_port = port_be;
		out->length = sizeof(out->v4);
		return;
	}
	out->v6.sin6_family = AF_INET6;
	memcpy(&out->v6.sin6_addr, words, sizeof(out->v6.sin6_addr));
	out->v6.sin6_port = port_be;
	out->length = sizeof(out->v6);
}

static const char *device_name(struct dump *dump, uint32_t index)
{
	if (index == dump->device_index)
		return dump->device;
	dump->device_index = index;
	/* A device that is gone leaves its number with the sockets. */
	if (!if_indextoname(index, dump->device))
		snprintf(dump->device, sizeof(dump->device), "#%u", index);
	return dump->device;
}

static int on_attribute(const struct nlattr *attribute, void *context)
{
	struct socket_info *socket = context;
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	size_t length = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case INET_DIAG_SKMEMINFO:
		memcpy(memory, mnl_attr_get_payload(attribute),
		       length < sizeof(memory) ? length : sizeof(memory));
		socket->rcvbuf = memory[SK_MEMINFO_RCVBUF];
		socket->drops = memory[SK_MEMINFO_DROPS];
		break;
	case INET_DIAG_SKV6ONLY:
		if (length >= sizeof(uint8_t))
			socket->v6only = mnl_attr_get_u8(attribute);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static struct socket_info *append(struct socket_list *list)
{
	size_t count = list->count;

	/* Full whenever it holds a power of two. */
	if ((count & (count - 1)) == 0) {
		void *grown =
			reallocarray(list->items, count ? 2 * count : 1, sizeof(*list->items));

		if (!grown)
			return NULL;
		list->items = grown;
	}
	list->items[count] = (struct socket_info){ .tcp = false };
	list->count++;
	return &list->items[count];
}

static int on_socket(const struct nlmsghdr *header, void *context)
{
	const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
	struct dump *dump = context;
	struct socket_info *socket;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*message)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (message->id.idiag_sport == 0 ||
	    (dump->ports && !ports_has(dump->ports, ntohs(message->id.idiag_sport))))
		return MNL_CB_OK;
	socket = append(dump->list);
	if (!socket) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	socket->cookie = (uint64_t)message->id.idiag_cookie[1] << 32 | message->id.idiag_cookie[0];
	socket->inode = message->idiag_inode;
	read_address(&socket->local, message->idiag_family, message->id.idiag_src,
		     message->id.idiag_sport);
	read_address(&socket->peer, message->idiag_family, message->id.idiag_dst,
		     message->id.idiag_dport);
	if (message->id.idiag_if)
		strcpy(socket->device, device_name(dump, message->id.idiag_if));
	socket->tcp = dump->tcp;
	socket->connected = !dump->tcp && message->idiag_state == TCP_ESTABLISHED;
	socket->uid = message->idiag_uid;
	socket->queue = message->idiag_rqueue;
	socket->backlog = dump->tcp ? message->idiag_wqueue : 0;
	return mnl_attr_parse(header, sizeof(*message), on_attribute, socket);
}

/* The port in network order where there is one alone, which the kernel then picks itself. */
static uint16_t only_port(const struct ports *ports)
{
	uint32_t only = 0;

	for (uint32_t port = 1; ports && port <= 65535; port++) {
		if (!ports_has(ports, (uint16_t)port))
			continue;
		if (only)
			return 0;
		only = port;
	}
	return htons((uint16_t)only);
}

static int request(struct mnl_socket *netlink, const struct dump *dump, int family, uint32_t number)
{
	char buffer[256] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *body;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = number;
	body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	body->sdiag_family = (uint8_t)family;
	body->sdiag_protocol = dump->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	body->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
	body->idiag_states = dump->tcp ? 1u << TCP_LISTEN : ~0u;
	body->id.idiag_sport = only_port(dump->ports);
	return mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0 ? -errno : 0;
}

/* The answer to request NUMBER. -EINTR: the table changed meanwhile, see NLM_F_DUMP_INTR. */
static int receive(struct mnl_socket *netlink, struct dump *dump, uint32_t number)
{
	static const size_t size = 65536; /* the kernel fills what a reader has room for */
	char *buffer = malloc(size);
	int error = 0, more = MNL_CB_OK;

	if (!buffer)
		return -ENOMEM;
	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(netlink, buffer, size);

		if (got >= 0)
			more = mnl_cb_run(buffer, (size_t)got, number,
					  mnl_socket_get_portid(netlink), on_socket, dump);
		if (got < 0 || more < 0) {
			error = -errno;
			break;
		}
	}
	free(buffer);
	return error;
}

/* One table, on a descriptor of its own: what is left of an earlier dump cannot come in between. */
static int dump_once(struct dump *dump, int family, uint32_t number)
{
	struct mnl_socket *netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int error = 0;

	if (!netlink)
		return -errno;
	if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0)
		error = -errno;
	if (!error)
		error = request(netlink, dump, family, number);
	if (!error)
		error = receive(netlink, dump, number);
	mnl_socket_close(netlink);
	return error;
}

static int dump_table(struct socket_list *list, const struct ports *ports, int family, bool tcp)
{
	struct dump dump = { .list = list, .ports = ports, .tcp = tcp };
	size_t before = list->count;
	int error = -EINTR;

	for (uint32_t number = 1; number <= DUMPS_LIMIT && error == -EINTR; number++) {
		list->count = before;
		error = dump_once(&dump, family, number);
	}
	return error;
}

int diag_read(struct socket_list *list, const struct ports *ports)
{
	int error = 0;

	for (int tcp = 0; tcp <= 1 && !error; tcp++) {
		error = dump_table(list, ports, AF_INET, tcp);
		if (error)
			break;
		error = dump_table(list, ports, AF_INET6, tcp);
		if (error == -ENOENT)
			error = 0; /* a kernel without IPv6: with it, the one before would fail too
				    */
	}
	return error;
}
