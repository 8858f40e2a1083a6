/* Windows' texts in the tool's own encoding, and functions of its own; in win32_system.c. */
#ifndef BYNAME_TOOL_WIN32_TEXT_H
#define BYNAME_TOOL_WIN32_TEXT_H

#include <wchar.h>

#include <apr_pools.h>

const char *win32_utf8(const wchar_t *text, apr_pool_t *pool);

/* A function of ntdll.dll; NULL if it is not there. */
typedef void (*win32_function)(void);
win32_function win32_native(const char *name);

#endif
