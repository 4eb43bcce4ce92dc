//! One JSON object as the text that it is: each value a slice of it, whose line is known. Nothing is copied
//! that is not asked for, and no error quotes a value, as serde's own do.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::escaped;
use crate::secret::Secret;

/// A key of the object, and its value.
pub(crate) struct Field<'a> {
    pub(crate) key: String,
    pub(crate) value: Value<'a>,
    /// Where the key stands.
    pub(crate) line: usize,
}

/// A value as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    text: &'a str,
    /// Where it begins.
    line: usize,
}

/// What is wrong with the text, and on which line.
pub(crate) struct Fault {
    line: usize,
    /// What follows the line.
    cause: String,
}

impl<'a> Value<'a> {
    pub(crate) fn is_null(self) -> bool {
        self.text == "null"
    }

    pub(crate) fn is_empty_text(self) -> bool {
        self.text == "\"\""
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        self.text.parse().ok()
    }

    pub(crate) fn number(self) -> Option<&'a str> {
        let is_number = self
            .text
            .starts_with(|c: char| c == '-' || c.is_ascii_digit());
        is_number.then_some(self.text)
    }

    pub(crate) fn text(self) -> Option<Secret> {
        serde_json::from_str(self.text).ok()
    }

    /// The texts of a list of nothing else.
    pub(crate) fn texts(self) -> Option<Vec<Secret>> {
        serde_json::from_str(self.text).ok()
    }

    /// The fields of an object, each key once.
    pub(crate) fn object(self) -> Option<Result<Vec<Field<'a>>, Fault>> {
        let object = self.text.strip_prefix('{').map(|_| self.text.as_bytes());
        let fields = fields(object?);
        Some(fields.map_err(|fault| Fault {
            line: self.line + fault.line - 1,
            ..fault
        }))
    }
}

/// The object's fields, in their order.
pub(crate) fn fields(json: &[u8]) -> Result<Vec<Field<'_>>, Fault> {
    let object: Object = serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let cause = if error.is_data() {
            ": the file must hold one JSON object".to_owned()
        } else {
            format!(", column {column}: not valid JSON")
        };
        Fault { line, cause }
    })?;
    let mut fields: Vec<Field> = Vec::with_capacity(object.0.len());
    let mut end = 0;
    for (key, value) in object.0 {
        let text = value.get();
        let start = offset_in(json, text);
        // Between two values stand blanks, a comma, the key and a colon.
        let between = json.get(end..start).unwrap_or_default();
        let quote = between.iter().position(|byte| *byte == b'"');
        let line = line_at(json, end + quote.unwrap_or_default());
        if fields.iter().any(|field| field.key == key) {
            let cause = format!(": the key `{}` is there twice", escaped(&key));
            return Err(Fault { line, cause });
        }
        end = start + text.len();
        let value = Value {
            text,
            line: line_at(json, start),
        };
        fields.push(Field { key, value, line });
    }
    Ok(fields)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}{}", self.line, self.cause)
    }
}

fn line_at(text: &[u8], place: usize) -> usize {
    let before = text.get(..place).unwrap_or_default();
    before.split(|byte| *byte == b'\n').count()
}

/// Where a slice of a text begins in it.
fn offset_in(text: &[u8], part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// Keys with their values, as they come.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_line_on_which_it_stands() {
        let json = "{\n\n \"a\":\n\"b\\\"\", \"c\"\n: {\n}\n,\n\"d\" : [\n1]}";
        let fields = fields(json.as_bytes()).ok().unwrap();
        let places: Vec<_> = fields.iter().map(|f| (f.key.as_str(), f.line)).collect();
        assert_eq!(places, [("a", 3), ("c", 4), ("d", 8)]);
    }

    #[test]
    fn a_fault_within_a_value_has_its_line_too() {
        let json = b"{\n\"a\": {\"b\": 1,\n\"b\": 2}}";
        let fields = fields(json).ok().unwrap();
        let fault = fields[0].value.object().unwrap().err().unwrap();
        assert_eq!(fault.to_string(), "line 3: the key `b` is there twice");
    }

    #[test]
    fn values_are_what_they_are() {
        let json = br#"{"n": null, "b": true, "i": -1.5e3, "t": "x\u00e9", "l": [1, "2"], "e": [], "o": {"p": "q"}}"#;
        let fields = fields(json).ok().unwrap();
        let value = |key: &str| fields.iter().find(|field| field.key == key).unwrap().value;
        assert!(value("n").is_null() && value("n").text().is_none());
        assert!(!value("t").is_empty_text() && !value("n").is_empty_text());
        assert_eq!(value("b").boolean(), Some(true));
        assert_eq!(value("i").number(), Some("-1.5e3"));
        assert_eq!(value("t").text().unwrap().expose(), "xé");
        assert!(value("l").texts().is_none() && value("e").texts().unwrap().is_empty());
        assert_eq!(value("o").object().unwrap().ok().unwrap()[0].key, "p");
        assert!(value("t").number().is_none() && value("o").texts().is_none());
    }
}
