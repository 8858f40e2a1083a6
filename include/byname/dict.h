/**
 * @file byname/dict.h
 * A dictionary with a name: values by their keys, both any bytes, that every process that opens it sees and
 * changes. It grows while others use it.
 *
 * Every call is atomic: others see all of what it did, or nothing yet. Reading takes no lock and writes
 * nothing, so readers do not hold up one another, nor does a process that was stopped or killed in the midst
 * of a change hold up readers. What takes several calls is done in byn_dict_lock(), or by byn_dict_update()
 * or byn_dict_compare_exchange().
 *
 * **A process that is stopped** in the midst of a change holds up those who change, and who take a picture: after
 * ten seconds they answer BYN_E_TIMEDOUT, and have changed nothing.
 *
 * **Keys and values** have 0 to BYN_DICT_SIZE_MAX bytes. Numbers and strings are stored by the helpers at the
 * end of this file. A pointer to no bytes may be NULL, but where NULL is said to mean "absent".
 *
 * **Buffers.** Where a value is copied out, `*size` says in the beginning how much room there is, and
 * afterwards how large the value is. BYN_E_TOOBIG: the room is too small; `*size` tells what is needed. A
 * buffer may be NULL if the room is 0. What stands in it after a failure is not defined.
 *
 * **Memory.** It needs at most twice what its entries took at most (each some 32 bytes more than its key and
 * value, with its part of the index), and about a megabyte.
 */
#ifndef BYNAME_DICT_H
#define BYNAME_DICT_H

#include <byname/options.h>

/** A dictionary; made by byn_dict_open(). */
typedef struct byn_dict byn_dict;

/** Largest size of a key, and of a value. */
#define BYN_DICT_SIZE_MAX UINT32_C(0x7fffff00)

/** The limit of a dictionary that is created without one: 1 GiB. */
#define BYN_DICT_LIMIT (UINT64_C(1) << 30)

/** How to open a dictionary. Make it with BYN_OPTIONS(). */
typedef struct byn_dict_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    uint64_t limit;     /**< bytes of shared memory that it may grow to, what it needs besides the
                             entries included, up to 64 GiB; 0: the creator's, or BYN_DICT_LIMIT.
                             That many addresses are set aside in each process; memory is used as it
                             grows */
} byn_dict_options;

/** What byn_dict_describe() tells. */
typedef struct byn_dict_info {
    size_t struct_size; /**< set it to sizeof(byn_dict_info) */
    uint64_t count;     /**< entries */
    uint64_t limit;     /**< bytes it may grow to */
    uint64_t size;      /**< bytes of shared memory it has; it never has less again */
    uint64_t used;      /**< of these, bytes that entries and the index take */
} byn_dict_info;

/**
 * Open the dictionary called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the
 * limit is above 64 GiB; BYN_E_LIMIT if this process has no room for so many addresses.
 *
 * @lifetime   The object lives while any process has it open; its entries go with the last.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_dict_open(byn_dict **dict, const char *name,
                                                const byn_dict_options *options);

/**
 * Close the handle. NULL is ignored. If the calling thread has its lock, the next who lock it are told
 * BYN_ABANDONED. Iterators stay valid.
 *
 * @threads As byn_mutex_close().
 * @since   0.1
 */
BYN_API void byn_dict_close(byn_dict *dict);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_dict_name(const byn_dict *dict);

/* ---- One entry ----------------------------------------------------------------------------------- */

/**
 * Store a value under a key, in place of what was there.
 *
 * @return BYN_OK: another value is replaced; BYN_CREATED: the key is new;
 *         BYN_E_LIMIT: the dictionary would be larger than its limit; BYN_E_NOMEM: the machine has no more
 *         memory for it; BYN_E_TOOBIG: the key or the value is above BYN_DICT_SIZE_MAX; BYN_E_INVALID;
 *         BYN_E_CORRUPT; BYN_E_OS. Nothing changed then.
 *
 * @threads Any thread.
 * @crash   The old value or the new one, whenever it dies. The next who writes repairs what else was half
 *          done; readers need not wait for it.
 * @since   0.1
 */
BYN_API byn_status byn_dict_put(byn_dict *dict, const void *key, size_t key_size, const void *value,
                                size_t value_size);

/**
 * Copy the value of a key out.
 *
 * @param dict          the dictionary.
 * @param key           key_size bytes.
 * @param key_size      how many.
 * @param buffer        where to; NULL if there is no room.
 * @param[in,out] size  in: room in @p buffer; out: size of the value.
 * @return BYN_OK; BYN_E_NOTFOUND: there is no such key; BYN_E_TOOBIG: the value is larger, see @p *size;
 *         BYN_E_INVALID; BYN_E_CORRUPT.
 *
 * @threads Any thread; takes no lock.
 * @crash   Nothing is left of a caller that dies in it.
 * @since   0.1
 */
