#include "library.h"

#include <stdio.h>

#ifdef _WIN32
#include <windows.h>

static void *load(const char *path)
{
    wchar_t wide[4096];

    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 4096) == 0)
        return NULL;
    return (void *)LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
}

static void *find(void *library, const char *name)
{
    return (void *)GetProcAddress((HMODULE)library, name);
}

static const char *why(void)
{
    static char text[40];

    (void)snprintf(text, sizeof text, "error %lu", GetLastError());
    return text;
}
#else
#include <dlfcn.h>

static void *load(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *find(void *library, const char *name)
{
    return dlsym(library, name);
}

static const char *why(void)
{
    const char *text = dlerror();

    return text != NULL ? text : "unknown error";
}
#endif

byp_library byn = {
#define BYP_LINKED(result, name, parameters) byn_##name,
    BYP_FUNCTIONS(BYP_LINKED)
#undef BYP_LINKED
};

/* A function's address out of a data pointer: what POSIX and Windows promise, and C does not. */
typedef union address {
    void *data;
    void (*function)(void);
} address;

const char *byp_library_load(const char *path)
{
    static const char *const names[] = {
#define BYP_NAME(result, name, parameters) "byn_" #name,
        BYP_FUNCTIONS(BYP_NAME)
#undef BYP_NAME
    };
    void *library = load(path);
    byp_library found;
    size_t i;

    if (library == NULL)
        return why();
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        address at;

        at.data = find(library, names[i]);
        if (at.data == NULL)
            return why();
        ((address *)&found)[i] = at;
    }
    byn = found;
    return NULL;
}
