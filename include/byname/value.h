/**
 * @file byname/value.h
 * A number, a flag or a few bytes with a name, that processes read and change without a lock.
 *
 * Each call is atomic, and ordered as C11's seq_cst. The calls without a suffix are for integers and
 * BYN_BOOL, those that end in `_double` for BYN_F32 and BYN_F64, those that end in `_bytes`, read and write
 * for BYN_BYTES; a call of the wrong sort is BYN_E_INVALID and its sentence names the right one.
 */
#ifndef BYNAME_VALUE_H
#define BYNAME_VALUE_H

#include <byname/options.h>

/** A shared value; made by byn_value_open(). */
typedef struct byn_value byn_value;

/** What a value is, or an element of an array. */
typedef enum byn_value_type {
    BYN_ANY = 0, /**< opener only: whatever the creator said */
    BYN_I8 = 1,
    BYN_I16 = 2,
    BYN_I32 = 3,
    BYN_I64 = 4,
    BYN_U8 = 5,
    BYN_U16 = 6,
    BYN_U32 = 7,
    BYN_U64 = 8,
    BYN_F32 = 9,
    BYN_F64 = 10,
    BYN_BOOL = 11, /**< 0 or 1 */
    BYN_BYTES = 12 /**< bytes that change as a whole */
} byn_value_type;

/** Most bytes of a BYN_BYTES. */
#define BYN_VALUE_SIZE_MAX 65536

/** How to open a value. Make it with BYN_OPTIONS(). */
typedef struct byn_value_options {
    size_t struct_size;    /**< set by BYN_OPTIONS() */
    byn_open_mode open;    /**< default: open, or create */
    uint32_t mode;         /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;             /**< it outlives its users, see byname/options.h */
    byn_value_type type;   /**< BYN_ANY creates a BYN_I64 */
    int64_t initial;       /**< of an integer or BYN_BOOL; the creator's decides */
    double initial_double; /**< of a BYN_F32 or BYN_F64; the creator's decides */
    uint32_t
        size; /**< of BYN_BYTES: how many there may be, up to BYN_VALUE_SIZE_MAX; it begins with none */
} byn_value_options;

/**
 * Open the value called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the
 * type is none, what is initial does not fit it, or bytes have no size.
 *
 * Integers pass through int64_t; a BYN_U64 above INT64_MAX passes as the same 64 bits, so that a cast to
 * uint64_t and back is exact. A BYN_F32 passes through double, rounded when it is stored.
 *
 * @lifetime   The object lives while any process has it open.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_value_open(byn_value **value, const char *name,
                                                 const byn_value_options *options);

/** Close the handle. NULL is ignored. @threads As byn_mutex_close(). @since 0.1 */
BYN_API void byn_value_close(byn_value *value);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_value_name(const byn_value *value);

/** Tell the type that the creator gave; BYN_ANY for a handle that cannot be used. @since 0.1 */
BYN_API byn_value_type byn_value_type_of(const byn_value *value);

/** Tell its size in bytes, of BYN_BYTES the most; 0 for a handle that cannot be used. @since 0.1 */
BYN_API size_t byn_value_size(const byn_value *value);

/**
 * Read it.
 *
 * @return BYN_OK; BYN_E_INVALID.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_value_get(byn_value *value, int64_t *number);
BYN_API byn_status byn_value_get_double(byn_value *value, double *number); /**< The same. */

/**
 * Write it.
 *
 * @return BYN_OK; BYN_E_INVALID: @p number does not fit the type, nothing changed. A finite number that
 *         would become infinite does not fit a BYN_F32.
 * @crash  The old number or the new one. Who waits for a change and was not woken yet notices it within a
 *         second; so it is with all changes below.
 * @since  0.1
 */
BYN_API byn_status byn_value_set(byn_value *value, int64_t number);
BYN_API byn_status byn_value_set_double(byn_value *value, double number); /**< The same. */

/**
 * Add to it. Like atomic_fetch_add() integers wrap around at the ends of their type; BYN_F32 and BYN_F64
 * become infinite. A BYN_BOOL cannot be added to: BYN_E_INVALID.
 *
 * @param value        the value.
 * @param difference   what to add; may be negative.
 * @param[out] result  the number after this addition; NULL if you do not care.
 * @return BYN_OK; BYN_E_INVALID.
 * @crash  The old number or the new one.
 * @since  0.1
 */
BYN_API byn_status byn_value_add(byn_value *value, int64_t difference, int64_t *result);
BYN_API byn_status byn_value_add_double(byn_value *value, double difference,
                                        double *result); /**< The same. */

/**
 * Write @p number and tell what it was.
 *
 * @param value          the value.
 * @param number         what it becomes.
 * @param[out] previous  what it was; may be NULL.
 * @return BYN_OK; BYN_E_INVALID: @p number does not fit the type, nothing changed.
 * @crash  The old number or the new one.
 * @since  0.1
 */
BYN_API byn_status byn_value_exchange(byn_value *value, int64_t number, int64_t *previous);
BYN_API byn_status byn_value_exchange_double(byn_value *value, double number,
                                             double *previous); /**< The same. */

