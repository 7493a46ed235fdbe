/* link: probes/top/model.c probes/top/window.c probes/top/flows.c probes/top/history.c */
/* link: probes/top/reading.c */
/* From readings to what is shown: rates, shares, verdicts, marks, order. */
#include "tests/unit/top_scene.h"

#include <math.h>

static const uint64_t equal[] = { 100, 100, 100, 100 };
static const uint64_t skewed[] = { 400, 0, 0, 0 };

static void check_rate(double got, double want)
{
	if (!(fabs(got - want) < 1e-9))
		fail_msg("%g instead of %g", got, want);
}

static void test_first_reading(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.row_count, 4);
	assert_int_equal(view.group_count, 1);
	assert_int_equal(view.groups[0].members, 4);
	assert_false(view.groups[0].judged);
	assert_true(isnan(view.rows[0].share) && isnan(view.rows[0].track.arrived));
	assert_int_equal(view.rows[0].mark, MARK_NONE);
	view_free(&view);
	scene_end(&scene);
}

/* Rates are of the last interval, shares of the window. */
static void test_rates_and_shares(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene_read(&scene);
	scene_receive(&scene, skewed);
	scene.members[1].dropped = UINT32_MAX;
	scene_read(&scene);
	scene_receive(&scene, equal);
	scene.members[1].dropped = 4; /* wrapped */
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.elapsed, 2 * NS_PER_SECOND);
	check_rate(view.rows[0].track.arrived, 100);
	check_rate(view.rows[0].share, 500.0 / 800);
	check_rate(view.rows[3].share, 100.0 / 800);
	check_rate(view.rows[1].track.dropped, 5);
	check_rate(view.groups[0].arrived, 400);
	check_rate(track_value(&view.rows[0].track, 0), 100);
	check_rate(track_value(&view.rows[0].track, 1), 400);
	assert_true(isnan(track_value(&view.rows[0].track, 2)));
	assert_int_equal(view.groups[0].window, 2 * NS_PER_SECOND);
	view_free(&view);
	scene_end(&scene);
}

/* What is older than the window is forgotten. */
static void test_window(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene_read(&scene);
	scene_receive(&scene, skewed);
	scene_read(&scene);
	for (size_t i = 0; i < HISTORY_WINDOW; i++) {
		scene_receive(&scene, equal);
		scene_read(&scene);
	}
	view = scene_view(&scene);
	assert_int_equal(view.groups[0].window, HISTORY_WINDOW * NS_PER_SECOND);
	check_rate(view.rows[0].share, 0.25);
	assert_int_equal(view.groups[0].distribution.verdict, VERDICT_EVEN);
	view_free(&view);
	scene_end(&scene);
}

/* The verdict on PACKETS that came in COUNT flows of each member that got some. */
static enum verdict verdict_of(const uint64_t packets[SCENE_MEMBERS], size_t flows,
			       uint32_t program)
{
	enum verdict verdict;
	struct scene scene;
	struct view view;

	scene_begin(&scene);
	scene.flows_counted = true;
	for (size_t i = 0; i < SCENE_MEMBERS; i++)
		scene.members[i].program_type = program;
	scene_read(&scene);
	scene_receive(&scene, packets);
	for (size_t i = 0; i < SCENE_MEMBERS; i++) {
		scene.members[i].first_flow = scene.flow_count;
		for (size_t j = 0; packets[i] && j < flows; j++) {
			scene.flows[scene.flow_count] =
				(struct reading_flow){ 1 + scene.flow_count, packets[i] / flows };
			scene.flow_count++;
		}
		scene.members[i].flow_count = scene.flow_count - scene.members[i].first_flow;
	}
	scene_read(&scene);
	view = scene_view(&scene);
	assert_true(view.groups[0].judged);
	verdict = view.groups[0].distribution.verdict;
	view_free(&view);
	scene_end(&scene);
	return verdict;
}

