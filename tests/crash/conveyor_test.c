/*
 * Producers and consumers at a small store, with a mutex and two conditions, are killed at random. Each
 * item is made and taken exactly once, in order, and the work goes on as long as one of each lives.
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 3, PROCESSES = 2 * EACH, ROOM = 3, LATE = 20000, ENOUGH = 30000 /* ms */ };
enum { STOP, MADE, TAKEN, LAST_TAKEN, TOLD, WRONG, MUTEX_NAME = 16, ROOM_NAME = 32, STORE = 64 };

/*
 * MADE and TAKEN are counts, and the state: one store each. An item is its own number. LAST_TAKEN is
 * written before TAKEN, so that an heir knows whether the dead had the item.
 */
typedef struct belt {
    board *b;
    byn_mutex *mutex;
    byn_condition *items, *room;
} belt;

static belt open_belt(const char *name)
{
    belt w = {board_open(name), NULL, NULL, NULL};

    REQUIRE(byn_mutex_open(&w.mutex, (const char *)&w.b->word[MUTEX_NAME], NULL) >= 0);
    REQUIRE(byn_condition_open(&w.items, name, NULL) >= 0);
    REQUIRE(byn_condition_open(&w.room, (const char *)&w.b->word[ROOM_NAME], NULL) >= 0);
    return w;
}

/* A failed check would be lost: the case kills its peers. */
static bool expect(board *b, bool holds, const char *what, byn_status status)
{
    if (!holds) {
        fprintf(stderr, "%s answers %s: %s\n", what, byn_status_name(status),
                status < 0 ? byn_last_error() : "");
        apr_atomic_inc32(&b->word[WRONG]);
    }
    return holds;
}

static byn_status repaired(board *b, const char *what, byn_status status)
{
    (void)expect(b, status == BYN_OK || status == BYN_ABANDONED, what, status);
    if (status == BYN_ABANDONED) {
        apr_atomic_inc32(&b->word[TOLD]);
        b->word[TAKEN] = b->word[LAST_TAKEN];
    }
    return status;
}

static bool has_room(void *board_)
{
    const board *b = board_;

    return b->word[MADE] - b->word[TAKEN] < ROOM || b->word[STOP] != 0;
}

static bool has_items(void *board_)
{
    const board *b = board_;

    return b->word[MADE] != b->word[TAKEN] || b->word[STOP] != 0;
}

/* In both ways; told of a death, it repairs, and looks again. */
static void wait_until(belt *w, byn_condition *condition, byn_predicate predicate, bool by_hand)
{
    while (!predicate(w->b)) {
        if (by_hand)
            (void)repaired(w->b, "wait", byn_condition_wait(condition, w->mutex, 2 * LATE));
        else
            (void)repaired(w->b, "wait_for",
                           byn_condition_wait_for(condition, w->mutex, predicate, w->b, 2 * LATE));
    }
}

static void make_one(belt *w, bool by_hand)
{
    board *b = w->b;

    wait_until(w, w->room, has_room, by_hand);
    if (b->word[STOP] != 0)
        return;
    b->word[STORE + b->word[MADE] % ROOM] = b->word[MADE];
    b->word[MADE]++;
    (void)repaired(b, "notify", byn_condition_notify(w->items, 1));
}

static void take_one(belt *w, bool by_hand)
{
    board *b = w->b;

    wait_until(w, w->items, has_items, by_hand);
    if (b->word[STOP] != 0)
        return;
    (void)expect(b, b->word[STORE + b->word[TAKEN] % ROOM] == b->word[TAKEN], "item", BYN_OK);
    (void)expect(b, b->word[LAST_TAKEN] == b->word[TAKEN], "order", BYN_OK);
    b->word[LAST_TAKEN]++;
    b->word[TAKEN]++;
    (void)repaired(b, "notify", byn_condition_notify(w->room, 1));
}

static int works(peer_self *self, int argc, char **argv)
{
    belt w = open_belt(argv[0]);
    int number = atoi(argv[1]);

    (void)argc;
    peer_say(self, "ready");
    while (apr_atomic_read32(&w.b->word[STOP]) == 0) {
        if (repaired(w.b, "lock", byn_mutex_lock(w.mutex, LATE)) < 0)
            return 1;
        if (number < EACH)
            make_one(&w, number % 2 != 0);
        else
            take_one(&w, number % 2 != 0);
        (void)repaired(w.b, "unlock", byn_mutex_unlock(w.mutex));
    }
    byn_condition_close(w.room);
    byn_condition_close(w.items);
    byn_mutex_close(w.mutex);
    return 0;
}

static void start(const char *name, peer **p, unsigned i)
{
    char number[16];

    sprintf(number, "%u", i);
    p[i] = peer_start(PEER_PROCESS, "works", name, number, NULL);
    peer_expect(p[i], "ready");
}

/* Answers how long it took until an item was taken. */
static apr_uint32_t await_progress(board *b)
{
    apr_uint32_t before = b->word[TAKEN], began = board_ms();

    while (apr_atomic_read32(&b->word[TAKEN]) == before) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    return board_ms() - began;
}

/* Often several, all of one side too. */
static unsigned kill_some(const char *name, peer **p, unsigned random)
{
    unsigned victims = (random >> 8 & 7) == 0 ? EACH : 1 + (random >> 11 & 1), first, i;

    first = (random >> 8 & 7) == 0 ? (random >> 12 & 1) * EACH : (random >> 16) % PROCESSES;
    for (i = 0; i < victims; i++)
        peer_kill(p[(first + i) % PROCESSES]);
    for (i = 0; i < victims; i++)
        start(name, p, (first + i) % PROCESSES);
    return victims;
}

static void all_items_arrive_though_processes_are_killed(void)
{
    const char *name = fresh_name();
    unsigned most = board_sees_sleep() ? 600 : 80, kills = 0, random = board_pid(), i;
    apr_uint32_t longest = 0, began = board_ms();
    belt keep;
    peer *p[PROCESSES];
    board *b;

    b = board_begin(name, 200);
    strcpy((char *)&b->word[MUTEX_NAME], fresh_name());
    strcpy((char *)&b->word[ROOM_NAME], fresh_name());
    keep = open_belt(name);
    for (i = 0; i < PROCESSES; i++)
        start(name, p, i);
    while (kills < most && board_ms() - began < ENOUGH) {
        apr_uint32_t took = await_progress(b);

        longest = took > longest ? took : longest;
        random = random * 1103515245u + 12345u;
        kills += kill_some(name, p, random);
        REQUIRE_INT(b->word[WRONG], 0);
    }
    (void)await_progress(b);
    apr_atomic_set32(&b->word[STOP], 1);
    CHECK_STATUS(byn_condition_notify_all(keep.items), BYN_OK);
    CHECK_STATUS(byn_condition_notify_all(keep.room), BYN_OK);
    for (i = 0; i < PROCESSES; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    printf("     %u kills, %u items, %u told of a death, longest standstill %u ms\n", kills,
           b->word[TAKEN], b->word[TOLD], longest);
    CHECK_INT(b->word[WRONG], 0);
    CHECK(b->word[MADE] - b->word[TAKEN] <= ROOM);
    byn_condition_close(keep.room);
    byn_condition_close(keep.items);
    byn_mutex_close(keep.mutex);
    CHECK_INT(board_files(), 0);
    board_destroy(name);
}

static const test_case cases[] = {TEST(all_items_arrive_though_processes_are_killed), TEST_END};
static const peer_entry peers[] = {PEER(works), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
