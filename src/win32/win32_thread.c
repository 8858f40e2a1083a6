/*
 * Memory of a thread, freed with it: fiber-local storage, since that of threads has no clean-up. Locks and
 * threads of the library's own.
 */
#include "win32.h"

#include <stdlib.h>

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static DWORD slot = FLS_OUT_OF_INDEXES;

static void WINAPI release(void *memory)
{
    free(memory);
}

static BOOL CALLBACK make_slot(INIT_ONCE *called_once, void *parameter, void **context)
{
    (void)called_once;
    (void)parameter;
    (void)context;
    slot = FlsAlloc(release);
    return TRUE;
}

void *bynk_thread_memory(size_t size)
{
    DWORD error = GetLastError(); /* that of the caller, who may yet tell it */
    void *memory = NULL;

    (void)InitOnceExecuteOnce(&once, make_slot, NULL, NULL);
    if (slot != FLS_OUT_OF_INDEXES)
        memory = FlsGetValue(slot);
    if (slot != FLS_OUT_OF_INDEXES && memory == NULL) {
        memory = calloc(1, size);
        if (memory != NULL && !FlsSetValue(slot, memory)) {
            free(memory);
            memory = NULL;
        }
    }
    SetLastError(error);
    return memory;
}

/* ---- Locks ---------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(bynk_lock) == sizeof(SRWLOCK), "one word");

static SRWLOCK *native(bynk_lock *lock)
{
    return (SRWLOCK *)&lock->word;
}

void bynk_lock_initialise(bynk_lock *lock)
{
    InitializeSRWLock(native(lock));
}

void bynk_lock_lock(bynk_lock *lock)
{
    AcquireSRWLockExclusive(native(lock));
}

void bynk_lock_unlock(bynk_lock *lock)
{
    ReleaseSRWLockExclusive(native(lock));
}

/* ---- Threads -------------------------------------------------------------------------------------------- */

struct bynk_thread {
    HANDLE handle;
    byni_a64 me; /* bynk_me() of it */
    void (*function)(void *);
    void *argument;
};

static DWORD WINAPI run(LPVOID argument)
{
    bynk_thread *self = argument;

    byni_store64(&self->me, bynk_me());
    self->function(self->argument);
    return 0;
}

void bynw_stay_loaded(void)
{
    HMODULE module;

    (void)GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                             (const wchar_t *)(const void *)&once, &module);
}

/* Suspended, until its handle is written where it may look for it. */
byn_status bynk_thread_start(bynk_thread **thread, void (*function)(void *), void *argument)
{
    bynk_thread *made = calloc(1, sizeof *made);

    if (made == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for a thread");
    bynw_stay_loaded();
    made->function = function;
    made->argument = argument;
    made->handle = CreateThread(NULL, 0, run, made, CREATE_SUSPENDED, NULL);
    if (made->handle == NULL) {
        free(made);
        return bynw_fail(GetLastError(), NULL, "cannot make a thread");
    }
    *thread = made;
    (void)ResumeThread(made->handle);
    return BYN_OK;
}

bool bynk_thread_is_me(const bynk_thread *thread)
{
    return byni_load64(&thread->me) == bynk_me();
}

void bynk_thread_join(bynk_thread *thread)
{
    (void)WaitForSingleObject(thread->handle, INFINITE);
    (void)CloseHandle(thread->handle);
    free(thread);
}

void bynk_thread_leave(bynk_thread *thread)
{
    (void)CloseHandle(thread->handle);
    free(thread);
}

#if defined(BYN_BUILDING)

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID process_ends);

/* Threads that outlive the DLL must not call release() any more. */
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID process_ends)
{
    (void)module;
    if (reason == DLL_PROCESS_DETACH && process_ends == NULL && slot != FLS_OUT_OF_INDEXES)
        (void)FlsFree(slot);
    return TRUE;
}

#endif
