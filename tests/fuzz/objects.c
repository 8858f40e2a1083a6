/*
 * Objects of every kind, used while somebody who may write to their memory writes anything there.
 *
 * The input says what to do: operations, changes of the memory, closing and opening again. The object is
 * kept alive by a second attachment of its segment, as another process would; through its mapping the
 * changes are made, so that an opening meets them as those of another process.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

enum { MOST_STEPS = 64, FRONT = 4096 };

typedef struct attack {
    fuzz_input in;
    const fuzz_kind *kind;
    char name[64];
    void *handle;
    bynk_segment *keeper;
    uint8_t *memory; /* the keeper's mapping */
    uint8_t first[FRONT];
    unsigned later; /* moments until a change is made in the middle of an operation; 0: none */
} attack;

static attack *under_way;

/* ---- The attacker ---------------------------------------------------------------------------------- */

static uint64_t there(const attack *a)
{
    return bynk_segment_there(a->keeper);
}

/* Where: in the header, the state, anything. */
static uint64_t choose_place(attack *a, unsigned size)
{
    const uint64_t end = there(a);
    uint8_t where = fuzz_byte(&a->in);
    uint64_t at;

    if (where < 16)
        at = fuzz_number(&a->in, 2) % BYNI_STATE_OFFSET;
    else if (where < 176)
        at = BYNI_STATE_OFFSET + fuzz_number(&a->in, where < 96 ? 1 : 2) * (where < 96 ? 4 : 1);
    else
        at = fuzz_number(&a->in, 3);
    if (where % 4 != 0)
        at -= at % 8;
    return end <= size ? 0 : at % (end - size);
}

static void write_bytes(attack *a)
{
    size_t size;
    const uint8_t *bytes = fuzz_bytes(&a->in, 32, &size);
    uint64_t at = choose_place(a, 32);

    memcpy(a->memory + at, bytes, size);
}

static void write_number(attack *a, unsigned width)
{
    uint64_t number = fuzz_special(&a->in);

    memcpy(a->memory + choose_place(a, 8), &number, width);
}

static void add_number(attack *a)
{
    uint8_t *at = a->memory + choose_place(a, 8);
    uint64_t number;

    memcpy(&number, at, sizeof number);
    number += fuzz_number(&a->in, 1) - 128;
    memcpy(at, &number, sizeof number);
}

static void copy_number(attack *a)
{
    const uint8_t *from = a->memory + choose_place(a, 8);
    uint8_t number[8];

    memcpy(number, from, sizeof number);
    memcpy(a->memory + choose_place(a, 8), number, sizeof number);
}

static void flip_bit(attack *a)
{
    a->memory[choose_place(a, 1)] ^= (uint8_t)(1u << fuzz_byte(&a->in) % 8);
}

static void fill(attack *a)
{
    uint64_t at = choose_place(a, 1), size = fuzz_number(&a->in, 2), end = there(a);

    memset(a->memory + at, fuzz_byte(&a->in), (size_t)(size < end - at ? size : end - at));
}

static void change(attack *a)
{
    world_held_save();
    switch (fuzz_byte(&a->in) % 8) {
    case 0:
        write_bytes(a);
        break;
    case 1:
    case 2:
        write_number(a, 8);
        break;
    case 3:
        write_number(a, 4);
        break;
    case 4:
        add_number(a);
        break;
    case 5:
        copy_number(a);
        break;
    case 6:
        flip_bit(a);
        break;
    default:
        fill(a);
        break;
    }
    world_held_restore();
}

/* In the middle of an operation. */
static void moment(void)
{
    if (under_way != NULL && under_way->keeper != NULL && under_way->later > 0 &&
        --under_way->later == 0)
        change(under_way);
}

/* ---- The user -------------------------------------------------------------------------------------- */

static void open_object(attack *a)
{
    world_operation_begins();
    (void)fuzz_status(a->kind->open(&a->handle, a->name, &a->in), a->kind->name);
    world_operation_ends(-1, "open");
}

static void close_object(attack *a)
{
    world_operation_begins();
    if (a->handle != NULL)
        a->kind->close(a->handle);
    world_operation_ends(-1, "close");
    a->handle = NULL;
}

static void reopen(attack *a)
{
    /* What is held at a close stays mapped for ever, see byn_mutex_close(). */
    if (world_holds())
        return;
    close_object(a);
    open_object(a);
}

static void operate(attack *a)
{
    const char *call = a->kind->name;
    byn_timeout timeout = world_timeout(&a->in);

    if (a->handle == NULL)
        return;
    world_operation_begins();
    (void)fuzz_status(a->kind->operate(a->handle, &a->in, timeout, &call), call);
    world_operation_ends(timeout, call);
    if (!a->kind->locks && world_holds())
        fuzz_fault("%s left a lock of the object locked", call);
}

