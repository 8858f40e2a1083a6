/* byn_last_error() and the statuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

static const byn_status statuses[] = {
#define NUMBER(name, number, text) BYN_##name,
    BYN_STATUS_MAP(NUMBER)
#undef NUMBER
};

enum { STATUSES = sizeof statuses / sizeof statuses[0] };

static void every_status_has_its_own_name_and_text(void)
{
    int i, k;

    for (i = 0; i < STATUSES; i++) {
        const char *name = byn_status_name(statuses[i]);

        CHECK(strncmp(name, statuses[i] < 0 ? "BYN_E_" : "BYN_", statuses[i] < 0 ? 6 : 4) == 0);
        CHECK(strlen(byn_status_text(statuses[i])) > 5);
        for (k = 0; k < i; k++) {
            CHECK(statuses[i] != statuses[k]);
            CHECK(strcmp(name, byn_status_name(statuses[k])) != 0);
            CHECK(strcmp(byn_status_text(statuses[i]), byn_status_text(statuses[k])) != 0);
        }
    }
    CHECK_STR(byn_status_name(BYN_OK), "BYN_OK");
    CHECK_STR(byn_status_name(BYN_E_TIMEDOUT), "BYN_E_TIMEDOUT");
    CHECK_STR(byn_status_name((byn_status)4), "BYN_?");
    CHECK_STR(byn_status_name((byn_status)-1000), "BYN_?");
    CHECK(byn_status_text((byn_status)1000) != NULL);
}

static void numbers_of_statuses_never_change(void)
{
    int i;

    /* 3 to -19 in the order of the map: they stand in other people's programs and logs. */
    for (i = 0; i < STATUSES; i++)
        CHECK_INT(statuses[i], i < 4 ? i : 3 - i);
    CHECK_INT(BYN_E_OS, -19);
}

static void version_is_the_headers(void)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%d.%d.%d", BYN_VERSION_MAJOR, BYN_VERSION_MINOR,
                   BYN_VERSION_PATCH);
    CHECK_STR(byn_version(), text);
}

/* ---- Sentences */

static void sentence_has_no_control_characters(void)
{
    byn_mutex *mutex = NULL;
    const char *at;

    CHECK_STATUS(byn_mutex_open(&mutex, "a\n\x1b[31mb\x7f", NULL), BYN_E_NAME);
    CHECK_CONTAINS(byn_last_error(), "\"a??[31mb?\"");
    for (at = byn_last_error(); *at != '\0'; at++)
        CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
}

/* Operation, object, status; and something of the cause. */
static void check_sentence(const char *operation, const char *name, byn_status status,
                           const char *cause)
{
    const char *sentence = byn_last_error();

    CHECK(strncmp(sentence, operation, strlen(operation)) == 0);
    if (name != NULL) {
        char quoted[300];

        (void)snprintf(quoted, sizeof quoted, "\"%s\"", name);
        CHECK_CONTAINS(sentence, quoted);
    }
    CHECK_CONTAINS(sentence, byn_status_name(status));
    CHECK_CONTAINS(sentence, cause);
    CHECK(strchr(sentence, '\n') == NULL);
}

