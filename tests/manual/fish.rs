//! Completions for fish.

use akv_xsoar::options::table::{COMMANDS, OptionRow, Takes, options};

use super::{MADE, Value, brief, repeats};

/// `akv-xsoar.fish`.
pub fn completions() -> String {
    let valued = options().filter(|row| row.takes != Takes::Nothing);
    let valued: Vec<_> = valued.map(|row| format!("--{}", row.name)).collect();
    TEMPLATE
        .replace("@MADE@", MADE)
        .replace("@VALUED@", &valued.join(" "))
        .replace("@NAMES@", &super::commands().join(" "))
        .replace("@COMMANDS@\n", &commands())
        .replace("@OPTIONS@\n", &options().map(option).collect::<String>())
}

fn commands() -> String {
    let all = COMMANDS.iter().map(|row| (row.name, row.summary));
    let all = all.chain([("help", super::HELP)]);
    let line = |(name, summary): (&str, &str)| {
        format!(
            "complete -c akv-xsoar -n __akv_xsoar_wants_command -a {name} -d {}\n",
            quoted(summary)
        )
    };
    all.map(line).collect()
}

/// One line; more where commands know different words.
fn option(row: &OptionRow) -> String {
    let value = match Value::of(row) {
        Value::Words => {
            let own: Vec<_> = super::words(row);
            let apart: Vec<_> = own.iter().filter_map(|(command, _)| *command).collect();
            let line = |(command, words): &(Option<&'static str>, Vec<&str>)| {
                let commands = match command {
                    Some(command) => vec![*command],
                    None => names(row)
                        .into_iter()
                        .filter(|name| !apart.contains(name))
                        .collect(),
                };
                line(
                    row,
                    &commands,
                    &format!(" -x -a {}", quoted(&words.join(" "))),
                )
            };
            return own.iter().map(line).collect();
        }
        Value::File => " -r -F",
        Value::Owner => " -x -a '(__akv_xsoar_owner)'",
        Value::Free if row.takes == Takes::Nothing => "",
        Value::Free => " -x",
    };
    line(row, &names(row), value)
}

/// The commands that know it.
fn names(row: &OptionRow) -> Vec<&'static str> {
    let known = COMMANDS
        .iter()
        .filter(|command| row.belongs_to(command.verb));
    known.map(|command| command.name).collect()
}

fn line(row: &OptionRow, commands: &[&str], value: &str) -> String {
    let name = row.name;
    let fits = if repeats(row) {
        format!("__akv_xsoar_in {}", commands.join(" "))
    } else {
        format!("__akv_xsoar_once {name} {}", commands.join(" "))
    };
    let words = quoted(brief(row));
    format!("complete -c akv-xsoar -n '{fits}' -l {name}{value} -d {words}\n")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

const TEMPLATE: &str = r#"# fish completion for akv-xsoar. @MADE@

# The words that are neither options nor their values, up to what follows `--`: the command is the first.
function __akv_xsoar_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l value no
    for word in $words
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case --
                return
            case @VALUED@
                set value yes
            case '-*'
            case '*'
                printf '%s\n' $word
        end
    end
end

function __akv_xsoar_wants_command
    set -l words (__akv_xsoar_words)
    test (count $words) -eq 0; or test "$words" = help
end

# __akv_xsoar_in COMMAND…: is it one of these, or none yet?
function __akv_xsoar_in
    set -l words (__akv_xsoar_words)
    not set -q words[1]; or contains -- $words[1] $argv
end

# __akv_xsoar_once OPTION COMMAND…: the same, and the option was not given before.
function __akv_xsoar_once
    set -l option --$argv[1]
    set -e argv[1]
    __akv_xsoar_in $argv; or return
    set -l words (commandline -opc)
    # Where its value is wanted it is the last word itself.
    string match -q -- '-*' (commandline -ct); or set -e words[-1]
    for word in $words
        if test "$word" = $option; or string match -q -- "$option=*" $word
            return 1
        end
    end
end

# Users, and behind a colon groups.
function __akv_xsoar_owner
    set -l typed (commandline -ct | string replace -r '^--owner=' '')
    if string match -q -- '*:*' $typed
        set -l user (string split -m 1 : -- $typed)[1]
        for group in (__fish_complete_groups)
            printf '%s:%s\n' $user $group
        end
    else
        __fish_complete_users
    end
end

# The other command's words, which follow `exec … --`.
function __akv_xsoar_other
    set -l words (__akv_xsoar_words)
    test "$words[1]" = exec; or return
    set words (commandline -opc)
    set -l at (contains -i -- -- $words); or return
    set -e words[1..$at]
    printf '%s\n' (string escape -- $words) (commandline -ct) | string join ' '
end

complete -c akv-xsoar -f
complete -c akv-xsoar -n 'test -n "$(__akv_xsoar_other)"' -x -a '(complete -C (__akv_xsoar_other))'
@COMMANDS@
@OPTIONS@
"#;
