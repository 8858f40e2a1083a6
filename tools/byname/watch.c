#include "watch.h"

#include "reader.h"
#include "terminal.h"

#include <stdio.h>

bool parse_delay(const char *text, int64_t *delay_ms)
{
    return parse_seconds(text, delay_ms) && *delay_ms >= 50;
}

static void begin_picture(bool first)
{
    if (terminal_is_output())
        terminal_clear();
    else if (!first)
        putchar('\n');
}

int watch(int64_t delay_ms, int count, apr_pool_t *parent,
          int (*picture)(void *context, apr_pool_t *pool), void *context)
{
    apr_pool_t *pool = NULL;
    int result = EXIT_GOOD;
    int i;

    if (apr_pool_create(&pool, parent) != APR_SUCCESS)
        return EXIT_BAD;
    for (i = 0; (count == 0 || i < count) && result == EXIT_GOOD; i++) {
        apr_pool_clear(pool);
        if (i > 0 && !reader_await(delay_ms)) {
            result = EXIT_BAD;
            break;
        }
        if (delay_ms > 0)
            begin_picture(i == 0);
        result = picture(context, pool);
        if (fflush(stdout) != 0 || delay_ms == 0)
            break; /* main says so */
    }
    apr_pool_destroy(pool);
    return result;
}
