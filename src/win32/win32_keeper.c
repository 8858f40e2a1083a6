/*
 * The keeper itself: a process that has kernel objects open, and nothing else. See win32_keep.c.
 */
#include "win32_keep.h"

#include <stdlib.h>
#include <string.h>

/* A letter is found after a beat at the latest, whatever became of the event that goes with it. */
enum { SIGNS = 2, LOOK_MS = 1000, BEAT_MS = 5000, TURN_MS = 20, BEGIN_MS = 300 };

/* One life of an object. */
typedef struct holding {
    uint64_t incarnation;
    HANDLE section;
    HANDLE part[BYNW_PARTS];
    HANDLE sign[SIGNS]; /* 'k', 'h' */
    char place[BYNW_NAME_SIZE];
} holding;

static struct {
    HANDLE alive, turn, ask, answer, mail;
    bynw_mailbox *box;
    holding *all;
    size_t count, room;
    bool looks; /* holds something of the machine, which others may set free */
} keeper;

/* ---- What it holds ----------------------------------------------------------------------------------------- */

/* In the opposite order of taking: as long as there is an 'h', its keeper has the parts. */
static void let_go(holding *one)
{
    int i;

    for (i = SIGNS; i-- > 0;)
        if (one->sign[i] != NULL)
            (void)CloseHandle(one->sign[i]);
    for (i = BYNW_PARTS; i-- > 0;)
        if (one->part[i] != NULL)
            (void)CloseHandle(one->part[i]);
    if (one->section != NULL)
        (void)CloseHandle(one->section);
}

static HANDLE make_sign(const holding *one, char letter, SECURITY_ATTRIBUTES *attributes)
{
    char name[BYNW_NAME_SIZE];
    wchar_t wide[BYNW_NAME_SIZE];

    bynw_name_part(one->place, one->incarnation, letter, 0, name);
    bynw_widen(name, wide);
    return CreateEventExW(attributes, wide, CREATE_EVENT_MANUAL_RESET,
                          SYNCHRONIZE | EVENT_MODIFY_STATE);
}

static byn_status make_signs(holding *one)
{
    bynw_list list;
    byn_status status = bynw_list_of(&list, one->section, false, one->place);

    if (status < 0)
        return status;
    one->sign[1] = make_sign(one, 'h', &list.attributes);
    one->sign[0] = make_sign(one, 'k', &list.attributes); /* last: it is said when it is so */
    if (one->sign[0] == NULL || one->sign[1] == NULL)
        status = bynw_fail(GetLastError(), NULL, "cannot create a sign of %s", one->place);
    bynw_list_free(&list);
    return status;
}

static byn_status take(holding *one, const bynw_letter *letter)
{
    byn_status status;
    int i;

    memset(one, 0, sizeof *one);
    memcpy(one->place, letter->place, sizeof one->place);
    one->incarnation = letter->incarnation;
    status = bynw_section_open(one->place, FILE_MAP_READ | READ_CONTROL, &one->section);
    for (i = 0; i < BYNW_PARTS && letter->part[i] != 0 && status == BYN_OK; i++)
        status = bynw_part_open(one->place, one->incarnation, letter->part[i], &one->part[i]);
    if (status == BYN_OK)
        status = make_signs(one);
    if (status < 0)
        let_go(one);
    return status;
}

static holding *find(const bynw_letter *letter)
{
    size_t i;

    for (i = 0; i < keeper.count; i++)
        if (keeper.all[i].incarnation == letter->incarnation &&
            strcmp(keeper.all[i].place, letter->place) == 0)
            return &keeper.all[i];
    return NULL;
}

static void drop(holding *one)
{
    let_go(one);
    *one = keeper.all[--keeper.count];
    byni_store32(&keeper.box->holds, (uint32_t)keeper.count);
}

