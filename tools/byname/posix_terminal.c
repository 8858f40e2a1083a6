#include "terminal.h"

#include <unistd.h>

void terminal_prepare(void)
{
    /* It does by itself. */
}

bool terminal_is_output(void)
{
    return isatty(STDOUT_FILENO) == 1;
}
