/* Names as users give them: refused with a reason, or an object that is found again by the name it tells. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "name.h"

static void check_spelling(const byni_name *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-%~";
    size_t size;

    for (size = BYNI_SPELLED_MIN; size < 900; size += 97) {
        char spelled[1000];

        memset(spelled, 'X', sizeof spelled);
        byni_name_spell(name, spelled, size);
        if (memchr(spelled, '\0', size) == NULL || strspn(spelled, plain) != strlen(spelled))
            fuzz_fault("a name is spelled \"%.900s\" in %u bytes", spelled, (unsigned)size);
        if (spelled[size] != 'X')
            fuzz_fault("a spelling is longer than its place");
    }
}

static void open_twice(const char *text)
{
    byn_event *event = NULL, *same = NULL;
    byn_status status = fuzz_status(byn_event_open(&event, text, NULL), "byn_event_open");

    if (status < 0) {
        if (status != BYN_E_ACCESS)
            fuzz_fault("a good name cannot be opened: %s", byn_last_error());
        return;
    }
    if (byn_event_open(&same, byn_event_name(event), NULL) != BYN_OK || same != event)
        fuzz_fault("an object is not found by the name it tells: %s", byn_event_name(event));
    byn_event_close(same);
    byn_event_close(event);
    if (fuzz_status(byn_remove(text), "byn_remove") != BYN_E_NOTFOUND)
        fuzz_fault("something is left of \"%s\"", text);
}

void fuzz_names(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    byni_name name;
    byn_event *event = NULL;

    if (text == NULL)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    world_begin(NULL);
    if (byni_name_parse(&name, text) >= 0) {
        check_spelling(&name);
        open_twice(text);
    } else if (fuzz_status(byn_event_open(&event, text, NULL), "byn_event_open") != BYN_E_NAME) {
        fuzz_fault("a bad name is answered by %s", byn_last_error());
    }
    free(text);
}
