#include "faker/start.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/units.h"

/* A clock that is set meanwhile is noticed after so long. */
#define LONGEST_WAIT (50 * NS_PER_MS)

static bool read_number(const char **at, int digits, int least, int most, int *out)
{
	int value = 0;

	for (; digits > 0; digits--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*out = value;
	return value >= least && value <= most;
}

static bool read_one_of(const char **at, const char *bytes)
{
	if (**at == '\0' || !strchr(bytes, **at))
		return false;
	(*at)++;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* "2026-01-31T12:00:00". Leap seconds have no place of their own in the time since 1970. */
static bool read_date_and_time(const char **at, struct tm *out)
{
	int year, month;

	if (!read_number(at, 4, 0, 9999, &year) || !read_one_of(at, "-") ||
	    !read_number(at, 2, 1, 12, &month) || !read_one_of(at, "-") ||
	    !read_number(at, 2, 1, days_of(year, month), &out->tm_mday) || !read_one_of(at, "Tt") ||
	    !read_number(at, 2, 0, 23, &out->tm_hour) || !read_one_of(at, ":") ||
	    !read_number(at, 2, 0, 59, &out->tm_min) || !read_one_of(at, ":") ||
	    !read_number(at, 2, 0, 59, &out->tm_sec))
		return false;
	out->tm_year = year - 1900;
	out->tm_mon = month - 1;
	return true;
}

/* ".5", or nothing. Up to nine digits. */
static bool read_fraction(const char **at, int64_t *ns)
{
	int64_t unit = NS_PER_SECOND;

	*ns = 0;
	if (!read_one_of(at, "."))
		return true;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		unit /= 10;
		if (unit == 0)
			return false;
		*ns += (**at - '0') * unit;
	}
	return unit < (int64_t)NS_PER_SECOND;
}

/* "Z", "+01:00": what the clock there is ahead of UTC. */
static bool read_offset(const char **at, int *seconds)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*seconds = 0;
	if (read_one_of(at, "Zz"))
		return true;
	if (!read_one_of(at, "+-") || !read_number(at, 2, 0, 23, &hours) || !read_one_of(at, ":") ||
	    !read_number(at, 2, 0, 59, &minutes))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

static int parse_date(const char *text, uint64_t *out)
{
	struct tm parts = { .tm_isdst = 0 };
	int64_t seconds, fraction;
	int offset;

	if (!read_date_and_time(&text, &parts) || !read_fraction(&text, &fraction) ||
	    !read_offset(&text, &offset) || *text != '\0')
		return -EINVAL;
	seconds = (int64_t)timegm(&parts) - offset;
	/* As with "@": up to the year 2262. */
	if (seconds < 0 || seconds >= INT64_MAX / (int64_t)NS_PER_SECOND)
		return -ERANGE;
	*out = (uint64_t)(seconds * (int64_t)NS_PER_SECOND + fraction);
	return 0;
}

int start_parse(void *option, const char **expected)
{
	struct start_option *start = option;
	const char *text = start->text;

	*expected = "e.g. 2026-01-31T12:00:00Z, @1769860800";
	if (*text != '@')
		return parse_date(text, &start->time);
	if (text[strspn(text, "@0123456789.")] != '\0')
		return -EINVAL;
	/* A duration without a unit is in seconds. */
	return units_duration(text + 1, &start->time);
}

bool start_wait(uint64_t time, const atomic_bool *stop)
{
	uint64_t now;

	while ((now = clock_wall()) < time) {
		uint64_t left = time - now < LONGEST_WAIT ? time - now : LONGEST_WAIT;

		nanosleep(&(struct timespec){ .tv_nsec = (long)left }, NULL);
		if (atomic_load(stop))
			return false;
	}
	return true;
}
