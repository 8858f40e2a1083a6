/*
 * The half of the test that holds data. What each promises:
 *
 *   value      as high as additions were made, but for those that a death may have cut off
 *   array      what is written under its lock is whole, unless a death is told
 *   queue      messages are whole, and those of one putter in order; none is lost or doubled but by a death
 *   on trial   with acknowledge none is lost by any death
 *   pipe       one conversation: the other's messages from the first on, in order, none missing
 *   dict       values are whole, and those that are counted up as high as they were; no byte leaked
 *   list       elements are whole, as many as went in and not out; its heap has no byte leaked
 *
 * Going in and out is written down on the board before and after, so that a death makes the difference
 * between the two, and both are bounds.
 */
#include "everything.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dict_state.h"
#include "list_state.h"

enum { SLOTS = 64, LARGEST = 600, TALK = 4, VERIFY = 16 };

struct data_objects {
    byn_value *value;
    byn_array *array;
    byn_queue *queue, *trial;
    byn_list *list;
    byn_dict *dict;
    uint64_t sequence;
    uint64_t heard[HERD_MOST], of[HERD_MOST]; /* the last message of each putter, and its process */
};

static apr_uint32_t word(const objects *o, unsigned at)
{
    return apr_atomic_read32(&o->b->word[at]);
}

/* ---- Messages that show whether they are whole ------------------------------------------------------ */

typedef struct message {
    uint32_t putter, process;
    uint64_t sequence;
    uint64_t sum;
    unsigned char rest[LARGEST];
} message;

enum { HEAD = offsetof(message, rest) };

static uint64_t sum_of(const message *m, size_t size)
{
    uint64_t sum = m->sequence * 31 + m->process + size;
    size_t i;

    for (i = 0; i < size - HEAD; i++)
        sum = sum * 1099511628211u + m->rest[i];
    return sum;
}

static size_t write_message(objects *o, message *m)
{
    size_t size = HEAD + herd_random(&o->random, herd_random(&o->random, 8) == 0 ? LARGEST : 60);

    m->putter = o->index;
    m->process = board_pid();
    m->sequence = ++o->data->sequence;
    memset(m->rest, (int)m->sequence, size - HEAD);
    m->sum = sum_of(m, size);
    return size;
}

static bool is_whole(const message *m, size_t size)
{
    return size >= HEAD && size <= sizeof *m && m->putter < HERD_MOST && m->sum == sum_of(m, size);
}

/* ---- What went in and out ---------------------------------------------------------------------------- */

static void note(objects *o, unsigned ledger, unsigned what)
{
    apr_atomic_inc32(&o->b->word[ledger + what]);
}

/* What is known before a count is taken, and what after, bound it. */
typedef struct bounds {
    int64_t in_done, in_refused, out_refused, out_done;
} bounds;

static bounds look_before(const objects *o, unsigned ledger)
{
    return (bounds){word(o, ledger + IN_DONE), word(o, ledger + IN_REFUSED),
                    word(o, ledger + OUT_REFUSED), word(o, ledger + OUT_DONE)};
}

static void check_count(objects *o, unsigned ledger, const bounds *before, uint64_t count,
                        const char *what)
{
    int64_t least = before->in_done - (word(o, ledger + OUT_BEGUN) - before->out_refused);
    int64_t most = (int64_t)word(o, ledger + IN_BEGUN) - before->in_refused - before->out_done;

    if ((int64_t)count < least || (int64_t)count > most) {
        fprintf(stderr, "%s: %lld, and not %lld to %lld\n", what, (long long)count,
                (long long)least, (long long)most);
        violation(o, what);
    }
}

/* ---- Value ------------------------------------------------------------------------------------------ */

