#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "bench.h"
#include "tables.h"

static HANDLE pipe = INVALID_HANDLE_VALUE, server;

static HANDLE start(const char *program, const char *path)
{
    PROCESS_INFORMATION created;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char command[2048];

    (void)snprintf(command, sizeof command, "\"%s\" %s", bench_beside(program, "bench_answers"),
                   path);
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &created))
        exit(2);
    CloseHandle(created.hThread);
    return created.hProcess;
}

static void ask(void *nothing, uint32_t times)
{
    char question[BENCH_KEY] = {0}, answer[BENCH_VALUE];
    DWORD done;

    (void)nothing;
    while (times-- > 0)
        if (!WriteFile(pipe, question, sizeof question, &done, NULL) ||
            !ReadFile(pipe, answer, sizeof answer, &done, NULL) || done != sizeof answer)
            exit(2);
}

bool bench_asking_add(bench_entry *entry, const char *program)
{
    char name[BENCH_NAME], path[BENCH_NAME + 16];
    int tries;

    bench_fresh_name(name);
    (void)snprintf(path, sizeof path, "\\\\.\\pipe\\%s", name);
    server = start(program, path);
    for (tries = 0; tries < 1000 && pipe == INVALID_HANDLE_VALUE; tries++) {
        pipe = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe == INVALID_HANDLE_VALUE)
            Sleep(10);
    }
    if (pipe == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "%s: error %lu\n", path, GetLastError());
        exit(2);
    }
    *entry = (bench_entry){BENCH_ASKING, ask, NULL};
    return true;
}

void bench_asking_end(void)
{
    CloseHandle(pipe);
    pipe = INVALID_HANDLE_VALUE;
    WaitForSingleObject(server, INFINITE);
    CloseHandle(server);
}
