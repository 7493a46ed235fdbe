#include "lab/manifest.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "common/version.h"
#include "lab/isolation.h"
#include "lab/options.h"
#include "lab/process.h"
#include "lab/scenario.h"
#include "lab/words.h"

/* What decides over buffers, ports and group behaviour. */
static const char *const sysctls[] = {
	"net.core.rmem_default",
	"net.core.rmem_max",
	"net.core.wmem_max",
	"net.core.netdev_max_backlog",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.udp_mem",
	"net.ipv4.udp_rmem_min",
	"net.ipv4.tcp_migrate_req",
	"kernel.unprivileged_bpf_disabled",
	"kernel.bpf_stats_enabled",
};

static void set_sysctl(json_t *into, const char *name)
{
	char path[256], value[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (char *at = path; (at = strchr(at, '.')); at++)
		*at = '/';
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(value, sizeof(value), file)) {
		value[strcspn(value, "\n")] = '\0';
		for (char *at = value; (at = strchr(at, '\t')); at++)
			*at = ' ';
		json_object_set_new(into, name, json_string(value));
	}
	fclose(file);
}

void manifest_read_sysctls(struct manifest *manifest)
{
	json_t *into = json_object_get(manifest->root, "sysctl");

	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++)
		set_sysctl(into, sysctls[i]);
}

/* What "NAME --version" says first; NULL when it does not run. COMMAND is a constant. */
static json_t *tool_version(const char *command)
{
	FILE *output = popen(command, "re");
	char line[128] = "";

	if (!output)
		return NULL;
	if (!fgets(line, sizeof(line), output))
		line[0] = '\0';
	pclose(output);
	line[strcspn(line, "\n")] = '\0';
	return line[0] ? json_string(line) : NULL;
}

static json_t *versions(void)
{
	json_t *all = json_object();

	json_object_set_new(all, "fairport", json_string(FAIRPORT_VERSION));
	json_object_set_new(all, "libpq",
			    json_sprintf("%d.%d", PQlibVersion() / 10000, PQlibVersion() % 10000));
	json_object_set_new(all, "bpftrace",
			    tool_version("timeout 3 bpftrace --version 2>/dev/null"));
	json_object_set_new(all, "gnuplot",
			    tool_version("timeout 3 gnuplot --version 2>/dev/null"));
	return all;
}

static json_t *expectations(const struct scenario *scenario)
{
	const struct setting_list *list = &scenario->sections[SECTION_EXPECT];
	json_t *all = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:s}", "key", list->items[i].key, "op",
						list->items[i].op, "want", list->items[i].value));
	return all;
}

static json_t *labels_of(const struct labels *labels)
{
	json_t *all = json_object();

	for (size_t i = 0; i < labels->count; i++)
		json_object_set_new(all, labels->items[i].key, json_string(labels->items[i].value));
	return all;
}

