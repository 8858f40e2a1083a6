/*
 * The kernel objects of a segment, and the life of its name.
 *
 * An object of byname is as long there as anybody has its parts open; see win32_kernel.c. Events to sleep
 * on have no state that matters - they are looked at after every sleep -, so they are made whenever
 * somebody needs them.
 */
#include "win32.h"

#include <stdlib.h>

enum { LETTER_SHIFT = 56 };

#define OFFSET_MASK ((UINT64_C(1) << LETTER_SHIFT) - 1)
#define MUTEX_ACCESS (SYNCHRONIZE | MUTEX_MODIFY_STATE)
#define EVENT_ACCESS (SYNCHRONIZE | EVENT_MODIFY_STATE | 1 /* EVENT_QUERY_STATE */)

/* The segment whose state the calling thread is filling for the first time. */
static BYNI_THREAD_LOCAL bynk_segment *expecting;

static char key_letter(uint64_t key)
{
    return (char)(key >> LETTER_SHIFT);
}

/* ---- One kernel object -------------------------------------------------------------------------------- */

byn_status bynw_part_open(const char *place, uint64_t incarnation, uint64_t key, HANDLE *part)
{
    char name[BYNW_NAME_SIZE];
    wchar_t wide[BYNW_NAME_SIZE];
    DWORD error;

    bynw_name_part(place, incarnation, key_letter(key), key & OFFSET_MASK, name);
    bynw_widen(name, wide);
    *part = key_letter(key) == 'm' ? OpenMutexW(MUTEX_ACCESS, FALSE, wide)
                                   : OpenEventW(EVENT_ACCESS, FALSE, wide);
    if (*part != NULL)
        return BYN_OK;
    error = GetLastError();
    return error == ERROR_FILE_NOT_FOUND ? BYN_E_NOTFOUND
                                         : bynw_fail(error, NULL, "cannot open %s", name);
}

/* Made, or opened if it is there; GetLastError() tells. */
static HANDLE make_named(bynk_segment *segment, const char *name, char letter, DWORD flags)
{
    SECURITY_ATTRIBUTES *attributes = &segment->list.attributes;
    wchar_t wide[BYNW_NAME_SIZE];

    bynw_widen(name, wide);
    return letter == 'm' ? CreateMutexExW(attributes, wide, 0, MUTEX_ACCESS)
                         : CreateEventExW(attributes, wide, flags, EVENT_ACCESS);
}

/* ---- Parts with a state ----------------------------------------------------------------------------- */

void bynw_parts_expect(bynk_segment *segment)
{
    expecting = segment;
}

static unsigned count_parts(const bynk_segment *segment)
{
    unsigned count = 0;

    while (count < BYNW_PARTS && segment->part_key[count] != 0)
        count++;
    return count;
}

static void make_part(bynk_segment *segment, char letter, uint64_t offset, DWORD flags)
{
    unsigned index = count_parts(segment);
    char name[BYNW_NAME_SIZE];
    HANDLE part;
    DWORD error;

    if (index == BYNW_PARTS || segment->birth < 0)
        return;
    bynw_name_part(segment->place, segment->incarnation, letter, offset, name);
    part = make_named(segment, name, letter, flags);
    error = GetLastError();
    if (part == NULL) {
        segment->birth = bynw_fail(error, NULL, "cannot create %s", name);
    } else if (error == ERROR_ALREADY_EXISTS) {
        (void)CloseHandle(part); /* its name has 64 random bits */
        segment->birth = byni_fail(BYN_E_ACCESS, "%s exists: somebody has guessed its name", name);
    } else {
        segment->part[index] = part;
        segment->part_key[index] = (uint64_t)(unsigned char)letter << LETTER_SHIFT | offset;
        segment->header->area.part[index] = segment->part_key[index];
    }
}

void bynw_part_make(char letter, const void *state, DWORD flags)
{
    bynk_segment *segment = expecting;

    /* Later than at the object's birth: made when it is attached. */
    if (segment != NULL)
        make_part(segment, letter, bynw_offset(segment, state), flags);
}

void bynw_parts_finish(bynk_segment *segment)
{
    expecting = NULL;
    if (count_parts(segment) == 0)
        make_part(segment, 'l', 0, 0);
}

/* Keys come from shared memory. */
static bool key_is_sound(uint64_t key, uint64_t size)
{
    char letter = key_letter(key);

    return (letter == 'm' || letter == 'e' || letter == 'l') && (key & OFFSET_MASK) < size;
}

