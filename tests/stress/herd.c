#include "herd.h"

#include <stdio.h>
#include <stdlib.h>

unsigned herd_random(unsigned *state, unsigned range)
{
    *state = *state * 1103515245u + 12345u;
    return range > 0 ? (*state >> 12) % range : 0;
}

/* ---- In members */

bool herd_goes_on(board *b, unsigned index)
{
    apr_atomic_inc32(&b->word[HERD_PROGRESS + index]);
    return apr_atomic_read32(&b->word[HERD_STOP]) == 0;
}

bool herd_expect(board *b, bool holds, const char *what, byn_status status)
{
    if (!holds) {
        fprintf(stderr, "%s answers %s: %s\n", what, byn_status_name(status), byn_last_error());
        apr_atomic_inc32(&b->word[HERD_FAILURES]);
    }
    return holds;
}

void herd_must(board *b, const char *what, byn_status status)
{
    (void)herd_expect(b, status == BYN_OK, what, status);
}

/* ---- In the case */

static unsigned setting(const char *variable, unsigned otherwise)
{
    const char *given = getenv(variable);
    int value = given != NULL ? atoi(given) : 0;

    return value > 0 ? (unsigned)value : otherwise;
}

static void start_member(herd *h, unsigned i)
{
    char index[16];
    const char *argv[] = {test_executable(), "--peer", h->peer, h->name, index, NULL};

    (void)snprintf(index, sizeof index, "%u", i);
    REQUIRE_STATUS(byn_process_start(&h->members[i], argv,
                                     &BYN_OPTIONS(byn_process_options, .kill_with_parent = true)),
                   BYN_OK);
    h->born[i] = h->seen[i] = apr_atomic_read32(&h->b->word[HERD_PROGRESS + i]);
    h->since[i] = board_ms();
}

static void kill_member(herd *h, unsigned i)
{
    CHECK_STATUS(byn_process_kill(h->members[i]), BYN_OK);
    REQUIRE_STATUS(byn_process_wait(h->members[i], 60000, NULL), BYN_OK);
    byn_process_close(h->members[i]);
    h->members[i] = NULL;
    h->kills++;
}

static void tell_why(const herd *h, unsigned i)
{
    unsigned pid = byn_process_pid(h->members[i]), doing = h->b->word[HERD_DOING + i];
    byn_exit ended;

    if (byn_process_wait(h->members[i], BYN_NOW, &ended) == BYN_OK)
        FAIL("member %u (process %u) ended with %d, signal %d, doing %u, after %u kills", i, pid,
             (int)ended.code, (int)ended.signal, doing, h->kills);
    else
        FAIL("member %u (process %u) hangs, doing %u, after %u kills", i, pid, doing, h->kills);
}

/* false, and everybody is ended: one does not go on. */
static bool all_go_on(herd *h)
{
    unsigned i;

    for (i = 0; i < h->count; i++) {
        apr_uint32_t now = apr_atomic_read32(&h->b->word[HERD_PROGRESS + i]);

        if (now != h->seen[i]) {
            h->seen[i] = now;
            h->since[i] = board_ms();
        } else if (board_ms() - h->since[i] > 3 * HERD_LATE / 2) {
            tell_why(h, i);
            return false;
        }
    }
    return true;
}

/* Half of the time somebody who has done something since, else whoever it is. */
static unsigned choose_victim(herd *h)
{
    unsigned victim = herd_random(&h->random, h->count);
    apr_uint32_t goal =
        apr_atomic_read32(&h->b->word[HERD_PROGRESS + victim]) + herd_random(&h->random, 4);

    if (herd_random(&h->random, 2) == 0)
        return victim;
    while (apr_atomic_read32(&h->b->word[HERD_PROGRESS + victim]) < goal && all_go_on(h))
        board_pause();
    return victim;
}

/* Another one has the objects open: else they would end with the victim, and what they know of a death. */
static void wait_for_another(herd *h, unsigned victim)
{
    bool another = false;
    unsigned i;

    while (!another && all_go_on(h)) {
        for (i = 0; i < h->count; i++)
            if (i != victim && apr_atomic_read32(&h->b->word[HERD_PROGRESS + i]) != h->born[i])
                another = true;
        if (!another)
            board_pause();
    }
}

static void wait_until_all_have_begun(herd *h)
{
    unsigned i;

    for (i = 0; i < h->count; i++)
        while (apr_atomic_read32(&h->b->word[HERD_PROGRESS + i]) == h->born[i] && all_go_on(h))
            board_pause();
}

/* The objects end with them, and not before: one that comes late would make them anew amid the killing. */
static void kill_all(herd *h)
{
    unsigned i;

    wait_until_all_have_begun(h);
    for (i = 0; i < h->count; i++)
        kill_member(h, i);
    if (h->reset != NULL)
        h->reset(h->b);
    for (i = 0; i < h->count; i++)
        start_member(h, i);
}

static void kill_at_random(herd *h, unsigned seconds, unsigned most)
{
    apr_uint32_t began = board_ms();

    while (board_ms() - began < 1000 * seconds && h->kills < most && all_go_on(h)) {
        unsigned victim = choose_victim(h);

        if (herd_random(&h->random, 64) == 0) {
            kill_all(h);
        } else {
            wait_for_another(h, victim);
            kill_member(h, victim);
            start_member(h, victim);
        }
        if (apr_atomic_read32(&h->b->word[HERD_FAILURES]) > 0)
            break;
    }
}

static void let_all_end(herd *h)
{
    apr_uint32_t began = board_ms();
    bool sound = true;
    byn_exit end = {.known = false};
    unsigned i;

    wait_until_all_have_begun(h);
    while (sound && board_ms() - began < 200) /* the survivors go on when nobody dies any more */
        sound = all_go_on(h);
    apr_atomic_set32(&h->b->word[HERD_STOP], 1);
    for (i = 0; i < h->count; i++) {
        if (byn_process_wait(h->members[i], 3 * HERD_LATE / 2, &end) != BYN_OK) {
            if (sound)
                FAIL("member %u does not end, doing %u", i, h->b->word[HERD_DOING + i]);
            (void)byn_process_kill(h->members[i]);
        } else if (sound) {
            CHECK_INT(end.code, 0);
        }
        byn_process_close(h->members[i]);
    }
}

void herd_run(herd *h)
{
    unsigned seconds = setting("BYNAME_STRESS_SECONDS", 2), i;

    h->b = board_begin(h->name, (int)seconds + 200);
    h->random = board_pid();
    h->kills = 0;
    for (i = 0; i < h->count; i++)
        start_member(h, i);
    kill_at_random(h, seconds, setting("BYNAME_STRESS_KILLS", UINT32_MAX));
    let_all_end(h);
    CHECK(h->kills > 0);
    CHECK_INT(h->b->word[HERD_FAILURES], 0);
    CHECK(board_files() <= h->kept);
}
