/* The lock of a value, and that of an array, which are the same. */
#include <stdlib.h>
#include <string.h>

#include <byname/byname.h>

#include "peer.h"
#include "test.h"

#define PATIENCE ((byn_timeout)1000 * test_patience())

static long answer(peer *p)
{
    const char *line = peer_line(p);

    REQUIRE(line != NULL);
    return strtol(line, NULL, 10);
}

static bool says_yes(void *context)
{
    (void)context;
    return true;
}

typedef struct subject {
    byn_value *value;
    byn_array *array;
} subject;

static subject subject_of(const char *kind, const char *name)
{
    subject s = {NULL, NULL};

    if (strcmp(kind, "value") == 0)
        REQUIRE(byn_value_open(&s.value, name, NULL) >= 0);
    else
        REQUIRE(byn_array_open(&s.array, name, &BYN_OPTIONS(byn_array_options, .length = 100)) >=
                0);
    return s;
}

static byn_status lock(const subject *s, byn_timeout timeout)
{
    return s->value != NULL ? byn_value_lock(s->value, timeout) : byn_array_lock(s->array, timeout);
}

static byn_status unlock(const subject *s)
{
    return s->value != NULL ? byn_value_unlock(s->value) : byn_array_unlock(s->array);
}

static void close_subject(const subject *s)
{
    byn_value_close(s->value);
    byn_array_close(s->array);
}

/* Does what it is told: lock, unlock, close, leave. */
static int owner(peer_self *self, int argc, char **argv)
{
    subject s = subject_of(argv[0], argv[1]);
    const char *line;

    (void)argc;
    while ((line = peer_hear(self)) != NULL && strcmp(line, "leave") != 0) {
        if (strcmp(line, "unlock") == 0)
            peer_say(self, "%d", (int)unlock(&s));
        else if (strcmp(line, "try") == 0)
            peer_say(self, "%d", (int)lock(&s, BYN_NOW));
        else if (strcmp(line, "lock") == 0)
            peer_say(self, "%d", (int)lock(&s, PATIENCE));
        else
            break;
    }
    if (line == NULL || strcmp(line, "close") == 0)
        close_subject(&s);
    if (line != NULL && strcmp(line, "close") == 0) {
        peer_say(self, "closed");
        (void)peer_hear(self);
    }
    return 0;
}

static long told(peer *p, const char *line)
{
    peer_tell(p, line);
    return answer(p);
}

typedef struct lock_case {
    const char *kind, *name;
    subject mine;
    peer *other;
} lock_case;

static lock_case begin(const char *kind, peer_kind who)
{
    lock_case c = {kind, fresh_name(), {NULL, NULL}, NULL};

    c.mine = subject_of(kind, c.name);
    c.other = peer_start(who, "owner", kind, c.name, NULL);
    return c;
}

static void with_each(void (*function)(const char *kind, peer_kind who))
{
    function("value", PEER_PROCESS);
    function("value", PEER_THREAD);
    function("array", PEER_PROCESS);
    function("array", PEER_THREAD);
}

static void excludes(const char *kind, peer_kind who)
{
    lock_case c = begin(kind, who);

    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_OK);
    CHECK_STATUS(lock(&c.mine, BYN_FOREVER), BYN_E_DEADLOCK);
    CHECK_INT(told(c.other, "try"), BYN_E_TIMEDOUT);
    CHECK_INT(told(c.other, "unlock"), BYN_E_NOTOWNER);
    peer_tell(c.other, "lock");
    CHECK_STATUS(unlock(&c.mine), BYN_OK);
    CHECK_INT(answer(c.other), BYN_OK);
    CHECK_STATUS(unlock(&c.mine), BYN_E_NOTOWNER);
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_STATUS(lock(&c.mine, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(lock(&c.mine, -2), BYN_E_INVALID);
    CHECK_INT(told(c.other, "unlock"), BYN_OK);
    CHECK_INT(peer_finish(c.other), 0);
    CHECK_STATUS(lock(&c.mine, BYN_FOREVER), BYN_OK);
    CHECK_STATUS(unlock(&c.mine), BYN_OK);
    close_subject(&c.mine);
}

static void lock_excludes_others(void)
{
    with_each(excludes);
}

/* The process, or the thread that has it. */
static void end_owner(const lock_case *c, peer_kind who)
{
    if (who == PEER_PROCESS) {
        peer_kill(c->other);
        return;
    }
    peer_tell(c->other, "leave");
    CHECK_INT(peer_finish(c->other), 0);
}

static void is_abandoned(const char *kind, peer_kind who)
{
    lock_case c = begin(kind, who);

    CHECK_INT(told(c.other, "lock"), BYN_OK);
    end_owner(&c, who);
    CHECK_STATUS(lock(&c.mine, PATIENCE), BYN_ABANDONED);
    CHECK_STATUS(unlock(&c.mine), BYN_OK);
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_OK);
    CHECK_STATUS(unlock(&c.mine), BYN_OK);
    close_subject(&c.mine);
    if (who == PEER_THREAD) /* it has left its own */
        close_subject(&c.mine);
}

