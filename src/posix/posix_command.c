#include "posix_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin" /* where there is no PATH */

extern char **environ;

static byn_status no_memory(void)
{
    return byni_fail(BYN_E_NOMEM, "no memory for the program's path and environment");
}

/* ---- Environment --------------------------------------------------------------------------------- */

/* Whether two entries, "NAME=value" or "NAME", are of the same variable. */
static bool same_variable(const char *one, const char *other)
{
    size_t length = strcspn(one, "=");

    return length == strcspn(other, "=") && memcmp(one, other, length) == 0;
}

static bool has_variable(const char *const *list, const char *entry)
{
    for (; *list != NULL; list++)
        if (same_variable(*list, entry))
            return true;
    return false;
}

static const char *variable(const char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (same_variable(*list, name))
            return strchr(*list, '=') + 1;
    return NULL;
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list[count] != NULL)
        count++;
    return count;
}

/* The marks that this process was given, as many as leave room for one more; "" if none. */
static const char *outer_marks(void)
{
    const size_t most = (BYNP_MARKS_MOST - 1) * BYNP_MARK_SIZE - 1;
    const char *marks = getenv(BYNP_TREE_VARIABLE);
    size_t length = marks != NULL ? strlen(marks) : 0;

    if (length == 0)
        return "";
    if (length <= most)
        return marks;
    marks = strchr(marks + (length - most - 1), ':');
    return marks != NULL ? marks + 1 : "";
}

static byn_status make_marks(bynp_command *command)
{
    const char *outer = outer_marks();
    size_t size = sizeof BYNP_TREE_VARIABLE "=:" + strlen(outer) + BYNP_MARK_SIZE;
    byn_status status;
    uint64_t mark;
    char *marks;

    status = bynk_random(&mark, sizeof mark);
    if (status < 0)
        return status;
    (void)snprintf(command->mark, sizeof command->mark, "%016" PRIx64, mark);
    marks = malloc(size);
    if (marks == NULL)
        return no_memory();
    (void)snprintf(marks, size, "%s=%s%s%s", BYNP_TREE_VARIABLE, outer, outer[0] != '\0' ? ":" : "",
                   command->mark);
    command->marks = marks;
    return BYN_OK;
}

static byn_status make_name(bynp_command *command, const char *name)
{
    static const char begin[] = BYNP_NAME_VARIABLE "=";
    size_t size;

    if (name == NULL)
        return BYN_OK;
    size = sizeof begin + BYNP_PID_DIGITS + 1 + strlen(name);
    command->name = malloc(size);
    if (command->name == NULL)
        return no_memory();
    (void)snprintf(command->name, size, "%s%0*d;%s", begin, (int)BYNP_PID_DIGITS, 0, name);
    command->pid = command->name + sizeof begin - 1;
    return BYN_OK;
}

static bool is_ours(const char *entry)
{
    return same_variable(entry, BYNP_TREE_VARIABLE) || same_variable(entry, BYNP_NAME_VARIABLE);
}

/* Append what is not said again in `later`. Entries without a value remove, and are not kept. */
static const char **append(const char **end, const char *const *list, const char *const *later)
{
    for (; *list != NULL; list++) {
        const char *const *rest = later != NULL ? later : list + 1;

        if (strchr(*list, '=') == NULL || is_ours(*list))
            continue;
        if (!has_variable(rest, *list))
            *end++ = *list;
    }
    return end;
}

/* The marks and the name, then what of ours is not changed, then the changes; the last of equal names holds. */
static byn_status make_environment(bynp_command *command, const byn_process_options *options)
{
    static const char *const nothing[] = {NULL};
    const char *const *own = (const char *const *)environ;
    const char *const *changes = options->environment != NULL ? options->environment : nothing;
    const char **end;

    if (options->clear_environment || own == NULL)
        own = nothing;
    command->environment = calloc(count_of(own) + count_of(changes) + 3, sizeof *end);
    if (command->environment == NULL)
        return no_memory();
    end = command->environment;
    *end++ = command->marks;
    if (command->name != NULL)
        *end++ = command->name;
    end = append(end, own, changes);
    end = append(end, changes, NULL);
    *end = NULL;
    return BYN_OK;
}

