/*
 * answers - what win32_asking.c asks: makes a named pipe, and answers the one that connects until it is gone.
 *
 * answers PIPE
 */
#include <windows.h>

#include "tables.h"

int main(int argc, char **argv)
{
    char question[BENCH_KEY], answer[BENCH_VALUE] = {0};
    DWORD done;
    HANDLE pipe;

    if (argc != 2)
        return 2;
    pipe = CreateNamedPipeA(argv[1], PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                            1, 4096, 4096, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return 2;
    (void)ConnectNamedPipe(pipe, NULL);
    while (ReadFile(pipe, question, sizeof question, &done, NULL) &&
           WriteFile(pipe, answer, sizeof answer, &done, NULL)) {
    }
    CloseHandle(pipe);
    return 0;
}
