/*
 * Broken and hostile segments. A peer keeps the object alive, so that it is not simply made anew,
 * while the case writes nonsense over its header; every opening must be refused with a reason, or be
 * harmless. What an object's file looks like is no secret: the path comes from byn_objects_visit().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>

#include "remote.h"

enum { HEADER = 1536, MOST = 16384 };

typedef struct victim {
    const char *name;
    const char *opening; /* a command of remote */
    peer *keeper;
    char place[600];
    apr_pool_t *pool;
    unsigned char sound[MOST];
    size_t size;
} victim;

static bool find_place(const byn_object_info *info, void *context)
{
    victim *v = context;

    if (strcmp(info->name, v->name) == 0)
        (void)snprintf(v->place, sizeof v->place, "%s", info->place);
    return true;
}

static void write_file(const victim *v, const unsigned char *bytes, size_t size)
{
    apr_file_t *file = NULL;

    REQUIRE(apr_file_open(&file, v->place, APR_FOPEN_WRITE | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT,
                          v->pool) == APR_SUCCESS);
    CHECK(size == 0 || apr_file_write_full(file, bytes, size, NULL) == APR_SUCCESS);
    CHECK(apr_file_trunc(file, (apr_off_t)size) == APR_SUCCESS);
    apr_file_close(file);
}

static victim *begin(const char *opening)
{
    static victim v;
    apr_file_t *file = NULL;

    if (test_on_windows())
        test_skip("sections of Windows have no file that others could write to");
    memset(&v, 0, sizeof v);
    v.name = fresh_name();
    v.opening = opening;
    v.keeper = remote_start(PEER_PROCESS);
    apr_pool_create(&v.pool, NULL);
    CHECK_STATUS(remote_call(v.keeper, opening, v.name), BYN_CREATED);
    CHECK_STATUS(byn_objects_visit(find_place, &v), BYN_OK);
    REQUIRE(v.place[0] != '\0');
    REQUIRE(apr_file_open(&file, v.place, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, v.pool) ==
            APR_SUCCESS);
    (void)apr_file_read_full(file, v.sound, sizeof v.sound, &v.size);
    apr_file_close(file);
    REQUIRE(v.size > HEADER);
    return &v;
}

/* The keeper lives, and the sound bytes are back. */
static void end(victim *v)
{
    write_file(v, v->sound, v->size);
    remote_end(v->keeper);
    CHECK_STATUS(byn_remove(v->name), BYN_E_NOTFOUND);
    apr_pool_destroy(v->pool);
}

static void nothing(void *context)
{
    (void)context;
}

static byn_status use_once(const char *name)
{
    byn_once *once = NULL;
    byn_status status = byn_once_open(&once, name, NULL);

    if (status < 0)
        return status;
    (void)byn_once_is_done(once);
    status = byn_once_run(once, nothing, NULL, BYN_NOW);
    CHECK(status == BYN_OK || status == BYN_ABANDONED || status == BYN_E_CORRUPT ||
          status == BYN_E_TIMEDOUT);
    byn_once_close(once);
    return BYN_OK;
}

static bool may_say(byn_status status)
{
    return status == BYN_OK || status == BYN_ABANDONED || status == BYN_E_TIMEDOUT ||
           status == BYN_E_CORRUPT;
}

static byn_status use_rwlock(const char *name)
{
    byn_rwlock_info info = {.struct_size = sizeof info};
    byn_rwlock *rwlock = NULL;
    byn_status status = byn_rwlock_open(&rwlock, name, NULL);

    if (status < 0)
        return status;
    status = byn_rwlock_lock(rwlock, BYN_NOW);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    status = byn_rwlock_lock_shared(rwlock, 2);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_rwlock_unlock(rwlock), BYN_OK);
    CHECK(may_say(byn_rwlock_holders(rwlock, &info)));
    byn_rwlock_close(rwlock);
    return BYN_OK;
}

