/* byname top: all objects, those first at which most wait, again and again. */
#include "top.h"
#include "nouns.h"
#include "terminal.h"
#include "watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_SORT = 256 };

typedef struct settings {
    command_line *line;
    int64_t delay_ms;
    int count; /* of pictures; 0: without end */
    top_order order;
} settings;

static bool parse_order(const char *word, top_order *order)
{
    static const char *const words[] = {"waiters", "holders", "size", "age", "name"};
    size_t i;

    for (i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            *order = (top_order)i;
            return true;
        }
    }
    return false;
}

static bool set_option(void *context, int letter, const char *argument)
{
    settings *s = context;

    switch (letter) {
    case 'd':
        return parse_delay(argument, &s->delay_ms);
    case 'c':
        return parse_number(argument, 1, INT_MAX, &s->count);
    case OPTION_SORT:
        return parse_order(argument, &s->order);
    default:
        return true;
    }
}

static int print_picture(void *context, apr_pool_t *pool)
{
    const settings *s = context;
    top_picture picture;
    int i;

    if (!top_look(&picture, s->order, pool))
        return call_failed(s->line);
    printf("%s\n%s\n", top_summary(&picture), top_heading());
    for (i = 0; i < picture.rows->nelts; i++)
        puts(top_line(&APR_ARRAY_IDX(picture.rows, i, top_row), pool));
    return EXIT_GOOD;
}

static int top(command_line *line)
{
    settings s = {line, 1000, 0, TOP_BY_WAITERS};
    int count;

    if (!command_line_options(line, set_option, &s))
        return line->result;
    command_line_words(line, &count);
    if (count > 0)
        return command_line_wrong(line, "it takes no argument; one object: byname show");
    if (s.count == 0 && terminal_is_output() && top_screen(s.delay_ms, s.order, line->pool))
        return EXIT_GOOD;
    return watch(s.delay_ms, s.count, line->pool, print_picture, &s);
}

static const apr_getopt_option_t options[] = {
    {"delay", 'd', 1, "SECONDS between two pictures (1)"},
    {"count", 'c', 1, "N print so many pictures as plain text, and end"},
    {"sort", OPTION_SORT, 1, "WHAT first: waiters, holders, size, age or name"},
    OPTION_HELP,
    OPTION_END};

const verb verb_top = {
    .name = "top",
    .line = "watch all objects: who waits where, who holds what",
    .arguments = "[OPTION...]",
    .text =
        "Keys on the full screen: up and down choose an object, Enter tells who holds it and\n"
        "who waits there, Esc goes back; w, h, s, a and n sort by waiters, holders, size, age\n"
        "and name; q ends. Where there is no such screen, on Windows for example, the text is\n"
        "printed again and again.\n\n"
        "WAIT and HOLD are how many wait and hold, LONGEST how long one has waited. \"dead\" is\n"
        "what killed processes left.\n",
    .example = "byname top --sort holders",
    .options = options,
    .usage_code = EXIT_USAGE,
    .run = top,
};
