/*
 * The mutex is the kernel's: it tells at once when its owner has died, and its handle can stand among
 * others that a thread waits for.
 */
#include "win32.h"

void bynk_mutex_initialise(bynk_mutex_state *state)
{
    state->reserved = 0;
    bynw_part_make('m', state, 0);
}

byn_status bynk_mutex_attach(bynk_mutex *mutex, bynk_segment *segment, bynk_mutex_state *state)
{
    byn_status status = bynw_part_take(&mutex->part, segment, 'm', state, 0);

    byni_crash_point("mutex.attached");
    return status;
}

void bynk_mutex_detach(bynk_mutex *mutex)
{
    bynw_part_drop(&mutex->part);
}

byn_status bynk_mutex_lock(bynk_mutex *mutex, bynk_deadline deadline)
{
    DWORD result = bynw_wait(mutex->part.handle, deadline);

    byni_crash_point("mutex.locked");
    switch (result) {
    case WAIT_OBJECT_0:
        return BYN_OK;
    case WAIT_ABANDONED:
        return BYN_ABANDONED;
    case WAIT_TIMEOUT:
        return BYN_E_TIMEDOUT;
    default:
        return bynw_fail(GetLastError(), NULL, "cannot wait for the kernel's mutex");
    }
}

byn_status bynk_mutex_try(bynk_mutex *mutex)
{
    return bynk_mutex_lock(mutex, BYNK_NOW);
}

byn_status bynk_mutex_unlock(bynk_mutex *mutex)
{
    BOOL done;

    byni_crash_point("mutex.unlocking");
    done = ReleaseMutex(mutex->part.handle);
    byni_crash_point("mutex.unlocked");
    return done ? BYN_OK : bynw_fail(GetLastError(), NULL, "cannot release the kernel's mutex");
}
