#include "receiver/sinks/pg_waiting.h"

#include <stdlib.h>
#include <string.h>

/* Stands before the text of each line. */
struct header {
	int64_t received;
	size_t length;
};

bool pg_waiting_add(struct pg_waiting *waiting, const struct pg_waiting_line *line)
{
	struct header header = { .received = line->received, .length = line->length };
	size_t need = waiting->length + sizeof(header) + line->length;

	if (!waiting->data || need > waiting->room) {
		size_t room = need * 2;
		char *data = realloc(waiting->data, room);

		if (!data)
			return false;
		waiting->data = data;
		waiting->room = room;
	}
	memcpy(waiting->data + waiting->length, &header, sizeof(header));
	memcpy(waiting->data + waiting->length + sizeof(header), line->text, line->length);
	waiting->length = need;
	waiting->lines++;
	return true;
}

bool pg_waiting_next(const struct pg_waiting *waiting, size_t *at, struct pg_waiting_line *line)
{
	struct header header;

	if (*at == waiting->length)
		return false;
	memcpy(&header, waiting->data + *at, sizeof(header));
	line->text = waiting->data + *at + sizeof(header);
	line->length = header.length;
	line->received = header.received;
	*at += sizeof(header) + header.length;
	return true;
}

void pg_waiting_clear(struct pg_waiting *waiting)
{
	free(waiting->data);
	*waiting = (struct pg_waiting){ .data = NULL };
}
