//! Completions for bash, with or without the package bash-completion.

use akv_xsoar::options::table::{COMMANDS, CommandRow, OptionRow, Takes, options};

use super::{MADE, Value, repeats};

/// `akv-xsoar.bash`.
pub fn completions() -> String {
    TEMPLATE
        .replace("@MADE@", MADE)
        .replace("@FILES@", &values_of(&Value::File))
        .replace("@OWNERS@", &values_of(&Value::Owner))
        .replace(
            "@VALUED@",
            &pattern(|row| row.takes != Takes::Nothing, " | "),
        )
        .replace("@REPEATED@", &pattern(repeats, " | "))
        .replace("@WORDS@\n", &words())
        .replace("@OPTIONS@\n", &all_options())
        .replace("@COMMANDS@", &super::commands().join(" "))
}

/// The options that are so, as a pattern of `case`.
fn pattern(wanted: impl Fn(&OptionRow) -> bool, between: &str) -> String {
    let names = options().filter(|row| wanted(row));
    let names: Vec<_> = names.map(|row| format!("--{}", row.name)).collect();
    names.join(between)
}

/// The options with such values, whatever the command, as a pattern of `case`.
fn values_of(kind: &Value) -> String {
    format!("*:{}", pattern(|row| Value::of(row) == *kind, " | *:"))
}

/// A branch for each option that has words of its own.
fn words() -> String {
    let branches = options().flat_map(|row| {
        let branch = |(command, words): (Option<&str>, Vec<&str>)| {
            let command = command.unwrap_or("*");
            let words = words.join(" ");
            format!("        {command}:--{}) list=\"{words}\" ;;\n", row.name)
        };
        super::words(row).into_iter().map(branch)
    });
    branches.collect()
}

fn all_options() -> String {
    let branch = |command: Option<&CommandRow>| {
        let name = command.map_or("''", |row| row.name);
        let known = pattern(
            |row| command.is_none_or(|command| row.belongs_to(command.verb)),
            " ",
        );
        format!("        {name}) list=\"{known}\" ;;\n")
    };
    let commands = COMMANDS.iter().map(Some);
    std::iter::once(None).chain(commands).map(branch).collect()
}

const TEMPLATE: &str = r#"# bash completion for akv-xsoar. @MADE@
# shellcheck shell=bash

_akv_xsoar() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} words=() starts=() word between i
    # The words as they were typed: to readline one ends at a `=` or `:`, too.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        between=${line%%[![:space:]]*}
        line=${line#"$between"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$line
        line=${line#"$word"}
        if [[ $i -eq 0 || -n $between ]]; then
            words+=("$word")
            starts+=("$i")
        else
            words[${#words[@]} - 1]+=$word
        fi
    done

    local command="" topic="" option="" given=" " last=$((${#words[@]} - 1))
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=""
            continue
        fi
        case $word in
        --)
            [[ $command != exec ]] || _akv_xsoar_other "${starts[i + 1]}"
            return
            ;;
        @VALUED@)
            option=$word
            given+="$word "
            ;;
        -*) given+="${word%%=*} " ;;
        *) if [[ -z $command ]]; then command=$word; else topic=$word; fi ;;
        esac
    done

    local typed=${words[last]} list="" before=""
    local value=$typed
    if [[ -z $option && $typed == --*=* ]]; then
        option=${typed%%=*}
        before=$option=
        value=${typed#*=}
    fi
    if [[ -n $option ]]; then
        case $command:$option in
@WORDS@
        @FILES@)
            # Readline's own.
            compopt -o default
            return
            ;;
        @OWNERS@) list=$(_akv_xsoar_owners "$value") ;;
        esac
    elif [[ $typed == -* ]]; then
        case $command in
@OPTIONS@
        esac
        # shellcheck disable=SC2086 # several words
        list=$(_akv_xsoar_left "$given" $list)
    elif [[ -z $command || ($command == help && -z $topic) ]]; then
        list="@COMMANDS@"
    fi
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$list" -- "$value")

    # Readline has what is before such an end already.
    local ends=${COMP_WORDBREAKS//[!=:]/}
    if [[ -n $ends ]]; then
        local kept=${typed##*["$ends"]}
        COMPREPLY=("${COMPREPLY[@]#"${typed%"$kept"}"}")
    fi
}

# _akv_xsoar_left GIVEN OPTION…: those that may be given yet.
_akv_xsoar_left() {
    local given=$1 option
    shift
    for option; do
        case $option in
        @REPEATED@) ;;
        *) [[ $given != *" $option "* ]] || continue ;;
        esac
        printf '%s ' "$option"
    done
}

# _akv_xsoar_owners VALUE: users, and behind a colon groups.
_akv_xsoar_owners() {
    case $1 in
    *:*) compgen -P "${1%%:*}:" -g -- "${1#*:}" ;;
    *) compgen -u -- "$1" ;;
    esac
}

# _akv_xsoar_other WORD: completes the command that begins with that word.
_akv_xsoar_other() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [[ $1 -eq $COMP_CWORD && ${COMP_WORDS[COMP_CWORD]} != */* ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o default
    fi
}

complete -F _akv_xsoar akv-xsoar
"#;
