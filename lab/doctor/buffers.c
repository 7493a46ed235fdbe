/* What waits for a process: the receive buffers of sockets, and the input queues of CPUs. */
#include <errno.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/units.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/group.h"
#include "lab/doctor/host.h"

#define ASKED      (8 << 20) /* what fairport-receive asks for by default */
#define LINE_BYTES 142       /* a packet of fairport-fake */
#define MOST_SENT  200000    /* a bound, where nothing ever drops */

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* Bytes granted where ASKED are asked for by OPTION: half of what socket(7) says is read back. */
static int granted(int option, uint64_t *bytes)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), value = ASKED, error = 0;
	socklen_t length = sizeof(value);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &length) != 0)
		error = -errno;
	close(fd);
	*bytes = (uint64_t)value / 2;
	return error;
}

void check_rcvbuf(const struct host *host, struct finding *finding)
{
	char text[UNITS_TEXT], asked[UNITS_TEXT];
	uint64_t most, standard, plain = 0, forced = 0;
	bool forces;
	int error = granted(SO_RCVBUF, &plain);

	(void)host;
	if (error) {
		found_untried(finding, "a receive buffer", error);
		return;
	}
	forces = granted(SO_RCVBUFFORCE, &forced) == 0;
	if (host_read_count("/proc/sys/net/core/rmem_max", &most))
		found_count(finding, "rmem_max", most);
	if (host_read_count("/proc/sys/net/core/rmem_default", &standard))
		found_count(finding, "rmem_default", standard);
	found_count(finding, "asked_bytes", ASKED);
	found_count(finding, "granted_bytes", plain);
	if (forces)
		found_count(finding, "forced_bytes", forced);
	units_size_text(asked, ASKED);
	units_size_text(text, plain);
	if (plain >= ASKED) {
		found(finding, LEVEL_OK, "a receive buffer of %s is granted", asked);
		return;
	}
	found(finding, LEVEL_NOTE,
	      "whoever asks for a receive buffer of %s gets %s, in silence (net.core.rmem_max)%s",
	      asked, text,
	      forces && forced >= ASKED ? "; fairport-receive may force it (CAP_NET_ADMIN)" : "");
	found_remedy(finding, "sysctl -w net.core.rmem_max=%d", ASKED);
}

static int dropped(int fd, uint32_t *drops)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) != 0)
		return -errno;
	*drops = info[SK_MEMINFO_DROPS];
	return 0;
}

/* How many packets of LINE_BYTES a socket that nobody reads keeps of those sent to it. */
static int depth(int rcvbuf, uint64_t *packets)
{
	char line[LINE_BYTES] = { 0 };
	int reader = group_source(), writer = group_source(), error = 0;
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	uint32_t drops = 0;

	*packets = 0;
	if (reader < 0 || writer < 0)
		error = reader < 0 ? reader : writer;
	else if ((rcvbuf &&
		  setsockopt(reader, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)) != 0) ||
		 getsockname(reader, (struct sockaddr *)&address, &length) != 0 ||
		 connect(writer, (struct sockaddr *)&address, length) != 0)
		error = -errno;
	for (int sent = 0; !error && drops == 0; sent++) {
		if (sent == MOST_SENT)
			error = -ETIMEDOUT;
		else if (send(writer, line, sizeof(line), MSG_DONTWAIT) < 0 && errno != EAGAIN)
			error = -errno;
		else
			error = dropped(reader, &drops);
	}
	while (!error && recv(reader, line, sizeof(line), MSG_DONTWAIT) >= 0)
		++*packets;
	if (reader >= 0)
		close(reader);
	if (writer >= 0)
		close(writer);
	return error;
}

void check_queue_depth(const struct host *host, struct finding *finding)
{
	char standard_text[UNITS_TEXT], most_text[UNITS_TEXT], time[UNITS_TEXT];
	uint64_t standard, most;
	int error = depth(0, &standard);

	(void)host;
	if (!error)
		error = depth(ASKED, &most);
	if (error) {
		found_untried(finding, "what fits into a receive buffer", error);
		return;
	}
	found_count(finding, "packet_bytes", LINE_BYTES);
	found_count(finding, "default_packets", standard);
	found_count(finding, "granted_packets", most);
	found(finding, LEVEL_OK,
	      "a receive buffer holds %s packets of %d bytes by default (%s at 100,000 a second), "
	      "%s where 8 MiB were asked for",
	      units_grouped(standard_text, standard), LINE_BYTES,
	      units_duration_text(time, standard * 10000), units_grouped(most_text, most));
}

/* A line for each CPU, in hexadecimal: processed, dropped, time_squeeze, ... */
static bool read_softnet(uint64_t *drops, uint64_t *squeezed)
{
	FILE *file = fopen("/proc/net/softnet_stat", "re");
	uint64_t processed, dropped_here, squeezed_here;
	char line[512];

	*drops = *squeezed = 0;
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &processed, &dropped_here,
			   &squeezed_here) == 3) {
			*drops += dropped_here;
			*squeezed += squeezed_here;
		}
	fclose(file);
	return true;
}

void check_input_queue(const struct host *host, struct finding *finding)
{
	char text[UNITS_TEXT];
	uint64_t room = 0, drops, squeezed;

	(void)host;
	if (!read_softnet(&drops, &squeezed)) {
		found(finding, LEVEL_OK, "the input queues of CPUs cannot be seen here");
		return;
	}
	if (host_read_count("/proc/sys/net/core/netdev_max_backlog", &room))
		found_count(finding, "netdev_max_backlog", room);
	found_count(finding, "dropped", drops);
	found_count(finding, "time_squeeze", squeezed);
	if (drops == 0) {
		found(finding, LEVEL_OK,
		      "no CPU's input queue, which loopback and RPS use, has overflowed since "
		      "boot");
		return;
	}
	found(finding, LEVEL_NOTE,
	      "%s packets found a CPU's input queue full since boot (net.core.netdev_max_backlog): "
	      "losses that no socket tells of",
	      units_grouped(text, drops));
	found_remedy(finding, "sysctl -w net.core.netdev_max_backlog=%" PRIu64,
		     room * 4 > 10000 ? room * 4 : 10000);
}
