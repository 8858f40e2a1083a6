/*
 * Objects that outlive their users.
 *
 * The kernel drops an object with its last handle, so somebody has to hold one. That is the keeper: one
 * process for each user and session (`byname keeper`), started by whoever first needs it, which has all
 * kernel objects of every kept object open, and ends when it holds nothing any more. It could be a file
 * instead, but only for the bytes: whether an event is set and whether a mutex was abandoned is known to
 * the kernel alone, and goes with the last handle.
 *
 * What it knows. Names of kernel objects, in a letter: the section and the parts of one life. So it serves
 * programs of other builds too. For each life that it holds there are two events beside the parts: 'k' says
 * to everybody that it is kept; 'h' is held by keepers only.
 *
 * Asking. A client takes its turn, writes its letter into the mailbox and waits for the answer, or for the
 * mutex `alive`, which comes to it when the keeper dies: then it starts another one and asks that, a few
 * times. Every wait is bounded, and the keeper looks for a letter with each heartbeat too. Two keepers are impossible, because `alive` has one owner. A keeper ends with the turn in its
 * hand: a client that waits for the turn meanwhile then finds no mailbox, and starts another one.
 *
 * Who asks for `keep` has the object open, so its life cannot end before the keeper has it. If the keeper is
 * killed, the object goes on as one that is not kept, with its users; the next one that asks for `keep` finds
 * no 'k' and starts another keeper.
 *
 * Removing. With the gate the remover says REMOVING in the header, so that openers, who take no gate
 * otherwise, come to it and wait. Who came before has its parts open, and looks at the header once more
 * after that: either the remover sees its handle or it sees REMOVING. The kernel tells how many handles
 * a part has, and how many 'h' has: if there are no more than the keepers', nobody uses the object, and the
 * keeper is told to let go. Otherwise READY is put back. A remover that dies leaves REMOVING, which the
 * next in the gate takes for READY: what is still held is still kept.
 *
 * An object of the machine may be kept by keepers of several users. Only its own user's can be asked; the
 * others see 'k' set, within a second.
 */
#include "win32_keep.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, REMOVE_S = 10, POLL_MS = 2, LOOK_MS = 500, TRIES = 3 };

/* ---- Names ----------------------------------------------------------------------------------------------- */

void bynw_keeper_name(const char *which, wchar_t wide[BYNW_NAME_SIZE])
{
    char name[BYNW_NAME_SIZE];

    (void)snprintf(name, sizeof name, "Local\\byname.%s#keeper.%s", bynw_user(), which);
    bynw_widen(name, wide);
}

static HANDLE make(const char *which, bool mutex, byn_status *status)
{
    static const byni_name user = {false, ""};
    wchar_t wide[BYNW_NAME_SIZE];
    HANDLE made = NULL;
    bynw_list list;

    *status = bynw_list_make(&list, &user, 0);
    if (*status < 0)
        return NULL;
    bynw_keeper_name(which, wide);
    made = mutex ? CreateMutexExW(&list.attributes, wide, 0, SYNCHRONIZE | MUTEX_MODIFY_STATE)
                 : CreateEventExW(&list.attributes, wide, 0, SYNCHRONIZE | EVENT_MODIFY_STATE);
    if (made == NULL)
        *status = bynw_fail(GetLastError(), NULL, "cannot open the keeper's %s \"%s\"",
                            mutex ? "mutex" : "event", which);
    bynw_list_free(&list);
    return made;
}

HANDLE bynw_keeper_mutex(const char *which, byn_status *status)
{
    return make(which, true, status);
}

HANDLE bynw_keeper_event(const char *which, byn_status *status)
{
    return make(which, false, status);
}

/* ---- Asking the keeper ----------------------------------------------------------------------------------- */

typedef struct line {
    HANDLE alive, ask, answer, mail;
    bynw_mailbox *box;
    bynk_deadline deadline;
} line;

