#include "common/capability.h"

#include <sys/syscall.h>
#include <unistd.h>

uint64_t capability_effective(void)
{
	/* libcap is not needed for this much: capget(2). */
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}
