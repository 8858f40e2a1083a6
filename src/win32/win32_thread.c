/*
 * Memory of a thread, freed with it. Fiber-local storage, since that of threads has no clean-up.
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
