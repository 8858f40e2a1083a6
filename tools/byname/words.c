#include "words.h"

#include <apr_file_io.h>

/* Goes on with a text: *inside tells whether its last byte belongs to a word. */
static uint64_t count_block(const char *text, size_t size, bool *inside)
{
    uint64_t words = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        bool space = text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r');

        words += !space && !*inside;
        *inside = !space;
    }
    return words;
}

static bool count_file(apr_file_t *file, uint64_t *words, volatile uint64_t *progress)
{
    static char block[65536];
    bool inside = false;
    apr_status_t status;

    *words = 0;
    for (;;) {
        apr_size_t size = sizeof block;

        status = apr_file_read(file, block, &size);
        if (status != APR_SUCCESS)
            return APR_STATUS_IS_EOF(status);
        *words += count_block(block, size, &inside);
        if (progress != NULL)
            *progress += size;
    }
}

bool words_count(const char *path, apr_pool_t *pool, uint64_t *words, volatile uint64_t *progress)
{
    apr_file_t *file;
    bool done;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool) !=
        APR_SUCCESS)
        return false;
    done = count_file(file, words, progress);
    apr_file_close(file);
    return done;
}