BYN_API byn_status byn_dict_get(byn_dict *dict, const void *key, size_t key_size, void *buffer,
                                size_t *size);

/**
 * Whether there is such a key.
 *
 * @return BYN_OK: there is; BYN_E_NOTFOUND; BYN_E_INVALID; BYN_E_CORRUPT.
 * @threads Any thread; takes no lock.
 * @since   0.1
 */
BYN_API byn_status byn_dict_contains(byn_dict *dict, const void *key, size_t key_size);

/**
 * Remove a key and its value.
 *
 * @return BYN_OK; BYN_E_NOTFOUND: there is no such key; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @crash   It is there or it is not.
 * @since   0.1
 */
BYN_API byn_status byn_dict_remove(byn_dict *dict, const void *key, size_t key_size);

/**
 * Get the value of a key, after storing one if there is none.
 *
 * @param dict          the dictionary.
 * @param key           key_size bytes.
 * @param key_size      how many.
 * @param value         what to store, value_size bytes.
 * @param value_size    how many.
 * @param buffer        where the value goes that is there afterwards; NULL if there is no room.
 * @param[in,out] size  in: room; out: size of that value. NULL: you do not care for the value.
 * @return BYN_CREATED: @p value was stored; BYN_OK: there was one; BYN_E_TOOBIG: there is one, or @p value,
 *         that does not fit into the buffer, nothing changed; else as byn_dict_put().
 *
 * @threads Any thread.
 * @crash   As byn_dict_put().
 * @since   0.1
 */
BYN_API byn_status byn_dict_get_or_put(byn_dict *dict, const void *key, size_t key_size,
                                       const void *value, size_t value_size, void *buffer,
                                       size_t *size);

/**
 * Store a value if what is there is what the caller believes. NULL means "absent": expected NULL puts a new
 * key only, desired NULL removes it.
 *
 * @return BYN_OK: done; BYN_E_MISMATCH: something else is there (or nothing), nothing changed;
 *         else as byn_dict_put().
 *
 * @threads Any thread.
 * @crash   As byn_dict_put().
 * @since   0.1
 */
BYN_API byn_status byn_dict_compare_exchange(byn_dict *dict, const void *key, size_t key_size,
                                             const void *expected, size_t expected_size,
                                             const void *desired, size_t desired_size);

/**
 * What byn_dict_update() calls: make a new value of an old one.
 *
 * It may be called several times for one update, since others may store something else meanwhile; so it
 * should do nothing but compute. It may call the dictionary, but not for the same key.
 *
 * @param value         the old value, aligned as malloc() does; NULL: there is none.
 * @param[in,out] size  the old one's size; set it to the new one's.
 * @param context       as passed to byn_dict_update().
 * @return The new value, which must stay valid until the next call or the end of the update; NULL: the key
 *         is removed. @p value itself, with its size: nothing is changed.
 */
typedef const void *(*byn_dict_function)(const void *value, size_t *size, void *context);

/**
 * Make a new value of the old one, so that nobody changes it in between. No lock is held while the function
 * runs; if others were faster it is called again with what they stored.
 *
 * @return BYN_OK; else as byn_dict_put(); BYN_E_NOMEM also if this process has no room for a copy.
 *
 * @threads Any thread.
 * @crash   As byn_dict_put(). Who dies in the function has changed nothing.
 * @since   0.1
 */
BYN_API byn_status byn_dict_update(byn_dict *dict, const void *key, size_t key_size,
                                   byn_dict_function function, void *context);

/* ---- All entries --------------------------------------------------------------------------------- */

/**
 * Tell how many entries there are.
 *
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_dict_count(byn_dict *dict, uint64_t *count);

/**
 * Remove all entries. What they took is used again; the segment does not become smaller. It takes time with
 * the number of entries (10 million: some 0.3 s), in which others cannot write.
 *
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @crash   All are there, or none.
 * @since   0.1
 */
BYN_API byn_status byn_dict_clear(byn_dict *dict);

/**
 * Tell how large it is.
 *
 * @param dict          the dictionary.
 * @param[in,out] info  struct_size set by the caller, the rest filled.
 * @return BYN_OK; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_dict_describe(byn_dict *dict, byn_dict_info *info);

/** All entries of one moment; made by byn_dict_iterator_open(). */
typedef struct byn_dict_iterator byn_dict_iterator;

/** One of them. */
typedef struct byn_dict_entry {
    const void *key; /**< aligned to 8 bytes, as is the value; both live as long as the iterator */
    size_t key_size;
    const void *value;
    size_t value_size;
} byn_dict_entry;

