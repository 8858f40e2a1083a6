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

static inline void byni_bytes_write(byni_a64 *to, const void *from, size_t size)
{
    const char *bytes = (const char *)from;
    uint64_t word = 0;
    size_t i;

    for (i = 0; i < size / 8; i++) {
        memcpy(&word, bytes + i * 8, 8);
        byni_poke64(&to[i], word);
    }
    if (size % 8 != 0) {
        word = 0;
        memcpy(&word, bytes + i * 8, size % 8);
        byni_poke64(&to[i], word);
    }
}

static inline void byni_bytes_read(void *to, const byni_a64 *from, size_t size)
{
    char *bytes = (char *)to;
    uint64_t word;
    size_t i;

    for (i = 0; i < size / 8; i++) {
        word = byni_peek64(&from[i]);
        memcpy(bytes + i * 8, &word, 8);
    }
    if (size % 8 != 0) {
        word = byni_peek64(&from[i]);
        memcpy(bytes + i * 8, &word, size % 8);
    }
}

static inline void byni_bytes_move(byni_a64 *to, const byni_a64 *from, size_t size)
{
    size_t i;

    for (i = 0; i < size / 8; i++)
        byni_poke64(&to[i], byni_peek64(&from[i]));
}

/* What byni_bytes_write() wrote is these bytes. */
static inline bool byni_bytes_equal(const byni_a64 *shared, const void *other, size_t size)
{
    const char *bytes = (const char *)other;
    uint64_t word = 0, differences = 0;
    size_t i;

    for (i = 0; i < size / 8; i++) {
        memcpy(&word, bytes + i * 8, 8);
        if (byni_peek64(&shared[i]) != word)
            return false;
    }
    if (size % 8 != 0) {
        word = 0;
        memcpy(&word, bytes + i * 8, size % 8);
        differences = byni_peek64(&shared[i]) ^ word;
    }
    return differences == 0;
}

#endif
