#include "receiver/models/front.h"

#include <signal.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/signals.h"
#include "receiver/child.h"

bool front_stop_open(struct front_stop *stop)
{
	stop->limit = UINT64_MAX;
	stop->signal_fd = child_signals();
	return stop->signal_fd >= 0;
}

bool front_told(const struct front_stop *stop)
{
	return stop->signal_fd < 0;
}

void front_look(struct front_stop *stop, uint64_t drain)
{
	int number;

	while (!front_told(stop) && (number = signals_next(stop->signal_fd)) != 0) {
		if (number != SIGTERM)
			continue;
		close(stop->signal_fd);
		stop->signal_fd = -1;
		stop->limit = clock_now() + drain;
	}
}