static void add_to_value(objects *o)
{
    bounds before = look_before(o, VALUE_LEDGER);
    int64_t number = -1;

    note(o, VALUE_LEDGER, IN_BEGUN);
    herd_must(o->b, "value_add", byn_value_add(o->data->value, 1, NULL));
    note(o, VALUE_LEDGER, IN_DONE);
    herd_must(o->b, "value_get", byn_value_get(o->data->value, &number));
    check_count(o, VALUE_LEDGER, &before, (uint64_t)number, "a value counts every addition");
}

static void await_value(objects *o)
{
    int64_t known = 0;

    herd_must(o->b, "value_get", byn_value_get(o->data->value, &known));
    (void)one_of(o, "value_wait_change", byn_value_wait_change(o->data->value, &known, 5),
                 BYN_E_TIMEDOUT, BYN_E_TIMEDOUT);
}

/* ---- Array ------------------------------------------------------------------------------------------ */

static void rewrite_array(objects *o)
{
    int64_t slots[SLOTS];
    byn_status status = byn_array_lock(o->data->array, HERD_LATE);
    unsigned i;

    if (!held(o, "array_lock", status))
        return;
    herd_must(o->b, "array_read", byn_array_read(o->data->array, 0, SLOTS, slots, BYN_NOW));
    for (i = 1; i < SLOTS && status == BYN_OK; i++)
        if (slots[i] != slots[0]) {
            violation(o, "an array is whole under its lock");
            break;
        }
    for (i = 0; i < SLOTS; i++)
        slots[i] = (int64_t)o->random;
    herd_must(o->b, "array_write", byn_array_write(o->data->array, 0, SLOTS / 2, slots, BYN_NOW));
    herd_must(o->b, "array_write",
              byn_array_write(o->data->array, SLOTS / 2, SLOTS / 2, slots, BYN_NOW));
    herd_must(o->b, "array_unlock", byn_array_unlock(o->data->array));
}

/* ---- Queue ------------------------------------------------------------------------------------------ */

static void put_message(objects *o)
{
    message m;
    size_t size = write_message(o, &m);
    byn_status status;

    note(o, QUEUE_LEDGER, IN_BEGUN);
    status = byn_queue_put(o->data->queue, &m, size, 5);
    note(o, QUEUE_LEDGER, status < 0 ? IN_REFUSED : IN_DONE);
    (void)one_of(o, "queue_put", status, BYN_E_TIMEDOUT, BYN_E_TIMEDOUT);
}

/* Of one putter they come in order, to whoever gets them. */
static void hear(objects *o, const message *m)
{
    data_objects *d = o->data;

    if (d->of[m->putter] == m->process && d->heard[m->putter] >= m->sequence)
        violation(o, "messages of one putter come in order, and once");
    d->of[m->putter] = m->process;
    d->heard[m->putter] = m->sequence;
}

static void get_message(objects *o)
{
    bounds before = look_before(o, QUEUE_LEDGER);
    message m;
    size_t size = sizeof m;
    uint64_t count = 0;
    byn_status status = byn_queue_count(o->data->queue, &count);

    herd_must(o->b, "queue_count", status);
    check_count(o, QUEUE_LEDGER, &before, count, "no message of a queue is lost or doubled");
    note(o, QUEUE_LEDGER, OUT_BEGUN);
    status = byn_queue_get(o->data->queue, &m, &size, 5);
    note(o, QUEUE_LEDGER, status < 0 ? OUT_REFUSED : OUT_DONE);
    if (!one_of(o, "queue_get", status, BYN_E_TIMEDOUT, BYN_E_TIMEDOUT) || status < 0)
        return;
    if (!is_whole(&m, size))
        violation(o, "a message of a queue is whole");
    else
        hear(o, &m);
}

/* ---- Queue with acknowledge -------------------------------------------------------------------------- */

static void put_on_trial(objects *o)
{
    message m;
    size_t size = write_message(o, &m);
    byn_status status;

    note(o, TRIAL_LEDGER, IN_BEGUN);
    status = byn_queue_put(o->data->trial, &m, size, 5);
    note(o, TRIAL_LEDGER, status < 0 ? IN_REFUSED : IN_DONE);
    (void)one_of(o, "queue_put", status, BYN_E_TIMEDOUT, BYN_E_TIMEDOUT);
}

