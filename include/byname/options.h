/**
 * @file byname/options.h
 * What all objects have in common: names, ways to open, timeouts, options.
 *
 * **Names.** 1 to 255 bytes of UTF-8 without control characters. A name alone belongs to the current
 * user; `machine:` in front makes it visible to all users of the machine. Any other `word:` in front
 * is BYN_E_NAME. All kinds share one name space. A NULL name makes a fresh name that nobody can
 * guess; byn_mutex_name() and its sisters tell it.
 *
 * **Lifetime.** An object lives as long as any process has it open. A process that was killed counts
 * as having closed it. With the last one its state is gone and its name is free.
 *
 * **Kept.** What is made with the option `keep` stays when its last user has gone, with its state, until
 * byn_remove() or the end of the system. An opener that does not ask for it opens what is kept as well.
 *
 * **Parameters.** The creator's hold. A later opener passes the same or zero.
 *
 * **Threads.** Every call may come from any thread, and threads may share a handle. Opening an object
 * twice in one process gives the same handle twice; close it as often as it was opened.
 *
 * **fork().** A child opens its own handles. Calls with an inherited one answer BYN_E_INVALID.
 */
#ifndef BYNAME_OPTIONS_H
#define BYNAME_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <byname/api.h>
#include <byname/status.h>

/** Milliseconds to wait: BYN_NOW, BYN_FOREVER or a positive number. A wait never ends early. */
typedef int64_t byn_timeout;

#define BYN_NOW ((byn_timeout)0)
#define BYN_FOREVER ((byn_timeout)-1)

/** Largest number of bytes in a name; a prefix `machine:` does not count. */
#define BYN_NAME_MAX 255

/** What open does when the name exists, or does not. */
typedef enum byn_open_mode {
    BYN_OPEN_OR_CREATE = 0, /**< of all that race for it, exactly one creates: BYN_CREATED */
    BYN_CREATE_ONLY = 1,    /**< BYN_E_EXISTS if somebody has it open */
    BYN_OPEN_ONLY = 2       /**< BYN_E_NOTFOUND if nobody has it open */
} byn_open_mode;

/**
 * Options of a type, set as given and otherwise zero, which is each option's default:
 * `byn_mutex_open(&m, "name", &BYN_OPTIONS(byn_mutex_options, .recursive = true))`.
 *
 * In C++20 it is the value of a variable, whose address is passed; fields are named in the order of the struct:
 * `const byn_mutex_options options = BYN_OPTIONS(byn_mutex_options, .recursive = true);`. In an older C++ set the
 * fields: `byn_mutex_options options = {}; options.struct_size = sizeof options; options.recursive = true;`.
 */
#ifdef __cplusplus
#define BYN_OPTIONS(type, ...) (type{.struct_size = sizeof(type), __VA_ARGS__})
#else
#define BYN_OPTIONS(type, ...) ((type){.struct_size = sizeof(type), __VA_ARGS__})
#endif

#endif
