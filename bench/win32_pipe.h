/* The end of a named pipe that writes, for those who measure one. */
#ifndef BENCH_WIN32_PIPE_H
#define BENCH_WIN32_PIPE_H

#include <windows.h>

/* Waits until the other end is there. INVALID_HANDLE_VALUE: it did not come. */
static inline HANDLE connect_to(const char *path)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;
    int tries;

    for (tries = 0; tries < 1000 && pipe == INVALID_HANDLE_VALUE; tries++) {
        pipe = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe == INVALID_HANDLE_VALUE)
            Sleep(10);
    }
    return pipe;
}

#endif