static void sentence_names_operation_object_cause_and_status(void)
{
    const char *name = fresh_name();
    byn_mutex *mutex = NULL;
    byn_event *event = NULL;
    byn_semaphore *semaphore = NULL;
    byn_memory *memory = NULL;
    byn_value *value = NULL;
    int64_t expected = 1;

    CHECK_STATUS(
        byn_mutex_open(&mutex, name, &BYN_OPTIONS(byn_mutex_options, .open = BYN_OPEN_ONLY)),
        BYN_E_NOTFOUND);
    check_sentence("byn_mutex_open", name, BYN_E_NOTFOUND, "");
    REQUIRE(byn_mutex_open(&mutex, name, NULL) == BYN_CREATED);
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_E_NOTOWNER);
    check_sentence("byn_mutex_unlock", name, BYN_E_NOTOWNER, byn_status_text(BYN_E_NOTOWNER));
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, BYN_NOW), BYN_E_DEADLOCK);
    check_sentence("byn_mutex_lock", name, BYN_E_DEADLOCK, byn_status_text(BYN_E_DEADLOCK));
    CHECK_STATUS(byn_mutex_unlock(mutex), BYN_OK);
    CHECK_STATUS(byn_mutex_lock(mutex, -7), BYN_E_INVALID);
    check_sentence("byn_mutex_lock", NULL, BYN_E_INVALID, "timeout");
    CHECK_STATUS(byn_event_open(&event, name, NULL), BYN_E_MISMATCH);
    check_sentence("byn_event_open", name, BYN_E_MISMATCH, "mutex");
    CHECK_STATUS(byn_remove(name), BYN_E_EXISTS);
    check_sentence("byn_remove", name, BYN_E_EXISTS, "in use");
    byn_mutex_close(mutex);

    REQUIRE(byn_event_open(&event, name, NULL) == BYN_CREATED);
    CHECK_STATUS(byn_event_wait(event, 1), BYN_E_TIMEDOUT);
    check_sentence("byn_event_wait", name, BYN_E_TIMEDOUT, byn_status_text(BYN_E_TIMEDOUT));
    byn_event_close(event);

    REQUIRE(byn_semaphore_open(&semaphore, name,
                               &BYN_OPTIONS(byn_semaphore_options, .maximum = 4)) == BYN_CREATED);
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 5, 1), BYN_E_INVALID);
    check_sentence("byn_semaphore_acquire", name, BYN_E_INVALID, "1 to 4");
    CHECK_STATUS(byn_semaphore_acquire(semaphore, 1, 1), BYN_E_TIMEDOUT);
    check_sentence("byn_semaphore_acquire", name, BYN_E_TIMEDOUT, "timeout");
    CHECK_STATUS(byn_semaphore_release(semaphore, 4, NULL), BYN_OK);
    CHECK_STATUS(byn_semaphore_release(semaphore, 1, NULL), BYN_E_LIMIT);
    check_sentence("byn_semaphore_release", name, BYN_E_LIMIT, "4");
    byn_semaphore_close(semaphore);

    REQUIRE(byn_memory_open(&memory, name, &BYN_OPTIONS(byn_memory_options, .size = 9)) ==
            BYN_CREATED);
    CHECK_STATUS(byn_memory_grow(memory, 10), BYN_E_LIMIT);
    check_sentence("byn_memory_grow", name, BYN_E_LIMIT, "9");
    byn_memory_close(memory);

    REQUIRE(byn_value_open(&value, name, &BYN_OPTIONS(byn_value_options, .type = BYN_U8)) ==
            BYN_CREATED);
    CHECK_STATUS(byn_value_set(value, 256), BYN_E_INVALID);
    check_sentence("byn_value_set", name, BYN_E_INVALID, "256 does not fit");
    CHECK_STATUS(byn_value_compare_exchange(value, &expected, 2), BYN_E_MISMATCH);
    check_sentence("byn_value_compare_exchange", name, BYN_E_MISMATCH, "not what was expected");
    byn_value_close(value);
}