static bool make_room(void)
{
    size_t room = keeper.room == 0 ? 16 : keeper.room * 2;
    holding *more;

    if (keeper.count < keeper.room)
        return true;
    more = realloc(keeper.all, room * sizeof *more);
    if (more == NULL)
        return false;
    keeper.all = more;
    keeper.room = room;
    return true;
}

/* It may be asked for one that it has: then nobody wants it let go any more. */
static byn_status hold(const bynw_letter *letter)
{
    holding *one = find(letter);
    byn_status status;

    if (one != NULL)
        return ResetEvent(one->sign[0]) ? BYN_OK : BYN_E_OS;
    if (!make_room())
        return BYN_E_NOMEM;
    status = take(&keeper.all[keeper.count], letter);
    if (status < 0)
        return status;
    keeper.looks = keeper.looks || strncmp(letter->place, "Global\\", 7) == 0;
    byni_store32(&keeper.box->holds, (uint32_t)++keeper.count);
    return BYN_OK;
}

static byn_status release(const bynw_letter *letter)
{
    holding *one = find(letter);

    if (one == NULL)
        return BYN_E_NOTFOUND;
    drop(one);
    return BYN_OK;
}

/* What others have set free: a remover that this keeper does not serve. */
static void look(void)
{
    bool machine = false;
    size_t i;

    for (i = keeper.count; i-- > 0;) {
        if (strncmp(keeper.all[i].place, "Global\\", 7) != 0)
            continue;
        if (WaitForSingleObject(keeper.all[i].sign[0], 0) == WAIT_OBJECT_0)
            drop(&keeper.all[i]);
        else
            machine = true;
    }
    keeper.looks = machine;
}

/* ---- Letters ------------------------------------------------------------------------------------------------ */

static bool is_sound(bynw_letter *letter)
{
    char prefix[BYNW_NAME_SIZE];
    bool machine = strncmp(letter->place, "Global\\", 7) == 0;
    const char *name = letter->place + (machine ? 7 : 6);

    if (memchr(letter->place, '\0', BYNW_NAME_SIZE) == NULL ||
        (!machine && strncmp(letter->place, "Local\\", 6) != 0))
        return false;
    return bynw_name_prefix(machine, prefix) == BYN_OK &&
           strncmp(name, prefix, strlen(prefix)) == 0 &&
           bynw_parts_are_sound(letter->part, UINT64_MAX);
}

static void serve(void)
{
    bynw_mailbox *box = keeper.box;
    uint32_t number = byni_load32(&box->asked);
    byn_status status = BYN_E_INVALID;
    bynw_letter letter;

    if (number % 2 != 0 || number == byni_load32(&box->answered))
        return;
    memcpy(&letter, &box->letter, sizeof letter);
    byni_fence();
    if (byni_load32(&box->asked) != number)
        return; /* its writer died, and another one writes: it will set the event */
    byni_crash_point("keeper.read");
    if (is_sound(&letter))
        status = letter.what == BYNW_HOLD      ? hold(&letter)
                 : letter.what == BYNW_RELEASE ? release(&letter)
                                               : BYN_E_UNSUPPORTED;
    byni_crash_point("keeper.done");
    byni_store32(&box->status, (uint32_t)status);
    byni_store32(&box->answered, number);
    byni_crash_point("keeper.answered");
    (void)SetEvent(keeper.answer);
}

/* ---- Its life ----------------------------------------------------------------------------------------------- */

