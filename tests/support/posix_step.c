/*
 * Linux: a victim is stepped by ptrace. It stops itself (SIGSTOP) before and after the operation,
 * so that nothing else is counted but the way out of the first and into the second of these calls.
 */
#include "posix_break.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

enum { TICK = 5 }; /* ms, between two looks at a victim that does not stop */

static step_path the_path; /* of the operation that is being swept */
static bool by_steps;      /* the whole way: an earlier kill has left another way to go */

/* ---- The victim */

static void stop_here(void)
{
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
}

int step_victim_main(const step_operation *operation, const char *k, const char *arg)
{
    void *prepared;

    (void)k;
    platform_die_with_parent();
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        return EXIT_NO_STEPS;
    prepared = operation->prepare != NULL ? operation->prepare(arg) : (void *)(uintptr_t)arg;
    stop_here();
    operation->operate(prepared);
    stop_here();
    return check_process_failed() ? EXIT_CHECK_FAILED : 0;
}

/* ---- The tracer */

const char *step_unsupported(bool switching)
{
    (void)switching;
    return test_sanitized() ? "stepping a program with a sanitizer would step the sanitizer" : NULL;
}

static void on_alarm(int signal_number)
{
    (void)signal_number; /* its purpose is that waitpid returns */
}

static void set_timer(int milliseconds)
{
    struct itimerval timer = {{0, 1000 * milliseconds}, {0, 1000 * milliseconds}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static cpu_set_t usual_processors;

/* Tracer and victim run in turns: on one processor that is faster by a third. */
static void pin_to_one_processor(void)
{
    cpu_set_t one;
    int here = sched_getcpu();

    sched_getaffinity(0, sizeof usual_processors, &usual_processors);
    if (here < 0 || here >= CPU_SETSIZE)
        return;
    CPU_ZERO(&one);
    CPU_SET((size_t)here, &one);
    sched_setaffinity(0, sizeof one, &one);
}

/*
 * Only while a victim is stepped: the case's own calls must not be interrupted, nor kept on a
 * processor.
 */
static void stepping_on(void)
{
    struct sigaction action;
    sigset_t alarm_only;

    pin_to_one_processor();
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
    set_timer(TICK);
}

static void stepping_off(void)
{
    sigset_t alarm_only;

    sched_setaffinity(0, sizeof usual_processors, &usual_processors);
    set_timer(0);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
}

/* What /proc tells of a process in one line; "" if it does not. */
static void read_line_of(pid_t pid, const char *what, char *line, size_t size)
{
    char path[64];
    ssize_t got;
    int file;

    apr_snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, what);
    line[0] = '\0';
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    got = read(file, line, size - 1);
    line[got > 0 ? got : 0] = '\0';
    close(file);
}

/* In a call that somebody has to end; not while a page comes back from a disk. */
static bool sleeps_in_kernel(pid_t pid, char *call, size_t size)
{
    char line[512];
    const char *state;

    read_line_of(pid, "stat", line, sizeof line);
    state = strrchr(line, ')');
    if (state == NULL || strncmp(state, ") S", 3) != 0)
        return false;
    /* The number of the call; "running", or -1 for a fault or a stop. */
    read_line_of(pid, "syscall", call, size);
    return call[0] >= '0' && call[0] <= '9';
}

static void report_block(step_run *run, const char *call)
{
    run->blocked = true;
    if (run->during != NULL)
        printf("     %s: asleep after %ld instructions, in call %s", run->operation->name, run->k,
               call);
    if (run->operation->on_block == NULL)
        return;
    stepping_off();
    runner_guarded(run->operation->on_block, run->context, run->k);
    stepping_on();
}

/*
 * Waits until the victim stops or ends; false when it hangs. Its waits are added up, because one that
 * looks again at every heartbeat and never goes on hangs as well.
 */
static bool wait_for_stop(step_run *run, pid_t pid, int *status)
{
    char call[256] = "";
    int sleeping_ticks = 0;

    for (;;) {
        pid_t got = waitpid(pid, status, __WALL);

        if (got == pid)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        run->waited += TICK;
        sleeping_ticks = sleeps_in_kernel(pid, call, sizeof call) ? sleeping_ticks + 1 : 0;
        /* Where nobody is killed to sleep is a failure, and must not be one of a busy system. */
        if (sleeping_ticks == (run->during != NULL ? 10 : 2) && !run->blocked)
            report_block(run, call);
        if (run->waited > 1000L * test_patience())
            return false;
    }
}

static void kill_and_reap(pid_t pid)
{
    int status;
    pid_t got;

    kill(pid, SIGKILL);
    do
        got = waitpid(pid, &status, __WALL);
    while ((got < 0 && errno == EINTR) || (got == pid && WIFSTOPPED(status)));
}

static bool ended(int status)
{
    return WIFEXITED(status) || WIFSIGNALED(status);
}

static step_result explain_end(step_run *run, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_STEPS) {
        apr_snprintf(run->error, sizeof run->error, "this system does not permit ptrace");
        return STEP_NOT_ALLOWED;
    }
    if (WIFSIGNALED(status))
        apr_snprintf(run->error, sizeof run->error, "the victim was killed by signal %d",
                     WTERMSIG(status));
    else
        apr_snprintf(run->error, sizeof run->error, "the victim ended with %d%s",
                     WEXITSTATUS(status),
                     WEXITSTATUS(status) == EXIT_CHECK_FAILED ? ", a failed check, see above" : "");
    return STEP_FAILED;
}

