/* At most two at a time: five processes pass a gate that has two permits. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 5, PERMITS = 2 };

static int child(const char *gate_name, const char *inside_name, const char *most_name)
{
    byn_semaphore *gate;
    byn_value *inside;
    byn_value *most;
    int64_t now;
    int64_t before = 0;

    if (byn_semaphore_open(&gate, gate_name, NULL) < 0)
        return 1;
    if (byn_value_open(&inside, inside_name, NULL) < 0)
        return 1;
    if (byn_value_open(&most, most_name, NULL) < 0)
        return 1;
    if (byn_semaphore_acquire(gate, 1, 10000) < 0)
        return 1;

    byn_value_add(inside, 1, &now);
    while (before < now && byn_value_compare_exchange(most, &before, now) < 0)
        continue;
    byn_value_add(inside, -1, NULL);

    byn_semaphore_release(gate, 1, NULL);
    byn_value_close(most);
    byn_value_close(inside);
    byn_semaphore_close(gate);
    return 0;
}

static int parent(const char *program)
{
    byn_process *children[CHILDREN];
    byn_semaphore *gate;
    byn_value *inside;
    byn_value *most;
    int64_t number = 0;
    int i;

    if (byn_semaphore_open(&gate, NULL, &BYN_OPTIONS(byn_semaphore_options, .initial = PERMITS)) <
        0)
        return 1;
    if (byn_value_open(&inside, NULL, NULL) < 0 || byn_value_open(&most, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_semaphore_name(gate), byn_value_name(inside),
                              byn_value_name(most), NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    byn_value_get(most, &number);
    printf("%d passed, never more than %d at a time: %s\n", CHILDREN, PERMITS,
           number >= 1 && number <= PERMITS ? "true" : "FALSE");
    byn_value_close(most);
    byn_value_close(inside);
    byn_semaphore_close(gate);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? child(argv[1], argv[2], argv[3]) : parent(argv[0]);
}