static byn_status use_barrier(const char *name)
{
    byn_barrier *barrier = NULL, *same = NULL;
    byn_status status = byn_barrier_open(&barrier, name, NULL);

    if (status < 0)
        return status;
    status = byn_barrier_open(&same, name, &BYN_OPTIONS(byn_barrier_options, .party = true));
    CHECK(status == BYN_OK || status == BYN_E_CORRUPT || status == BYN_E_LIMIT);
    if (status >= 0)
        byn_barrier_close(same);
    CHECK(byn_barrier_waiting(barrier) <= byn_barrier_parties(barrier));
    (void)byn_barrier_is_broken(barrier);
    CHECK(byn_barrier_wait(barrier, BYN_NOW, NULL) != BYN_E_OS);
    (void)byn_barrier_reset(barrier);
    CHECK(byn_barrier_wait(barrier, 2, NULL) != BYN_E_OS);
    (void)byn_barrier_abort(barrier);
    byn_barrier_close(barrier);
    return BYN_OK;
}

static byn_status use_condition(const char *name)
{
    byn_condition *condition = NULL;
    byn_mutex *mutex = NULL;
    byn_status status = byn_condition_open(&condition, name, NULL);

    if (status < 0)
        return status;
    REQUIRE_STATUS(byn_mutex_open(&mutex, NULL, NULL), BYN_CREATED);
    REQUIRE_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    status = byn_condition_wait(condition, mutex, BYN_NOW);
    CHECK(status == BYN_E_TIMEDOUT || status == BYN_E_MISMATCH);
    status = byn_condition_notify(condition, 1);
    CHECK(status == BYN_OK || status == BYN_E_CORRUPT);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    byn_mutex_close(mutex);
    byn_condition_close(condition);
    return BYN_OK;
}

static byn_status use_list(const char *name)
{
    byn_list *list = NULL;
    int64_t number;
    byn_status status = byn_list_open(&list, name, NULL);

    if (status < 0)
        return status;
    CHECK(byn_list_append_int64(list, 1) != BYN_E_OS);
    CHECK(byn_list_get_int64(list, -1, &number) != BYN_E_OS);
    CHECK(byn_list_remove(list, 0) != BYN_E_OS);
    byn_list_close(list);
    return BYN_OK;
}

static void use_bytes(byn_value *value)
{
    static unsigned char bytes[BYN_VALUE_SIZE_MAX];
    size_t size = sizeof bytes;
    byn_status status = byn_value_read(value, bytes, &size);

    CHECK(may_say(status));
    CHECK(size <= sizeof bytes);
    size = 0;
    CHECK(may_say(byn_value_wait_change_bytes(value, bytes, &size, BYN_NOW)));
    CHECK(may_say(byn_value_write(value, "a", 1)));
}

static byn_status use_value(const char *name)
{
    byn_value *value = NULL;
    byn_status status = byn_value_open(&value, name, NULL);
    int64_t number = 0;

    if (status < 0)
        return status;
    if (byn_value_type_of(value) == BYN_BYTES)
        use_bytes(value);
    (void)byn_value_get(value, &number);
    (void)byn_value_add(value, 1, &number);
    (void)byn_value_wait_change(value, &number, 1);
    status = byn_value_lock(value, BYN_NOW);
    CHECK(may_say(status));
    if (status >= 0)
        CHECK_STATUS(byn_value_unlock(value), BYN_OK);
    byn_value_close(value);
    return BYN_OK;
}

static byn_status use_array(const char *name)
{
    static unsigned char elements[MOST];
    byn_array *array = NULL;
    byn_status status = byn_array_open(&array, name, NULL);
    int64_t number;

    if (status < 0)
        return status;
    REQUIRE(byn_array_length(array) * byn_array_element_size(array) <= MOST);
    (void)byn_array_get(array, byn_array_length(array) - 1, &number);
    CHECK(may_say(byn_array_read(array, 0, byn_array_length(array), elements, BYN_NOW)));
    CHECK(may_say(byn_array_write(array, 0, byn_array_length(array), elements, BYN_NOW)));
    byn_array_close(array);
    return BYN_OK;
}

static bool may_say_of_a_pipe(byn_status status)
{
    return may_say(status) || status == BYN_E_CLOSED || status == BYN_E_EXISTS ||
           status == BYN_E_TOOBIG;
}

