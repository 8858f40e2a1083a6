/**
 * @file byname/list.h
 * A list with a name: elements of any bytes, in an order, that every process that opens it sees and
 * changes. It grows while others use it, and serves as a stack or as a queue too: both ends are fast.
 *
 * An index counts from 0, or, if it is negative, from the end: -1 is the last element.
 *
 * **Buffers.** Where an element is copied out, `*size` says in the beginning how much room there is, and
 * afterwards how large the element is. BYN_E_TOOBIG: the room is too small; nothing was taken, and
 * `*size` tells what is needed. A buffer may be NULL if the room is 0. What stands in it after a failure
 * is not defined.
 */
#ifndef BYNAME_LIST_H
#define BYNAME_LIST_H

#include <byname/options.h>

/** A list; made by byn_list_open(). */
typedef struct byn_list byn_list;

/** Largest size of one element. */
#define BYN_LIST_ELEMENT_MAX UINT32_C(0x7fffff00)

/** The limit of a list that is created without one: 1 GiB. */
#define BYN_LIST_LIMIT (UINT64_C(1) << 30)

/** How to open a list. Make it with BYN_OPTIONS(). */
typedef struct byn_list_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    uint64_t limit;     /**< bytes of shared memory that it may grow to, what it needs besides the
                             elements included, up to 64 GiB; 0: the creator's, or BYN_LIST_LIMIT.
                             That many addresses are set aside in each process; memory is used as it
                             grows */
} byn_list_options;

/** What byn_list_describe() tells. */
typedef struct byn_list_info {
    size_t struct_size; /**< set it to sizeof(byn_list_info) */
    uint64_t count;     /**< elements */
    uint64_t limit;     /**< bytes it may grow to */
    uint64_t size;      /**< bytes of shared memory it has; it never has less again */
    uint64_t used;      /**< of these, bytes that elements and their order take */
} byn_list_info;

/**
 * Open the list called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the limit
 * is above 64 GiB; BYN_E_LIMIT if this process has no room for so many addresses.
 *
 * @lifetime   The object lives while any process has it open; its elements go with the last.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_open(byn_list **list, const char *name,
                                                const byn_list_options *options);

/**
 * Close the handle. NULL is ignored. If the calling thread has its lock, the next who lock it are told
 * BYN_ABANDONED. Iterators stay valid.
 *
 * @threads As byn_mutex_close().
 * @since   0.1
 */
BYN_API void byn_list_close(byn_list *list);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_list_name(const byn_list *list);

/**
 * Put an element behind the last one.
 *
 * @param list  the list.
 * @param data  its bytes; may be NULL if size is 0.
 * @param size  how many; 0 to BYN_LIST_ELEMENT_MAX.
 * @return BYN_OK; BYN_E_LIMIT: the list would grow above its limit; BYN_E_NOMEM: no room; BYN_E_TOOBIG;
 *         BYN_E_TIMEDOUT: a process was stopped in the midst of a change; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS. Nothing changed then.
 *
 * @threads Any thread. It does not ask for the list's lock.
 * @crash   The element is there, or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_list_append(byn_list *list, const void *data, size_t size);

/**
 * Put several elements behind the last one, all of them in one step: others see none of them or all. It is
 * quicker than one by one; who changes the list waits meanwhile.
 *
 * @param list   the list.
 * @param data   the elements' bytes, one right behind the other; may be NULL if there are none.
 * @param sizes  the bytes of each.
 * @param count  how many elements; 0 is allowed.
 * @return As byn_list_append(); BYN_E_NOMEM also if this process has no room for a table of them.
 *
 * @threads As byn_list_append().
 * @crash   All are there, or none.
 * @since   0.1
 */
BYN_API byn_status byn_list_append_many(byn_list *list, const void *data, const size_t *sizes,
                                        size_t count);

