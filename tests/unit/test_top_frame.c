/* link: probes/top/frame.c probes/top/columns.c probes/top/verdict.c probes/top/spark.c */
/* link: probes/top/model.c probes/top/window.c probes/top/flows.c probes/top/history.c */
/* link: probes/top/reading.c */
/* The lines that a view becomes, at any width. */
#include "tests/unit/top_scene.h"

#include "probes/top/frame.h"

static const uint64_t packets[] = { 4000, 2000, 2000, 0 };

static struct look look_of(size_t width)
{
	return (struct look){ .width = width,
			      .drawn = true,
			      .tier = TIER_ARRIVALS,
			      .flows = true,
			      .interval = NS_PER_SECOND,
			      .subject = "port 8089" };
}

/* Two intervals of a group whose third member is stopped and full. */
static struct view busy_view(struct scene *scene)
{
	scene_begin(scene);
	scene_read(scene);
	for (size_t i = 0; i < 2; i++) {
		scene_receive(scene, packets);
		scene_read(scene);
	}
	scene_receive(scene, packets);
	scene->members[2].taken -= 2000;
	scene->members[2].state = 'T';
	scene->members[2].queue = 1000;
	scene->members[2].queue_packets = 256;
	scene->members[2].dropped = 1744;
	strcpy(scene->members[1].command, "a\033[2J\x80");
	scene_read(scene);
	return scene_view(scene);
}

static void check_lines(const struct frame *frame, const char *const *want, size_t count)
{
	for (size_t i = 0; i < count && i < frame->count; i++)
		assert_string_equal(frame->lines[i].text, want[i]);
	assert_int_equal(frame->count, count);
}

static void test_eighty(void **state)
{
	static const char *const want[] = {
		"fairport-top  port 8089  every 1 s  0:00:03            tier arrivals, with flows",
		"uneven: UDP 127.0.0.1:8089, 4 members, 8.00k packets/s, 1.74k drops/s",
		"  last 3 s: busiest 2.00 x mean, cv 0.71; flows are not counted",
		"  slot 2 (pid 498) is stopped, with 256 packets waiting",
		" SLOT     PID COMMAND              SHARE RATE/S QUEUE FULL DROP/S FLOWS PAST",
		"    0     500 worker0    ########  50.0%  4.00k     0   0%      0     -      ###",
		"    1     499 a?[2J?     ####      25.0%  2.00k     0   0%      0     -      ===",
		"T   2     498 worker0    ####      25.0%  2.00k   256 100%  1.74k     -      ===",
		"    3     497 worker1               0.0%      0     0   0%      0     -      ___",
	};
	struct frame frame = { .count = 0 };
	struct look look = look_of(80);
	struct scene scene;
	struct view view;

	(void)state;
	view = busy_view(&scene);
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	check_lines(&frame, want, COUNT(want));
	assert_int_equal(frame.fixed, 5);
	assert_int_equal(frame.lines[1].style, STYLE_MEDIUM);
	assert_int_equal(frame.lines[3].style, STYLE_REMARK);
	assert_int_equal(frame.lines[5].style, STYLE_ROW);
	assert_int_equal(frame.lines[7].style, STYLE_ROW_BAD);
	frame_free(&frame);
	view_free(&view);
	scene_end(&scene);
}

/* Without bars; what there is room for then is told instead. */
static void test_lines(void **state)
{
	static const char titles[] =
		" SLOT     PID COMMAND        SHARE RATE/S TAKEN/S QUEUE FULL BUFFER DROP/S FLOWS";
	struct frame frame = { .count = 0 };
	struct look look = look_of(80);
	struct scene scene;
	struct view view;

	(void)state;
	look.drawn = false;
	view = busy_view(&scene);
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	assert_string_equal(frame.lines[4].text, titles);
	for (size_t i = 0; i < frame.count; i++)
		for (const char *at = frame.lines[i].text; *at; at++)
			assert_true(*at >= ' ' && *at <= '~');
	frame_free(&frame);
	view_free(&view);
	scene_end(&scene);
}

