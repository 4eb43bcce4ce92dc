//! Values that are hard to quote.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What means something to a shell, a parser or a reader of lines somewhere.
const NASTY: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "'\\''",
    "'\"'\"'",
    "$",
    "$x",
    "${",
    "${x}",
    "${x:-y}",
    "${A}",
    "${=:-",
    "$'\\n'",
    "}",
    "{",
    "$(id)",
    "$((1))",
    "`id`",
    "!",
    "!!",
    "#",
    " #",
    "=",
    ";",
    "&",
    "|",
    "<",
    ">",
    "(",
    ")",
    "*",
    "?",
    "[a]",
    "~",
    "%s",
    "%",
    "^",
    "\\n",
    "\\r",
    "\\x41",
    "\\u0041",
    "\\0",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{c}",
    "\u{1c}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{1}",
    "\u{7f}",
    "\u{1b}[31m",
    "\u{8}",
    "\nB_2='x'\n",
    "\nPASSWORD=\"",
    "'\nZ9=x",
    "\\\"\nexport A=x",
    "export ",
    "EOF\n",
    "é",
    "Á\u{c0}\u{c8}",
    "世界",
    "😀",
    "e\u{301}",
    "a",
    "B9",
    "_./:@%+,=-",
];

/// So many values.
pub fn some(count: usize) -> impl Strategy<Value = Vec<String>> {
    vec(value(), count)
}

fn value() -> impl Strategy<Value = String> {
    let nasty = || select(NASTY).prop_map(str::to_owned);
    prop_oneof![
        6 => vec(nasty(), 0..12).prop_map(|parts| parts.concat()),
        2 => vec(prop_oneof![nasty(), any::<char>().prop_map(String::from)], 0..20)
            .prop_map(|parts| parts.concat()),
        1 => any::<String>(),
        // As large as a vault takes, and larger.
        1 => (vec(nasty(), 1..4), 0..9_000_usize).prop_map(|(parts, times)| parts.concat().repeat(times)),
    ]
    .prop_map(|value: String| value.replace('\0', ""))
}

/// Many characters, each of them alone, and first, doubled and last.
pub fn each_character() -> Vec<String> {
    let characters = (1..0x250).chain(0x2000..0x2070);
    let characters = characters.chain([0xfeff, 0xfffd, 0x1f600, 0x10_ffff]);
    let values = |c: char| [format!("{c}"), format!("{c}a{c}{c}b{c}")];
    characters
        .filter_map(char::from_u32)
        .flat_map(values)
        .collect()
}
