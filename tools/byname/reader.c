#include "reader.h"
#include "system.h"

#include <apr_time.h>

#include <byname/wait.h>

enum { LOOK_MS = 50 };

bool reader_is_gone(void)
{
    return system_output_is_pipe() && system_reader_is_gone();
}

static bool is_gone(void *context)
{
    (void)context;
    return system_reader_is_gone();
}

void reader_heed(void)
{
    if (system_output_is_pipe()) /* waits that nobody interrupts sleep longer */
        byn_wait_interruptible(is_gone, NULL);
}

bool reader_await(int64_t milliseconds)
{
    int64_t end = system_milliseconds() + milliseconds, left;
    bool is_pipe = system_output_is_pipe();

    while ((left = end - system_milliseconds()) > 0) {
        if (is_pipe && system_reader_is_gone())
            return false;
        apr_sleep((is_pipe && left > LOOK_MS ? LOOK_MS : left) * 1000);
    }
    return true;
}
