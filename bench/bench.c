#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_getopt.h>

static const char *program = "bench";
static FILE *json;

void bench_failed(void)
{
    fprintf(stderr, "%s: %s\n", program, byn_last_error());
    exit(2);
}

/* ---- The command line ------------------------------------------------------------------------------ */

static void refuse(void)
{
    fprintf(stderr,
            "usage: %s [--json FILE] [rounds, 1 to %d [milliseconds, from 1 [number, see the "
            "source]]]\n",
            program, BENCH_ROUNDS);
    exit(2);
}

static void to_json(const char *path)
{
    json = fopen(path, "a");
    if (json != NULL)
        return;
    perror(path);
    exit(2);
}

static void read_number(const char *text, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 0 || value > 1000000000)
        refuse();
    *number = (int)value;
}

static void read_options(apr_getopt_t *options)
{
    static const apr_getopt_option_t known[] = {
        {"json", 'j', 1, "add each table to that file"},
        {NULL, 0, 0, NULL},
    };
    const char *argument = NULL;
    apr_status_t status;
    int letter;

    options->interleave = 1;
    while ((status = apr_getopt_long(options, known, &letter, &argument)) == APR_SUCCESS)
        to_json(argument);
    if (status != APR_EOF)
        refuse();
}

/* Where the folder ends. */
static const char *behind_folder(const char *path)
{
    const char *end = path + strlen(path);

    while (end > path && end[-1] != '/' && end[-1] != '\\')
        end--;
    return end;
}

const char *bench_beside(const char *self, const char *other)
{
    static char path[1024];

    (void)snprintf(path, sizeof path, "%.*s%s%s", (int)(behind_folder(self) - self), self, other,
                   bench_program_suffix());
    return path;
}

/* The name of the program without its folder, and what is before and behind it. */
static const char *plain_name(const char *path)
{
    static char name[64];
    const char *end = behind_folder(path);

    if (strncmp(end, "bench_", 6) == 0)
        end += 6;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(end, "."), end);
    return name;
}

void bench_begin(int argc, char **argv, bench_settings *settings)
{
    int *const numbers[] = {&settings->rounds, &settings->milliseconds, &settings->number};
    apr_getopt_t *options = NULL;
    apr_pool_t *pool = NULL;
    int i;

    program = plain_name(argv[0]);
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        apr_getopt_init(&options, pool, argc, (const char *const *)argv) != APR_SUCCESS)
        exit(2);
    read_options(options);
    for (i = 0; options->ind + i < argc; i++) {
        if (i == 3)
            refuse();
        read_number(options->argv[options->ind + i], numbers[i]);
    }
    apr_pool_destroy(pool);
    if (settings->rounds < 1 || settings->rounds > BENCH_ROUNDS || settings->milliseconds < 1)
        refuse();
}

/* ---- What is to be said of the next table ---------------------------------------------------------- */

enum { MOST_GOALS = 48 };

static struct {
    struct {
        const char *name, *against;
        double limit;
    } goals[MOST_GOALS];
    int goal_count;
    const char *picture, *axis;
    const double *at;
} next;

void bench_goal(bench_system system, const char *name, const char *against, double limit)
{
    if (system != bench_this_system)
        return;
    if (next.goal_count == MOST_GOALS)
        exit(2);
    next.goals[next.goal_count].name = name;
    next.goals[next.goal_count].against = against;
    next.goals[next.goal_count].limit = limit;
    next.goal_count++;
}

void bench_curve(const char *picture, const char *axis, const double *at)
{
    next.picture = picture;
    next.axis = axis;
    next.at = at;
}

/* ---- Figures --------------------------------------------------------------------------------------- */

typedef struct table {
    bench_unit unit;
    const char *title;
    const char *const *names;
    int count, rounds;
    const double *values;
} table;

/* Of many: the median, and where the middle half is. */
typedef struct figure {
    double median, low, high;
} figure;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double value_of(const table *t, int index, int round)
{
    return t->values[index * t->rounds + round];
}

static figure figure_of(double *values, int count)
{
    figure f;

    qsort(values, (size_t)count, sizeof *values, by_size);
    f.median = values[count / 2];
    f.low = values[count / 4];
    f.high = values[count - 1 - count / 4];
    return f;
}

static figure absolute(const table *t, int index)
{
    double values[BENCH_ROUNDS];
    int round;

    for (round = 0; round < t->rounds; round++)
        values[round] = value_of(t, index, round);
    return figure_of(values, t->rounds);
}

