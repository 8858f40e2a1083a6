#include "posix_break.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#if defined(__x86_64__)

enum { BREAKPOINT = 0xcc };

uintptr_t break_position(pid_t pid)
{
    struct user_regs_struct registers;

    return ptrace(PTRACE_GETREGS, pid, NULL, &registers) == 0 ? (uintptr_t)registers.rip : 0;
}

bool break_set(pid_t pid, uintptr_t position, long *saved)
{
    errno = 0;
    *saved = ptrace(PTRACE_PEEKTEXT, pid, (void *)position, NULL);
    return errno == 0 && ptrace(PTRACE_POKETEXT, pid, (void *)position,
                                (void *)((*saved & ~0xffL) | BREAKPOINT)) == 0;
}

bool break_remove(pid_t pid, uintptr_t position, long saved)
{
    return ptrace(PTRACE_POKETEXT, pid, (void *)position, (void *)saved) == 0;
}

bool break_hit(pid_t pid, uintptr_t position)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) != 0 || registers.rip != position + 1)
        return false;
    registers.rip = position;
    return ptrace(PTRACE_SETREGS, pid, NULL, &registers) == 0;
}

#else

uintptr_t break_position(pid_t pid)
{
    (void)pid;
    return 0;
}

bool break_set(pid_t pid, uintptr_t position, long *saved)
{
    (void)pid;
    (void)position;
    (void)saved;
    return false;
}

bool break_remove(pid_t pid, uintptr_t position, long saved)
{
    (void)pid;
    (void)position;
    (void)saved;
    return false;
}

bool break_hit(pid_t pid, uintptr_t position)
{
    (void)pid;
    (void)position;
    return false;
}

#endif

void break_remember(step_path *path, long count, uintptr_t position)
{
    if (position == 0 || count > path->known)
        return;
    if (count < path->known && path->at[count] == position)
        return;
    if (count >= path->room) {
        long room = path->room > 0 ? 2 * path->room : 1024;
        uintptr_t *larger = realloc(path->at, (size_t)room * sizeof *larger);

        if (larger == NULL)
            return;
        path->at = larger;
        path->room = room;
    }
    path->at[count] = position;
    path->known = count + 1;
}

long break_passes(const step_path *path, long count)
{
    long passes = 0, i;

    for (i = 0; i <= count; i++)
        passes += path->at[i] == path->at[count];
    return passes;
}
