//! One JSON object, key by key: each value is judged where it stands, so that a problem has its line.
//!
//! serde's own errors quote values; here none ever does.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::printable;
use crate::secret::Secret;

/// A JSON value of which nothing is ever quoted.
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written shortest.
    Number(String),
    /// A text.
    Text(Secret),
    /// A list.
    List(Vec<Json>),
    /// An object: its keys, each once.
    Object(Vec<(String, Json)>),
}

/// Hands each key of the object to `judge`, which may say what is wrong with it.
///
/// # Errors
/// The line, and what is wrong there.
pub fn object(
    json: &[u8],
    judge: impl FnMut(&str, Json) -> Result<(), String>,
) -> Result<(), String> {
    let mut faulty = None;
    let document = Document {
        judge,
        faulty: &mut faulty,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let parsed = deserializer
        .deserialize_any(document)
        .and_then(|()| deserializer.end());
    parsed.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if !error.is_data() {
            return format!("line {line}, column {column}: not valid JSON");
        }
        // Our own words: nothing of serde's can come here, which would quote the value.
        let text = error.to_string();
        let words = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(words, _)| words);
        let line = faulty
            .and_then(|key| line_of(&key, json, line))
            .unwrap_or(line);
        format!("line {line}: {words}")
    })
}

/// Where a key stands: the parser knows only how far it has read, which may be some lines on.
fn line_of(key: &str, json: &[u8], read: usize) -> Option<usize> {
    let quoted = format!("\"{key}\"");
    let text = String::from_utf8_lossy(json);
    let lines = text.lines().take(read).enumerate();
    lines
        .filter(|(_, line)| line.contains(&quoted))
        .map(|(index, _)| index + 1)
        .last()
}

/// The one object.
struct Document<'a, J> {
    judge: J,
    /// The key that a problem is about.
    faulty: &'a mut Option<String>,
}

const NO_OBJECT: &str = "the file must hold one JSON object";

impl<'de, J: FnMut(&str, Json) -> Result<(), String>> Visitor<'de> for Document<'_, J> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Any)?;
            let problem = if seen.contains(&key) {
                Some(twice(&key))
            } else {
                let judged = (self.judge)(&key, value);
                judged
                    .err()
                    .map(|problem| format!("`{}` {problem}", printable(&key)))
            };
            if let Some(problem) = problem {
                *self.faulty = Some(key);
                return Err(A::Error::custom(problem));
            }
            seen.push(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(NO_OBJECT))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Err(E::custom(NO_OBJECT))
    }
}

fn twice(key: &str) -> String {
    format!("the key `{}` is there twice", printable(key))
}

/// Reads any value without an error that could quote it.
struct Any;

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Any.deserialize(deserializer)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(Secret::new(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(Secret::new(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if fields.iter().any(|(name, _)| *name == key) {
                return Err(A::Error::custom(twice(&key)));
            }
            fields.push((key, value));
        }
        Ok(Json::Object(fields))
    }
}
