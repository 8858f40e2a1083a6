/* byname map: the command line, and what is done in which order. */
#include "map.h"

#include "nouns.h"
#include "output.h"
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { BEAT_US = 100000, GRACE_BEATS = 50, RETRIES_MOST = 1000000 };

/* Static, for the reader's thread may outlive run(). */
static map_state state;

/* ---- Signals */

/* How often; and which was the first. */
static volatile sig_atomic_t asked_to_end, asked_by;

static void on_signal(int number)
{
    if (asked_to_end == 0)
        asked_by = number;
    if (asked_to_end < 2)
        asked_to_end++;
    signal(number, on_signal);
}

/* What was ignored stays so. */
static void handle_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (signal(numbers[i], on_signal) == SIG_IGN)
            signal(numbers[i], SIG_IGN);
}

/* Asked once: nothing more begins, and what runs is asked to end. */
static void obey_signals(map_state *map)
{
    if (asked_to_end == 0 || map->stop == MAP_INTERRUPTED)
        return;
    map->stop = MAP_INTERRUPTED;
    map_jobs_cancel(map);
    map_jobs_unleash(map);
}

/* Asked twice, or if what runs does not end: it is killed. */
static void hasten(map_state *map)
{
    static int beats;

    if (map->stop != MAP_INTERRUPTED && map->stop != MAP_CANNOT)
        return;
    if (asked_to_end > 1 || ++beats > GRACE_BEATS)
        map_jobs_kill(map);
}

/* ---- The loop */

void map_cannot(map_state *map, int exit_code)
{
    if (map->stop == MAP_CANNOT || map->stop == MAP_INTERRUPTED)
        return;
    map->stop = MAP_CANNOT;
    map->result = exit_code;
    map_jobs_cancel(map);
    map_jobs_unleash(map);
}

/* Until something has ended, or there is a line that can be submitted, or a beat has passed. */
static void wait_for_news(map_state *map)
{
    bool failed;

    apr_thread_mutex_lock(map->mutex);
    if (map->ended.first == NULL && !(map_jobs_has_room(map) && map_input_has_one(map)) &&
        !(map->count == 0 && map_input_is_over(map, &failed)))
        (void)apr_thread_cond_timedwait(map->changed, map->mutex, BEAT_US);
    apr_thread_mutex_unlock(map->mutex);
}

static bool is_over(map_state *map)
{
    bool over, failed;

    if (map->count > 0)
        return false;
    if (map->stop != MAP_GOES_ON)
        return true;
    apr_thread_mutex_lock(map->mutex);
    over = map_input_is_over(map, &failed);
    apr_thread_mutex_unlock(map->mutex);
    if (over && map->again.first == NULL && failed)
        map_cannot(map, EXIT_RUN_FAILED);
    return over && map->again.first == NULL;
}

static void run_all(map_state *map)
{
    while (!is_over(map)) {
        map_jobs_submit(map);
        wait_for_news(map);
        map_jobs_take(map);
        obey_signals(map);
        hasten(map);
        map_progress_draw(map);
    }
}

static int exit_code(const map_state *map)
{
    enum { SIGNALED = 128 };

    switch (map->stop) {
    case MAP_CANNOT:
        return map->result;
    case MAP_INTERRUPTED:
        fputs("byname map: interrupted; what ran was ended, the rest was not run\n", stderr);
        return SIGNALED + asked_by;
    case MAP_HALTED:
        fputs("byname map: stopped after the first failure; the rest was not run\n", stderr);
        return EXIT_SOME_FAILED;
    default:
        return map->counts.failed > 0 ? EXIT_SOME_FAILED : EXIT_GOOD;
    }
}

/* It is said before a line is read. */
static bool command_is_there(map_state *map)
{
    const char *program = map->settings.words[0];

    if (map_takes_input(program) || program_is_there(program, map->pool))
        return true;
    complain("byname map: there is no program \"%s\"%s\n", program,
             program_is_path(program) ? "" : " in PATH");
    map->result = EXIT_RUN_MISSING;
    return false;
}

