/* The command line of one verb. */
#include "output.h"
#include "tool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

enum { WORD_MAX = 32, OPTIONS_MAX = 32 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many characters must be added, removed or replaced to make `b` of `a`. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);
    size_t i;
    size_t j;

    if (length > WORD_MAX || strlen(a) > WORD_MAX)
        return SIZE_MAX;
    for (j = 0; j <= length; j++)
        row[j] = j;
    for (i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (j = 1; j <= length; j++) {
            size_t above = row[j];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *similar(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = 3;

    for (; *words != NULL; words++) {
        size_t d = distance(word, *words);

        if (strlen(word) > 1 && strncmp(word, *words, strlen(word)) == 0)
            d = 1; /* the beginning of it */
        if (d < best_distance && d < strlen(*words)) {
            best = *words;
            best_distance = d;
        }
    }
    return best;
}

int command_line_wrong(command_line *line, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    complain("byname %s: %s\nSee: byname help %s\n", line->verb->name, text, line->verb->name);
    line->over = true;
    line->result = line->command != NULL ? EXIT_RUN_FAILED : line->verb->usage_code;
    return line->result;
}

int command_line_failure(const command_line *line)
{
    bool runs = line->command != NULL || line->verb->usage_code == EXIT_RUN_FAILED;

    return runs ? EXIT_RUN_FAILED : EXIT_BAD;
}

/* APR's messages are "VERB: what is wrong: OPTION\n"; the option is nowhere else. */
static void keep_option(void *context, const char *format, ...)
{
    command_line *line = context;
    char message[256];
    const char *option = message;
    va_list arguments;
    int i;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    message[strcspn(message, "\n")] = '\0';
    for (i = 0; i < 2 && strstr(option, ": ") != NULL; i++)
        option = strstr(option, ": ") + 2;
    apr_cpystrn(line->wrong_option, option, sizeof line->wrong_option);
}

/* A word that getopt would take for an option, and is none. */
static bool is_number(const verb *v, const char *word)
{
    return v->takes_numbers && word[0] == '-' && strchr("0123456789.", word[1]) != NULL;
}

static bool has_argument(const verb *v, const char *name, char letter)
{
    const apr_getopt_option_t *option = v->options;

    for (; option->optch != 0; option++)
        if (name != NULL ? option->name != NULL && strcmp(option->name, name) == 0
                         : option->optch == letter)
            return option->has_arg != 0;
    return false;
}

/* Whether the argument of an option is the next word. */
static bool takes_next(const verb *v, const char *word)
{
    if (word[1] == '-')
        return has_argument(v, word + 2, 0);
    for (word++; *word != '\0'; word++)
        if (has_argument(v, NULL, *word))
            return word[1] == '\0';
    return false;
}

/* Whether a word before `end` is neither an option nor the argument of one. */
static bool has_words(const verb *v, const char *const *argv, int end)
{
    int i;

    for (i = 1; i < end; i++) {
        if (argv[i][0] != '-' || is_number(v, argv[i]))
            return true;
        i += takes_next(v, argv[i]);
    }
    return false;
}

static int next_dashes(int i, int argc, const char *const *argv)
{
    while (i < argc && strcmp(argv[i], "--") != 0)
        i++;
    return i;
}

/*
 * Where the "--" before the command stands, for a verb that has one; else the end. Of two with nothing but options
 * before the first, it is the second, for a verb that takes a NAME: it stands between them and may begin with "-".
 */
static int end_of_options(const command_line *line, int argc, const char *const *argv)
{
    const verb *v = line->verb;
    int first, second;

    if (v->command != COMMAND_NEEDED && v->command != COMMAND_ALLOWED)
        return argc;
    first = next_dashes(1, argc, argv);
    second = first < argc ? next_dashes(first + 1, argc, argv) : argc;
    if (second == argc || strstr(v->arguments, "NAME") == NULL || has_words(v, argv, first))
        return first;
    return second;
}

/* "-- NAME --": no command, where there need not be one. */
static bool is_empty_command(const verb *v, int argc, const char *const *argv, int end)
{
    return v->command == COMMAND_ALLOWED && end + 1 == argc && next_dashes(1, argc, argv) < end;
}

/* A copy in which what getopt would take for an option and is a number, or "-" alone, begins with a blank. Words
 * that begin with one get another, so that one can be taken off again. */
static const char *const *numbers_are_words(const command_line *line, int argc,
                                            const char *const *argv)
{
    const char **copy = apr_palloc(line->pool, sizeof *copy * ((size_t)argc + 1));
    int i;

    for (i = 0; i <= argc; i++) {
        const char *word = argv[i];

        copy[i] = i > 0 && i < argc && (is_number(line->verb, word) || *word == ' ')
                      ? apr_pstrcat(line->pool, " ", word, NULL)
                      : word;
    }
    return copy;
}

bool command_line_begin(command_line *line, int argc, const char *const *argv)
{
    int end = end_of_options(line, argc, argv);

    if (end < argc && !is_empty_command(line->verb, argc, argv, end))
        line->command = argv + end + 1;
    if (line->verb->takes_numbers)
        argv = numbers_are_words(line, argc, argv);
    if (apr_getopt_init(&line->getopt, line->pool, end, argv) != APR_SUCCESS)
        return false;
    line->getopt->errfn = keep_option;
    line->getopt->errarg = line;
    line->getopt->interleave = line->verb->command != COMMAND_IS_REST;
    return true;
}

static void unknown_option(command_line *line)
{
    const apr_getopt_option_t *option = line->verb->options;
    const char *names[OPTIONS_MAX + 1];
    const char *meant;
    char *given = line->wrong_option;
    size_t count = 0;

    if (strncmp(given, "--", 2) != 0) {
        command_line_wrong(line, "there is no option -%s", given);
        return;
    }
    for (; option->optch != 0 && count < OPTIONS_MAX; option++) {
        if (option->name != NULL)
            names[count++] = option->name;
    }
    names[count] = NULL;
    given[strcspn(given, "=")] = '\0';
    meant = similar(given + 2, names);
    command_line_wrong(line, "there is no option %s%s%s%s", given, meant != NULL ? "; --" : "",
                       meant != NULL ? meant : "", meant != NULL ? " was meant?" : "");
}

bool command_line_next(command_line *line, int *letter, const char **argument)
{
    apr_status_t status = apr_getopt_long(line->getopt, line->verb->options, letter, argument);

    if (status == APR_BADCH) {
        unknown_option(line);
    } else if (status == APR_BADARG) {
        command_line_wrong(line, "%s lacks its argument, or has one too many",
                           line->getopt->argv[line->getopt->ind - 1]);
    } else if (status == APR_SUCCESS && *letter == 'h') {
        print_verb_help(line->verb);
        line->over = true;
        line->result = EXIT_GOOD;
    }
    return status == APR_SUCCESS && !line->over;
}

const char *const *command_line_words(const command_line *line, int *count)
{
    const char **words = line->getopt->argv + line->getopt->ind;
    int i;

    *count = line->getopt->argc - line->getopt->ind;
    for (i = 0; line->verb->takes_numbers && i < *count; i++)
        words[i] += *words[i] == ' ';
    return (const char *const *)words;
}

/* Its word stands before the argument, or ends with it. */
static bool was_typed_long(const command_line *line, const char *argument)
{
    const char *const *argv = (const char *const *)line->getopt->argv;
    int i;

    for (i = 1; i < line->getopt->argc; i++) {
        if (argv[i] == argument)
            return strncmp(argv[i - 1], "--", 2) == 0;
        if (argument > argv[i] && argument <= argv[i] + strlen(argv[i]))
            return strncmp(argv[i], "--", 2) == 0;
    }
    return false;
}

/* What it could be is what the help says: "-w cannot be "soon": --timeout SECONDS: wait no longer". */
static void wrong_argument(command_line *line, int letter, const char *argument)
{
    const apr_getopt_option_t *option = line->verb->options;
    char given[WORD_MAX + 3];
    size_t what;

    while (option->optch != letter)
        option++;
    if (letter < 128 && !was_typed_long(line, argument))
        snprintf(given, sizeof given, "-%c", letter);
    else
        snprintf(given, sizeof given, "--%s", option->name);
    what = option_argument(option);
    if (what == 0)
        command_line_wrong(line, "%s cannot be \"%s\"", given, argument);
    else
        command_line_wrong(line, "%s cannot be \"%s\": --%s %.*s:%s", given, argument, option->name,
                           (int)what, option->description, option->description + what);
}

bool command_line_options(command_line *line,
                          bool (*set)(void *context, int letter, const char *argument),
                          void *context)
{
    const char *argument;
    int letter;

    while (!line->over && command_line_next(line, &letter, &argument)) {
        if (!set(context, letter, argument))
            wrong_argument(line, letter, argument);
    }
    return !line->over;
}

bool command_line_check_command(command_line *line)
{
    if (line->command != NULL && line->command[0] == NULL)
        command_line_wrong(line, "which command? There is none behind \"--\"");
    else if (line->command == NULL && line->verb->command == COMMAND_NEEDED)
        command_line_wrong(line, "which command? It stands behind \"--\"");
    return !line->over;
}

const char *command_line_name(command_line *line)
{
    const char *const *words;
    int count;

    words = command_line_words(line, &count);
    if (count == 0)
        command_line_wrong(line, "which object? The name is missing");
    else if (count > 1 && line->verb->command != COMMAND_NONE)
        command_line_wrong(line, "one name at a time (\"%s\"); a command stands behind \"--\"",
                           words[1]);
    else if (count > 1)
        command_line_wrong(line, "one name at a time (\"%s\")%s", words[1],
                           line->verb->no_words != NULL ? line->verb->no_words : "");
    return !line->over && command_line_check_command(line) ? words[0] : NULL;
}

bool parse_number(const char *text, int lowest, int highest, int *number)
{
    int result = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || result > (highest - (*text - '0')) / 10)
            return false;
        result = result * 10 + (*text - '0');
    }
    *number = result;
    return result >= lowest;
}

