#include "support.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

enum { LINE_SIZE = 4096 };

struct peer_self {
    const char *name;
    channel *to_case; /* both NULL in a process */
    channel *from_case;
    char *heard;
    /* of a thread only */
    const peer_entry *entry;
    int argc;
    char **argv;
    check_sink *failures;
    int code;
    jmp_buf *leave; /* on its stack: a pool does not align as much as Windows needs */
};

struct peer {
    peer *next;
    const char *name;
    char *line; /* the last one, malloc'ed */
    bool ended;

    /* a thread */
    apr_thread_t *thread;
    peer_self self;

    /* a process */
    child *process;
    child_end end;
    apr_pool_t *pool; /* of the pipes, so that they can be closed */
    apr_file_t *to;   /* NULL when closed */
    apr_file_t *from;
    bool from_ended;
    char buffer[LINE_SIZE];
    size_t filled;
};

static peer *all_peers; /* of the running case */

/* ---- Inside */

void peer_say(peer_self *self, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    apr_vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (self->to_case != NULL) {
        channel_put(self->to_case, line);
    } else {
        strcat(line, "\n");
        fwrite(line, 1, strlen(line), stdout);
        fflush(stdout);
    }
}

static char *read_line(void)
{
    char line[LINE_SIZE];

    if (fgets(line, sizeof line, stdin) == NULL)
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    return copied(line);
}

const char *peer_hear(peer_self *self)
{
    free(self->heard);
    self->heard = self->from_case != NULL ? channel_get(self->from_case, -1, NULL) : read_line();
    return self->heard;
}

bool peer_wait(peer_self *self, const char *line)
{
    const char *heard = peer_hear(self);

    if (heard != NULL && strcmp(heard, line) != 0)
        test_fail(true, __FILE__, __LINE__, "peer %s waited for \"%s\", heard \"%s\"", self->name,
                  line, heard);
    return heard != NULL;
}

int peer_process_main(const peer_entry *entry, int argc, char **argv)
{
    static peer_self self; /* the main thread may leave, and its stack with it */
    int code;

    self.name = entry->name;
    platform_die_with_parent();
    check_use_process(entry->name);
    code = entry->function(&self, argc, argv);
    free(self.heard);
    return check_process_failed() ? EXIT_CHECK_FAILED : code;
}

static void leave_thread(void *argument)
{
    peer_self *self = argument;

    longjmp(*self->leave, 1);
}

static void *APR_THREAD_FUNC thread_main(apr_thread_t *thread, void *argument)
{
    peer_self *self = argument;
    jmp_buf leave;

    (void)thread;
    self->code = EXIT_CHECK_FAILED;
    check_use_sink(self->failures, leave_thread, self);
    self->leave = &leave;
    if (setjmp(leave) == 0)
        self->code = self->entry->function(self, self->argc, self->argv);
    channel_close(self->to_case);
    return NULL; /* not apr_thread_exit: AddressSanitizer cannot follow it */
}

/* ---- Starting */

static const char **collect_arguments(const char *first, const char *second, const char *third,
                                      va_list more, int *count)
{
    enum { MOST = 32 };
    const char **arguments = apr_pcalloc(runner_case_pool(), (MOST + 1) * sizeof *arguments);
    const char *argument;
    int n = 0;

    arguments[n++] = first;
    arguments[n++] = second;
    arguments[n++] = third;
    while ((argument = va_arg(more, const char *)) != NULL && n < MOST)
        arguments[n++] = apr_pstrdup(runner_case_pool(), argument);
    *count = n;
    return arguments;
}

static void start_thread(peer *p, const peer_entry *entry, int argc, const char **argv,
                         const char *file, int line)
{
    apr_pool_t *pool = runner_case_pool();

    p->self.name = entry->name;
    p->self.entry = entry;
    p->self.argc = argc;
    p->self.argv = (char **)argv;
    p->self.to_case = channel_create(pool);
    p->self.from_case = channel_create(pool);
    p->self.failures = check_sink_create(pool);
    if (apr_thread_create(&p->thread, NULL, thread_main, &p->self, pool) != APR_SUCCESS) {
        p->thread = NULL;
        test_fail(true, file, line, "peer %s: no thread", p->name);
    }
}

