/* byn_pipe when an end is closed, or its process dies; and among others in byn_wait_any() and _all(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipe_use.h"

/* ---- The end of it */

static void closed_end_is_told_after_the_last_message(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);

    CHECK_STATUS(remote_call(p, "send 0 one"), BYN_OK);
    CHECK_STATUS(remote_call(p, "send 0 two"), BYN_OK);
    CHECK_STATUS(remote_call(p, "close pipe"), BYN_OK);
    CHECK_STATUS(send_text(first, "too late", BYN_FOREVER), BYN_E_CLOSED);
    CHECK_CONTAINS(byn_last_error(), "closed");
    CHECK_STATUS(byn_pipe_poll(first, BYN_FOREVER), BYN_OK);
    check_next(first, "one");
    check_next(first, "two");
    CHECK_STATUS(receive_nothing(first, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_STATUS(receive_nothing(first, BYN_NOW), BYN_E_CLOSED);
    CHECK_STATUS(byn_pipe_poll(first, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_STATUS(byn_pipe_peek(first, NULL, 1000), BYN_E_CLOSED);
    CHECK_INT(look(first).second.state, BYN_PIPE_CLOSED);
    CHECK_INT(look(first).second.pid, peer_pid(p));
    remote_end(p);
    byn_pipe_close(first);
}

static void dead_end_is_told_after_the_last_message(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);

    CHECK_STATUS(remote_call(p, "send 0 one"), BYN_OK);
    CHECK_STATUS(remote_call(p, "send 0 two"), BYN_OK);
    peer_kill(p);
    check_next(first, "one");
    check_next(first, "two");
    CHECK_STATUS(receive_nothing(first, BYN_NOW), BYN_E_CLOSED);
    CHECK_CONTAINS(byn_last_error(), "died");
    CHECK_STATUS(byn_pipe_poll(first, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_STATUS(send_text(first, "too late", BYN_NOW), BYN_E_CLOSED);
    CHECK_INT(look(first).second.state, BYN_PIPE_DIED);
    byn_pipe_close(first);
}

static void sending_to_the_dead_comes_to_an_end(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 1000, 100);
    peer *p = other(name);
    byn_status status;
    int count = 0;

    peer_kill(p);
    do
        status = send_text(first, "0123456789", BYN_FOREVER);
    while (status == BYN_OK && ++count < 1000);
    CHECK_STATUS(status, BYN_E_CLOSED);
    byn_pipe_close(first);
}

/* `ends` is what the case does to its end while the peer waits. */
static void a_waiting_peer_is_told(const char *call, bool full, bool first_dies)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS), *q = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(q, "pipe 0 1 1000 100 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(p, "pipe 0 2 0 0 %s", name), BYN_OK);
    while (full && remote_call(p, "send 0 0123456789") == BYN_OK)
        continue;
    remote_begin(p, call);
    if (first_dies)
        peer_kill(q);
    else
        CHECK_STATUS(remote_call(q, "close pipe"), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_E_CLOSED);
    remote_end(p);
    if (!first_dies)
        remote_end(q);
}

static void who_waits_is_told_of_a_close(void)
{
    a_waiting_peer_is_told("receive -1", false, false);
    a_waiting_peer_is_told("poll -1", false, false);
    a_waiting_peer_is_told("send -1 0123456789", true, false);
}

static void who_waits_is_told_of_a_death(void)
{
    a_waiting_peer_is_told("receive -1", false, true);
    a_waiting_peer_is_told("poll -1", false, true);
    a_waiting_peer_is_told("send -1 0123456789", true, true);
}

/* It waits for one who has not come; who comes and dies ends that too. */
static void who_waits_for_the_second_end_is_told_of_its_death(void)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS), *q;

    CHECK_STATUS(remote_call(p, "pipe 0 1 0 0 %s", name), BYN_CREATED);
    remote_begin(p, "receive -1");
    q = other(name);
    peer_kill(q);
    CHECK_STATUS(remote_answer(p), BYN_E_CLOSED);
    remote_end(p);
}

