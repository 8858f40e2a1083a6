/* byname holders and byname who: from an object to processes, and from a process to objects. */
#include "output.h"
#include "people.h"
#include "tool.h"

#include <stdio.h>

typedef struct settings {
    bool as_json;
} settings;

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    (void)argument;
    s->as_json = s->as_json || letter == 'j';
    return true;
}

/* What there is of one object or process; nobody is no failure. */
static int tell(const settings *s, const apr_array_header_t *people, bool of_process,
                apr_pool_t *pool)
{
    json j = {stdout, 0, true};

    if (s->as_json)
        people_json(&j, NULL, people);
    else if (of_process)
        people_print_objects(people, pool);
    else
        people_print_processes(people, pool);
    return EXIT_GOOD;
}

static int failed(const command_line *line)
{
    complain("byname %s: %s\n", line->verb->name, byn_last_error());
    return EXIT_BAD;
}

static int holders(command_line *line)
{
    settings s = {false};
    apr_array_header_t *people;
    const char *name;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    name = command_line_name(line);
    if (name == NULL)
        return line->result;
    people = people_collect(name, line->pool);
    return people == NULL ? failed(line) : tell(&s, people, false, line->pool);
}

static int who(command_line *line)
{
    settings s = {false};
    apr_array_header_t *all, *mine;
    byn_pid_info info = {.struct_size = sizeof info};
    const char *const *words;
    const char *word;
    int count, pid, i;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    words = command_line_words(line, &count);
    if (count != 1)
        return command_line_wrong(line, count == 0 ? "which process? Its number is missing"
                                                   : "one process at a time");
    word = words[0];
    if (!parse_number(word, 1, 0x7fffffff, &pid))
        return command_line_wrong(line, "\"%s\" is no number of a process", word);
    all = people_collect(NULL, line->pool);
    if (all == NULL)
        return failed(line);
    mine = apr_array_make(line->pool, 8, sizeof(byn_party));
    for (i = 0; i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, byn_party).pid == (uint32_t)pid)
            APR_ARRAY_PUSH(mine, byn_party) = APR_ARRAY_IDX(all, i, byn_party);
    }
    if (mine->nelts == 0 && byn_pid_describe((uint32_t)pid, &info) < 0)
        return failed(line);
    return tell(&s, mine, true, line->pool);
}

static const apr_getopt_option_t options[] = {{"json", 'j', 0, "as JSON"}, OPTION_HELP, OPTION_END};

const verb verb_holders = {
    .name = "holders",
    .line = "tell who holds an object and who waits for it",
    .arguments = "[OPTION...] NAME",
    .text =
        "SINCE is how long somebody waits. Of a holder it is a lower bound: since somebody first\n"
        "had to wait for it; nothing is there if nobody has.\n"
        "Nobody is an empty answer, and exit code 0.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = holders,
};

const verb verb_who = {
    .name = "who",
    .line = "tell what a process holds and waits for",
    .arguments = "[OPTION...] PID",
    .text = "Exit code 1 if there is no such process.\n",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = who,
};
