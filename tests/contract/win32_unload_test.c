/*
 * FreeLibrary() of the library, of which this program knows nothing else. What has a thread of its own stays: the thread
 * would go on where nothing is. A program of its own, since one that is linked with the library never unloads it.
 */
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include <byname/byname.h>

#ifndef LIBRARY
#define LIBRARY "libbyname.dll" /* how it is called the build says */
#endif

typedef byn_status (*pool_opener)(byn_pool **pool, const char *name,
                                  const byn_pool_options *options);

static int fail(const char *what)
{
    (void)fprintf(stderr, "%s (error %lu)\n", what, GetLastError());
    return 1;
}

static pool_opener find_opener(HMODULE library)
{
    FARPROC found = GetProcAddress(library, "byn_pool_open");
    pool_opener opener = NULL;

    memcpy(&opener, &found, sizeof found);
    return opener;
}

int main(void)
{
    HMODULE library = LoadLibraryA(LIBRARY);
    byn_pool *pool = NULL;
    pool_opener open_pool;
    char name[64];

    if (library == NULL)
        return fail("cannot load " LIBRARY);
    if (!FreeLibrary(library) || GetModuleHandleA(LIBRARY) != NULL)
        return fail("what has done nothing does not go");
    library = LoadLibraryA(LIBRARY);
    open_pool = library != NULL ? find_opener(library) : NULL;
    (void)snprintf(name, sizeof name, "unload-%lu", GetCurrentProcessId());
    if (open_pool == NULL ||
        open_pool(&pool, name, &BYN_OPTIONS(byn_pool_options, .no_workers = true)) < 0)
        return fail("cannot open a pool");
    if (!FreeLibrary(library) || GetModuleHandleA(LIBRARY) != library)
        return fail("what has a thread does not stay");
    return 0;
}
