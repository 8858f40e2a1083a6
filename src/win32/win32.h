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
    BYNW_NAME_SIZE = 260,  /* of a kernel object's name, ASCII; MAX_PATH is the system's limit */
    BYNW_SID_SIZE = 192,   /* of a security identifier as text */
    BYNW_PATH_SIZE = 32768 /* of a file's path */
};

/* ---- win32_system.c ---- */

/* The one place that maps the system's error codes to a status. */
byn_status bynw_status(DWORD error);

/* State a cause: "<format>: <the system's words> (Windows error n)<remedy>". The remedy, which may be
 * NULL, begins with its own punctuation. Answers bynw_status(error). */
byn_status bynw_fail(DWORD error, const char *remedy, const char *format, ...) BYNI_PRINTF(3, 4);

/* Milliseconds for a wait that must not end early, or that looks again. */
DWORD bynw_milliseconds(uint64_t nanoseconds);

/* Wait for a kernel object; what WaitForSingleObject() tells, but never early. */
DWORD bynw_wait(HANDLE handle, bynk_deadline deadline);

/* The same on the caller's behalf: BYN_OK, BYN_ABANDONED, BYN_E_TIMEDOUT, BYN_E_CANCELED, or a failure, of
 * which `what` says what it was that could not be waited for. */
byn_status bynw_wait_for(HANDLE handle, bynk_deadline deadline, const char *what);

/* Whether spinning has a chance: somebody else can run meanwhile. */
bool bynw_may_spin(void);

/* A function of ntdll.dll, which has no import library everywhere; NULL if it is not there. */
typedef void (*bynw_function)(void);
bynw_function bynw_native(const char *name);

/* ---- win32_text.c: UTF-8 outside, UTF-16 inside ---- */

/* A copy, to be freed; NULL if it is not UTF-8 or memory is short, with *status and cause. */
wchar_t *bynw_wide(const char *text, byn_status *status);

/* Write as much as fits and always end it. */
void bynw_narrow(const wchar_t *text, char *narrow, int size);

/* A kernel object's name, which is ASCII. */
void bynw_widen(const char name[BYNW_NAME_SIZE], wchar_t wide[BYNW_NAME_SIZE]);

/* ---- win32_access.c: who may use what ---- */

/* An access list for a new kernel object, ready for its creation. */
typedef struct bynw_list {
    SECURITY_ATTRIBUTES attributes;
    SECURITY_DESCRIPTOR absolute;
    void *memory; /* LocalAlloc() */
} bynw_list;

byn_status bynw_access_begin(void);

/* The user's security identifier, as text. */
const char *bynw_user(void);

/* For a new object of this name. */
byn_status bynw_list_make(bynw_list *list, const byni_name *name, uint32_t mode);

/* For the gate of this name: who may create the object must get through it. */
byn_status bynw_list_gate(bynw_list *list, const byni_name *name);

/* That of an object, for its parts. BYN_E_ACCESS if `owned` and the owner is another user. */
byn_status bynw_list_of(bynw_list *list, HANDLE object, bool owned, const char *place);

void bynw_list_free(bynw_list *list);

/* ---- win32_name.c: names in the kernel ---- */

/* The section's name; the parts' and the gate's begin with it. */
byn_status bynw_name_place(const byni_name *name, char place[BYNW_NAME_SIZE]);

/* How the names of all objects of a scope begin, without the directory. */
byn_status bynw_name_prefix(bool machine, char prefix[BYNW_NAME_SIZE]);

void bynw_name_gate(const char *place, wchar_t gate[BYNW_NAME_SIZE]);

/* The part of a letter and a number: what belongs to one life of the object only. */
void bynw_name_part(const char *place, uint64_t incarnation, char letter, uint64_t number,
                    char part[BYNW_NAME_SIZE]);

/* ---- win32_gate.c ---- */

/* The gate of a name: held while a life begins, and while one that is kept is ended. */
byn_status bynw_gate_enter(HANDLE *gate, const char *place, const byni_name *name,
                           bynk_deadline deadline);
void bynw_gate_leave(HANDLE gate);

/* ---- win32_segment.c ---- */

/* A parking place of a guard, found by its offset; made when somebody first has to wait. */
typedef struct bynw_parking {
    struct bynw_parking *next;
    uint64_t offset;
    HANDLE event;
} bynw_parking;

struct bynk_segment {
    HANDLE section; /* with its last handle the name is gone, even if views remain */
    byni_header *header;
    uint64_t there, reach; /* bytes of the view: with memory behind them when opened; in all */
    uint64_t incarnation;  /* the life that it was opened in */
    uint64_t part_key[BYNW_PARTS]; /* copies: what is in shared memory may change under us */
    HANDLE part[BYNW_PARTS];
    void *volatile seat[BYNW_SEATS];
    void *volatile parkings; /* bynw_parking: a list that only grows */
    bynw_list list;
    byn_status birth; /* while it is made: the first failure */
    char place[BYNW_NAME_SIZE];
};

/* Where something in a segment is. */
static inline uint64_t bynw_offset(const bynk_segment *segment, const void *within)
{
    return (uint64_t)((const char *)within - (const char *)segment->header);
}

/* Open the section of a name to read it only. For win32_visit.c. */
byn_status bynw_section_open(const char *place, DWORD access, HANDLE *section);

/* How much of a view there is, and how much of its beginning has memory behind it. */
void bynw_view_measure(const void *view, uint64_t *there, uint64_t *reach);

/* ---- win32_part.c: the kernel objects of a segment ---- */

/*
 * Parts with a state are made with the object, before anybody can open it, and by nobody later: who finds
 * one of them gone knows that the last user is gone, though the section is not yet. An object that needs
 * none gets one of the letter 'l' (life).
 */
