#!/usr/bin/env bash
# What a shell and man(1) make of byname: completion in bash, the syntax of the other shells' files as far as
# they are installed, the manual pages, and outputs that are closed or no terminal.
#   shells_test.sh TOOL SOURCES (screen | text)
set -u
tool=$1
sources=$2/tools/byname/completion
view=${3:-screen}
scratch=$(mktemp -d) || exit 1
trap 'end; rm -rf "$scratch"' EXIT
export BYNAME_DIR=$scratch/objects
mkdir -m 700 "$BYNAME_DIR"
failed=0

end() {
    tmux -S "$scratch/tmux" kill-server 2>/dev/null
    [ -z "$(jobs -p)" ] || kill $(jobs -p) 2>/dev/null
    wait
}

fail() {
    echo "FAILED $*"
    failed=1
}

same() { # WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] || fail "$1: is \"$2\", expected \"$3\""
}

has() { # FILE
    command -v "$1" >/dev/null || { echo "skipped: there is no $1"; return 1; }
}

# ---- The umask

admits() { # UMASK EXPECTED
    local name=rights$1
    (umask "$1" && "$tool" value add "machine:$name" >/dev/null) || fail "machine:$name is not made"
    same "rights with umask $1" "$(stat -c %a "$BYNAME_DIR"/byname-machine/byname."$name")" "$2"
    "$tool" rm "machine:$name" || fail "machine:$name is not removed"
}
if [ "$view" = text ]; then
    admits 077 600
    admits 022 600
    admits 007 660
    admits 000 666
fi

# ---- Completion

. "$sources/byname.bash"

