#include <byname/process.h>

#include <stdlib.h>
#include <string.h>

#include "waitable.h"

struct byn_process {
    byni_handle handle;
    bynk_process *native;
    char program[]; /* argv[0], for messages */
};

/* ---- Among others, see wait.c -------------------------------------------------------------------- */

static void describe(void *handle, bynk_waitable *what)
{
    bynk_process_describe(((byn_process *)handle)->native, what);
}

static byn_status take(void *handle)
{
    byn_exit ignored;

    return bynk_process_wait(((byn_process *)handle)->native, BYNK_NOW, &ignored);
}

static void put_back(void *handle, byn_status how)
{
    (void)handle;
    (void)how;
}

static const byni_waitable waitable = {describe, take, put_back, NULL, NULL, NULL};

/* No object with a name: the handle alone is alike. */
static const byni_kind kind = {.waitable = &waitable};

/* ---- Start --------------------------------------------------------------------------------------- */

static const char start_name[] = "byn_process_start";

static bool is_stdio(byn_stdio stream)
{
    return stream == BYN_STDIO_INHERIT || stream == BYN_STDIO_NULL;
}

/* NULL, or what is wrong. */
static const char *wrong_option(const byn_process_options *options)
{
    const char *const *entry = options->environment;

    if (options->directory != NULL && options->directory[0] == '\0')
        return "the directory is empty";
    for (; entry != NULL && *entry != NULL; entry++)
        if (**entry == '\0' || **entry == '=')
            return "a variable of the environment has no name";
    if (!is_stdio(options->standard_input) || !is_stdio(options->standard_output) ||
        !is_stdio(options->standard_error))
        return "a standard stream leads to what is no byn_stdio";
    return NULL;
}

static byn_process *allocate(const char *program)
{
    size_t size = strlen(program) + 1;
    byn_process *process = malloc(sizeof *process + size);

    if (process == NULL)
        return NULL;
    memcpy(process->program, program, size);
    return process;
}

static byn_status start(byn_process **process, const char *const *argv,
                        const byn_process_options *options)
{
    byn_process *made;
    byn_status status = bynk_begin();

    if (status < 0)
        return status;
    made = allocate(argv[0]);
    if (made == NULL)
        return byni_fail(BYN_E_NOMEM, "no memory for the handle");
    status = bynk_process_start(&made->native, argv, options);
    if (status < 0) {
        free(made);
        return status;
    }
    made->handle.token = bynk_token();
    made->handle.kind = &kind;
    made->handle.name = NULL;
    *process = made;
    return BYN_OK;
}

byn_status byn_process_start(byn_process **process, const char *const *argv,
                             const byn_process_options *options)
{
    byn_process_options chosen;
    const char *wrong;
    byn_status status;

    if (process == NULL)
        return byni_invalid(start_name, "the place for the handle is NULL");
    if (argv == NULL || argv[0] == NULL || argv[0][0] == '\0')
        return byni_invalid(start_name, "argv names no program");
    if (!byni_options_copy(&chosen, sizeof chosen, options))
        return byni_failed(BYN_E_INVALID, start_name, argv[0]);
    wrong = wrong_option(&chosen);
    if (wrong != NULL)
        return byni_invalid(start_name, wrong);
    status = start(process, argv, &chosen);
    return status < 0 ? byni_failed(status, start_name, argv[0]) : status;
}

/* ---- The handle ---------------------------------------------------------------------------------- */

static bool usable(const byn_process *process)
{
    return process != NULL && process->handle.token == bynk_token();
}

static byn_status unusable(const byn_process *process, const char *operation)
{
    return byni_invalid(operation, process == NULL ? "the handle is NULL"
                                                   : "the handle was inherited by fork()");
}

void byn_process_close(byn_process *process)
{
    if (process == NULL)
        return;
    bynk_process_close(process->native);
    free(process);
}

uint32_t byn_process_pid(const byn_process *process)
{
    return process != NULL ? bynk_process_pid(process->native) : 0;
}

bool byn_process_is_alive(byn_process *process)
{
    byn_exit ignored;

    return usable(process) &&
           bynk_process_wait(process->native, BYNK_NOW, &ignored) == BYN_E_TIMEDOUT;
}

byn_status byn_process_wait(byn_process *process, byn_timeout timeout, byn_exit *exit)
{
    static const char name[] = "byn_process_wait";
    byn_exit end;
    byn_status status;

    if (!usable(process))
        return unusable(process, name);
    if (!byni_timeout_valid(timeout))
        return byni_invalid(name, "the timeout is negative");
    status = bynk_process_wait(process->native, byni_deadline(timeout), &end);
    if (status == BYN_E_TIMEDOUT)
        return byni_failed_plainly(status, name, process->program);
    if (status < 0)
        return byni_failed(status, name, process->program);
    if (exit != NULL)
        *exit = end;
    return status;
}

/* ---- End ----------------------------------------------------------------------------------------- */

static byn_status end(byn_process *process, const char *operation,
                      byn_status (*function)(bynk_process *process))
{
    byn_status status;

    if (!usable(process))
        return unusable(process, operation);
    status = function(process->native);
    return status < 0 ? byni_failed(status, operation, process->program) : status;
}

byn_status byn_process_terminate(byn_process *process)
{
    return end(process, "byn_process_terminate", bynk_process_terminate);
}

byn_status byn_process_kill(byn_process *process)
{
    return end(process, "byn_process_kill", bynk_process_kill);
}

byn_status byn_process_kill_tree(byn_process *process)
{
    return end(process, "byn_process_kill_tree", bynk_process_kill_tree);
}

/* ---- The machine --------------------------------------------------------------------------------- */

uint32_t byn_processors(void)
{
    return bynk_processors();
}
