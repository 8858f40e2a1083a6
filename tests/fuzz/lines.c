/* Lines of JSON as the tool reads them: refused with a reason, or written and read again as the same. */
#include "fuzz.h"

#include <string.h>

#include "records.h"

static bool same(const bytes *a, const bytes *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->at, b->at, a->size) == 0);
}

static void write_and_read(const record *first)
{
    record second;
    bytes line = {NULL, 0, 0};
    const char *wrong;

    memset(&second, 0, sizeof second);
    if (!record_write(&line, first->has_key ? first->key.at : NULL, first->key.size,
                      first->value.at, first->value.size))
        fuzz_fault("a line is not written");
    wrong = record_read(&second, line.at, line.size - 1); /* without its end */
    if (wrong != NULL)
        fuzz_fault("what was written is not read: %s", wrong);
    if (second.has_key != first->has_key || !same(&second.value, &first->value) ||
        (first->has_key && !same(&second.key, &first->key)))
        fuzz_fault("what was written is read as something else");
    record_free(&second);
    bytes_free(&line);
}

void fuzz_lines(const uint8_t *data, size_t size)
{
    record first;
    const char *wrong;

    memset(&first, 0, sizeof first);
    wrong = record_read(&first, (const char *)data, size);
    if (wrong == NULL)
        write_and_read(&first);
    else if (wrong[0] == '\0')
        fuzz_fault("a line is refused without a reason");
    record_free(&first);
}
