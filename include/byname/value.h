/**
 * @file byname/value.h
 * A number with a name, that processes read and change without a lock.
 */
#ifndef BYNAME_VALUE_H
#define BYNAME_VALUE_H

#include <byname/options.h>

/** A shared number; made by byn_value_open(). */
typedef struct byn_value byn_value;

/** What a value is. */
typedef enum byn_value_type {
    BYN_ANY = 0, /**< opener only: whatever the creator said */
    BYN_I8 = 1,
    BYN_I16 = 2,
    BYN_I32 = 3,
    BYN_I64 = 4,
    BYN_U8 = 5,
    BYN_U16 = 6,
    BYN_U32 = 7,
    BYN_U64 = 8
} byn_value_type;

/** How to open a value. Make it with BYN_OPTIONS(). */
typedef struct byn_value_options {
    size_t struct_size;  /**< set by BYN_OPTIONS() */
    byn_open_mode open;  /**< default: open, or create */
    uint32_t mode;       /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;           /**< it outlives its users, see byname/options.h */
    byn_value_type type; /**< BYN_ANY creates a BYN_I64 */
    int64_t initial;     /**< the creator's decides; a later opener's is ignored */
} byn_value_options;

/**
 * Open the value called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if the
 * type is none or initial does not fit it.
 *
 * All types pass through int64_t here; a BYN_U64 above INT64_MAX passes as the same 64 bits, so that
 * a cast to uint64_t and back is exact.
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

/**
 * Read it.
 *
 * @return BYN_OK; BYN_E_INVALID.
 * @threads Any thread. This and the calls below are atomic, and ordered as C11's seq_cst.
 * @since   0.1
 */
BYN_API byn_status byn_value_get(byn_value *value, int64_t *number);

/**
 * Write it.
 *
 * @return BYN_OK; BYN_E_INVALID: @p number does not fit the type, nothing changed.
 * @crash  The old number or the new one.
 * @since  0.1
 */
BYN_API byn_status byn_value_set(byn_value *value, int64_t number);

/**
 * Add to it. Like atomic_fetch_add() it wraps around at the ends of its type.
 *
 * @param value        the value.
 * @param difference   what to add; may be negative.
 * @param[out] result  the number after this addition; NULL if you do not care.
 * @return BYN_OK; BYN_E_INVALID.
 * @crash  The old number or the new one.
 * @since  0.1
 */
BYN_API byn_status byn_value_add(byn_value *value, int64_t difference, int64_t *result);

/**
 * Write @p desired if it is @p *expected.
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

#endif
