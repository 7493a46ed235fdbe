#include "probes/top/spark.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 8

static const char *const levels_utf8[LEVELS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const levels_ascii[LEVELS] = { "_", ".", ":", "-", "=", "+", "*", "#" };
static const char *const eighths[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };

/* At most WIDTH characters of VALUE with one of the UNITS. */
static const char *shorten(char buffer[static SHORT_TEXT], double value, const char *units)
{
	double rounded = value;

	if (isnan(value)) {
		snprintf(buffer, SHORT_TEXT, "-");
		return buffer;
	}
	while (rounded >= 999.5 && units[1]) {
		rounded /= 1000;
		units++;
	}
	if (*units == ' ') {
		bool whole = rounded >= 9.95 || rounded == floor(rounded);

		snprintf(buffer, SHORT_TEXT, "%.*f", whole ? 0 : 1, rounded);
	} else {
		int digits = rounded < 9.995 ? 2 : rounded < 99.95 ? 1 : 0;

		snprintf(buffer, SHORT_TEXT, "%.*f%c", digits, fmin(rounded, 9999), *units);
	}
	return buffer;
}

const char *short_number(char buffer[static SHORT_TEXT], double value)
{
	return shorten(buffer, value, " kMGT");
}

const char *short_bytes(char buffer[static SHORT_TEXT], double value)
{
	static const char units[] = "BkMGT";
	size_t unit = 0;

	if (isnan(value)) {
		snprintf(buffer, SHORT_TEXT, "-");
		return buffer;
	}
	while (value >= 999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(buffer, SHORT_TEXT, "%.0fB", value);
	else
		snprintf(buffer, SHORT_TEXT, "%.*f%cB", value < 9.95, fmin(value, 999),
			 units[unit]);
	return buffer;
}

char *bar_text(char *buffer, size_t width, double share, bool utf8)
{
	size_t parts = utf8 ? 8 : 1, all = width * parts, filled = 0;
	char *end = buffer;

	if (share > 0)
		filled = (size_t)fmax(1, round(fmin(share, 1) * (double)all));
	for (size_t i = 0; i < width; i++) {
		size_t part = filled < parts ? filled : parts;

		filled -= part;
		end = stpcpy(end, utf8 ? eighths[part] : part ? "#" : " ");
	}
	*end = '\0';
	return buffer;
}

char *spark_text(char *buffer, const double *values, size_t count, double most, bool utf8)
{
	char *end = buffer;

	for (size_t i = 0; i < count; i++) {
		size_t level = 0;

		if (values[i] > 0)
			level = 1 + (size_t)(fmin(values[i] / most, 1) * (LEVELS - 1.001));
		end = stpcpy(end,
			     isnan(values[i]) ? " " : (utf8 ? levels_utf8 : levels_ascii)[level]);
	}
	*end = '\0';
	return buffer;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void text_clip(char *text, size_t width)
{
	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80 && width-- == 0) {
			*text = '\0';
			return;
		}
}
