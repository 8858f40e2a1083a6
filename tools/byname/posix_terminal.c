#include "terminal.h"

#include <stdio.h>
#include <unistd.h>

void terminal_prepare(void)
{
    /* It does by itself. */
}

bool terminal_is_output(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool terminal_is_error(void)
{
    return isatty(STDERR_FILENO) == 1;
}

void terminal_clear(void)
{
    fputs("\033[H\033[J", stdout);
}