static byn_status use_pipe(const char *name)
{
    byn_pipe_info info = {.struct_size = sizeof info};
    byn_pipe *pipe = NULL;
    char buffer[1000];
    size_t size = sizeof buffer;
    byn_status status = byn_pipe_open(&pipe, name, NULL);

    if (status < 0)
        return status == BYN_E_CLOSED || status == BYN_E_EXISTS ? BYN_OK : status;
    CHECK(may_say_of_a_pipe(byn_pipe_holders(pipe, &info)));
    CHECK(may_say_of_a_pipe(byn_pipe_send(pipe, buffer, 100, BYN_NOW)));
    CHECK(may_say_of_a_pipe(byn_pipe_peek(pipe, &size, BYN_NOW)));
    CHECK(may_say_of_a_pipe(byn_pipe_receive(pipe, buffer, &size, 2)));
    CHECK(may_say_of_a_pipe(byn_pipe_send(pipe, buffer, 3, 2)));
    CHECK(may_say_of_a_pipe(byn_pipe_shutdown(pipe)));
    byn_pipe_close(pipe);
    return BYN_OK;
}

/* Opens as what the name is, and uses it a little. */
static byn_status open_and_use(const victim *v)
{
    byn_status status = BYN_E_OS;

    if (strncmp(v->opening, "value", 5) == 0 || strncmp(v->opening, "bytes", 5) == 0) {
        status = use_value(v->name);
    } else if (strncmp(v->opening, "array", 5) == 0) {
        status = use_array(v->name);
    } else if (strncmp(v->opening, "event", 5) == 0) {
        byn_event *event = NULL;

        status = byn_event_open(&event, v->name, NULL);
        if (status >= 0) {
            (void)byn_event_set(event);
            CHECK(byn_event_wait(event, BYN_NOW) <= BYN_OK);
            byn_event_close(event);
        }
    } else if (strncmp(v->opening, "memory", 6) == 0) {
        byn_memory *memory = NULL;

        status = byn_memory_open(&memory, v->name, NULL);
        if (status >= 0) {
            unsigned char *base = byn_memory_base(memory);
            uint64_t size = byn_memory_size(memory), i;

            for (i = 0; i < size; i++)
                base[i]++;
            (void)byn_memory_grow(memory, size + 1);
            byn_memory_close(memory);
        }
    } else if (strncmp(v->opening, "semaphore", 9) == 0) {
        byn_semaphore *semaphore = NULL;
        uint32_t previous;

        status = byn_semaphore_open(&semaphore, v->name, NULL);
        if (status >= 0) {
            (void)byn_semaphore_release(semaphore, 1, &previous);
            CHECK(byn_semaphore_acquire(semaphore, 1, BYN_NOW) <= BYN_OK);
            byn_semaphore_close(semaphore);
        }
    } else if (strncmp(v->opening, "condition", 9) == 0) {
        status = use_condition(v->name);
    } else if (strncmp(v->opening, "rwlock", 6) == 0) {
        status = use_rwlock(v->name);
    } else if (strncmp(v->opening, "barrier", 7) == 0) {
        status = use_barrier(v->name);
    } else if (strncmp(v->opening, "once", 4) == 0) {
        status = use_once(v->name);
    } else if (strncmp(v->opening, "list", 4) == 0) {
        status = use_list(v->name);
    } else if (strncmp(v->opening, "pipe", 4) == 0) {
        status = use_pipe(v->name);
    } else {
        byn_mutex *mutex = NULL;

        status = byn_mutex_open(&mutex, v->name, NULL);
        if (status >= 0) {
            if (byn_mutex_lock(mutex, BYN_NOW) >= 0)
                (void)byn_mutex_unlock(mutex);
            byn_mutex_close(mutex);
        }
    }
    return status;
}

static bool look_on(const byn_object_info *info, void *context)
{
    (void)context;
    return info->name != NULL && info->kind != NULL && info->place != NULL;
}

/* What is there now: refused with a reason (or harmless), and no reason to fail for a visit. */
static byn_status check_refused(const victim *v, bool harmless_too, const char *what, size_t at)
{
    byn_status status = open_and_use(v);

    if (status == BYN_E_CORRUPT || status == BYN_E_MISMATCH)
        CHECK_CONTAINS(byn_last_error(), v->name);
    else if (status != BYN_OK || !harmless_too)
        FAIL("%s %u: %s, %s", what, (unsigned)at, byn_status_name(status),
             status < 0 ? byn_last_error() : "");
    if (at % 16 == 0)
        CHECK_STATUS(byn_objects_visit(look_on, NULL), BYN_OK);
    return status;
}

