#include "probes/tap/host.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "common/exit.h"
#include "common/message.h"

#define TRACEPOINT "sock_recv_length"

int host_netns(uint32_t *netns)
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) != 0)
		return -errno;
	*netns = (uint32_t)status.st_ino;
	return 0;
}

/* The kernel's BTF has one typedef btf_trace_NAME for each tracepoint. */
static bool has_tracepoint(const struct btf *kernel)
{
	return btf__find_by_name_kind(kernel, "btf_trace_" TRACEPOINT, BTF_KIND_TYPEDEF) > 0;
}

typedef void (*say)(const char *format, ...) PRINTF_LIKE(1, 2);

static void explain_denied(say tell, const char *step, int error)
{
	tell("could not %s the BPF programs: %s", step, strerror(-error));
	/* Only the cgroup program, which counts arrivals, needs more to be attached than loaded. */
	if (strcmp(step, "attach") == 0)
		message_hint("counting arrivals needs CAP_NET_ADMIN besides CAP_BPF and "
			     "CAP_PERFMON, and a root cgroup without a program that stands "
			     "alone: run it as root, or leave --with away");
	else
		message_hint("this needs the capabilities CAP_BPF and CAP_PERFMON of the first "
			     "user namespace, for arrivals CAP_NET_ADMIN too: run it as root, or "
			     "'setcap cap_bpf,cap_perfmon,cap_net_admin+ep' the program");
}

static void explain_lack(say tell, const char *step, int error)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct utsname host;

	uname(&host);
	if (!kernel) {
		tell("could not %s the BPF programs: Linux %s here has no type information "
		     "(/sys/kernel/btf/vmlinux)",
		     step, host.release);
		message_hint("use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions "
			     "build theirs");
	} else if (!has_tracepoint(kernel)) {
		tell("could not %s the BPF programs: Linux %s here has no tracepoint sock:%s", step,
		     host.release, TRACEPOINT);
		message_hint(
			"it came with Linux 6.3; on older kernels ask with probes/recvfrom.bt");
	} else if (error == -EPERM) {
		explain_denied(tell, step, error);
	} else if (error == -EXDEV) {
		tell("arrivals cannot be counted from inside a cgroup namespace: the root of the "
		     "control groups is not to be seen");
		message_hint("run it outside of the container, or leave --with away");
	} else {
		tell("could not %s the BPF programs on Linux %s: %s", step, host.release,
		     strerror(-error));
		message_hint("run it with --verbose to see what libbpf and the verifier say");
	}
	btf__free(kernel);
}

int host_explain(const char *step, int error, bool go_on)
{
	bool lack = error != -ENOMEM && error != -EMFILE && error != -ENFILE;

	if (lack) {
		explain_lack(go_on ? message_warning : message_error, step, error);
		return EXIT_HOST_CANNOT;
	}
	message_error("could not %s the BPF programs: %s", step, strerror(-error));
	return EXIT_CANNOT_RUN;
}