static int map_all(map_state *map)
{
    map->result = EXIT_RUN_FAILED;
    if (!command_is_there(map) || !map_output_begin(map) || !map_input_begin(map))
        return map->result;
    handle_signals();
    if (map_jobs_begin(map)) {
        map_progress_begin(map);
        run_all(map);
        map_progress_end(map);
    }
    map_output_end(map);
    map_jobs_end(map);
    map_input_end(map);
    return exit_code(map);
}

/* ---- The command line */

enum { OPTION_POOL = 256, OPTION_RETRY, OPTION_HALT, OPTION_BAR, OPTION_NO_BAR, OPTION_AS_JSON };

static bool set_option(void *context, int letter, const char *argument)
{
    map_settings *s = context;

    switch (letter) {
    case 'j':
        return parse_number(argument, 1, BYN_POOL_MEMBERS_MAX, &s->jobs);
    case OPTION_RETRY:
        return parse_number(argument, 0, RETRIES_MOST, &s->retries);
    case 'w':
        return parse_seconds(argument, &s->timeout) && s->timeout > 0;
    case OPTION_POOL:
        s->pool = argument;
        return true;
    case 'f':
        s->input = argument;
        return true;
    case '0':
        s->separator = '\0';
        return true;
    case 'k':
        return s->keep_order = true;
    case OPTION_HALT:
        return s->halt = true;
    case OPTION_BAR:
        s->bar = MAP_BAR;
        return true;
    case OPTION_NO_BAR:
        s->bar = MAP_NO_BAR;
        return true;
    case OPTION_AS_JSON:
        s->as_json = true;
        return true;
    default:
        return true;
    }
}

static int run(command_line *line)
{
    map_settings *s = &state.settings;
    const char *const *words;
    int count;

    state.line = line;
    state.pool = line->pool;
    s->separator = '\n';
    if (!command_line_options(line, set_option, s))
        return line->result;
    words = command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "the command stands behind \"--\" (\"%s\")", *words);
    if (!command_line_check_command(line))
        return line->result;
    s->words = line->command;
    for (s->word_count = 0; s->words[s->word_count] != NULL;)
        s->word_count++;
    return map_all(&state);
}

static const apr_getopt_option_t options[] = {
    {"jobs", 'j', 1, "N so many commands at a time (as many as there are processors)"},
    {"input", 'f', 1, "FILE read from there, not from stdin"},
    {"null", '0', 0, "a NUL ends each input, not the end of a line"},
    {"keep-order", 'k', 0, "print the outputs in the order of the inputs"},
    {"retry", OPTION_RETRY, 1, "N try again what fails, so many times"},
    {"timeout", 'w', 1, "SECONDS that a command may take; 0.25 is a quarter of a second"},
    {"halt", OPTION_HALT, 0, "begin no more after the first failure"},
    {"pool", OPTION_POOL, 1, "NAME share the workers with others that say this name"},
    {"progress", OPTION_BAR, 0, "show a bar on stderr, even if that is no terminal"},
    {"no-progress", OPTION_NO_BAR, 0, "show none"},
    {"json", OPTION_AS_JSON, 0, "print a line of JSON for each command, with its outputs"},
    OPTION_HELP,
    OPTION_END};

const verb verb_map = {
    .name = "map",
    .line = "run a command for each line of an input, several at a time",
    .arguments = "[OPTION...] -- COMMAND [ARGUMENT | {}]...",
    .text =
        "Each line is one argument, as it is: no shell reads it. It stands where {} is, or else\n"
        "at the end; {#} is its number. What a command prints is printed when it has ended, all\n"
        "of it together. Its standard input is empty.\n\n"
        "A command that returns something else than 0, is killed, takes too long or cannot be\n"
        "started has failed; what failed is told at the end. Of one that was tried again the\n"
        "last output is printed.\n\n"
        "Exit codes:\n"
        "  0    all succeeded\n"
        "  123  some failed\n"
        "  125  byname failed, or did not understand its command line\n"
        "  126  the command is there but cannot be run\n"
        "  127  there is no such command\n"
        "  130  it was interrupted by Ctrl-C; 143: by SIGTERM\n",
    .example = "find . -name '*.png' -print0 | byname map -0 -- optipng -quiet {}",
    .options = options,
    .command = COMMAND_NEEDED,
    .usage_code = EXIT_RUN_FAILED,
    .run = run,
};
