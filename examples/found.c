/* Four processes look for a number whose square ends in 987654321. The first that finds one stops the others. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { SEARCHERS = 4, FOUND = 10, LOOK_EVERY = 1000 };

static bool is_match(int64_t n)
{
    return n % 1000000000 * (n % 1000000000) % 1000000000 == 987654321;
}

/* Looks at every fourth number. The shared number is 0 as long as nobody has found one. */
static int search(byn_value *found, int64_t first)
{
    int64_t n, nobody = 0, winner = 0;

    for (n = first; winner == 0; n += SEARCHERS) {
        if (is_match(n) && byn_value_compare_exchange(found, &nobody, n) == BYN_OK)
            return FOUND;
        if (n / SEARCHERS % LOOK_EVERY == 0)
            byn_value_get(found, &winner);
    }
    return 0;
}

static int child(const char *name, const char *first)
{
    byn_value *found;
    int result;

    if (byn_value_open(&found, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)) < 0)
        return 1;
    result = search(found, first[0] - '0');
    byn_value_close(found);
    return result;
}

static int parent(const char *program)
{
    static const char *const firsts[SEARCHERS] = {"1", "2", "3", "4"};
    byn_process *children[SEARCHERS];
    byn_exit exits[SEARCHERS];
    byn_value *found;
    int64_t n = 0;
    int i, winners = 0;

    if (byn_value_open(&found, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < SEARCHERS; i++) {
        const char *argv[] = {program, byn_value_name(found), firsts[i], NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    byn_value_wait_change(found, &n, BYN_FOREVER);
    for (i = 0; i < SEARCHERS; i++) {
        byn_process_wait(children[i], BYN_FOREVER, &exits[i]);
        byn_process_close(children[i]);
        winners += exits[i].code == FOUND;
    }
    printf("%d of %d found a match, the others stopped: %s\n", winners, SEARCHERS,
           is_match(n) ? "true" : "false");
    byn_value_close(found);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 2 ? child(argv[1], argv[2]) : parent(argv[0]);
}
