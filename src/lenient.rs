//! Fields that nobody depends on, whatever they are: what cannot be understood counts as not given.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Text.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// A switch, also as text.
pub(crate) fn switch<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(switch) => Some(switch),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// Whole seconds, also as text or with a fraction.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let whole = |number: f64| {
        let fits = number.abs() < 1e15;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is small, and a fraction goes"
        )]
        fits.then_some(number as i64)
    };
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok().and_then(whole),
        _ => None,
    })
}

/// An object with fields of its own.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

/// Texts by their names; what is no text is not there.
pub(crate) fn texts<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<HashMap<String, String>, D::Error> {
    let Value::Object(fields) = Value::deserialize(from)? else {
        return Ok(HashMap::new());
    };
    let text = |(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    };
    Ok(fields.into_iter().filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_understood_is_not_given() {
        for odd in [json!(null), json!(7), json!([]), json!({}), json!(false)] {
            assert_eq!(text(odd).unwrap(), None);
        }
        for odd in [json!(null), json!(1), json!("yes"), json!([true])] {
            assert_eq!(switch(odd).unwrap(), None);
        }
        for odd in [
            json!(null),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!(1e300),
            json!([1]),
        ] {
            assert_eq!(seconds(odd).unwrap(), None);
        }
        assert!(texts(json!(["a"])).unwrap().is_empty());
        assert_eq!(object::<_, Vec<u8>>(json!({})).unwrap(), None);
    }

    #[test]
    fn what_can_is() {
        assert_eq!(text(json!("a")).unwrap().as_deref(), Some("a"));
        for yes in [json!(true), json!("true"), json!("True")] {
            assert_eq!(switch(yes).unwrap(), Some(true));
        }
        assert_eq!(switch(json!("FALSE")).unwrap(), Some(false));
        for number in [
            json!(1_700_000_000),
            json!("1700000000"),
            json!(1.7e9),
            json!(" 1700000000.9 "),
        ] {
            assert_eq!(seconds(number).unwrap(), Some(1_700_000_000));
        }
        let tags = texts(json!({"a": null, "b": "kept", "c": 1})).unwrap();
        assert_eq!(tags, HashMap::from([("b".to_owned(), "kept".to_owned())]));
        assert_eq!(object::<_, Vec<u8>>(json!([1])).unwrap(), Some(vec![1]));
    }
}