completes() { # EXPECTED LINE WORD...: the words as bash parts them
    local expected=$1
    COMP_LINE=$2 COMP_POINT=${#2}
    shift 2
    COMP_WORDS=("$tool" "$@") COMP_CWORD=$#
    COMP_LINE="$tool ${COMP_LINE#* }" COMP_POINT=${#COMP_LINE}
    _byname 2>/dev/null
    same "completion of \"$COMP_LINE\"" "${COMPREPLY[*]}" "$expected"
}

"$tool" dict set "Zoë's list" a b
"$tool" dict set other a b
"$tool" value set machine:prog 3
completes 'queue' 'byname que' que
completes 'put peek' 'byname queue p' queue p
completes '--json' 'byname ls --j' ls --j
completes '--nonblock --no-fork' 'byname run -l x --n' run -l x --n
completes "Zoë\\'s\\ list" 'byname dict get Z' dict get Z
completes "Zoë's list" "byname dict get \"Zoë's" dict get "\"Zoë's"
completes "Zoë\\'s\\ list" "byname dict get Zoë\\'s\\ l" dict get "Zoë\\'s\\ l"
completes 'prog' 'byname rm machine:p' rm machine : p
completes '' 'byname queue get ' queue get ''
completes 'differences' 'byname help dif' help dif
completes 'mktemp' 'byname event hold x -- mktem' event hold x -- mktem
"$tool" rm "Zoë's list" other machine:prog || fail "rm"

has zsh && { zsh -n "$sources/_byname" || fail "zsh: _byname"; }
if has fish; then
    fish -n "$sources/byname.fish" || fail "fish: byname.fish"
fi
if has pwsh; then
    pwsh -NoProfile -Command ". '$sources/byname.ps1'" || fail "pwsh: byname.ps1"
fi

# ---- Manual pages

"$tool" manual "$scratch/manual" || fail "manual"
[ -s "$scratch/manual/man7/byname.7" ] && [ -s "$scratch/manual/man1/byname-run.1" ] || fail "pages are missing"
if has mandoc; then
    mandoc -Tlint -Werror "$scratch"/manual/man?/* || fail "mandoc"
fi
if has groff; then
    for page in "$scratch"/manual/man?/*; do
        said=$(groff -man -ww -z -Kutf8 -Tutf8 "$page" 2>&1)
        same "groff of ${page##*/}" "$said" ""
    done
    text=$(groff -man -Kutf8 -Tutf8 "$scratch/manual/man1/byname-run.1" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g')
    [[ $text == *"-w, --timeout SECONDS"* && $text == *"./backup.sh"* ]] || fail "the page of run"
fi

# ---- Outputs

"$tool" value set number 5
for line in ls 'ls --json' 'show number' doctor help 'help run' 'map -- echo'; do
    echo word | "$tool" $line >&- 2>"$scratch/said"
    code=$?
    ((code == 1 || code == 125)) || fail "$line: exit code $code with a closed output"
    grep -q "the output could not be written" "$scratch/said" || fail "$line, closed: $(cat "$scratch/said")"
    echo word | "$tool" $line 2>"$scratch/said" | head -n 1 >/dev/null
    code=${PIPESTATUS[1]} # SIGPIPE is as good
    ((code == 0 || code == 1 || code == 141)) || fail "$line: exit code $code where nobody reads on"
    [ ! -s "$scratch/said" ] || fail "$line: stderr, which is no terminal, gets: $(cat "$scratch/said")"
    ! echo word | "$tool" $line 2>&1 | grep -q $'\x1b' || fail "$line: colours where there is no terminal"
done
"$tool" rm number >/dev/null || fail "rm"
if [ -e /dev/full ]; then
    "$tool" help >/dev/full 2>/dev/null
    same "exit code of a full output" $? 1
fi

# ---- Again and again

"$tool" event hold watched -- sh -c "until [ -e '$scratch/seen' ]; do sleep 0.05; done" &
until "$tool" show watched >/dev/null 2>&1; do sleep 0.05; done
"$tool" show --watch 0.05 watched >"$scratch/said" 2>&1 &
watching=$!
until (($(grep -c "^name  *watched" "$scratch/said") > 1)); do sleep 0.05; done
touch "$scratch/seen"
wait $watching
same "exit code of a watch whose object goes" $? 1
wait

# ---- A terminal

on_terminal() { # COMMAND
    tmux -S "$scratch/tmux" -f /dev/null new-session -d -x 250 -y 20 "$1"
}

press() { tmux -S "$scratch/tmux" send-keys "$1"; }

screen_has() { # TEXT...: all of them, and soon
    local text picture i
    for ((i = 0; i < 600; i++)); do
        picture=$(tmux -S "$scratch/tmux" capture-pane -p 2>/dev/null)
        for text; do [[ $picture == *"$text"* ]] || break; done
        [[ $picture == *"$text"* ]] && return
        sleep 0.05
    done
    fail "the screen lacks one of \"$*\", the last one looked for \"$text\": $picture"
}

if has tmux; then
    export LC_ALL=C.UTF-8
    lock="Zoë's \"lock\""
    "$tool" run -l "$lock" -- sleep 600 &
    until "$tool" show "$lock" 2>/dev/null | grep -q "^held *yes"; do sleep 0.05; done
    "$tool" run -l "$lock" -w 600 true &
    "$tool" event hold another -- sleep 600 &
    on_terminal "'$tool' top -d 0.1; echo \"ended with \$?\"; sleep 600"
    screen_has "2 objects, 1 holder, 1 waiter" "     1      1" "$lock" another
    if [ "$view" = screen ]; then
        press Enter
        screen_has "Esc: back" "$lock" "holds  " "waits  " "run -l $lock -w 600 true"
        press Escape
        screen_has "Enter: who?"
        press n
        press Down
        press Enter
        screen_has "Esc: back" another "Nobody holds it"
        press q
        screen_has "ended with 0"
    else
        press C-c
    fi
    on_terminal "'$tool' ls --watch 0.1"
    screen_has "NAME" another
    on_terminal "printf 'a\nb\n' | '$tool' map -j1 -k -- sh -c 'until [ -e $scratch/go_\$0 ]; do sleep 0.05; done; echo got \$0'; echo \"ended with \$?\"; sleep 600"
    screen_has "[......" "] of 2: 0 done, 0 failed, 1 running"
    touch "$scratch/go_a"
    screen_has "got a" "###...." "] of 2: 1 done"
    touch "$scratch/go_b"
    screen_has "got b" "ended with 0"
    on_terminal "NO_COLOR=1 '$tool' doctor; tput sgr0; echo \"ended with \$?\"; sleep 600"
    screen_has "ended with 0"
fi

[ $failed = 0 ] && echo "shells: all as expected"
exit $failed
