#include "terminal.h"

#include <stdlib.h>

#include <windows.h>

static UINT code_page_before;

static void restore(void)
{
    SetConsoleOutputCP(code_page_before);
}

void terminal_prepare(void)
{
    /* The console keeps it after our end. */
    code_page_before = GetConsoleOutputCP();
    if (code_page_before != 0 && code_page_before != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
        atexit(restore);
}

bool terminal_is_output(void)
{
    DWORD mode;

    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) != 0;
}
