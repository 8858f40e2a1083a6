/* Names and their numbers: three processes write them down, and count each other's calls. */
#include <inttypes.h>
#include <stdio.h>

#include <byname/byname.h>

enum { CHILDREN = 3, CALLS = 100 };

static int child(const char *name, const char *me)
{
    byn_dict *book;
    int i;

    if (byn_dict_open(&book, name, &BYN_OPTIONS(byn_dict_options, .open = BYN_OPEN_ONLY)) < 0)
        return 1;
    if (byn_dict_put_string(book, me, "at home") < 0)
        return 1;
    for (i = 0; i < CALLS; i++)
        byn_dict_add_int64(book, "calls", 1, NULL);
    byn_dict_close(book);
    return 0;
}

static void look_it_up(byn_dict *book, const char *name)
{
    char where[32];

    if (byn_dict_get_string(book, name, where, sizeof where) == BYN_E_NOTFOUND)
        printf("%s is not in it\n", name);
    else
        printf("%s is %s\n", name, where);
}

static int parent(const char *program)
{
    static const char *const names[CHILDREN] = {"Ada", "Grace", "Margaret"};
    byn_process *children[CHILDREN];
    byn_dict *book;
    uint64_t count = 0;
    int64_t calls = 0;
    int i;

    if (byn_dict_open(&book, NULL, NULL) < 0)
        return 1;
    for (i = 0; i < CHILDREN; i++) {
        const char *argv[] = {program, byn_dict_name(book), names[i], NULL};

        if (byn_process_start(&children[i], argv, NULL) < 0)
            return 1;
    }
    for (i = 0; i < CHILDREN; i++) {
        byn_process_wait(children[i], BYN_FOREVER, NULL);
        byn_process_close(children[i]);
    }
    look_it_up(book, "Grace");
    look_it_up(book, "Alan");
    byn_dict_get_int64(book, "calls", &calls);
    byn_dict_count(book, &count);
    printf("%" PRIu64 " entries, %" PRId64 " calls\n", count, calls);
    byn_dict_close(book);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 2 ? child(argv[1], argv[2]) : parent(argv[0]);
}