static void start_process(peer *p, const char *const *arguments, const char *const *environment,
                          const char *file, int line)
{
    apr_file_t *their_in = NULL;
    apr_file_t *their_out = NULL;
    const char *error = NULL;

    /*
     * Only our reading needs a time limit; Windows has that only for pipes made with
     * APR_WRITE_BLOCK.
     */
    if (apr_file_pipe_create_ex(&their_in, &p->to, APR_FULL_BLOCK, p->pool) != APR_SUCCESS ||
        apr_file_pipe_create_ex(&p->from, &their_out, APR_WRITE_BLOCK, p->pool) != APR_SUCCESS)
        test_fail(true, file, line, "peer %s: no pipe", p->name);
    /* Else other peers would hold the ends of a dead one. */
    apr_file_inherit_unset(their_in);
    apr_file_inherit_unset(their_out);
    apr_file_inherit_unset(p->to);
    apr_file_inherit_unset(p->from);
    p->process = child_start(arguments, environment, their_in, their_out, NULL, p->pool, &error);
    apr_file_close(their_in);
    apr_file_close(their_out);
    if (p->process == NULL)
        test_fail(true, file, line, "peer %s cannot be started: %s", p->name, error);
}

static peer *start(const char *file, int line, peer_kind kind, const char *name,
                   const char *const *environment, va_list more)
{
    const peer_entry *entry = runner_peer(name);
    peer *p = apr_pcalloc(runner_case_pool(), sizeof *p);
    const char **arguments;
    int count;

    arguments = collect_arguments(platform_executable(), "--peer", name, more, &count);
    p->name = name;
    if (entry == NULL)
        test_fail(true, file, line, "no peer %s", name);
    apr_pool_create(&p->pool, runner_case_pool());
    p->next = all_peers;
    all_peers = p;
    if (kind == PEER_THREAD)
        start_thread(p, entry, count - 3, arguments + 3, file, line);
    else
        start_process(p, arguments, environment, file, line);
    return p;
}

peer *peer_start_at(const char *file, int line, peer_kind kind, const char *name, ...)
{
    va_list more;
    peer *p;

    va_start(more, name);
    p = start(file, line, kind, name, NULL, more);
    va_end(more);
    return p;
}

peer *peer_start_crashing_at(const char *file, int line, const char *point, int n, const char *name,
                             ...)
{
    const char *environment[2] = {NULL, NULL};
    va_list more;
    peer *p;

    environment[0] = apr_psprintf(runner_case_pool(), "BYNAME_CRASH_POINT=%s:%d", point, n);
    va_start(more, name);
    p = start(file, line, PEER_PROCESS, name, environment, more);
    va_end(more);
    return p;
}

/* ---- Talking */

static int64_t patience_ends(void)
{
    return platform_milliseconds() + 1000 * (int64_t)test_patience();
}

/* Takes one line out of the buffer; what a killed peer left without an end counts as one. */
static char *take_line(peer *p)
{
    char *end = memchr(p->buffer, '\n', p->filled);
    size_t length = end != NULL ? (size_t)(end - p->buffer) : p->filled;
    size_t used = end != NULL ? length + 1 : length;
    char *line;

    if (end == NULL && (p->filled == 0 || (!p->from_ended && p->filled < sizeof p->buffer)))
        return NULL;
    line = malloc(length + 1);
    if (line == NULL)
        abort();
    memcpy(line, p->buffer, length);
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    p->filled -= used;
    memmove(p->buffer, p->buffer + used, p->filled);
    return line;
}

/* Reads what is there, or comes within `timeout` ms. */
static void fill_buffer(peer *p, int timeout)
{
    apr_size_t size = sizeof p->buffer - p->filled;
    apr_status_t status;

    if (p->from_ended || size == 0)
        return;
    apr_file_pipe_timeout_set(p->from, apr_time_from_msec(timeout));
    status = apr_file_read(p->from, p->buffer + p->filled, &size);
    if (status == APR_SUCCESS)
        p->filled += size;
    else if (!APR_STATUS_IS_TIMEUP(status) && !APR_STATUS_IS_EAGAIN(status) &&
             !APR_STATUS_IS_EINTR(status))
        p->from_ended = true;
}

static char *process_line(peer *p, bool *late)
{
    int64_t until = patience_ends();
    char *line;

    *late = false;
    while ((line = take_line(p)) == NULL && !p->from_ended && !*late) {
        bool gone = p->ended || child_wait(p->process, 0, NULL);
        size_t before = p->filled;

        /* Somebody else may hold the pipe of a dead peer: then its end never shows. */
        fill_buffer(p, gone ? 0 : 200);
        if (gone && p->filled == before)
            p->from_ended = true;
        *late = platform_milliseconds() > until;
    }
    return line;
}

const char *peer_line_at(const char *file, int line, peer *p)
{
    bool late = false;

    free(p->line);
    p->line = NULL;
    if (p->thread != NULL)
        p->line = channel_get(p->self.to_case, 1000 * test_patience(), &late);
    else
        p->line = process_line(p, &late);
    if (late)
        test_fail(true, file, line, "peer %s said nothing for %d s", p->name, test_patience());
    return p->line;
}

