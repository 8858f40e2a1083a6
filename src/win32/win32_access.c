/*
 * Who may use what: this user, and the access lists of kernel objects.
 *
 * An object of the user admits that user only, who is also its owner in name: without it the owner would
 * be a group for administrators, and nobody could tell a squatter's object. An object of the machine
 * admits by its POSIX mode: each of owner, primary group and everyone who has both read and write in it;
 * to share memory is to write to it.
 */
#include "win32.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>

enum { SDDL_SIZE = 4 * BYNW_SID_SIZE, USUAL_SIZE = 512 };

static struct {
    union {
        SID sid;
        char bytes[SECURITY_MAX_SID_SIZE];
    } user;
    char user_text[BYNW_SID_SIZE];
    char group_text[BYNW_SID_SIZE];
} self;

/* ---- This user ---------------------------------------------------------------------------------------- */

static byn_status spell_sid(PSID sid, char text[BYNW_SID_SIZE])
{
    wchar_t *wide = NULL;

    if (!ConvertSidToStringSidW(sid, &wide))
        return bynw_fail(GetLastError(), NULL, "cannot spell a security identifier");
    bynw_narrow(wide, text, BYNW_SID_SIZE);
    (void)LocalFree(wide);
    return BYN_OK;
}

static byn_status read_token(HANDLE token)
{
    union {
        TOKEN_USER user;
        TOKEN_PRIMARY_GROUP group;
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } about;
    DWORD size;
    byn_status status;

    if (!GetTokenInformation(token, TokenUser, &about, sizeof about, &size) ||
        !CopySid(sizeof self.user, &self.user.sid, about.user.User.Sid))
        return bynw_fail(GetLastError(), NULL, "cannot find out who the user is");
    status = spell_sid(&self.user.sid, self.user_text);
    if (status < 0)
        return status;
    if (!GetTokenInformation(token, TokenPrimaryGroup, &about, sizeof about, &size))
        return bynw_fail(GetLastError(), NULL, "cannot find out the user's primary group");
    return spell_sid(about.group.PrimaryGroup, self.group_text);
}

byn_status bynw_access_begin(void)
{
    HANDLE token;
    byn_status status;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return bynw_fail(GetLastError(), NULL, "cannot open the token of this process");
    status = read_token(token);
    (void)CloseHandle(token);
    return status;
}

const char *bynw_user(void)
{
    return self.user_text;
}

/* ---- Lists --------------------------------------------------------------------------------------------- */

static byn_status from_text(bynw_list *list, const char *text)
{
    wchar_t wide[SDDL_SIZE];
    size_t i = 0;

    memset(list, 0, sizeof *list);
    for (; i < SDDL_SIZE - 1 && text[i] != '\0'; i++)
        wide[i] = (wchar_t)(unsigned char)text[i];
    wide[i] = L'\0';
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &list->memory,
                                                              NULL))
        return bynw_fail(GetLastError(), NULL, "cannot make the access list %s", text);
    list->attributes.nLength = sizeof list->attributes;
    list->attributes.lpSecurityDescriptor = list->memory;
    return BYN_OK;
}

/* Whoever is not the owner may use the object but not change its list: "GRGWGX". */
byn_status bynw_list_make(bynw_list *list, const byni_name *name, uint32_t mode)
{
    const char *user = self.user_text;
    char text[SDDL_SIZE], group[BYNW_SID_SIZE + 32] = "";

    if (!name->machine)
        mode = 0;
    if ((mode & 060) == 060)
        (void)snprintf(group, sizeof group, "(A;;GRGWGX;;;%s)", self.group_text);
    (void)snprintf(text, sizeof text, "O:%sD:P(A;;GA;;;%s)%s%s", user, user, group,
                   (mode & 06) == 06 ? "(A;;GRGWGX;;;WD)" : "");
    return from_text(list, text);
}

/*
 * The gate of a machine's name is there for an instant only, and may be made by somebody whom the object
 * will not admit; so it admits everyone. Who would keep it closed out of malice could as well take the
 * name itself.
 */
byn_status bynw_list_gate(bynw_list *list, const byni_name *name)
{
    return bynw_list_make(list, name, 0666);
}

/* The security descriptor of an object, in list->memory. */
static bool read_descriptor(bynw_list *list, HANDLE object)
{
    const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    DWORD size = USUAL_SIZE, needed = 0;

    for (;;) {
        list->memory = LocalAlloc(LMEM_FIXED, size);
        if (list->memory == NULL)
            return false;
        if (GetKernelObjectSecurity(object, what, list->memory, size, &needed))
            return true;
        bynw_list_free(list);
        if (GetLastError() != ERROR_INSUFFICIENT_BUFFER || needed <= size)
            return false;
        size = needed;
    }
}

byn_status bynw_list_of(bynw_list *list, HANDLE object, bool owned, const char *place)
{
    BOOL present, defaulted;
    PSID owner = NULL;
    PACL acl = NULL;

    memset(list, 0, sizeof *list);
    if (!read_descriptor(list, object) ||
        !GetSecurityDescriptorOwner(list->memory, &owner, &defaulted) ||
        !GetSecurityDescriptorDacl(list->memory, &present, &acl, &defaulted))
        return bynw_fail(GetLastError(), NULL, "cannot read the access list of %s", place);
    if (owned && (owner == NULL || !EqualSid(owner, &self.user.sid)))
        return byni_fail(BYN_E_ACCESS,
                         "%s belongs to another user, who has taken a name that is yours: find the "
                         "process and end it",
                         place);
    /* Without the owner: its parts belong to whoever makes them. */
    (void)InitializeSecurityDescriptor(&list->absolute, SECURITY_DESCRIPTOR_REVISION);
    (void)SetSecurityDescriptorDacl(&list->absolute, present, acl, FALSE);
    list->attributes.nLength = sizeof list->attributes;
    list->attributes.lpSecurityDescriptor = &list->absolute;
    return BYN_OK;
}

void bynw_list_free(bynw_list *list)
{
    if (list->memory != NULL)
        (void)LocalFree(list->memory);
    list->memory = NULL;
}
