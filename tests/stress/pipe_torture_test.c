/*
 * Pairs of processes talk through pipes and are killed at random.
 *
 * Each message tells who sent it and its number. In one conversation all are of one process, from 0 on, none
 * is missing, twice or torn; and it comes to an end when the other is killed, wherever it waited.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

enum { PAIRS = 2, PROCESSES = 2 * PAIRS, MOST = 300, WAIT = 500 };
enum { CONVERSATIONS = HERD_WORDS, CLOSED, MESSAGES };

typedef struct message {
    apr_uint32_t sender;
    apr_uint32_t number;
    unsigned char rest[MOST];
} message;

typedef struct talker {
    board *b;
    unsigned which; /* of all */
    unsigned random;
    byn_pipe *pipe;
    apr_uint32_t partner; /* 0: nothing has come yet */
    apr_uint32_t sent, received;
} talker;

/* Whether to wait on: nobody comes any more when all are to end. */
static bool waits_on(const talker *t, byn_status status, unsigned *waits)
{
    return status == BYN_E_TIMEDOUT && apr_atomic_read32(&t->b->word[HERD_STOP]) == 0 &&
           ++*waits < HERD_LATE / WAIT;
}

/* BYN_E_CLOSED ends a conversation. */
static byn_status send_one(talker *t)
{
    message m;
    size_t size = herd_random(&t->random, MOST);
    byn_status status;
    unsigned waits = 0;

    m.sender = board_pid();
    m.number = t->sent;
    memset(m.rest, (int)(m.number & 0xff), size);
    do
        status = byn_pipe_send(t->pipe, &m, 8 + size, WAIT);
    while (waits_on(t, status, &waits));
    t->sent += status >= 0;
    return status;
}

static byn_status receive_one(talker *t)
{
    message m;
    size_t size = sizeof m, i;
    unsigned waits = 0;
    byn_status status;

    do
        status = byn_pipe_receive(t->pipe, &m, &size, WAIT);
    while (waits_on(t, status, &waits));
    if (status < 0)
        return status;
    if (t->partner == 0)
        t->partner = m.sender;
    (void)herd_expect(t->b, m.sender == t->partner && m.sender != board_pid(),
                      "of another conversation", BYN_OK);
    (void)herd_expect(t->b, m.number == t->received, "a message is missing, or twice", BYN_OK);
    for (i = 0; i + 8 < size; i++)
        if (m.rest[i] != (m.number & 0xff))
            break;
    (void)herd_expect(t->b, i + 8 == size, "a torn message", BYN_OK);
    t->received++;
    apr_atomic_inc32(&t->b->word[MESSAGES]);
    return BYN_OK;
}

/* A few are sent, and then as many are received, so that nobody waits for each other for ever. */
static byn_status exchange(talker *t)
{
    const unsigned count = 4; /* the same at both ends */
    unsigned i;
    byn_status status = BYN_OK;

    for (i = 0; i < count && status >= 0; i++)
        status = send_one(t);
    for (i = 0; i < count && status >= 0; i++)
        status = receive_one(t);
    while (status == BYN_E_CLOSED && receive_one(t) >= 0)
        continue; /* what was on its way */
    return status;
}

/* Until the other is gone, or it is time to stop. */
static void converse(talker *t, const char *name)
{
    byn_pipe_options options = BYN_OPTIONS(byn_pipe_options, .capacity = 2000);
    byn_status status;

    options.end = t->which % 2 == 0 ? BYN_PIPE_FIRST : BYN_PIPE_SECOND;
    status = byn_pipe_open(&t->pipe, name, &options);
    if (status == BYN_E_CLOSED || status == BYN_E_EXISTS) {
        apr_thread_yield();
        return; /* the other has not seen yet that its partner is dead */
    }
    if (!herd_expect(t->b, status >= 0, "open", status))
        return;
    t->partner = t->sent = t->received = 0;
    apr_atomic_inc32(&t->b->word[CONVERSATIONS]);
    do
        status = exchange(t);
    while (status >= 0 && herd_goes_on(t->b, t->which));
    (void)herd_expect(
        t->b,
        status >= 0 || status == BYN_E_CLOSED ||
            (status == BYN_E_TIMEDOUT && apr_atomic_read32(&t->b->word[HERD_STOP]) != 0),
        "the end of a conversation", status);
    if (status == BYN_E_CLOSED)
        apr_atomic_inc32(&t->b->word[CLOSED]);
    byn_pipe_close(t->pipe);
}

static int talks(peer_self *self, int argc, char **argv)
{
    talker t = {0};
    char name[300];

    (void)argc;
    t.b = board_open(argv[0]);
    t.which = (unsigned)atoi(argv[1]);
    t.random = board_pid() ^ board_ms();
    (void)snprintf(name, sizeof name, "%s-%u", argv[0], t.which / 2);
    (void)self;
    while (herd_goes_on(t.b, t.which))
        converse(&t, name);
    return 0;
}

/* ---- In the case */

static void conversations_survive_random_kills(void)
{
    herd h = {.name = fresh_name(), .peer = "talks", .count = PROCESSES};

    herd_run(&h);
    printf("     %u kills, %u conversations, %u of them ended by the other, %u messages\n", h.kills,
           h.b->word[CONVERSATIONS], h.b->word[CLOSED], h.b->word[MESSAGES]);
    CHECK(h.kills > 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(conversations_survive_random_kills), TEST_END};
static const peer_entry peers[] = {PEER(talks), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.pipe_torture", cases, peers);
}
