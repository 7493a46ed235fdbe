#include "analysis/history/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"

static void duration(char cell[static TEXT_CELL], double ns)
{
	char text[UNITS_TEXT];

	/* Below, "12.3 ms" would say less of a mean or a median than is known. */
	if (fabs(ns) < 1000)
		snprintf(cell, TEXT_CELL, "%.4g ns", ns);
	else
		snprintf(cell, TEXT_CELL, "%s%s", ns < 0 ? "-" : "",
			 units_duration_text(text, (uint64_t)fmin(fabs(ns), 9e18)));
}

const char *quantity_text(char cell[static TEXT_CELL], double value, const char *unit)
{
	char text[UNITS_TEXT];

	if (!isfinite(value))
		snprintf(cell, TEXT_CELL, "%s", isnan(value) ? "?" : value > 0 ? "inf" : "-inf");
	else if (unit && strcmp(unit, "ns") == 0)
		duration(cell, value);
	else if (fabs(value) >= 1000 && fabs(value) < 1e9)
		snprintf(cell, TEXT_CELL, "%s%s", value < 0 ? "-" : "",
			 units_grouped(text, (uint64_t)llround(fabs(value))));
	else
		snprintf(cell, TEXT_CELL, "%.4g", value);
	return cell;
}