static void test_verdicts(void **state)
{
	static const uint64_t nothing[] = { 0, 0, 0, 0 };

	(void)state;
	assert_int_equal(verdict_of(equal, 10, 0), VERDICT_EVEN);
	assert_int_equal(verdict_of(skewed, 1, 0), VERDICT_FEW_FLOWS);
	/* 20 flows at one of four: 4^-19, far below 1e-6. */
	assert_int_equal(verdict_of(skewed, 20, 0), VERDICT_UNEXPLAINED);
	assert_int_equal(verdict_of(skewed, 20, 21), VERDICT_UNEVEN);
	assert_int_equal(verdict_of(nothing, 1, 0), VERDICT_IDLE);
}

/* Flows of the window only: those that were there before and sent nothing are none. */
static void test_flows(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.flows_counted = true;
	scene.members[0].first_flow = 0;
	scene.members[0].flow_count = 3;
	for (size_t i = 0; i < 3; i++)
		scene.flows[i] = (struct reading_flow){ i + 1, 50 };
	scene_read(&scene);
	scene.members[0].arrived += 40;
	scene.flows[0].packets += 30;
	scene.flows[2].packets += 10;
	scene_read(&scene);
	view = scene_view(&scene);
	check_rate(view.rows[0].flows, 2);
	check_rate(view.rows[1].flows, 0);
	check_rate(view.groups[0].distribution.effective_flows, 1.6);
	assert_int_equal(view.groups[0].split_flows, 0);
	view_free(&view);
	scene_end(&scene);
}

/* A table with room for 2 of 1000 flows: each is one packet, and so are those that are gone. */
static void test_evicted_flows(void **state)
{
	static const uint64_t thousand[] = { 1000, 0, 0, 0 };
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.flows_counted = true;
	scene_read(&scene);
	scene_receive(&scene, thousand);
	scene.members[0].new_flows = 1000;
	scene.members[0].flow_count = 2;
	scene.flows[0] = (struct reading_flow){ 1, 1 };
	scene.flows[1] = (struct reading_flow){ 2, 1 };
	scene_read(&scene);
	view = scene_view(&scene);
	check_rate(view.rows[0].flows, 1000);
	check_rate(view.groups[0].distribution.effective_flows, 1000);
	view_free(&view);
	scene_end(&scene);
}

static void test_split_flows(void **state)
{
	static const uint64_t two[] = { 50, 50, 0, 0 };
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.flows_counted = true;
	scene_read(&scene);
	scene_receive(&scene, two);
	scene.members[0].flow_count = scene.members[1].flow_count = 1;
	scene.members[1].first_flow = 1;
	scene.flows[0] = scene.flows[1] = (struct reading_flow){ 7, 50 };
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.groups[0].split_flows, 1);
	assert_int_equal(view.groups[0].distribution.verdict, VERDICT_UNEVEN);
	assert_true(isnan(view.groups[0].distribution.expected_cv));
	view_free(&view);
	scene_end(&scene);
}

/* Shown as closed until the next reading; shares begin anew with those that are left. */
static void test_members_come_and_go(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.there[3] = false;
	scene_read(&scene);
	scene_receive(&scene, equal);
	scene_read(&scene);
	scene.there[0] = false;
	scene.there[3] = true;
	scene.members[3].arrived = 60;
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.row_count, 4);
	assert_int_equal(view.groups[0].members, 3);
	assert_int_equal(view.groups[0].window, 0);
	assert_false(view.groups[0].judged);
	assert_int_equal(view.rows[2].track.now.cookie, 13);
	assert_int_equal(view.rows[2].mark, MARK_FRESH);
	check_rate(view.rows[2].track.arrived, 60);
	assert_int_equal(view.rows[3].track.now.cookie, 10);
	assert_int_equal(view.rows[3].mark, MARK_CLOSED);
	assert_true(isnan(view.rows[3].share));
	view_free(&view);
	scene_receive(&scene, equal);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.row_count, 3);
	assert_int_equal(view.groups[0].window, NS_PER_SECOND);
	assert_true(view.groups[0].judged);
	check_rate(view.rows[0].share, 1.0 / 3);
	view_free(&view);
	scene_end(&scene);
}

