/* fairport-control: one command for a running fairport-receive, and its answer. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/exit.h"
#include "common/message.h"
#include "receiver/control/ask.h"
#include "receiver/control/options.h"
#include "receiver/control/show.h"

/* Prints it and returns the exit status. */
static int report(const struct control_options *options, const char *line)
{
	json_error_t wrong;
	json_t *answer = json_loads(line, 0, &wrong);
	const json_t *ok = json_object_get(answer, "ok");
	const char *error = json_string_value(json_object_get(answer, "error"));
	int status = json_is_true(ok) ? EXIT_DONE : EXIT_CANNOT_RUN;

	if (!json_is_boolean(ok))
		message_error("could not read the answer of control socket %s: %s", options->socket,
			      answer ? "it does not say whether it is ok" : wrong.text);
	else if (options->json)
		puts(line);
	else if (json_is_true(ok))
		show_answer(answer);
	else
		message_error("the receiver refused \"%s\": %s", options->command,
			      error ? error : "it does not say why");
	json_decref(answer);
	return status;
}

int main(int argc, char **argv)
{
	struct control_options options;
	char *line;
	int status;

	message_program("fairport-control");
	if (!options_go_on(control_options_parse(&options, argc, argv), &status))
		return status;
	line = ask(&options);
	if (!line)
		return EXIT_CANNOT_RUN;
	status = report(&options, line);
	free(line);
	return message_close_output(status);
}
