/*
 * A list that processes change in all ways at once, and are killed at random in it. No element is torn,
 * and none is there twice; who has its lock finds what it guards whole, unless a death is told; and in the
 * end no block has leaked.
 */
#include "herd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list_state.h"

enum { PROCESSES = 6, FEW = 300, LARGEST = 400 };

/* Words of the board. */
enum { TORN = HERD_WORDS, WRONG, ABANDONED, OPERATIONS, TOKENS, PAIR_A, PAIR_B };

typedef struct element {
    uint64_t token; /* nobody makes it twice */
    unsigned char bytes[LARGEST];
} element;

typedef struct member {
    board *b;
    byn_list *list;
    unsigned random;
} member;

static size_t fill(element *e, uint64_t token)
{
    size_t extra = token * 7 % LARGEST;

    e->token = token;
    memset(e->bytes, (int)(token % 251), extra);
    return sizeof token + extra;
}

static bool is_torn(const void *data, size_t size)
{
    element expected;
    uint64_t token;

    if (size < sizeof token)
        return true;
    memcpy(&token, data, sizeof token);
    return fill(&expected, token) != size || memcmp(&expected, data, size) != 0;
}

static void check(member *m, const void *data, size_t size, const char *what)
{
    if (!is_torn(data, size))
        return;
    fprintf(stderr, "%s: an element is torn\n", what);
    apr_atomic_inc32(&m->b->word[TORN]);
}

/* Others change the list meanwhile: an index may be gone. */
static void must(member *m, const char *what, byn_status status)
{
    (void)herd_expect(m->b, status == BYN_OK || status == BYN_E_NOTFOUND, what, status);
}

static void put(member *m, uint64_t count)
{
    int64_t index = (int64_t)herd_random(&m->random, (unsigned)count + 1);
    element e;
    size_t size = fill(&e, apr_atomic_inc32(&m->b->word[TOKENS]));

    switch (herd_random(&m->random, 4)) {
    case 0:
        must(m, "append", byn_list_append(m->list, &e, size));
        break;
    case 1:
        must(m, "insert", byn_list_insert(m->list, 0, &e, size));
        break;
    case 2:
        must(m, "insert", byn_list_insert(m->list, index, &e, size));
        break;
    default:
        must(m, "set", byn_list_set(m->list, index, &e, size));
    }
}

static void take(member *m, uint64_t count)
{
    int64_t index = (int64_t)herd_random(&m->random, (unsigned)count + 1);
    element e;
    size_t size = sizeof e;
    byn_status status;

    if (herd_random(&m->random, 3) == 0) {
        must(m, "remove", byn_list_remove(m->list, index));
        return;
    }
    status = byn_list_pop(m->list, herd_random(&m->random, 2) == 0 ? -1 : index, &e, &size);
    must(m, "pop", status);
    if (status >= 0)
        check(m, &e, size, "pop");
}

static int by_token(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

/* All elements of one moment: none is torn, and none is there twice. */
static void look_at_all(member *m)
{
    byn_list_iterator *iterator = NULL;
    byn_list_element found;
    uint64_t tokens[4 * FEW];
    size_t count = 0, i;
    byn_status status = byn_list_iterator_open(&iterator, m->list);

    herd_must(m->b, "iterate", status);
    if (status < 0)
        return;
    while (count < 4 * FEW && byn_list_iterator_next(iterator, &found) >= 0) {
        check(m, found.data, found.size, "iterate");
        memcpy(&tokens[count++], found.data, sizeof *tokens);
    }
    byn_list_iterator_close(iterator);
    qsort(tokens, count, sizeof *tokens, by_token);
    for (i = 1; i < count; i++)
        if (tokens[i - 1] == tokens[i])
            apr_atomic_inc32(&m->b->word[WRONG]);
}

/* Whether all that it derives is right, and all blocks are its own. */
static void look_inside(member *m)
{
    const char *wrong;
    byn_status status = byni_list_lock_guard(m->list);

    herd_must(m->b, "guard", status);
    if (status < 0)
        return;
    wrong = byni_list_verify(&m->list->heap);
    byni_list_unlock_guard(m->list);
    if (wrong == NULL)
        return;
    fprintf(stderr, "%s\n", wrong);
    apr_atomic_inc32(&m->b->word[WRONG]);
}

static void look(member *m, uint64_t count)
{
    int64_t index = (int64_t)herd_random(&m->random, (unsigned)count + 1);
    element e;
    size_t size = sizeof e;
    byn_status status = byn_list_get(m->list, index, &e, &size);

    must(m, "get", status);
    if (status >= 0)
        check(m, &e, size, "get");
    if (herd_random(&m->random, 20) == 0)
        look_at_all(m);
    if (herd_random(&m->random, 50) == 0)
        look_inside(m);
}

static void lock(member *m)
{
    byn_status status = byn_list_lock(m->list, HERD_LATE);

    if (!herd_expect(m->b, status >= 0, "lock", status))
        return;
    if (status == BYN_ABANDONED)
        apr_atomic_inc32(&m->b->word[ABANDONED]);
    else if (m->b->word[PAIR_A] != m->b->word[PAIR_B])
        apr_atomic_inc32(&m->b->word[TORN]);
    m->b->word[PAIR_A]++;
    if (herd_random(&m->random, 16) == 0)
        board_pause();
    m->b->word[PAIR_B] = m->b->word[PAIR_A];
    herd_must(m->b, "unlock", byn_list_unlock(m->list));
}

static void once(member *m)
{
    uint64_t count = 0;

    herd_must(m->b, "count", byn_list_count(m->list, &count));
    switch (herd_random(&m->random, 8)) {
    case 0:
        lock(m);
        break;
    case 1:
    case 2:
        look(m, count);
        break;
    default:
        if (herd_random(&m->random, 2 * FEW) > count)
            put(m, count);
        else
            take(m, count);
    }
    if (herd_random(&m->random, 20000) == 0)
        herd_must(m->b, "clear", byn_list_clear(m->list));
    apr_atomic_inc32(&m->b->word[OPERATIONS]);
}

static int changes(peer_self *self, int argc, char **argv)
{
    member m = {.b = board_open(argv[0])};
    unsigned index = (unsigned)atoi(argv[1]);

    (void)self;
    (void)argc;
    m.random = board_pid() ^ board_ms();
    if (byn_list_open(&m.list, argv[0], NULL) < 0) {
        fprintf(stderr, "%s\n", byn_last_error());
        return 1;
    }
    while (herd_goes_on(m.b, index))
        once(&m);
    byn_list_close(m.list);
    return 0;
}

/* The list went with them. */
static void begin_anew(board *b)
{
    b->word[PAIR_B] = b->word[PAIR_A];
}

static void a_list_survives_random_kills(void)
{
    herd h = {.name = fresh_name(), .peer = "changes", .count = PROCESSES, .reset = begin_anew};

    herd_run(&h);
    printf("     %u kills, %u operations, %u told of a death\n", h.kills, h.b->word[OPERATIONS],
           h.b->word[ABANDONED]);
    CHECK_INT(h.b->word[TORN], 0);
    CHECK_INT(h.b->word[WRONG], 0);
    CHECK(h.b->word[OPERATIONS] > 0);
    board_destroy(h.name);
}

static const test_case cases[] = {TEST(a_list_survives_random_kills), TEST_END};

static const peer_entry peers[] = {PEER(changes), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "stress.list_torture", cases, peers);
}