static figure relative(const table *t, int index, int against)
{
    double values[BENCH_ROUNDS];
    int round;

    for (round = 0; round < t->rounds; round++)
        values[round] = value_of(t, index, round) / value_of(t, against, round);
    return figure_of(values, t->rounds);
}

enum { NOT_THERE = -1, ONE_UNIT = -2 };

static int index_of(const table *t, const char *name)
{
    int i;

    if (name == NULL)
        return 0;
    if (*name == '\0')
        return ONE_UNIT;
    for (i = 0; i < t->count; i++)
        if (strcmp(t->names[i], name) == 0)
            return i;
    return NOT_THERE;
}

/* What a goal is about. */
static double goal_figure(const table *t, int index, int against)
{
    return against == ONE_UNIT ? absolute(t, index).median : relative(t, index, against).median;
}

static bool reached(const table *t, double ratio, double limit)
{
    return t->unit == BENCH_NANOSECONDS ? ratio <= limit : ratio >= limit;
}

/* ---- The table for people -------------------------------------------------------------------------- */

static void print_value(bench_unit unit, double value)
{
    if (unit == BENCH_SHARE)
        printf("%9.3f     ", value);
    else if (unit == BENCH_PER_SECOND)
        printf("%9.1f %-4s", value >= 1e6 ? value / 1e6 : value / 1e3,
               value >= 1e6 ? "M/s" : "k/s");
    else
        printf("%9.1f %-4s", value >= 1e5 ? value / 1e3 : value, value >= 1e5 ? "us" : "ns");
}

static void print_goals(const table *t, int index)
{
    int i;

    for (i = 0; i < next.goal_count; i++) {
        int against = index_of(t, next.goals[i].against);
        double limit = next.goals[i].limit, ratio;

        if (against == NOT_THERE || index_of(t, next.goals[i].name) != index)
            continue;
        ratio = goal_figure(t, index, against);
        printf("  [%s%s %g", reached(t, ratio, limit) ? "" : "MISSED: ",
               t->unit == BENCH_NANOSECONDS ? "at most" : "at least", limit);
        if (against > 0)
            printf(" x %s, is %.3f", t->names[against], ratio);
        printf("]");
    }
}

static void print_table(const table *t)
{
    int i;

    printf("%s (%d rounds)\n", t->title, t->rounds);
    for (i = 0; i < t->count; i++) {
        figure ratio = relative(t, i, 0);

        printf("  %-36s ", t->names[i]);
        print_value(t->unit, absolute(t, i).median);
        printf("  ratio %.3f (%.3f to %.3f)", ratio.median, ratio.low, ratio.high);
        print_goals(t, i);
        printf("\n");
    }
    (void)fflush(stdout);
}

/* ---- The table as a line of JSON ------------------------------------------------------------------- */

