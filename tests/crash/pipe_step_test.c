/*
 * A process is killed at every instruction of what it can do with its end of a pipe. The other end gets
 * each message that was sent, whole and in order, and then BYN_E_CLOSED, wherever it waits; and the name
 * begins anew with nothing of the old conversation.
 */
#include "board.h"

#ifndef BYNI_TESTING
#error "this test is for the library with its hooks"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipe_ends.h"

enum { LATE = 20000, EXPENSIVE = 29, MESSAGE = 700, BEFORE = 5, CAPACITY = 4096 };
enum { ROLE, SENT }; /* words of the board */

/* Who has the first end; the victim has the second. */
typedef enum role { NOBODY_WAITS, RECEIVES, SENDS } role;

typedef struct subject {
    const char *name;
    board *b;
    role role;
    byn_pipe *pipe;  /* the case's end, or the one that only looks */
    peer *partner;   /* who waits */
    unsigned least;  /* messages that the victim has sent before it is stepped */
    unsigned sends;  /* and by what it is stepped through */
    unsigned waits;  /* messages that wait for the victim when it begins */
    bool opens;      /* it begins without an end */
    bool looks_only; /* the case has no end either: it takes one afterwards */
    bool dead;       /* and finds the first end's process dead */
    byn_pipe *mine;  /* what the case has taken while the victim was stopped */
    unsigned got;    /* in this round, before the victim died */
    unsigned added;  /* to what waits for the victim, in this round */
    unsigned as_before, done, untouched;
} subject;

/* Message n is what begins at byte n. */
static unsigned char pattern[MESSAGE + 100];

static void fill_pattern(void)
{
    size_t i;

    for (i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)(i * i / 3 + i * 7);
}

static byn_status send_message(byn_pipe *pipe, unsigned number, byn_timeout timeout)
{
    return byn_pipe_send(pipe, pattern + number, MESSAGE, timeout);
}

/* One that is torn or out of order is a failure of its own. */
static byn_status receive_message(byn_pipe *pipe, unsigned number, byn_timeout timeout)
{
    unsigned char bytes[MESSAGE];
    size_t size = sizeof bytes;
    byn_status status = byn_pipe_receive(pipe, bytes, &size, timeout);

    if (status < 0)
        return status;
    return size == MESSAGE && memcmp(bytes, pattern + number, MESSAGE) == 0 ? BYN_OK
                                                                            : BYN_E_CORRUPT;
}

/* ---- In the partner: it receives, or sends, until the pipe is closed, and tells how many. */

static byn_pipe *open_end(const char *name, byn_pipe_end end)
{
    byn_pipe *pipe = NULL;

    REQUIRE(byn_pipe_open(&pipe, name,
                          &BYN_OPTIONS(byn_pipe_options, .end = end, .capacity = CAPACITY)) >= 0);
    return pipe;
}

static int partner(peer_self *self, int argc, char **argv)
{
    board *b = board_open(argv[0]);
    seat *s = &b->seats[0];

    (void)argc;
    fill_pattern();
    while (peer_wait(self, "go")) {
        byn_pipe *pipe = open_end(argv[0], BYN_PIPE_FIRST);
        unsigned count = 0;
        byn_status status;

        peer_say(self, "ready");
        seat_wait(s);
        do {
            status = b->word[ROLE] == SENDS ? send_message(pipe, count, 30 * LATE)
                                            : receive_message(pipe, count, 30 * LATE);
            count += status >= 0;
        } while (status >= 0);
        CHECK_STATUS(status, BYN_E_CLOSED);
        seat_return(s, status);
        byn_pipe_close(pipe);
        peer_say(self, "%u", count);
    }
    return 0;
}

/* ---- In the victim */

static board *victims_board;

