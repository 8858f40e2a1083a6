/*
 * The event is the kernel's. A signal that the kernel has given to a thread which dies before it runs
 * again is lost with it.
 */
#include "win32.h"

typedef struct event_information {
    LONG type;
    LONG set;
} event_information;

typedef LONG(NTAPI *query_event)(HANDLE event, int class, void *information, ULONG size,
                                 ULONG *used);

static DWORD creation_flags(const bynk_event_state *state)
{
    return (state->manual_reset != 0 ? (DWORD)CREATE_EVENT_MANUAL_RESET : 0) |
           (state->initially_set != 0 ? (DWORD)CREATE_EVENT_INITIAL_SET : 0);
}

void bynk_event_initialise(bynk_event_state *state, bool manual_reset, bool set)
{
    state->manual_reset = manual_reset;
    state->initially_set = set;
    bynw_part_make('e', state, creation_flags(state));
}

byn_status bynk_event_attach(bynk_event *event, bynk_segment *segment, bynk_event_state *state)
{
    byn_status status = bynw_part_take(&event->part, segment, 'e', state, creation_flags(state));

    event->segment = segment;
    byni_crash_point("event.attached");
    return status;
}

void bynk_event_detach(bynk_event *event)
{
    bynw_part_drop(&event->part);
}

byn_status bynk_event_set(bynk_event *event)
{
    BOOL done = SetEvent(event->part.handle);

    byni_crash_point("event.set");
    return done ? BYN_OK : bynw_fail(GetLastError(), NULL, "cannot set the kernel's event");
}

byn_status bynk_event_reset(bynk_event *event)
{
    if (ResetEvent(event->part.handle))
        return BYN_OK;
    return bynw_fail(GetLastError(), NULL, "cannot reset the kernel's event");
}

/* The documented calls cannot look at an event without taking its signal. */
bool bynk_event_is_set(bynk_event *event)
{
    query_event query = (query_event)bynw_native("NtQueryEvent");
    event_information information = {0, 0};

    return query != NULL &&
           query(event->part.handle, 0, &information, sizeof information, NULL) >= 0 &&
           information.set != 0;
}

byn_status bynk_event_wait(bynk_event *event, bynk_deadline deadline)
{
    bynk_rest rest = {.unseen = deadline == BYNK_NOW};
    byni_waiter *waiter = byni_rest_begin(event->segment, &rest);
    byn_status status = bynw_wait_for(event->part.handle, deadline, "the kernel's event");

    byni_waiting_end(waiter);
    byni_crash_point("event.waited");
    return status;
}