/* Whoever waits for an answer has the section of a dead keeper open: it goes on in it. */
static byn_status make_mail(void)
{
    static const byni_name user = {false, ""};
    wchar_t wide[BYNW_NAME_SIZE];
    bynw_list list;
    byn_status status = bynw_list_make(&list, &user, 0);

    if (status < 0)
        return status;
    bynw_keeper_name("mail", wide);
    keeper.mail = CreateFileMappingW(INVALID_HANDLE_VALUE, &list.attributes, PAGE_READWRITE, 0,
                                     sizeof(bynw_mailbox), wide);
    bynw_list_free(&list);
    if (keeper.mail != NULL)
        keeper.box =
            MapViewOfFile(keeper.mail, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *keeper.box);
    if (keeper.box == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot make the keeper's mailbox");
    byni_crash_point("keeper.mail");
    byni_store32(&keeper.box->keeper, GetCurrentProcessId());
    byni_store32(&keeper.box->holds, 0);
    byni_store32(&keeper.box->version, BYNW_MAILBOX);
    return BYN_OK;
}

static byn_status begin(void)
{
    byn_status status;
    DWORD result;

    keeper.alive = bynw_keeper_mutex("alive", &status);
    if (keeper.alive == NULL)
        return status;
    /* A client that looks whether somebody has it has it for an instant itself. */
    result = WaitForSingleObject(keeper.alive, BEGIN_MS);
    if (result == WAIT_TIMEOUT) {
        (void)CloseHandle(keeper.alive);
        keeper.alive = NULL;
        return byni_fail(BYN_E_EXISTS, "there is a keeper already");
    }
    byni_crash_point("keeper.alive");
    keeper.turn = bynw_keeper_mutex("turn", &status);
    if (status == BYN_OK)
        keeper.ask = bynw_keeper_event("ask", &status);
    if (status == BYN_OK)
        keeper.answer = bynw_keeper_event("answer", &status);
    return status == BYN_OK ? make_mail() : status;
}

/* The turn goes last: who has it next finds nothing of this keeper. */
static void end(bool has_turn)
{
    HANDLE handles[] = {keeper.mail, keeper.ask, keeper.answer, keeper.alive, keeper.turn};
    size_t i;

    byni_crash_point("keeper.ending");
    while (keeper.count > 0)
        let_go(&keeper.all[--keeper.count]);
    free(keeper.all);
    if (keeper.box != NULL)
        (void)UnmapViewOfFile(keeper.box);
    for (i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        if (handles[i] == NULL)
            continue;
        if (handles[i] == keeper.alive || (handles[i] == keeper.turn && has_turn))
            (void)ReleaseMutex(handles[i]);
        (void)CloseHandle(handles[i]);
        if (handles[i] == keeper.mail)
            byni_crash_point("keeper.unmailed");
    }
    memset(&keeper, 0, sizeof keeper);
}

/* Nobody is asking, and nobody will find the mailbox: the turn is the keeper's until it has ended. */
static bool may_end(void)
{
    DWORD result;

    if (keeper.count > 0)
        return false;
    result = WaitForSingleObject(keeper.turn, 0);
    return result == WAIT_OBJECT_0 || result == WAIT_ABANDONED;
}

/* How long to sleep now; *since: when it last held something. */
static DWORD nap(byn_timeout idle, uint64_t *since)
{
    uint64_t now = bynk_clock(), waited;

    if (keeper.count > 0)
        *since = now;
    if (keeper.looks)
        return LOOK_MS;
    if (keeper.count > 0 || idle < 0)
        return BEAT_MS;
    waited = (now - *since) / NS_PER_MS;
    return waited < (uint64_t)idle
               ? (DWORD)((uint64_t)idle - waited < LOOK_MS ? (uint64_t)idle - waited : LOOK_MS)
               : 0;
}

byn_status bynk_keeper_run(byn_timeout idle)
{
    uint64_t since = bynk_clock();
    byn_status status = begin();
    bool over = false;
    DWORD time;

    while (status == BYN_OK && !over) {
        serve();
        if (keeper.looks)
            look();
        time = nap(idle, &since);
        over = time == 0 && may_end();
        /* It may end, but for a client that has the turn. */
        if (!over && WaitForSingleObject(keeper.ask, time > 0 ? time : TURN_MS) == WAIT_FAILED)
            status = bynw_fail(GetLastError(), NULL, "cannot wait for letters");
    }
    end(over);
    return status;
}
