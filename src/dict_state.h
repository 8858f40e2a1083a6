/*
 * dict_state.h - a dictionary: its words, and what its sources share.
 *
 *     root -> directory -> page -> slot -> entry
 *
 * The hash of a key has 64 bits, of which the upper 32 are its tag. The first bits of the tag, as many as the
 * root says (`depth`), choose a place in the directory, which tells a page; the last bits choose the slot to
 * begin with; and the next one is looked at, until one is empty. A page is for all tags that begin with the
 * same bits (`prefix`), as many as it says itself: those can be fewer than the directory's, and then it stands
 * there several times, side by side.
 *
 * So nothing ever has to be moved as a whole: a page that is full becomes two, two that are nearly empty become
 * one, and the directory (4 bytes for some 270 entries) is doubled now and then.
 *
 * WHAT COMMITS, of what is done with the guard, is one store:
 *
 *     put, compare_exchange    slot       0, DEAD or the old entry  ->  the new entry, complete before
 *     of a value as long       redo       0                         ->  the entry, the new value complete before
 *     remove                   slot       the entry                 ->  DEAD, or 0 if the next one is 0
 *     clear                    root       the directory             ->  0, until there is a new one
 *     the directory doubles    root       the directory             ->  one that says the same
 *
 * An entry whose value is replaced by one of another size, or by a long one, is replaced by another entry, and is
 * not changed. A value of the same size, if it is not long, is written over the old one. The heir of a writer that
 * dies meanwhile writes it again. The entry has a number that says what readers are to believe:
 *
 *     redo.words    the new value
 *     redo.place    0 -> the entry       from now on the heir writes the value
 *     number        even -> odd          readers take the value from redo, and no more from the entry
 *     the entry     old -> new value
 *     number        odd -> even          readers take it from the entry again
 *     redo.place    the entry -> 0       the heir has nothing to do
 *
 * So there is a whole value to read at each moment, and nobody waits for a writer, dead or stopped. A reader
 * believes what it has read if the number is the same before and after; and while it is the same odd one redo is
 * for this entry, and does not change.
 *
 * A page becomes two, or is copied, or two become one, by storing the new pages' places into the directory one after
 * the other. If its writer dies in between some places tell old pages and some new ones; all have the same entries, so
 * readers need not care, and the heir stores the page that is for the shortest prefix everywhere (of two for the same
 * prefix either).
 *
 * All other numbers are derived; the heir counts them again. What was made and is not part of the dictionary
 * yet, or no longer, is freed by the sweep of the heap.
 *
 * WHO READS writes nothing, and needs no more than that the generation of the heap did not change, see heap.h, nor
 * the number of the entry. It finds what was there at one moment between its begin and its end: an entry that is
 * replaced, a page that is no longer used keep what is in them, and slots only change as above. A DEAD slot before an
 * empty one may become empty, since no key is found behind an empty slot; and a key that is removed and put again at
 * an earlier slot was absent in between.
 */
#ifndef BYNI_DICT_STATE_H
#define BYNI_DICT_STATE_H

#include <byname/dict.h>

#include "heap.h"
#include "lock.h"

enum {
    BYNI_DICT_SLOTS = 512,
    BYNI_DICT_FULL = 384, /* slots that are not empty: then a page has no room */
    BYNI_DICT_DEPTH = 22,
    BYNI_DICT_OVER = 240, /* bytes of a value that is written over at most */
    BYNI_DICT_DEAD = 1    /* a slot that was used: the search goes on behind it */
};

/* In shared memory. */
typedef struct byni_dict_page {
    byni_a32
        depth; /* of the tags' bits, how many are the same here. Written once, as is `prefix` */
    byni_a32 prefix;                /* these bits */
    byni_a32 used;                  /* derived: slots with an entry */
    byni_a32 dead;                  /* derived: slots that are DEAD */
    byni_a64 slot[BYNI_DICT_SLOTS]; /* tag << 32 | place of an entry; DEAD; 0: empty */
} byni_dict_page;

