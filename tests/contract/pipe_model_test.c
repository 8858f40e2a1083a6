/* byn_pipe against a plain model, and in use by many at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "remote.h"
#include "support.h"

static byn_status open_end(byn_pipe **pipe, const char *name, byn_pipe_end end)
{
    return byn_pipe_open(pipe, name, &BYN_OPTIONS(byn_pipe_options, .end = end));
}

static byn_pipe_info look(byn_pipe *pipe)
{
    byn_pipe_info info = {.struct_size = sizeof info};

    CHECK_STATUS(byn_pipe_holders(pipe, &info), BYN_OK);
    return info;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void fill(unsigned char *bytes, size_t size, uint32_t seed)
{
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 131 + (i >> 8) * 7 + seed);
}

/* ---- Many at once */

enum { EACH = 3000, MOST_BYTES = 90 };

/* Sends its messages and receives as many; each begins with its sender's letter and its number. */
static int sends_and_receives(peer_self *self, int argc, char **argv)
{
    byn_pipe *pipe = NULL;
    uint32_t random = (uint32_t)atoi(argv[2]), next[2] = {0, 0}, i;
    unsigned char bytes[MOST_BYTES];

    (void)argc;
    REQUIRE(open_end(&pipe, argv[0], (byn_pipe_end)atoi(argv[1])) >= 0);
    peer_say(self, "ready");
    REQUIRE(peer_wait(self, "go"));
    for (i = 0; i < EACH; i++) {
        size_t size = 8 + next_random(&random) % (MOST_BYTES - 8);
        uint32_t head[2] = {(uint32_t)atoi(argv[2]) & 1, i};

        fill(bytes, size, i);
        memcpy(bytes, head, sizeof head);
        REQUIRE_STATUS(byn_pipe_send(pipe, bytes, size, 90000), BYN_OK);
        size = sizeof bytes;
        REQUIRE_STATUS(byn_pipe_receive(pipe, bytes, &size, 90000), BYN_OK);
        memcpy(head, bytes, sizeof head);
        REQUIRE(head[0] < 2 && head[1] >= next[head[0]]); /* another thread has the others */
        next[head[0]] = head[1] + 1;
        REQUIRE(size == 8 || bytes[size - 1] == (unsigned char)((size - 1) * 131 + head[1]));
    }
    byn_pipe_close(pipe);
    return 0;
}

static void many_threads_at_each_end(peer_kind kind)
{
    const char *name = fresh_name();
    byn_pipe *looks = NULL;
    peer *peers[4];
    char end[8], seed[8];
    int i, count = kind == PEER_THREAD ? 4 : 2;

    REQUIRE_STATUS(
        byn_pipe_open(&looks, name,
                      &BYN_OPTIONS(byn_pipe_options, .capacity = 700, .end = BYN_PIPE_NEITHER)),
        BYN_CREATED);
    for (i = 0; i < count; i++) {
        (void)snprintf(end, sizeof end, "%d", 1 + i % 2);
        (void)snprintf(seed, sizeof seed, "%d", 2 * i + i / 2);
        peers[i] = peer_start(kind, "sends_and_receives", name, end, seed, NULL);
        peer_expect(peers[i], "ready");
    }
    for (i = 0; i < count; i++)
        peer_tell(peers[i], "go");
    for (i = 0; i < count; i++)
        CHECK_INT(peer_finish(peers[i]), 0);
    CHECK_INT(look(looks).first.messages + look(looks).second.messages, 0);
    byn_pipe_close(looks);
}

static void two_processes_at_once(void)
{
    many_threads_at_each_end(PEER_PROCESS);
}

static void four_threads_at_once(void)
{
    many_threads_at_each_end(PEER_THREAD);
}

/* ---- Against a plain model, of a process that has both ends */

enum { MODEL_CAPACITY = 1000, MODEL_LARGEST = 300, MODEL_MOST = 200, STEPS = 20000 };

typedef struct model_way {
    size_t sizes[MODEL_MOST];
    uint32_t seeds[MODEL_MOST];
    unsigned count;
    size_t used;
} model_way;

typedef struct model {
    const char *name;
    byn_pipe *looks; /* so that the object stays */
    byn_pipe *ends[2];
    bool over[2];
    model_way to[2];
    unsigned sent, received, begun;
} model;

/* What a message takes of the capacity. */
static size_t taken(size_t size)
{
    return 8 + (size + 7) / 8 * 8;
}