/* Not strtod(), which goes by the locale. */
bool parse_seconds(const char *text, int64_t *milliseconds)
{
    const int64_t most = INT64_C(1000000000000);
    int64_t result = 0;
    int64_t unit = 1000;
    bool digits = false;
    bool rest = false;

    for (; *text >= '0' && *text <= '9'; text++, digits = true) {
        result = result * 10 + (*text - '0') * unit;
        if (result > most)
            return false;
    }
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, digits = true) {
            unit /= 10;
            result += (*text - '0') * unit;
            rest = rest || (unit == 0 && *text != '0');
        }
    }
    *milliseconds = result + rest;
    return digits && *text == '\0';
}

size_t option_argument(const apr_getopt_option_t *option)
{
    return option->has_arg ? strcspn(option->description, " ") : 0;
}

/* "  -w, --timeout SECONDS"; the description begins with the argument's name if it takes one. */
static void print_option(const apr_getopt_option_t *option)
{
    const char *about = option->description;
    size_t argument = option_argument(option);
    char left[48];

    snprintf(left, sizeof left, "%c%c%c --%s%s%.*s", option->optch < 128 ? '-' : ' ',
             option->optch < 128 ? option->optch : ' ', option->optch < 128 ? ',' : ' ',
             option->name, argument > 0 ? " " : "", (int)argument, about);
    printf("  %-32s %s\n", left, about + argument + strspn(about + argument, " "));
}

void print_verb_help(const verb *v)
{
    const apr_getopt_option_t *option;

    printf("usage: byname %s%s%s\n\n", v->name, *v->arguments != '\0' ? " " : "", v->arguments);
    for (option = v->options; option->optch != 0; option++) {
        if (option->name != NULL)
            print_option(option);
    }
    printf("\n%s", v->text);
    if (v->example != NULL)
        printf("\nExample:\n  %s\n", v->example);
}