/* Key and value follow, each in whole words. */
typedef struct byni_dict_body {
    byni_a64 sizes; /* the key's << 32 | the value's */
    byni_a64 words[1];
} byni_dict_body;

/* Bytes of a block with an entry whose key has up to 16, and whose value may be written over. */
#define BYNI_DICT_USUAL (BYNI_HEAP_HEADER + 8 + 16 + BYNI_DICT_OVER)

/* What is written over an entry's value: see above. Lines that no reader looks at, but in the midst of that. */
typedef struct byni_dict_redo {
    byni_a32 place;     /* the entry; 0: none. Stored after all else here */
    byni_a32 size;      /* bytes of its value */
    byni_a64 rewritten; /* how often that was done: rises before an entry is changed */
    byni_a64 words[BYNI_DICT_OVER / 8];
} byni_dict_redo;

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the heap begins a line of its own */
typedef struct byni_dict_state {
    bynk_guard guard;
    byni_a32 needs_repair; /* 1: a repair was begun and not ended */
    uint32_t reserved;
    byni_a64 count;   /* derived */
    uint64_t seed[2]; /* of the hash: the creator's, so that nobody can make keys that collide */
    byni_lock_state lock;              /* for users */
    _Alignas(64) byni_heap_state heap; /* root[0]: depth << 32 | place of the directory; 0: empty */
    _Alignas(64) byni_dict_redo redo;
} byni_dict_state;

_Static_assert(BYNI_STATE_OFFSET + sizeof(byni_dict_state) <= BYNI_DATA_OFFSET, "before the heap");
_Static_assert(BYNI_STATE_OFFSET % 64 == 0, "as the heap wants it");

struct byn_dict {
    byni_object object;
    byni_dict_state *state;
    byni_heap heap;
    byni_lock lock;
    uint64_t seed[2];
    byni_a64 known_root; /* its directory was seen to be there, and what is there stays */
};

/* Known in the beginning: a directory of one page in the first block, which is there whatever others say. */
enum { BYNI_DICT_FIRST_ROOT = BYNI_DATA_OFFSET / BYNI_HEAP_UNIT };

typedef struct byni_dict_key {
    const void *bytes;
    size_t size;
    uint64_t hash;
    uint64_t first, last; /* of its words, as they are in an entry */
} byni_dict_key;

/* A value in this process. */
typedef struct byni_dict_value {
    const void *bytes;
    size_t size;
} byni_dict_value;

/* Where a key is. */
typedef struct byni_dict_found {
    byni_dict_page *page;
    uint32_t at;      /* its slot, or the one to put it */
    byni_place place; /* its entry; 0: it is absent */
    byni_dict_body *body;
    uint64_t word; /* in front of it, before it was read: byni_heap_word() */
    byni_a64 *value;
    uint32_t value_size;
} byni_dict_found;

static inline uint32_t byni_dict_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The place in a directory of this depth. */
static inline uint32_t byni_dict_index(uint32_t tag, uint32_t depth)
{
    return (uint32_t)((uint64_t)tag << depth >> 32);
}

static inline byni_place byni_dict_place(uint64_t slot)
{
    return (uint32_t)slot;
}

static inline bool byni_dict_is_entry(uint64_t slot)
{
    return byni_dict_place(slot) > BYNI_DICT_DEAD;
}

static inline uint64_t byni_dict_body_size(uint64_t key_size, uint64_t value_size)
{
    return 8 + byni_whole_words(key_size) + byni_whole_words(value_size);
}

/* The directory as the root tells it. */
typedef struct byni_dict_directory {
    byni_a32 *pages; /* NULL: it cannot be there */
    byni_place place;
    uint32_t depth;
} byni_dict_directory;

static inline byni_dict_directory byni_dict_directory_of(byni_heap *heap)
{
    uint64_t root = byni_load64(&heap->state->root[0]);
    byni_dict_directory found = {NULL, (uint32_t)root, (uint32_t)(root >> 32)};

    if (BYNI_UNLIKELY(found.depth > BYNI_DICT_DEPTH))
        return found;
    found.pages = (byni_a32 *)byni_heap_at(heap, found.place, UINT64_C(4) << found.depth);
    return found;
}

