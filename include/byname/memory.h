/**
 * @file byname/memory.h
 * Shared memory with a name: zero-filled bytes that every process that opens it sees.
 */
#ifndef BYNAME_MEMORY_H
#define BYNAME_MEMORY_H

#include <byname/options.h>

/** A piece of shared memory; made by byn_memory_open(). */
typedef struct byn_memory byn_memory;

/** How to open shared memory. Make it with BYN_OPTIONS(). */
typedef struct byn_memory_options {
    size_t struct_size; /**< set by BYN_OPTIONS() */
    byn_open_mode open; /**< default: open, or create */
    uint32_t mode;      /**< POSIX permission bits of a `machine:` object; 0 is 0600 */
    bool keep;          /**< it outlives its users, see byname/options.h */
    uint64_t size;      /**< bytes; needed to create, otherwise the same as the creator's or 0 */
    uint64_t limit;     /**< bytes it may grow to; 0 is the size, which means never */
} byn_memory_options;

/**
 * Open the memory called @p name. Parameters and results as byn_mutex_open(); BYN_E_INVALID also if it
 * must be created and size is 0 or above limit; BYN_E_NOMEM if the machine has no room for it now:
 * a page that was given is there, no later access to it can fail.
 *
 * @lifetime   The object lives while any process has it open; its bytes go with the last.
 * @threads    Any thread.
 * @crash      A creator killed half-way leaves nothing that an opener could see; the next creates. What
 *             a process was writing when it was killed is as far as it had come.
 * @after_fork The child opens its own.
 * @since      0.1
 */
BYN_API BYN_MUST_CHECK byn_status byn_memory_open(byn_memory **memory, const char *name,
                                                  const byn_memory_options *options);

/** Close the handle. NULL is ignored. Pointers into the memory end with the last handle of the process. @since 0.1 */
BYN_API void byn_memory_close(byn_memory *memory);

/** Tell the full name; as byn_mutex_name(). @since 0.1 */
BYN_API const char *byn_memory_name(const byn_memory *memory);

/**
 * Tell where it begins in this process; other processes have it elsewhere, so store offsets in it and
 * never pointers.
 *
 * @return The address of the first byte, on a page boundary; valid for byn_memory_size() bytes until
 *         the handle is closed. It never moves, not even when the memory grows. NULL for a handle that
 *         cannot be used.
 * @threads Any thread.
 * @since   0.1
 */
BYN_API void *byn_memory_base(byn_memory *memory);

/**
 * Tell its size in bytes: exactly the creator's, until it grows.
 *
 * @threads Any thread.
 * @since   0.1
 */
BYN_API uint64_t byn_memory_size(byn_memory *memory);

/**
 * Make it larger, for all processes at once. New bytes are zero.
 *
 * @param memory  the memory.
 * @param size    bytes; up to the creator's limit. A size that it already has changes nothing.
 * @return BYN_OK; BYN_E_LIMIT: above the limit; BYN_E_NOMEM: no room; BYN_E_INVALID; BYN_E_OS.
 *
 * @threads Any thread.
 * @crash   It has the old size or the new one.
 * @since   0.1
 */
BYN_API byn_status byn_memory_grow(byn_memory *memory, uint64_t size);

#endif
