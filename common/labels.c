#include "common/labels.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/utf8.h"

bool labels_is_key(const char *text, size_t length)
{
	if (length == 0 || length >= LABEL_KEY || !isalpha((unsigned char)*text))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return false;
	return true;
}

/* It stands in records, tables and pictures: text, of one line. */
static bool is_value(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > LABEL_LENGTH || !utf8_valid(text, length))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static struct label *label_of(struct labels *labels, const char *key, size_t length)
{
	struct label *label;

	for (size_t i = 0; i < labels->count; i++) {
		label = &labels->items[i];
		if (strlen(label->key) == length && memcmp(label->key, key, length) == 0)
			return label;
	}
	if (labels->count == LABELS_MOST)
		return NULL;
	label = &labels->items[labels->count++];
	memcpy(label->key, key, length);
	label->key[length] = '\0';
	return label;
}

int labels_parse(void *value, const char **expected)
{
	struct labels *labels = value;
	size_t length = strcspn(labels->text, "=");
	struct label *label;

	*expected =
		"KEY=VALUE, e.g. version=1.4.2: at most 16 keys, of letters and digits, and 128 "
		"bytes of text for each";
	if (labels->text[length] != '=' || !labels_is_key(labels->text, length) ||
	    !is_value(labels->text + length + 1))
		return -EINVAL;
	label = label_of(labels, labels->text, length);
	if (!label)
		return -EINVAL;
	label->value = labels->text + length + 1;
	return 0;
}
