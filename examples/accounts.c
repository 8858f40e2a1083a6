/* One process moves money between accounts, three others add them up: the sum is always the same. */
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { READERS = 3, ACCOUNTS = 8, TIMES = 1000, SUM = 800 };

static int sum_of(const int *accounts)
{
    int sum = 0;
    int i;

    for (i = 0; i < ACCOUNTS; i++)
        sum += accounts[i];
    return sum;
}

/* Looks at all of it, together with others who look. */
static int read_accounts(byn_rwlock *rwlock, const int *accounts)
{
    int i;
    int good = 0;

    for (i = 0; i < TIMES; i++) {
        byn_status status = byn_rwlock_lock_shared(rwlock, 10000);

        if (status < 0)
            return 1;
        /* BYN_ABANDONED: a writer died in the middle, do not believe what you see. */
        good += status == BYN_OK && sum_of(accounts) == SUM;
        byn_rwlock_unlock(rwlock);
    }
    return good == TIMES ? 0 : 1;
}

/* Changes it, alone. */
static int write_accounts(byn_rwlock *rwlock, int *accounts)
{
    int i;

    for (i = 0; i < TIMES; i++) {
        byn_status status = byn_rwlock_lock(rwlock, 10000);

        if (status < 0)
            return 1;
        if (status == BYN_ABANDONED) /* the last writer took it away and died: give it back */
            accounts[0] += SUM - sum_of(accounts);
        accounts[i % ACCOUNTS] -= i;
        accounts[i / 2 % ACCOUNTS] += i;
        byn_rwlock_unlock(rwlock);
    }
    return 0;
}

static int child(const char *what, const char *rwlock_name, const char *memory_name)
{
    byn_rwlock *rwlock;
    byn_memory *memory;
    int result;

    if (byn_rwlock_open(&rwlock, rwlock_name, NULL) < 0)
        return 1;
    if (byn_memory_open(&memory, memory_name, NULL) < 0)
        return 1;
    if (strcmp(what, "write") == 0)
        result = write_accounts(rwlock, byn_memory_base(memory));
    else
        result = read_accounts(rwlock, byn_memory_base(memory));
    byn_memory_close(memory);
    byn_rwlock_close(rwlock);
    return result;
}

static int parent(const char *program)
{
    byn_process *children[1 + READERS];
    byn_rwlock *rwlock;
    byn_memory *memory;
    int good = 0;
    int i;

    if (byn_rwlock_open(&rwlock, NULL, NULL) < 0)
        return 1;
    if (byn_memory_open(&memory, NULL,
                        &BYN_OPTIONS(byn_memory_options, .size = ACCOUNTS * sizeof(int))) < 0)
        return 1;
    for (i = 0; i < ACCOUNTS; i++)
        ((int *)byn_memory_base(memory))[i] = SUM / ACCOUNTS;
    for (i = 0; i < 1 + READERS; i++) {
        const char *argv[] = {program, i == 0 ? "write" : "read", byn_rwlock_name(rwlock),
                              byn_memory_name(memory), NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < 1 + READERS; i++) {
        byn_exit end;

        good += byn_process_wait(children[i], BYN_FOREVER, &end) == BYN_OK && end.code == 0;
        byn_process_close(children[i]);
    }
    printf("%d of %d readers always found the sum\n", good - 1, READERS);
    byn_memory_close(memory);
    byn_rwlock_close(rwlock);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 3 ? child(argv[1], argv[2], argv[3]) : parent(argv[0]);
}