/* Whether it is acknowledged, given back, or left to the end of this process. */
static void settle(objects *o, uint64_t ticket)
{
    unsigned how = herd_random(&o->random, 4);

    if (how == 0) {
        herd_must(o->b, "queue_give_back", byn_queue_give_back(o->data->trial, ticket));
        return;
    }
    if (how == 1)
        board_pause();
    note(o, TRIAL_LEDGER, OUT_BEGUN);
    herd_must(o->b, "queue_acknowledge", byn_queue_acknowledge(o->data->trial, ticket));
    note(o, TRIAL_LEDGER, OUT_DONE);
}

static void receive_on_trial(objects *o)
{
    bounds before = look_before(o, TRIAL_LEDGER);
    byn_queue_info info = {.struct_size = sizeof info};
    message m;
    size_t size = sizeof m;
    uint64_t ticket = 0;
    byn_status status;

    herd_must(o->b, "queue_describe", byn_queue_describe(o->data->trial, &info));
    check_count(o, TRIAL_LEDGER, &before, info.count + info.received,
                "no death costs a message that is acknowledged");
    status = byn_queue_receive(o->data->trial, &m, &size, &ticket, 5);
    if (!one_of(o, "queue_receive", status, BYN_ABANDONED, BYN_E_TIMEDOUT) || status < 0)
        return;
    if (!is_whole(&m, size))
        violation(o, "a message on trial is whole");
    settle(o, ticket);
}

/* ---- Pipe ------------------------------------------------------------------------------------------- */

static bool says(objects *o, byn_pipe *pipe, uint64_t number)
{
    message m = {.sequence = number, .process = board_pid(), .putter = o->index};
    byn_status status;

    m.sum = sum_of(&m, HEAD + 8);
    status = byn_pipe_send(pipe, &m, HEAD + 8, 5);
    return herd_expect(o->b, status == BYN_OK || status == BYN_E_TIMEDOUT || status == BYN_E_CLOSED,
                       "pipe_send", status) &&
           status == BYN_OK;
}

static bool hears(objects *o, byn_pipe *pipe, uint64_t number, uint32_t *of)
{
    message m;
    size_t size = sizeof m;
    byn_status status = byn_pipe_receive(pipe, &m, &size, 5);

    if (!herd_expect(o->b, status == BYN_OK || status == BYN_E_TIMEDOUT || status == BYN_E_CLOSED,
                     "pipe_receive", status) ||
        status < 0)
        return false;
    if (number == 0)
        *of = m.process;
    if (!is_whole(&m, size) || m.sequence != number || m.process != *of)
        violation(o, "a pipe is one conversation, in order");
    apr_atomic_inc32(&o->b->word[MESSAGES]);
    return true;
}

static void converse(objects *o)
{
    uint64_t said = 0, heard = 0;
    uint32_t of = 0;
    byn_pipe *pipe = NULL;
    char name[300];
    byn_status status = byn_pipe_open(&pipe, called(name, o->name, "pipe"), NULL);
    unsigned i;

    if (status == BYN_E_EXISTS || status == BYN_E_CLOSED)
        return;
    if (!herd_expect(o->b, status >= 0, "pipe_open", status))
        return;
    apr_atomic_inc32(&o->b->word[CONVERSATIONS]);
    for (i = 0; i < TALK; i++) {
        said += says(o, pipe, said);
        heard += hears(o, pipe, heard, &of);
    }
    byn_pipe_close(pipe);
}

/* ---- List ------------------------------------------------------------------------------------------- */

static int64_t any_index(objects *o)
{
    int64_t index = herd_random(&o->random, 12);

    return herd_random(&o->random, 2) == 0 ? index : -1 - index;
}