static void set_host(json_t *root)
{
	struct utsname host;
	time_t now = time(NULL);
	struct tm utc;
	char started[32];

	uname(&host);
	gmtime_r(&now, &utc);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_object_set_new(root, "started", json_string(started));
	json_object_set_new(root, "host", json_string(host.nodename));
	json_object_set_new(root, "kernel", json_string(host.release));
	json_object_set_new(root, "machine", json_string(host.machine));
	json_object_set_new(root, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
}

/*
 * A connection string may hold a password: a given one is left out wherever it stands, and so is
 * what a scenario hands to the receiver.
 */
static json_t *safe_word(const struct manifest *manifest, const char *word)
{
	static const char option[] = "--database=";
	const char *given = manifest->given_database;
	size_t ahead = given ? strlen(word) - strlen(given) : 0;

	if (strncmp(word, option, strlen(option)) == 0 &&
	    strcmp(word + strlen(option), database_kind_names[DATABASE_PRIVATE]) != 0 &&
	    strcmp(word + strlen(option), database_kind_names[DATABASE_NONE]) != 0)
		return json_sprintf("%s(not shown)", option);
	if (!given || strlen(word) < strlen(given) || strcmp(word + ahead, given) != 0)
		return json_string(word);
	return json_sprintf("%.*s(not shown)", (int)ahead, word);
}

bool manifest_open(struct manifest *manifest, const char *directory,
		   const struct run_options *options, const struct scenario *scenario, int argc,
		   char **argv)
{
	enum database_kind kind = run_database_kind(options);
	json_t *root = json_object(), *words = json_array();

	*manifest = (struct manifest){ .root = root };
	if (kind == DATABASE_GIVEN)
		manifest->given_database = options->database;
	snprintf(manifest->path, sizeof(manifest->path), "%s/manifest.json", directory);
	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, "run", json_string(options->run));
	json_object_set_new(root, "scenario", json_string(scenario->name));
	json_object_set_new(root, "title",
			    json_string(options->title ? options->title : scenario->name));
	json_object_set_new(root, "labels", labels_of(&options->labels));
	set_host(root);
	json_object_set_new(root, "netns", json_string("host"));
	json_object_set_new(root, "seed", json_integer((json_int_t)options->seed));
	json_object_set_new(root, "database", json_string(database_kind_names[kind]));
	/* Until the run ends: a runner that is killed cannot say so. */
	json_object_set_new(root, "interrupted", json_true());
	for (int i = 0; i < argc; i++)
		json_array_append_new(words, safe_word(manifest, argv[i]));
	json_object_set_new(root, "argv", words);
	json_object_set_new(root, "versions", versions());
	json_object_set_new(root, "sysctl", json_object());
	json_object_set_new(root, "programs", json_object());
	json_object_set_new(root, "missing", json_array());
	json_object_set_new(root, "expect", expectations(scenario));
	manifest_read_sysctls(manifest);
	return manifest_write(manifest);
}

void manifest_set_isolation(struct manifest *manifest, bool private_netns)
{
	json_object_set_new(manifest->root, "netns",
			    json_string(private_netns ? "private" : "host"));
}

void manifest_missing(struct manifest *manifest, const char *what)
{
	message_note("missing: %s", what);
	json_array_append_new(json_object_get(manifest->root, "missing"), json_string(what));
}

static json_t *program_entry(struct manifest *manifest, const char *name)
{
	json_t *programs = json_object_get(manifest->root, "programs");
	json_t *entry = json_object_get(programs, name);

	if (!entry) {
		entry = json_object();
		json_object_set_new(programs, name, entry);
	}
	return entry;
}

void manifest_started(struct manifest *manifest, const char *name, const struct words *words)
{
	json_t *argv = json_array();

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(argv, safe_word(manifest, words->items[i]));
	json_object_set_new(program_entry(manifest, name), "argv", argv);
}

void manifest_ended(struct manifest *manifest, const struct process *process)
{
	if (process->pid)
		json_object_set_new(program_entry(manifest, process->name), "status",
				    json_integer(process_exit_status(process)));
}

void manifest_set_counters(struct manifest *manifest, const struct udp_counters *before,
			   const struct udp_counters *after)
{
	json_t *snmp = json_object();

	json_object_set_new(snmp, "no_ports",
			    json_integer((json_int_t)(after->no_ports - before->no_ports)));
	json_object_set_new(snmp, "rcvbuf_errors",
			    json_integer(
				    (json_int_t)(after->rcvbuf_errors - before->rcvbuf_errors)));
	json_object_set_new(manifest->root, "snmp", snmp);
}

void manifest_set_interrupted(struct manifest *manifest, bool interrupted)
{
	json_object_set_new(manifest->root, "interrupted", json_boolean(interrupted));
}

bool manifest_write(const struct manifest *manifest)
{
	char fresh[sizeof(manifest->path) + 8];

	snprintf(fresh, sizeof(fresh), "%s.new", manifest->path);
	if (json_dump_file(manifest->root, fresh, JSON_INDENT(2)) == 0 &&
	    rename(fresh, manifest->path) == 0)
		return true;
	message_error("could not write %s: %s", manifest->path, strerror(errno));
	return false;
}

void manifest_close(struct manifest *manifest)
{
	json_decref(manifest->root);
	manifest->root = NULL;
}
