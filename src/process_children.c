/*
 * Which processes this one has started, what it is called itself, and how many processors it may use.
 */
#include "process_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All open handles, the oldest first; under the library's lock. In a forked child they are its parent's,
 * which their tokens tell. */
static byn_process *first, *last;

void byni_process_enlist(byn_process *process)
{
    bynk_library_lock();
    process->previous = last;
    process->next = NULL;
    if (last != NULL)
        last->next = process;
    else
        first = process;
    last = process;
    bynk_library_unlock();
}

void byni_process_delist(byn_process *process)
{
    bynk_library_lock();
    if (process->previous != NULL)
        process->previous->next = process->next;
    else
        first = process->next;
    if (process->next != NULL)
        process->next->previous = process->previous;
    else
        last = process->previous;
    bynk_library_unlock();
}

/* ---- The children -------------------------------------------------------------------------------- */

/* A copy of what is to be told: no lock is held while the visitor runs. */
typedef struct child_copy {
    byn_process *process;
    uint32_t pid;
    char name[BYN_NAME_MAX + 1]; /* perhaps cut, if it is a program's */
} child_copy;

static bool is_child(byn_process *process)
{
    return byni_process_usable(process) && !bynk_process_has_ended(process->native);
}

/* The library's lock is held. */
static size_t count_handles(void)
{
    const byn_process *each;
    size_t count = 0;

    for (each = first; each != NULL; each = each->next)
        count++;
    return count;
}

static size_t copy_children(child_copy *copies)
{
    byn_process *each;
    size_t count = 0;

    for (each = first; each != NULL; each = each->next) {
        if (!is_child(each))
            continue;
        copies[count].process = each;
        copies[count].pid = bynk_process_pid(each->native);
        (void)snprintf(copies[count].name, sizeof copies[count].name, "%s", each->name);
        count++;
    }
    return count;
}

/* NULL: there is no memory. */
static child_copy *take_children(size_t *count)
{
    child_copy *copies;

    bynk_library_lock();
    copies = malloc((count_handles() + 1) * sizeof *copies);
    if (copies != NULL)
        *count = copy_children(copies);
    bynk_library_unlock();
    return copies;
}

byn_status byn_process_children(byn_process_visitor visitor, void *context)
{
    static const char name[] = "byn_process_children";
    child_copy *copies;
    size_t count = 0, i;
    bool more = true;

    if (visitor == NULL)
        return byni_null(name, "visitor");
    copies = take_children(&count);
    if (copies == NULL)
        return byni_failed(byni_fail(BYN_E_NOMEM, "no memory for the list of children"), name,
                           NULL);
    for (i = 0; i < count && more; i++) {
        const byn_process_child child = {copies[i].process, copies[i].name, copies[i].pid};

        more = visitor(&child, context);
    }
    free(copies);
    return BYN_OK;
}

/* ---- Names --------------------------------------------------------------------------------------- */

const char *byni_process_file_name(const char *path)
{
    const char *name = path;

    for (; *path != '\0'; path++)
        if ((*path == '/' || *path == '\\') && path[1] != '\0')
            name = path + 1;
    return name;
}

const char *byn_process_name(const byn_process *process)
{
    return process != NULL ? process->name : "";
}

static void find_self_name(char name[BYN_NAME_MAX + 1])
{
    bynk_self self;

    if (bynk_process_self_name(name) && byni_name_check(name) == BYN_OK)
        return;
    bynk_self_describe(&self);
    (void)snprintf(name, BYN_NAME_MAX + 1, "%s", self.program);
}

const char *byn_process_self_name(void)
{
    static char name[BYN_NAME_MAX + 1];

    if (bynk_begin() < 0)
        return "?";
    bynk_library_lock();
    if (name[0] == '\0')
        find_self_name(name);
    bynk_library_unlock();
    return name;
}

/* ---- The machine --------------------------------------------------------------------------------- */

uint32_t byn_processors(void)
{
    return bynk_processors();
}