static void lock_is_abandoned_once_after_its_owner_died(void)
{
    with_each(is_abandoned);
}

static void wakes_a_waiter(const char *kind, peer_kind who)
{
    lock_case c = begin(kind, PEER_PROCESS);
    peer *waiter = peer_start(who, "owner", kind, c.name, NULL);

    CHECK_INT(told(c.other, "lock"), BYN_OK);
    peer_tell(waiter, "lock");
    CHECK_INT(told(c.other, "try"), BYN_E_DEADLOCK);
    peer_kill(c.other);
    CHECK_INT(answer(waiter), BYN_ABANDONED);
    CHECK_INT(told(waiter, "unlock"), BYN_OK);
    CHECK_INT(peer_finish(waiter), 0);
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_OK);
    close_subject(&c.mine);
}

static void waiter_gets_the_lock_of_a_killed_owner(void)
{
    with_each(wakes_a_waiter);
}

static void closes_holding(const char *kind, peer_kind who)
{
    lock_case c = begin(kind, PEER_PROCESS);

    (void)who;
    CHECK_INT(told(c.other, "lock"), BYN_OK);
    peer_tell(c.other, "close");
    peer_expect(c.other, "closed");
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_ABANDONED);
    CHECK_STATUS(unlock(&c.mine), BYN_OK);
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_OK);
    CHECK_INT(peer_finish(c.other), 0);
    close_subject(&c.mine);
}

static void closing_while_holding_abandons(void)
{
    closes_holding("value", PEER_PROCESS);
    closes_holding("array", PEER_PROCESS);
}

static void lock_does_not_stop_atomic_calls(void)
{
    lock_case c = begin("value", PEER_PROCESS);
    int64_t number = 0;

    CHECK_INT(told(c.other, "lock"), BYN_OK);
    CHECK_STATUS(byn_value_add(c.mine.value, 3, &number), BYN_OK);
    CHECK_INT(number, 3);
    CHECK_INT(told(c.other, "unlock"), BYN_OK);
    CHECK_INT(peer_finish(c.other), 0);
    close_subject(&c.mine);
}

static int counts_under_lock(peer_self *self, int argc, char **argv)
{
    subject s = subject_of(argv[0], argv[1]);
    int i;

    (void)self;
    (void)argc;
    for (i = 0; i < 1000; i++) {
        REQUIRE(lock(&s, PATIENCE) >= 0);
        if (s.value != NULL) {
            int64_t number = 0;

            REQUIRE_STATUS(byn_value_get(s.value, &number), BYN_OK);
            REQUIRE_STATUS(byn_value_set(s.value, number + 1), BYN_OK);
        } else {
            ((int64_t *)byn_array_data(s.array))[7]++;
        }
        REQUIRE_STATUS(unlock(&s), BYN_OK);
    }
    close_subject(&s);
    return 0;
}

static void counts_are_exact(const char *kind, peer_kind who)
{
    const char *name = fresh_name();
    subject mine = subject_of(kind, name);
    int64_t number = 0;
    peer *p[4];
    int i;

    for (i = 0; i < 4; i++)
        p[i] = peer_start(who, "counts_under_lock", kind, name, NULL);
    for (i = 0; i < 4; i++)
        CHECK_INT(peer_finish(p[i]), 0);
    CHECK_STATUS(mine.value != NULL ? byn_value_get(mine.value, &number)
                                    : byn_array_get(mine.array, 7, &number),
                 BYN_OK);
    CHECK_INT(number, 4000);
    close_subject(&mine);
}

static void what_is_done_under_lock_is_exact(void)
{
    with_each(counts_are_exact);
}

static void lock_wait_can_be_interrupted(void)
{
    lock_case c = begin("array", PEER_PROCESS);

    CHECK_INT(told(c.other, "lock"), BYN_OK);
    byn_wait_interruptible(says_yes, NULL);
    CHECK_STATUS(lock(&c.mine, PATIENCE), BYN_E_CANCELED);
    byn_wait_interruptible(NULL, NULL);
    CHECK_INT(told(c.other, "unlock"), BYN_OK);
    CHECK_STATUS(lock(&c.mine, BYN_NOW), BYN_OK);
    CHECK_INT(peer_finish(c.other), 0);
    close_subject(&c.mine);
}

static const test_case cases[] = {
    TEST(lock_excludes_others),
    TEST(lock_is_abandoned_once_after_its_owner_died),
    TEST(waiter_gets_the_lock_of_a_killed_owner),
    TEST(closing_while_holding_abandons),
    TEST(lock_does_not_stop_atomic_calls),
    TEST(what_is_done_under_lock_is_exact),
    TEST(lock_wait_can_be_interrupted),
    TEST_END,
};

static const peer_entry peers[] = {PEER(owner), PEER(counts_under_lock), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "lock", cases, peers);
}
