/* The terminal: drawing frames and reading keys. All that ncurses sees is in screen.c. */
#ifndef FAIRPORT_TOP_SCREEN_H
#define FAIRPORT_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct frame;
struct wishes;

/* Whether standard input and output are a terminal that can be drawn on. */
bool screen_possible(void);

/* Takes the terminal over. False, after an error message, where that fails. */
bool screen_open(void);

/* Gives it back as it was. */
void screen_close(void);

size_t screen_columns(void);

/* Lines that scroll, below those of FRAME that do not. */
size_t screen_page(const struct frame *frame);

/* Draws FRAME, or the help, and the footer. Leaves in WISHES how far it could scroll. */
void screen_draw(const struct frame *frame, struct wishes *wishes);

/* The size of the terminal may have changed. */
void screen_resize(void);

/* The next key that was pressed (enum key, or a character), -1 if there is none. */
int screen_key(void);

#endif
