//! DER as far as certificates and keys need it.

/// A SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// An INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// A BIT STRING.
pub(super) const BIT_STRING: u8 = 0x03;

/// One element: tag, length, content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a certificate or a key is small");
    let [high, low] = length.to_be_bytes();
    let mut bytes = match length {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    bytes.extend(content);
    bytes
}

/// A number that is not negative, most significant byte first.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign = bytes.first().is_none_or(|first| *first >= 0x80);
    element(INTEGER, &[&[0][..usize::from(sign)], bytes].concat())
}

/// What an element holds.
pub(super) fn contents(bytes: &[u8]) -> &[u8] {
    let (start, end) = extent(bytes);
    &bytes[start..end]
}

/// The elements that stand one behind the other.
pub(super) fn elements(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = bytes.split_at(extent(bytes).1);
        found.push(element);
        bytes = rest;
    }
    found
}

/// Where an element's content begins, and where it ends.
fn extent(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] {
        0x81 => (3, 3 + usize::from(bytes[2])),
        0x82 => (4, 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
        length => (2, 2 + usize::from(length)),
    }
}

/// The key in a SubjectPublicKeyInfo.
pub(super) fn public_key(info: &[u8]) -> Vec<u8> {
    let parts = elements(contents(info));
    // The first byte of a bit string counts the bits that do not belong to it.
    contents(parts[1])[1..].to_vec()
}

/// What a certificate says: its key, and from when until when it is good, in seconds since 1970.
pub(super) fn certificate(der: &[u8]) -> (Vec<u8>, i64, i64) {
    let signed = elements(contents(der))[0];
    // Serial number, algorithm, issuer, validity, subject, key; a version may stand before them.
    let parts: Vec<&[u8]> = elements(contents(signed))
        .into_iter()
        .filter(|part| part[0] != 0xa0)
        .collect();
    let times = elements(contents(parts[3]));
    (public_key(parts[5]), time(times[0]), time(times[1]))
}

/// A UTCTime (two digits of the year) or a GeneralizedTime (four), in seconds since 1970.
fn time(element: &[u8]) -> i64 {
    let mut text = String::from_utf8_lossy(contents(element)).into_owned();
    if element[0] == 0x17 {
        let century = if *text < *"50" { "20" } else { "19" };
        text.insert_str(0, century);
    }
    let number =
        |at: std::ops::Range<usize>| -> i64 { text[at].parse().expect("digits of a date") };
    let (mut year, mut month) = (number(0..4), number(4..6));
    // From March of year 0, so that a leap day ends a year: Howard Hinnant's `days_from_civil`.
    if month <= 2 {
        (year, month) = (year - 1, month + 12);
    }
    let days = 365 * year + year / 4 - year / 100
        + year / 400
        + (153 * (month - 3) + 2) / 5
        + number(6..8)
        - 1
        - 719_468;
    days * 86400 + number(8..10) * 3600 + number(10..12) * 60 + number(12..14)
}
