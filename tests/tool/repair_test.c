/* byname gc and repair, and rm with patterns. */
#include "tool_test.h"

#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { LOCKS = 4 };
static const char *const kinds[LOCKS] = {"mutex", "rwlock", "value", "semaphore"};

/* The four, made or opened; of `permits` two are held by the peer. */
typedef struct locks {
    char names[LOCKS][128];
    byn_mutex *mutex;
    byn_rwlock *rwlock;
    byn_value *value;
    byn_semaphore *semaphore;
} locks;

static void open_locks(locks *l, const char *base)
{
    int i;

    for (i = 0; i < LOCKS; i++)
        snprintf(l->names[i], sizeof l->names[i], "%s.%s", base, kinds[i]);
    REQUIRE(byn_mutex_open(&l->mutex, l->names[0], NULL) >= 0);
    REQUIRE(byn_rwlock_open(&l->rwlock, l->names[1], NULL) >= 0);
    REQUIRE(byn_value_open(&l->value, l->names[2], NULL) >= 0);
    REQUIRE(byn_semaphore_open(&l->semaphore, l->names[3],
                               &BYN_OPTIONS(byn_semaphore_options, .initial = 3, .maximum = 3,
                                            .undo = true)) >= 0);
}

static void close_locks(locks *l)
{
    byn_semaphore_close(l->semaphore);
    byn_value_close(l->value);
    byn_rwlock_close(l->rwlock);
    byn_mutex_close(l->mutex);
}

int holds_all_locks(peer_self *self, int argc, char **argv)
{
    locks l;

    REQUIRE_INT(argc, 1);
    open_locks(&l, argv[0]);
    REQUIRE_STATUS(byn_mutex_lock(l.mutex, PATIENCE), BYN_OK);
    REQUIRE_STATUS(byn_rwlock_lock(l.rwlock, PATIENCE), BYN_OK);
    REQUIRE_STATUS(byn_value_lock(l.value, PATIENCE), BYN_OK);
    REQUIRE_STATUS(byn_semaphore_acquire(l.semaphore, 2, PATIENCE), BYN_OK);
    peer_say(self, "held");
    peer_wait(self, "end");
    return 0;
}

