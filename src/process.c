#include "process_state.h"

#include <stdlib.h>
#include <string.h>

#include "waitable.h"

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

/* NULL, or what is wrong. */
static const char *wrong_option(const byn_process_options *options)
{
    const char *const *entry = options->environment;

    if (options->directory != NULL && options->directory[0] == '\0')
        return "the directory is empty";
    for (; entry != NULL && *entry != NULL; entry++)
        if (**entry == '\0' || **entry == '=')
            return "a variable of the environment has no name";
    return byni_process_wrong_stream(options);
}

static byn_process *allocate(const char *program, const char *name)
{
    const char *text = name != NULL ? name : program;
    size_t size = strlen(text) + 1;
    byn_process *process = calloc(1, sizeof *process + size);

    if (process == NULL)
        return NULL;
    memcpy(process->text, text, size);
    process->called = process->text;
    process->name = name != NULL ? process->text : byni_process_file_name(process->text);
    return process;
}

static byn_status start(byn_process **process, const char *const *argv,
                        const byn_process_options *options)
{
    byn_process *made;
    byn_status status = bynk_begin();

    if (status >= 0 && options->name != NULL)
        status = byni_name_check(options->name);
    if (status < 0)
        return status;
    made = allocate(argv[0], options->name);
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
    byni_process_streams_begin(made, options);
    byni_process_enlist(made);
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
        return byni_null_handle(start_name);
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

byn_status byni_process_unusable(const byn_process *process, const char *operation)
{
    return process == NULL ? byni_null_handle(operation)
                           : byni_invalid(operation, "the handle was inherited by fork()");
}

byn_status byni_process_failed(const byn_process *process, byn_status status, const char *operation)
{
    switch (status) {
    case BYN_E_TIMEDOUT:
    case BYN_E_CANCELED:
    case BYN_E_CLOSED:
        return byni_failed_plainly(status, operation, process->called);
    default:
        return byni_failed(status, operation, process->called);
    }
}

void byn_process_close(byn_process *process)
{
    if (process == NULL)
        return;
    byni_process_delist(process);
    bynk_process_close(process->native);
    byni_process_streams_end(process);
    free(process);
}

uint32_t byn_process_pid(const byn_process *process)
{
    return process != NULL ? bynk_process_pid(process->native) : 0;
}

bool byn_process_is_alive(byn_process *process)
{
    byn_exit ignored;

    return byni_process_usable(process) &&
           bynk_process_wait(process->native, BYNK_NOW, &ignored) == BYN_E_TIMEDOUT;
}

byn_status byn_process_wait(byn_process *process, byn_timeout timeout, byn_exit *exit)
{
    static const char name[] = "byn_process_wait";
    byn_exit end;
    byn_status status;

    if (!byni_process_usable(process))
        return byni_process_unusable(process, name);
    if (!byni_timeout_valid(timeout))
        return byni_wrong_timeout(name);
    status = bynk_process_wait(process->native, byni_deadline(timeout), &end);
    if (status < 0)
        return byni_process_failed(process, status, name);
    if (exit != NULL)
        *exit = end;
    return status;
}

/* ---- End ----------------------------------------------------------------------------------------- */

static byn_status end(byn_process *process, const char *operation,
                      byn_status (*function)(bynk_process *process))
{
    byn_status status;

    if (!byni_process_usable(process))
        return byni_process_unusable(process, operation);
    status = function(process->native);
    return status < 0 ? byni_process_failed(process, status, operation) : status;
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
