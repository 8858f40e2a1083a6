/* Semaphores with undo from inside: what waits for several objects needs, a full table, broken words. */
#include "undo.h"

#include <string.h>

#include "peer.h"
#include "test.h"

static byn_semaphore *opened(const char *name, uint32_t initial, uint32_t maximum)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, name,
                                      &BYN_OPTIONS(byn_semaphore_options, .initial = initial,
                                                   .maximum = maximum, .undo = true)),
                   BYN_CREATED);
    return semaphore;
}

static byn_semaphore_info look(byn_semaphore *semaphore)
{
    byn_semaphore_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_semaphore_holders(semaphore, &info), BYN_OK);
    return info;
}

static int holds_2(peer_self *self, int argc, char **argv)
{
    byn_semaphore *semaphore = NULL;

    (void)argc;
    REQUIRE_STATUS(byn_semaphore_open(&semaphore, argv[0], NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_NOW), BYN_OK);
    peer_say(self, "holds");
    (void)peer_wait(self, "end");
    byn_semaphore_close(semaphore);
    return 0;
}

/* ---- For who waits for several objects */

static void what_is_put_back_is_news_again(void)
{
    const char *name = fresh_name();
    byn_semaphore *semaphore = opened(name, 3, 3);
    byni_undo *undo = byni_semaphore_undo(semaphore);
    bynk_identity watched[BYNI_WATCHED];
    peer *p = peer_start(PEER_PROCESS, "holds_2", name, NULL);
    uint32_t news = 77, seen;

    peer_expect(p, "holds");
    CHECK_INT(byni_undo_watched(undo, watched), 1);
    CHECK_INT(watched[0].pid, peer_pid(p));
    CHECK(!byni_undo_sweep(undo));
    CHECK_STATUS(byni_undo_try(undo, 2, BYNK_NOW, &news, &seen), BYN_E_TIMEDOUT);
    CHECK_INT(seen, bynk_spot_number(byni_undo_spot(undo)));
    peer_kill(p);
    CHECK(byni_undo_sweep(undo));
    CHECK(!byni_undo_sweep(undo));
    CHECK(seen != bynk_spot_number(byni_undo_spot(undo)));
    CHECK_INT(byni_undo_watched(undo, watched), 0);
    CHECK_STATUS(byni_undo_try(undo, 1, BYNK_NOW, &news, &seen), BYN_ABANDONED);
    CHECK_INT(news, 1);
    CHECK_INT(look(semaphore).abandoned, 1);
    seen = bynk_spot_number(byni_undo_spot(undo));
    byni_undo_put_back(undo, 1, news);
    CHECK(seen != bynk_spot_number(byni_undo_spot(undo)));
    CHECK_INT(look(semaphore).abandoned, 2);
    CHECK_INT(look(semaphore).held, 0);
    CHECK_STATUS(byni_undo_try(undo, 3, BYNK_NOW, &news, &seen), BYN_ABANDONED);
    CHECK_INT(news, 2);
    CHECK_INT(byni_undo_watched(undo, watched), 0); /* it does not watch itself */
    byni_undo_put_back(undo, 3, 0);
    CHECK_STATUS(byni_undo_try(undo, 3, BYNK_NOW, &news, &seen), BYN_OK);
    CHECK_INT(news, 0);
    byn_semaphore_close(semaphore);
}

static void what_others_released_is_not_put_back(void)
{
    byn_semaphore *semaphore = opened(NULL, 3, 9);
    byni_undo *undo = byni_semaphore_undo(semaphore);
    uint32_t news, seen;

    CHECK_STATUS(byni_undo_try(undo, 2, BYNK_NOW, &news, &seen), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_OK);
    byni_undo_put_back(undo, 2, 0);
    CHECK_INT(look(semaphore).value, 3);
    byni_undo_put_back(undo, 2, 2);
    CHECK_INT(look(semaphore).value, 3);
    CHECK_INT(look(semaphore).abandoned, 0);
    byn_semaphore_close(semaphore);
}

static void one_without_undo_has_none(void)
{
    byn_semaphore *semaphore = NULL;

    REQUIRE_STATUS(byn_semaphore_open(&semaphore, NULL, NULL), BYN_CREATED);
    CHECK(byni_semaphore_undo(semaphore) == NULL);
    byn_semaphore_close(semaphore);
}

