#include "nouns.h"

#include "output.h"
#include "system.h"

#include <string.h>

const held_kind held_open = {NULL, NULL, NULL, NULL, NULL};

const apr_getopt_option_t name_only_options[] = {OPTION_HELP, OPTION_END};

const apr_getopt_option_t name_and_json_options[] = {OPTION_JSON, OPTION_HELP, OPTION_END};

bool no_option(void *context, int letter, const char *argument)
{
    (void)context;
    (void)letter;
    (void)argument;
    return true;
}

const char *name_only(command_line *line)
{
    return command_line_options(line, no_option, NULL) ? command_line_name(line) : NULL;
}

static bool json_option(void *context, int letter, const char *argument)
{
    (void)argument;
    *(bool *)context = letter == 'j';
    return true;
}

const char *name_and_json(command_line *line, bool *as_json)
{
    *as_json = false;
    return command_line_options(line, json_option, as_json) ? command_line_name(line) : NULL;
}

const char *quoted(const command_line *line, const char *name)
{
    return format_text(line->pool, "\"%s\"", name);
}

uint32_t rights_for(const char *name)
{
    static const char machine[] = "machine:";
    bool shared = name != NULL && strncmp(name, machine, sizeof machine - 1) == 0;

    return shared ? system_rights() : 0;
}

int open_failed(const command_line *line, const char *name, byn_status status, const char *remedy)
{
    if (status != BYN_E_NOTFOUND || remedy == NULL)
        return call_failed(line);
    complain("byname %s: nobody has \"%s\" open; %s\n", line->verb->name, name, remedy);
    return command_line_failure(line);
}

int call_failed(const command_line *line)
{
    complain("byname %s: %s\n", line->verb->name, byn_last_error());
    return command_line_failure(line);
}
