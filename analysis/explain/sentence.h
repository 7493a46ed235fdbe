/* The verdict in a sentence, for who looks at a server that runs. */
#ifndef FAIRPORT_ANALYSIS_EXPLAIN_SENTENCE_H
#define FAIRPORT_ANALYSIS_EXPLAIN_SENTENCE_H

#include "analysis/finding.h"

struct explanation;

/* Its analysis must be known. */
const char *explanation_sentence(char buffer[static FINDING_TEXT],
				 const struct explanation *explanation);

#endif
