/*
 * Five philosophers, each a process, and a fork between any two. To eat one needs two forks, and takes both
 * at once: nobody waits with one in the hand for the other.
 */
#include <stdio.h>
#include <stdlib.h>

#include <byname/byname.h>

enum { PHILOSOPHERS = 5, MEALS = 20 };

static int philosopher(const char *left, const char *right, const char *meals_name)
{
    byn_mutex *forks[2];
    byn_value *meals;
    void *both[2];
    int i;

    if (byn_mutex_open(&forks[0], left, NULL) < 0 || byn_mutex_open(&forks[1], right, NULL) < 0)
        return 1;
    if (byn_value_open(&meals, meals_name, NULL) < 0)
        return 1;
    both[0] = forks[0];
    both[1] = forks[1];
    for (i = 0; i < MEALS; i++) {
        if (byn_wait_all(both, 2, 30000) < 0)
            return 1;
        byn_value_add(meals, 1, NULL);
        byn_mutex_unlock(forks[0]);
        byn_mutex_unlock(forks[1]);
    }
    byn_mutex_close(forks[0]);
    byn_mutex_close(forks[1]);
    byn_value_close(meals);
    return 0;
}

static int table(const char *program)
{
    byn_mutex *forks[PHILOSOPHERS];
    byn_process *guests[PHILOSOPHERS];
    void *all[PHILOSOPHERS];
    byn_value *meals;
    int64_t eaten = 0;
    int i;

    if (byn_value_open(&meals, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < PHILOSOPHERS; i++)
        if (byn_mutex_open(&forks[i], NULL, NULL) < 0)
            return 1;
    for (i = 0; i < PHILOSOPHERS; i++) {
        int next = (i + 1) % PHILOSOPHERS;
        const char *argv[] = {program, byn_mutex_name(forks[i]), byn_mutex_name(forks[next]),
                              byn_value_name(meals), NULL};

        if (byn_process_start(&guests[i], argv, NULL) < 0)
            return 1;
        all[i] = guests[i];
    }
    if (byn_wait_all(all, PHILOSOPHERS, BYN_FOREVER) < 0) /* until each has ended */
        return 1;
    byn_value_get(meals, &eaten);
    printf("%d meals\n", (int)eaten);
    for (i = 0; i < PHILOSOPHERS; i++) {
        byn_process_close(guests[i]);
        byn_mutex_close(forks[i]);
    }
    byn_value_close(meals);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? philosopher(argv[1], argv[2], argv[3]) : table(argv[0]);
}