static void hang_up(line *to)
{
    HANDLE handles[] = {to->alive, to->ask, to->answer, to->mail};
    size_t i;

    if (to->box != NULL)
        (void)UnmapViewOfFile(to->box);
    for (i = 0; i < sizeof handles / sizeof handles[0]; i++)
        if (handles[i] != NULL)
            (void)CloseHandle(handles[i]);
    to->alive = to->ask = to->answer = to->mail = NULL;
    to->box = NULL;
}

static bool keeper_lives(const line *to)
{
    if (WaitForSingleObject(to->alive, 0) == WAIT_TIMEOUT)
        return true;
    (void)ReleaseMutex(to->alive);
    return false;
}

/* BYN_E_NOTFOUND, without a cause: there is no section. */
static byn_status open_mail(line *to)
{
    wchar_t wide[BYNW_NAME_SIZE];
    bynw_list list;
    byn_status status;

    bynw_keeper_name("mail", wide);
    to->mail = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE | READ_CONTROL, FALSE, wide);
    if (to->mail == NULL && GetLastError() == ERROR_FILE_NOT_FOUND)
        return BYN_E_NOTFOUND;
    if (to->mail == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot open the keeper's mailbox");
    status = bynw_list_of(&list, to->mail, true, "the keeper's mailbox");
    if (status < 0)
        return status;
    bynw_list_free(&list);
    to->box = MapViewOfFile(to->mail, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *to->box);
    if (to->box == NULL)
        return bynw_fail(GetLastError(), NULL, "cannot map the keeper's mailbox");
    return BYN_OK;
}

/* BYN_E_NOTFOUND, without a cause: there is no keeper, or not yet. */
static byn_status dial(line *to)
{
    byn_status status = open_mail(to);

    if (status == BYN_OK && byni_load32(&to->box->version) == 0)
        status = BYN_E_NOTFOUND;
    else if (status == BYN_OK && byni_load32(&to->box->version) != BYNW_MAILBOX)
        status = byni_fail(BYN_E_MISMATCH,
                           "the keeper (process %lu) is of another version of byname: end what it "
                           "keeps with byname rm --all, then it ends too",
                           (unsigned long)byni_load32(&to->box->keeper));
    if (status == BYN_OK)
        to->alive = bynw_keeper_mutex("alive", &status);
    if (status == BYN_OK && !keeper_lives(to))
        status = BYN_E_NOTFOUND;
    if (status == BYN_OK)
        to->ask = bynw_keeper_event("ask", &status);
    if (status == BYN_OK)
        to->answer = bynw_keeper_event("answer", &status);
    if (status < 0)
        hang_up(to);
    return status;
}

/* Until the process is the keeper, or has ended: BYN_E_NOTFOUND, without a cause, if then there is none. */
static byn_status dial_until_ended(line *to, HANDLE process)
{
    bool ended = false;
    byn_status status;

    while ((status = dial(to)) == BYN_E_NOTFOUND && !ended) {
        if (bynk_clock() >= to->deadline)
            return byni_fail(BYN_E_TIMEDOUT, "the keeper of kept objects does not come up");
        ended = WaitForSingleObject(process, POLL_MS) == WAIT_OBJECT_0;
    }
    return status;
}

/*
 * A process that has just been started becomes the keeper, or finds that another one is; that one may not have
 * its mailbox yet, and either may be killed. So it is tried again.
 */
static byn_status dial_new(line *to)
{
    byn_status status = BYN_E_NOTFOUND;
    DWORD code = 0;
    int i;

    for (i = 0; i < TRIES && status == BYN_E_NOTFOUND; i++) {
        HANDLE process = bynw_keeper_start(&status);

        if (process == NULL)
            return status;
        byni_crash_point("keep.started");
        status = dial_until_ended(to, process);
        (void)GetExitCodeProcess(process, &code);
        (void)CloseHandle(process);
    }
    if (status == BYN_E_NOTFOUND)
        return byni_fail(BYN_E_UNSUPPORTED,
                         "the keeper of kept objects ended at once, again and again (exit code "
                         "%lu): look at what \"byname keeper\" says",
                         (unsigned long)code);
    return status;
}