/* The same, quicker if the root is the one that was asked for last. */
static inline byni_dict_directory byni_dict_directory_again(byn_dict *dict)
{
    byni_heap *heap = &dict->heap;
    uint64_t root = byni_load64(&heap->state->root[0]);
    byni_dict_directory found;

    if (BYNI_UNLIKELY(root != byni_peek64(&dict->known_root))) {
        found = byni_dict_directory_of(heap);
        if (found.pages != NULL)
            byni_poke64(&dict->known_root, (uint64_t)found.depth << 32 | found.place);
        return found;
    }
    found.place = (uint32_t)root;
    found.depth = (uint32_t)(root >> 32);
    found.pages = (byni_a32 *)(void *)((char *)heap->header +
                                       (uint64_t)found.place * BYNI_HEAP_UNIT + BYNI_HEAP_HEADER);
    return found;
}

static inline byni_dict_page *byni_dict_page_at(byni_heap *heap, byni_place place)
{
    return (byni_dict_page *)byni_heap_at(heap, place, sizeof(byni_dict_page));
}

/*
 * The entry at a place, if it is one for this key. BYN_OK, BYN_E_NOTFOUND: it is for another one;
 * BYN_E_CORRUPT, without a cause: it cannot be one.
 */
BYNI_IN_LINE byn_status byni_dict_match(byni_heap *heap, byni_place place, const byni_dict_key *key,
                                        byni_dict_found *found)
{
    const uint64_t key_size = (key->size + 7) / 8 * 8; /* a key's size was checked */
    byni_dict_body *body = (byni_dict_body *)byni_heap_at(heap, place, 8);
    uint64_t sizes;

    if (BYNI_UNLIKELY(body == NULL))
        return BYN_E_CORRUPT;
    found->word = byni_heap_word(body);
    sizes = byni_peek64(&body->sizes);
    if (BYNI_UNLIKELY(sizes >> 32 != key->size))
        return BYN_E_NOTFOUND;
    if (BYNI_UNLIKELY(!byni_heap_has(heap, body->words, key_size + (uint32_t)sizes)))
        return BYN_E_CORRUPT;
    if (BYNI_UNLIKELY(!byni_bytes_equal(body->words, key->bytes, key->size)))
        return BYN_E_NOTFOUND;
    found->place = place;
    found->body = body;
    found->value = body->words + key_size / 8;
    found->value_size = (uint32_t)sizes;
    return BYN_OK;
}

/* The page for a tag, whatever it says itself. NULL: it cannot be there. */
BYNI_IN_LINE byni_dict_page *byni_dict_page_in(byni_heap *heap, byni_dict_directory directory,
                                               uint32_t tag)
{
    const byni_a32 *place = &directory.pages[byni_dict_index(tag, directory.depth)];

    return byni_dict_page_at(heap, byni_load32(place));
}

/*
 * What is there as it is now, or, without the guard, a mixture that only the generation tells from it; of *found not
 * the page. BYN_OK, BYN_E_NOTFOUND; BYN_E_CORRUPT, without a cause: it makes no sense.
 */
BYNI_IN_LINE byn_status byni_dict_look_up(byn_dict *dict, const byni_dict_key *key,
                                          byni_dict_found *found)
{
    byni_dict_directory directory = byni_dict_directory_again(dict);
    uint32_t tag = byni_dict_tag(key->hash), i;
    const byni_dict_page *page;

    if (BYNI_UNLIKELY(directory.pages == NULL))
        return directory.place == 0 ? BYN_E_NOTFOUND : BYN_E_CORRUPT;
    page = byni_dict_page_in(&dict->heap, directory, tag);
    if (BYNI_UNLIKELY(page == NULL))
        return BYN_E_CORRUPT;
    for (i = 0; i < BYNI_DICT_SLOTS; i++) {
        uint64_t slot = byni_load64(&page->slot[(tag + i) % BYNI_DICT_SLOTS]);
        byn_status status;

        if (slot >> 32 == tag && byni_dict_is_entry(slot)) {
            status = byni_dict_match(&dict->heap, byni_dict_place(slot), key, found);
            if (!BYNI_UNLIKELY(status == BYN_E_NOTFOUND))
                return status;
        }
        if (slot == 0)
            return BYN_E_NOTFOUND;
    }
    return BYN_E_NOTFOUND;
}

