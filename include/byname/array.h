/**
 * @file byname/array.h
 * An array with a name: elements of one type, as many as its creator said, in memory that all who open it
 * share.
 */
#ifndef BYNAME_ARRAY_H
#define BYNAME_ARRAY_H

#include <byname/value.h>

/** A shared array; made by byn_array_open(). */
typedef struct byn_array byn_array;

/** How to open an array. Make it with BYN_OPTIONS(). */
typedef struct byn_array_options {
    size_t struct_size;  /**< set by BYN_OPTIONS() */
    byn_open_mode open;  /**< default: open, or create */
    uint32_t mode;       /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;           /**< it outlives its users, see byname/options.h */
    byn_value_type type; /**< of an element; BYN_ANY creates BYN_I64 */
    uint32_t size;       /**< of a BYN_BYTES element, which is a record of so many bytes */
    uint64_t length; /**< elements; needed to create, otherwise the same as the creator's or 0 */
} byn_array_options;

/**
 * Open the array called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the type
 * is none, a record has no size, or it must be created and has no length; BYN_E_NOMEM if the machine has no
 * room for it now: the elements of an array that is open are there, no access can fail. All are 0 at first.
 *
 * @lifetime   The object lives while any process has it open; its elements go with the last.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_array_open(byn_array **array, const char *name,
                                                 const byn_array_options *options);

/** Close the handle. NULL is ignored. byn_array_data() ends with the last handle of the process. @since 0.1 */
BYN_API void byn_array_close(byn_array *array);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_array_name(const byn_array *array);

/** Tell how many elements it has; 0 for a handle that cannot be used. @since 0.1 */
BYN_API uint64_t byn_array_length(const byn_array *array);

/** Tell the type that the creator gave; BYN_ANY for a handle that cannot be used. @since 0.1 */
BYN_API byn_value_type byn_array_type_of(const byn_array *array);

/** Tell how many bytes one element has; 0 for a handle that cannot be used. @since 0.1 */
BYN_API size_t byn_array_element_size(const byn_array *array);

/**
 * Read one element. Types as with a value: integers and BYN_BOOL here, BYN_F32 and BYN_F64 by the call
 * that ends in `_double`; records are read by byn_array_read().
 *
 * It does not ask for the lock; what is stored before a set is seen by who has got what was set.
 *
 * @return BYN_OK; BYN_E_INVALID: @p index is not below the length, or the type is for another call.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_array_get(byn_array *array, uint64_t index, int64_t *number);
BYN_API byn_status byn_array_get_double(byn_array *array, uint64_t index,
                                        double *number); /**< The same. */

/**
 * Write one element.
 *
 * @return BYN_OK; BYN_E_INVALID: also if @p number does not fit the type; nothing changed.
 * @threads Any thread.
 * @crash   The old number or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_array_set(byn_array *array, uint64_t index, int64_t number);
BYN_API byn_status byn_array_set_double(byn_array *array, uint64_t index,
                                        double number); /**< The same. */

/**
 * Add to one element, in one step. Integers wrap around at the ends of their type; BYN_F32 and BYN_F64 become
 * infinite. A BYN_BOOL cannot be added to: BYN_E_INVALID.
 *
 * This and the two that follow do not ask for the lock, and are ordered as C11's seq_cst.
 *
 * @param array        the array.
 * @param index        of the element.
 * @param difference   what to add; may be negative.
 * @param[out] result  the number after this addition; NULL if you do not care.
 * @return BYN_OK; BYN_E_INVALID: @p index is not below the length, or the type is for another call.
 * @threads Any thread.
 * @crash   The old number or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_array_add(byn_array *array, uint64_t index, int64_t difference,
                                 int64_t *result);
BYN_API byn_status byn_array_add_double(byn_array *array, uint64_t index, double difference,
                                        double *result); /**< The same. */

/**
 * Write one element and tell what it was, in one step.
 *
 * @param array          the array.
 * @param index          of the element.
 * @param number         what it becomes.
 * @param[out] previous  what it was; may be NULL.
 * @return BYN_OK; BYN_E_INVALID: as byn_array_set(); nothing changed.
 * @threads Any thread.
 * @crash   The old number or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_array_exchange(byn_array *array, uint64_t index, int64_t number,
                                      int64_t *previous);
BYN_API byn_status byn_array_exchange_double(byn_array *array, uint64_t index, double number,
                                             double *previous); /**< The same. */

/**
 * Write @p desired to one element if it is @p *expected. BYN_F32 and BYN_F64 are compared by their bits, as
 * by byn_value_compare_exchange_double().
 *
 * @param array             the array.
 * @param index             of the element.
 * @param[in,out] expected  what it must be; if it is not, set to what it is.
 * @param desired           what it becomes.
 * @return BYN_OK: written; BYN_E_MISMATCH: it was something else, see @p *expected;
 *         BYN_E_INVALID: as byn_array_set(); nothing changed.
 * @threads Any thread.
 * @crash   The old number or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_array_compare_exchange(byn_array *array, uint64_t index, int64_t *expected,
                                              int64_t desired);
BYN_API byn_status byn_array_compare_exchange_double(byn_array *array, uint64_t index,
                                                     double *expected,
                                                     double desired); /**< The same. */

/**
 * Copy elements out, under the array's lock: what others write with byn_array_write(), or while they hold
 * the lock, is seen whole or not at all. A caller that holds the lock keeps it.
 *
 * @param array        the array.
 * @param first        index of the first element.
 * @param count        how many; 0 is allowed.
 * @param[out] buffer  room for so many, of the C type that has the type's name: int8_t, ..., float,
 *                     double, bool; records one behind the other.
 * @param timeout      for the lock: BYN_NOW to try, BYN_FOREVER, or milliseconds.
 * @return BYN_OK; BYN_ABANDONED: copied, and the last who changed something under the lock died before it
 *         was done; told once. BYN_E_INVALID: not all of them are below the length. BYN_E_TIMEDOUT,
 *         BYN_E_CANCELED, BYN_E_CORRUPT: nothing copied.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API byn_status byn_array_read(byn_array *array, uint64_t first, uint64_t count, void *buffer,
                                  byn_timeout timeout);

/**
 * Copy elements in, under the array's lock. As byn_array_read() but for the direction.
 *
 * @crash  Elements are old or new, and the next who locks, reads or writes gets BYN_ABANDONED.
 * @since  0.1
 */
BYN_API byn_status byn_array_write(byn_array *array, uint64_t first, uint64_t count,
                                   const void *buffer, byn_timeout timeout);

/**
 * Tell where the elements begin in this process, to work on them directly while the lock is held. Others
 * have them elsewhere.
 *
 * @return The address of the first element, aligned for its type; valid until the handle is closed.
 *         NULL for a handle that cannot be used.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API void *byn_array_data(byn_array *array);

/** Lock it; as byn_value_lock(). @since 0.1 */
BYN_API BYN_MUST_CHECK byn_status byn_array_lock(byn_array *array, byn_timeout timeout);

/** Unlock it; as byn_value_unlock(). @since 0.1 */
BYN_API byn_status byn_array_unlock(byn_array *array);

#endif
