/* The schemas that are built in, in the language of those that are not. */
#include "faker/lines/schema.h"

#include <string.h>

#define CPU                                                                                        \
	"measurement cpu\n"                                                                        \
	"tag cpu values cpu0 cpu1 cpu2 cpu3 cpu4 cpu5 cpu6 cpu7 cpu-total\n"                       \
	"tag host count 8+ prefix host\n"                                                          \
	"field usage_idle float walk 0 100 5 decimals 2\n"                                         \
	"field usage_iowait float walk 0 10 1 decimals 2\n"                                        \
	"field usage_nice float walk 0 5 0.5 decimals 2\n"                                         \
	"field usage_system float walk 0 40 2 decimals 2\n"                                        \
	"field usage_user float walk 0 60 5 decimals 2\n"

static const char host[] = "# The basic metrics of hosts, as Telegraf names them.\n" CPU "\n"
			   "measurement disk\n"
			   "tag device values sda1 sda2 nvme0n1p1\n"
			   "tag fstype values ext4\n"
			   "tag host count 8+ prefix host\n"
			   "tag mode values rw\n"
			   "tag path values /var/lib\n"
			   "field free integer walk 0 107374182400 1048576\n"
			   "field inodes_free integer walk 0 6553600 256\n"
			   "field inodes_total integer choice 6553600\n"
			   "field inodes_used integer walk 0 6553600 256\n"
			   "field total integer choice 107374182400\n"
			   "field used integer walk 0 107374182400 1048576\n"
			   "field used_percent float walk 0 100 0.001 decimals 4\n"
			   "\n"
			   "measurement diskio\n"
			   "tag host count 8+ prefix host\n"
			   "tag name values sda nvme0n1\n"
			   "field io_time integer counter 1000\n"
			   "field read_bytes integer counter 16777216\n"
			   "field write_bytes integer counter 16777216\n"
			   "\n"
			   "measurement swap\n"
			   "tag host count 8+ prefix host\n"
			   "field free integer walk 0 4294967296 1048576\n"
			   "field total integer choice 4294967296\n"
			   "field used integer walk 0 4294967296 1048576\n"
			   "field used_percent float walk 0 100 0.025 decimals 4\n";

static const char cpu[] = "# Short lines of one measurement.\n" CPU;

static const char web[] =
	"# The requests that a web service answers; every type of field.\n"
	"measurement requests\n"
	"tag host count 4+ prefix web\n"
	"tag method values GET POST PUT DELETE\n"
	"tag path values / /items /orders \"/search, all\" /login\n"
	"field agent string choice curl/8.5.0 \"Mozilla/5.0 (X11; Linux x86_64)\" \"the "
	"\\\"quoted\\\" client\"\n"
	"field bytes unsigned counter 65536\n"
	"field cached boolean choice true false\n"
	"field duration_ms float uniform 0.1 2500 decimals 3\n"
	"field requests unsigned counter 10\n"
	"field status integer choice 200 200 200 200 200 301 404 500\n";

static const char sensor[] = "# The least that a device sends.\n"
			     "measurement sensor\n"
			     "tag id count 100+ prefix s\n"
			     "field humidity integer walk 0 100 2\n"
			     "field temperature float walk -20 60 0.5 decimals 2\n";

const char *const schema_names[] = { "host", "cpu", "web", "sensor", NULL };

static const char *const texts[] = { host, cpu, web, sensor };

const char *schema_builtin(const char *name)
{
	for (size_t i = 0; schema_names[i]; i++)
		if (strcmp(schema_names[i], name) == 0)
			return texts[i];
	return NULL;
}
