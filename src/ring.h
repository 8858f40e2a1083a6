/*
 * ring.h - messages on their way from any to any, in a ring of bytes that lies in an object's segment.
 *
 * One guard for both ends. A message is a record: its length and a mark, then its bytes, all rounded up to 8.
 * The mark is the user's, or of a ring whose large messages are copied without the guard, see ring_outside.h. Nothing but the records' lengths says where the next one begins, so they are looked at
 * with suspicion, and everything that is derived from shared memory is kept within the mapping.
 */
#ifndef BYNI_RING_H
#define BYNI_RING_H

#include "object.h"

/*
 * How far one end has come. The number of the spot says which of the two cells holds: the one that does not
 * is written, and then the number grows by one. That is the commit of a put, or a get, of any number of
 * messages; it is joined with the wake-up of those who sleep on the number. A death before it leaves what
 * was; nothing is repaired.
 */
typedef struct byni_ring_cell {
    byni_a64 bytes;    /* ever; the place in the ring is this modulo the ring's size */
    byni_a64 messages; /* ever */
} byni_ring_cell;

/* Each in lines of its own: putters write to one of them, getters to the other. */
typedef union byni_ring_side {
    struct {
        bynk_spot spot;
        byni_ring_cell cells[2];
    };
    unsigned char lines[128];
} byni_ring_side;

/* In shared memory. Changed with the guard only. */
typedef struct byni_ring_state {
    union {
        struct {
            bynk_guard guard;
            byni_a32 closed;  /* 1: no more puts. All are woken before, and wait for the guard */
            byni_a64 copying; /* a bit for each copier, see ring_outside.h */
        };
        unsigned char lines[128];
    };
    byni_ring_side in, out; /* getters sleep on `in`, putters on `out` */
} byni_ring_state;

_Static_assert(sizeof(byni_ring_side) == 128 && sizeof(byni_ring_state) == 384, "whole lines");

/*
 * Who has messages without the guard. By their numbers: who copies in a put, and in a get, and who has places,
 * reserved to be filled, and held to be read.
 */
enum {
    BYNI_RING_GETTERS = 12,
    BYNI_RING_RESERVED = 24,
    BYNI_RING_HELD = 40,
    BYNI_RING_COPIERS = 56
};

/* In shared memory. Says nothing but for its bit in `copying`, before which it is written. */
typedef struct byni_ring_copier {
    byni_a64 at;      /* the place of the first record */
    byni_a64 started; /* which thread; of a place, which process */
    byni_a32 pid, thread;
    byni_a32 first; /* the length of the first record, whose head says that of all */
    byni_a32 count; /* messages */
} byni_ring_copier;

/* In shared memory. */
typedef struct byni_ring_copies {
    byni_ring_side
        turn; /* who has copied sleeps there, until what was taken before has been removed */
    byni_ring_copier copiers[BYNI_RING_COPIERS];
} byni_ring_copies;

_Static_assert(sizeof(byni_ring_copies) == 128 + BYNI_RING_COPIERS * 32, "no gaps");

/* A record's head. */
typedef struct byni_ring_record {
    byni_a32 length; /* of the bytes that follow it, prefix and message */
    byni_a32 mark;   /* 0 when it is put */
} byni_ring_record;

enum { BYNI_RING_PREFIX = 16 }; /* at most */

/* How much there may be in it; the same in all processes. */
typedef struct byni_ring_limits {
    uint64_t capacity; /* bytes of records */
    uint64_t items;    /* messages; 0: no limit */
    uint32_t largest;  /* what follows a record's head; such a record fits into the capacity */
    uint32_t prefix;   /* of that, in front of each message: the user's, and 0 when it is put */
} byni_ring_limits;

/* This process' view. */
typedef struct byni_ring {
    bynk_segment *segment;
    byni_ring_state *state;
    unsigned char *bytes;
    uint64_t size; /* of them: a power of two, at least the capacity */
    byni_ring_limits limits;
    bynk_wait_hint data, room, turn;
    byni_a64 spared;          /* bynk_clock_coarse() when a sleeper was last woken at once */
    byni_ring_copies *copies; /* NULL: all is copied with the guard, and marks are the user's */
    uint64_t
        outside; /* from so many bytes on they are copied without the guard; UINT64_MAX: never */
    /* Of ring_short.h: for messages of fewer bytes; where the ends were when they were last looked at. */
    uint64_t short_below;
    byni_a64 seen_first, seen_end;
    bynk_identity self; /* this process */
    byni_a64 asked;     /* when it was last asked whether copiers live */
    /* What the heir of the guard does besides waking all. With the guard. NULL: nothing. */
    byn_status (*repair)(struct byni_ring *ring);
} byni_ring;

/* From so many bytes on messages are copied without the guard. */
enum { BYNI_RING_OUTSIDE = 8192 };

/* What a record takes of the capacity. */
static inline uint64_t byni_ring_record_size(uint64_t length)
{
    return sizeof(byni_ring_record) + ((length + 7) & ~UINT64_C(7));
}

/* How many bytes of memory a ring of this capacity needs; a multiple of 4096. */
uint64_t byni_ring_memory(uint64_t capacity);

/* In a new segment. */
void byni_ring_initialise(byni_ring_state *state);

/* When the object is attached. `bytes`: byni_ring_memory() of them, aligned to 8. */
void byni_ring_attach(byni_ring *ring, bynk_segment *segment, byni_ring_state *state, void *bytes,
                      const byni_ring_limits *limits);

