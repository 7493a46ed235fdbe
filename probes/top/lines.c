#include "probes/top/lines.h"

#include <stdio.h>

#include "probes/top/frame.h"

void lines_print(const struct frame *frame)
{
	for (size_t i = 0; i < frame->count; i++)
		puts(frame->lines[i].text);
	putchar('\n');
	fflush(stdout);
}