static void an_end_that_is_over_stays_so(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name), *late = remote_start(PEER_PROCESS);

    CHECK_STATUS(remote_call(p, "send 0 of the dead"), BYN_OK);
    peer_kill(p);
    CHECK_STATUS(remote_call(late, "pipe 0 2 0 0 %s", name), BYN_E_CLOSED);
    CHECK_CONTAINS(remote_error(), "begins anew");
    CHECK_STATUS(remote_call(late, "pipe 0 0 0 0 %s", name), BYN_E_CLOSED);
    check_next(first, "of the dead");
    CHECK_STATUS(remote_call(late, "pipe 0 2 0 0 %s", name), BYN_E_CLOSED);
    byn_pipe_close(first);
    CHECK_STATUS(remote_call(late, "pipe 0 2 0 0 %s", name), BYN_CREATED);
    CHECK_STATUS(remote_call(late, "receive 0"), BYN_E_TIMEDOUT);
    remote_end(late);
}

/* Somebody looks all the time, so that the object itself does not go. */
static void the_name_begins_anew_when_both_are_over(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0), *looks = NULL;
    peer *p = other(name);

    CHECK_STATUS(open_end(&looks, name, BYN_PIPE_NEITHER), BYN_OK);
    CHECK_INT(byn_pipe_which(looks), BYN_PIPE_NEITHER);
    CHECK_STATUS(send_text(first, "old", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "send 0 old"), BYN_OK);
    byn_pipe_close(first);
    peer_kill(p);
    p = remote_start(PEER_PROCESS);
    CHECK_STATUS(remote_call(p, "pipe 0 0 0 0 %s", name), BYN_OK);
    CHECK_INT(remote_number(), BYN_PIPE_FIRST);
    CHECK_INT(look(looks).first.state, BYN_PIPE_OPEN);
    CHECK_INT(look(looks).first.messages, 0);
    CHECK_INT(look(looks).second.state, BYN_PIPE_NOT_OPENED);
    CHECK_INT(look(looks).second.messages, 0);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_E_TIMEDOUT);
    CHECK_STATUS(open_end(&first, name, BYN_PIPE_EITHER), BYN_OK);
    CHECK_INT(byn_pipe_which(first), BYN_PIPE_SECOND);
    CHECK_STATUS(send_text(first, "new", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_OK);
    CHECK_STR(remote_text(), "new");
    remote_end(p);
    byn_pipe_close(first);
    byn_pipe_close(looks);
}

static void shutdown_ends_one_way(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);

    CHECK_STATUS(send_text(first, "last", BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_pipe_shutdown(first), BYN_OK);
    CHECK_STATUS(byn_pipe_shutdown(first), BYN_OK);
    CHECK_STATUS(send_text(first, "no more", BYN_FOREVER), BYN_E_CLOSED);
    CHECK_CONTAINS(byn_last_error(), "shut it down");
    CHECK_STATUS(remote_call(p, "receive -1"), BYN_OK);
    CHECK_STR(remote_text(), "last");
    CHECK_STATUS(remote_call(p, "receive -1"), BYN_E_CLOSED);
    CHECK_STATUS(remote_call(p, "poll -1"), BYN_E_CLOSED);
    CHECK_STATUS(remote_call(p, "send 0 the other way"), BYN_OK);
    check_next(first, "the other way");
    CHECK_STATUS(receive_nothing(first, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK_INT(look(first).first.state, BYN_PIPE_OPEN);
    CHECK_STATUS(byn_pipe_shutdown(NULL), BYN_E_INVALID);
    remote_end(p);
    byn_pipe_close(first);
    first = opened(name, 0, 0);
    CHECK_STATUS(send_text(first, "anew", BYN_NOW), BYN_OK);
    byn_pipe_close(first);
}

static void who_waits_is_told_of_a_shutdown(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);

    remote_begin(p, "receive -1");
    CHECK_STATUS(byn_pipe_shutdown(first), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_E_CLOSED);
    remote_end(p);
    byn_pipe_close(first);
}

static void both_ends_in_one_process_close_one_by_one(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0), *second = second_of(name);

    CHECK_STATUS(send_text(first, "last", BYN_NOW), BYN_OK);
    CHECK_STATUS(send_text(second, "lost", BYN_NOW), BYN_OK);
    byn_pipe_close(first);
    CHECK_STATUS(send_text(second, "refused", BYN_NOW), BYN_E_CLOSED);
    check_next(second, "last");
    CHECK_STATUS(receive_nothing(second, BYN_FOREVER), BYN_E_CLOSED);
    CHECK_STATUS(open_end(&first, name, BYN_PIPE_FIRST), BYN_E_CLOSED);
    byn_pipe_close(second);
    first = opened(name, 0, 0);
    CHECK_STATUS(receive_nothing(first, BYN_NOW), BYN_E_TIMEDOUT);
    byn_pipe_close(first);
}