/* Large messages are copied without the guard, and there are places. The ring has no prefixes. */
void byni_ring_copies_initialise(byni_ring_copies *copies);
void byni_ring_copy_outside(byni_ring *ring, byni_ring_copies *copies);

/* ---- A call that may wait ------------------------------------------------------------------------ */

/* Begin with {.timeout = timeout}. */
typedef struct byni_ring_wait {
    byn_timeout timeout;
    bynk_deadline deadline; /* of the timeout, once it was asked for; 0: not yet */
    bynk_rest rest;         /* `watched` may be set: whose death ends a sleep too */
    /* Called before each sleep, without the guard, when there was nothing to be had. May change the ring.
     * Below 0: the call ends with it. NULL: nothing to do. */
    byn_status (*before_sleep)(void *context);
    void *context;
    bool has_slept;
    bool has_spun; /* since the last sleep, in vain */
} byni_ring_wait;

/*
 * Put messages: `data` holds one right behind the other, sizes[] says how long each is, none above the
 * largest. All that find room together are put in one step. BYN_OK: *count of them were put; it waits for
 * the first only. BYN_E_CLOSED, BYN_E_TIMEDOUT, BYN_E_CANCELED, BYN_E_CORRUPT ...: none.
 */
byn_status byni_ring_put(byni_ring *ring, const void *data, const size_t *sizes, size_t *count,
                         byni_ring_wait *wait);

/* What a get is for. */
typedef struct byni_ring_wanted {
    void *buffer;
    size_t room;   /* in it */
    size_t *sizes; /* of each message that was got */
    size_t most;   /* messages */
    bool leave_it; /* they stay in the ring */
    size_t count;  /* how many were got */
    size_t bytes;  /* of them together; with BYN_E_TOOBIG of the first */
} byni_ring_wanted;

/*
 * Get messages, as many as are there and find room, in one step; it waits for the first only. BYN_E_TOOBIG:
 * the first does not find room, and stays. BYN_E_CLOSED: the ring is closed and empty.
 */
byn_status byni_ring_get(byni_ring *ring, byni_ring_wanted *wanted, byni_ring_wait *wait);

/* The length of the first message; it stays. */
byn_status byni_ring_peek(byni_ring *ring, size_t *length, byni_ring_wait *wait);

/* No more puts. Wakes all. */
byn_status byni_ring_close(byni_ring *ring);
bool byni_ring_is_closed(const byni_ring *ring);

/* How many messages are there, and what they take of the capacity. */
byn_status byni_ring_count(byni_ring *ring, uint64_t *messages, uint64_t *bytes);

/* For byni_waitable: until the next put, or the death of who takes something; and whether a get would not wait: BYN_OK, BYN_E_TIMEDOUT, a failure. */
void byni_ring_describe(byni_ring *ring, bynk_waitable *what);
byn_status byni_ring_ready(byni_ring *ring);

/* ---- For those who do more with it: with the guard ------------------------------------------------- */

/* Enter. The guard is waited for with grace, see byni_with_grace(). An heir has repaired it. */
byn_status byni_ring_enter(byni_ring *ring, byni_ring_wait *wait);
void byni_ring_leave(byni_ring *ring);

/* How far both ends have come; copied from shared memory and found consistent. */
typedef struct byni_ring_view {
    uint64_t first, end; /* bytes; first <= end <= first + capacity, multiples of 8 */
    uint64_t got, put;   /* messages */
} byni_ring_view;

byn_status byni_ring_look(const byni_ring *ring, byni_ring_view *view);

/* The record at a place that is before `end`; a copy of its length, which with the record ends before
 * `end`. NULL: it is none; the cause is stated (BYN_E_CORRUPT). */
byni_ring_record *byni_ring_record_at(const byni_ring *ring, const byni_ring_view *view,
                                      uint64_t at, uint32_t *length);

/* Copy between the ring, from the place `at` on, and the caller's memory. */
void byni_ring_read(const byni_ring *ring, uint64_t at, void *to, size_t size);
void byni_ring_write(const byni_ring *ring, uint64_t at, const void *from, size_t size);

/* A word in the ring; `at` is a multiple of 8. */
static inline byni_a64 *byni_ring_word(const byni_ring *ring, uint64_t at)
{
    return (byni_a64 *)(void *)(ring->bytes + (at & (ring->size - 1)));
}

/* What is written there makes no sense: BYN_E_CORRUPT, and says so. */
byn_status byni_ring_broken(void);

/* Commit: this side has come so far. Wakes up to `wake` of its sleepers; 0: none. */
void byni_ring_commit(bynk_segment *segment, byni_ring_side *side, uint64_t bytes,
                      uint64_t messages, uint32_t wake);
/* It stays where it is, and those who sleep there look again. */
void byni_ring_wake(bynk_segment *segment, byni_ring_side *side, uint32_t wake);
/* What it says now. */
void byni_ring_side_read(const byni_ring_side *side, uint64_t *bytes, uint64_t *messages);
/* A side of a ring's user, which counts something else. */
void byni_ring_side_initialise(byni_ring_side *side);

/* The step of an end: that of the getters wakes putters when it is worth it. */
void byni_ring_commit_out(byni_ring *ring, const byni_ring_view *view, uint64_t first,
                          uint64_t got);

/*
 * Call `attempt` with the guard until it answers anything but BYN_E_TIMEDOUT; in between sleep, without the
 * guard, until the number of the side has changed.
 */
byn_status byni_ring_try(byni_ring *ring, byni_ring_side *side, byni_ring_wait *wait,
                         byn_status (*attempt)(byni_ring *ring, void *context), void *context);

#endif
