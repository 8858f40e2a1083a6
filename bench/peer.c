#include "peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 8, LINE = 128, START_MS = 60000 };

struct bench_peer {
    byn_process *process;
};

/* A line, without its end. @return whether there is one */
static bool read_line(bench_peer *peer, char line[LINE])
{
    size_t length = 0, size = 1;

    while (length < LINE - 1) {
        if (byn_process_read(peer->process, BYN_STREAM_OUTPUT, line + length, &size, START_MS) <
                0 ||
            size == 0)
            return false;
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return true;
}

static void ask(bench_peer *peer, const char *question, char answer[LINE])
{
    check(byn_process_write(peer->process, question, strlen(question), NULL, START_MS));
    if (read_line(peer, answer))
        return;
    fprintf(stderr, "a peer ended without an answer\n");
    exit(2);
}

bench_peer *bench_peer_start(const char *what, ...)
{
    const char *argv[MOST_ARGUMENTS + 4] = {"python3", BENCH_PEERS, what};
    bench_peer *peer = calloc(1, sizeof *peer);
    char line[LINE];
    va_list arguments;
    int count = 3;

    if (peer == NULL)
        exit(2);
    va_start(arguments, what);
    while (count < MOST_ARGUMENTS + 3 && (argv[count] = va_arg(arguments, const char *)) != NULL)
        count++;
    va_end(arguments);
    if (byn_process_start(&peer->process, argv,
                          &BYN_OPTIONS(byn_process_options, .standard_input = BYN_STDIO_PIPE,
                                       .standard_output = BYN_STDIO_PIPE,
                                       .kill_with_parent = true)) >= 0 &&
        read_line(peer, line) && strcmp(line, "ready") == 0)
        return peer;
    printf("  left out: Python's %s\n", what);
    bench_peer_end(peer);
    return NULL;
}

double bench_peer_time(bench_peer *peer, uint32_t times)
{
    char line[LINE];

    (void)snprintf(line, sizeof line, "times %u\n", (unsigned)times);
    ask(peer, line, line);
    return strtod(line, NULL);
}

void bench_peer_run(void *peer, uint32_t times)
{
    bench_took(bench_peer_time(peer, times));
}

double bench_peer_measure(bench_peer *peer, int milliseconds, double *second)
{
    char line[LINE], *rest;
    double first;

    (void)snprintf(line, sizeof line, "for %d\n", milliseconds);
    ask(peer, line, line);
    first = strtod(line, &rest);
    if (second != NULL)
        *second = strtod(rest, NULL);
    return first;
}

void bench_peer_end(bench_peer *peer)
{
    if (peer == NULL)
        return;
    if (peer->process != NULL) {
        (void)byn_process_close_input(peer->process);
        (void)byn_process_wait(peer->process, START_MS, NULL);
        byn_process_close(peer->process);
    }
    free(peer);
}