/* ---- Among others */

static void wait_any_tells_a_message_and_an_end(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);
    byn_event *event = NULL;
    void *objects[2];
    size_t index = 9;

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    objects[0] = event;
    objects[1] = first;
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &index), BYN_E_TIMEDOUT);
    CHECK_STATUS(byn_wait_any(objects, 2, 20, &index), BYN_E_TIMEDOUT);
    CHECK_STATUS(open_end((byn_pipe **)&objects[1], name, BYN_PIPE_NEITHER), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &index), BYN_E_INVALID);
    byn_pipe_close(objects[1]);
    objects[1] = first;
    CHECK_STATUS(remote_call(p, "send 0 here"), BYN_OK);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_FOREVER, &index), BYN_OK);
    check_next(first, "here");
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_NOW, &index), BYN_E_TIMEDOUT);
    peer_kill(p);
    CHECK_STATUS(byn_wait_any(objects, 2, BYN_FOREVER, &index), BYN_OK);
    CHECK_INT(index, 1);
    CHECK_STATUS(receive_nothing(first, BYN_NOW), BYN_E_CLOSED);
    byn_event_close(event);
    byn_pipe_close(first);
}

static void wait_any_is_woken(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0);
    peer *p = other(name);

    CHECK_STATUS(remote_call(p, "event 0 0 0 %s", fresh_name()), BYN_CREATED);
    remote_begin(p, "any -1 ep");
    CHECK_STATUS(send_text(first, "here", BYN_NOW), BYN_OK);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_OK);
    CHECK_STR(remote_text(), "here");
    remote_begin(p, "any -1 ep");
    byn_pipe_close(first);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    CHECK_STATUS(remote_call(p, "receive 0"), BYN_E_CLOSED);
    remote_end(p);
}

static void wait_any_is_woken_by_a_death(void)
{
    const char *name = fresh_name();
    peer *p = remote_start(PEER_PROCESS), *q;

    CHECK_STATUS(remote_call(p, "pipe 0 1 0 0 %s", name), BYN_CREATED);
    q = other(name);
    CHECK_STATUS(remote_call(p, "event 0 0 0 %s", fresh_name()), BYN_CREATED);
    remote_begin(p, "any -1 ep");
    peer_kill(q);
    CHECK_STATUS(remote_answer(p), BYN_OK);
    CHECK_INT(remote_number(), 1);
    remote_end(p);
}

static void wait_all_takes_nothing_of_a_pipe(void)
{
    const char *name = fresh_name();
    byn_pipe *first = opened(name, 0, 0), *second = second_of(name);
    byn_event *event = NULL;
    void *objects[2];

    REQUIRE_STATUS(byn_event_open(&event, NULL, NULL), BYN_CREATED);
    objects[0] = second;
    objects[1] = event;
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, 2, 20), BYN_E_TIMEDOUT);
    CHECK_STATUS(send_text(first, "here", BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_wait_all(objects, 2, BYN_FOREVER), BYN_OK);
    CHECK(!byn_event_is_set(event));
    CHECK_STATUS(byn_wait_all(objects, 2, BYN_NOW), BYN_E_TIMEDOUT);
    check_next(second, "here");
    byn_event_close(event);
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static const test_case cases[] = {
    TEST(closed_end_is_told_after_the_last_message),
    TEST(dead_end_is_told_after_the_last_message),
    TEST(sending_to_the_dead_comes_to_an_end),
    TEST(who_waits_is_told_of_a_close),
    TEST(who_waits_is_told_of_a_death),
    TEST(who_waits_for_the_second_end_is_told_of_its_death),
    TEST(an_end_that_is_over_stays_so),
    TEST(the_name_begins_anew_when_both_are_over),
    TEST(shutdown_ends_one_way),
    TEST(who_waits_is_told_of_a_shutdown),
    TEST(both_ends_in_one_process_close_one_by_one),
    TEST(wait_any_tells_a_message_and_an_end),
    TEST(wait_any_is_woken),
    TEST(wait_any_is_woken_by_a_death),
    TEST(wait_all_takes_nothing_of_a_pipe),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pipe_end", cases, peers);
}
