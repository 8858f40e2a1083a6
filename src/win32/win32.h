/*
 * win32.h - what the files of this folder share. Private.
 */
#ifndef WIN32_H
#define WIN32_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0a00
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif

#include <windows.h>

#ifndef ERROR_ELEVATION_REQUIRED
#define ERROR_ELEVATION_REQUIRED 740L
#endif

#include "crash.h"
#include "error.h"
#include "kernel.h"

enum {
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    WIN32_NAME_SIZE = 260, /* of a kernel object's name, ASCII; MAX_PATH is the system's limit */
    WIN32_SID_SIZE = 192   /* of a security identifier as text */
};

/* ---- win32_system.c ---- */

/* The one place that maps the system's error codes to a status. */
byn_status win32_status(DWORD error);

/* State a cause: "<format>: <the system's words> (Windows error n)<remedy>". The remedy, which may be
 * NULL, begins with its own punctuation. Answers win32_status(error). */
byn_status win32_fail(DWORD error, const char *remedy, const char *format, ...) BYNI_PRINTF(3, 4);

/* Milliseconds for a wait that must not end early, or that looks again. */
DWORD win32_milliseconds(uint64_t nanoseconds);

/* Wait for a kernel object; what WaitForSingleObject() tells, but never early. */
DWORD win32_wait(HANDLE handle, bynk_deadline deadline);

/* Whether spinning has a chance: somebody else can run meanwhile. */
bool win32_may_spin(void);

/* A function of ntdll.dll, which has no import library everywhere; NULL if it is not there. */
typedef void (*win32_function)(void);
win32_function win32_native(const char *name);

/* ---- win32_text.c: UTF-8 outside, UTF-16 inside ---- */

/* A copy, to be freed; NULL if it is not UTF-8 or memory is short, with *status and cause. */
wchar_t *win32_wide(const char *text, byn_status *status);

/* Write as much as fits and always end it. */
void win32_narrow(const wchar_t *text, char *narrow, int size);

/* A kernel object's name, which is ASCII. */
void win32_widen(const char name[WIN32_NAME_SIZE], wchar_t wide[WIN32_NAME_SIZE]);

/* ---- win32_access.c: who may use what ---- */

/* An access list for a new kernel object, ready for its creation. */
typedef struct win32_list {
    SECURITY_ATTRIBUTES attributes;
    SECURITY_DESCRIPTOR absolute;
    void *memory; /* LocalAlloc() */
} win32_list;

byn_status win32_access_begin(void);

/* The user's security identifier, as text. */
const char *win32_user(void);

/* For a new object of this name. */
byn_status win32_list_make(win32_list *list, const byni_name *name, uint32_t mode);

/* For the gate of this name: who may create the object must get through it. */
byn_status win32_list_gate(win32_list *list, const byni_name *name);

/* That of an object, for its parts. BYN_E_ACCESS if `owned` and the owner is another user. */
byn_status win32_list_of(win32_list *list, HANDLE object, bool owned, const char *place);

void win32_list_free(win32_list *list);

/* ---- win32_name.c: names in the kernel ---- */

/* The section's name; the parts' and the gate's begin with it. */
byn_status win32_name_place(const byni_name *name, char place[WIN32_NAME_SIZE]);

/* How the names of all objects of a scope begin, without the directory. */
byn_status win32_name_prefix(bool machine, char prefix[WIN32_NAME_SIZE]);

void win32_name_gate(const char *place, wchar_t gate[WIN32_NAME_SIZE]);

/* The part of a letter and a number: what belongs to one life of the object only. */
void win32_name_part(const char *place, uint64_t incarnation, char letter, uint64_t number,
                     char part[WIN32_NAME_SIZE]);

/* ---- win32_segment.c ---- */

/* A parking place of a guard, found by its offset; made when somebody first has to wait. */
typedef struct win32_parking {
    struct win32_parking *next;
    uint64_t offset;
    HANDLE event;
} win32_parking;

struct bynk_segment {
    HANDLE section; /* with its last handle the name is gone, even if views remain */
    byni_header *header;
    uint64_t there, reach; /* bytes of the view: with memory behind them when opened; in all */
    uint64_t incarnation;  /* the life that it was opened in */
    uint64_t part_key[WIN32_PARTS]; /* copies: what is in shared memory may change under us */
    HANDLE part[WIN32_PARTS];
    void *volatile seat[WIN32_SEATS];
    void *volatile parkings; /* win32_parking: a list that only grows */
    win32_list list;
    byn_status birth; /* while it is made: the first failure */
    char place[WIN32_NAME_SIZE];
};

/* Where something in a segment is. */
static inline uint64_t win32_offset(const bynk_segment *segment, const void *within)
{
    return (uint64_t)((const char *)within - (const char *)segment->header);
}

/* Open the section of a name to read it only. For win32_visit.c. */
byn_status win32_section_open(const char *place, DWORD access, HANDLE *section);

/* How much of a view there is, and how much of its beginning has memory behind it. */
void win32_view_measure(const void *view, uint64_t *there, uint64_t *reach);

/* ---- win32_part.c: the kernel objects of a segment ---- */

/*
 * Parts with a state are made with the object, before anybody can open it, and by nobody later: who finds
 * one of them gone knows that the last user is gone, though the section is not yet. An object that needs
 * none gets one of the letter 'l' (life).
 */
void win32_parts_expect(bynk_segment *segment); /* NULL: no longer */
void win32_part_make(char letter, const void *state, DWORD flags);
void win32_parts_finish(bynk_segment *segment);

/* Open those of the life that *area belongs to. BYN_E_NOTFOUND: it has ended. */
byn_status win32_parts_open(bynk_segment *segment, const bynk_area *area, uint64_t incarnation,
                            uint64_t size);
void win32_parts_close(bynk_segment *segment);

/* What belongs to a state: from the segment, or made. */
byn_status win32_part_take(win32_part *part, bynk_segment *segment, char letter, const void *state,
                           DWORD flags);
void win32_part_drop(win32_part *part);

/* Parts without a state: made by whoever first needs them. NULL: it cannot be had now. */
HANDLE win32_seat_event(bynk_segment *segment, unsigned seat);
HANDLE win32_parking_event(bynk_segment *segment, const bynk_guard *guard);
void win32_events_close(bynk_segment *segment);

/* ---- win32_spot.c ---- */

/* Wake everybody who sleeps anywhere in the object: a killed waker may have chosen one, and no more. */
void win32_seats_wake(bynk_segment *segment);

/* ---- win32_liveness.c ---- */

/* Whether a thread, as bynk_me() tells it, is dead. Not sure: alive. */
bool win32_thread_is_dead(uint64_t who);

/* ---- win32_command.c, win32_environment.c: for win32_process.c. All to be freed. ---- */

/* The child's environment, as CreateProcessW() wants it. */
byn_status win32_environment(const byn_process_options *options, wchar_t **block);

/* The value of a variable in such a block, or NULL. */
const wchar_t *win32_environment_value(const wchar_t *block, const wchar_t *name);

/* The program's file, absolute; without a directory it is searched for in the PATH of that block. */
byn_status win32_program_find(const char *name, const wchar_t *block, wchar_t **program);

/* The command line from which a C program gets back exactly these arguments. */
byn_status win32_command_line(const char *const *argv, wchar_t **line);

#endif
