//! The kept copies of what went out. All emails of one letter share most of their words, so each
//! copy is packed against the letter's pattern, which is kept once: a copy takes a tenth of what it
//! would by itself, and as little work on its way to the disk.

use lz4_flex::block;
use sha2::{Digest as _, Sha256};

use crate::clinic::ids::{ClinicId, EmailId};
use crate::seal::Seal;
use crate::store::convert::bad;
use crate::store::{Db, Result};

/// What many copies have in common. Its id is made of its bytes, so a new edition of a letter is
/// another pattern, and the old one stays for the copies that need it.
#[derive(Clone, Debug)]
pub struct Pattern {
    id: String,
    bytes: Vec<u8>,
}

impl Pattern {
    /// The pattern of these bytes; any message of the letter will do, made up for nobody.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        let id = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { id, bytes }
    }
}

/// A copy, packed and sealed for its row.
#[derive(Clone, Debug)]
pub struct Kept {
    pub(super) sealed: Vec<u8>,
    pub(super) pattern: Option<String>,
}

impl Kept {
    /// Packed before sealing, because sealed bytes do not pack. A pattern must have been kept
    /// before, see [`keep_patterns`].
    #[must_use]
    pub fn of(seal: &Seal, id: EmailId, plain: &[u8], pattern: Option<&Pattern>) -> Self {
        let packed = match pattern {
            Some(pattern) => block::compress_prepend_size_with_dict(plain, &pattern.bytes),
            None => block::compress_prepend_size(plain),
        };
        Self { sealed: seal.seal(&copy_context(id), &packed), pattern: pattern.map(|pattern| pattern.id.clone()) }
    }
}

/// Keeps these patterns, for good. Those that are there already stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn keep_patterns(db: &mut Db, patterns: impl IntoIterator<Item = &Pattern>) -> Result<()> {
    // In one order, so that two workers that start together wait for each other one way only.
    let mut patterns: Vec<&Pattern> = patterns.into_iter().collect();
    patterns.sort_by(|a, b| a.id.cmp(&b.id));
    for pattern in patterns {
        let packed = block::compress_prepend_size(&pattern.bytes);
        let sealed = db.seal().seal(&pattern_context(&pattern.id), &packed);
        let sql = "insert into letter_pattern (id, sealed) values ($1, $2) on conflict (id) do nothing";
        on!(db, c => sqlx::query(sql).bind(&pattern.id).bind(sealed).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

// Public for the test of its plan.
#[doc(hidden)]
pub const CONTENT: &str = "select c.sealed, p.id as pattern_id, p.sealed as pattern
    from email_content c join email_ever e on e.id = c.email_id
    left join letter_pattern p on p.id = c.pattern where e.clinic_id = $1 and e.id = $2";

/// The frozen copy of an email, opened; `None` when it never began, or is another clinic's.
///
/// # Errors
/// When the database refuses or the copy does not open.
pub async fn content(db: &mut Db, clinic: ClinicId, id: EmailId) -> Result<Option<Vec<u8>>> {
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(CONTENT).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    let Some(Row { sealed, pattern_id, pattern }) = row else { return Ok(None) };
    let packed = db.seal().open(&copy_context(id), &sealed)?;
    let broken = |_| bad("email_content", "sealed");
    match pattern_id.zip(pattern) {
        Some((pattern_id, pattern)) => {
            let pattern = db.seal().open(&pattern_context(&pattern_id), &pattern)?;
            let pattern = block::decompress_size_prepended(&pattern).map_err(|_| bad("letter_pattern", "sealed"))?;
            block::decompress_size_prepended_with_dict(&packed, &pattern).map(Some).map_err(broken)
        }
        None => block::decompress_size_prepended(&packed).map(Some).map_err(broken),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    sealed: Vec<u8>,
    pattern_id: Option<String>,
    pattern: Option<Vec<u8>>,
}

fn copy_context(id: EmailId) -> String {
    format!("email_content/sealed/{id}")
}

fn pattern_context(id: &str) -> String {
    format!("letter_pattern/sealed/{id}")
}