static void wait_for_it(attack *a)
{
    byn_timeout timeout = world_timeout(&a->in);
    void *list[] = {a->handle};
    size_t index = 1;
    byn_status status;
    bool all = fuzz_byte(&a->in) % 2 == 1;

    if (a->handle == NULL || !a->kind->waitable)
        return;
    world_operation_begins();
    status = all ? byn_wait_all(list, 1, timeout) : byn_wait_any(list, 1, timeout, &index);
    if (fuzz_status(status, "byn_wait") >= 0 && !all && index != 0)
        fuzz_fault("byn_wait_any took number %u of one", (unsigned)index);
    world_operation_ends(timeout, "byn_wait");
}

static bool look_on(const byn_object_info *info, void *context)
{
    (void)context;
    return info->name != NULL && info->kind != NULL && info->place != NULL;
}

static bool look_at_party(const byn_party *party, void *context)
{
    (void)context;
    if (party->object == NULL || party->kind == NULL || party->as == NULL || party->program == NULL)
        fuzz_fault("somebody is told without words");
    return true;
}

static bool look_at_circle(const byn_circle *circle, void *context)
{
    size_t i;

    if (circle->count == 0 || strlen(circle->text) == 0)
        fuzz_fault("a circle of nobody is told");
    for (i = 0; i < circle->count; i++)
        (void)look_at_party(&circle->waits[i], context);
    return true;
}

static void look_who(const attack *a)
{
    (void)fuzz_status(byn_parties_visit(a->name, look_at_party, NULL), "byn_parties_visit");
    (void)fuzz_status(byn_circles_visit(look_at_circle, NULL), "byn_circles_visit");
}

static void step(attack *a)
{
    uint8_t what = fuzz_byte(&a->in);

    if (what < 120)
        operate(a);
    else if (what < 200)
        change(a);
    else if (what < 220)
        reopen(a);
    else if (what < 232)
        wait_for_it(a);
    else if (what < 250)
        a->later = 1 + what % 4;
    else if (what < 253)
        look_who(a);
    else
        (void)fuzz_status(byn_objects_visit(look_on, NULL), "byn_objects_visit");
}

/* ---- One input ------------------------------------------------------------------------------------- */

static byn_status accept_anything(const byni_header *header, void *context)
{
    (void)header;
    (void)context;
    return BYN_OK;
}

/* BYNAME_FUZZ_KIND=number: attack that one only. */
static const fuzz_kind *choose_kind(fuzz_input *in)
{
    const char *only = getenv("BYNAME_FUZZ_KIND");
    uint8_t chosen = fuzz_byte(in);

    return fuzz_kinds[(only != NULL ? (unsigned)atoi(only) : chosen) % FUZZ_KINDS];
}

static bool begin(attack *a)
{
    static unsigned number;
    bynk_segment_request request;
    byni_name name;

    (void)snprintf(a->name, sizeof a->name, "fuzz-%u", number++);
    a->kind = choose_kind(&a->in);
    if (a->kind == NULL)
        return false;
    open_object(a);
    if (a->handle == NULL)
        return false;
    memset(&request, 0, sizeof request);
    request.name = &name;
    request.open = BYN_OPEN_ONLY;
    request.accept = accept_anything;
    if (byni_name_parse(&name, a->name) < 0 || bynk_segment_open(&a->keeper, &request) < 0)
        fuzz_fault("a second attachment: %s", byn_last_error());
    a->memory = (uint8_t *)bynk_segment_header(a->keeper);
    memcpy(a->first, a->memory, there(a) < FRONT ? (size_t)there(a) : FRONT);
    return true;
}

/* What a thread holds cannot be closed without a trace: let go, and put back what there was. */
static void end(attack *a)
{
    const size_t size = (size_t)there(a);

    if (world_holds()) {
        world_let_go();
        memcpy(a->memory, a->first, size < FRONT ? size : FRONT);
    }
    close_object(a);
    bynk_segment_close(a->keeper, false);
    a->keeper = NULL;
    if (byn_remove(a->name) != BYN_E_NOTFOUND)
        fuzz_fault("something is left of an object that all have closed");
}

void fuzz_objects(const uint8_t *data, size_t size)
{
    attack a;
    unsigned steps;

    memset(&a, 0, sizeof a);
    a.in.data = data;
    a.in.size = size;
    world_begin(moment);
    under_way = &a;
    if (begin(&a)) {
        for (steps = 0; steps < MOST_STEPS && a.in.size > 0; steps++)
            step(&a);
        a.later = 0;
        end(&a);
    }
    under_way = NULL;
}
