/* Who holds and who waits, as anybody may have written it. */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAITERS = 704,
    HOLDERS = 2048,
    MOST_HOLDERS = 8128,
    HOLDERS_END = HOLDERS + 64 + MOST_HOLDERS * 32
};

static unsigned parties;

static bool party_has_words(const byn_party *party, void *context)
{
    (void)context;
    parties++;
    CHECK(party->object != NULL && party->kind != NULL && party->as != NULL &&
          party->program != NULL);
    return true;
}

static bool circle_has_words(const byn_circle *circle, void *context)
{
    unsigned *seen_circles = context;
    size_t i;

    CHECK(circle->count > 0);
    CHECK(strlen(circle->text) > 0);
    for (i = 0; i < circle->count; i++)
        (void)party_has_words(&circle->waits[i], NULL);
    ++*seen_circles;
    return true;
}

static void look_who(const victim *v, unsigned *seen_circles)
{
    CHECK_STATUS(byn_parties_visit(v->name, party_has_words, NULL), BYN_OK);
    CHECK_STATUS(byn_circles_visit(circle_has_words, seen_circles), BYN_OK);
}

/* The calling thread as it stands in such words; "started" of nobody is known. */
static uint64_t own_number(void)
{
    byn_mutex_info info = {.struct_size = sizeof info};
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(byn_mutex_open(&mutex, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_owner(mutex, &info), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    return (uint64_t)info.owner.pid << 32 | info.owner.thread;
}

/* Words that are believed most: of who lives, and of who does not; the last of all. */
static void scribble_who(unsigned char *bytes, size_t from, size_t to, uint64_t own,
                         uint32_t *random)
{
    const uint64_t words[] = {
        own,        own >> 32, own << 32 | own >> 32, 0, 0, 0, 1, 2, UINT32_MAX,
        UINT64_MAX, INT64_MAX, UINT64_C(1) << 32};
    size_t at;

    for (at = from; at + 8 <= to; at += 8)
        if (next_random(random) % 4 != 0)
            memcpy(bytes + at, &words[next_random(random) % (sizeof words / sizeof words[0])], 8);
}

void nonsense_in_who_holds_and_waits(void)
{
    static const char *const openings[] = {"mutex 0 0 %s",  "rwlock 0 %s",    "undo 0 3 3 %s",
                                           "once 0 %s",     "value 0 5 0 %s", "list 0 0 %s",
                                           "event 0 0 0 %s"};
    const uint64_t own = own_number();
    unsigned char broken[MOST];
    unsigned seen_circles = 0;
    uint32_t seed;
    size_t i;

    for (i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        victim *v = hostile_begin(openings[i]);

        for (seed = 0; seed < 12; seed++) {
            uint32_t random = seed * 2654435761u + 1;

            memcpy(broken, v->sound, v->size);
            if (seed % 3 == 0) {
                size_t at;

                for (at = WAITERS; at < v->size; at++)
                    broken[at] = (unsigned char)next_random(&random);
            } else {
                scribble_who(broken, WAITERS, seed % 3 == 1 ? HEADER : v->size, own, &random);
            }
            hostile_write(v, broken, v->size);
            look_who(v, &seen_circles);
        }
        hostile_end(v);
    }
    printf("     %u circles told\n", seen_circles);
}

/* As many holders as there can be, all alive, and waits of processes that are run by others: an end comes soon. */
void as_many_who_hold_and_wait_as_there_can_be(void)
{
    victim *v = hostile_begin("rwlock 0 %s");
    const uint64_t own = own_number();
    unsigned char *broken = calloc(1, HOLDERS_END);
    unsigned seen_circles = 0;
    size_t i, at;

    REQUIRE(broken != NULL);
    memcpy(broken, v->sound, v->size);
    memset(broken + HOLDERS, 0xff, 4); /* how many were ever used */
    for (i = 0; i < MOST_HOLDERS; i++) {
        const uint32_t holder[8] = {(1 + (uint32_t)i % 2) << 28 | 1, (uint32_t)(own >> 32) - i % 2,
                                    (uint32_t)own};

        memcpy(broken + HOLDERS + 64 + 32 * i, holder, sizeof holder);
    }
    for (at = WAITERS + 64; at + 32 <= HEADER; at += 32) {
        const uint64_t wait[4] = {own, 0, 1, UINT64_C(1) << 32};

        memcpy(broken + at, wait, sizeof wait);
    }
    hostile_write(v, broken, HOLDERS_END);
    parties = 0;
    look_who(v, &seen_circles);
    CHECK(parties >= MOST_HOLDERS);
    free(broken);
    hostile_end(v);
}
