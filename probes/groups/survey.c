#include "probes/groups/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/message.h"
#include "probes/groups/options.h"
#include "probes/groups/watched.h"

#define LOOKS 5 /* where a queue is watched */

/* A socket that is closed between the two sources is known to one of them only. */
#define TRIES 3

static bool find_namespaces(struct survey *survey)
{
	int error;

	if (survey->options->all_netns) {
		error = namespaces_find(&survey->namespaces);
	} else if (!sockets_enter_namespace(survey->options->netns)) {
		return false;
	} else {
		survey->namespaces.items = calloc(1, sizeof(struct namespace));
		survey->namespaces.count = survey->namespaces.items != NULL;
		error = survey->namespaces.items ? namespace_own(survey->namespaces.items)
						 : -ENOMEM;
	}
	if (error)
		message_error("could not look for network namespaces in /proc: %s",
			      strerror(-error));
	return error == 0;
}

bool survey_open(struct survey *survey, const struct groups_options *options)
{
	*survey = (struct survey){ .options = options };
	if (!find_namespaces(survey))
		return false;
	survey->places = calloc(survey->namespaces.count, sizeof(*survey->places));
	if (!survey->places) {
		message_error("could not list the sockets: %s", strerror(ENOMEM));
		return false;
	}
	survey->count = survey->namespaces.count;
	for (size_t i = 0; i < survey->count; i++)
		survey->places[i].namespace = &survey->namespaces.items[i];
	survey->iterators_error = socket_iterators_open(&survey->iterators);
	return true;
}

static void drop_other_protocol(struct socket_list *list, const struct groups_options *options)
{
	size_t kept = 0;

	if (options->udp == options->tcp)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].tcp == options->tcp)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

static bool all_known(const struct socket_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].details.known)
			return false;
	return true;
}

/* -errno. */
static int list_place(struct survey *survey, struct socket_list *list)
{
	const struct groups_options *options = survey->options;
	int error = 0;

	for (int i = 0; i < TRIES && !error; i++) {
		socket_list_free(list);
		error = sockets_list(list, options->ports.text ? &options->ports : NULL);
		if (error || !survey->iterators)
			break;
		drop_other_protocol(list, options);
		error = socket_iterators_read(survey->iterators, list);
		if (all_known(list))
			break;
	}
	drop_other_protocol(list, options);
	return error;
}

/* A namespace that has gone, or belongs to others, is no reason to show nothing. */
static bool is_left_out(const struct survey *survey, const struct place *place, int error)
{
	char text[NAMESPACE_TEXT];

	if (!survey->options->all_netns || place->namespace->own)
		return false;
	if (error != -ESTALE)
		message_warning("network namespace %s is left out: could not enter it: %s",
				namespace_text(text, place->namespace), strerror(-error));
	return true;
}

static bool look_once(struct survey *survey)
{
	survey->all_visible = true;
	for (size_t i = 0; i < survey->count; i++) {
		struct place *place = &survey->places[i];
		int error;

		if (place->left_out)
			continue;
		error = survey->count > 1 ? namespace_enter(place->namespace) : 0;
		if (error && is_left_out(survey, place, error)) {
			socket_list_free(&place->list);
			place->left_out = true;
			continue;
		}
		if (!error)
			error = list_place(survey, &place->list);
		if (error) {
			message_error("could not list the sockets by sock_diag: %s",
				      strerror(-error));
			return false;
		}
		survey->all_visible &= place->list.all_visible;
	}
	if (watched_update(survey) == 0)
		return true;
	message_error("could not watch the sockets: %s", strerror(ENOMEM));
	return false;
}

static void wait_until(uint64_t time)
{
	while (clock_now() < time) {
		struct timespec left = clock_left(time);

		nanosleep(&left, NULL);
	}
}

bool survey_look(struct survey *survey)
{
	uint64_t start = clock_now(), gap = survey->options->look / (LOOKS - 1);

	for (survey->looks = 0; survey->looks < LOOKS;) {
		wait_until(start + survey->looks * gap);
		if (!look_once(survey))
			return false;
		survey->looks++;
		survey->looked = clock_now() - start;
		if (survey->watched_count == 0 || gap == 0)
			break;
	}
	return true;
}

void survey_close(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++)
		socket_list_free(&survey->places[i].list);
	free(survey->places);
	free(survey->watched);
	namespaces_free(&survey->namespaces);
	socket_iterators_close(survey->iterators);
}