static void check_free(const locks *l)
{
    CHECK_STATUS(byn_mutex_lock(l->mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_unlock(l->mutex), BYN_OK);
    CHECK_STATUS(byn_rwlock_lock(l->rwlock, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_rwlock_unlock(l->rwlock), BYN_OK);
    CHECK_STATUS(byn_value_lock(l->value, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_value_unlock(l->value), BYN_OK);
    CHECK_STATUS(byn_semaphore_acquire(l->semaphore, 3, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(l->semaphore, 3, NULL), BYN_OK);
}

void repair_takes_the_marks_of_the_dead_away(void)
{
    const char *base = fresh_name();
    peer *holder = peer_start(PEER_PROCESS, "holds_all_locks", base, NULL);
    const test_output *output;
    char pattern[140];
    locks l;
    int i;

    peer_expect(holder, "held");
    open_locks(&l, base);
    snprintf(pattern, sizeof pattern, "%s.*", base);
    CHECK_INT(TOOL(&output, "repair", pattern), 0);
    CHECK_CONTAINS(output->out, "nothing to repair");
    CHECK(strstr(output->out, "repaired") == NULL);
    peer_kill(holder);
    CHECK_INT(TOOL(&output, "repair", "--dry-run", pattern), 0);
    for (i = 0; i < LOCKS; i++)
        CHECK_CONTAINS(output->out, l.names[i]);
    CHECK(strstr(output->out, "nothing to repair") == NULL);
    CHECK_CONTAINS(output->out, "would be repaired");
    CHECK_INT(TOOL(&output, "repair", pattern), 0); /* the dry run has changed nothing */
    CHECK_CONTAINS(output->out, "dead processes held 2 of its permits; repaired: ");
    CHECK(strstr(output->out, "nothing to repair") == NULL);
    CHECK_INT(TOOL(&output, "repair", l.names[0], l.names[3]), 0);
    CHECK(strstr(output->out, "repaired") == NULL);
    check_free(&l);
    close_locks(&l);
    until_all_is_gone();
}

void repair_makes_a_barrier_whole(void)
{
    const char *name = fresh_name();
    const test_output *output;
    byn_barrier *barrier;

    REQUIRE_STATUS(
        byn_barrier_open(&barrier, name, &BYN_OPTIONS(byn_barrier_options, .parties = 2)),
        BYN_CREATED);
    CHECK_STATUS(byn_barrier_abort(barrier), BYN_OK);
    CHECK_INT(TOOL(&output, "repair", name, "--dry-run"), 0);
    CHECK_CONTAINS(output->out, "it is broken; would be repaired: it is whole again");
    CHECK(byn_barrier_is_broken(barrier));
    CHECK_INT(TOOL(&output, "repair", name), 0);
    CHECK(!byn_barrier_is_broken(barrier));
    byn_barrier_close(barrier);
    CHECK_INT(TOOL(&output, "repair", name), 1);
    CHECK_CONTAINS(output->err, "there is no object");
    CHECK_INT(TOOL(&output, "repair"), 2);
    CHECK_INT(TOOL(&output, "repair", "--all", name), 2);
}

void gc_removes_what_the_killed_left(void)
{
    const char *base = fresh_name();
    peer *owner = peer_start(PEER_PROCESS, "opens_all_kinds", base, NULL);
    const test_output *output;

    peer_expect(owner, "open");
    CHECK_INT(TOOL(&output, "gc"), 0);
    CHECK(strstr(output->out, base) == NULL);
    peer_kill(owner);
    CHECK_INT(TOOL(&output, "gc", "--dry-run"), 0);
    if (!test_on_windows())
        CHECK_CONTAINS(output->out, "would remove \"");
    CHECK_INT(TOOL(&output, "gc"), 0);
    if (!test_on_windows())
        CHECK_CONTAINS(output->out, base);
    CHECK_INT(TOOL(&output, "gc"), 0);
    CHECK(strstr(output->out, base) == NULL);
    CHECK_INT(TOOL(&output, "gc", base), 2);
}

void rm_takes_patterns(void)
{
    const char *base = fresh_name();
    const test_output *output;
    byn_event *event;
    char names[3][160];
    char pattern[160];
    int i;

    for (i = 0; i < 3; i++) {
        snprintf(names[i], sizeof names[i], "%s %c \"Zo\xc3\xab's\"", base, 'a' + i);
        CHECK_INT(TOOL(&output, "value", "set", names[i], "1"), 0);
    }
    snprintf(pattern, sizeof pattern, "%s [ab]*", base);
    CHECK_INT(TOOL(&output, "rm", "--dry-run", pattern), 0);
    CHECK_CONTAINS(output->out, names[0]);
    CHECK_CONTAINS(output->out, names[1]);
    CHECK(strstr(output->out, names[2]) == NULL);
    CHECK_INT(TOOL(&output, "rm", pattern), 0);
    CHECK_STR(output->out, "");
    CHECK_INT(TOOL(&output, "value", "get", names[0]), 1);
    CHECK_INT(TOOL(&output, "value", "get", names[2]), 0);
    CHECK_INT(TOOL(&output, "rm", pattern), 1);
    CHECK_CONTAINS(output->err, "there is no object");
    CHECK_INT(TOOL(&output, "rm", names[2]), 0);

    /* A name that looks like a pattern is a name. */
    CHECK_INT(TOOL(&output, "value", "set", pattern, "1"), 0);
    CHECK_INT(TOOL(&output, "value", "set", names[0], "1"), 0);
    CHECK_INT(TOOL(&output, "rm", pattern), 0);
    REQUIRE(byn_remove(names[0]) >= 0);
    REQUIRE_STATUS(byn_event_open(&event, names[0], NULL), BYN_CREATED);
    CHECK_INT(TOOL(&output, "rm", "--dry-run", names[0]), 1);
    CHECK_CONTAINS(output->err, "would stay: it is in use");
    byn_event_close(event);
}
