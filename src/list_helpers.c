/* Elements that are strings or numbers. */
#include <byname/list.h>

#include <string.h>

#include "error.h"

byn_status byn_list_append_string(byn_list *list, const char *text)
{
    if (text == NULL)
        return byni_null("byn_list_append_string", "text");
    return byn_list_append(list, text, strlen(text));
}

byn_status byn_list_append_int64(byn_list *list, int64_t number)
{
    return byn_list_append(list, &number, sizeof number);
}

byn_status byn_list_append_double(byn_list *list, double number)
{
    return byn_list_append(list, &number, sizeof number);
}

byn_status byn_list_set_string(byn_list *list, int64_t index, const char *text)
{
    if (text == NULL)
        return byni_null("byn_list_set_string", "text");
    return byn_list_set(list, index, text, strlen(text));
}

byn_status byn_list_set_int64(byn_list *list, int64_t index, int64_t number)
{
    return byn_list_set(list, index, &number, sizeof number);
}

byn_status byn_list_set_double(byn_list *list, int64_t index, double number)
{
    return byn_list_set(list, index, &number, sizeof number);
}

byn_status byn_list_get_string(byn_list *list, int64_t index, char *buffer, size_t size)
{
    size_t length = size > 0 ? size - 1 : 0;
    byn_status status;

    if (buffer == NULL)
        return byni_null("byn_list_get_string", "buffer");
    if (size == 0)
        return byni_invalid("byn_list_get_string", "the buffer has no room");
    status = byn_list_get(list, index, buffer, &length);
    if (status >= 0)
        buffer[length] = '\0';
    return status;
}

/* Elements of 8 bytes. */
static byn_status get_number(byn_list *list, int64_t index, void *number, const char *operation)
{
    char bytes[8];
    size_t size = sizeof bytes;
    byn_status status;

    if (number == NULL)
        return byni_null(operation, "number");
    status = byn_list_get(list, index, bytes, &size);
    if (status == BYN_E_TOOBIG || (status >= 0 && size != sizeof bytes)) {
        (void)byni_fail(BYN_E_MISMATCH, "the element has %llu bytes, which are no such number",
                        (unsigned long long)size);
        return byni_failed(BYN_E_MISMATCH, operation, byn_list_name(list));
    }
    if (status >= 0)
        memcpy(number, bytes, sizeof bytes);
    return status;
}

byn_status byn_list_get_int64(byn_list *list, int64_t index, int64_t *number)
{
    return get_number(list, index, number, "byn_list_get_int64");
}

byn_status byn_list_get_double(byn_list *list, int64_t index, double *number)
{
    return get_number(list, index, number, "byn_list_get_double");
}
