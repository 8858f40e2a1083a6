#include "topics.h"

#include <stddef.h>
#include <string.h>

const topic topics[] = {
    {"names", "what an object may be called, and who sees it",
     "An object is what all who say its name have in common. A name is 1 to 255 bytes of UTF-8\n"
     "without control characters; blanks, quotes and letters of any script are allowed, so quote\n"
     "it as your shell wants it:\n"
     "\n"
     "  byname run --lock \"Zo\xc3\xab's backup\" -- ./backup.sh\n"
     "\n"
     "One that begins with a dash stands behind \"--\", and a command behind another one:\n"
     "\n"
     "  byname event hold -- -x -- ./all.sh\n"
     "\n"
     "A name belongs to the user: another user's object of that name is another one. With\n"
     "\"machine:\" in front it is the same for all users of the machine. As a file it is open to\n"
     "whom the umask of who makes it admits: 077 the user alone, 007 the group, too, 0 all:\n"
     "\n"
     "  umask 0\n"
     "  byname run --lock machine:printer -- lp report.pdf\n"
     "\n"
     "All kinds share the names: what is a mutex cannot be an event as well. \"byname ls\" lists\n"
     "what there is, and \"byname show NAME\" tells all about one.\n"},
    {"life", "when an object begins and ends, and what is kept",
     "An object lives while a process has it open; a killed process counts as having closed it.\n"
     "So a lock, an event or a barrier is gone when the last command that uses it has ended, and\n"
     "nothing has to be cleaned up.\n"
     "\n"
     "What keeps it: a program that has it open, or \"byname NOUN hold NAME -- COMMAND\", which\n"
     "has it open while a command runs.\n"
     "\n"
     "Data are to be found by the next command. So what \"byname dict\", \"list\", \"queue\", "
     "\"value\"\n"
     "and \"array\" make is kept: it stays when nobody has it open, until \"byname rm NAME\" or "
     "the\n"
     "end of the system (on Windows: of the session). An object that a program made goes with its\n"
     "last user, unless that program asked for keep.\n"
     "\n"
     "  byname value add visitors    # makes it, prints 1\n"
     "  byname value add visitors    # prints 2\n"
     "  byname rm visitors\n"},
    {"death", "what happens when a process is killed",
     "Nobody waits for the dead. When a process is killed, by SIGKILL, the end of memory or the\n"
     "task manager, the system gives back what it held, and whoever gets it next is told:\n"
     "\n"
     "  byname run: warning: the last owner (byname, pid 4711) died holding \"accounts\"; what it\n"
     "  guards may be half-changed\n"
     "\n"
     "The lock is held then and usable; look at what it guards, for only you can know whether it\n"
     "is whole. \"byname repair NAME\" takes the mark away when you know that it is.\n"
     "\n"
     "A byname that runs a command and is killed takes the command along, so that this does not\n"
     "go on without the lock. Permits of a semaphore come back, a reader's share too, a barrier\n"
     "breaks for all who wait, a value, a dictionary, a list or a queue has the old contents or\n"
     "the new ones and nothing between.\n"
     "\n"
     "What killed processes left is removed by the next open, by \"byname ls\", or by \"byname "
     "gc\".\n"},
    {"timeouts", "how long a command waits",
     "A command that waits waits for ever, unless it is told otherwise:\n"
     "\n"
     "  -n             do not wait at all\n"
     "  -w SECONDS     wait no longer; 0.25 is a quarter of a second\n"
     "  -E N           exit code if that was too long, instead of 124\n"
     "  -v             tell what is waited for, and who has it\n"
     "\n"
     "The time is counted by a clock that nobody can set, and a wait never ends early. Time that\n"
     "the machine sleeps counts on Windows only. Exit code 124 means that nothing was taken and,\n"
     "where there is a command, that it was not run.\n"},
    {"exit-codes", "what the exit code says",
     "Without a command to run:\n"
     "\n"
     "  0    done\n"
     "  1    failed; stderr says why. Also the \"no\" of what is asked: event get, dict has\n"
     "  2    the command line was not understood\n"
     "  3    a barrier is broken, or the other end of a pipe died\n"
     "  124  a wait took too long\n"
     "\n"
     "With a command, as of \"byname run\":\n"
     "\n"
     "  the command's own, or 128 + n if signal n ended it\n"
     "  124  what was waited for was not to be had; the command was not run\n"
     "  125  byname failed, or did not understand its command line\n"
     "  126  the command is there but cannot be run\n"
     "  127  there is no such command\n"
     "\n"
     "\"byname map\" has 123 if some of its commands failed, and 130 or 143 if it was "
     "interrupted.\n"},
    {"scripts", "how a script uses it, and what to write instead of flock and sem",
     "One at a time, instead of flock(1):\n"
     "\n"
     "  byname run --lock backup -n -- ./backup.sh || echo \"it is running already\"\n"
     "\n"
     "At most four at a time, instead of GNU sem:\n"
     "\n"
     "  byname run --semaphore net --max 4 -- curl -sfO \"$url\" &\n"
     "\n"
     "One command for each line of a file, instead of xargs -P:\n"
     "\n"
     "  byname map -j 8 -- ./convert {} < files.txt\n"
     "\n"
     "Wait until another script is ready:\n"
     "\n"
     "  byname event wait ready -w 60 && ./go.sh\n"
     "\n"
     "Two locks, without a deadlock whatever the order:\n"
     "\n"
     "  byname run -l left -l right -- ./needs-both.sh\n"
     "\n"
     "Jobs for whoever is free:\n"
     "\n"
     "  byname queue put jobs < jobs.txt\n"
     "  byname queue watch jobs | while read -r job; do ./do.sh \"$job\"; done\n"
     "\n"
     "For programs, \"--json\" prints what ls, show and the like tell. Output for people goes to\n"
     "stdout only where it was asked for; what goes wrong goes to stderr.\n"},
    {"differences", "what is not the same on Windows and elsewhere",
     "The commands are the same. What differs:\n"
     "\n"
     "A name belongs to a user; on Windows to one session of a user. Making \"machine:\" objects\n"
     "takes a right there which services and administrators have.\n"
     "\n"
     "Objects are files in /dev/shm, or in the directory that BYNAME_DIR names; on Windows they\n"
     "are objects of the kernel. What is kept there is kept by a process, \"byname keeper\".\n"
     "\n"
     "Windows has no signals: SIGTERM and its like cannot be passed on, and a command that is\n"
     "asked to end is killed, with exit code 137.\n"
     "\n"
     "\"byname run -c TEXT\" gives the text to sh, or to cmd.exe.\n"},
    {NULL, NULL, NULL}};

const topic *topic_find(const char *name)
{
    const topic *t;

    for (t = topics; t->name != NULL; t++) {
        if (strcmp(t->name, name) == 0)
            return t;
    }
    return NULL;
}