static byn_status keeper_is_silent(const line *to)
{
    return byni_fail(BYN_E_TIMEDOUT,
                     "the keeper (process %lu) does not answer: look whether it is stopped, and "
                     "let it go on or end it",
                     (unsigned long)byni_load32(&to->box->keeper));
}

/* BYN_E_PEERDIED: it did, before the answer. */
static byn_status await_answer(const line *to, uint32_t number)
{
    HANDLE either[] = {to->answer, to->alive};

    while (byni_load32(&to->box->answered) != number) {
        uint64_t left = byni_remaining(to->deadline, UINT64_MAX);
        DWORD result = WaitForMultipleObjects(2, either, FALSE, bynw_milliseconds(left));

        if (result == WAIT_OBJECT_0 + 1 || result == WAIT_ABANDONED_0 + 1) {
            (void)ReleaseMutex(to->alive);
            if (byni_load32(&to->box->answered) != number)
                return BYN_E_PEERDIED;
        } else if (result == WAIT_FAILED) {
            return bynw_fail(GetLastError(), NULL, "cannot wait for the keeper");
        } else if (result == WAIT_TIMEOUT && left == 0) {
            return keeper_is_silent(to);
        }
    }
    return BYN_OK;
}

/*
 * Who gives up has asked for nothing: a keeper that goes on later finds no letter. One that was just doing what
 * it says may have done it.
 */
static byn_status withdraw(const line *to, uint32_t number, byn_status status)
{
    byni_store32(&to->box->asked, number + 1);
    byni_fence();
    return byni_load32(&to->box->answered) == number ? BYN_OK : status;
}

/* In the caller's turn. */
static byn_status post(const line *to, const bynw_letter *letter)
{
    bynw_mailbox *box = to->box;
    uint32_t number = (byni_load32(&box->asked) | 1) + 1;
    byn_status status;

    byni_store32(&box->asked, number - 1);
    byni_fence();
    memcpy(&box->letter, letter, sizeof *letter);
    byni_crash_point("keep.written");
    byni_store32(&box->asked, number);
    byni_crash_point("keep.asked");
    (void)SetEvent(to->ask);
    status = await_answer(to, number);
    if (status < 0 && status != BYN_E_PEERDIED)
        status = withdraw(to, number, status);
    byni_crash_point("keep.answered");
    if (status < 0)
        return status;
    status = (byn_status)(int32_t)byni_load32(&box->status);
    return status < 0 ? byni_fail(status, "the keeper (process %lu) says: %s",
                                  (unsigned long)byni_load32(&box->keeper), byn_status_text(status))
                      : BYN_OK;
}

/* In the caller's turn. */
static byn_status ask(const bynw_letter *letter, bool start, bynk_deadline deadline)
{
    line to = {NULL, NULL, NULL, NULL, NULL, deadline};
    byn_status status;
    int i = 0;

    do {
        status = dial(&to);
        if (status == BYN_E_NOTFOUND && start)
            status = dial_new(&to);
        if (status < 0)
            return status;
        status = post(&to, letter);
        hang_up(&to);
    } while (status == BYN_E_PEERDIED && ++i < TRIES && bynk_clock() < deadline);
    if (status == BYN_E_PEERDIED)
        return byni_fail(status, "one keeper after the other ends before it answers");
    return status;
}