/* Somebody is writing over it, or has died while he did. */
static inline bool byni_dict_is_rewritten(const byni_dict_found *found)
{
    return (byni_heap_number_in(found->word) & 1) != 0;
}

/* Whether the key of an entry, whose size was compared, and is not 0, is this one; of `count` words. */
BYNI_IN_LINE bool byni_dict_is_key(const byni_a64 *words, size_t count, const byni_dict_key *key)
{
    if (BYNI_UNLIKELY(byni_peek64(&words[0]) != key->first ||
                      byni_peek64(&words[count - 1]) != key->last))
        return false;
    return count <= 2 || byni_bytes_equal(words + 1, (const char *)key->bytes + 8, count * 8 - 16);
}

/*
 * The same in fewer instructions, of an entry that is where it can be seen at once: when memory is not near, it is by
 * their number how many gets are under way at once. BYN_E_CORRUPT: it is not usual, or not the one. The key is not
 * empty.
 */
BYNI_IN_LINE byn_status byni_dict_match_quickly(char *base, uint64_t there, byni_place place,
                                                const byni_dict_key *key, byni_dict_found *found)
{
    const uint64_t begin = (uint64_t)place * BYNI_HEAP_UNIT - BYNI_DATA_OFFSET;
    const uint64_t room = there - BYNI_DATA_OFFSET;
    const size_t count = (key->size + 7) / 8;
    byni_dict_body *body;
    uint64_t size;

    /* Below the first block it is a very large number. Of what is usual all is there then. */
    if (BYNI_UNLIKELY(begin > room - BYNI_DICT_USUAL))
        return BYN_E_CORRUPT;
    body = (byni_dict_body *)(void *)(base + begin + (BYNI_DATA_OFFSET + BYNI_HEAP_HEADER));
    found->word = byni_heap_word(body);
    size = byni_peek64(&body->sizes) - ((uint64_t)key->size << 32); /* far too large for others */
    if (BYNI_UNLIKELY(key->size > 16 || size > BYNI_DICT_OVER) &&
        (size > UINT32_MAX || begin + BYNI_HEAP_HEADER + 8 + count * 8 + size > room))
        return BYN_E_CORRUPT;
    if (BYNI_UNLIKELY(!byni_dict_is_key(body->words, count, key)))
        return BYN_E_CORRUPT;
    found->place = place;
    found->body = body;
    found->value = body->words + count;
    found->value_size = (uint32_t)size;
    return BYN_OK;
}

/* The slots of a tag's page; NULL: it is not where it can be seen at once. */
BYNI_IN_LINE const byni_a64 *byni_dict_slots_quickly(const byn_dict *dict, uint32_t tag)
{
    const char *base = (const char *)dict->heap.header;
    const byni_dict_state *state =
        (const byni_dict_state *)(const void *)(base + BYNI_STATE_OFFSET);
    const uint64_t room = byni_peek64(&dict->heap.there) - BYNI_DATA_OFFSET;
    const uint64_t root = byni_load64(&state->heap.root[0]);
    const byni_a32 *pages;
    uint64_t begin;

    if (BYNI_UNLIKELY(root != byni_peek64(&dict->known_root)))
        return NULL;
    pages = (const byni_a32 *)(const void *)(base + (root & UINT32_MAX) * BYNI_HEAP_UNIT +
                                             BYNI_HEAP_HEADER);
    begin = byni_load32(&pages[byni_dict_index(tag, (uint32_t)(root >> 32))]);
    begin = begin * BYNI_HEAP_UNIT - BYNI_DATA_OFFSET;
    if (BYNI_UNLIKELY(begin > room - BYNI_HEAP_HEADER - sizeof(byni_dict_page)))
        return NULL;
    base += begin + (BYNI_DATA_OFFSET + BYNI_HEAP_HEADER);
    return ((const byni_dict_page *)(const void *)base)->slot;
}

