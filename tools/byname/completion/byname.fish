# Completion of byname for fish. What may stand next, "byname complete" tells.

function __byname_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($words[1] complete -- $words[2..] "=$current" 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path $current
        case command
            if test "$answer[2]" = 0
                complete -C "$current"
            else
                __fish_complete_path $current
            end
        case words
            printf '%s\n' $answer[2..]
    end
end

complete -c byname -f -a '(__byname_complete)'
