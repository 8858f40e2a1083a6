/*
 * heap.h - blocks of memory in a segment that grows: what dicts and lists are made of.
 *
 * The heap begins at BYNI_DATA_OFFSET and grows with its use, up to the object's limit. A block is known by
 * its place, which is the same in all processes. All functions but those for readers are called with the
 * object's guard.
 *
 * WHAT IS TRUE is in two things only: the sizes of the blocks, which stand side by side from the first one to
 * `end`, and what the object's root leads to. Each changes by one store, so that the blocks can be walked at
 * every instant: a block is split by writing the rest's header before its own size, and joined to the next by
 * its size alone. Everything else (which blocks are free, the lists of these, the sums) is derived. A death
 * with the guard leaves it half-changed; the heir calls byni_heap_repair(), which keeps what the object
 * marks and frees all else. So between byni_heap_allocate() and the store that makes the block part of the
 * object, and between the store that takes it out and byni_heap_free(), a death leaks nothing. A repair
 * may itself be killed anywhere, and is begun anew by the next heir.
 *
 * READERS WITHOUT THE GUARD write nothing:
 *
 *     generation = byni_heap_generation(heap);
 *     ... follow the root; check each place and size with byni_heap_at(); copy with byni_bytes_read() ...
 *     byni_heap_unchanged(heap, generation): what was read is what writers wrote; else begin anew.
 *
 * A block that is freed keeps its body until the generation has been raised. So what such a reader follows
 * may be outdated by a moment, but was all true at one, if the object replaces whole blocks by one store; or if
 * a number in front of each body tells whether it was changed, see byni_heap_number().
 * There is nothing that a dead writer could leave a reader waiting for. Writers write bodies with
 * byni_bytes_write() or other atomic words.
 *
 * SIZE. Neighbours that are free become one. If what is free is still more than what is in use, and yet no
 * piece is large enough, blocks are moved together instead of growing, if the object can follow
 * (`repoint`). So the heap needs at most twice what is in use, and BYNI_HEAP_SLACK, and the largest block.
 *
 * Nothing that stands in the segment is believed: each place and size is checked against the memory that
 * this process knows to be there. What cannot be is BYN_E_CORRUPT.
 */
#ifndef BYNI_HEAP_H
#define BYNI_HEAP_H

#include "object.h"
#include "shared_bytes.h"

/* Where a block is: 16 bytes each, from the begin of the segment. 0 is none. */
typedef uint32_t byni_place;

enum {
    BYNI_HEAP_UNIT = 16,
    BYNI_HEAP_HEADER = 8,   /* of a block, in front of its body */
    BYNI_HEAP_SIZE = 16384, /* of a new segment; the smallest limit */
    BYNI_HEAP_SLACK = 1024 * 1024,
    BYNI_HEAP_QUARANTINE = 65536, /* bytes that wait at most for a new generation */
    BYNI_HEAP_BINS = 128,
    BYNI_HEAP_ROOTS = 7
};

#define BYNI_HEAP_LIMIT (UINT64_C(1) << 36)          /* 64 GiB: what places can tell */
#define BYNI_HEAP_LARGEST ((UINT64_C(1) << 33) - 64) /* of a block's body */

/* In shared memory, 64 bytes aligned. Units are of 16 bytes. Only `generation`, `root` and `end` are not
 * derived. */
typedef struct byni_heap_state {
    byni_a64 generation; /* rises by 1 before what was freed is used again */
    byni_a64
        root[BYNI_HEAP_ROOTS]; /* the object's; a line that readers read and writers seldom write */
    byni_a32 end;         /* unit behind the last block. A new block's header is written before */
    byni_a32 quarantine;  /* freed in this generation: its newest block; 0: none */
    byni_a32 ripe;        /* freed in one before, and not joined to their neighbours yet */
    byni_a32 quarantined; /* units in `quarantine` */
    byni_a32 ripened;     /* units in `ripe` */
    byni_a32 live;        /* units in use */
    byni_a32 free;        /* units in bins */
    byni_a32 reserved;
    byni_a32 filled[BYNI_HEAP_BINS / 32]; /* a bit for each bin that is not empty */
    byni_a32 bin[BYNI_HEAP_BINS];         /* free blocks of similar size: the first */
} byni_heap_state;

_Static_assert(sizeof(byni_heap_state) == 64 + 32 + 16 + BYNI_HEAP_BINS * 4, "no gaps");

/* This process' view. */
typedef struct byni_heap {
    bynk_segment *segment; /* NULL: a new one, which cannot grow yet */
    byni_header *header;
    byni_heap_state *state;
    uint64_t limit;
    byni_a64 there; /* bytes that are known to be there: what others say is not believed */
    uint32_t moves; /* raised when blocks were moved: pointers and places from before are void */

    /* A copy of a live block was made: let the object refer to it instead, by one store. false: it cannot.
     * NULL: it never can. */
    bool (*repoint)(void *context, byni_place from, byni_place to);
    void *context;
} byni_heap;

/* Bytes in use, and not. The block headers are part of the blocks. */
typedef struct byni_heap_statistics {
    uint64_t size; /* of the segment, its header included */
    uint64_t end;  /* of the blocks */
    uint64_t live;
    uint64_t free;                     /* to be used again at once */
    uint64_t quarantine;               /* freed, and not to be used again yet */
    uint64_t live_blocks, free_blocks; /* byni_heap_verify() only */
} byni_heap_statistics;

