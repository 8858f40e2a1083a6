/*
 * What the fuzz targets share. A target is a program of its own for libFuzzer, which invents inputs, and
 * a case of the test `fuzz`, which runs the ones that are kept in corpus/ in every build.
 *
 * An input that shows a fault calls fuzz_fault(), which ends the process: libFuzzer keeps the input then.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <byname/byname.h>

/* One for each target; the test has them all. */
void fuzz_objects(const uint8_t *data, size_t size);
void fuzz_names(const uint8_t *data, size_t size);
void fuzz_lines(const uint8_t *data, size_t size); /* where the tool is built */

/* ---- The input, taken from its front; beyond its end there are zeros. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size;
} fuzz_input;

uint8_t fuzz_byte(fuzz_input *in);
uint64_t fuzz_number(fuzz_input *in, unsigned bytes);
/* Up to `most` bytes, as many as the input says; they stay the input's. */
const uint8_t *fuzz_bytes(fuzz_input *in, size_t most, size_t *size);
/* A number that is popular among attackers. */
uint64_t fuzz_special(fuzz_input *in);

/* A buffer of just the size that the input says, so that a byte beyond it is seen. */
typedef struct fuzz_room {
    uint8_t *bytes;
    size_t size;
} fuzz_room;

fuzz_room fuzz_room_make(fuzz_input *in, size_t most);
/* What a call said that filled or read it. Answers `status`. */
byn_status fuzz_room_end(fuzz_room *room, byn_status status, size_t size);

void fuzz_fault(const char *format, ...);

/* A status that this library has; and a reason for a failure. Answers it. */
byn_status fuzz_status(byn_status status, const char *call);

/* ---- The world that the operations are in. */

/*
 * Where the linker helps, time is not real: nobody else is there who could end a sleep, so it ends at
 * once and the clock says that it has been slept. Segments lie between pages that nobody may touch. And
 * `moment` is called at every sleep and at every marked point of the library (crash.h): what others may
 * do to the memory while an operation is under way.
 */
void world_begin(void (*moment)(void));
bool world_is_unreal(void);

/* Around each operation; timeout < 0: it has none. A fault if it slept for longer than it should. */
void world_operation_begins(void);
void world_operation_ends(byn_timeout timeout, const char *name);

/* A timeout for an operation. */
byn_timeout world_timeout(fuzz_input *in);

/*
 * What a thread holds is a list through the mutexes themselves, pointers in memory that others may write
 * to: the C library's way, of which byname promises nothing (docs/limits.md). So the attacker spares the
 * mutexes that the thread holds at that moment.
 * `holds`: whether it holds any in a segment.
 */
bool world_holds(void);
void world_held_save(void);
void world_held_restore(void);

/* Let go what this thread still holds in segments, whatever its words say by now. */
void world_let_go(void);

/* The calling process and thread as numbers that stand in shared memory. */
uint64_t world_own_number(unsigned which);

/* ---- The kinds that are attacked. */
typedef struct fuzz_kind {
    const char *name;
    /* With options that the input chooses. */
    byn_status (*open)(void **handle, const char *name, fuzz_input *in);
    void (*close)(void *handle);
    /* One of its operations; which, the input says. */
    byn_status (*operate)(void *handle, fuzz_input *in, byn_timeout timeout, const char **call);
    bool waitable;
    bool locks; /* between operations the thread may hold a lock in the segment */
} fuzz_kind;

enum { FUZZ_KINDS = 16 };

/* An input of the corpus says the number of its kind: add at the end. NULL: not used yet. */
extern const fuzz_kind *const fuzz_kinds[FUZZ_KINDS];

extern const fuzz_kind fuzz_mutex, fuzz_event, fuzz_semaphore, fuzz_undo, fuzz_condition,
    fuzz_barrier, fuzz_rwlock, fuzz_once, fuzz_value, fuzz_memory, fuzz_array, fuzz_queue,
    fuzz_pipe, fuzz_list, fuzz_dict;

#endif
