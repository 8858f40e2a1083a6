#include "terminal.h"

#include <stdio.h>
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

static bool is_terminal(DWORD which)
{
    DWORD mode;

    return GetConsoleMode(GetStdHandle(which), &mode) != 0;
}

bool terminal_is_output(void)
{
    return is_terminal(STD_OUTPUT_HANDLE);
}

bool terminal_is_error(void)
{
    return is_terminal(STD_ERROR_HANDLE);
}

/* Not by escapes, which older consoles print. */
void terminal_clear(void)
{
    HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
    COORD top = {0, 0};
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD size, written;

    (void)fflush(stdout);
    if (!GetConsoleScreenBufferInfo(console, &info))
        return;
    size = (DWORD)info.dwSize.X * (DWORD)info.dwSize.Y;
    (void)FillConsoleOutputCharacterW(console, L' ', size, top, &written);
    (void)SetConsoleCursorPosition(console, top);
}
