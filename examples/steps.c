/* Four processes compute in steps: each sums its neighbours' numbers of the step before. */
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

enum { PARTIES = 4, STEPS = 10 };

/* Nobody reads numbers of a step that are not all there, and nobody overwrites what is still read. */
typedef struct board {
    long even[PARTIES];
    long odd[PARTIES];
} board;

static int compute(byn_barrier *barrier, board *b, int me)
{
    int left = (me + PARTIES - 1) % PARTIES;
    int right = (me + 1) % PARTIES;
    int step;

    for (step = 0; step < STEPS; step++) {
        const long *now = step % 2 == 0 ? b->even : b->odd;
        long *next = step % 2 == 0 ? b->odd : b->even;

        next[me] = now[left] + now[right];
        if (byn_barrier_wait(barrier, 10000, NULL) < 0)
            return 1; /* somebody is late or dead: BYN_E_TIMEDOUT, BYN_E_BROKEN */
    }
    return 0;
}

static int child(const char *barrier_name, const char *board_name, int me)
{
    byn_barrier *barrier;
    byn_memory *memory;
    int result;

    if (byn_barrier_open(&barrier, barrier_name, &BYN_OPTIONS(byn_barrier_options, .party = true)) <
        0)
        return 1;
    if (byn_memory_open(&memory, board_name, NULL) < 0)
        return 1;
    result = compute(barrier, byn_memory_base(memory), me);
    byn_memory_close(memory);
    byn_barrier_close(barrier);
    return result;
}

static int parent(const char *program)
{
    byn_process *children[PARTIES];
    byn_barrier *barrier;
    byn_memory *memory;
    board *b;
    int i;

    if (byn_barrier_open(&barrier, NULL, &BYN_OPTIONS(byn_barrier_options, .parties = PARTIES)) < 0)
        return 1;
    if (byn_memory_open(&memory, NULL, &BYN_OPTIONS(byn_memory_options, .size = sizeof(board))) < 0)
        return 1;
    b = byn_memory_base(memory);
    b->even[0] = 1;
    for (i = 0; i < PARTIES; i++) {
        char me[12];
        const char *argv[] = {program, byn_barrier_name(barrier), byn_memory_name(memory), me,
                              NULL};

        (void)snprintf(me, sizeof me, "%d", i);
        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < PARTIES; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    printf("after %d steps: %ld %ld %ld %ld\n", STEPS, b->even[0], b->even[1], b->even[2],
           b->even[3]);
    byn_memory_close(memory);
    byn_barrier_close(barrier);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? child(argv[1], argv[2], atoi(argv[3])) : parent(argv[0]);
}