static void json_text(const char *name, const char *text)
{
    fprintf(json, "\"%s\": \"", name);
    for (; *text != '\0'; text++)
        fprintf(json, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fprintf(json, "\"");
}

static void json_figure(const char *name, figure f)
{
    fprintf(json, "\"%s\": {\"median\": %.6g, \"low\": %.6g, \"high\": %.6g}", name, f.median,
            f.low, f.high);
}

static void json_goals(const table *t, int index)
{
    const char *comma = "";
    int i;

    fprintf(json, ", \"goals\": [");
    for (i = 0; i < next.goal_count; i++) {
        int against = index_of(t, next.goals[i].against);
        double ratio;

        if (against == NOT_THERE || index_of(t, next.goals[i].name) != index)
            continue;
        ratio = goal_figure(t, index, against);
        fprintf(json, "%s{", comma);
        json_text("against", against == ONE_UNIT ? "" : t->names[against]);
        fprintf(json, ", \"limit\": %g, \"ratio\": %.6g, \"reached\": %s}", next.goals[i].limit,
                ratio, reached(t, ratio, next.goals[i].limit) ? "true" : "false");
        comma = ", ";
    }
    fprintf(json, "]");
}

static void json_row(const table *t, int index)
{
    fprintf(json, "%s{", index == 0 ? "" : ", ");
    json_text("name", t->names[index]);
    fprintf(json, ", \"peer\": %s, ", strncmp(t->names[index], "byn", 3) == 0 ? "false" : "true");
    if (next.at != NULL)
        fprintf(json, "\"at\": %.10g, ", next.at[index]);
    json_figure("value", absolute(t, index));
    fprintf(json, ", ");
    json_figure("ratio", relative(t, index, 0));
    json_goals(t, index);
    fprintf(json, "}");
}

static void json_table(const table *t)
{
    static const char *const units[] = {"ns", "/s", "share"};
    int i;

    fprintf(json, "{");
    json_text("program", program);
    fprintf(json, ", ");
    json_text("title", t->title);
    fprintf(json, ", \"unit\": \"%s\", \"rounds\": %d, ", units[t->unit], t->rounds);
    if (next.at != NULL) {
        json_text("picture", next.picture);
        fprintf(json, ", ");
        json_text("axis", next.axis);
        fprintf(json, ", ");
    }
    fprintf(json, "\"rows\": [");
    for (i = 0; i < t->count; i++)
        json_row(t, i);
    fprintf(json, "]}\n");
    (void)fflush(json);
}

void bench_fresh_name(char name[BENCH_NAME])
{
    static unsigned serial;

    (void)snprintf(name, BENCH_NAME, "bench-%08x-%u", (unsigned)bench_clock(), ++serial);
}

/* ---- Measuring ------------------------------------------------------------------------------------- */

void bench_report(bench_unit unit, const char *title, const char *const *names, int count,
                  const double *values, int rounds)
{
    const table t = {unit, title, names, count, rounds, values};

    print_table(&t);
    if (json != NULL)
        json_table(&t);
    memset(&next, 0, sizeof next);
}

static double told_by_entry;

void bench_took(double nanoseconds)
{
    told_by_entry = nanoseconds;
}

static double run_for(const bench_entry *entry, uint32_t times)
{
    uint64_t began = bench_clock(), ended;

    told_by_entry = 0;
    entry->run(entry->context, times);
    ended = bench_clock();
    return (told_by_entry > 0 ? told_by_entry : (double)(ended - began)) / times;
}

/* How often to do it so that it takes about so long. What takes long is not done often for that. */
static uint32_t calibrate(const bench_entry *entry, int milliseconds)
{
    uint32_t times = 1;
    double once = run_for(entry, times);

    while (once * times < 2e6 && times < UINT32_C(1) << 28) {
        times *= 2;
        once = run_for(entry, times);
    }
    return (uint32_t)(milliseconds * 1e6 / once) + 1;
}

static double took[BENCH_ENTRIES * BENCH_ROUNDS];

static void limit(int count, int rounds)
{
    if (count > BENCH_ENTRIES || rounds > BENCH_ROUNDS)
        exit(2);
}

/* A round of all entries, in many short slices that take turns, there and back: what disturbs the
 * machine for a while disturbs all alike. What takes long has a slice for each time. */
static void run_round(const bench_entry *entries, const uint32_t *times, int count, uint32_t slices,
                      double *sums)
{
    uint32_t slice;
    int i;

    memset(sums, 0, (size_t)count * sizeof *sums);
    for (slice = 0; slice < slices; slice++)
        for (i = 0; i < count; i++) {
            int at = slice % 2 == 0 ? i : count - 1 - i;

            sums[at] += run_for(&entries[at], (times[at] + slices - 1) / slices);
        }
    for (i = 0; i < count; i++)
        sums[i] /= slices;
}

void bench_compare(const char *title, const bench_entry *entries, int count, int rounds,
                   int milliseconds)
{
    const char *names[BENCH_ENTRIES];
    uint32_t times[BENCH_ENTRIES], slices = 2 * (uint32_t)milliseconds;
    double sums[BENCH_ENTRIES];
    int round, i;

    limit(count, rounds);
    for (i = 0; i < count; i++) {
        names[i] = entries[i].name;
        times[i] = calibrate(&entries[i], milliseconds);
        slices = times[i] < slices ? times[i] : slices;
    }
    for (round = 0; round < rounds; round++) {
        run_round(entries, times, count, slices, sums);
        for (i = 0; i < count; i++)
            took[i * rounds + round] = sums[i];
    }
    bench_report(BENCH_NANOSECONDS, title, names, count, took, rounds);
}

void bench_measure_in(bench_unit unit, const char *title, const char *const *names, int count,
                      double (*measure)(int index, int milliseconds), int rounds, int milliseconds)
{
    int round, i;

    limit(count, rounds);
    for (round = 0; round < rounds; round++)
        for (i = 0; i < count; i++)
            took[i * rounds + round] = measure(i, milliseconds);
    bench_report(unit, title, names, count, took, rounds);
}

void bench_measure(const char *title, const char *const *names, int count,
                   double (*measure)(int index, int milliseconds), int rounds, int milliseconds)
{
    bench_measure_in(BENCH_NANOSECONDS, title, names, count, measure, rounds, milliseconds);
}