static void sentences_of_containers_name_the_cause(void)
{
    const char *name = fresh_name();
    char buffer[4];
    size_t size = sizeof buffer;
    int64_t number = 0;
    byn_list *list = NULL;
    byn_dict *dict = NULL;

    REQUIRE_STATUS(byn_list_open(&list, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_list_get(list, 3, buffer, &size), BYN_E_NOTFOUND);
    check_sentence("byn_list_get", name, BYN_E_NOTFOUND, "no element has this index");
    CHECK_STATUS(byn_list_append(list, "larger", 6), BYN_OK);
    CHECK_STATUS(byn_list_get(list, 0, buffer, &size), BYN_E_TOOBIG);
    check_sentence("byn_list_get", name, BYN_E_TOOBIG, "larger than the buffer");
    byn_list_close(list);

    REQUIRE_STATUS(byn_dict_open(&dict, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_dict_get_int64(dict, "key", &number), BYN_E_NOTFOUND);
    check_sentence("byn_dict_get_int64", name, BYN_E_NOTFOUND, "no such key");
    CHECK_STATUS(byn_dict_put_string(dict, "key", "value"), BYN_CREATED);
    CHECK_STATUS(byn_dict_get_int64(dict, "key", &number), BYN_E_MISMATCH);
    check_sentence("byn_dict_get_int64", name, BYN_E_MISMATCH, "no number of 8 bytes");
    size = 2;
    CHECK_STATUS(byn_dict_get(dict, "key", 3, buffer, &size), BYN_E_TOOBIG);
    check_sentence("byn_dict_get", name, BYN_E_TOOBIG, "larger than the buffer");
    byn_dict_close(dict);
}

static void sentences_of_arrays_name_the_cause(void)
{
    const char *name = fresh_name();
    byn_array *array = NULL, *other = NULL;

    CHECK_STATUS(byn_array_open(&array, name, NULL), BYN_E_INVALID);
    check_sentence("byn_array_open", name, BYN_E_INVALID, "say the option `length`");
    REQUIRE_STATUS(byn_array_open(&array, name, &BYN_OPTIONS(byn_array_options, .length = 2)),
                   BYN_CREATED);
    CHECK_STATUS(byn_array_open(&other, name, &BYN_OPTIONS(byn_array_options, .type = BYN_F64)),
                 BYN_E_MISMATCH);
    check_sentence("byn_array_open", name, BYN_E_MISMATCH, "its type is i64, and not f64");
    byn_array_close(array);
}

/* The call's text begins with its function's name. */
static void check_null(byn_status status, const char *call, const char *argument)
{
    char operation[64], cause[64];

    (void)snprintf(operation, sizeof operation, "%.*s", (int)strcspn(call, "("), call);
    (void)snprintf(cause, sizeof cause, ": %s is NULL", argument);
    CHECK_STATUS(status, BYN_E_INVALID);
    check_sentence(operation, NULL, BYN_E_INVALID, cause);
}

#define CHECK_NULL(call, argument) check_null(call, #call, argument)

static void sentence_names_the_queue_argument_that_is_null(void)
{
    size_t size = 1, sizes[1] = {1}, count = 1;
    byn_queue *queue = NULL;
    char buffer[1];

    CHECK_NULL(byn_queue_open(NULL, "x", NULL), "queue");
    CHECK_NULL(byn_queue_put(NULL, "x", 1, BYN_NOW), "queue");
    CHECK_NULL(byn_queue_reserve(NULL, 1, NULL, BYN_NOW), "queue");
    REQUIRE_STATUS(
        byn_queue_open(&queue, fresh_name(), &BYN_OPTIONS(byn_queue_options, .acknowledge = true)),
        BYN_CREATED);
    CHECK_NULL(byn_queue_put(queue, NULL, 1, BYN_NOW), "data");
    CHECK_NULL(byn_queue_put_many(queue, NULL, sizes, &count, BYN_NOW), "data");
    count = 1;
    CHECK_NULL(byn_queue_put_many(queue, "x", NULL, &count, BYN_NOW), "sizes");
    CHECK_NULL(byn_queue_put_many(queue, "x", sizes, NULL, BYN_NOW), "count");
    CHECK_NULL(byn_queue_get(queue, buffer, NULL, BYN_NOW), "size");
    CHECK_NULL(byn_queue_get(queue, NULL, &size, BYN_NOW), "buffer");
    CHECK_NULL(byn_queue_look(queue, NULL, &size, BYN_NOW), "buffer");
    CHECK_NULL(byn_queue_peek(queue, NULL, BYN_NOW), "size");
    CHECK_NULL(byn_queue_get_many(queue, buffer, NULL, sizes, &count, BYN_NOW), "size");
    CHECK_NULL(byn_queue_get_many(queue, buffer, &size, NULL, &count, BYN_NOW), "sizes");
    CHECK_NULL(byn_queue_get_many(queue, buffer, &size, sizes, NULL, BYN_NOW), "count");
    CHECK_NULL(byn_queue_receive(queue, buffer, &size, NULL, BYN_NOW), "ticket");
    CHECK_NULL(byn_queue_reserve(queue, 1, NULL, BYN_NOW), "place");
    CHECK_NULL(byn_queue_hold(queue, NULL, BYN_NOW), "place");
    CHECK_NULL(byn_queue_count(queue, NULL), "count");
    CHECK_NULL(byn_queue_describe(queue, NULL), "info");
    byn_queue_close(queue);
}

static void sentence_names_any_argument_that_is_null(void)
{
    byn_dict *dict = NULL;
    byn_list *list = NULL;
    byn_process *process = NULL;
    const void *data;
    size_t size = 1;
    void *room;
    uint32_t pid;

    CHECK_NULL(byn_call_result(NULL, "x", 1), "call");
    CHECK_NULL(byn_call_reserve(NULL, 1, &room), "call");
    CHECK_NULL(byn_call_fail(NULL, BYN_E_OS, "x"), "call");
    CHECK_NULL(byn_worker_join(NULL, NULL, NULL), "pool");
    CHECK_NULL(byn_worker_join("x", NULL, NULL), "tasks");
    CHECK_NULL(byn_future_result(NULL, &data, &size), "future");
    CHECK_NULL(byn_future_open(NULL, "x"), "future");
    CHECK_NULL(byn_wait_any(NULL, 1, BYN_NOW, NULL), "objects");
    CHECK_NULL(byn_process_start(NULL, NULL, NULL), "process");
    CHECK_NULL(byn_process_kill(process), "process");
    CHECK_NULL(byn_pipe_receive(NULL, NULL, NULL, BYN_NOW), "pipe");
    CHECK_NULL(byn_pool_shutdown(NULL), "pool");
    CHECK_NULL(byn_imap_next(NULL, NULL, NULL, BYN_NOW), "stream");
    CHECK_NULL(byn_keeper_look(&pid, NULL), "keeps");
    CHECK_NULL(byn_remove(NULL), "name");
    CHECK_NULL(byn_condition_notify_all(NULL), "condition");
    REQUIRE_STATUS(byn_dict_open(&dict, fresh_name(), NULL), BYN_CREATED);
    CHECK_NULL(byn_dict_put_string(dict, NULL, "x"), "key");
    CHECK_NULL(byn_dict_put_string(dict, "x", NULL), "value");
    CHECK_NULL(byn_dict_get(dict, "x", 1, NULL, &size), "buffer");
    CHECK_NULL(byn_dict_get_string(dict, "x", NULL, 1), "buffer");
    CHECK_NULL(byn_dict_iterator_next(NULL, NULL), "iterator");
    byn_dict_close(dict);
    REQUIRE_STATUS(byn_list_open(&list, fresh_name(), NULL), BYN_CREATED);
    CHECK_NULL(byn_list_append(list, NULL, 1), "data");
    CHECK_NULL(byn_list_get(list, 0, NULL, NULL), "size");
    byn_list_close(list);
}

static void sentence_tells_what_to_do(void)
{
    byn_mutex *mutex = NULL;
    byn_mutex_options unset = {.recursive = false};

    CHECK_STATUS(byn_mutex_open(&mutex, "user:x", NULL), BYN_E_NAME);
    check_sentence("byn_mutex_open", "user:x", BYN_E_NAME, "use \"machine:\"");
    CHECK_STATUS(byn_mutex_open(&mutex, "x", &unset), BYN_E_INVALID);
    check_sentence("byn_mutex_open", "x", BYN_E_INVALID, "BYN_OPTIONS()");
    CHECK_STATUS(byn_mutex_open(&mutex, "", NULL), BYN_E_NAME);
    check_sentence("byn_mutex_open", NULL, BYN_E_NAME, "give it 1 to 255 bytes");
    CHECK_STATUS(byn_mutex_open(&mutex, "x", &BYN_OPTIONS(byn_mutex_options, .mode = 0640)),
                 BYN_E_INVALID);
    check_sentence("byn_mutex_open", "x", BYN_E_INVALID, "use 0600, 0660 or 0666");
}

static void sentence_of_a_long_name_is_whole(void)
{
    char name[300];
    byn_event *event = NULL;

    (void)snprintf(name, sizeof name, "%s-", fresh_name());
    memset(name + strlen(name), 'x', sizeof name - 1 - strlen(name));
    name[255] = '\0';
    REQUIRE(byn_event_open(&event, name, NULL) == BYN_CREATED);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    check_sentence("byn_event_wait", name, BYN_E_TIMEDOUT, "");
    byn_event_close(event);
    check_sentence("byn_event_wait", name, BYN_E_TIMEDOUT, ""); /* a copy: the object is gone */
}

static void success_leaves_the_last_failure(void)
{
    byn_event *event = NULL;
    char before[1100];

    CHECK_STATUS(byn_mutex_lock(NULL, BYN_NOW), BYN_E_INVALID);
    (void)snprintf(before, sizeof before, "%s", byn_last_error());
    CHECK_CONTAINS(before, "byn_mutex_lock");
    REQUIRE_STATUS(byn_event_open(&event, fresh_name(), NULL), BYN_CREATED);
    CHECK_STATUS(byn_event_set(event), BYN_OK);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_OK);
    byn_event_close(event);
    CHECK_STR(byn_last_error(), before);
}

/* The cause of one failure does not get into the sentence of the next. */
static void each_sentence_has_its_own_cause(void)
{
    const char *name = fresh_name();
    byn_event *event = NULL;
    byn_mutex *mutex = NULL;

    REQUIRE_STATUS(byn_event_open(&event, name, NULL), BYN_CREATED);
    CHECK_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_E_MISMATCH);
    CHECK_STATUS(byn_event_wait(event, BYN_NOW), BYN_E_TIMEDOUT);
    CHECK(strstr(byn_last_error(), "kind") == NULL);
    CHECK_STATUS(byn_mutex_open(&mutex, name, NULL), BYN_E_MISMATCH);
    CHECK_CONTAINS(byn_last_error(), "kind");
    CHECK(strstr(byn_last_error(), byn_status_text(BYN_E_TIMEDOUT)) == NULL);
    byn_event_close(event);
}