/* Nothing is wider than it may be, and what says most stays: share and mark. */
static void test_widths(void **state)
{
	static const size_t widths[] = { 1, 10, 20, 40, 60, 79, 80, 100, 132, 250 };
	struct frame frame = { .count = 0 };
	struct scene scene;
	struct view view;

	(void)state;
	view = busy_view(&scene);
	for (size_t i = 0; i < COUNT(widths); i++) {
		struct look look = look_of(widths[i]);

		look.utf8 = true;
		assert_int_equal(frame_make(&frame, &view, &look), 0);
		for (size_t line = 0; line < frame.count; line++)
			assert_true(text_width(frame.lines[line].text) <= widths[i]);
		if (widths[i] >= 20)
			assert_non_null(strstr(frame.lines[7].text, "25.0%"));
		assert_int_equal(frame.lines[7].text[0], 'T');
		assert_int_equal(strstr(frame.lines[4].text, "TAKEN/S") != NULL, widths[i] >= 100);
	}
	frame_free(&frame);
	view_free(&view);
	scene_end(&scene);
}

static void test_no_counts(void **state)
{
	static const char *const want[] = {
		"fairport-top  port 8089  every 1 s  0:00:01                            tier none",
		"Who gets how much needs CAP_BPF and CAP_PERFMON: root has them.",
		"UDP 127.0.0.1:8089, 1 member, 0 drops/s",
		"  who gets how much is not counted",
	};
	struct frame frame = { .count = 0 };
	struct look look = look_of(80);
	struct scene scene;
	struct view view;

	(void)state;
	look.tier = TIER_NONE;
	look.flows = false;
	scene_begin(&scene);
	for (size_t i = 1; i < SCENE_MEMBERS; i++)
		scene.there[i] = false;
	scene.members[0].counted = scene.members[0].packets_known = false;
	scene.members[0].slot = UINT32_MAX;
	scene.members[0].pid = 0;
	scene.members[0].command[0] = '\0';
	scene.members[0].queue = 500;
	scene_read(&scene);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(frame.lines[i].text, want[i]);
	assert_non_null(strstr(frame.lines[4].text, "QUEUED"));
	assert_null(strstr(frame.lines[4].text, "FLOWS"));
	assert_non_null(strstr(frame.lines[5].text, " 500B  50% "));
	frame_free(&frame);
	view_free(&view);
	scene_end(&scene);
}

/* Each group has a head then, and all of them scroll. */
static void test_groups(void **state)
{
	struct frame frame = { .count = 0 };
	struct look look = look_of(80);
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.members[0].tcp = scene.members[1].tcp = true;
	scene_read(&scene);
	scene_receive(&scene, packets);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	assert_int_equal(frame.fixed, 1);
	assert_int_equal(frame.count, 1 + 2 * 5);
	assert_string_equal(
		frame.lines[6].text,
		"unexplained: TCP 127.0.0.1:8089, 2 members, 6.00k connections/s, 0 drops/s");
	frame_free(&frame);
	view_free(&view);
	scene_end(&scene);
}

static void test_nothing(void **state)
{
	struct frame frame = { .count = 0 };
	struct look look = look_of(80);
	struct view view = { .readings = 1 };

	(void)state;
	look.paused = true;
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	assert_int_equal(frame.count, 2);
	assert_non_null(strstr(frame.lines[0].text, " PAUSED"));
	assert_string_equal(frame.lines[1].text, "  no socket on port 8089 now");
	look.subject = NULL;
	assert_int_equal(frame_make(&frame, &view, &look), 0);
	assert_non_null(strstr(frame.lines[0].text, "  all groups  "));
	assert_string_equal(frame.lines[1].text, "  no two sockets share a port here now");
	frame_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eighty), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_no_counts),
		cmocka_unit_test(test_groups), cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