/* ---- A full table */

static void fill(byni_undo *undo, const bynk_identity *who)
{
    byn_status status = BYN_OK;
    byni_holder *holder;

    while ((holder = byni_holders_add(&undo->holders, who, &status)) != NULL)
        byni_store32(&holder->number, 1);
    CHECK_STATUS(status, BYN_E_LIMIT);
}

static void a_full_table_is_a_limit_unless_the_dead_fill_it(void)
{
    byn_semaphore *semaphore = opened(NULL, 5, 0);
    byni_undo *undo = byni_semaphore_undo(semaphore);
    bynk_identity who;
    byni_holder *holder;
    uint32_t at = 0;

    bynk_identity_thread(&who);
    fill(undo, &who);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_NOW), BYN_E_LIMIT);
    CHECK_CONTAINS(byn_last_error(), "8128");
    CHECK_INT(look(semaphore).value, 5);
    CHECK_INT(look(semaphore).holders, BYNI_HOLDERS_MOST);
    while ((holder = byni_holders_next(&undo->holders, &at)) != NULL)
        byni_store64(&holder->started, 1); /* so it was another, and is dead */
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 2, BYN_NOW), BYN_ABANDONED);
    CHECK_INT(look(semaphore).value, 5 + BYNI_HOLDERS_MOST - 2);
    CHECK_INT(look(semaphore).held, 2);
    CHECK_INT(look(semaphore).holders, 1);
    byn_semaphore_close(semaphore);
}

/* ---- Broken words */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint32_t a_word(uint32_t *state)
{
    static const uint32_t popular[] = {0, 1, 2, 3, 7, UINT32_MAX, INT32_MAX, UINT32_C(1) << 30};
    uint32_t random = next_random(state);

    return random % 3 == 0 ? random * 2654435761u : popular[random % 8];
}

static void break_words(byni_undo *undo, uint32_t *random)
{
    byni_a32 *words[] = {&undo->state->value,          &undo->state->abandoned,
                         &undo->state->several,        &undo->state->planned,
                         &undo->state->planned_value,  &undo->state->planned_abandoned,
                         &undo->holders.state->used,   &undo->holders.entries[0].number,
                         &undo->holders.entries[0].pid};
    size_t i;

    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (next_random(random) % 2 == 0)
            byni_store32(words[i], a_word(random));
    for (i = 0; i < 8; i++) {
        byni_holder *holder = &undo->holders.entries[next_random(random) % 60];

        byni_store32(&holder->pid, a_word(random));
        byni_store32(&holder->thread, a_word(random));
        byni_store64(&holder->started, a_word(random));
        byni_store64(&holder->note, (uint64_t)a_word(random) << 32 | a_word(random));
        byni_store32(&holder->number, a_word(random));
    }
}

/* Refused or harmless. */
static void check_harmless(byn_status status)
{
    if (status != BYN_OK && status != BYN_ABANDONED && status != BYN_E_TIMEDOUT &&
        status != BYN_E_LIMIT)
        CHECK_STATUS(status, BYN_E_CORRUPT);
}

static void broken_words_do_no_harm(void)
{
    byn_semaphore *semaphore = opened(NULL, 3, 7);
    byni_undo *undo = byni_semaphore_undo(semaphore);
    byn_semaphore_info info = {.struct_size = sizeof info};
    uint32_t random = 1, i, number;

    for (i = 0; i < 500; i++) {
        break_words(undo, &random);
        check_harmless(byn_semaphore_acquire(semaphore, i % 7 + 1, i % 10 == 0 ? 1 : BYN_NOW));
        check_harmless(byn_semaphore_release(semaphore, i % 3 + 1, &number));
        check_harmless(byn_semaphore_value(semaphore, &number));
        CHECK(number <= 7);
        check_harmless(byn_semaphore_holders(semaphore, &info));
        byni_undo_put_back(undo, 1, i % 2);
    }
    byn_semaphore_close(semaphore);
}

static const test_case cases[] = {
    TEST(what_is_put_back_is_news_again), TEST(what_others_released_is_not_put_back),
    TEST(one_without_undo_has_none),      TEST(a_full_table_is_a_limit_unless_the_dead_fill_it),
    TEST(broken_words_do_no_harm),        TEST_END,
};

static const peer_entry peers[] = {PEER(holds_2), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "undo", cases, peers);
}
