/* What neither C nor APR tells of the system: posix_system.c or win32_system.c. */
#ifndef BYNAME_TOOL_SYSTEM_H
#define BYNAME_TOOL_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include <apr_pools.h>

/* Whether lines end with "\r\n", and paths may have "\\" and drives. */
bool system_is_windows(void);

/* This process' environment, "NAME=value", NULL-ended; *count of them. */
const char *const *system_environment(apr_pool_t *pool, int *count);

/* Whom a new file would be open to, to read and to write it: 0600, 0660 or 0666; 0: not known. */
uint32_t system_rights(void);

/* The number of this process. */
uint32_t system_pid(void);

/* Milliseconds since some moment; nobody can set this clock. */
int64_t system_milliseconds(void);

/* A text as a command for the system's shell; NULL-ended. */
const char *const *system_shell(const char *text, apr_pool_t *pool);

/*
 * The signals that whoever stands in for a command passes on to it, besides those that C knows: how many
 * there are, and their numbers.
 */
enum { SYSTEM_PASSED_MAX = 3 };
int system_passed_signals(int numbers[SYSTEM_PASSED_MAX]);
void system_pass_signal(uint32_t pid, int number);

/* First of all: a standard stream that is closed stays so. No file that is opened later gets its number. */
void system_reserve_streams(void);

/* Standard output leads to a pipe; and who read from it has gone, as far as the system tells. */
bool system_output_is_pipe(void);
bool system_reader_is_gone(void);

/* From now on its standard output and error lead nowhere, and who reads them waits for others only. */
void system_close_outputs(void);

#endif
