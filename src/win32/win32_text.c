/*
 * UTF-8 outside, UTF-16 inside.
 */
#include "win32.h"

#include <stdlib.h>

wchar_t *bynw_wide(const char *text, byn_status *status)
{
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide;

    if (length <= 0) {
        *status = byni_fail(BYN_E_INVALID, "\"%.100s\" is not UTF-8", text);
        return NULL;
    }
    wide = malloc((size_t)length * sizeof *wide);
    if (wide == NULL) {
        *status = byni_fail(BYN_E_NOMEM, "out of memory");
        return NULL;
    }
    (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length);
    return wide;
}

void bynw_narrow(const wchar_t *text, char *narrow, int size)
{
    int length = (int)wcslen(text);

    /* WideCharToMultiByte() writes nothing useful when it does not fit: offer it less. */
    while (length > 0) {
        int used = WideCharToMultiByte(CP_UTF8, 0, text, length, narrow, size - 1, NULL, NULL);

        if (used > 0) {
            narrow[used] = '\0';
            return;
        }
        length--;
        if (length > 0 && IS_HIGH_SURROGATE(text[length - 1]))
            length--;
    }
    narrow[0] = '\0';
}

void bynw_widen(const char name[BYNW_NAME_SIZE], wchar_t wide[BYNW_NAME_SIZE])
{
    size_t i = 0;

    for (; i < BYNW_NAME_SIZE - 1 && name[i] != '\0'; i++)
        wide[i] = (wchar_t)(unsigned char)name[i];
    wide[i] = L'\0';
}
