/* Text for a terminal of 80 columns. What it would obey becomes '?': words came from files. */
#ifndef FAIRPORT_ANALYSIS_PARAGRAPH_H
#define FAIRPORT_ANALYSIS_PARAGRAPH_H

#define PARAGRAPH_COLUMNS 80

/* LABEL, then the text, wrapped and indented by INDENT columns. */
void paragraph(int indent, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line of code or a command, as it is. */
void paragraph_code(int indent, const char *line);

#endif
