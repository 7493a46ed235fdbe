/* One run as it is reported, in whatever form: what is known of it, and what was made of that. */
#ifndef FAIRPORT_ANALYSIS_REPORT_REPORT_H
#define FAIRPORT_ANALYSIS_REPORT_REPORT_H

#include <jansson.h>

#include "analysis/expect.h"
#include "analysis/report/plots.h"

struct analysis;
struct run;

struct report {
	const struct run *run;
	const struct analysis *analysis;
	json_t *summary; /* numbers in documents are taken from it, so that they are the same */
	struct expect_result expected;
	struct plots plots;
	bool written; /* all files but the pictures */
};

#endif
