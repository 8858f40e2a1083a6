#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "opens.h"

enum { MAPPED = 4096 };

const char *bench_raw_open_name(void)
{
    return "OpenFileMapping, a view and a touch";
}

static const char *path_of(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "Local\\raw-%s", name);
    return path;
}

void bench_raw_open_make(const char *name)
{
    /* It lives as long as this process. */
    if (CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, MAPPED, path_of(name)) ==
        NULL)
        exit(2);
}

void bench_raw_open_run(void *name, uint32_t times)
{
    const char *path = path_of(name);

    while (times-- > 0) {
        HANDLE mapping = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, path);
        volatile char *memory;

        if (mapping == NULL)
            exit(2);
        memory = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
        if (memory == NULL)
            exit(2);
        memory[0] = 1;
        UnmapViewOfFile((const void *)memory);
        CloseHandle(mapping);
    }
}

void bench_raw_open_remove(const char *name)
{
    (void)name;
}