/* ---- The program's path -------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* "<directory>/<program>"; an empty directory is the current one. */
static char *joined(const char *directory, size_t length, const char *program)
{
    size_t size = length + strlen(program) + 3;
    char *path = malloc(size);

    if (path != NULL)
        (void)snprintf(path, size, "%.*s/%s", length > 0 ? (int)length : 1,
                       length > 0 ? directory : ".", program);
    return path;
}

/* As a shell does: the first that may be executed. */
static byn_status search(bynp_command *command, const char *program)
{
    const char *path = variable(command->environment + 1, "PATH"), *next;
    char *forbidden = NULL;
    byn_status status;

    if (path == NULL)
        path = USUAL_PATH;
    for (next = path; next != NULL;
         next = strchr(next, ':') != NULL ? strchr(next, ':') + 1 : NULL) {
        char *candidate = joined(next, strcspn(next, ":"), program);

        if (candidate == NULL)
            break;
        if (is_file(candidate) && faccessat(AT_FDCWD, candidate, X_OK, AT_EACCESS) == 0) {
            free(forbidden);
            command->path = candidate;
            return BYN_OK;
        }
        if (forbidden == NULL && is_file(candidate))
            forbidden = candidate;
        else
            free(candidate);
    }
    if (next != NULL)
        status = no_memory();
    else if (forbidden != NULL)
        status = byni_fail(BYN_E_ACCESS, "\"%s\" may not be executed", forbidden);
    else
        status = byni_fail(BYN_E_NOTFOUND, "there is no program \"%s\" in PATH, which is \"%s\"",
                           program, path);
    free(forbidden);
    return status;
}

static byn_status make_path(bynp_command *command, const char *program)
{
    if (strchr(program, '/') == NULL)
        return search(command, program);
    command->path = strdup(program);
    return command->path != NULL ? BYN_OK : no_memory();
}

/* For a child that runs in another directory. */
static byn_status make_absolute(bynp_command *command)
{
    char *here, *path;

    if (command->path[0] == '/')
        return BYN_OK;
    here = getcwd(NULL, 0); /* allocates, with glibc, musl and the BSDs */
    if (here == NULL)
        return bynp_fail(errno, "cannot tell the current directory");
    path = joined(here, strlen(here), command->path);
    free(here);
    if (path == NULL)
        return no_memory();
    free(command->path);
    command->path = path;
    return BYN_OK;
}

byn_status bynp_command_make(bynp_command *command, const char *program,
                             const byn_process_options *options)
{
    byn_status status;

    memset(command, 0, sizeof *command);
    status = make_marks(command);
    if (status >= 0)
        status = make_name(command, options->name);
    if (status >= 0)
        status = make_environment(command, options);
    if (status >= 0)
        status = make_path(command, program);
    if (status >= 0 && options->directory != NULL)
        status = make_absolute(command);
    if (status < 0)
        bynp_command_free(command);
    return status;
}

void bynp_command_free(bynp_command *command)
{
    free(command->path);
    free(command->environment);
    free(command->marks);
    free(command->name);
}

/* ---- The name of this process -------------------------------------------------------------------- */

bool bynk_process_self_name(char name[BYN_NAME_MAX + 1])
{
    const char *text = getenv(BYNP_NAME_VARIABLE);
    bool own = false;
    char *end;

    if (text == NULL)
        return false;
    if (strtoul(text, &end, 10) == (unsigned long)getpid() && *end == ';')
        own = snprintf(name, BYN_NAME_MAX + 1, "%s", end + 1) <= BYN_NAME_MAX;
    (void)unsetenv(BYNP_NAME_VARIABLE);
    return own;
}

byn_status bynk_program_find(const char *name, char **path)
{
    static const byn_process_options options = {.struct_size = sizeof options};
    bynp_command command;
    byn_status status = bynp_command_make(&command, name, &options);

    if (status < 0)
        return status;
    status = make_absolute(&command);
    if (status >= 0 && !is_file(command.path))
        status = byni_fail(BYN_E_NOTFOUND, "there is no program \"%s\"", command.path);
    else if (status >= 0 && faccessat(AT_FDCWD, command.path, X_OK, AT_EACCESS) != 0)
        status = byni_fail(BYN_E_ACCESS, "\"%s\" may not be executed", command.path);
    if (status >= 0) {
        *path = command.path;
        command.path = NULL;
    }
    bynp_command_free(&command);
    return status;
}
