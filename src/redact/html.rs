//! HTML's entities, as a page or a careful service writes what could be markup.

use super::decode::{Meant, number};

/// `&name;`, `&#233;`, `&#xe9;`, and what browsers take without a `;`.
pub(super) fn entity(text: &[u8]) -> Option<(Meant, usize)> {
    let inner = text.strip_prefix(b"&")?;
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let length = inner
        .iter()
        .take(LONGEST)
        .take_while(|byte| fits(byte))
        .count();
    let (name, behind) = inner.split_at(length);
    let end = 1 + length + usize::from(behind.starts_with(b";"));
    let whole = behind.starts_with(b";").then(|| named(name)).flatten();
    if let Some(character) = whole.or_else(|| numbered(name)) {
        return Some((Meant::Character(character), end));
    }
    // A number or a name ends where something else begins.
    let shorter = |length: usize| {
        let name = &name[..length];
        let character = numbered(name).or_else(|| named(name).filter(|_| BARE.contains(&name)))?;
        Some((Meant::Character(character), 1 + length))
    };
    (2..=length).rev().find_map(shorter)
}

/// No name that is known here is longer.
const LONGEST: usize = 24;

fn numbered(name: &[u8]) -> Option<char> {
    let digits = name.strip_prefix(b"#")?;
    let number = match digits {
        [b'x' | b'X', digits @ ..] => number(digits, 16),
        _ => number(digits, 10),
    };
    char::from_u32(number?)
}

fn named(name: &[u8]) -> Option<char> {
    let among = |names: &str| names.split(' ').any(|known| known.as_bytes() == name);
    if let Some((_, mark)) = MARKS.iter().find(|(names, _)| among(names)) {
        return Some(*mark);
    }
    let mut latin = LATIN_1.split(' ').zip('\u{a0}'..);
    let found = latin.find(|(known, _)| known.as_bytes() == name);
    found.map(|(_, character)| character)
}

/// Names that need no `;`.
const BARE: [&[u8]; 8] = [b"amp", b"AMP", b"lt", b"LT", b"gt", b"GT", b"quot", b"QUOT"];

/// The names of U+00A0 and what follows it.
const LATIN_1: &str = "\
    nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc \
    Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve \
    Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute \
    acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde \
    ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// The names of what ASCII has between letters and digits, and of what typographers have.
const MARKS: [(&str, char); 50] = [
    ("excl", '!'),
    ("QUOT quot", '"'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("AMP amp", '&'),
    ("apos", '\''),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast midast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("LT lt", '<'),
    ("equals", '='),
    ("GT gt", '>'),
    ("quest", '?'),
    ("commat", '@'),
    ("lbrack lsqb", '['),
    ("bsol", '\\'),
    ("rbrack rsqb", ']'),
    ("Hat", '^'),
    ("UnderBar lowbar", '_'),
    ("DiacriticalGrave grave", '`'),
    ("lbrace lcub", '{'),
    ("VerticalLine verbar vert", '|'),
    ("rbrace rcub", '}'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("euro", '€'),
    ("OpenCurlyQuote lsquo", '‘'),
    ("CloseCurlyQuote rsquo rsquor", '’'),
    ("OpenCurlyDoubleQuote ldquo", '“'),
    ("CloseCurlyDoubleQuote rdquo rdquor", '”'),
    ("bdquo ldquor", '„'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip mldr", '…'),
    ("bull bullet", '•'),
    ("TRADE trade", '™'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("dagger", '†'),
    ("Dagger ddagger", '‡'),
    ("permil", '‰'),
    ("circ", 'ˆ'),
    ("DiacriticalTilde tilde", '˜'),
];
