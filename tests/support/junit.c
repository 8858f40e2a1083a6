/* A JUnit report. CUnit's own writer ends the program at the first failed check. */
#include "support.h"

#include <stdlib.h>

struct junit {
    FILE *file;
    const char *suite;
    bool in_case;
};

static void escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\n':
            fputs("&#10;", file);
            break;
        default: /* XML has no way to write control characters */
            fputc((unsigned char)*text < 32 ? ' ' : *text, file);
        }
    }
}

junit *junit_create(const char *path, const char *suite)
{
    junit *report = calloc(1, sizeof *report);

    if (report == NULL || (report->file = fopen(path, "w")) == NULL) {
        free(report);
        return NULL;
    }
    report->suite = suite;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", report->file);
    escaped(report->file, suite);
    fputs("\">\n", report->file);
    return report;
}

static void end_case(junit *report)
{
    if (report->in_case)
        fputs("  </testcase>\n", report->file);
    report->in_case = false;
}

void junit_case(junit *report, const char *name, double seconds)
{
    if (report == NULL)
        return;
    end_case(report);
    fputs("  <testcase classname=\"", report->file);
    escaped(report->file, report->suite);
    fputs("\" name=\"", report->file);
    escaped(report->file, name);
    fprintf(report->file, "\" time=\"%.3f\">\n", seconds);
    report->in_case = true;
}

void junit_failure(junit *report, const char *file, unsigned line, const char *text)
{
    if (report == NULL)
        return;
    fputs("    <failure message=\"", report->file);
    escaped(report->file, text);
    fputs("\">", report->file);
    escaped(report->file, file);
    fprintf(report->file, ":%u</failure>\n", line);
}

void junit_skipped(junit *report, const char *reason)
{
    if (report == NULL)
        return;
    fputs("    <skipped message=\"", report->file);
    escaped(report->file, reason);
    fputs("\"/>\n", report->file);
}

bool junit_close(junit *report)
{
    bool written;

    if (report == NULL)
        return true;
    end_case(report);
    fputs("</testsuite>\n", report->file);
    written = ferror(report->file) == 0;
    written = fclose(report->file) == 0 && written;
    free(report);
    return written;
}
