/*
 * Names in the kernel.
 *
 *   Local\byname.<user>.<name>        of the user, in this terminal session: the section
 *   Global\byname.machine.<name>      of the machine
 *   <section>.<incarnation>.<part>    what belongs to one life of it
 *   <section>#gate                    held while it is made; '#' is in no spelled name
 */
#include "win32.h"

#include <stdio.h>
#include <string.h>

/* ".<16 digits>.<letter><16 digits>" */
enum { LONGEST_SUFFIX = 1 + 16 + 1 + 1 + 16 };

byn_status bynw_name_prefix(bool machine, char prefix[BYNW_NAME_SIZE])
{
    byn_status status = bynk_begin();

    if (status < 0)
        return status;
    if (machine)
        (void)snprintf(prefix, BYNW_NAME_SIZE, "byname.machine.");
    else
        (void)snprintf(prefix, BYNW_NAME_SIZE, "byname.%s.", bynw_user());
    return BYN_OK;
}

byn_status bynw_name_place(const byni_name *name, char place[BYNW_NAME_SIZE])
{
    const char *directory = name->machine ? "Global\\" : "Local\\";
    char prefix[BYNW_NAME_SIZE];
    byn_status status = bynw_name_prefix(name->machine, prefix);
    size_t used;

    if (status < 0)
        return status;
    used = strlen(directory) + strlen(prefix);
    if (used + BYNI_SPELLED_MIN + LONGEST_SUFFIX >= BYNW_NAME_SIZE)
        return byni_fail(BYN_E_UNSUPPORTED,
                         "the identifier of this user (%.100s) is too long for names in the kernel",
                         bynw_user());
    (void)snprintf(place, BYNW_NAME_SIZE, "%s%s", directory, prefix);
    byni_name_spell(name, place + used, BYNW_NAME_SIZE - 1 - LONGEST_SUFFIX - used);
    return BYN_OK;
}

void bynw_name_gate(const char *place, wchar_t gate[BYNW_NAME_SIZE])
{
    char name[BYNW_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%.*s#gate", BYNW_NAME_SIZE - 6, place);
    bynw_widen(name, gate);
}

void bynw_name_part(const char *place, uint64_t incarnation, char letter, uint64_t number,
                    char part[BYNW_NAME_SIZE])
{
    (void)snprintf(part, BYNW_NAME_SIZE, "%.*s.%016llx.%c%llx", BYNW_NAME_SIZE - 1 - LONGEST_SUFFIX,
                   place, (unsigned long long)incarnation, letter, (unsigned long long)number);
}