/**
 * Put an element in front of the one that has this index now.
 *
 * @param list   the list.
 * @param index  up to the number of elements, which appends; 0 puts it in front of all, -1 in front of the
 *               last one.
 * @param data   its bytes; may be NULL if size is 0.
 * @param size   how many.
 * @return As byn_list_append(); BYN_E_NOTFOUND: there is no such index.
 *
 * @threads As byn_list_append().
 * @crash   The element is there, or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_list_insert(byn_list *list, int64_t index, const void *data, size_t size);

/**
 * Put an element in the place of another one.
 *
 * @return As byn_list_append(); BYN_E_NOTFOUND: there is no such index.
 *
 * @threads As byn_list_append().
 * @crash   The old element is there, or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_list_set(byn_list *list, int64_t index, const void *data, size_t size);

/**
 * Copy an element out.
 *
 * @param list          the list.
 * @param index         of the element.
 * @param[out] buffer   where it is copied to.
 * @param[in,out] size  room in the buffer; then the size of the element.
 * @return BYN_OK; BYN_E_NOTFOUND: there is no such index; BYN_E_TOOBIG: the buffer is too small;
 *         BYN_E_TIMEDOUT: a process was stopped in the midst of a change; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS.
 *
 * @threads Any thread. It writes nothing that others see, and waits for nobody but who changes the list at
 *          that moment.
 * @crash   Nobody notices.
 * @since   0.1
 */
BYN_API byn_status byn_list_get(byn_list *list, int64_t index, void *buffer, size_t *size);

/**
 * Take an element out: byn_list_get() and byn_list_remove() in one step.
 *
 * @return As byn_list_get(); BYN_E_NOTFOUND also if the list is empty. BYN_E_NOMEM, BYN_E_LIMIT: for an
 *         element amid others some room is needed.
 *
 * @threads As byn_list_append().
 * @crash   The element is there, or it is not; a caller that died may have it.
 * @since   0.1
 */
BYN_API byn_status byn_list_pop(byn_list *list, int64_t index, void *buffer, size_t *size);

/**
 * Remove an element.
 *
 * @return BYN_OK; BYN_E_NOTFOUND: there is no such index; otherwise as byn_list_pop().
 *
 * @threads As byn_list_append().
 * @crash   The element is there, or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_list_remove(byn_list *list, int64_t index);

/**
 * Remove all elements.
 *
 * @return BYN_OK; BYN_E_TIMEDOUT as byn_list_append(); BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads As byn_list_append().
 * @crash   All are there, or none.
 * @since   0.1
 */
BYN_API byn_status byn_list_clear(byn_list *list);

/**
 * Tell how many elements there are at this moment.
 *
 * @param list        the list.
 * @param[out] count  how many.
 * @return BYN_OK; BYN_E_TIMEDOUT as byn_list_append(); BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads As byn_list_get().
 * @since   0.1
 */
BYN_API byn_status byn_list_count(byn_list *list, uint64_t *count);

/**
 * Tell how large it is.
 *
 * @param list          the list.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_TIMEDOUT as byn_list_append(); BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_list_describe(byn_list *list, byn_list_info *info);

/* ---- Many elements ------------------------------------------------------------------------------- */

/** Elements as they were at one moment; made by byn_list_iterator_open() or byn_list_slice(). */
typedef struct byn_list_iterator byn_list_iterator;

/** One of them. */
typedef struct byn_list_element {
    const void *data; /**< aligned to 8 bytes; lives as long as the iterator */
    size_t size;
} byn_list_element;

