#include "posix_break.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void find_kernel_code(pid_t pid, uintptr_t *begin, uintptr_t *end)
{
    char line[512];
    unsigned long from, to;
    bool found = false;
    FILE *maps;

    (void)snprintf(line, sizeof line, "/proc/%ld/maps", (long)pid);
    maps = fopen(line, "re");
    if (maps == NULL)
        return;
    while (!found && fgets(line, sizeof line, maps) != NULL)
        found = strstr(line, "[vdso]") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2;
    (void)fclose(maps);
    if (found) {
        *begin = from;
        *end = to;
    }
}

uintptr_t break_return_from_kernel_code(pid_t pid)
{
    static uintptr_t begin, end; /* as the last victim's */
    static pid_t last;
    struct user_regs_struct registers;
    long back;

    if (last != pid) {
        begin = end = 0;
        find_kernel_code(pid, &begin, &end);
        last = pid;
    }
    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) != 0 || registers.rip < begin ||
        registers.rip >= end)
        return 0;
    errno = 0;
    back = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)registers.rsp, NULL);
    return errno == 0 ? (uintptr_t)back : 0;
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

uintptr_t break_return_from_kernel_code(pid_t pid)
{
    (void)pid;
    return 0;
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
