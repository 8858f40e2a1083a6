/* What neither C nor APR knows of a terminal: posix_terminal.c or win32_terminal.c. */
#ifndef BYNAME_TOOL_TERMINAL_H
#define BYNAME_TOOL_TERMINAL_H

#include <stdbool.h>

/* Makes it show UTF-8. */
void terminal_prepare(void);

/* Does stdout lead to one? */
bool terminal_is_output(void);

/* Does stderr? */
bool terminal_is_error(void);

/* The one of stdout is empty from now on, and what is printed next is at its top. */
void terminal_clear(void);

#endif
