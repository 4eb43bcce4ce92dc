//! How python-dotenv reads a file (its `parser.py` and `variables.py`), with nothing in the environment: 1.2.3,
//! and the versions before it, whose quotes end elsewhere.

use std::collections::HashMap;

type Variables = Vec<(String, String)>;

/// The variables as python-dotenv 1.2.3 reads them; nothing where it finds an error.
pub fn new_dotenv(text: &str) -> Option<Variables> {
    read(text, quoted_as_now)
}

/// As the versions before it do.
pub fn old_dotenv(text: &str) -> Option<Variables> {
    read(text, quoted_as_before)
}

/// What stands in quotes at a text's beginning, and what follows them.
type Quoted = fn(&str, char) -> Option<(&str, &str)>;

fn read(text: &str, quoted: Quoted) -> Option<Variables> {
    // Python opens files with universal newlines.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut raw = Vec::new();
    loop {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| matches!(c, '=' | '#') || is_space(c))?;
        let (name, behind) = (&rest[..end], rest[end..].strip_prefix('=')?);
        let trimmed = behind.trim_start_matches(is_blank);
        let (value, behind) = match trimmed.chars().next() {
            Some('#') if trimmed.len() < behind.len() => (String::new(), trimmed),
            Some(quote @ ('\'' | '"')) => {
                let (inner, behind) = quoted(trimmed, quote)?;
                (unescaped(inner, quote), behind)
            }
            _ => unquoted(trimmed),
        };
        rest = end_of_line(behind)?;
        raw.push((name.to_owned(), value));
    }
    Some(expanded(raw))
}

/// Python's `\s`.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn is_blank(c: char) -> bool {
    is_space(c) && c != '\n'
}

/// `'((?:\\.|[^'\\])*)'`
fn quoted_as_now(text: &str, quote: char) -> Option<(&str, &str)> {
    let inner = &text[1..];
    let mut is_escaped = false;
    let end = inner.char_indices().find_map(|(at, c)| {
        let is_end = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end.then_some(at)
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// `'((?:\\'|[^'])*)'`: where no quote ends it, the last escaped one does after all.
fn quoted_as_before(text: &str, quote: char) -> Option<(&str, &str)> {
    let inner = &text[1..];
    let mut last = None;
    for (at, _) in inner.match_indices(quote) {
        if !inner[..at].ends_with('\\') {
            return Some((&inner[..at], &inner[at + 1..]));
        }
        last = Some(at);
    }
    last.map(|at| (&inner[..at], &inner[at + 1..]))
}

fn unescaped(text: &str, quote: char) -> String {
    let mut value = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let meant = match (c, characters.peek(), quote) {
            ('\\', Some(next @ ('\\' | '\'')), _) => Some(*next),
            ('\\', Some('"'), '"') => Some('"'),
            ('\\', Some('a'), '"') => Some('\x07'),
            ('\\', Some('b'), '"') => Some('\x08'),
            ('\\', Some('f'), '"') => Some('\x0c'),
            ('\\', Some('n'), '"') => Some('\n'),
            ('\\', Some('r'), '"') => Some('\r'),
            ('\\', Some('t'), '"') => Some('\t'),
            ('\\', Some('v'), '"') => Some('\x0b'),
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        value.push(meant.unwrap_or(c));
    }
    value
}

/// Up to the end of the line, or to a comment.
fn unquoted(text: &str) -> (String, &str) {
    let end = text.find('\n').unwrap_or(text.len());
    let line = &text[..end];
    let comment = line
        .char_indices()
        .find(|(at, c)| is_space(*c) && line[*at..].trim_start_matches(is_space).starts_with('#'));
    let value = &line[..comment.map_or(line.len(), |(at, _)| at)];
    (value.trim_end_matches(is_space).to_owned(), &text[end..])
}

fn end_of_line(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(is_blank);
    let text = if text.starts_with('#') {
        &text[text.find('\n').unwrap_or(text.len())..]
    } else {
        text
    };
    match text.strip_prefix('\n') {
        Some(behind) => Some(behind),
        None => text.is_empty().then_some(text),
    }
}

/// `\$\{(?P<name>[^\}:]*)(?::-(?P<default>[^\}]*))?\}`
fn expanded(raw: Variables) -> Variables {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut all = Vec::new();
    for (name, value) in raw {
        let mut whole = String::new();
        let mut rest = value.as_str();
        while let Some(start) = rest.find("${") {
            whole.push_str(&rest[..start]);
            let inner = &rest[start + 2..];
            let end = inner.find('}');
            let Some((variable, default, end)) = end.and_then(|end| variable(inner, end)) else {
                whole.push_str("${");
                rest = inner;
                continue;
            };
            let found = known.get(variable).map_or(default, String::as_str);
            whole.push_str(found);
            rest = &inner[end + 1..];
        }
        whole.push_str(rest);
        known.insert(name.clone(), whole.clone());
        all.push((name, whole));
    }
    all
}

fn variable(inner: &str, end: usize) -> Option<(&str, &str, usize)> {
    let text = &inner[..end];
    match text.split_once(':') {
        None => Some((text, "", end)),
        Some((name, behind)) => Some((name, behind.strip_prefix('-')?, end)),
    }
}