/* start: a keeper, if there is none; otherwise BYN_E_NOTFOUND, without a cause. */
static byn_status ask_keeper(const bynw_letter *letter, bool start)
{
    bynk_deadline deadline = bynk_clock() + (uint64_t)byni_crash_time(TIMEOUT_MS) * NS_PER_MS;
    byn_status status;
    HANDLE turn = bynw_keeper_mutex("turn", &status);
    DWORD result;

    if (turn == NULL)
        return status;
    result = bynw_wait(turn, deadline);
    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED) {
        byni_crash_point("keep.turn");
        status = ask(letter, start, deadline);
        (void)ReleaseMutex(turn);
    } else {
        status =
            byni_fail(BYN_E_TIMEDOUT, "other processes have been asking the keeper for too "
                                      "long: look for a stopped one and let it go on or kill it");
    }
    (void)CloseHandle(turn);
    return status;
}

/* Somebody has asked, and there is no answer yet. */
static bool is_pending(const line *to)
{
    const uint32_t asked = byni_load32(&to->box->asked);

    return asked % 2 == 0 && byni_load32(&to->box->answered) != asked;
}

/* Letters that are answered meanwhile are others. */
static bool answers(const line *to)
{
    const uint32_t asked = byni_load32(&to->box->asked);
    const bynk_deadline deadline = bynk_clock() + (uint64_t)LOOK_MS * NS_PER_MS;

    while (is_pending(to) && byni_load32(&to->box->asked) == asked && bynk_clock() < deadline)
        Sleep(POLL_MS);
    return !is_pending(to) || byni_load32(&to->box->asked) != asked;
}

byn_status bynk_keeper_look(uint32_t *pid, uint32_t *keeps)
{
    line to = {NULL, NULL, NULL, NULL, NULL, 0};
    byn_status status = dial(&to);

    if (status < 0)
        return status;
    *pid = byni_load32(&to.box->keeper);
    *keeps = byni_load32(&to.box->holds);
    if (!answers(&to))
        status = keeper_is_silent(&to);
    hang_up(&to);
    return status;
}

static void write_letter(bynw_letter *letter, const char *place, uint64_t incarnation,
                         const uint64_t part[BYNW_PARTS])
{
    memset(letter, 0, sizeof *letter);
    letter->incarnation = incarnation;
    memcpy(letter->part, part, sizeof letter->part);
    memcpy(letter->place, place, strlen(place) + 1);
}

/* ---- Is it kept? ------------------------------------------------------------------------------------------ */

static HANDLE open_sign(const char *place, uint64_t incarnation, char letter, DWORD access)
{
    char name[BYNW_NAME_SIZE];
    wchar_t wide[BYNW_NAME_SIZE];

    bynw_name_part(place, incarnation, letter, 0, name);
    bynw_widen(name, wide);
    return OpenEventW(access, FALSE, wide);
}

HANDLE bynw_keepers_sign(const char *place, uint64_t incarnation)
{
    return open_sign(place, incarnation, 'h', SYNCHRONIZE);
}

bool bynw_is_kept(const char *place, uint64_t incarnation)
{
    HANDLE sign = open_sign(place, incarnation, 'k', SYNCHRONIZE);
    bool kept;

    if (sign == NULL)
        return GetLastError() == ERROR_ACCESS_DENIED;
    kept = WaitForSingleObject(sign, 0) == WAIT_TIMEOUT; /* set: it is being let go */
    (void)CloseHandle(sign);
    return kept;
}

byn_status bynk_segment_keep(bynk_segment *segment)
{
    bynw_letter letter;

    if (bynw_is_kept(segment->place, segment->incarnation))
        return BYN_OK;
    write_letter(&letter, segment->place, segment->incarnation, segment->part_key);
    letter.what = BYNW_HOLD;
    return ask_keeper(&letter, true);
}

/* ---- Removing ---------------------------------------------------------------------------------------------- */

typedef struct object_information {
    ULONG attributes, access, handles, references, rest[10];
} object_information;

typedef LONG(NTAPI *query_object)(HANDLE handle, int what, void *buffer, ULONG size, ULONG *used);

