/* A counter that nobody holds: three processes come one after the other, and each finds what the others left. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { VISITORS = 3 };

static byn_status come(const char *name)
{
    byn_value *visits;
    byn_status status =
        byn_value_open(&visits, name, &BYN_OPTIONS(byn_value_options, .keep = true));

    if (status < 0) {
        fprintf(stderr, "%s\n", byn_last_error());
        return status;
    }
    byn_value_add(visits, 1, NULL);
    byn_value_close(visits); /* nobody has it open now */
    return BYN_OK;
}

/* The name is made by an object that is gone at once: it is nobody else's. */
static byn_status fresh_name(char *name, size_t size)
{
    byn_value *value;
    byn_status status = byn_value_open(&value, NULL, NULL);

    if (status >= 0) {
        (void)snprintf(name, size, "%s", byn_value_name(value));
        byn_value_close(value);
    }
    return status;
}

static int look(const char *name)
{
    byn_value *visits;
    int64_t number = 0;

    if (byn_value_open(&visits, name, &BYN_OPTIONS(byn_value_options, .open = BYN_OPEN_ONLY)) < 0)
        return 1;
    byn_value_get(visits, &number);
    byn_value_close(visits);
    printf("%" PRId64 " came, and never met\n", number);
    return byn_remove(name) < 0;
}

int main(int argc, char **argv)
{
    char name[BYN_NAME_MAX + 1];
    byn_process *visitor;
    int i;

    if (argc > 1)
        return come(argv[1]) < 0;
    if (fresh_name(name, sizeof name) < 0)
        return 1;
    for (i = 0; i < VISITORS; i++) {
        const char *visit[] = {argv[0], name, NULL};

        if (byn_process_start(&visitor, visit, NULL) < 0)
            return 1;
        byn_process_wait(visitor, BYN_FOREVER, NULL);
        byn_process_close(visitor);
    }
    return look(name);
}