/**
 * Write @p desired if it is @p *expected.
 *
 * For BYN_F32 and BYN_F64 it is so if the bits are the same, as for C11's atomics: -0.0 is not 0.0, and a
 * NaN is itself. So a loop that tries again with what it was told always comes to an end.
 *
 * @param value             the value.
 * @param[in,out] expected  what it must be; if it is not, set to what it is.
 * @param desired           what it becomes.
 * @return BYN_OK: written; BYN_E_MISMATCH: it was something else, see @p *expected;
 *         BYN_E_INVALID: @p desired does not fit the type.
 * @crash  The old number or the new one.
 * @since  0.1
 */
BYN_API byn_status byn_value_compare_exchange(byn_value *value, int64_t *expected, int64_t desired);
BYN_API byn_status byn_value_compare_exchange_double(byn_value *value, double *expected,
                                                     double desired); /**< The same. */

/**
 * Read a BYN_BYTES: what one byn_value_write() wrote, never a mixture of two. Readers do not wait for a
 * writer that is stopped or dead.
 *
 * @param value         the value.
 * @param[out] buffer   room for it.
 * @param[in,out] size  how much room there is; becomes how many bytes there are, 0 if nobody wrote yet.
 * @return BYN_OK; BYN_E_TOOBIG: there is too little room, @p *size tells how much is needed;
 *         BYN_E_INVALID; BYN_E_CORRUPT.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_value_read(byn_value *value, void *buffer, size_t *size);

/**
 * Write a BYN_BYTES. Writers take turns.
 *
 * @param value  the value.
 * @param data   the bytes; may be NULL if there are none.
 * @param size   how many; up to the creator's `size`.
 * @return BYN_OK; BYN_E_TOOBIG: it has no room for so many; BYN_E_TIMEDOUT: a writer has been stopped in its
 *         turn for ten seconds; BYN_E_INVALID; BYN_E_CORRUPT.
 * @threads Any thread.
 * @crash   The old bytes or the new ones.
 * @since   0.1
 */
BYN_API byn_status byn_value_write(byn_value *value, const void *data, size_t size);

/**
 * Wait until it is different from what the caller knows.
 *
 * Returns at once if it is different already. A change that is taken back before the caller has looked may
 * be missed. BYN_F32 and BYN_F64 are different if their bits are.
 *
 *     int64_t seen = 0;
 *     while (byn_value_wait_change(progress, &seen, BYN_FOREVER) >= 0)
 *         printf("%lld\n", (long long)seen);
 *
 * @param value          the value.
 * @param[in,out] known  what the caller knows; becomes what it is now.
 * @param timeout        BYN_NOW to ask once, BYN_FOREVER, or milliseconds.
 * @return BYN_OK: it is different; BYN_E_TIMEDOUT: still the same; BYN_E_CANCELED: see
 *         byn_wait_interruptible(); BYN_E_INVALID.
 * @threads Any thread, any number.
 * @crash   A killed waiter is no hindrance to anybody.
 * @since   0.1
 */
BYN_API byn_status byn_value_wait_change(byn_value *value, int64_t *known, byn_timeout timeout);
BYN_API byn_status byn_value_wait_change_double(byn_value *value, double *known,
                                                byn_timeout timeout); /**< The same. */

/**
 * The same for BYN_BYTES.
 *
 * @param value          the value.
 * @param[in,out] known  what the caller knows, with room for byn_value_size() bytes.
 * @param[in,out] size   how many bytes the caller knows; becomes how many there are.
 * @param timeout        as above.
 * @return As above; BYN_E_CORRUPT.
 * @since  0.1
 */
BYN_API byn_status byn_value_wait_change_bytes(byn_value *value, void *known, size_t *size,
                                               byn_timeout timeout);

/**
 * Lock it, for what takes more than one call. The lock is a mutex of the value's own, owned by the calling
 * thread, not recursive. It keeps out others that lock, not their other calls.
 *
 * @param value    the value.
 * @param timeout  BYN_NOW to try, BYN_FOREVER, or milliseconds.
 * @return BYN_OK; BYN_ABANDONED: the same, and the last owner died (or closed it) holding it: repair, and
 *         go on. Told until an owner that was told has unlocked it;
 *         BYN_E_TIMEDOUT; BYN_E_DEADLOCK: the caller has it; BYN_E_CANCELED: see byname/wait.h;
 *         BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads Any thread; it belongs to the thread.
 * @crash   If its owner dies, thread or process, who waits gets on at once where the system tells of it, and
 *          within a second otherwise.
 * @since   0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_value_lock(byn_value *value, byn_timeout timeout);

/**
 * Unlock it.
 *
 * @return BYN_OK; BYN_E_NOTOWNER: the calling thread does not have it; BYN_E_TIMEDOUT: a process has been
 *         stopped inside the lock for ten seconds, it is still held; BYN_E_INVALID; BYN_E_CORRUPT; BYN_E_OS.
 * @threads The owner.
 * @crash   A caller that dies in it has unlocked it, or died holding it.
 * @since   0.1
 */
BYN_API byn_status byn_value_unlock(byn_value *value);

#endif
