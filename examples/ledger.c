/* Ten processes append to a list and add to a dictionary under a lock: the result is that of one alone. */
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 10, BOOKINGS = 20, ACCOUNTS = 4 };

static int64_t amount_of(int child, int booking)
{
    return child * 100 + booking * 7 - 50;
}

static int account_of(int64_t amount)
{
    return (int)((amount + 50) % ACCOUNTS);
}

/* A booking is in the list, and its amount in the balance of its account: both or none of them. */
static int book(byn_list *bookings, byn_dict *balances, int64_t amount)
{
    char account[16];
    byn_status status = byn_list_lock(bookings, 10000);

    if (status < 0)
        return 1;
    /* BYN_ABANDONED would tell that one died in here: then the balances are added up again. */
    snprintf(account, sizeof account, "account %d", account_of(amount));
    status = byn_list_append_int64(bookings, amount);
    if (status >= 0)
        status = byn_dict_add_int64(balances, account, amount, NULL);
    byn_list_unlock(bookings);
    return status < 0;
}

static int child(const char *list_name, const char *dict_name, int number)
{
    byn_list *bookings;
    byn_dict *balances;
    int i;

    if (byn_list_open(&bookings, list_name, NULL) < 0)
        return 1;
    if (byn_dict_open(&balances, dict_name, NULL) < 0)
        return 1;
    for (i = 0; i < BOOKINGS; i++) {
        if (book(bookings, balances, amount_of(number, i)) != 0)
            return 1;
    }
    byn_dict_close(balances);
    byn_list_close(bookings);
    return 0;
}

static int run_children(const char *program, byn_list *bookings, byn_dict *balances)
{
    byn_process *children[CHILDREN];
    char number[16];
    int i;

    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_list_name(bookings), byn_dict_name(balances), number,
                              NULL};

        snprintf(number, sizeof number, "%d", i);
        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    return 0;
}

/* What one process alone would have got. */
static void sequential(int64_t balance[ACCOUNTS])
{
    int c, i;

    for (c = 0; c < CHILDREN; c++) {
        for (i = 0; i < BOOKINGS; i++) {
            int64_t amount = amount_of(c, i);

            balance[account_of(amount)] += amount;
        }
    }
}

static int parent(const char *program)
{
    int64_t expected[ACCOUNTS] = {0}, found;
    byn_list_iterator *iterator;
    byn_list *bookings;
    byn_dict *balances;
    char account[16];
    int i, equal = 0;

    if (byn_list_open(&bookings, NULL, NULL) < 0 || byn_dict_open(&balances, NULL, NULL) < 0)
        return 1;
    if (run_children(program, bookings, balances) != 0)
        return 1;
    if (byn_list_iterator_open(&iterator, bookings) < 0)
        return 1;
    sequential(expected);
    for (i = 0; i < ACCOUNTS; i++) {
        snprintf(account, sizeof account, "account %d", i);
        equal += byn_dict_get_int64(balances, account, &found) >= 0 && found == expected[i];
    }
    printf("%d bookings, %d of %d balances as one process alone would have them\n",
           (int)byn_list_iterator_count(iterator), equal, ACCOUNTS);
    byn_list_iterator_close(iterator);
    byn_dict_close(balances);
    byn_list_close(bookings);
    return 0;
}

int main(int argc, char **argv)
{
    int number = 0;

    if (argc < 4)
        return parent(argv[0]);
    (void)sscanf(argv[3], "%d", &number);
    return child(argv[1], argv[2], number);
}