/* ---- Begin --------------------------------------------------------------------------------------- */

/* The limit of a segment whose user wants so many bytes; 0: more than there can be. */
uint64_t byni_heap_limit(uint64_t wanted);

/* Whether a header can be that of an object with a heap. */
bool byni_heap_is_sound(const byni_header *header);

/* In a new segment of BYNI_HEAP_SIZE bytes, `state` zero; then blocks may be allocated. For the kind's
 * `initialise`. */
void byni_heap_initialise(byni_heap *heap, byni_header *header, byni_heap_state *state);

/* When the object is attached; `repoint` and `context` may be set afterwards. */
void byni_heap_attach(byni_heap *heap, const byni_object *object, byni_heap_state *state);

/* ---- Blocks: with the guard ----------------------------------------------------------------------- */

/*
 * A block with a body of at least `size` bytes, aligned to 8, of any content. BYN_E_LIMIT, BYN_E_NOMEM,
 * BYN_E_CORRUPT: nothing changed; but blocks may have been moved in any case.
 */
byn_status byni_heap_allocate(byni_heap *heap, uint64_t size, byni_place *place);

/* Free a block that the object does not refer to any more. Its body stays until the generation is raised.
 * BYN_E_CORRUPT: it is no block in use. */
byn_status byni_heap_free(byni_heap *heap, byni_place place);

/* Bytes in the body of a block in use; 0: it is none. */
uint64_t byni_heap_room(byni_heap *heap, byni_place place);

/* ---- Bodies: with or without the guard ------------------------------------------------------------ */

/* Whether memory up to this offset is there, after a look at what the system says. */
bool byni_heap_reaches(byni_heap *heap, uint64_t offset);

/* The body of the block at this place, of which `size` bytes, in whole words, are there; NULL: they are not. */
static inline void *byni_heap_at(byni_heap *heap, byni_place place, uint64_t size)
{
    uint64_t begin = (uint64_t)place * BYNI_HEAP_UNIT + BYNI_HEAP_HEADER;
    uint64_t end = begin + (size + 7) / 8 * 8;

    if (BYNI_UNLIKELY(begin < BYNI_DATA_OFFSET || size > BYNI_HEAP_LARGEST))
        return NULL;
    if (BYNI_UNLIKELY(end > byni_peek64(&heap->there)) && !byni_heap_reaches(heap, end))
        return NULL;
    return (char *)heap->header + begin;
}

/* Whether from there on, which is in the heap, so many bytes in whole words are there. */
static inline bool byni_heap_has(byni_heap *heap, const void *from, uint64_t size)
{
    uint64_t begin = (uint64_t)((const char *)from - (const char *)heap->header);
    uint64_t end =
        begin + (size + 7) / 8 * 8; /* what has a size in the heap is far from the largest number */

    return BYNI_UNLIKELY(end > byni_peek64(&heap->there)) ? byni_heap_reaches(heap, end) : true;
}

/*
 * In front of the body of a block in use stands a number that is the object's: anything, until it is written.
 * With what else stands there it is one word, which is another one when the block is not in use any more, also if
 * the number happens to be the same.
 */
static inline byni_a32 *byni_heap_number(void *body)
{
    return (byni_a32 *)body - 1;
}

static inline uint64_t byni_heap_word(const void *body)
{
    return byni_load64((const byni_a64 *)body - 1);
}

static inline uint32_t byni_heap_number_in(uint64_t word)
{
    uint32_t halves[2];

    memcpy(halves, &word, sizeof halves);
    return halves[1];
}

static inline uint64_t byni_heap_generation(const byni_heap *heap)
{
    return byni_load64(&heap->state->generation);
}

static inline bool byni_heap_unchanged(const byni_heap *heap, uint64_t generation)
{
    byni_fence_loads();
    return byni_load64(&heap->state->generation) == generation;
}

/* ---- Repair: with the guard that a dead holder left ------------------------------------------------ */

/* In byni_heap_repair(): the block is the object's. BYN_E_CORRUPT: it is none, or was marked before. */
byn_status byni_heap_mark(byni_heap *heap, byni_place place);

/*
 * Free all blocks that `mark` does not mark, and derive everything anew. What `mark` answers below 0 ends it;
 * then the object is broken. It also empties an object, if `mark` marks little.
 */
byn_status byni_heap_repair(byni_heap *heap, byn_status (*mark)(byni_heap *heap, void *context),
                            void *context);

/* The failure of all that finds what cannot be: BYN_E_CORRUPT. */
byn_status byni_heap_broken(const byni_heap *heap);

/* ---- Look ---------------------------------------------------------------------------------------- */

/* As it counts; without the guard it is a guess. */
void byni_heap_look(const byni_heap *heap, byni_heap_statistics *statistics);

/*
 * For tests: NULL, or what is wrong. Whether the blocks can be walked, each is in use, in a bin or in
 * quarantine, no two neighbours are free, and the sums are right. If statistics->live is what the object
 * can reach, nothing has leaked. With the guard.
 */
const char *byni_heap_verify(byni_heap *heap, byni_heap_statistics *statistics);

#endif
