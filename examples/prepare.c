/* Five processes need a table. Whoever comes first fills it; the others wait until it has. */
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 5, ENTRIES = 1000 };

typedef struct table {
    int filled; /* how often; for this example only */
    int squares[ENTRIES];
} table;

/* Begins anew if another one died in it. */
static void fill(void *at)
{
    table *t = at;
    int i;

    for (i = 0; i < ENTRIES; i++)
        t->squares[i] = i * i;
    t->filled++;
}

static int child(const char *once_name, const char *memory_name)
{
    byn_once *once;
    byn_memory *memory;
    byn_status status;
    const table *t;
    int result = 1;

    if (byn_once_open(&once, once_name, NULL) < 0 ||
        byn_memory_open(&memory, memory_name, NULL) < 0)
        return 1;
    t = byn_memory_base(memory);
    status = byn_once_run(once, fill, byn_memory_base(memory), 10000);
    if (status >= 0)
        result = t->squares[30] != 900;
    byn_memory_close(memory);
    byn_once_close(once);
    return result;
}

static int parent(const char *program)
{
    byn_process *children[CHILDREN];
    byn_once *once;
    byn_memory *memory;
    const table *t;
    int found = 0;
    int i;

    if (byn_once_open(&once, NULL, NULL) < 0 ||
        byn_memory_open(&memory, NULL, &BYN_OPTIONS(byn_memory_options, .size = sizeof(table))) < 0)
        return 1;
    const char *argv[] = {program, byn_once_name(once), byn_memory_name(memory), NULL};

    for (i = 0; i < CHILDREN; i++)
        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    for (i = 0; i < CHILDREN; i++) {
        byn_exit result = {false, 1, 0};

        byn_process_wait(children[i], BYN_FOREVER, &result);
        byn_process_close(children[i]);
        found += result.code == 0;
    }
    t = byn_memory_base(memory);
    printf("%d found the table, which was filled %d time\n", found, t->filled);
    byn_memory_close(memory);
    byn_once_close(once);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 2 ? child(argv[1], argv[2]) : parent(argv[0]);
}
