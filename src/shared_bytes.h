/*
 * shared_bytes.h - bytes in shared memory that some may read while others write them.
 *
 * They are moved in words, so that nobody sees half a word, and no compiler takes what it reads for
 * constant. Whether the whole is what was written, the reader finds out by other means. The shared side
 * begins at a word and has room for whole words.
 */
#ifndef BYNI_SHARED_BYTES_H
#define BYNI_SHARED_BYTES_H

#include <stddef.h>
#include <string.h>

#include "compiler.h"

/* Bytes that so many take in whole words. Of any size there is: it does not wrap. */
static inline uint64_t byni_whole_words(uint64_t size)
{
    return size / 8 * 8 + (size % 8 != 0 ? 8 : 0);
}

/* Up to 8 bytes of this process, as a word. */
static inline uint64_t byni_bytes_word(const char *bytes, size_t size)
{
    uint64_t word = 0;

    memcpy(&word, bytes, size < 8 ? size : 8);
    return word;
}

/* The same of what ends `size` bytes after a begin that has at least 8. */
static inline uint64_t byni_bytes_last_word(const char *bytes, size_t size)
{
    const uint64_t last = byni_bytes_word(bytes + size - 8, 8);

    return size % 8 == 0 ? last : byni_end_of_word(last, size % 8);
}

BYNI_IN_LINE void byni_bytes_write_64(byni_a64 *to, const char *bytes)
{
    byni_poke_pair(&to[0], bytes);
    byni_poke_pair(&to[2], bytes + 16);
    byni_poke_pair(&to[4], bytes + 32);
    byni_poke_pair(&to[6], bytes + 48);
}

/* The last bytes of what byni_bytes_write() writes: fewer than 64. */
BYNI_IN_LINE void byni_bytes_write_rest(byni_a64 *to, const char *bytes, size_t size)
{
    for (; size >= 16; size -= 16, bytes += 16, to += 2)
        byni_poke_pair(to, bytes);
    if (size >= 8) {
        byni_poke64(to++, byni_bytes_word(bytes, 8));
        size -= 8;
        bytes += 8;
    }
    if (size > 0)
        byni_poke64(to, byni_bytes_word(bytes, size));
}

BYNI_IN_LINE void byni_bytes_write(byni_a64 *to, const void *from, size_t size)
{
    const char *bytes = (const char *)from;
    const char *end;

    if (size >= 64) { /* no bytes at all may be nowhere */
        end = bytes + size / 64 * 64;
        for (; bytes != end; bytes += 64, to += 8)
            byni_bytes_write_64(to, bytes);
    }
    if (size % 64 != 0)
        byni_bytes_write_rest(to, bytes, size % 64);
}

static inline void byni_bytes_read_word(char *bytes, const byni_a64 *from, size_t size)
{
    uint64_t word = byni_peek64(from);

    memcpy(bytes, &word, size < 8 ? size : 8);
}

BYNI_IN_LINE void byni_bytes_read_64(char *bytes, const byni_a64 *from)
{
    byni_peek_pair(bytes, &from[0]);
    byni_peek_pair(bytes + 16, &from[2]);
    byni_peek_pair(bytes + 32, &from[4]);
    byni_peek_pair(bytes + 48, &from[6]);
}

/* The last bytes of what byni_bytes_read() reads: fewer than 64. */
BYNI_IN_LINE void byni_bytes_read_rest(char *bytes, const byni_a64 *from, size_t size)
{
    for (; size >= 16; size -= 16, bytes += 16, from += 2)
        byni_peek_pair(bytes, from);
    if (size >= 8) {
        byni_bytes_read_word(bytes, from++, 8);
        size -= 8;
        bytes += 8;
    }
    if (size > 0)
        byni_bytes_read_word(bytes, from, size);
}

BYNI_IN_LINE void byni_bytes_read(void *to, const byni_a64 *from, size_t size)
{
    char *bytes = (char *)to;
    const char *end;

    if (size >= 64) {
        end = bytes + size / 64 * 64;
        for (; bytes != end; bytes += 64, from += 8)
            byni_bytes_read_64(bytes, from);
    }
    if (size % 64 != 0)
        byni_bytes_read_rest(bytes, from, size % 64);
}

static inline void byni_bytes_move(byni_a64 *to, const byni_a64 *from, size_t size)
{
    size_t i;

    for (i = 0; i < size / 8; i++)
        byni_poke64(&to[i], byni_peek64(&from[i]));
}

/* What byni_bytes_write() wrote is these bytes. */
BYNI_IN_LINE bool byni_bytes_equal(const byni_a64 *shared, const void *other, size_t size)
{
    const char *bytes = (const char *)other;

    for (; size >= 16; size -= 16, bytes += 16, shared += 2)
        if (((byni_peek64(&shared[0]) ^ byni_bytes_word(bytes, 8)) |
             (byni_peek64(&shared[1]) ^ byni_bytes_word(bytes + 8, 8))) != 0)
            return false;
    if (size == 0)
        return true;
    if (size >= 8) {
        if (byni_peek64(shared++) != byni_bytes_word(bytes, 8))
            return false;
        size -= 8;
        bytes += 8;
    }
    return size == 0 || byni_peek64(shared) == byni_bytes_word(bytes, size);
}

#endif