/* byni_dict_look_up() for what is usual: the first entry with the tag is the one. BYN_E_CORRUPT: ask that one. One that
 * is to be changed is fetched for that, whole. */
BYNI_IN_LINE byn_status byni_dict_look_quickly(const byn_dict *dict, const byni_dict_key *key,
                                               bool to_change, byni_dict_found *found)
{
    const uint32_t tag = byni_dict_tag(key->hash);
    const byni_a64 *slots = byni_dict_slots_quickly(dict, tag);
    char *base = (char *)dict->heap.header;
    const char *entry;
    uint64_t slot;
    uint32_t i;

    if (BYNI_UNLIKELY(slots == NULL || key->size == 0))
        return BYN_E_CORRUPT;
    /* One that is DEAD may seem to have the tag 0; no entry can be there. */
    slot = byni_load64(&slots[tag % BYNI_DICT_SLOTS]);
    for (i = 1; slot >> 32 != tag; i++) {
        if (BYNI_UNLIKELY(slot == 0 || i == BYNI_DICT_SLOTS))
            return BYN_E_NOTFOUND;
        slot = byni_load64(&slots[(tag + i) % BYNI_DICT_SLOTS]);
    }
    if (to_change) {
        entry = base + (uint64_t)byni_dict_place(slot) * BYNI_HEAP_UNIT;
        byni_prefetch_to_change(entry);
        byni_prefetch_to_change(entry + 64);
    }
    return byni_dict_match_quickly(base, byni_peek64(&dict->heap.there), byni_dict_place(slot), key,
                                   found);
}

_Static_assert(BYNI_HEAP_SIZE > BYNI_DATA_OFFSET + BYNI_HEAP_HEADER + sizeof(byni_dict_page) &&
                   sizeof(byni_dict_page) > BYNI_DICT_USUAL,
               "there is that much");

/* ---- dict.c ---- */

/* The failure of who has a key that cannot be one. */
byn_status byni_dict_no_key(size_t size);

/* The seeds are secret from who only chooses keys: nobody can choose many that collide. */
static inline uint64_t byni_dict_hash(const uint64_t seed[2], const void *key, size_t size)
{
    const char *bytes = (const char *)key;
    uint64_t hash = seed[0] ^ size;

    for (; BYNI_UNLIKELY(size > 16); bytes += 16, size -= 16)
        hash =
            byni_fold64(byni_bytes_word(bytes, 8) ^ seed[1], byni_bytes_word(bytes + 8, 8) ^ hash);
    if (size > 8) /* two words that overlap */
        hash = byni_fold64(byni_bytes_word(bytes, 8) ^ seed[1],
                           byni_bytes_word(bytes + size - 8, 8) ^ hash);
    else if (size > 0)
        hash = byni_fold64(byni_bytes_word(bytes, size) ^ seed[1], hash);
    return byni_fold64(hash ^ seed[0], seed[1]);
}

/* The hash and the words of a key of 1 to 16 bytes; the same as byni_dict_hash() says. */
BYNI_IN_LINE void byni_dict_short_key(const uint64_t seed[2], byni_dict_key *key)
{
    const char *bytes = (const char *)key->bytes;
    uint64_t hash = seed[0] ^ key->size;

    if (key->size >= 8) {
        key->first = byni_bytes_word(bytes, 8);
        key->last = byni_bytes_last_word(bytes, key->size);
        if (key->size > 8)
            hash ^= byni_bytes_word(bytes + key->size - 8, 8);
    } else {
        key->first = key->last = byni_bytes_word(bytes, key->size);
    }
    key->hash = byni_fold64(byni_fold64(key->first ^ seed[1], hash) ^ seed[0], seed[1]);
}