/* Lets the victim go on: to the end of the operation, or behind it to its own end. */
static step_result go_on(step_run *run, pid_t pid, bool to_exit)
{
    long pass = 0;
    int status;

    for (;;) {
        if (ptrace(PTRACE_CONT, pid, NULL, (void *)pass) != 0 ||
            !wait_for_stop(run, pid, &status)) {
            kill_and_reap(pid);
            return STEP_HUNG;
        }
        if (ended(status)) {
            if (to_exit && WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return STEP_FINISHED;
            return explain_end(run, status);
        }
        if (WSTOPSIG(status) == SIGSTOP && !to_exit)
            return STEP_FINISHED;
        pass = WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
    }
}

static step_result finish(step_run *run, pid_t pid)
{
    return go_on(run, pid, true);
}

static step_result switch_and_finish(step_run *run, pid_t pid)
{
    step_result result;

    stepping_off();
    runner_guarded(run->during, run->context, run->k);
    stepping_on();
    result = go_on(run, pid, false);
    if (result == STEP_FINISHED)
        result = finish(run, pid);
    return result == STEP_FINISHED ? STEP_KILLED : result;
}

/* The victim has called the kernel's code: all of that is one instruction more. */
static step_result run_back_to(step_run *run, pid_t pid, uintptr_t back)
{
    long saved, pass = 0;
    int status;

    if (!break_set(pid, back, &saved)) {
        apr_snprintf(run->error, sizeof run->error, "no breakpoint behind the kernel's code");
        kill_and_reap(pid);
        return STEP_FAILED;
    }
    do {
        if (ptrace(PTRACE_CONT, pid, NULL, (void *)pass) != 0 ||
            !wait_for_stop(run, pid, &status)) {
            kill_and_reap(pid);
            return STEP_HUNG;
        }
        if (ended(status))
            return explain_end(run, status);
        pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    } while (!break_hit(pid, back));
    (void)break_remove(pid, back, saved);
    return STEP_KILLED;
}

/* One instruction; STEP_KILLED: made, and *pass is the signal that the next step shall deliver. */
static step_result step_once(step_run *run, pid_t pid, long *pass)
{
    uintptr_t back;
    int status;

    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)*pass) != 0) {
        int error = errno;

        apr_snprintf(run->error, sizeof run->error, "PTRACE_SINGLESTEP: %s", strerror(error));
        kill_and_reap(pid);
        return error == EIO ? STEP_NOT_ALLOWED : STEP_FAILED;
    }
    if (!wait_for_stop(run, pid, &status)) {
        kill_and_reap(pid);
        return STEP_HUNG;
    }
    if (ended(status))
        return explain_end(run, status);
    if (WSTOPSIG(status) == SIGSTOP)
        return STEP_FINISHED;
    *pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    back = break_return_from_kernel_code(pid);
    return back != 0 ? run_back_to(run, pid, back) : STEP_KILLED;
}

/* Over the instruction under a breakpoint, which stays set. */
static step_result step_over(step_run *run, pid_t pid, uintptr_t position, long saved)
{
    long pass = 0;
    step_result result = STEP_FAILED;

    if (break_remove(pid, position, saved))
        result = step_once(run, pid, &pass);
    if (result == STEP_KILLED && !break_set(pid, position, &saved)) {
        apr_snprintf(run->error, sizeof run->error, "a breakpoint cannot be set again");
        kill_and_reap(pid);
        result = STEP_FAILED;
    }
    return result;
}

/*
 * Runs to where the victim will be after `count` instructions; the breakpoint is set. STEP_KILLED: it is
 * there; STEP_FINISHED: that is the end of the operation; STEP_STRAYED: it has come to the end by another
 * way.
 */
