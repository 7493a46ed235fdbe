/* Where there is no terminal: each view as a block of lines on standard output. */
#ifndef FAIRPORT_TOP_LINES_H
#define FAIRPORT_TOP_LINES_H

#define LINES_COLUMNS 80

struct frame;

void lines_print(const struct frame *frame);

#endif
