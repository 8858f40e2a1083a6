#include "remote_noun.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { LINE_MOST = 2000 };

/* ---- The far side */

static const remote_noun *const nouns[] = {
    &remote_mutex, &remote_event, &remote_semaphore, &remote_rwlock, &remote_memory,
    &remote_value, &remote_array, &remote_condition, &remote_once,   &remote_barrier,
    &remote_pipe,  &remote_queue, &remote_wait,      &remote_list,
};

enum { NOUNS = sizeof nouns / sizeof nouns[0] };

const char *remote_parse(const char *arguments, int count, long long *numbers)
{
    char *end;
    int i;

    for (i = 0; i < count; i++) {
        numbers[i] = strtoll(arguments, &end, 10);
        arguments = end;
    }
    return *arguments == ' ' ? arguments + 1 : arguments;
}

static byn_status mode(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    h->mode = (uint32_t)strtoul(arguments, NULL, 8);
    return BYN_OK;
}

static byn_status keep(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    h->keep = *arguments == '1';
    return BYN_OK;
}

/* NULL is all kinds. */
static void drop(remote_handles *h, const char *kind, bool close)
{
    int i;

    for (i = 0; i < NOUNS; i++)
        if (nouns[i]->drop != NULL && (kind == NULL || strcmp(kind, nouns[i]->name) == 0))
            nouns[i]->drop(h, close);
}

static byn_status close_kind(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    drop(h, arguments, true);
    return BYN_OK;
}

static byn_status forget_kind(remote_handles *h, const char *arguments, long long *number)
{
    (void)number;
    drop(h, arguments, false);
    return BYN_OK;
}

static const remote_command commands_of_all[] = {
    {"mode", mode}, {"keep", keep}, {"close", close_kind}, {"forget", forget_kind}, {NULL, NULL},
};

static const remote_command *find(const remote_command *commands, const char *line, size_t length)
{
    for (; commands->name != NULL; commands++)
        if (strlen(commands->name) == length && strncmp(commands->name, line, length) == 0)
            return commands;
    return NULL;
}

static void run(peer_self *self, remote_handles *h, const char *line)
{
    size_t length = strcspn(line, " ");
    const char *arguments = line[length] == ' ' ? line + length + 1 : "";
    const remote_command *command = find(commands_of_all, line, length);
    long long number = 0;
    byn_status status;
    int i;

    for (i = 0; command == NULL && i < NOUNS; i++)
        command = find(nouns[i]->commands, line, length);
    if (command == NULL) {
        FAIL("no command \"%s\"", line);
        return;
    }
    h->text[0] = '\0';
    status = command->run(h, arguments, &number);
    /* APR has its own printf. */
    peer_say(self, "%d %" APR_INT64_T_FMT " %s", (int)status, (apr_int64_t)number,
             status < 0 ? byn_last_error() : h->text);
}

int remote(peer_self *self, int argc, char **argv)
{
    remote_handles h;
    const char *line;

    (void)argc;
    (void)argv;
    memset(&h, 0, sizeof h);
    while ((line = peer_hear(self)) != NULL && strcmp(line, "leave") != 0) {
        if (line[0] == '!') {
            line++;
            peer_say(self, "begins");
        }
        run(self, &h, line);
    }
    if (line == NULL)
        drop(&h, NULL, true);
    return 0;
}

/* ---- The near side */

static struct {
    long long number;
    char error[LINE_MOST];
} last;

byn_status remote_answer(peer *p)
{
    const char *line = peer_line(p);
    char *rest;
    long status;

    REQUIRE(line != NULL);
    status = strtol(line, &rest, 10);
    last.number = strtoll(rest, &rest, 10);
    (void)snprintf(last.error, sizeof last.error, "%s", rest + (*rest == ' '));
    return (byn_status)status;
}

static void tell(peer *p, const char *format, va_list arguments)
{
    char line[LINE_MOST];

    (void)vsnprintf(line, sizeof line, format, arguments);
    peer_tell(p, line);
}

byn_status remote_call(peer *p, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(p, format, arguments);
    va_end(arguments);
    return remote_answer(p);
}

/* Where /proc tells it: waits until the process sleeps, or has ended. In Wine there is the /proc of the system below, in
 * which that number is another process'. */
static void see_it_asleep(const peer *p)
{
    int64_t until = platform_milliseconds() + 1000 * (int64_t)test_patience();
    char path[64], text[400];
    bool asleep = false;

    if (test_on_windows() || peer_pid(p) == platform_pid())
        return;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", peer_pid(p));
    while (!asleep && platform_milliseconds() < until) {
        FILE *file = fopen(path, "rb");
        const char *end;

        if (file == NULL)
            return;
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        (void)fclose(file);
        end = strrchr(text, ')');
        asleep = end == NULL || end[2] == 'S' || end[2] == 'Z';
    }
}

void remote_begin(peer *p, const char *format, ...)
{
    char marked[LINE_MOST];
    va_list arguments;

    (void)snprintf(marked, sizeof marked, "!%s", format);
    va_start(arguments, format);
    tell(p, marked, arguments);
    va_end(arguments);
    peer_expect(p, "begins");
    see_it_asleep(p);
}

long long remote_number(void)
{
    return last.number;
}

const char *remote_text(void)
{
    return last.error;
}

const char *remote_error(void)
{
    return last.error;
}

void remote_end(peer *p)
{
    CHECK_INT(peer_finish(p), 0);
}