static void warm_up(void)
{
    byn_pipe *first = open_end(NULL, BYN_PIPE_FIRST), *second;

    fill_pattern();
    board_warm_up();
    second = open_end(byn_pipe_name(first), BYN_PIPE_SECOND);
    REQUIRE_STATUS(send_message(first, 1, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(receive_message(second, 1, BYN_NOW), BYN_OK);
    REQUIRE_STATUS(receive_message(second, 1, 1), BYN_E_TIMEDOUT);
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static void await_partner(board *b)
{
    apr_uint32_t began = board_ms();

    while (b->word[ROLE] != NOBODY_WAITS && board_look(b, 1).asleep == 0) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
}

static void *prepare_without(const char *name)
{
    warm_up();
    await_partner(board_open(name));
    return (void *)(size_t)name;
}

static void *prepare(const char *name)
{
    byn_pipe *pipe;

    warm_up();
    pipe = open_end(name, BYN_PIPE_SECOND);
    victims_board = board_open(name);
    await_partner(victims_board);
    return pipe;
}

/* The message that comes next goes around the end of the ring. */
static void *prepare_behind_others(const char *name)
{
    byn_pipe *pipe = prepare(name);
    unsigned i;

    for (i = 0; i < BEFORE; i++)
        REQUIRE_STATUS(send_message(pipe, i, LATE), BYN_OK);
    await_partner(board_open(name));
    return pipe;
}

static void send_first(void *pipe)
{
    CHECK_STATUS(send_message(pipe, 0, LATE), BYN_OK);
    victims_board->word[SENT] = 1;
}

static void send_next(void *pipe)
{
    CHECK_STATUS(send_message(pipe, BEFORE, LATE), BYN_OK);
    victims_board->word[SENT] = 1;
}

static void receive_first(void *pipe)
{
    CHECK_STATUS(receive_message(pipe, 0, LATE), BYN_OK);
}

static void peek_first(void *pipe)
{
    size_t size = 0;

    CHECK_STATUS(byn_pipe_peek(pipe, &size, LATE), BYN_OK);
    CHECK_INT(size, MESSAGE);
}

static void wait_for_it(void *pipe)
{
    void *objects[] = {pipe};

    CHECK_STATUS(byn_wait_any(objects, 1, LATE, NULL), BYN_OK);
}

static void receive_in_vain(void *pipe)
{
    CHECK_STATUS(receive_message(pipe, 0, BYN_NOW), BYN_E_TIMEDOUT);
}

static void close_it(void *pipe)
{
    byn_pipe_close(pipe);
}

static void shut_it_down(void *pipe)
{
    CHECK_STATUS(byn_pipe_shutdown(pipe), BYN_OK);
}

static void open_second(void *name)
{
    byn_pipe *pipe = open_end(name, BYN_PIPE_SECOND);

    CHECK_INT(byn_pipe_which(pipe), BYN_PIPE_SECOND);
}

static void *prepare_to_close_the_last(const char *name)
{
    byn_pipe *pipe;

    warm_up();
    pipe = open_end(name, BYN_PIPE_FIRST);
    byn_pipe_close(open_end(name, BYN_PIPE_SECOND));
    return pipe;
}

static void open_first(void *name)
{
    byn_pipe *pipe = open_end(name, BYN_PIPE_EITHER);

    CHECK_INT(byn_pipe_which(pipe), BYN_PIPE_FIRST);
}

static void find_it_dead(void *pipe)
{
    CHECK_STATUS(receive_message(pipe, 0, LATE), BYN_OK);
    CHECK_STATUS(receive_message(pipe, 1, LATE), BYN_E_CLOSED);
    CHECK_STATUS(send_message(pipe, 1, LATE), BYN_E_CLOSED);
}

/* ---- In the case */

static byn_pipe_info look(const subject *s)
{
    byn_pipe_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_pipe_holders(s->pipe, &info), BYN_OK);
    return info;
}

/* To be called a dead one's: nobody of this number began at that time. */
static void make_an_owner_dead(byn_pipe *pipe)
{
    byni_store64(&pipe->whole->state->owners[pipe->index].started, 1);
}

/* A conversation that is over, or whose first end's process is dead, and of which something is left. */
static void leave_something(subject *s)
{
    byn_pipe *first = open_end(s->name, BYN_PIPE_FIRST), *second;

    REQUIRE_STATUS(send_message(first, 0, BYN_NOW), BYN_OK);
    if (s->dead) {
        make_an_owner_dead(first);
        byn_pipe_close(first);
        return;
    }
    second = open_end(s->name, BYN_PIPE_SECOND);
    REQUIRE_STATUS(send_message(second, 0, BYN_NOW), BYN_OK);
    make_an_owner_dead(first);
    byn_pipe_close(first);
    byn_pipe_close(second);
}

static void begin_round(subject *s)
{
    unsigned i;

    s->got = s->added = 0;
    s->b->word[SENT] = 0;
    if (s->looks_only) {
        if (s->pipe == NULL)
            s->pipe = open_end(s->name, BYN_PIPE_NEITHER);
        leave_something(s);
        return;
    }
    if (s->partner != NULL) {
        s->b->seats[0].state = SEAT_IDLE;
        peer_tell(s->partner, "go");
        peer_expect(s->partner, "ready");
        return;
    }
    s->pipe = open_end(s->name, BYN_PIPE_FIRST);
    for (i = 0; i < s->waits; i++)
        REQUIRE_STATUS(send_message(s->pipe, i, BYN_NOW), BYN_OK);
}

static void count_round(subject *s, unsigned count)
{
    CHECK(count >= s->least && count <= s->least + s->sends);
    if (s->b->word[SENT] != 0)
        CHECK_INT(count, s->least + s->sends);
    s->as_before += count == s->least;
    s->done += count > s->least;
}

/* The victim never came to its end: the case does, so that the partner is not left alone. */
static bool take_its_place(subject *s, byn_pipe *looks)
{
    byn_pipe_info info = {.struct_size = sizeof info};
    bool untouched;

    CHECK_STATUS(byn_pipe_holders(looks, &info), BYN_OK);
    untouched = info.second.state == BYN_PIPE_NOT_OPENED;
    if (untouched)
        byn_pipe_close(open_end(s->name, BYN_PIPE_SECOND));
    s->untouched += untouched;
    return untouched;
}

static void partner_comes_to_an_end(void *context, long k)
{
    subject *s = context;
    const char *line;

    (void)k;
    if (s->opens) {
        byn_pipe *looks = NULL;

        /* NOTFOUND: the partner has been told, and has closed it. */
        if (byn_pipe_open(&looks, s->name,
                          &BYN_OPTIONS(byn_pipe_options, .open = BYN_OPEN_ONLY,
                                       .end = BYN_PIPE_NEITHER)) >= 0)
            (void)take_its_place(s, looks);
        byn_pipe_close(looks);
    }
    line = peer_line(s->partner);
    REQUIRE(line != NULL);
    if (s->role == RECEIVES)
        count_round(s, (unsigned)atoi(line));
    else
        CHECK(atoi(line) >= CAPACITY / (MESSAGE + 15));
    begin_round(s);
}

static void case_gets_all(void *context, long k)
{
    subject *s = context;
    uint64_t waiting;
    byn_status status;
    bool untouched = s->opens && take_its_place(s, s->pipe);

    (void)k;
    do {
        status = receive_message(s->pipe, s->got, LATE);
        s->got += status >= 0;
    } while (status >= 0);
    CHECK_STATUS(status, BYN_E_CLOSED);
    CHECK_STATUS(send_message(s->pipe, 0, LATE), BYN_E_CLOSED);
    waiting = look(s).second.messages;
    CHECK(waiting <= s->waits + s->added && waiting + 1 >= s->waits + s->added);
    if (!untouched)
        count_round(s, s->got);
    byn_pipe_close(s->pipe);
    begin_round(s);
}

/* The victim has the first end, and the second is over. It is stopped closing its own; the name may begin
 * anew while it is. */
static void begin_anew(void *context, long k)
{
    subject *s = context;
    byn_pipe *mine = NULL;
    byn_status status = byn_pipe_open(&mine, s->name, NULL);

    (void)k;
    CHECK(status == BYN_OK || status == BYN_E_CLOSED);
    s->mine = mine;
    s->as_before += mine == NULL;
    s->done += mine != NULL;
}

static void it_stays_open(void *context, long k)
{
    subject *s = context;

    (void)k;
    if (s->mine == NULL)
        s->mine = open_end(s->name, BYN_PIPE_EITHER);
    CHECK_INT(byn_pipe_which(s->mine), BYN_PIPE_FIRST);
    CHECK_STATUS(send_message(s->mine, 0, BYN_NOW), BYN_OK);
    CHECK_STATUS(receive_message(s->mine, 0, BYN_NOW), BYN_E_TIMEDOUT);
    make_an_owner_dead(s->mine);
    byn_pipe_close(s->mine);
    s->mine = NULL;
    byn_pipe_close(open_end(s->name, BYN_PIPE_SECOND));
}

/* Whatever the victim left: the case begins anew, or is the other end of what the dead began, or of a
 * beginning; in no case it gets anything of what was before. */
static void nothing_is_left(void *context, long k)
{
    subject *s = context;
    byn_pipe *mine = open_end(s->name, BYN_PIPE_EITHER);
    bool anew = byn_pipe_which(mine) == BYN_PIPE_FIRST;

    (void)k;
    CHECK_STATUS(receive_message(mine, 0, BYN_NOW), anew ? BYN_E_TIMEDOUT : BYN_E_CLOSED);
    CHECK_INT(look(s).first.messages + look(s).second.messages, 0);
    s->as_before += anew;
    s->done += !anew;
    byn_pipe_close(mine);
    if (anew)
        byn_pipe_close(open_end(s->name, BYN_PIPE_SECOND));
    begin_round(s);
}

/* The first end's process was dead before, and the victim, which had the second, is now. */
static void both_are_dead(void *context, long k)
{
    subject *s = context;
    byn_pipe_info info = look(s);

    (void)k;
    CHECK_INT(info.first.state, BYN_PIPE_DIED);
    CHECK_INT(info.second.state, BYN_PIPE_DIED);
    CHECK(info.second.messages <= 1);
    CHECK_INT(info.first.messages, 0);
    s->as_before += info.second.messages == 1;
    s->done += info.second.messages == 0;
    begin_round(s);
}

/* Where sleep cannot be seen, it may be called while the victim is still on its way there. */
static void make_room(void *context, long k)
{
    subject *s = context;
    apr_uint32_t began = board_ms();

    (void)k;
    while (look(s).first.messages < BEFORE) {
        REQUIRE(board_ms() - began < LATE);
        board_pause();
    }
    REQUIRE_STATUS(receive_message(s->pipe, s->got, LATE), BYN_OK);
    s->got++;
}

static void send_one(void *context, long k)
{
    subject *s = context;

    (void)k;
    REQUIRE_STATUS(send_message(s->pipe, 0, LATE), BYN_OK);
    s->added++;
}

static const step_operation sending = {"pipe.send", prepare, send_first, NULL};
static const step_operation sending_more = {"pipe.send.around", prepare_behind_others, send_next,
                                            NULL};
static const step_operation sending_late = {"pipe.send.waits", prepare_behind_others, send_next,
                                            make_room};
static const step_operation receiving = {"pipe.receive", prepare, receive_first, NULL};
static const step_operation receiving_late = {"pipe.receive.waits", prepare, receive_first,
                                              send_one};
static const step_operation receiving_nothing = {"pipe.receive.now", prepare, receive_in_vain,
                                                 NULL};
static const step_operation peeking = {"pipe.peek", prepare, peek_first, NULL};
static const step_operation waiting = {"pipe.wait_any", prepare, wait_for_it, NULL};
static const step_operation waiting_long = {"pipe.wait_any.waits", prepare, wait_for_it, send_one};
static const step_operation closing = {"pipe.close", prepare, close_it, NULL};
static const step_operation closing_last = {"pipe.close.last", prepare_to_close_the_last, close_it,
                                            NULL};
static const step_operation shutting = {"pipe.shutdown", prepare, shut_it_down, NULL};
static const step_operation opening = {"pipe.open", prepare_without, open_second, NULL};
static const step_operation opening_anew = {"pipe.open.anew", prepare_without, open_first, NULL};
static const step_operation finding = {"pipe.finds_a_death", prepare, find_it_dead, NULL};

/* It waits for the victim of a round that will not be. */
static void send_home(const subject *s)
{
    byn_pipe_close(open_end(s->name, BYN_PIPE_SECOND));
    REQUIRE(peer_line(s->partner) != NULL);
    CHECK_INT(peer_finish(s->partner), 0);
}

static void sweep(const step_operation *operation, subject s, void (*verify)(void *context, long k),
                  long stride)
{
    step_report report;

    fill_pattern();
    s.name = fresh_name();
    s.b = board_begin(s.name, 280 * (getenv("BYNAME_CRASH_STRIDE") != NULL ? 10 : 1));
    s.b->word[ROLE] = s.role;
    if (s.role != NOBODY_WAITS)
        s.partner = peer_start(PEER_PROCESS, "partner", s.name, NULL);
    begin_round(&s);
    report = step_sweep(operation, s.name, verify, &s, stride);
    printf("     %u times as before, %u done, %u untouched\n", s.as_before, s.done, s.untouched);
    byn_pipe_close(s.pipe);
    if (s.partner != NULL)
        send_home(&s);
    board_destroy(s.name);
    step_check(report);
}

static long often(void)
{
    return board_stride(EXPENSIVE);
}

/* To ask whether a process lives takes thousands of instructions, nearly all of them in the C library. */
static long rarely(void)
{
    return board_rotating_stride();
}

/* And to open a segment, which has sweeps of its own. Or a sleeper notices each death 50 ms later, if it has
 * just fallen asleep. */
static long very_rarely(void)
{
    long stride = board_rotating_stride();

    return stride == 1 ? 1 : (test_on_windows() ? 2 : 5) * stride;
}

/* Where a kill takes long anyway, the sleeper's part comes on top. */
static long beside_a_sleeper(void)
{
    return test_on_windows() ? very_rarely() : rarely();
}

static void send_while_nobody_waits(void)
{
    sweep(&sending, (subject){.sends = 1}, case_gets_all, often());
}

static void send_to_one_that_waits(void)
{
    sweep(&sending, (subject){.role = RECEIVES, .sends = 1}, partner_comes_to_an_end,
          beside_a_sleeper());
}

static void send_around_the_end_of_the_ring(void)
{
    sweep(&sending_more, (subject){.role = RECEIVES, .least = BEFORE, .sends = 1},
          partner_comes_to_an_end, beside_a_sleeper());
}

static void send_that_waits_for_room(void)
{
    sweep(&sending_late, (subject){.least = BEFORE, .sends = 1}, case_gets_all, rarely());
}

static void receive_while_nobody_waits(void)
{
    sweep(&receiving, (subject){.waits = 2}, case_gets_all, often());
}

static void receive_from_one_that_waits_for_room(void)
{
    sweep(&receiving, (subject){.role = SENDS}, partner_comes_to_an_end, beside_a_sleeper());
}

static void receive_that_waits(void)
{
    sweep(&receiving_late, (subject){.waits = 0}, case_gets_all, rarely());
}

static void receive_in_vain_without_waiting(void)
{
    sweep(&receiving_nothing, (subject){.waits = 0}, case_gets_all, rarely());
}

static void peek_and_poll(void)
{
    sweep(&peeking, (subject){.waits = 1}, case_gets_all, rarely());
}

static void wait_any(void)
{
    sweep(&waiting, (subject){.waits = 1}, case_gets_all, rarely());
}

static void wait_any_that_waits(void)
{
    sweep(&waiting_long, (subject){.waits = 0}, case_gets_all, very_rarely());
}

static void close_while_nobody_waits(void)
{
    sweep(&closing, (subject){.sends = 0}, case_gets_all, rarely());
}

static void close_before_one_that_receives(void)
{
    sweep(&closing, (subject){.role = RECEIVES}, partner_comes_to_an_end, beside_a_sleeper());
}

static void close_before_one_that_sends(void)
{
    sweep(&closing, (subject){.role = SENDS}, partner_comes_to_an_end, beside_a_sleeper());
}

static void close_while_another_begins_anew(void)
{
    subject s = {.name = fresh_name()};
    step_report report;

    board_need_races();
    test_deadline(280);
    fill_pattern();
    s.pipe = open_end(s.name, BYN_PIPE_NEITHER);
    report = step_switch(&closing_last, s.name, begin_anew, it_stays_open, &s, 3 * often());
    printf("     %u times it was too early, %u times it began anew\n", s.as_before, s.done);
    byn_pipe_close(s.pipe);
    step_check(report);
}

static void shut_down_before_one_that_receives(void)
{
    sweep(&shutting, (subject){.role = RECEIVES}, partner_comes_to_an_end, beside_a_sleeper());
}

static void open_while_nobody_waits(void)
{
    sweep(&opening, (subject){.opens = true}, case_gets_all, very_rarely());
}

static void open_before_one_that_receives(void)
{
    sweep(&opening, (subject){.role = RECEIVES, .opens = true}, partner_comes_to_an_end,
          very_rarely());
}

static void open_where_all_is_over(void)
{
    sweep(&opening_anew, (subject){.looks_only = true}, nothing_is_left, very_rarely());
}

static void find_out_that_the_other_is_dead(void)
{
    sweep(&finding, (subject){.looks_only = true, .dead = true}, both_are_dead, very_rarely());
}

static const test_case cases[] = {
    TEST(send_while_nobody_waits),
    TEST(send_to_one_that_waits),
    TEST(send_around_the_end_of_the_ring),
    TEST(send_that_waits_for_room),
    TEST(receive_while_nobody_waits),
    TEST(receive_from_one_that_waits_for_room),
    TEST(receive_that_waits),
    TEST(receive_in_vain_without_waiting),
    TEST(peek_and_poll),
    TEST(wait_any),
    TEST(wait_any_that_waits),
    TEST(close_while_nobody_waits),
    TEST(close_before_one_that_receives),
    TEST(close_before_one_that_sends),
    TEST(close_while_another_begins_anew),
    TEST(shut_down_before_one_that_receives),
    TEST(open_while_nobody_waits),
    TEST(open_before_one_that_receives),
    TEST(open_where_all_is_over),
    TEST(find_out_that_the_other_is_dead),
    TEST_END,
};

static const peer_entry peers[] = {PEER(partner),           STEP(sending),   STEP(sending_more),
                                   STEP(sending_late),      STEP(receiving), STEP(receiving_late),
                                   STEP(receiving_nothing), STEP(peeking),   STEP(waiting),
                                   STEP(waiting_long),      STEP(closing),   STEP(closing_last),
                                   STEP(shutting),          STEP(opening),   STEP(opening_anew),
                                   STEP(finding),           PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, CRASH_NAME, cases, peers);
}