/* A key of the caller, hashed. false: it cannot be one; *status, with its cause. */
BYNI_IN_LINE bool byni_dict_key_of(const byn_dict *dict, byni_dict_key *key, const void *bytes,
                                   size_t size, byn_status *status)
{
    if (BYNI_UNLIKELY(size > BYN_DICT_SIZE_MAX || (bytes == NULL && size > 0))) {
        *status = byni_dict_no_key(size);
        return false;
    }
    key->bytes = bytes;
    key->size = size;
    if (BYNI_UNLIKELY(size == 0 || size > 16)) {
        key->hash = byni_dict_hash(dict->seed, bytes, size);
        key->first = size > 0 ? byni_bytes_word(bytes, 8) : 0;
        key->last = size > 0 ? byni_bytes_last_word(bytes, size) : 0;
    } else {
        byni_dict_short_key(dict->seed, key);
    }
    return true;
}

/* Of an entry's key; false: it cannot be one. With the guard. */
bool byni_dict_tag_of(byn_dict *dict, byni_place place, uint32_t *tag);

static inline bool byni_dict_usable(const byn_dict *dict)
{
    return dict != NULL && byni_object_usable(&dict->object);
}

static inline void byni_dict_unlock_guard(byn_dict *dict)
{
    bynk_guard_unlock(dict->object.segment, &dict->state->guard);
}

/* Repair what was inherited with the guard, or else let it go. */
byn_status byni_dict_inherit(byn_dict *dict);

/* BYN_OK: held, and what is there is sound. */
static inline byn_status byni_dict_lock_guard(byn_dict *dict)
{
    byn_status status = bynk_guard_lock(dict->object.segment, &dict->state->guard, BYNK_SOON);

    if (BYNI_UNLIKELY(status == BYN_ABANDONED ||
                      (status >= 0 && byni_load32(&dict->state->needs_repair) != 0)))
        return byni_dict_inherit(dict);
    return status;
}

/* The failure of a call. */
byn_status byni_dict_failed(const byn_dict *dict, byn_status status, const char *operation);

/* ---- dict_read.c ---- */

/*
 * Copy a value out; no lock.
 * BYN_OK, BYN_E_NOTFOUND, BYN_E_TOOBIG, or a failure with its cause.
 */
byn_status byni_dict_read(byn_dict *dict, const byni_dict_key *key, void *buffer, size_t *size);

/* The same with the guard: as who changes it will find it, whatever is written there. */
byn_status byni_dict_read_guarded(byn_dict *dict, const byni_dict_key *key, void *buffer,
                                  size_t *size);

/* ---- dict_change.c: with the guard ---- */

/* Store it; `desired` NULL: remove it. `found` is what byni_dict_find() said. BYN_OK, BYN_CREATED. */
byn_status byni_dict_store(byn_dict *dict, const byni_dict_key *key, const byni_dict_value *desired,
                           const byni_dict_found *found);

/* Without the guard: if what is there is `expected`. NULL is absent. BYN_E_MISMATCH: it is not. */
byn_status byni_dict_exchange(byn_dict *dict, const byni_dict_key *key,
                              const byni_dict_value *expected, const byni_dict_value *desired);

/* ---- dict_index.c: with the guard ---- */

/* A new directory with an empty page. *root is for the root. */
byn_status byni_dict_make_index(byni_heap *heap, uint64_t *root);

/* BYN_OK: found->place tells whether it is there; BYN_E_CORRUPT. */
byn_status byni_dict_find(byn_dict *dict, const byni_dict_key *key, byni_dict_found *found);

/* Room for one more entry with this tag; what was found before is void. */
byn_status byni_dict_make_room(byn_dict *dict, uint32_t tag);

/* After an entry with this tag was removed: pages that have hardly any become one, if that is possible. */
void byni_dict_save_room(byn_dict *dict, uint32_t tag);

/* The page of a tag; NULL: broken. */
byni_dict_page *byni_dict_page_of(byn_dict *dict, uint32_t tag);

/* byni_heap's. */
bool byni_dict_repoint(void *dict, byni_place from, byni_place to);

/* ---- dict_repair.c: with the guard ---- */

byn_status byni_dict_repair(byn_dict *dict);

/* For tests: NULL, or what is wrong. */
const char *byni_dict_verify(byn_dict *dict);

#endif