void peer_expect_at(const char *file, int line, peer *p, const char *expected)
{
    const char *heard = peer_line_at(file, line, p);

    if (heard == NULL)
        test_fail(true, file, line, "peer %s ended, expected \"%s\"", p->name, expected);
    else if (strcmp(heard, expected) != 0)
        test_fail(true, file, line, "peer %s said \"%s\", expected \"%s\"", p->name, heard,
                  expected);
}

void peer_tell(peer *p, const char *line)
{
    if (p->self.from_case != NULL)
        channel_put(p->self.from_case, line);
    else if (p->to != NULL) /* the peer may be dead: not a failure of the teller */
        apr_file_printf(p->to, "%s\n", line);
}

/* No more lines will come from the case. */
static void hang_up(peer *p)
{
    if (p->self.from_case != NULL)
        channel_close(p->self.from_case);
    else if (p->to != NULL)
        apr_file_close(p->to);
    p->to = NULL;
}

/* ---- Ending */

static int join_thread(peer *p, const char *file, int line)
{
    apr_status_t unused;
    bool late = false;
    char *said;

    /* A thread closes its queue last, and APR cannot join with a time limit. */
    hang_up(p);
    while ((said = channel_get(p->self.to_case, 1000 * test_patience(), &late)) != NULL)
        free(said);
    if (late)
        test_fail(true, file, line, "peer %s does not end", p->name);
    apr_thread_join(&unused, p->thread);
    p->ended = true;
    check_move_failures(p->self.failures);
    return p->self.code;
}

/* False if it is late. */
static bool wait_for_process(peer *p)
{
    int64_t until = patience_ends();

    hang_up(p);
    while (!p->ended && platform_milliseconds() <= until) {
        p->ended = child_wait(p->process, 20, &p->end);
        if (!p->ended && p->filled == sizeof p->buffer)
            p->filled = 0; /* nobody wants to hear it; the pipe must not fill up */
        if (!p->ended)
            fill_buffer(p, 0);
    }
    return p->ended;
}

int peer_finish_at(const char *file, int line, peer *p)
{
    if (p->ended) {
        test_fail(true, file, line, "peer %s was killed or finished before", p->name);
        return -1;
    }
    if (p->thread != NULL)
        return join_thread(p, file, line);
    if (!wait_for_process(p))
        test_fail(true, file, line, "peer %s does not end", p->name);
    else if (p->end.killed)
        test_fail(true, file, line, "peer %s was killed by %d", p->name, p->end.code);
    else if (p->end.code == EXIT_CHECK_FAILED)
        test_fail(false, file, line, "a check failed in peer %s, see above", p->name);
    else if (p->end.code == EXIT_NO_SUCH_PEER)
        test_fail(true, file, line, "peer %s is not known to its program", p->name);
    return p->end.code;
}

bool peer_crashed_at(const char *file, int line, peer *p)
{
    if (p->process == NULL || !wait_for_process(p))
        test_fail(true, file, line, "peer %s does not end", p->name);
    return p->end.killed || p->end.code == PEER_CRASHED;
}

void peer_kill_at(const char *file, int line, peer *p)
{
    if (p->process == NULL) {
        test_fail(true, file, line, "peer %s is a thread and cannot be killed", p->name);
    } else if (!p->ended) {
        child_kill(p->process);
        p->ended = true;
    }
}

void peer_kill_all_at(const char *file, int line, peer **peers, unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++)
        if (peers[i]->process != NULL && !peers[i]->ended)
            child_kill_soon(peers[i]->process);
    for (i = 0; i < n; i++)
        peer_kill_at(file, line, peers[i]);
}

bool peer_stop(peer *p)
{
    return p->process != NULL && child_stop(p->process);
}

bool peer_continue(peer *p)
{
    return p->process != NULL && child_continue(p->process);
}

long peer_pid(const peer *p)
{
    return p->process != NULL ? child_pid(p->process) : platform_pid();
}

void peer_end_all(void)
{
    peer *p;

    for (p = all_peers; p != NULL; p = p->next) {
        if (p->thread != NULL && !p->ended) {
            apr_status_t unused;

            /* The watchdog ends a program whose peer does not end. */
            hang_up(p);
            apr_thread_join(&unused, p->thread);
            check_move_failures(p->self.failures);
        } else if (p->process != NULL && !p->ended) {
            child_kill(p->process);
        }
        free(p->line);
        free(p->self.heard);
    }
    all_peers = NULL;
}