void bynw_parts_expect(bynk_segment *segment); /* NULL: no longer */
void bynw_part_make(char letter, const void *state, DWORD flags);
void bynw_parts_finish(bynk_segment *segment);

/* Whether keys (a copy: they come from shared memory) can be those of a segment of this size. */
bool bynw_parts_are_sound(const uint64_t part[BYNW_PARTS], uint64_t size);

/* Open the one of a key. BYN_E_NOTFOUND, without a cause: it is not there. */
byn_status bynw_part_open(const char *place, uint64_t incarnation, uint64_t key, HANDLE *part);

/* Open those of the life that *area belongs to. BYN_E_NOTFOUND: it has ended. */
byn_status bynw_parts_open(bynk_segment *segment, const bynk_area *area, uint64_t incarnation,
                           uint64_t size);
void bynw_parts_close(bynk_segment *segment);

/* What belongs to a state: from the segment, or made. */
byn_status bynw_part_take(bynw_part *part, bynk_segment *segment, char letter, const void *state,
                          DWORD flags);
void bynw_part_drop(bynw_part *part);

/* Parts without a state: made by whoever first needs them. NULL: it cannot be had now. */
HANDLE bynw_seat_event(bynk_segment *segment, unsigned seat);
HANDLE bynw_parking_event(bynk_segment *segment, const bynk_guard *guard);
void bynw_events_close(bynk_segment *segment);

/* ---- win32_keep.c: objects that outlive their users ---- */

/* Whether a keeper holds this life of an object. */
bool bynw_is_kept(const char *place, uint64_t incarnation);

/* An event that every keeper of this life has open, and nobody else for longer than a look; NULL: there is none. */
HANDLE bynw_keepers_sign(const char *place, uint64_t incarnation);

/* How many handles a kernel object has, in all processes; false: the system does not tell. */
bool bynw_count_handles(HANDLE handle, unsigned *count);

/* With the gate, a mapped header that is BYNI_READY: let all keepers go, if nobody uses the object.
 * BYN_E_EXISTS: somebody does. */
byn_status bynw_release_kept(byni_header *header, const char *place);

/* ---- win32_spot.c ---- */

/* Open the events of those who sleep, before a change: so that little lies between it and their wake-up
 * that a death could fall into. */
void bynw_sleepers_ready(bynk_segment *segment, const bynk_spot *spot);

/* A seat, and the thread enlisted there as a sleeper of a spot whose number is still `seen`: NULL, if not or if
 * none is to be had. Its event may be waited for; who has waited leaves. */
HANDLE bynw_seat_take(bynk_segment *segment, bynk_spot *spot, uint32_t seen, unsigned *seat);
void bynw_seat_leave(bynk_segment *segment, bynk_spot *spot, unsigned seat, bool overslept);

/* The longest sleep, in milliseconds. */
uint32_t bynw_beat_ms(bool watches);

/* Wake everybody who sleeps anywhere in the object: a killed waker may have chosen one, and no more. */
void bynw_seats_wake(bynk_segment *segment);

/* ---- win32_liveness.c ---- */

/* Whether a thread, as bynk_me() tells it, is dead. Not sure: alive. */
bool bynw_thread_is_dead(uint64_t who);

/* A handle that is signalled when it has ended; NULL: it cannot be had, or it has ended already. */
HANDLE bynw_identity_handle(const bynk_identity *identity);

/* ---- win32_thread.c ---- */

/* A thread of the library's own, or of the system's for it, will run its code: FreeLibrary() no longer takes it away. */
void bynw_stay_loaded(void);

/* ---- win32_program.c ---- */

/* As bynk_tool_find(). */
byn_status bynw_tool_find(const char *purpose, wchar_t path[BYNW_PATH_SIZE]);
/* ---- win32_stream.c: where a child's standard streams lead ---- */

typedef struct bynw_streams {    /* NULL: none */
    HANDLE theirs[BYNK_STREAMS]; /* what the child inherits */
    HANDLE ours[BYNK_STREAMS];   /* our ends of pipes */
} bynw_streams;

/* Into a zeroed structure. If it fails both sides are to be closed. */
byn_status bynw_streams_open(bynw_streams *streams, const byn_process_options *options);
void bynw_streams_close_theirs(bynw_streams *streams);
void bynw_streams_close_ours(bynw_streams *streams);
void bynw_stream_close(bynw_streams *streams, bynk_stream stream);

/* As bynk_process_transfer(). */
byn_status bynw_streams_transfer(const bynw_streams *streams, bynk_transfer *transfers, size_t n,
                                 bynk_deadline deadline);

/* ---- win32_command.c, win32_environment.c: for win32_process.c. All to be freed. ---- */

/* The child's environment, as CreateProcessW() wants it. */
byn_status bynw_environment(const byn_process_options *options, wchar_t **block);

/* The value of a variable in such a block, or NULL. */
const wchar_t *bynw_environment_value(const wchar_t *block, const wchar_t *name);

/* The program's file, absolute; without a directory it is searched for in the PATH of that block. */
byn_status bynw_program_find(const char *name, const wchar_t *block, wchar_t **program);

/* The command line from which a C program gets back exactly these arguments. */
byn_status bynw_command_line(const char *const *argv, wchar_t **line);

/* CreateProcessW(), and again if Wine has had one of its internal errors. */
BOOL bynw_create_process(const wchar_t *program, wchar_t *line, BOOL inherit, DWORD flags,
                         wchar_t *block, const wchar_t *directory, STARTUPINFOW *startup,
                         PROCESS_INFORMATION *created);

#endif
