//! Lists come a page at a time. Where the next begins is told in a word that programs hand back as it is: it names
//! the last row and no position, so that what is added or removed meanwhile repeats nothing and leaves nothing out.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use uuid::Uuid;

use super::problem::Problem;
use super::sent::bad_query;

/// So many rows a page, unless the program says.
const USUAL: u32 = 50;

/// And at most.
const MOST: u32 = 200;

/// How many rows somebody asks for.
///
/// # Errors
/// When it is none, or more than a page.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(bad_query(&format!("`limit` is a number from 1 to {MOST}"))),
    }
}

/// A row of a list that goes by a time, and by ids where times are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub at: Timestamp,
    pub id: Uuid,
}

impl Cursor {
    /// The word for it.
    pub fn word(self) -> String {
        let mut bytes = self.at.as_millisecond().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The row that a word names.
    ///
    /// # Errors
    /// When the word is none of ours.
    pub fn read(word: &str) -> Result<Self, Problem> {
        let no = || bad_query("`cursor` is the `next` of a page before, and nothing else");
        let bytes = BASE64URL_NOPAD.decode(word.as_bytes()).map_err(|_| no())?;
        let (at, id) = bytes.split_first_chunk::<8>().ok_or_else(no)?;
        let at = Timestamp::from_millisecond(i64::from_be_bytes(*at)).map_err(|_| no())?;
        Ok(Self { at, id: Uuid::from_slice(id).map_err(|_| no())? })
    }

    /// The same, where there may be none.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn some(word: Option<&str>) -> Result<Option<Self>, Problem> {
        word.map(Self::read).transpose()
    }
}

/// Takes a page off the rows that were read, one more than asked for; and the word for where the next begins.
pub(super) fn page<T>(mut rows: Vec<T>, limit: u32, of: impl Fn(&T) -> Cursor) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(|last| of(last).word());
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_leads_back_to_its_row_and_no_other_word_does() {
        let row = Cursor { at: "2026-01-05T08:00:00.25Z".parse().expect("an instant"), id: Uuid::from_u128(7) };
        assert_eq!(Cursor::read(&row.word()).ok(), Some(row));
        for wrong in ["", "x", "AAAA", &"A".repeat(31), &"A".repeat(33), "ä"] {
            assert!(Cursor::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let of = |number: &u32| Cursor { at: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(u128::from(*number)) };
        let (rows, next) = page(vec![1, 2, 3], 2, of);
        assert_eq!(
            (rows, next.map(|word| Cursor::read(&word).expect("a word").id)),
            (vec![1, 2], Some(Uuid::from_u128(2)))
        );
        assert_eq!(page(vec![1, 2], 2, of), (vec![1, 2], None));
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
        assert_eq!((limit(None).ok(), limit(Some(200)).ok()), (Some(50), Some(200)));
    }
}