static step_result run_to(step_run *run, pid_t pid, const step_path *path, long count, long saved)
{
    uintptr_t position = path->at[count];
    long passes = break_passes(path, count), pass = 0;
    step_result result = STEP_KILLED;
    int status;

    if (position == path->at[0])
        passes--; /* it stands there */
    if (position == path->at[0] && passes > 0)
        result = step_over(run, pid, position, saved);
    while (result == STEP_KILLED && passes > 0) {
        if (ptrace(PTRACE_CONT, pid, NULL, (void *)pass) != 0 ||
            !wait_for_stop(run, pid, &status)) {
            kill_and_reap(pid);
            return STEP_HUNG;
        }
        if (ended(status))
            return explain_end(run, status);
        pass = 0;
        if (WSTOPSIG(status) == SIGSTOP) /* it comes before the instruction at the breakpoint */
            result = passes == 1 && break_position(pid) == position ? STEP_FINISHED : STEP_STRAYED;
        else if (WSTOPSIG(status) != SIGTRAP)
            pass = WSTOPSIG(status);
        else if (break_hit(pid, position) && --passes > 0)
            result = step_over(run, pid, position, saved);
    }
    (void)break_remove(pid, position, saved);
    return result;
}

/* All k instructions; those on the known way in one run. */
static step_result step(step_run *run, pid_t pid)
{
    step_path *path = &the_path;
    long pass = 0, i = 0, known, saved;
    step_result result = STEP_KILLED;

    if (path->known > 0 && path->at[0] != break_position(pid))
        path->known = 0;
    break_remember(path, 0, break_position(pid));
    known = path->known < run->k ? path->known - 1 : run->k - 1;
    if (!by_steps && known > 0 && break_set(pid, path->at[known], &saved)) {
        run->instructions = known;
        result = run_to(run, pid, path, known, saved);
        if (result == STEP_STRAYED) {
            result = finish(run, pid);
            return result == STEP_FINISHED ? STEP_STRAYED : result;
        }
        i = known;
    }
    for (; result == STEP_KILLED && i < run->k; i++) {
        result = step_once(run, pid, &pass);
        if (result == STEP_KILLED)
            break_remember(path, i + 1, break_position(pid));
        else
            run->instructions = i;
    }
    if (result == STEP_FINISHED)
        return finish(run, pid);
    if (result != STEP_KILLED)
        return result;
    if (run->during != NULL)
        return switch_and_finish(run, pid);
    kill_and_reap(pid);
    return STEP_KILLED;
}

/* Waits until the victim has prepared itself; signals on the way there are passed on. */
static bool wait_for_start(step_run *run, pid_t pid, int *status)
{
    bool waiting = wait_for_stop(run, pid, status);

    while (waiting && !ended(*status) && WSTOPSIG(*status) != SIGSTOP) {
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(*status));
        waiting = wait_for_stop(run, pid, status);
    }
    return waiting;
}

static step_result start_and_step(step_run *run, apr_pool_t *pool)
{
    const char *arguments[6] = {NULL};
    /* Or the first call of each function would be thousands of instructions in the linker. */
    const char *const environment[] = {"LD_BIND_NOW=1", NULL};
    const char *error = NULL;
    child *victim;
    pid_t pid;
    int status, usual;

    arguments[0] = platform_executable();
    arguments[1] = "--step";
    arguments[2] = run->operation->name;
    arguments[3] = "0";
    arguments[4] = run->arg != NULL ? run->arg : "";
    usual = personality(0xffffffff);
    (void)personality((unsigned long)usual |
                      ADDR_NO_RANDOMIZE); /* where one was, the next will be */
    victim = child_start(arguments, environment, NULL, NULL, NULL, pool, &error);
    (void)personality((unsigned long)usual);
    if (victim == NULL) {
        apr_snprintf(run->error, sizeof run->error, "no victim: %s", error);
        return STEP_FAILED;
    }
    pid = (pid_t)child_pid(victim);
    run->waited = 0;
    run->blocked = true; /* what sleeps in `prepare` does not count */
    if (!wait_for_start(run, pid, &status)) {
        kill_and_reap(pid);
        run->blocked = false;
        return STEP_HUNG;
    }
    run->blocked = false;
    if (ended(status))
        return explain_end(run, status);
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)PTRACE_O_EXITKILL);
    return step(run, pid);
}

step_result step_victim(step_run *run)
{
    apr_pool_t *pool;
    step_result result;

    apr_pool_create(&pool, runner_case_pool());
    if (run->k == 1) { /* another operation */
        the_path.known = 0;
        by_steps = false;
    }
    stepping_on();
    result = start_and_step(run, pool);
    by_steps = result == STEP_STRAYED; /* the next one is counted out */
    stepping_off();
    apr_pool_destroy(pool);
    return result;
}
