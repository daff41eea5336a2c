//! The text of a visit file as a tree: what JSON leaves open is settled here, before any field is
//! looked at. A key that stands twice is refused, `null` is a key left out, and an object is never
//! written as a list.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;

/// Longest text of any field, in characters.
const LONGEST_TEXT: usize = 20_000;

/// Where an object must stand; `*` is every entry of a list.
const OBJECTS: [&[&str]; 9] = [
    &[],
    &["clinic"],
    &["clinic", "send_window"],
    &["client"],
    &["visit"],
    &["intake"],
    &["intake", "conditions", "*"],
    &["intake", "marks", "*"],
    &["intake", "clearance", "*"],
];

/// The document, or why it is none.
pub(super) fn read(text: &str) -> Result<Value, Refusal> {
    // Some editors mark UTF-8 with a character that no reader is meant to see.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Refusal::new("", "the file is empty; write a JSON object in it"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let tree: Tree = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = super::field(&error.path().to_string());
        let problem = error.into_inner();
        // A key that stands twice is JSON all the same.
        let start = if problem.is_data() { "" } else { "is not well-formed JSON: " };
        Refusal::new(field, format!("{start}{problem}"))
    })?;
    json.end().map_err(|error| Refusal::new("", format!("there is text after the end of the document ({error})")))?;
    texts(&tree.0, "")?;
    for path in OBJECTS {
        objects(&tree.0, path, "")?;
    }
    Ok(tree.0)
}

/// Every text is of a length that a person wrote, and can be kept.
fn texts(value: &Value, place: &str) -> Result<(), Refusal> {
    match value {
        Value::String(text) if text.contains('\0') => Err(Refusal::new(place, "holds a NUL character; take it out")),
        Value::String(text) if text.len() > LONGEST_TEXT && text.chars().count() > LONGEST_TEXT => {
            let length = text.chars().count();
            Err(Refusal::new(place, format!("is {length} characters long; use at most {LONGEST_TEXT}")))
        }
        Value::Array(entries) => {
            entries.iter().enumerate().try_for_each(|(index, entry)| texts(entry, &format!("{place}[{index}]")))
        }
        Value::Object(keys) => keys.iter().try_for_each(|(key, value)| texts(value, &below(place, key))),
        _ => Ok(()),
    }
}

/// What stands at this path is an object, if anything does.
fn objects(value: &Value, path: &[&str], place: &str) -> Result<(), Refusal> {
    match (path, value) {
        ([], Value::Object(_)) => Ok(()),
        ([], Value::Array(_)) => Err(Refusal::new(place, "is a list; give an object with named keys, like { … }")),
        ([], other) => Err(Refusal::new(place, format!("{other} is no object; give named keys, like {{ … }}"))),
        (["*", rest @ ..], Value::Array(entries)) => {
            entries.iter().enumerate().try_for_each(|(index, entry)| objects(entry, rest, &format!("{place}[{index}]")))
        }
        ([key, rest @ ..], Value::Object(keys)) => {
            keys.get(*key).map_or(Ok(()), |value| objects(value, rest, &below(place, key)))
        }
        _ => Ok(()),
    }
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// A JSON value whose objects hold no key twice and no `null`.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Growing).map(Self)
    }
}

struct Growing;

impl<'de> Visitor<'de> for Growing {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(entry)) = entries.next_element()? {
            list.push(entry);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Value, A::Error> {
        let mut seen: Vec<String> = Vec::new();
        let mut object = Map::new();
        while let Some((key, Tree(value))) = keys.next_entry::<String, Tree>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key \"{key}\" stands twice; keep one of them")));
            }
            if !value.is_null() {
                object.insert(key.clone(), value);
            }
            seen.push(key);
        }
        Ok(object.into())
    }
}