/**
 * Take a picture of all entries as they are at one moment, to go through at leisure; in no order.
 *
 * It is a copy in the memory of this process, of all keys and values. Up to about a megabyte is copied while
 * writers wait. Of more, the index is listed while they wait (10 million entries: some 0.2 s) and then, while
 * they go on, the rest is copied; if they change much meanwhile it is begun anew, and after the second time
 * copied while they wait (a second or two for each gigabyte). Readers never wait.
 *
 * @param[out] iterator  to be closed with byn_dict_iterator_close(); written on success only.
 * @param dict           the dictionary.
 * @return BYN_OK; BYN_E_NOMEM: this process has no room for the copy; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS.
 *
 * @lifetime The iterator belongs to the caller, and outlives the handle.
 * @threads  Any thread; an iterator is used by one at a time.
 * @crash    Nothing is left of a caller that dies in it.
 * @since    0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_dict_iterator_open(byn_dict_iterator **iterator,
                                                         byn_dict *dict);

/** Tell how many entries the picture has. 0 for NULL. @since 0.1 */
BYN_API uint64_t byn_dict_iterator_count(const byn_dict_iterator *iterator);

/**
 * Tell the next entry.
 *
 * @return BYN_OK; BYN_E_NOTFOUND: there is no more; BYN_E_INVALID.
 * @since  0.1
 */
BYN_API byn_status byn_dict_iterator_next(byn_dict_iterator *iterator, byn_dict_entry *entry);

/** Close it. NULL is ignored. @since 0.1 */
BYN_API void byn_dict_iterator_close(byn_dict_iterator *iterator);

/* ---- Several calls as one ------------------------------------------------------------------------- */

/**
 * Lock it, for calls that belong together. It keeps out others that lock it, and nobody else: who reads or
 * writes without the lock is not held up. Not recursive.
 *
 * @return BYN_OK; BYN_ABANDONED: the same, and the last one died (or closed it) holding it, so that some of
 *         its calls may be missing: each single one is whole; BYN_E_TIMEDOUT; BYN_E_DEADLOCK: the caller
 *         has it; BYN_E_CANCELED: see byname/wait.h; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 *
 * @threads Any thread; it belongs to the thread.
 * @crash   If its owner dies, thread or process, who waits gets on at once where the system tells of it, and
 *          within a second otherwise. All are told BYN_ABANDONED until one that was told has unlocked it.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_dict_lock(byn_dict *dict, byn_timeout timeout);

/**
 * Unlock it.
 *
 * @return BYN_OK; BYN_E_NOTOWNER: the calling thread does not have it; BYN_E_INVALID; BYN_E_CORRUPT;
 *         BYN_E_OS.
 * @threads The owner.
 * @crash   A caller that dies in it has unlocked it, or died holding it.
 * @since   0.1
 */
BYN_API byn_status byn_dict_unlock(byn_dict *dict);

/* ---- Strings and numbers -------------------------------------------------------------------------- */

/*
 * The same for keys that are strings, which are stored without their 0, and for values that are strings
 * (without their 0), int64_t or double (8 bytes as they are in memory). Results as above;
 * BYN_E_MISMATCH: the value does not have the size of such a number. Numbers and strings are not marked: who
 * gets must know what was put.
 */

BYN_API byn_status byn_dict_put_string(byn_dict *dict, const char *key, const char *value);
BYN_API byn_status byn_dict_put_int64(byn_dict *dict, const char *key, int64_t value);
BYN_API byn_status byn_dict_put_double(byn_dict *dict, const char *key, double value);

/** Copy a string out, with a 0 behind it. @p size is the room in @p buffer, which must do for the 0 too;
 *  BYN_E_TOOBIG otherwise. @since 0.1 */
BYN_API byn_status byn_dict_get_string(byn_dict *dict, const char *key, char *buffer, size_t size);
BYN_API byn_status byn_dict_get_int64(byn_dict *dict, const char *key, int64_t *value);
BYN_API byn_status byn_dict_get_double(byn_dict *dict, const char *key, double *value);

/** Remove the key of a string, or ask for it; as byn_dict_remove() and byn_dict_contains(). @since 0.1 */
BYN_API byn_status byn_dict_remove_key(byn_dict *dict, const char *key);
BYN_API byn_status byn_dict_contains_key(byn_dict *dict, const char *key);

/**
 * Add to an int64_t, in one step for all. A key that is not there counts as 0. It wraps around.
 *
 * @param dict         the dictionary.
 * @param key          a string.
 * @param difference   what to add; may be negative.
 * @param[out] result  the number after this addition; NULL if you do not care.
 * @return BYN_OK; BYN_CREATED: the key is new; BYN_E_MISMATCH: the value does not have 8 bytes;
 *         else as byn_dict_put().
 * @threads Any thread.
 * @crash   As byn_dict_put().
 * @since   0.1
 */
BYN_API byn_status byn_dict_add_int64(byn_dict *dict, const char *key, int64_t difference,
                                      int64_t *result);

#endif
