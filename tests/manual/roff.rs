//! Text for groff and mandoc.

/// A text in which nothing is a command, and which is ASCII.
pub fn text(plain: &str) -> String {
    let mut roff = String::new();
    for c in plain.chars() {
        match c {
            '\\' => roff.push_str("\\e"),
            // As they are typed, not as a typesetter has them.
            '-' => roff.push_str("\\-"),
            '\'' => roff.push_str("\\(aq"),
            '"' => roff.push_str("\\(dq"),
            '`' => roff.push_str("\\(ga"),
            '^' => roff.push_str("\\(ha"),
            '~' => roff.push_str("\\(ti"),
            // As every terminal can show it.
            '…' => roff.push_str("..."),
            '×' => roff.push_str("\\(mu"),
            c if c.is_ascii() => roff.push(c),
            c => roff.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    roff
}

/// One paragraph, filled: no line is long, and none begins like a request.
pub fn paragraph(plain: &str) -> String {
    let mut lines = vec![String::new()];
    for word in plain.split_whitespace().map(text) {
        let line = lines.last_mut().expect("a line");
        if line.is_empty() {
            line.push_str(&word);
        } else if line.len() + word.len() < 80 {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines.iter().map(|line| guarded(line)).collect()
}

/// Paragraphs, with an empty line between them.
pub fn paragraphs(plain: &str) -> String {
    let parts: Vec<_> = plain.trim().split("\n\n").map(paragraph).collect();
    parts.join(".PP\n")
}

fn guarded(line: &str) -> String {
    let guard = if line.starts_with(['.', '\'']) {
        "\\&"
    } else {
        ""
    };
    format!("{guard}{line}\n")
}

/// How something is called: what is typed as it is in bold, what stands for something else in italics.
pub fn usage(plain: &str) -> String {
    let mut roff = String::new();
    for part in pieces(plain) {
        let first = part.chars().next().unwrap_or(' ');
        let font = match first {
            'A'..='Z' => 'I',
            'a'..='z' | '-' | '0'..='9' => 'B',
            _ => 'R',
        };
        roff.push_str(&format!("\\f{font}{}", text(&part)));
    }
    roff.push_str("\\fR");
    roff
}

/// Runs of capitals (with digits and `_`), of other words, and of the rest.
fn pieces(plain: &str) -> Vec<String> {
    let kind = |c: char| match c {
        'A'..='Z' | '_' => 0,
        'a'..='z' | '-' => 1,
        _ => 2,
    };
    let mut pieces: Vec<(u8, String)> = Vec::new();
    for c in plain.chars() {
        match pieces.last_mut() {
            // A digit belongs to the word before it.
            Some((last, piece)) if *last == kind(c) || (*last < 2 && c.is_ascii_digit()) => {
                piece.push(c);
            }
            _ => pieces.push((kind(c), c.to_string())),
        }
    }
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

/// What fits on a line of 80 characters, behind the page's margin.
const WIDTH: usize = 70;

/// A command line as it is typed. Where it is wide it goes on behind a backslash, before an option.
pub fn example(plain: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (index, part) in plain.split(" --").enumerate() {
        let part = if index == 0 {
            part.to_owned()
        } else {
            format!("--{part}")
        };
        match lines.last_mut() {
            // The backslash needs room, too.
            Some(line) if line.len() + part.len() + 3 <= WIDTH => {
                line.push(' ');
                line.push_str(&part);
            }
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("    {part}"));
            }
            None => lines.push(part),
        }
    }
    lines.iter().map(|line| guarded(&text(line))).collect()
}