static void test_marks(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.members[1].queue = scene.members[2].queue = 10;
	scene_read(&scene);
	scene_receive(&scene, equal);
	scene.members[0].state = 'T';
	scene.members[1].taken -= 100; /* as it was: nobody has read */
	scene.members[3].orphaned = true;
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.rows[0].mark, MARK_STOPPED);
	assert_int_equal(view.rows[1].mark, MARK_UNREAD);
	assert_int_equal(view.rows[2].mark, MARK_NONE);
	assert_int_equal(view.rows[3].mark, MARK_ORPHANED);
	check_rate(view.rows[2].full, 0.01);
	view_free(&view);
	scene_end(&scene);
}

/* A connected member takes from its peer: it is shown, and is no part of the distribution. */
static void test_connected(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.members[0].connected = true;
	scene_read(&scene);
	scene_receive(&scene, equal);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.row_count, 4);
	assert_int_equal(view.groups[0].distribution.workers, 3);
	assert_int_equal(view.rows[3].mark, MARK_CONNECTED);
	check_rate(view.rows[0].share, 1.0 / 3);
	view_free(&view);
	scene_end(&scene);
}

static void test_places(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene.members[0].tcp = true;
	scene.members[1].local.v4.sin_port = htons(53);
	scene_read(&scene);
	scene_receive(&scene, equal);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_int_equal(view.group_count, 3);
	assert_int_equal(view.rows[view.groups[0].first].track.now.cookie, 11);
	assert_int_equal(view.groups[1].count, 2);
	assert_int_equal(view.groups[0].distribution.verdict, VERDICT_SINGLE);
	assert_true(view.rows[view.groups[2].first].track.now.tcp);
	/* Every connection is a flow. */
	check_rate(view.rows[view.groups[2].first].flows, 100);
	view_free(&view);
	assert_int_equal(view_make(&view, &scene.history, true), 0);
	assert_int_equal(view.group_count, 1);
	assert_int_equal(view.row_count, 2);
	view_free(&view);
	scene_end(&scene);
}

static void check_order(struct view *view, enum sort_key key, bool reverse, const char *want)
{
	char got[SCENE_MEMBERS + 1] = "";

	view_sort(view, key, reverse);
	for (size_t i = 0; i < view->row_count; i++)
		got[i] = (char)('0' + view->rows[i].track.now.slot);
	assert_string_equal(got, want);
}

static void test_order(void **state)
{
	static const uint64_t packets[] = { 10, 30, 20, 30 };
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	scene_read(&scene);
	scene_receive(&scene, packets);
	scene.members[2].queue = 5;
	scene.members[1].dropped = 5;
	scene_read(&scene);
	view = scene_view(&scene);
	check_order(&view, SORT_SHARE, false, "1320");
	check_order(&view, SORT_SHARE, true, "0213");
	check_order(&view, SORT_SLOT, false, "0123");
	check_order(&view, SORT_SLOT, true, "3210");
	check_order(&view, SORT_PID, false, "3210");
	check_order(&view, SORT_COMMAND, false, "0213");
	check_order(&view, SORT_RATE, false, "1320");
	check_order(&view, SORT_QUEUE, false, "2013");
	check_order(&view, SORT_DROPS, false, "1023");
	/* Not counted: as they stand. */
	check_order(&view, SORT_FLOWS, false, "0123");
	view_free(&view);
	scene_end(&scene);
}

static void test_no_counts(void **state)
{
	struct scene scene;
	struct view view;

	(void)state;
	scene_begin(&scene);
	for (size_t i = 0; i < SCENE_MEMBERS; i++) {
		scene.members[i].counted = false;
		scene.members[i].queue = 500;
	}
	scene_read(&scene);
	scene_read(&scene);
	view = scene_view(&scene);
	assert_false(view.groups[0].judged);
	assert_true(isnan(view.groups[0].arrived) && isnan(view.rows[0].track.taken));
	assert_int_equal(view.rows[0].mark, MARK_NONE);
	check_rate(track_value(&view.rows[0].track, 0), 0.5);
	view_free(&view);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_reading), cmocka_unit_test(test_rates_and_shares),
		cmocka_unit_test(test_window),        cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_flows),         cmocka_unit_test(test_evicted_flows),
		cmocka_unit_test(test_split_flows),   cmocka_unit_test(test_members_come_and_go),
		cmocka_unit_test(test_marks),         cmocka_unit_test(test_connected),
		cmocka_unit_test(test_places),        cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
