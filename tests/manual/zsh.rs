//! Completions for zsh.

use akv_xsoar::options::table::{COMMANDS, CommandRow, OptionRow, Takes, options};

use super::{MADE, Value, brief, repeats};

/// `_akv-xsoar`.
pub fn completions() -> String {
    let valued = options().filter(|row| row.takes != Takes::Nothing);
    let valued: Vec<_> = valued.map(|row| format!("--{}", row.name)).collect();
    TEMPLATE
        .replace("@MADE@", MADE)
        .replace("@VALUED@", &valued.join("|"))
        .replace("@OPTIONS@\n", &all_options())
        .replace("@COMMANDS@\n", &commands())
}

fn commands() -> String {
    let all = COMMANDS.iter().map(|row| (row.name, row.summary));
    let all = all.chain([("help", super::HELP)]);
    let line = |(name, summary)| format!("    {}\n", quoted(&format!("{name}:{summary}")));
    all.map(line).collect()
}

fn all_options() -> String {
    let branch = |command: Option<&CommandRow>| {
        let name = command.map_or("''", |row| row.name);
        let known = options()
            .filter(|row| command.is_none_or(|command| row.belongs_to(command.verb)))
            .map(|row| format!("        {}\n", quoted(&specification(row, command))));
        format!(
            "    ({name}) known=(\n{}      ) ;;\n",
            known.collect::<String>()
        )
    };
    let commands = COMMANDS.iter().map(Some);
    std::iter::once(None).chain(commands).map(branch).collect()
}

/// As `_arguments` wants it.
fn specification(row: &OptionRow, command: Option<&CommandRow>) -> String {
    let again = if repeats(row) { "*" } else { "" };
    let words = brief(row).replace('[', "\\[").replace(']', "\\]");
    let name = row.name;
    if row.takes == Takes::Nothing {
        return format!("{again}--{name}[{words}]");
    }
    let action = match Value::of(row) {
        Value::Words => format!("({})", row.words(command).join(" ")),
        Value::File => "_files".to_owned(),
        Value::Owner => "_akv-xsoar_owner".to_owned(),
        Value::Free => " ".to_owned(),
    };
    format!("{again}--{name}=[{words}]:{name}:{action}")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

const TEMPLATE: &str = r#"#compdef akv-xsoar
# zsh completion for akv-xsoar. @MADE@

_akv-xsoar() {
  local command word
  integer i value
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if ((value)); then
      value=0
      continue
    fi
    case $word in
    (--)
      [[ $command == exec ]] || break
      shift $i words
      ((CURRENT -= i))
      _normal
      return
      ;;
    (@VALUED@) value=1 ;;
    (-*) ;;
    (*) : ${command:=$word} ;;
    esac
  done

  local -a known
  case $command in
@OPTIONS@
    (help)
      _arguments '1: :_akv-xsoar_commands' '2: :_akv-xsoar_commands'
      return
      ;;
  esac
  # Where an option begins, a word about arguments would keep it from being completed.
  _arguments -S $known '1: :_akv-xsoar_commands' '*:CREDENTIAL:_guard "^-*" "VAULT/SECRET"'
}

_akv-xsoar_commands() {
  local -a commands=(
@COMMANDS@
  )
  _describe -t commands command commands
}

# A user, and behind a colon a group.
_akv-xsoar_owner() {
  if compset -P '*:'; then
    _groups
  else
    _users
  fi
}

if [[ $funcstack[1] == _akv-xsoar ]]; then
  _akv-xsoar "$@"
else
  compdef _akv-xsoar akv-xsoar
fi
"#;
