#include "faker/limits.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/units.h"
#include "faker/engines/engine.h"
#include "faker/options.h"
#include "faker/plan.h"

/* What a thread opens beside its sources: epoll, a file that is replayed, and one to spare. */
#define OTHER_FILES 3

/* How long the kernel keeps the port of a closed connection (TCP_TIMEWAIT_LEN), in seconds. */
#define TIME_WAIT 60

/* tcp_tw_reuse: 0 never, 1 always, 2 on loopback; then a port is free again after a second. */
static double port_hold(const struct plan *plan)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_tw_reuse", "re");
	int reuse = 0;

	if (file) {
		if (fscanf(file, "%d", &reuse) != 1)
			reuse = 0;
		fclose(file);
	}
	return reuse == 1 || (reuse == 2 && address_is_loopback(&plan->target)) ? 1 : TIME_WAIT;
}

static void hint_addresses(const struct plan *plan, double needed)
{
	double addresses = ceil(needed / ports_count(plan->ports));

	message_hint("send from %.0f addresses or more (--source-addr), or widen "
		     "net.ipv4.ip_local_port_range",
		     addresses);
}

static const char *range_text(char buffer[static 64], const struct plan *plan)
{
	char ports[UNITS_TEXT];

	snprintf(buffer, 64, "%s ports (%u-%u)", units_grouped(ports, ports_count(plan->ports)),
		 plan->ports.first, plan->ports.last);
	return buffer;
}

/* The ports of connections that were closed stay taken for a while. */
static bool check_connections(const struct plan *plan, double available)
{
	const struct fake_options *options = plan->options;
	double packets = fmax(options->rate.from, options->rate.to); /* a second; 0: any */
	double messages = options->source.number > 0 ? (double)options->source.number : 1;
	double seconds = port_hold(plan), rate;
	char number[UNITS_TEXT], ports[UNITS_TEXT], range[64];

	rate = packets / messages;
	if (options->source.period > 0) {
		rate = (double)NS_PER_SECOND / (double)options->source.period;
		if (packets > 0)
			rate = fmin(rate, packets);
	}
	if (rate == 0)
		return true;
	if (options->duration > 0)
		seconds = fmin(seconds, (double)options->duration / NS_PER_SECOND);
	if (options->count > 0 && packets > 0)
		seconds = fmin(seconds, (double)options->count / packets);
	if (rate * seconds <= available)
		return true;
	message_error("--source %s over TCP runs out of source ports, which stay taken for %.0f s "
		      "(TIME_WAIT): %.0f connections/s x %.3g s = %s, but there are %s: %s for "
		      "each of %" PRIu64 " address%s",
		      options->source.text, port_hold(plan), rate, seconds,
		      units_grouped(number, (uint64_t)(rate * seconds)),
		      units_grouped(ports, (uint64_t)available), range_text(range, plan),
		      origins_addresses(&plan->origins),
		      origins_addresses(&plan->origins) == 1 ? "" : "es");
	message_hint("%.*f connections/s are possible; or send from more addresses (--source-addr)",
		     available / seconds < 100 ? 2 : 0, available / seconds);
	return false;
}

bool limits_check_ports(const struct plan *plan)
{
	const struct fake_options *options = plan->options;
	double addresses = (double)origins_addresses(&plan->origins);
	double available = addresses * ports_count(plan->ports);
	char needed[UNITS_TEXT], there[UNITS_TEXT], range[64];

	if (plan->engine == &engine_tcp && source_renews(&options->source))
		return check_connections(plan, available);
	if (plan->engine == &engine_print || options->source.path ||
	    (double)plan->slots <= available)
		return true;
	message_error("--source %s needs %s source ports, but there are %s: %s for each of %.0f "
		      "address%s",
		      options->source.text, units_grouped(needed, plan->slots),
		      units_grouped(there, (uint64_t)available), range_text(range, plan), addresses,
		      addresses == 1 ? "" : "es");
	hint_addresses(plan, (double)plan->slots);
	return false;
}

bool limits_check_files(const struct plan *plan)
{
	const struct fake_options *options = plan->options;
	uint64_t sources = plan->divided ? plan->slots / options->threads : plan->slots;
	struct rlimit limit;
	uint64_t needed;
	char text[UNITS_TEXT], most[UNITS_TEXT];

	if (plan->engine == &engine_raw || plan->engine == &engine_print || sources <= 1)
		return true;
	/* A thread with a part of its own has a table of its own, and nothing else in it. */
	needed = sources;
	if (plan->engine == &engine_tcp || options->replay || !plan->divided)
		needed += 3 + OTHER_FILES + options->threads;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return true;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (needed <= limit.rlim_cur)
		return true;
	message_error("--source %s needs %s open files%s, but the limit is %s",
		      options->source.text, units_grouped(text, needed),
		      plan->divided && options->threads > 1 ? " for each thread" : "",
		      units_grouped(most, limit.rlim_cur));
	message_hint("raise the hard limit (as root: ulimit -n %" PRIu64
		     "; LimitNOFILE= of systemd; "
		     "/etc/security/limits.conf), or use more --threads, which have a limit each",
		     needed);
	return false;
}
