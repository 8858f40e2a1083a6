/*
 * library.h - the library's functions as a table: those that the extension was linked with, or those of the
 * shared library that BYNAME_LIBRARY names. So a program and its Python can use one library.
 */
#ifndef BYP_LIBRARY_H
#define BYP_LIBRARY_H

#include <byname/byname.h>

/* Every function that the binding calls: result, name without byn_, parameters. */
#define BYP_FUNCTIONS(X)                                                                           \
    X(const char *, version, (void))                                                               \
    X(const char *, last_error, (void))                                                            \
    X(void, wait_interruptible, (byn_interruption, void *))                                        \
    X(byn_status, wait_any, (void *const *, size_t, byn_timeout, size_t *))                        \
    X(byn_status, remove, (const char *))                                                          \
    X(byn_status, objects_visit, (byn_object_visitor, void *))                                     \
    X(byn_status, mutex_open, (byn_mutex **, const char *, const byn_mutex_options *))             \
    X(void, mutex_close, (byn_mutex *))                                                            \
    X(const char *, mutex_name, (const byn_mutex *))                                               \
    X(byn_status, mutex_lock, (byn_mutex *, byn_timeout))                                          \
    X(byn_status, mutex_unlock, (byn_mutex *))                                                     \
    X(byn_status, mutex_owner, (byn_mutex *, byn_mutex_info *))                                    \
    X(byn_status, semaphore_open, (byn_semaphore **, const char *, const byn_semaphore_options *)) \
    X(void, semaphore_close, (byn_semaphore *))                                                    \
    X(const char *, semaphore_name, (const byn_semaphore *))                                       \
    X(byn_status, semaphore_acquire, (byn_semaphore *, uint32_t, byn_timeout))                     \
    X(byn_status, semaphore_release, (byn_semaphore *, uint32_t, uint32_t *))                      \
    X(byn_status, semaphore_value, (byn_semaphore *, uint32_t *))                                  \
    X(byn_status, event_open, (byn_event **, const char *, const byn_event_options *))             \
    X(void, event_close, (byn_event *))                                                            \
    X(const char *, event_name, (const byn_event *))                                               \
    X(byn_status, event_set, (byn_event *))                                                        \
    X(byn_status, event_reset, (byn_event *))                                                      \
    X(bool, event_is_set, (byn_event *))                                                           \
    X(byn_status, event_wait, (byn_event *, byn_timeout))                                          \
    X(byn_status, condition_open, (byn_condition **, const char *, const byn_condition_options *)) \
    X(void, condition_close, (byn_condition *))                                                    \
    X(const char *, condition_name, (const byn_condition *))                                       \
    X(byn_status, condition_wait, (byn_condition *, byn_mutex *, byn_timeout))                     \
    X(byn_status, condition_notify, (byn_condition *, uint32_t))                                   \
    X(byn_status, condition_notify_all, (byn_condition *))                                         \
    X(byn_status, barrier_open, (byn_barrier **, const char *, const byn_barrier_options *))       \
    X(void, barrier_close, (byn_barrier *))                                                        \
    X(const char *, barrier_name, (const byn_barrier *))                                           \
    X(byn_status, barrier_wait, (byn_barrier *, byn_timeout, uint32_t *))                          \
    X(byn_status, barrier_abort, (byn_barrier *))                                                  \
    X(byn_status, barrier_reset, (byn_barrier *))                                                  \
    X(uint32_t, barrier_parties, (const byn_barrier *))                                            \
    X(uint32_t, barrier_waiting, (byn_barrier *))                                                  \
    X(bool, barrier_is_broken, (byn_barrier *))                                                    \
    X(byn_status, array_open, (byn_array **, const char *, const byn_array_options *))             \
    X(void, array_close, (byn_array *))                                                            \
    X(const char *, array_name, (const byn_array *))                                               \
    X(uint64_t, array_length, (const byn_array *))                                                 \
    X(void *, array_data, (byn_array *))                                                           \
    X(byn_status, array_lock, (byn_array *, byn_timeout))                                          \
    X(byn_status, array_unlock, (byn_array *))                                                     \
    X(byn_status, queue_open, (byn_queue **, const char *, const byn_queue_options *))             \
    X(void, queue_close, (byn_queue *))                                                            \
    X(const char *, queue_name, (const byn_queue *))                                               \
    X(byn_status, queue_put, (byn_queue *, const void *, size_t, byn_timeout))                     \
    X(byn_status, queue_get, (byn_queue *, void *, size_t *, byn_timeout))                         \
    X(byn_status, queue_peek, (byn_queue *, size_t *, byn_timeout))                                \
    X(byn_status, queue_count, (byn_queue *, uint64_t *))                                          \
    X(byn_status, queue_task_done, (byn_queue *))                                                  \
    X(byn_status, queue_join, (byn_queue *, byn_timeout))                                          \
    X(byn_status, queue_shutdown, (byn_queue *))                                                   \
    X(byn_status, queue_reserve, (byn_queue *, size_t, byn_queue_place *, byn_timeout))            \
    X(byn_status, queue_commit, (byn_queue *, byn_queue_place *, size_t))                          \
    X(byn_status, queue_hold, (byn_queue *, byn_queue_place *, byn_timeout))                       \
    X(byn_status, queue_release, (byn_queue *, byn_queue_place *))                                 \
    X(byn_status, queue_abandon, (byn_queue *, byn_queue_place *))                                 \
    X(byn_status, queue_describe, (byn_queue *, byn_queue_info *))                                 \
    X(byn_status, dict_open, (byn_dict **, const char *, const byn_dict_options *))                \
    X(void, dict_close, (byn_dict *))                                                              \
    X(const char *, dict_name, (const byn_dict *))                                                 \
    X(byn_status, dict_put, (byn_dict *, const void *, size_t, const void *, size_t))              \
    X(byn_status, dict_get, (byn_dict *, const void *, size_t, void *, size_t *))                  \
    X(byn_status, dict_contains, (byn_dict *, const void *, size_t))                               \
    X(byn_status, dict_remove, (byn_dict *, const void *, size_t))                                 \
    X(byn_status, dict_get_or_put,                                                                 \
      (byn_dict *, const void *, size_t, const void *, size_t, void *, size_t *))                  \
    X(byn_status, dict_compare_exchange,                                                           \
      (byn_dict *, const void *, size_t, const void *, size_t, const void *, size_t))              \
    X(byn_status, dict_count, (byn_dict *, uint64_t *))                                            \
    X(byn_status, dict_clear, (byn_dict *))                                                        \
    X(byn_status, dict_iterator_open, (byn_dict_iterator **, byn_dict *))                          \
    X(byn_status, dict_iterator_next, (byn_dict_iterator *, byn_dict_entry *))                     \
    X(void, dict_iterator_close, (byn_dict_iterator *))                                            \
    X(byn_status, dict_lock, (byn_dict *, byn_timeout))                                            \
    X(byn_status, dict_unlock, (byn_dict *))                                                       \
    X(byn_status, list_open, (byn_list **, const char *, const byn_list_options *))                \
    X(void, list_close, (byn_list *))                                                              \
    X(const char *, list_name, (const byn_list *))                                                 \
    X(byn_status, list_append, (byn_list *, const void *, size_t))                                 \
    X(byn_status, list_append_many, (byn_list *, const void *, const size_t *, size_t))            \
    X(byn_status, list_insert, (byn_list *, int64_t, const void *, size_t))                        \
    X(byn_status, list_set, (byn_list *, int64_t, const void *, size_t))                           \
    X(byn_status, list_get, (byn_list *, int64_t, void *, size_t *))                               \
    X(byn_status, list_pop, (byn_list *, int64_t, void *, size_t *))                               \
    X(byn_status, list_remove, (byn_list *, int64_t))                                              \
    X(byn_status, list_clear, (byn_list *))                                                        \
    X(byn_status, list_count, (byn_list *, uint64_t *))                                            \
    X(byn_status, list_iterator_open, (byn_list_iterator **, byn_list *))                          \
    X(byn_status, list_iterator_next, (byn_list_iterator *, byn_list_element *))                   \
    X(void, list_iterator_close, (byn_list_iterator *))                                            \
    X(byn_status, list_lock, (byn_list *, byn_timeout))                                            \
    X(byn_status, list_unlock, (byn_list *))

typedef struct byp_library {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a name and a list of parameters */
#define BYP_MEMBER(result, name, parameters) result(*name) parameters;
    BYP_FUNCTIONS(BYP_MEMBER)
#undef BYP_MEMBER
} byp_library;

/* Filled before the module is there, and then never changed. */
extern byp_library byn;

/* Fill the table. NULL, or why not, in the words of the system: valid until the next call. */
const char *byp_library_load(const char *path);

#endif
