/*
 * Deaths that ring: the system's own threads wait for any number of handles.
 */
#include "win32.h"

#include <stdlib.h>

struct bynk_watch {
    bynk_segment *segment;
    bynk_spot *spot;
    HANDLE process, wait;
};

static void CALLBACK ring(PVOID context, BOOLEAN late)
{
    const bynk_watch *watch = context;

    (void)late;
    bynk_spot_add(watch->segment, watch->spot, 1, UINT32_MAX);
}

bynk_watch *bynk_watch_begin(bynk_segment *segment, bynk_spot *spot, const bynk_identity *who)
{
    bynk_watch *watch = calloc(1, sizeof *watch);

    if (watch != NULL) {
        bynw_stay_loaded();
        watch->segment = segment;
        watch->spot = spot;
        watch->process = bynw_identity_handle(who);
        if (watch->process != NULL &&
            RegisterWaitForSingleObject(&watch->wait, watch->process, ring, watch, INFINITE,
                                        WT_EXECUTEONLYONCE))
            return watch;
        if (watch->process != NULL)
            (void)CloseHandle(watch->process);
        free(watch);
    }
    if (!bynk_identity_alive(who))
        bynk_spot_add(segment, spot, 1, UINT32_MAX);
    return NULL;
}

/* INVALID_HANDLE_VALUE: until the callback, if it runs, has returned. */
void bynk_watch_end(bynk_watch *watch)
{
    (void)UnregisterWaitEx(watch->wait, INVALID_HANDLE_VALUE);
    (void)CloseHandle(watch->process);
    free(watch);
}
