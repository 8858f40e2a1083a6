/* What the demo shows: the progress, and the table at the end. */
#include "demo.h"
#include "output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- Progress */

static void draw_bar(uint64_t done, uint64_t all)
{
    enum { WIDTH = 40 };
    uint64_t filled = all > 0 ? done * WIDTH / all : WIDTH;
    char bar[WIDTH + 1];
    uint64_t i;

    for (i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    printf("\r[%s] %" PRIu64 " of %" PRIu64 " files", bar, done, all);
    fflush(stdout);
}

void demo_show_progress(demo_progress *progress, uint64_t done, uint64_t all)
{
    uint64_t quarter = all > 0 ? done * 4 / all : 0;

    done = done < all ? done : all; /* a half-made update counts one too many */
    if (progress->terminal) {
        draw_bar(done, all);
        progress->drawn = true;
    } else if (quarter > progress->shown && done < all) {
        printf("%" PRIu64 " of %" PRIu64 " files\n", done, all);
        progress->shown = quarter;
    }
}

void demo_say(demo_progress *progress, const char *format, ...)
{
    va_list arguments;

    if (progress->drawn)
        printf("\r%*s\r", 79, "");
    progress->drawn = false;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* ---- The end */

static const char *fate(const demo_part *part, const demo_end *end, uint32_t row)
{
    const volatile demo_row *r = &part->shared->rows[row];
    const char *text = row < DEMO_WORKERS ? end->fate[row] : "";

    if (r->heir_of != 0)
        text = format_text(part->pool, "%s%stold of the death of %" PRIu32 ", repaired the totals",
                           text, *text != '\0' ? ", " : "", r->heir_of);
    if (r->again != 0)
        text = format_text(part->pool, "%s%scounted file %" PRIu64 " again", text,
                           *text != '\0' ? ", " : "", r->again);
    return text;
}

static void add_worker(const demo_part *part, const demo_end *end, table *t, uint32_t row)
{
    apr_pool_t *pool = part->pool;
    const volatile demo_row *r = &part->shared->rows[row];
    bool parent = row == DEMO_WORKERS;
    uint64_t files = 0;
    uint64_t words = 0;
    uint64_t i;

    for (i = 0; i < part->shared->file_count; i++) {
        const volatile demo_file *file = &part->shared->files[i];

        if (file->row == row && file->state == DEMO_COUNTED) {
            files++;
            words += file->words;
        }
    }
    if (parent && files == 0 && r->heir_of == 0)
        return; /* it had nothing to do itself */
    table_row(t, parent ? "parent" : format_text(pool, "worker %" PRIu32, row + 1),
              parent ? "" : format_text(pool, "%" PRIu32, r->pid), number_text(files, pool),
              number_text(words, pool), fate(part, end, row));
}

static void print_unreadable(const demo_part *part)
{
    uint64_t i;

    for (i = 0; i < part->shared->file_count; i++) {
        if (part->shared->files[i].state == DEMO_UNREADABLE)
            printf("not readable, skipped: %s\n", shown(demo_path(part, i), part->pool));
    }
}

static bool equal(const volatile demo_totals *a, const demo_totals *b)
{
    return a->counted == b->counted && a->unreadable == b->unreadable && a->words == b->words;
}

bool demo_report(const demo_part *part, const demo_end *end)
{
    const volatile demo_totals *together = &part->shared->totals;
    bool same = equal(together, &end->alone);
    apr_pool_t *pool = part->pool;
    table *t = table_create(5, pool);
    uint32_t row;

    table_align_right(t, 1);
    table_align_right(t, 2);
    table_align_right(t, 3);
    print_unreadable(part);
    table_row(t, "", "PID", "FILES", "WORDS", "WHAT HAPPENED");
    for (row = 0; row < DEMO_ROWS; row++)
        add_worker(part, end, t, row);
    table_row(t, "together", "", number_text(together->counted, pool),
              number_text(together->words, pool), "");
    table_row(t, "one process alone", "", number_text(end->alone.counted, pool),
              number_text(end->alone.words, pool), same ? "equal" : "NOT EQUAL");
    table_print(t);
    return same;
}