static void model_send(model *m, unsigned end, uint32_t *random)
{
    size_t size = next_random(random) % 3 == 0 ? next_random(random) % 16
                                               : next_random(random) % (MODEL_LARGEST + 8);
    model_way *way = &m->to[1 - end];
    unsigned char bytes[MODEL_LARGEST + 8];
    byn_status expected = BYN_OK;

    if (size > MODEL_LARGEST)
        expected = BYN_E_TOOBIG;
    else if (m->over[1 - end])
        expected = BYN_E_CLOSED;
    else if (way->used + taken(size) > MODEL_CAPACITY)
        expected = BYN_E_TIMEDOUT;
    fill(bytes, size, m->sent);
    CHECK_STATUS(byn_pipe_send(m->ends[end], bytes, size, BYN_NOW), expected);
    if (expected != BYN_OK)
        return;
    way->sizes[way->count] = size;
    way->seeds[way->count++] = m->sent++;
    way->used += taken(size);
}

static void model_receive(model *m, unsigned end, uint32_t *random)
{
    model_way *way = &m->to[end];
    size_t room = next_random(random) % 4 == 0 ? next_random(random) % 100 : MODEL_LARGEST;
    size_t size = room, peeked = 9999;
    unsigned char bytes[MODEL_LARGEST], wanted[MODEL_LARGEST];
    byn_status expected = way->count > 0     ? BYN_OK
                          : m->over[1 - end] ? BYN_E_CLOSED
                                             : BYN_E_TIMEDOUT;

    CHECK_STATUS(byn_pipe_peek(m->ends[end], &peeked, BYN_NOW), expected);
    CHECK_INT(peeked, way->count > 0 ? way->sizes[0] : 9999);
    if (way->count > 0 && way->sizes[0] > room)
        expected = BYN_E_TOOBIG;
    CHECK_STATUS(byn_pipe_receive(m->ends[end], bytes, &size, BYN_NOW), expected);
    CHECK_INT(size, way->count > 0 ? way->sizes[0] : room);
    if (expected != BYN_OK)
        return;
    fill(wanted, size, way->seeds[0]);
    CHECK(memcmp(bytes, wanted, size) == 0);
    way->used -= taken(size);
    way->count--;
    memmove(way->sizes, way->sizes + 1, way->count * sizeof way->sizes[0]);
    memmove(way->seeds, way->seeds + 1, way->count * sizeof way->seeds[0]);
    m->received++;
}

static void model_close(model *m, unsigned end)
{
    byn_pipe_close(m->ends[end]);
    m->ends[end] = NULL;
    m->over[end] = true;
}

static void model_open(model *m, unsigned end)
{
    bool begins = m->over[0] && m->over[1];

    CHECK_STATUS(open_end(&m->ends[end], m->name, end == 0 ? BYN_PIPE_FIRST : BYN_PIPE_SECOND),
                 m->over[end] && !begins ? BYN_E_CLOSED : BYN_OK);
    if (!begins)
        return;
    m->over[0] = m->over[1] = false;
    m->to[0].count = m->to[1].count = 0;
    m->to[0].used = m->to[1].used = 0;
    m->begun++;
}

static void model_step(model *m, uint32_t *random)
{
    unsigned end = next_random(random) % 2, what = next_random(random) % 100;
    byn_pipe_info info;

    if (m->ends[end] == NULL)
        model_open(m, end);
    else if (what < 48)
        model_send(m, end, random);
    else if (what < 98)
        model_receive(m, end, random);
    else if (what == 98 && next_random(random) % 8 == 0)
        model_close(m, end);
    info = look(m->looks);
    CHECK_INT(info.first.messages, m->to[0].count);
    CHECK_INT(info.second.messages, m->to[1].count);
    CHECK_INT(info.first.bytes, m->to[0].used);
    CHECK_INT(info.second.bytes, m->to[1].used);
}

static void random_steps_equal_the_model(void)
{
    model m = {.name = fresh_name()};
    uint32_t seed = (uint32_t)platform_milliseconds() ^ (uint32_t)platform_pid(), random = seed;
    int i;

    REQUIRE_STATUS(byn_pipe_open(&m.looks, m.name,
                                 &BYN_OPTIONS(byn_pipe_options, .capacity = MODEL_CAPACITY,
                                              .largest = MODEL_LARGEST, .end = BYN_PIPE_NEITHER)),
                   BYN_CREATED);
    for (i = 0; i < STEPS && i >= 0; i++) {
        unsigned before = runner_failures();

        model_step(&m, &random);
        if (runner_failures() != before)
            i = -2;
    }
    printf("     seed %u: %u sent, %u received, begun anew %u times\n", (unsigned)seed, m.sent,
           m.received, m.begun);
    byn_pipe_close(m.ends[0]);
    byn_pipe_close(m.ends[1]);
    byn_pipe_close(m.looks);
}

static const test_case cases[] = {TEST(random_steps_equal_the_model), TEST(two_processes_at_once),
                                  TEST(four_threads_at_once), TEST_END};

static const peer_entry peers[] = {PEER(sends_and_receives), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pipe_model", cases, peers);
}