bool bynw_count_handles(HANDLE handle, unsigned *count)
{
    query_object query = (query_object)bynw_native("NtQueryObject");
    object_information about;

    memset(&about, 0, sizeof about);
    if (query == NULL ||
        query(handle, 0 /* ObjectBasicInformation */, &about, sizeof about, NULL) < 0)
        return false;
    *count = about.handles;
    return true;
}

/* Whether nobody but keepers has it open; looks again for a while, for others may be looking too. */
static byn_status is_unused(const char *place, uint64_t incarnation, uint64_t key, bool *unused)
{
    enum { TIMES = 30 };
    HANDLE part = NULL, held = bynw_keepers_sign(place, incarnation);
    byn_status status = bynw_part_open(place, incarnation, key, &part);
    unsigned users = 0, keepers = 0;
    bool told = held != NULL && part != NULL;
    int i;

    *unused = false;
    for (i = 0; i < TIMES && told && !*unused; i++) {
        if (i > 0)
            Sleep(1);
        told = bynw_count_handles(held, &keepers) && bynw_count_handles(part, &users);
        *unused = told && users <= keepers;
    }
    if (held != NULL && part != NULL && !told)
        status =
            byni_fail(BYN_E_UNSUPPORTED, "the system does not tell whether %s is in use", place);
    if (part != NULL)
        (void)CloseHandle(part);
    if (held != NULL)
        (void)CloseHandle(held);
    return status;
}

/* Keepers of other users. */
static bool let_others_go(const char *place, uint64_t incarnation)
{
    bynk_deadline deadline = bynk_clock() + (uint64_t)REMOVE_S * NS_PER_S;
    HANDLE sign;

    while ((sign = open_sign(place, incarnation, 'k', EVENT_MODIFY_STATE)) != NULL &&
           bynk_clock() < deadline) {
        (void)SetEvent(sign);
        (void)CloseHandle(sign);
        Sleep(POLL_MS);
    }
    if (sign != NULL)
        (void)CloseHandle(sign);
    return sign == NULL && GetLastError() == ERROR_FILE_NOT_FOUND;
}

static byn_status fail_in_use(void)
{
    return byni_fail(BYN_E_EXISTS, "it is in use, and is kept: end its users first");
}

/* With the gate, and REMOVING in the header. */
static byn_status release(const char *place, uint64_t incarnation, const uint64_t part[BYNW_PARTS])
{
    bynw_letter letter;
    HANDLE left = NULL;
    bool unused;
    byn_status status = is_unused(place, incarnation, part[0], &unused);

    if (status == BYN_OK && !unused)
        status = fail_in_use();
    if (status < 0)
        return status;
    byni_crash_point("keep.unused");
    write_letter(&letter, place, incarnation, part);
    letter.what = BYNW_RELEASE;
    status = ask_keeper(&letter, false);
    byni_crash_point("keep.released");
    if (status < 0 && status != BYN_E_NOTFOUND)
        return status;
    if (!let_others_go(place, incarnation))
        return byni_fail(BYN_E_ACCESS,
                         "%s is kept by another user's keeper, which does not let it go", place);
    /* Had a keeper died while handles were counted, one of them could have been a user's. */
    if (bynw_part_open(place, incarnation, part[0], &left) == BYN_OK) {
        (void)CloseHandle(left);
        return fail_in_use();
    }
    return BYN_OK;
}

byn_status bynw_release_kept(byni_header *header, const char *place)
{
    uint64_t part[BYNW_PARTS], incarnation = header->incarnation;
    byn_status status;

    memcpy(part, header->area.part, sizeof part);
    if (!bynw_parts_are_sound(part, byni_load64(&header->size)))
        return byni_fail(BYN_E_CORRUPT, "the list of its parts is broken");
    byni_store32(&header->state, BYNI_REMOVING);
    byni_fence();
    byni_crash_point("keep.removing");
    status = release(place, incarnation, part);
    if (status < 0)
        byni_store32(&header->state, BYNI_READY);
    return status;
}
