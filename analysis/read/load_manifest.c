/* manifest.json: what was run and where, and what is expected of it. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/read/line_file.h"
#include "analysis/read/load.h"
#include "analysis/run.h"
#include "common/message.h"

/* NULL after a warning. */
static json_t *read_json(const struct line_file *file, const char *path)
{
	struct stat status;
	json_error_t error;
	json_t *json;

	if (fstat(file->fd, &status) == 0 && status.st_size > LINE_FILE_LONGEST) {
		message_warning("%s: longer than any manifest: more than %d MiB", path,
				LINE_FILE_LONGEST >> 20);
		return NULL;
	}
	json = json_loadfd(file->fd, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		message_warning("%s:%d: not JSON from column %d on", path, error.line,
				error.column);
	return json;
}

/* NULL, or why nothing can be made of it. Manifests have not always had a schema. */
static const char *check(const json_t *manifest)
{
	const json_t *schema = json_object_get(manifest, "schema");

	if (!json_is_object(manifest))
		return "not an object";
	return schema && json_integer_value(schema) != RECORD_SCHEMA
		       ? "a manifest of another schema; this program knows schema 1"
		       : NULL;
}

static json_t *read_manifest(const char *path)
{
	struct line_file file;
	int error = line_file_open(&file, path);
	const char *wrong;
	json_t *manifest;

	if (error) {
		line_file_say(path, error);
		return NULL;
	}
	manifest = read_json(&file, path);
	line_file_close(&file);
	wrong = manifest ? check(manifest) : NULL;
	if (!wrong)
		return manifest;
	message_warning("%s: %s", path, wrong);
	json_decref(manifest);
	return NULL;
}

void load_manifest(struct run *run)
{
	char path[PATH_MAX];
	struct stat status;

	if (stream_path(path, sizeof(path), run->directory, "manifest.json") != 0 ||
	    (lstat(path, &status) != 0 && errno == ENOENT))
		return;
	run->manifest = read_manifest(path);
	if (!run->manifest)
		run->incomplete = true;
	run->interrupted = json_is_true(json_object_get(run->manifest, "interrupted"));
}
