/* A shared number: three processes add to it, none locks, no addition is lost. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 3, ADDITIONS = 1000 };

static int child(const char *name)
{
    byn_value *value;
    int i;

    if (byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)) < 0)
        return 1;
    for (i = 0; i < ADDITIONS; i++)
        byn_value_add(value, 1, NULL);
    byn_value_close(value);
    return 0;
}

static int parent(const char *program)
{
    byn_process *children[CHILDREN];
    byn_value *value;
    int64_t number = 0;
    int i;

    if (byn_value_open(&value, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_value_name(value), NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    byn_value_get(value, &number);
    printf("%d children added %d each: %" PRId64 "\n", CHILDREN, ADDITIONS, number);
    byn_value_close(value);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? child(argv[1]) : parent(argv[0]);
}
