/* Whatever a schema file holds: it is refused with a line, or makes lines that decode. */
#include <stdlib.h>
#include <string.h>

#include "common/lp.h"
#include "faker/lines/dataset.h"
#include "faker/lines/schema.h"

#define LINES 50

static struct lp_point point;

static void check_line(const char *line, size_t length, size_t most)
{
	struct lp_cursor cursor;
	struct lp_error error;

	if (length == 0 || length > most || line[length - 1] != '\n')
		abort();
	lp_cursor_init(&cursor, line, length);
	if (lp_next(&cursor, &point, &error) != LP_POINT ||
	    lp_next(&cursor, &point, &error) != LP_END)
		abort();
}

static void make_lines(const struct schema *schema)
{
	struct dataset_options options = { .schema = schema,
					   .series = 100,
					   .seed = 1,
					   .step = 1,
					   .unit = 1,
					   .threads = 1,
					   .timestamps = TIMESTAMPS_STEP };
	size_t most = dataset_line_max(&options);
	struct dataset *dataset = dataset_open(&options);
	char *line = malloc(most + DATASET_SLACK);

	for (int i = 0; dataset && line && i < LINES; i++) {
		bool invalid;
		size_t length = dataset_line(dataset, 0, line, &invalid);

		check_line(line, length, most);
	}
	free(line);
	dataset_close(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema_error error = { .line = 0 };
	struct schema *schema = schema_parse("fuzz", (const char *)data, size, &error);

	if (schema)
		make_lines(schema);
	else if (error.text[0] == '\0')
		abort();
	schema_free(schema);
	return 0;
}
