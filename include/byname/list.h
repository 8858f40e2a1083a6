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
                             elements included; 0: the creator's, or BYN_LIST_LIMIT */
} byn_list_options;

/**
 * Open the list called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also for a limit
 * that is too small for anything, BYN_E_NOMEM if there is no room for a new one.
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_open(byn_list **list, const char *name,
                                                const byn_list_options *options);

/** Close the handle. NULL is ignored. A lock that a thread of this process holds is let go. @since 0.1 */
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
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread. It does not ask for the list's lock.
 * @crash   The element is there, or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_list_append(byn_list *list, const void *data, size_t size);

/**
 * Put an element in front of the one that has this index now.
 *
 * @param list   the list.
 * @param index  up to the number of elements, which appends; 0 puts it in front of all, -1 in front of the
 *               last one.
 * @param data   its bytes; may be NULL if size is 0.
 * @param size   how many.
 * @return as byn_list_append(); BYN_E_NOTFOUND: there is no such index.
 *
 * @threads As byn_list_append().
 * @crash   The element is there, or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_list_insert(byn_list *list, int64_t index, const void *data, size_t size);

/**
 * Put an element in the place of another one.
 *
 * @return as byn_list_append(); BYN_E_NOTFOUND: there is no such index.
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
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
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
 * @return as byn_list_get(); BYN_E_NOTFOUND also if the list is empty. BYN_E_NOMEM, BYN_E_LIMIT: for an
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
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
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
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads As byn_list_get().
 * @since   0.1
 */
BYN_API byn_status byn_list_count(byn_list *list, uint64_t *count);

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
 * @return BYN_OK; BYN_E_NOTOWNER; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Its owner.
 * @crash   It is unlocked, or the next owner gets BYN_ABANDONED.
 * @since   0.1
 */
BYN_API byn_status byn_list_unlock(byn_list *list);

/** Copies of many elements at one moment; made by byn_list_iterate() or byn_list_slice(). */
typedef struct byn_list_iterator byn_list_iterator;

/**
 * Copy all elements, as they are at one moment, to go through them:
 *
 *     byn_list_iterator *iterator;
 *     const void *data;
 *     size_t size;
 *
 *     if (byn_list_iterate(list, &iterator) >= 0) {
 *         while (byn_list_iterator_next(iterator, &data, &size))
 *             ...
 *         byn_list_iterator_close(iterator);
 *     }
 *
 * @param list           the list.
 * @param[out] iterator  to be closed by byn_list_iterator_close().
 * @return BYN_OK; BYN_E_NOMEM: no memory for the copies; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @lifetime   The copies are the caller's, and need the list no more.
 * @threads    As byn_list_get(). If others change the list again and again while it copies, it keeps them
 *             from that until it has all.
 * @crash      Nobody notices.
 * @after_fork Usable in the child.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_iterate(byn_list *list, byn_list_iterator **iterator);

/**
 * The same for some of the elements, side by side.
 *
 * @param list           the list.
 * @param first          index of the first one; the number of elements is allowed, and gives none.
 * @param count          how many, at most: there may be fewer; UINT64_MAX: all from there on.
 * @param[out] iterator  to be closed by byn_list_iterator_close().
 * @return as byn_list_iterate(); BYN_E_NOTFOUND: `first` is outside the list.
 *
 * @threads As byn_list_iterate().
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_list_slice(byn_list *list, int64_t first, uint64_t count,
                                                 byn_list_iterator **iterator);

/** Tell how many elements were copied. @since 0.1 */
BYN_API uint64_t byn_list_iterator_count(const byn_list_iterator *iterator);

/**
 * Go to the next element, in the beginning to the first one.
 *
 * @param iterator   the iterator.
 * @param[out] data  the element's bytes, valid until the iterator is closed; aligned to nothing. May be NULL.
 * @param[out] size  how many. May be NULL.
 * @return false at the end; data and size are left as they were.
 *
 * @threads One at a time.
 * @since   0.1
 */
BYN_API bool byn_list_iterator_next(byn_list_iterator *iterator, const void **data, size_t *size);

/** Free the copies. NULL is ignored. @since 0.1 */
BYN_API void byn_list_iterator_close(byn_list_iterator *iterator);

#endif
