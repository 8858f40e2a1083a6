# Completion of byname for bash. What may stand next, "byname complete" tells.

# Sets words and current: the words before the cursor, without their quotes. bash parts words at ":" and "=",
# which names have; parts is what of the current word stands in another part.
_byname_read() {
    local rest=${COMP_LINE:0:COMP_POINT} blanks word i
    words=() parts=
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blanks=${rest%%[^[:blank:]]*}
        rest=${rest#"$blanks"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        rest=${rest#"$word"}
        if ((i > 1)) && [[ -z $blanks && ($word == [:=]* || ${COMP_WORDS[i - 1]} == [:=]*) ]]; then
            word=${words[${#words[@]} - 1]}$word
            unset "words[${#words[@]} - 1]"
        fi
        words+=("$word")
    done
    current=${words[${#words[@]} - 1]}
    [[ $current != *[:=]* ]] || parts=${current%"${current##*[:=]}"}
    words=("${words[@]:1:${#words[@]} - 2}")
    for i in "${!words[@]}"; do
        word=${words[i]}
        word=${word#[\"\']} word=${word%[\"\']}
        words[i]=${word//\\/}
    done
}

_byname() {
    local words current parts answer line quote= plain
    COMPREPLY=()
    _byname_read
    plain=$current
    case $current in
    [\"\']*) quote=${current:0:1} plain=${current:1} ;;
    esac
    plain=${plain//\\/}
    mapfile -t answer < <("${COMP_WORDS[0]}" complete -- "${words[@]}" "=$plain" 2>/dev/null)
    case ${answer[0]-} in
    files) compopt -o default ;;
    command)
        if ((answer[1] == 0)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$plain" | sort -u)
        else
            compopt -o default
        fi
        ;;
    words)
        for line in "${answer[@]:1}"; do
            line=${line%%$'\t'*}
            line=${line#"$parts"}
            [[ -n $quote ]] || printf -v line %q "$line"
            COMPREPLY+=("$line")
        done
        ;;
    esac
}

complete -F _byname byname
