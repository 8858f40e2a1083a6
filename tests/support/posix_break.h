/*
 * Stepping is slow: the processor's trap costs some 20 us on a virtual machine, and a sweep of n
 * instructions would take n * n / 2 of them. So a victim that is to be killed after k instructions runs
 * at full speed to a breakpoint at the address where an earlier one was after k - 1, and makes the last
 * step by itself.
 */
#ifndef BYNAME_TEST_POSIX_BREAK_H
#define BYNAME_TEST_POSIX_BREAK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where earlier victims were after 0, 1, 2 ... instructions. */
typedef struct step_path {
    uintptr_t *at;
    long known, room;
} step_path;

/* Where a stopped victim is; 0 where this processor's registers are not known here. */
uintptr_t break_position(pid_t pid);

/* The victim is at `position` after `count` instructions. What was known behind is forgotten if it was
 * somewhere else before. */
void break_remember(step_path *path, long count, uintptr_t position);

/* How often a victim passes where it will be after `count` instructions, up to and with then. */
long break_passes(const step_path *path, long count);

/* Set, and remove, a breakpoint in a stopped victim; false: that cannot be done there. */
bool break_set(pid_t pid, uintptr_t position, long *saved);
bool break_remove(pid_t pid, uintptr_t position, long saved);

/*
 * The kernel's code in the victim (vdso), which reads the clock: it begins again when a tick came in
 * between, and one that is stepped on a busy machine would do so for ever. The answer is where the call
 * into it goes back to, of a victim that stands at its first instruction; 0 of one that is elsewhere. Who has
 * come in runs to there, so that none stands further inside.
 */
uintptr_t break_return_from_kernel_code(pid_t pid);

/* The victim has stopped: at the breakpoint? Then it is put back in front of the instruction. */
bool break_hit(pid_t pid, uintptr_t position);

#endif
