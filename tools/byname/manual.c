/*
 * The manual pages, made of what the tool says of itself: "byname manual DIRECTORY". Run when byname is
 * built.
 */
#include "nouns.h"
#include "output.h"
#include "topics.h"

#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <byname/byname.h>

/* ---- Text as troff wants it */

/* One line: a dot or a quote at its beginning would be a request. */
static void put_line(FILE *to, const char *text, size_t length)
{
    size_t i;

    if (length > 0 && (*text == '.' || *text == '\''))
        fputs("\\&", to);
    for (i = 0; i < length; i++) {
        switch (text[i]) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\'':
            fputs("\\(aq", to);
            break;
        case '`':
            fputs("\\(ga", to);
            break;
        case '^':
            fputs("\\(ha", to);
            break;
        case '~':
            fputs("\\(ti", to);
            break;
        default:
            fputc(text[i], to);
        }
    }
}

static void put(FILE *to, const char *text)
{
    put_line(to, text, strlen(text));
}

/* What begins with a blank is shown as it is; an empty line begins a paragraph. */
static void put_text(FILE *to, const char *text)
{
    bool as_it_is = false, parted = false;

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool indented = *text == ' ';

        if (length == 0) {
            parted = true;
        } else {
            if (as_it_is && !indented)
                fputs(".EE\n.RE\n", to);
            if (parted && !(as_it_is && indented))
                fputs(".PP\n", to);
            else if (parted)
                fputc('\n', to);
            if (indented && !as_it_is)
                fputs(".RS 4\n.EX\n", to);
            as_it_is = indented;
            parted = false;
            put_line(to, text + (indented ? 2 : 0), length - (indented ? 2 : 0));
            fputc('\n', to);
        }
        text += length + (text[length] == '\n');
    }
    if (as_it_is)
        fputs(".EE\n.RE\n", to);
}

static void put_example(FILE *to, const char *example)
{
    fputs(".RS 4\n.EX\n", to);
    put(to, example);
    fputs("\n.EE\n.RE\n", to);
}

static void put_option(FILE *to, const apr_getopt_option_t *option)
{
    size_t argument = option_argument(option);
    const char *about = option->description;

    fputs(".TP\n", to);
    if (option->optch < 128)
        fprintf(to, "\\fB\\-%c\\fP, ", option->optch);
    fputs("\\fB\\-\\-", to);
    put(to, option->name);
    fputs("\\fP", to);
    if (argument > 0) {
        fputs(" \\fI", to);
        put_line(to, about, argument);
        fputs("\\fP", to);
    }
    fputc('\n', to);
    put(to, about + argument + strspn(about + argument, " "));
    fputc('\n', to);
}

static void put_options(FILE *to, const apr_getopt_option_t *option)
{
    for (; option->optch != 0; option++) {
        if (option->name != NULL)
            put_option(to, option);
    }
}

/* "byname run" in bold, and its arguments. */
static void put_usage(FILE *to, const verb *v)
{
    fputs("\\fBbyname ", to);
    put(to, v->name);
    fputs("\\fP ", to);
    put(to, v->arguments);
    fputc('\n', to);
}

/* ---- Pages */

