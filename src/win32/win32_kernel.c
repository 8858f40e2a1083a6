/*
 * Design of the Windows side of the seam.
 *
 * Names and kernel objects. An object is a section of the page file under a name that contains the user's
 * security identifier (user scope, in Local\, so of one terminal session) or stands in Global\ (machine
 * scope). Everything else that it needs of the kernel has the section's name, the random number of this
 * life of the object (incarnation) and a letter behind: 'm' the mutex and 'e' the event of a state at an
 * offset, 'l' a bare sign of life, 'g' the event on which lockers of a guard park, 'p' the event of a seat.
 * So parts of two lives never mix, though handles of a dying process close one after the other.
 *
 * Creating once. On the usual path an opener takes no lock: it opens section, reads a header that is
 * READY, and opens the parts. Otherwise it goes through the gate, a mutex that only exists meanwhile.
 * The creator makes the parts, then stores READY, last; if it dies before, the next one in the gate begins
 * anew. Parts with a state are made by the creator only. An opener who finds READY but one of them gone
 * has met the section of users who all died or closed while it looked - kept by another opener, by a
 * visitor or by a process whose handles are just being closed. Their life is over, whatever the section
 * still holds: with the gate a new life begins in it, from zero, with a new incarnation. READY is taken
 * away first, so that an opener who reads the header meanwhile notices.
 *
 * Who is alive. The kernel closes the handles of whoever dies, in whatever way, and with the last handle a
 * name is gone. There is no register, nothing to sweep, and nothing that a killed process leaves. Threads
 * are known by number and time of creation.
 *
 * When an owner dies. The kernel's mutex says WAIT_ABANDONED. A guard's word names its owner; who has
 * parked on it for a slice looks whether that thread still lives, and else puts itself in its place and is
 * told so.
 *
 * When a waiter dies. It leaves a seat with its name, which is taken over when seats run short or when a
 * heartbeat finds it, and perhaps a bit in a spot. Until then that bit costs a wake-up; therefore more are
 * woken than needed, and no sleep is longer than a heartbeat.
 */
#include "win32.h"

#include <string.h>

byni_a32 bynw_begun;

static SRWLOCK begin_lock = SRWLOCK_INIT;
static SRWLOCK library_lock = SRWLOCK_INIT;

byn_status bynk_begin(void)
{
    byn_status status = BYN_OK;

    if (byni_load32(&bynw_begun) != 0)
        return BYN_OK;
    AcquireSRWLockExclusive(&begin_lock);
    if (byni_load32(&bynw_begun) == 0) {
        status = bynw_access_begin();
        if (status == BYN_OK)
            byni_store32(&bynw_begun, 1);
    }
    ReleaseSRWLockExclusive(&begin_lock);
    return status;
}

void bynk_self_describe(bynk_self *self)
{
    static char program[MAX_PATH];
    static SRWLOCK lock = SRWLOCK_INIT;
    wchar_t path[MAX_PATH];
    const wchar_t *slash;

    AcquireSRWLockExclusive(&lock);
    if (program[0] == '\0') {
        path[0] = L'\0';
        (void)GetModuleFileNameW(NULL, path, MAX_PATH);
        path[MAX_PATH - 1] = L'\0';
        slash = wcsrchr(path, L'\\');
        bynw_narrow(slash == NULL ? path : slash + 1, program, MAX_PATH);
    }
    ReleaseSRWLockExclusive(&lock);
    self->pid = GetCurrentProcessId();
    self->thread = GetCurrentThreadId();
    self->program = program;
}

/* Process numbers mean the same to all who can meet at a name. */
uint64_t bynk_domain(void)
{
    return 0;
}

void bynk_library_lock(void)
{
    AcquireSRWLockExclusive(&library_lock);
}

void bynk_library_unlock(void)
{
    ReleaseSRWLockExclusive(&library_lock);
}

void bynk_die(void)
{
    (void)TerminateProcess(GetCurrentProcess(), BYN_EXIT_KILLED);
}
