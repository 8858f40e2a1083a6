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
    byn_status status = bynw_wait_for(mutex->part.handle, deadline, "the kernel's mutex");

    byni_crash_point("mutex.locked");
    return status;
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

bynk_mutex_state *bynk_mutex_held_alone(void)
{
    return NULL;
}