/**
 * Take a picture of all elements as they are at one moment, to go through at leisure:
 *
 *     byn_list_iterator *iterator;
 *     byn_list_element element;
 *
 *     if (byn_list_iterator_open(&iterator, list) < 0)
 *         return;
 *     while (byn_list_iterator_next(iterator, &element) >= 0)
 *         fwrite(element.data, 1, element.size, stdout);
 *     byn_list_iterator_close(iterator);
 *
 * It is a copy in the memory of this process. Others go on meanwhile; only if they change the list again and
 * again while it is copied, they wait until it is.
 *
 * @param[out] iterator  to be closed with byn_list_iterator_close(); written on success only.
 * @param list           the list.
 * @return BYN_OK; BYN_E_NOMEM: this process has no room for the copy; BYN_E_TIMEDOUT as byn_list_append();
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @lifetime The iterator belongs to the caller, and outlives the handle.
 * @threads  Any thread; an iterator is used by one at a time.
 * @crash    Nothing is left of a caller that dies in it.
 * @since    0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_iterator_open(byn_list_iterator **iterator,
                                                         byn_list *list);

/**
 * The same of some elements, side by side.
 *
 * @param[out] iterator  to be closed with byn_list_iterator_close(); written on success only.
 * @param list           the list.
 * @param first          index of the first one; the number of elements is allowed, and gives none.
 * @param count          how many, at most: there may be fewer. UINT64_MAX: all from there on.
 * @return As byn_list_iterator_open(); BYN_E_NOTFOUND: `first` is outside the list.
 *
 * @threads As byn_list_iterator_open().
 * @crash   Nothing is left of a caller that dies in it.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_slice(byn_list_iterator **iterator, byn_list *list,
                                                 int64_t first, uint64_t count);

/** Tell how many elements the picture has. 0 for NULL. @since 0.1 */
BYN_API uint64_t byn_list_iterator_count(const byn_list_iterator *iterator);

/**
 * Tell the next element, in the beginning the first one.
 *
 * @return BYN_OK; BYN_E_NOTFOUND: there is no more; BYN_E_INVALID.
 * @since  0.1
 */
BYN_API byn_status byn_list_iterator_next(byn_list_iterator *iterator, byn_list_element *element);

/** Close it. NULL is ignored. @since 0.1 */
BYN_API void byn_list_iterator_close(byn_list_iterator *iterator);

/* ---- Several calls as one ------------------------------------------------------------------------- */

/**
 * Lock it, for what takes more than one call. The lock is a mutex of the list's own, owned by the calling
 * thread, not recursive. It keeps out others that lock, not their other calls: each of these is whole by
 * itself.
 *
 * @param list     the list.
 * @param timeout  BYN_NOW to try, BYN_FOREVER, or milliseconds.
 * @return BYN_OK;
 *         BYN_ABANDONED: locked too, and the last owner died holding it: look at what it was doing. Told
 *         until an owner that was told has unlocked it;
 *         BYN_E_TIMEDOUT, BYN_E_CANCELED; BYN_E_DEADLOCK: the caller has it; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   The next owner is told: who waits, at once where the system tells of the death, else within a
 *          second.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_lock(byn_list *list, byn_timeout timeout);

/**
 * Unlock it.
 *
 * @return BYN_OK; BYN_E_NOTOWNER; BYN_E_TIMEDOUT: a process was stopped inside the lock, it is still held;
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Its owner.
 * @crash   It is unlocked, or the next owner gets BYN_ABANDONED.
 * @since   0.1
 */
BYN_API byn_status byn_list_unlock(byn_list *list);

/* ---- Strings and numbers -------------------------------------------------------------------------- */

/*
 * The same for elements that are strings (stored without their 0), int64_t or double (8 bytes as they are in
 * memory). Results as above; BYN_E_MISMATCH: the element does not have the size of such a number. Numbers and
 * strings are not marked: who gets must know what was put.
 */

BYN_API byn_status byn_list_append_string(byn_list *list, const char *text);
BYN_API byn_status byn_list_append_int64(byn_list *list, int64_t number);
BYN_API byn_status byn_list_append_double(byn_list *list, double number);

BYN_API byn_status byn_list_set_string(byn_list *list, int64_t index, const char *text);
BYN_API byn_status byn_list_set_int64(byn_list *list, int64_t index, int64_t number);
BYN_API byn_status byn_list_set_double(byn_list *list, int64_t index, double number);

/** Copy a string out, with a 0 behind it. @p size is the room in @p buffer, which must do for the 0 too;
 *  BYN_E_TOOBIG otherwise. @since 0.1 */
BYN_API byn_status byn_list_get_string(byn_list *list, int64_t index, char *buffer, size_t size);
BYN_API byn_status byn_list_get_int64(byn_list *list, int64_t index, int64_t *number);
BYN_API byn_status byn_list_get_double(byn_list *list, int64_t index, double *number);

#endif
