/*
 * layout.h - how an object's shared memory begins.
 *
 * Every object, of whatever kind, is one named segment. It begins with this header; what the kind
 * needs follows at BYNI_STATE_OFFSET, and between the two stands who waits. Processes that were built apart share it: fixed-width types,
 * offsets and no pointers, and a fingerprint of what compilers and libraries may do differently.
 *
 * The header is written by the creator, before anybody else can see it, and does not change, but for
 * `state`, `size`, `keep` and `boot`.
 */
#ifndef BYNI_LAYOUT_H
#define BYNI_LAYOUT_H

#include "compiler.h"
#include "kernel_types.h"
#include "name.h"

#define BYNI_MAGIC UINT64_C(0x00656d616e796200) /* "\0byname\0" where bytes are little-endian */

enum {
    BYNI_LAYOUT_VERSION = 7,
    BYNI_PARAMETERS = 4,
    BYNI_WAITERS_OFFSET = 704, /* of who waits for the object, see waiters.h */
    BYNI_STATE_OFFSET = 1536,  /* of a kind's state: its own cache lines, same page as the header */
    BYNI_DATA_OFFSET = 4096    /* of users' bytes: a page of their own */
};

/* What `state` says. The last store of the creator is READY: a creator that dies before it leaves an
 * object that is not there, and the next opener makes it anew. */
enum {
    BYNI_NOTHING = 0,
    BYNI_READY = 0x59444152,
    BYNI_REMOVING =
        0x4f474e49 /* READY, but somebody is about to end what is kept: see win32_keep.c */
};

/* What `keep` says of an object that outlives its users. */
enum { BYNI_KEPT = 0x5450454b };

/* The kinds. Numbers stand in shared memory: never change one. */
enum {
    BYNI_MUTEX = 1,
    BYNI_EVENT = 2,
    BYNI_SEMAPHORE = 3,
    BYNI_MEMORY = 4,
    BYNI_VALUE = 5,
    BYNI_CONDITION = 6,
    BYNI_BARRIER = 7,
    BYNI_RWLOCK = 8,
    BYNI_ONCE = 9,
    BYNI_ARRAY = 10,
    BYNI_QUEUE = 11,
    BYNI_PIPE = 12,
    BYNI_DICT = 13,
    BYNI_LIST = 14,
    BYNI_POOL = 15
};

/* "mutex"; "" for a number that is no kind. */
const char *byni_kind_name(uint32_t kind);

typedef struct byni_header {
    uint64_t magic;
    uint32_t version;     /* of this layout */
    uint32_t fingerprint; /* byni_fingerprint() of the creator */
    byni_a32 state;
    uint32_t kind;        /* BYNI_MUTEX ... */
    uint64_t incarnation; /* random: this life of the name, and no other */
    uint64_t domain;      /* bynk_domain() of the creator: who lives elsewhere must stay out */
    byni_a64 size;  /* bytes that are there, this header included; grows, see bynk_segment_grow() */
    uint64_t limit; /* bytes that it may grow to */
    uint64_t created;                     /* bynk_clock() */
    uint64_t parameters[BYNI_PARAMETERS]; /* the creator's, by kind */
    uint32_t creator;                     /* pid */
    byni_a32 keep;                        /* BYNI_KEPT, or not; see bynk_segment_keep() */
    char name[BYNI_NAME_SIZE];
    byni_a64 boot;  /* of what is kept: which run of the system; written before `keep` */
    bynk_area area; /* the platform's */
} byni_header;

_Static_assert(sizeof(byni_header) <= BYNI_WAITERS_OFFSET, "the header ends before the waiters");
_Static_assert(sizeof(byni_a64) == 8 && _Alignof(byni_header) == 8, "the same for all compilers");

/* What this build's types look like; two builds that differ in it must not share an object. */
uint32_t byni_fingerprint(void);

/* The version that a header (a copy) says it has, whether that is this one or not; 0: it is no header. */
static inline uint32_t byni_header_layout(const byni_header *header)
{
    return header->magic == BYNI_MAGIC ? header->version : 0;
}

/*
 * Whether a header that was found under a name (a copy of it: others may write to the original) is
 * that of a living byname object whose memory this process can use. file_size is what the system says
 * that there is. BYN_OK, BYN_E_CORRUPT, BYN_E_MISMATCH, with the cause.
 */
byn_status byni_header_check(const byni_header *header, uint64_t file_size);

#endif