/* ---- Threads */

static int fails_in_its_own_thread(peer_self *self, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    CHECK_STR(byn_last_error(), "");
    CHECK_STATUS(byn_event_set(NULL), BYN_E_INVALID);
    CHECK_CONTAINS(byn_last_error(), "byn_event_set");
    peer_say(self, "failed");
    (void)peer_wait(self, "look");
    CHECK_CONTAINS(byn_last_error(), "byn_event_set");
    return 0;
}

static void each_thread_has_its_own_last_error(void)
{
    peer *one = peer_start(PEER_THREAD, "fails_in_its_own_thread", NULL);

    CHECK_STATUS(byn_mutex_unlock(NULL), BYN_E_INVALID);
    peer_expect(one, "failed");
    CHECK_CONTAINS(byn_last_error(), "byn_mutex_unlock");
    peer_tell(one, "look");
    CHECK_INT(peer_finish(one), 0);
    CHECK_CONTAINS(byn_last_error(), "byn_mutex_unlock");
}

static void nothing_failed_yet_is_an_empty_sentence(void)
{
    CHECK_INT(peer_finish(peer_start(PEER_PROCESS, "fails_in_its_own_thread", NULL)), 0);
}

static const test_case cases[] = {
    TEST(every_status_has_its_own_name_and_text),
    TEST(numbers_of_statuses_never_change),
    TEST(version_is_the_headers),
    TEST(sentence_has_no_control_characters),
    TEST(sentence_names_operation_object_cause_and_status),
    TEST(sentences_of_containers_name_the_cause),
    TEST(sentences_of_arrays_name_the_cause),
    TEST(sentence_names_the_queue_argument_that_is_null),
    TEST(sentence_names_any_argument_that_is_null),
    TEST(sentence_tells_what_to_do),
    TEST(sentence_of_a_long_name_is_whole),
    TEST(success_leaves_the_last_failure),
    TEST(each_sentence_has_its_own_cause),
    TEST(each_thread_has_its_own_last_error),
    TEST(nothing_failed_yet_is_an_empty_sentence),
    TEST_END,
};

static const peer_entry peers[] = {PEER(fails_in_its_own_thread), PEER_END};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "error", cases, peers);
}
