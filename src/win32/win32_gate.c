/*
 * The gate of a name: a mutex that exists only while somebody begins the life of an object there, or ends
 * that of one which is kept.
 */
#include "win32.h"

static byn_status gate_open(HANDLE *gate, const char *place, const byni_name *name)
{
    wchar_t wide[BYNW_NAME_SIZE];
    bynw_list list;
    byn_status status = bynw_list_gate(&list, name);

    if (status < 0)
        return status;
    bynw_name_gate(place, wide);
    *gate = CreateMutexExW(&list.attributes, wide, 0, SYNCHRONIZE | MUTEX_MODIFY_STATE);
    if (*gate == NULL)
        status = bynw_fail(GetLastError(), NULL, "cannot create the mutex %s#gate", place);
    bynw_list_free(&list);
    return status;
}

static byn_status gate_lock(HANDLE gate, const char *place, bynk_deadline deadline)
{
    DWORD result = bynw_wait(gate, deadline);

    /* Abandoned is as good: what its owner left half-made is not READY. */
    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED)
        return BYN_OK;
    if (result == WAIT_TIMEOUT)
        return byni_fail(
            BYN_E_TIMEDOUT,
            "another process has been opening %s for too long: look for a stopped one and "
            "let it go on or kill it",
            place);
    return bynw_fail(GetLastError(), NULL, "cannot lock the mutex %s#gate", place);
}

byn_status bynw_gate_enter(HANDLE *gate, const char *place, const byni_name *name,
                           bynk_deadline deadline)
{
    byn_status status = gate_open(gate, place, name);

    if (status < 0)
        return status;
    status = gate_lock(*gate, place, deadline);
    if (status < 0)
        (void)CloseHandle(*gate);
    return status;
}

void bynw_gate_leave(HANDLE gate)
{
    (void)ReleaseMutex(gate);
    (void)CloseHandle(gate);
}