static void add_to_list(objects *o)
{
    message m;
    size_t size = write_message(o, &m);
    byn_status status;

    note(o, LIST_LEDGER, IN_BEGUN);
    status = herd_random(&o->random, 2) == 0
                 ? byn_list_append(o->data->list, &m, size)
                 : byn_list_insert(o->data->list, any_index(o), &m, size);
    note(o, LIST_LEDGER, status < 0 ? IN_REFUSED : IN_DONE);
    (void)one_of(o, "list_append", status, BYN_E_NOTFOUND, BYN_E_LIMIT);
}

static void take_from_list(objects *o)
{
    bounds before = look_before(o, LIST_LEDGER);
    message m;
    size_t size = sizeof m;
    uint64_t count = 0;
    byn_status status = byn_list_count(o->data->list, &count);

    herd_must(o->b, "list_count", status);
    check_count(o, LIST_LEDGER, &before, count, "no element of a list is lost or doubled");
    note(o, LIST_LEDGER, OUT_BEGUN);
    status = byn_list_pop(o->data->list, any_index(o), &m, &size);
    note(o, LIST_LEDGER, status < 0 ? OUT_REFUSED : OUT_DONE);
    if (one_of(o, "list_pop", status, BYN_E_NOTFOUND, BYN_E_LIMIT) && status >= 0 &&
        !is_whole(&m, size))
        violation(o, "an element of a list is whole");
}

static void change_list(objects *o)
{
    message m;
    size_t size = write_message(o, &m);
    byn_status status = byn_list_set(o->data->list, any_index(o), &m, size);

    (void)one_of(o, "list_set", status, BYN_E_NOTFOUND, BYN_E_LIMIT);
    size = sizeof m;
    status = byn_list_get(o->data->list, any_index(o), &m, &size);
    if (one_of(o, "list_get", status, BYN_E_NOTFOUND, BYN_E_NOTFOUND) && status >= 0 &&
        !is_whole(&m, size))
        violation(o, "an element of a list is whole");
}

static void verify_list(objects *o)
{
    const char *fault;

    if (herd_random(&o->random, VERIFY) != 0)
        return;
    if (!herd_expect(o->b, byni_list_lock_guard(o->data->list) >= 0, "the list's guard", BYN_E_OS))
        return;
    fault = byni_list_verify(&o->data->list->heap);
    byni_list_unlock_guard(o->data->list);
    if (fault != NULL)
        violation(o, fault);
}

/* ---- Dict ------------------------------------------------------------------------------------------- */

static const char *any_key(objects *o, char key[16])
{
    (void)snprintf(key, 16, "key%u", herd_random(&o->random, 40));
    return key;
}

static void put_in_dict(objects *o)
{
    char key[16];
    message m;
    size_t size = write_message(o, &m);
    byn_status status;

    any_key(o, key);
    status = herd_random(&o->random, 4) == 0
                 ? byn_dict_remove(o->data->dict, key, strlen(key))
                 : byn_dict_put(o->data->dict, key, strlen(key), &m, size);
    if (status != BYN_CREATED)
        (void)one_of(o, "dict_put", status, BYN_E_NOTFOUND, BYN_E_LIMIT);
}

static void get_from_dict(objects *o)
{
    char key[16];
    message m;
    size_t size = sizeof m;
    byn_status status;

    any_key(o, key);
    status = byn_dict_get(o->data->dict, key, strlen(key), &m, &size);
    if (one_of(o, "dict_get", status, BYN_E_NOTFOUND, BYN_E_NOTFOUND) && status >= 0 &&
        !is_whole(&m, size))
        violation(o, "a value of a dict is whole");
}

