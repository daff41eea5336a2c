//! Between rows and values. A row that no version of this program would write is an error with
//! the table's name, never a panic and never a guess.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Db, Error, Result};
use crate::clinic::protocol::Stream;

/// A new id whose order is that of `at`: a UUIDv7 made from the given time instead of the
/// machine's, since in the demo and in tests clinic time is not the machine's.
#[must_use]
pub fn fresh_uuid(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut bytes = random();
    // Within one millisecond a counter keeps the order (RFC 9562, section 6.2): two audit entries
    // of one transaction must not change places. It takes the 18 bits beside version and variant.
    let [_, high, middle, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    bytes[0] = high << 2 | middle >> 6;
    bytes[1] = middle << 2 | low >> 6;
    bytes[2] = low & 0x3f;
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The version of a draft that is saved over the one of version `over`; over 0, where there is none. A draft begins
/// with the second of its beginning: one that is dropped and begun anew has other numbers than the one that somebody
/// still looks at.
pub(super) fn draft_version(over: u32, at: Timestamp) -> u32 {
    if over == 0 { u32::try_from(at.as_second()).unwrap_or(1) } else { over.saturating_add(1) }
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// The error for a column that cannot be read. The value itself is left out: it may be personal.
pub(super) fn bad(table: &'static str, column: &str) -> Error {
    Error::BadRow { table, problem: format!("column {column} holds a value of an unknown kind") }
}

pub(super) fn parse<T: FromStr>(table: &'static str, column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| bad(table, column))
}

pub(super) fn parse_some<T: FromStr>(table: &'static str, column: &str, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| parse(table, column, text)).transpose()
}

pub(super) fn instant(table: &'static str, column: &str, millis: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|_| bad(table, column))
}

pub(super) fn small(table: &'static str, column: &str, number: i64) -> Result<u32> {
    u32::try_from(number).map_err(|_| bad(table, column))
}

pub(super) fn some_text(id: Option<impl Display>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// Rows to bind as one JSON text, which SQLite opens with `json_each`.
pub(super) fn json_rows<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<String> {
    let rows: Vec<T> = rows.into_iter().collect();
    serde_json::to_string(&rows)
        .map_err(|_| Error::BadRow { table: "", problem: "rows cannot be written as JSON".into() })
}

/// Seals a value as JSON for the row that `context` names.
pub(super) fn seal_json(db: &Db, context: &str, value: &impl Serialize) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(value)
        .map_err(|_| Error::BadRow { table: "", problem: format!("{context} cannot be written as JSON") })?;
    Ok(db.seal().seal(context, &plain))
}

/// Opens what [`seal_json`] made for the same row.
pub(super) fn open_json<T: DeserializeOwned>(db: &Db, table: &'static str, context: &str, sealed: &[u8]) -> Result<T> {
    let plain = db.seal().open(context, sealed)?;
    // serde's message can quote the value, so only the place is told.
    serde_json::from_slice(&plain).map_err(|error| Error::BadRow {
        table,
        problem: format!("the sealed JSON is not understood at byte {}", error.column()),
    })
}

/// Three streams to bind, whatever was asked for: an empty word fits no row.
pub(super) fn three(streams: &[Stream]) -> [&'static str; 3] {
    let mut words = [""; 3];
    for (word, stream) in words.iter_mut().zip([Stream::Service, Stream::Aftercare, Stream::Preparation]) {
        if streams.contains(&stream) {
            *word = stream.id();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_the_order_they_were_made_in() {
        let at: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        let ids: Vec<Uuid> = (0..1000).map(|_| fresh_uuid(at)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "within one millisecond");
        assert_eq!(ids[0].get_version_num(), 7);
        let later = fresh_uuid(at + jiff::SignedDuration::from_millis(1));
        assert!(later > ids[999]);
    }

    #[test]
    fn a_stream_that_was_not_asked_for_binds_an_empty_word() {
        assert_eq!(three(&[Stream::Preparation]), ["", "", "preparation"]);
        assert_eq!(three(&[]), ["", "", ""]);
    }
}
