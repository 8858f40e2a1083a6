/* A shared array: three processes smooth a row of numbers together, each under the lock. */
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 3, LENGTH = 8, ROUNDS = 1000 };

/* The ends stay; each number between them becomes the mean of its neighbours. */
static void smooth(double *row)
{
    int i;

    for (i = 1; i < LENGTH - 1; i++)
        row[i] = (row[i - 1] + row[i + 1]) / 2;
}

static int child(const char *name)
{
    byn_array *array;
    int i;

    if (byn_array_open(&array, name, &BYN_OPTIONS(byn_array_options, .open = BYN_OPEN_ONLY)) < 0)
        return 1;
    for (i = 0; i < ROUNDS; i++) {
        /* BYN_ABANDONED: one died in the midst of it; here the next round mends all. */
        if (byn_array_lock(array, BYN_FOREVER) < 0)
            return 1;
        smooth(byn_array_data(array));
        byn_array_unlock(array);
    }
    byn_array_close(array);
    return 0;
}

static int parent(const char *program)
{
    byn_process *children[CHILDREN];
    byn_array *array;
    double row[LENGTH];
    int i;

    if (byn_array_open(&array, NULL,
                       &BYN_OPTIONS(byn_array_options, .type = BYN_F64, .length = LENGTH)) < 0)
        return 1;
    byn_array_set_double(array, LENGTH - 1, LENGTH - 1);
    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_array_name(array), NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    byn_array_read(array, 0, LENGTH, row, BYN_FOREVER);
    for (i = 0; i < LENGTH; i++)
        printf("%.2f%s", row[i], i < LENGTH - 1 ? " " : "\n");
    byn_array_close(array);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? child(argv[1]) : parent(argv[0]);
}