static void count_in_dict(objects *o)
{
    bounds before = look_before(o, DICT_LEDGER);
    int64_t number = 0;
    byn_status status;

    note(o, DICT_LEDGER, IN_BEGUN);
    status = byn_dict_add_int64(o->data->dict, "counter", 1, &number);
    note(o, DICT_LEDGER, IN_DONE);
    if (status == BYN_CREATED || herd_expect(o->b, status == BYN_OK, "dict_add_int64", status))
        check_count(o, DICT_LEDGER, &before, (uint64_t)number, "a dict counts every addition");
}

static void walk_dict(objects *o)
{
    byn_dict_iterator *iterator;
    byn_dict_entry entry;
    byn_status status = byn_dict_iterator_open(&iterator, o->data->dict);
    message m;

    if (!herd_expect(o->b, status == BYN_OK, "dict_iterator_open", status))
        return;
    while (byn_dict_iterator_next(iterator, &entry) == BYN_OK) {
        if (entry.value_size == sizeof(int64_t))
            continue;
        memset(&m, 0, sizeof m);
        memcpy(&m, entry.value, entry.value_size < sizeof m ? entry.value_size : sizeof m);
        if (!is_whole(&m, entry.value_size))
            violation(o, "a value of a dict's picture is whole");
    }
    byn_dict_iterator_close(iterator);
}

static void verify_dict(objects *o)
{
    const char *fault;

    if (herd_random(&o->random, VERIFY) != 0)
        return;
    if (!herd_expect(o->b, byni_dict_lock_guard(o->data->dict) >= 0, "the dict's guard", BYN_E_OS))
        return;
    fault = byni_dict_verify(o->data->dict);
    byni_dict_unlock_guard(o->data->dict);
    if (fault != NULL)
        violation(o, fault);
}

/* ---- All -------------------------------------------------------------------------------------------- */

const deed data_deeds[] = {
    add_to_value,     await_value,   rewrite_array, put_message,    get_message, put_on_trial,
    receive_on_trial, converse,      add_to_list,   take_from_list, change_list, verify_list,
    put_in_dict,      get_from_dict, count_in_dict, walk_dict,      verify_dict,
};
const unsigned data_deed_count = sizeof data_deeds / sizeof data_deeds[0];

static void open_queues(objects *o)
{
    char name[300];

    REQUIRE(byn_queue_open(&o->data->queue, called(name, o->name, "queue"),
                           &BYN_OPTIONS(byn_queue_options, .capacity = 8192,
                                        .largest = sizeof(message))) >= 0);
    REQUIRE(byn_queue_open(&o->data->trial, called(name, o->name, "trial"),
                           &BYN_OPTIONS(byn_queue_options, .capacity = 8192,
                                        .largest = sizeof(message), .acknowledge = true)) >= 0);
}

void data_open(objects *o)
{
    char name[300];

    o->data = calloc(1, sizeof *o->data);
    REQUIRE(o->data != NULL);
    REQUIRE(byn_value_open(&o->data->value, called(name, o->name, "value"), NULL) >= 0);
    REQUIRE(byn_array_open(&o->data->array, called(name, o->name, "array"),
                           &BYN_OPTIONS(byn_array_options, .length = SLOTS)) >= 0);
    open_queues(o);
    REQUIRE(byn_list_open(&o->data->list, called(name, o->name, "list"),
                          &BYN_OPTIONS(byn_list_options, .limit = 1 << 20)) >= 0);
    REQUIRE(byn_dict_open(&o->data->dict, called(name, o->name, "dict"),
                          &BYN_OPTIONS(byn_dict_options, .limit = 1 << 20)) >= 0);
}

void data_close(objects *o)
{
    byn_value_close(o->data->value);
    byn_array_close(o->data->array);
    byn_queue_close(o->data->queue);
    byn_queue_close(o->data->trial);
    byn_list_close(o->data->list);
    byn_dict_close(o->data->dict);
    free(o->data);
}

void data_reset(board *b)
{
    unsigned at;

    for (at = VALUE_LEDGER; at < LEDGERS_END; at++)
        apr_atomic_set32(&b->word[at], 0);
}