/* Every single bit of the header, one at a time. */
static void flip_bits(const char *opening)
{
    victim *v = begin(opening);
    unsigned char broken[MOST];
    size_t bit;
    int refused = 0;

    for (bit = 0; bit < HEADER * 8; bit += bit < 8 * 128 ? 1 : 37) {
        memcpy(broken, v->sound, v->size);
        broken[bit / 8] ^= (unsigned char)(1u << bit % 8);
        write_file(v, broken, v->size);
        refused += check_refused(v, true, "bit", bit) < 0;
    }
    CHECK(refused > 200); /* the magic, the version, the fingerprint, the state, the kind... */
    end(v);
}

static void flipped_bits_of_a_mutex(void)
{
    flip_bits("mutex 0 0 %s");
}

static void flipped_bits_of_an_event(void)
{
    flip_bits("event 0 0 0 %s");
}

static void flipped_bits_of_a_semaphore(void)
{
    flip_bits("semaphore 0 1 5 %s");
}

static void flipped_bits_of_a_memory(void)
{
    flip_bits("memory 0 5000 8000 %s");
}

static void flipped_bits_of_a_value(void)
{
    flip_bits("value 0 5 0 %s");
}

static void flipped_bits_of_bytes(void)
{
    flip_bits("bytes 0 100 %s");
}

static void flipped_bits_of_an_array(void)
{
    flip_bits("array 0 3 0 1000 %s");
}

static void flipped_bits_of_a_condition(void)
{
    flip_bits("condition 0 %s");
}

static void flipped_bits_of_a_once(void)
{
    flip_bits("once 0 %s");
}

static void flipped_bits_of_a_barrier(void)
{
    flip_bits("barrier 0 3 0 %s");
}

static void flipped_bits_of_a_pipe(void)
{
    flip_bits("pipe 0 1 1000 100 %s");
}

static void flipped_bits_of_a_rwlock(void)
{
    flip_bits("rwlock 0 %s");
}