bool bynw_parts_are_sound(const uint64_t part[BYNW_PARTS], uint64_t size)
{
    unsigned i = 0;

    while (i < BYNW_PARTS && part[i] != 0 && key_is_sound(part[i], size))
        i++;
    return i > 0 && (i == BYNW_PARTS || part[i] == 0);
}

byn_status bynw_parts_open(bynk_segment *segment, const bynk_area *area, uint64_t incarnation,
                           uint64_t size)
{
    byn_status status = BYN_OK;
    unsigned i;

    if (!bynw_parts_are_sound(area->part, size))
        return byni_fail(BYN_E_CORRUPT, "the list of its parts is broken");
    segment->incarnation = incarnation;
    for (i = 0; i < BYNW_PARTS && area->part[i] != 0 && status == BYN_OK; i++) {
        status = bynw_part_open(segment->place, incarnation, area->part[i], &segment->part[i]);
        segment->part_key[i] = area->part[i];
    }
    if (status != BYN_OK)
        bynw_parts_close(segment);
    return status;
}

void bynw_parts_close(bynk_segment *segment)
{
    unsigned i;

    for (i = 0; i < BYNW_PARTS; i++) {
        if (segment->part[i] != NULL)
            (void)CloseHandle(segment->part[i]);
        segment->part[i] = NULL;
        segment->part_key[i] = 0;
    }
}

byn_status bynw_part_take(bynw_part *part, bynk_segment *segment, char letter, const void *state,
                          DWORD flags)
{
    uint64_t offset = bynw_offset(segment, state);
    uint64_t key = (uint64_t)(unsigned char)letter << LETTER_SHIFT | offset;
    char name[BYNW_NAME_SIZE];
    unsigned i;

    for (i = 0; i < BYNW_PARTS; i++) {
        if (segment->part_key[i] != key)
            continue;
        part->handle = segment->part[i];
        part->own = false;
        return BYN_OK;
    }
    bynw_name_part(segment->place, segment->incarnation, letter, offset, name);
    part->handle = make_named(segment, name, letter, flags);
    part->own = true;
    if (part->handle == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot open %s", name);
    return BYN_OK;
}

void bynw_part_drop(bynw_part *part)
{
    if (part->own && part->handle != NULL)
        (void)CloseHandle(part->handle);
    part->handle = NULL;
}

/* ---- Parts without a state -------------------------------------------------------------------------- */

static HANDLE make_event(bynk_segment *segment, char letter, uint64_t number)
{
    char name[BYNW_NAME_SIZE];

    bynw_name_part(segment->place, segment->incarnation, letter, number, name);
    return make_named(segment, name, letter, 0);
}

HANDLE bynw_seat_event(bynk_segment *segment, unsigned seat)
{
    void *volatile *slot = &segment->seat[seat];
    HANDLE event = InterlockedCompareExchangePointer(slot, NULL, NULL), other;

    if (event != NULL)
        return event;
    event = make_event(segment, 'p', seat);
    if (event == NULL)
        return NULL;
    other = InterlockedCompareExchangePointer(slot, event, NULL);
    if (other == NULL)
        return event;
    (void)CloseHandle(event); /* another thread was faster */
    return other;
}

static bynw_parking *find_parking(bynk_segment *segment, uint64_t offset)
{
    bynw_parking *parking = InterlockedCompareExchangePointer(&segment->parkings, NULL, NULL);

    while (parking != NULL && parking->offset != offset)
        parking = parking->next;
    return parking;
}

HANDLE bynw_parking_event(bynk_segment *segment, const bynk_guard *guard)
{
    uint64_t offset = bynw_offset(segment, guard);
    bynw_parking *parking = find_parking(segment, offset);
    void *first;

    if (parking != NULL)
        return parking->event;
    parking = malloc(sizeof *parking);
    if (parking == NULL)
        return NULL;
    parking->offset = offset;
    parking->event = make_event(segment, 'g', offset);
    if (parking->event == NULL) {
        free(parking);
        return NULL;
    }
    /* Two threads may both add one for the same guard: two handles of one event do no harm. */
    do {
        first = InterlockedCompareExchangePointer(&segment->parkings, NULL, NULL);
        parking->next = first;
    } while (InterlockedCompareExchangePointer(&segment->parkings, parking, first) != first);
    return parking->event;
}

void bynw_events_close(bynk_segment *segment)
{
    bynw_parking *parking = segment->parkings, *next;
    unsigned i;

    for (; parking != NULL; parking = next) {
        next = parking->next;
        (void)CloseHandle(parking->event);
        free(parking);
    }
    for (i = 0; i < BYNW_SEATS; i++)
        if (segment->seat[i] != NULL)
            (void)CloseHandle(segment->seat[i]);
}
