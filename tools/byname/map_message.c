#include "map_message.h"

#include <stdio.h>
#include <string.h>

/* ---- Request */

/* Strings follow: leash, files, directory, words, variables. */
typedef struct request_head {
    int64_t timeout;
    uint32_t words;
    uint32_t variables;
    uint32_t inherits; /* 1: the worker's environment */
    uint32_t unused;
} request_head;

static uint32_t count_of(const char *const *list)
{
    uint32_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

static bool add_string(bytes *to, const char *text)
{
    return bytes_add(to, text, strlen(text) + 1);
}

bool map_request_begin(bytes *to, const map_request *request, int count)
{
    request_head head = {.timeout = request->timeout, .words = (uint32_t)count};

    head.variables = count_of(request->variables);
    head.inherits = request->variables == NULL;
    return bytes_add(to, &head, sizeof head) && add_string(to, request->leash) &&
           add_string(to, request->files) && add_string(to, request->directory);
}

bool map_takes_input(const char *word)
{
    return strstr(word, "{}") != NULL;
}

bool map_request_word(bytes *to, const char *word, const char *input, size_t size, uint64_t number)
{
    char digits[24];
    bool added = true;

    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    while (added && *word != '\0') {
        size_t plain = strcspn(word, "{");

        added = bytes_add(to, word, plain);
        word += plain;
        if (strncmp(word, "{}", 2) == 0) {
            added = added && bytes_add(to, input, size);
            word += 2;
        } else if (strncmp(word, "{#}", 3) == 0) {
            added = added && bytes_add_text(to, digits);
            word += 3;
        } else if (*word == '{') {
            added = added && bytes_add(to, word++, 1);
        }
    }
    return added && bytes_add(to, "", 1);
}

bool map_request_end(bytes *to, const map_request *request)
{
    const char *const *variable;

    for (variable = request->variables; variable != NULL && *variable != NULL; variable++)
        if (!add_string(to, *variable))
            return false;
    return true;
}

/* The next string; NULL: there is none. */
static const char *take_string(const char **at, const char *end)
{
    const char *text = *at;
    const char *nul = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;

    if (nul == NULL)
        return NULL;
    *at = nul + 1;
    return text;
}

static const char *const *take_list(uint32_t count, const char **at, const char *end,
                                    apr_pool_t *pool)
{
    const char **list;
    uint32_t i;

    if (count > (size_t)(end - *at)) /* each has a byte at least */
        return NULL;
    list = apr_palloc(pool, ((size_t)count + 1) * sizeof *list);
    for (i = 0; i < count; i++) {
        list[i] = take_string(at, end);
        if (list[i] == NULL)
            return NULL;
    }
    list[count] = NULL;
    return list;
}

bool map_request_read(map_request *request, const void *data, size_t size, apr_pool_t *pool)
{
    const char *at = (const char *)data + sizeof(request_head), *end = (const char *)data + size;
    const char *const *variables;
    request_head head;

    if (size < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    request->timeout = head.timeout;
    request->leash = take_string(&at, end);
    request->files = request->leash != NULL ? take_string(&at, end) : NULL;
    request->directory = request->files != NULL ? take_string(&at, end) : NULL;
    if (request->directory == NULL || head.words == 0 || head.timeout < 0)
        return false;
    request->words = take_list(head.words, &at, end, pool);
    if (request->words == NULL)
        return false;
    variables = take_list(head.variables, &at, end, pool);
    request->variables = head.inherits ? NULL : variables;
    return variables != NULL && at == end;
}

/* ---- Answer */

/* The message follows, and of each output its bytes or the name of its file, and a NUL. */
typedef struct answer_head {
    int32_t how, status;
    int32_t code, signal;
    uint32_t known;
    uint32_t in_file[MAP_STREAMS];
    uint32_t unused;
    uint64_t size[MAP_STREAMS];
    uint64_t bytes[MAP_STREAMS]; /* that follow, without the NUL */
    uint64_t message;            /* the same */
} answer_head;

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static answer_head head_of(const map_answer *answer)
{
    answer_head head = {.how = (int32_t)answer->how,
                        .status = answer->status,
                        .code = answer->exit.code,
                        .signal = answer->exit.signal,
                        .known = answer->exit.known,
                        .message = strlen(text_of(answer->message))};
    int i;

    for (i = 0; i < MAP_STREAMS; i++) {
        head.in_file[i] = answer->output[i].file != NULL;
        head.size[i] = answer->output[i].size;
        head.bytes[i] = head.in_file[i] ? strlen(answer->output[i].file) : head.size[i];
    }
    return head;
}

size_t map_answer_size(const map_answer *answer)
{
    answer_head head = head_of(answer);

    return sizeof head + (size_t)(head.message + head.bytes[0] + head.bytes[1]) + 3;
}

static char *put(char *at, const void *data, uint64_t size)
{
    if (size > 0)
        memcpy(at, data, (size_t)size);
    at[size] = '\0';
    return at + size + 1;
}

void map_answer_write(const map_answer *answer, void *room)
{
    answer_head head = head_of(answer);
    char *at = (char *)room + sizeof head;
    int i;

    memcpy(room, &head, sizeof head);
    at = put(at, text_of(answer->message), head.message);
    for (i = 0; i < MAP_STREAMS; i++)
        at = put(at, head.in_file[i] ? answer->output[i].file : answer->output[i].data,
                 head.bytes[i]);
}

/* So many bytes, and the NUL behind; NULL: it is not so. */
static const char *take(const char **at, const char *end, uint64_t size)
{
    const char *data = *at;

    if (size >= (uint64_t)(end - data) || data[size] != '\0')
        return NULL;
    *at += size + 1;
    return data;
}

bool map_answer_read(map_answer *answer, const void *data, size_t size)
{
    const char *at = (const char *)data + sizeof(answer_head), *end = (const char *)data + size;
    answer_head head;
    int i;

    if (size < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    answer->how = (map_how)head.how;
    answer->status = (byn_status)head.status;
    answer->exit = (byn_exit){head.known != 0, head.code, head.signal};
    answer->message = take(&at, end, head.message);
    if (answer->message == NULL || head.how < MAP_ENDED || head.how > MAP_UNREADABLE)
        return false;
    for (i = 0; i < MAP_STREAMS; i++) {
        const char *text = take(&at, end, head.bytes[i]);

        if (text == NULL || (!head.in_file[i] && head.bytes[i] != head.size[i]))
            return false;
        answer->output[i].size = head.size[i];
        answer->output[i].file = head.in_file[i] ? text : NULL;
        answer->output[i].data = head.in_file[i] ? NULL : text;
    }
    return true;
}
