#include "crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, EVERYBODY = -1 };

/* An order, and the answers to it: the elements of an array. */
enum { JOB, MILLISECONDS, MEMBER, ANSWERS };

struct crew {
    byn_value *order, *done;
    byn_array *board;
    byn_process *processes[CREW_MOST];
    int members;
};

static const char *named(const char *name, const char *part)
{
    static char text[192];

    (void)snprintf(text, sizeof text, "%s-crew-%s", name, part);
    return text;
}

static void open_all(crew *all, const char *name)
{
    check(byn_value_open(&all->order, named(name, "order"), NULL));
    check(byn_value_open(&all->done, named(name, "done"), NULL));
    check(byn_array_open(&all->board, named(name, "board"),
                         &BYN_OPTIONS(byn_array_options, .length = ANSWERS + CREW_MOST)));
}

static int64_t told(const crew *all, uint64_t what)
{
    int64_t number = 0;

    check(byn_array_get(all->board, what, &number));
    return number;
}

/* Until the parent says so by a negative number. */
static void serve(crew *all, const crew_member *member, int index)
{
    int64_t order = 0;

    for (;;) {
        int64_t only;

        check(byn_value_wait_change(all->order, &order, BYN_FOREVER));
        if (order < 0)
            return;
        only = told(all, MEMBER);
        if (only != EVERYBODY && only != index)
            continue;
        check(byn_array_set(all->board, ANSWERS + (uint64_t)index,
                            member->work(told(all, JOB), (int)told(all, MILLISECONDS))));
        check(byn_value_add(all->done, 1, NULL));
    }
}

/* --crew NAME ARGUMENT INDEX */
void crew_serve(int argc, char **argv, const crew_member *member)
{
    crew all = {0};

    if (argc != 5 || strcmp(argv[1], "--crew") != 0)
        return;
    open_all(&all, argv[2]);
    member->join(argv[2], argv[3], atoi(argv[4]));
    check(byn_value_add(all.done, 1, NULL));
    serve(&all, member, atoi(argv[4]));
    exit(0);
}

static void await(crew *all, int count)
{
    int64_t done = 0;

    while (done < count)
        check(byn_value_wait_change(all->done, &done, PATIENCE_MS));
    check(byn_value_set(all->done, 0));
}

crew *crew_start(const char *program, const char *name, const char *argument, int members)
{
    crew *all = calloc(1, sizeof *all);
    char index[16];
    const char *argv[] = {program, "--crew", name, argument, index, NULL};
    int i;

    if (all == NULL || members > CREW_MOST)
        exit(2);
    open_all(all, name);
    all->members = members;
    for (i = 0; i < members; i++) {
        (void)snprintf(index, sizeof index, "%d", i);
        check(byn_process_start(&all->processes[i], argv,
                                &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)));
    }
    await(all, members);
    return all;
}

static void order(crew *all, int member, int64_t job, int milliseconds)
{
    check(byn_array_set(all->board, JOB, job));
    check(byn_array_set(all->board, MILLISECONDS, milliseconds));
    check(byn_array_set(all->board, MEMBER, member));
    check(byn_value_add(all->order, 1, NULL));
    await(all, member == EVERYBODY ? all->members : 1);
}

void crew_work(crew *all, int64_t job, int milliseconds, int64_t *answers)
{
    order(all, EVERYBODY, job, milliseconds);
    check(byn_array_read(all->board, ANSWERS, (uint64_t)all->members, answers, BYN_FOREVER));
}

int64_t crew_work_one(crew *all, int member, int64_t job, int milliseconds)
{
    order(all, member, job, milliseconds);
    return told(all, ANSWERS + (uint64_t)member);
}

void crew_end(crew *all)
{
    int i;

    check(byn_value_set(all->order, -1));
    for (i = 0; i < all->members; i++) {
        check(byn_process_wait(all->processes[i], PATIENCE_MS, NULL));
        byn_process_close(all->processes[i]);
    }
    byn_value_close(all->order);
    byn_value_close(all->done);
    byn_array_close(all->board);
    free(all);
}
