/* Texts are read by tasks, one file each, and their words counted. A file that is not there is told. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <byname/byname.h>

enum { FILES = 5, MISSING = 3 };

static byn_status count_words(byn_call *call)
{
    const char *path = byn_call_argument(call, NULL);
    FILE *file = fopen(path, "r");
    char message[200];
    int words = 0, before = ' ', c;

    if (file == NULL) {
        snprintf(message, sizeof message, "%s cannot be read", path);
        return byn_call_fail(call, BYN_E_NOTFOUND, message);
    }
    for (; (c = getc(file)) != EOF; before = c)
        words += !isspace(c) && isspace(before);
    fclose(file);
    return byn_call_result(call, &words, sizeof words);
}

static const byn_task tasks[] = {BYN_TASK("count", count_words), BYN_TASK_END};

static void name_of(char *path, size_t size, int i)
{
    snprintf(path, size, "texts-%d.txt", i);
}

/* File number i has 1000 * i lines of four words. */
static int write_file(int i)
{
    char path[32];
    FILE *file;
    int line;

    name_of(path, sizeof path, i);
    file = fopen(path, "w");
    if (file == NULL)
        return -1;
    for (line = 0; line < 1000 * i; line++)
        fprintf(file, "line %d of %d\n", line, i);
    return fclose(file);
}

int main(void)
{
    char paths[FILES][32];
    byn_bytes arguments[FILES];
    byn_future *futures[FILES];
    byn_pool *pool;
    const void *data;
    size_t size;
    int sum = 0, i, code;

    if (byn_worker_main(tasks, &code))
        return code;

    for (i = 0; i < FILES; i++) {
        name_of(paths[i], sizeof paths[i], i);
        arguments[i] = (byn_bytes){paths[i], strlen(paths[i]) + 1};
        if (i != MISSING && write_file(i) != 0)
            return 1;
    }
    if (byn_pool_open(&pool, NULL, NULL) < 0 ||
        byn_pool_map(pool, futures, "count", arguments, FILES, NULL, NULL, 60000) < 0)
        return 1;
    for (i = 0; i < FILES; i++) {
        byn_task_error error = {.struct_size = sizeof error};

        if (byn_future_error(futures[i], &error) >= 0)
            puts(error.message);
        else if (byn_future_result(futures[i], &data, &size) >= 0)
            sum += *(const int *)data;
        byn_future_close(futures[i]);
        remove(paths[i]);
    }
    byn_pool_close(pool);
    printf("%d words\n", sum);
    return 0;
}
