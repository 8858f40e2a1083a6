/* byname show: of objects that processes wait at. */
#include "show.h"

#include <inttypes.h>

/* ---- Mutex */

static void put_owner(picture *p, const char *key, const byn_owner *owner, bool there,
                      const char *state)
{
    if (p->as_json && there) {
        json_open(&p->json, key, '{');
        json_unsigned(&p->json, "pid", owner->pid);
        json_unsigned(&p->json, "thread", owner->thread);
        json_text(&p->json, "program", owner->program);
        json_close(&p->json, '}');
    } else if (p->as_json) {
        json_text(&p->json, key, NULL);
    } else if (!there) {
        show_text(p, key, "nobody");
    } else if (owner->pid == 0) {
        show_text(p, key, "unknown: died before it wrote itself down");
    } else {
        show_text(p, key,
                  format_text(p->pool, "%s (pid %" PRIu32 ", thread %" PRIu32 ")%s", owner->program,
                              owner->pid, owner->thread, state));
    }
}

/* Whether it was made with an option, told by an open that asks for it. */
static bool mutex_is_recursive(const char *name)
{
    byn_mutex *mutex;

    if (byn_mutex_open(&mutex, name,
                       &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY, .recursive = true)) <
        0)
        return false;
    byn_mutex_close(mutex);
    return true;
}

static byn_status tell_mutex(picture *p, byn_mutex *mutex)
{
    byn_mutex_info info = {.struct_size = sizeof info};
    byn_status status = byn_mutex_owner(mutex, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_bool(p, "recursive", mutex_is_recursive(p->object.name));
    show_bool(p, "held", info.held);
    put_owner(p, "owner", &info.owner, info.held, info.owner_is_dead ? ", dead" : "");
    show_bool(p, "owner_is_dead", info.owner_is_dead);
    show_unsigned(p, "depth", info.depth);
    put_owner(p, "last_dead", &info.last_dead, info.abandonings > 0, "");
    show_unsigned(p, "abandonings", info.abandonings);
    return BYN_OK;
}

SHOW(mutex)

/* ---- The others */

static bool event_is_manual(const char *name)
{
    byn_event *event;

    if (byn_event_open(
            &event, name,
            &BYN_OPTIONS(byn_event_options, .open = BYN_OPEN_ONLY, .manual_reset = true)) < 0)
        return false;
    byn_event_close(event);
    return true;
}

static byn_status tell_event(picture *p, byn_event *event)
{
    show_object(p);
    show_bool(p, "manual_reset", event_is_manual(p->object.name));
    show_bool(p, "set", byn_event_is_set(event));
    return BYN_OK;
}

SHOW(event)

static byn_status tell_semaphore(picture *p, byn_semaphore *semaphore)
{
    byn_semaphore_info info = {.struct_size = sizeof info};
    byn_status status = byn_semaphore_holders(semaphore, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_unsigned(p, "permits", info.value);
    show_unsigned(p, "maximum", info.maximum);
    show_bool(p, "undo", info.undo);
    if (info.undo) {
        show_unsigned(p, "held", info.held);
        show_unsigned(p, "holders", info.holders);
        show_unsigned(p, "abandoned", info.abandoned);
    }
    return BYN_OK;
}

SHOW(semaphore)

static byn_status tell_once(picture *p, byn_once *once)
{
    show_object(p);
    show_bool(p, "done", byn_once_is_done(once));
    return BYN_OK;
}

SHOW(once)

static byn_status tell_rwlock(picture *p, byn_rwlock *rwlock)
{
    byn_rwlock_info info = {.struct_size = sizeof info};
    byn_status status = byn_rwlock_holders(rwlock, &info);

    if (status < 0)
        return status;
    show_object(p);
    show_bool(p, "written", info.written);
    show_bool(p, "abandoned", info.abandoned);
    show_unsigned(p, "readers", info.readers);
    show_unsigned(p, "waiting_writers", info.waiting_writers);
    if (info.written) {
        show_unsigned(p, "writer_pid", info.writer_pid);
        show_unsigned(p, "writer_thread", info.writer_thread);
    }
    return BYN_OK;
}

SHOW(rwlock)

static byn_status tell_barrier(picture *p, byn_barrier *barrier)
{
    show_object(p);
    show_unsigned(p, "parties", byn_barrier_parties(barrier));
    show_unsigned(p, "waiting", byn_barrier_waiting(barrier));
    show_bool(p, "broken", byn_barrier_is_broken(barrier));
    return BYN_OK;
}

SHOW(barrier)