static void flipped_bits_of_a_list(void)
{
    flip_bits("list 0 0 %s");
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* Up to eight words of the header, with numbers that are popular among attackers. */
static void chosen_words_in_a_header(void)
{
    static const uint64_t chosen[] = {0,
                                      1,
                                      4096,
                                      UINT64_MAX,
                                      INT64_MAX,
                                      UINT32_MAX,
                                      INT32_MAX,
                                      UINT64_MAX - 4095,
                                      UINT64_C(1) << 40};
    static const char *const openings[] = {"mutex 0 0 %s", "memory 0 5000 8000 %s",
                                           "value 0 5 0 %s", "bytes 0 100 %s",
                                           "array 0 12 7 500 %s"};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i;

    for (i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        victim *v = begin(openings[i]);

        for (seed = 0; seed < 1500; seed++) {
            uint32_t random = seed * 2654435761u + 1, count = next_random(&random) % 8 + 1;

            memcpy(broken, v->sound, v->size);
            while (count-- > 0) {
                size_t at = next_random(&random) % (seed % 2 == 0 ? 16 : HEADER / 8);
                uint64_t word = chosen[next_random(&random) % (sizeof chosen / sizeof chosen[0])];

                memcpy(broken + at * 8, &word, sizeof word);
            }
            write_file(v, broken, v->size);
            (void)check_refused(v, true, "seed", seed);
        }
        end(v);
    }
}

static void random_bytes_in_place_of_a_header(void)
{
    victim *v = begin("semaphore 0 1 5 %s");
    unsigned char broken[MOST];
    uint32_t seed;

    for (seed = 0; seed < 2000; seed++) {
        uint32_t random = seed;
        size_t i, from = seed % 3 == 0 ? 0 : seed % 64;

        memcpy(broken, v->sound, v->size);
        for (i = from; i < HEADER; i++)
            broken[i] = (unsigned char)next_random(&random);
        write_file(v, broken, v->size);
        (void)check_refused(v, false, "seed", seed);
    }
    end(v);
}

/* The header is sound and the state is not. A lock that others overwrite is refused if it can be told from
 * one; the rest is harmless whatever it says. */
static void random_bytes_in_place_of_a_state(void)
{
    enum { LOCK = 40 };
    static const char *const openings[] = {"condition 0 %s", "once 0 %s", "rwlock 0 %s",
                                           "barrier 0 3 0 %s"};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i, at;

    for (i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        victim *v = begin(openings[i]);

        for (seed = 0; seed < 500; seed++) {
            uint32_t random = seed;

            memcpy(broken, v->sound, v->size);
            for (at = HEADER + LOCK; at < v->size; at++)
                broken[at] = (unsigned char)(next_random(&random) & (seed % 2 ? 3 : 255));
            write_file(v, broken, v->size);
            CHECK_STATUS(open_and_use(v), BYN_OK);
        }
        memcpy(broken, v->sound, v->size);
        memset(broken + HEADER, 0xff, v->size - HEADER);
        write_file(v, broken, v->size);
        CHECK_STATUS(open_and_use(v), BYN_OK);
        end(v);
    }
}

/* Whatever is written into it, but for its locks: refused, or harmless. Small numbers are likelier to be
 * believed. */
static void random_bytes_in_place_of_a_pipe(void)
{
    enum { LOCK = 64, ENDS = 256, RING = 384, BYTES = 4096 };
    victim *v = begin("pipe 0 1 1000 100 %s");
    unsigned char broken[MOST];
    uint32_t seed;
    size_t at, refused = 0;

    for (seed = 0; seed < 2000; seed++) {
        uint32_t random = seed, mask = seed % 3 == 0 ? 255 : seed % 3 == 1 ? 3 : 0x18;

        memcpy(broken, v->sound, v->size);
        for (at = HEADER; at < v->size; at++) {
            size_t in_ring = at - HEADER - ENDS;
            bool lock =
                at < HEADER + LOCK ||
                (at >= HEADER + ENDS && at < HEADER + ENDS + 2 * RING && in_ring % RING < LOCK);

            if (!lock && (at >= BYTES || seed % 4 == 0 || next_random(&random) % 16 == 0))
                broken[at] = (unsigned char)(next_random(&random) & mask);
        }
        write_file(v, broken, v->size);
        refused += open_and_use(v) < 0;
    }
    printf("     %u of %u openings refused\n", (unsigned)refused, (unsigned)seed);
    end(v);
}

/* All but their locks. */
static void random_bytes_in_place_of_a_state_and_elements(void)
{
    static const struct {
        const char *opening;
        size_t locks, behind;
    } states[] = {{"value 0 5 0 %s", HEADER + 136, HEADER + 216},
                  {"bytes 0 100 %s", HEADER + 136, HEADER + 216},
                  {"array 0 11 0 100 %s", HEADER, HEADER + 40}};
    unsigned char broken[MOST];
    uint32_t seed;
    size_t i, at;

    for (i = 0; i < sizeof states / sizeof states[0]; i++) {
        victim *v = begin(states[i].opening);

        for (seed = 0; seed < 500; seed++) {
            uint32_t random = seed, mask = seed == 0 ? 0 : seed % 2 ? 3 : 255;

            memcpy(broken, v->sound, v->size);
            for (at = HEADER; at < v->size; at++)
                if (at < states[i].locks || at >= states[i].behind)
                    broken[at] = (unsigned char)(mask == 0 ? 255 : next_random(&random) & mask);
            write_file(v, broken, v->size);
            CHECK_STATUS(open_and_use(v), BYN_OK);
        }
        end(v);
    }
}

static void array_cut_off_anywhere(void)
{
    victim *v = begin("array 0 3 0 1000 %s");
    size_t size;

    for (size = 0; size < v->size; size += size < 1200 ? 13 : 517) {
        write_file(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    end(v);
}

static void file_cut_off_anywhere(void)
{
    victim *v = begin("event 0 0 0 %s");
    size_t size;

    for (size = 0; size <= 1100 && size < v->size; size++) {
        write_file(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    end(v);
}

static void memory_cut_off_anywhere(void)
{
    victim *v = begin("memory 0 5000 8000 %s");
    size_t size;

    for (size = 0; size < v->size; size += size < 1200 ? 13 : 517) {
        write_file(v, v->sound, size);
        (void)check_refused(v, false, "size", size);
    }
    end(v);
}

static void file_that_is_longer_is_harmless(void)
{
    victim *v = begin("memory 0 5000 8000 %s");
    unsigned char *longer = calloc(1, 1000000);

    REQUIRE(longer != NULL);
    memcpy(longer, v->sound, v->size);
    write_file(v, longer, 1000000);
    CHECK_STATUS(check_refused(v, true, "longer", 1), BYN_OK);
    free(longer);
    end(v);
}

static void object_under_another_name_is_refused(void)
{
    victim *v = begin("event 0 0 0 %s");
    unsigned char broken[MOST];
    size_t i, length = strlen(v->name), found = 0;

    memcpy(broken, v->sound, v->size);
    for (i = 0; i + length < HEADER; i++) {
        if (memcmp(broken + i, v->name, length) == 0) {
            broken[i + length - 1] ^= 1;
            found++;
        }
    }
    CHECK_INT(found, 1);
    write_file(v, broken, v->size);
    CHECK_STATUS(open_and_use(v), BYN_E_CORRUPT);
    CHECK_CONTAINS(byn_last_error(), "another object");
    end(v);
}

/* ---- Nobody holds it: whatever lies there is made anew */

static void broken_file_that_nobody_holds_is_made_anew(void)
{
    static const size_t sizes[] = {0, 1, 100, 1535, 1536, 1600, 5000};
    size_t i;
    int round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            victim *v = begin("value 0 5 0 %s");
            unsigned char broken[MOST];
            byn_value *value = NULL;
            int64_t number = -1;

            memset(broken, round == 0 ? 0 : 0xa5, sizeof broken);
            peer_kill(v->keeper);
            write_file(v, broken, sizes[i]);
            CHECK_STATUS(byn_value_open(&value, v->name,
                                        &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)),
                         BYN_E_NOTFOUND);
            CHECK_STATUS(
                byn_value_open(&value, v->name, &BYN_OPTIONS(byn_value_options, .initial = 9)),
                BYN_CREATED);
            CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
            CHECK_INT(number, 9);
            byn_value_close(value);
            apr_pool_destroy(v->pool);
        }
    }
}

static void broken_file_that_nobody_holds_is_created_over(void)
{
    victim *v = begin("value 0 5 0 %s");
    unsigned char broken[MOST];
    byn_value *value = NULL;
    int64_t number = -1;

    memset(broken, 0xff, sizeof broken);
    peer_kill(v->keeper);
    write_file(v, broken, 3000);
    REQUIRE_STATUS(
        byn_value_open(&value, v->name,
                       &BYN_OPTIONS(byn_value_options, .open = BYN_CREATE_ONLY, .type = BYN_U8)),
        BYN_CREATED);
    CHECK_STATUS(byn_value_get(value, &number), BYN_OK);
    CHECK_INT(number, 0);
    byn_value_close(value);
    apr_pool_destroy(v->pool);
}

static void broken_file_is_removed(void)
{
    victim *v = begin("value 0 5 0 %s");

    write_file(v, v->sound, 10);
    CHECK_STATUS(byn_remove(v->name), BYN_E_EXISTS);
    peer_kill(v->keeper);
    CHECK_STATUS(byn_remove(v->name), BYN_OK);
    CHECK_STATUS(byn_remove(v->name), BYN_E_NOTFOUND);
    apr_pool_destroy(v->pool);
}

static const test_case cases[] = {
    TEST(flipped_bits_of_a_mutex),
    TEST(flipped_bits_of_an_event),
    TEST(flipped_bits_of_a_semaphore),
    TEST(flipped_bits_of_a_memory),
    TEST(flipped_bits_of_a_value),
    TEST(flipped_bits_of_bytes),
    TEST(flipped_bits_of_an_array),
    TEST(flipped_bits_of_a_condition),
    TEST(flipped_bits_of_a_once),
    TEST(flipped_bits_of_a_barrier),
    TEST(flipped_bits_of_a_rwlock),
    TEST(flipped_bits_of_a_pipe),
    TEST(flipped_bits_of_a_list),
    TEST(chosen_words_in_a_header),
    TEST(random_bytes_in_place_of_a_header),
    TEST(random_bytes_in_place_of_a_state),
    TEST(random_bytes_in_place_of_a_pipe),
    TEST(random_bytes_in_place_of_a_state_and_elements),
    TEST(array_cut_off_anywhere),
    TEST(file_cut_off_anywhere),
    TEST(memory_cut_off_anywhere),
    TEST(file_that_is_longer_is_harmless),
    TEST(object_under_another_name_is_refused),
    TEST(broken_file_that_nobody_holds_is_made_anew),
    TEST(broken_file_that_nobody_holds_is_created_over),
    TEST(broken_file_is_removed),
    TEST_END,
};

static const peer_entry peers[] = {PEER(remote), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "hostile", cases, peers);
}