static FILE *begin_page(const char *directory, const char *name, int section, const char *line,
                        apr_pool_t *pool)
{
    const char *folder = format_text(pool, "%s/man%d", directory, section);
    const char *path = format_text(pool, "%s/%s.%d", folder, name, section);
    FILE *to = NULL;

    if (apr_dir_make_recursive(folder, APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS)
        to = fopen(path, "w");
    if (to == NULL) {
        complain("byname manual: \"%s\" cannot be written\n", path);
        return NULL;
    }
    fprintf(to, ".TH %s %d \"\" \"byname %s\"\n.SH NAME\n", name, section, byn_version());
    put(to, name);
    fputs(" \\- ", to);
    put(to, line);
    fputc('\n', to);
    return to;
}

static bool end_page(FILE *to)
{
    bool good = ferror(to) == 0;

    good = fclose(to) == 0 && good;
    if (!good)
        fputs("byname manual: a page could not be written\n", stderr);
    return good;
}

static void put_action(FILE *to, const verb *v)
{
    fputs(".SS ", to);
    put_usage(to, v);
    put(to, v->line);
    fputs(".\n.PP\n", to);
    put_text(to, v->text);
    put_options(to, v->options);
    fputs(".PP\nExample:\n", to);
    put_example(to, v->example);
}

static bool verb_page(const char *directory, const verb *v, apr_pool_t *pool)
{
    FILE *to = begin_page(directory, format_text(pool, "byname-%s", v->name), 1, v->line, pool);
    size_t i;

    if (to == NULL)
        return false;
    fputs(".SH SYNOPSIS\n", to);
    put_usage(to, v);
    fputs(".SH DESCRIPTION\n", to);
    put_text(to, v->text);
    if (v->actions != NULL) {
        fputs(".SH ACTIONS\n", to);
        for (i = 0; v->actions[i] != NULL; i++)
            put_action(to, v->actions[i]);
    } else {
        fputs(".SH OPTIONS\n", to);
        put_options(to, v->options);
    }
    if (v->example != NULL) {
        fputs(".SH EXAMPLE\n", to);
        put_example(to, v->example);
    }
    fputs(".SH SEE ALSO\n.BR byname (1),\n.BR byname (7)\n", to);
    return end_page(to);
}

static bool tool_page(const char *directory, apr_pool_t *pool)
{
    FILE *to = begin_page(directory, "byname", 1,
                          "locks, events and data that processes share by name", pool);
    size_t i;

    if (to == NULL)
        return false;
    fputs(".SH SYNOPSIS\n\\fBbyname\\fP VERB [OPTION...] [ARGUMENT...]\n.SH VERBS\n", to);
    for (i = 0; tool_verbs[i] != NULL; i++) {
        const verb *v = tool_verbs[i];

        if (v->line == NULL)
            continue;
        fputs(".TP\n\\fB", to);
        put(to, v->name);
        fputs("\\fP\n", to);
        put(to, v->line);
        fputs("; see \\fBbyname\\-", to);
        put(to, v->name);
        fputs("\\fP(1)\n", to);
    }
    fputs(".TP\n\\fBhelp\\fP [VERB | TOPIC]\ntell more of it\n.TP\n\\fBversion\\fP\ntell the "
          "version\n.SH EXIT STATUS\n",
          to);
    put_text(to, topic_find("exit-codes")->text);
    fputs(".SH ENVIRONMENT\n.TP\n\\fBBYNAME_DIR\\fP\nthe directory of the objects, on POSIX "
          "systems\n.TP\n\\fBNO_COLOR\\fP\nif it is set and not empty, nothing is coloured\n"
          ".SH SEE ALSO\n.BR byname (7)\n",
          to);
    return end_page(to);
}

static bool ideas_page(const char *directory, apr_pool_t *pool)
{
    FILE *to = begin_page(directory, "byname", 7, "names, life and death of shared objects", pool);
    const topic *t;

    if (to == NULL)
        return false;
    fputs(
        ".SH DESCRIPTION\nProcesses meet at a name and share locks, events, queues and data. This "
        "page tells the ideas; the commands are in\n.BR byname (1).\n",
        to);
    for (t = topics; t->name != NULL; t++) {
        fputs(".SH \"", to);
        put(to, t->name);
        fputs(": ", to);
        put(to, t->line);
        fputs("\"\n", to);
        put_text(to, t->text);
    }
    fputs(".SH SEE ALSO\n.BR byname (1)\n", to);
    return end_page(to);
}

static int manual(command_line *line)
{
    const char *directory = name_only(line);
    bool good;
    size_t i;

    if (directory == NULL)
        return line->result;
    good = tool_page(directory, line->pool) && ideas_page(directory, line->pool);
    for (i = 0; good && tool_verbs[i] != NULL; i++)
        good = tool_verbs[i]->line == NULL || verb_page(directory, tool_verbs[i], line->pool);
    return good ? EXIT_GOOD : EXIT_BAD;
}

const verb verb_manual = {
    .name = "manual",
    .arguments = "DIRECTORY",
    .text = "Writes the manual pages.\n",
    .options = name_only_options,
    .usage_code = EXIT_USAGE,
    .run = manual,
};
