//! The chain over the audit: batches of entries, each with a digest over them and the batch before. Whoever changes or
//! removes an entry behind the program's back breaks it, and cannot mend it without the key, which the database does
//! not have. It is made beside the writers and not by them: a chain made in their transactions would make each wait for
//! every other.
//!
//! What it cannot tell: that the newest batches were removed together with their entries. Their digests stand in the log.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::audit::first_of;
use super::case::{among, json_list};
use super::convert::{bad, parse, small};
use super::{Db, Result};
use crate::seal::MARK;

/// What the digests are made for; another purpose makes others.
const PURPOSE: &str = "audit chain";

/// Of broken batches no more are told.
const MOST_BREAKS: usize = 20;

const DIGEST: usize = MARK;

/// A batch that is not kept yet.
#[derive(Debug)]
pub struct Batch {
    /// Its place in the chain, from 1.
    pub number: u32,
    /// Its entries, in the order of their ids.
    ids: Vec<Uuid>,
    digest: [u8; DIGEST],
}

impl Batch {
    /// How many entries it holds.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.ids.len()
    }

    /// Its digest in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        crate::seal::token::hex(&self.digest)
    }
}

/// How the chain stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Entries in it.
    pub entries: u64,
    /// Batches in it.
    pub batches: u32,
    /// Entries that are in no batch: the newest ones, and what was written with a clock that was days behind.
    pub loose: u64,
    /// The digest of the newest batch in hexadecimal digits; empty without one.
    pub newest: String,
    /// What does not hold, a sentence each; the first of them when there are many.
    pub breaks: Vec<String>,
}

/// The next batch: entries that are in none, at most `most`, from so long before the newest that is in one on. None when
/// there is nothing left. Entries become visible some time after the moment that their ids are made of, so "from the newest
/// on" would miss some.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn next(db: &mut Db, now: Timestamp, back: SignedDuration, most: usize) -> Result<Option<Batch>> {
    // First of all: whoever adds a batch meanwhile takes this number, and ours is not kept.
    let (number, before, newest) = last(db).await?;
    let from = newest.map_or(Timestamp::MIN, |newest| made_at(newest).min(now).saturating_sub(back).unwrap_or(now));
    let mut after = if from == Timestamp::MIN { Uuid::nil() } else { first_of(from) };
    let mut lines: Vec<Line> = Vec::new();
    while lines.len() < most {
        let page = page(db, after, most).await?;
        let (Some(first), Some(end)) = (page.first(), page.last()) else { break };
        let known = known(db, &first.id, &end.id).await?;
        after = parse("audit", "id", &end.id)?;
        let is_last = page.len() < most;
        for line in page {
            if !known.contains(&parse("audit", "id", &line.id)?) {
                lines.push(line);
            }
        }
        if is_last {
            break;
        }
    }
    lines.truncate(most);
    if lines.is_empty() {
        return Ok(None);
    }
    let number = number + 1;
    let digest = db.seal().mark(PURPOSE, &bytes(&before, number, &lines));
    let ids = lines.iter().map(|line| parse("audit", "id", &line.id)).collect::<Result<_>>()?;
    Ok(Some(Batch { number, ids, digest }))
}

/// Adds a batch to the chain. `false` when another took its place meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn keep(db: &mut Db, batch: &Batch, at: Timestamp) -> Result<bool> {
    let sql = "insert into audit_chain (number, ids, oldest, newest, digest, made_at) values ($1, $2, $3, $4, $5, $6)
               on conflict (number) do nothing";
    let ids: Vec<u8> = batch.ids.iter().flat_map(|id| *id.as_bytes()).collect();
    let end = |id: Option<&Uuid>| id.map(ToString::to_string).unwrap_or_default();
    let rows = on!(db, c => sqlx::query(sql)
        .bind(i64::from(batch.number))
        .bind(ids)
        .bind(end(batch.ids.first()))
        .bind(end(batch.ids.last()))
        .bind(batch.digest.as_slice())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Goes through the whole chain. Takes as long as there are entries: some 100,000 a second.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn verify(db: &mut Db) -> Result<Verdict> {
    let sql = "select number, ids, digest from audit_chain where number > $1 order by number limit 1";
    let mut verdict = Verdict::default();
    let (mut number, mut before) = (0, [0; DIGEST]);
    loop {
        let kept: Option<(i64, Vec<u8>, Vec<u8>)> =
            on!(db, c => sqlx::query_as(sql).bind(i64::from(number)).fetch_optional(c).await)?;
        let Some((place, ids, digest)) = kept else { break };
        let place: u32 = small("audit_chain", "number", place)?;
        if place != number + 1 {
            verdict.breaks(format!(
                "between batch {number} and batch {place} of the audit's chain there is none any more"
            ));
        }
        number = place;
        let ids = ids_of(&ids)?;
        let digest: [u8; DIGEST] = digest.try_into().map_err(|_| bad("audit_chain", "digest"))?;
        verdict.batches += 1;
        verdict.entries += ids.len() as u64;
        let lines = lines(db, &ids).await?;
        if lines.len() < ids.len() {
            let gone = ids.iter().find(|id| lines.iter().all(|line| line.id != id.to_string()));
            let (many, gone) = (ids.len() - lines.len(), gone.map(ToString::to_string).unwrap_or_default());
            verdict.breaks(format!(
                "{many} of {} entries of batch {number} are gone from the audit, such as {gone}",
                ids.len()
            ));
        } else if !db.seal().is_mark(PURPOSE, &bytes(&before, number, &lines), &digest) {
            verdict
                .breaks(format!("batch {number} of the audit's chain or one of its {} entries was changed", ids.len()));
        }
        before = digest;
        verdict.newest = crate::seal::token::hex(&digest);
    }
    let all: i64 = on!(db, c => sqlx::query_scalar("select count(*) from audit").fetch_one(c).await)?;
    verdict.loose = u64::try_from(all).unwrap_or(0).saturating_sub(verdict.entries);
    Ok(verdict)
}

impl Verdict {
    fn breaks(&mut self, says: String) {
        if self.breaks.len() < MOST_BREAKS {
            self.breaks.push(says);
        }
    }
}

/// The number and the digest of the newest batch, and the newest entry in any.
async fn last(db: &mut Db) -> Result<(u32, [u8; DIGEST], Option<Uuid>)> {
    let sql = "select number, digest from audit_chain order by number desc limit 1";
    let last: Option<(i64, Vec<u8>)> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    let Some((number, digest)) = last else { return Ok((0, [0; DIGEST], None)) };
    let sql = "select max(newest) from audit_chain";
    let newest: Option<String> = on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await)?;
    let newest = newest.map(|id| parse("audit_chain", "newest", &id)).transpose()?;
    let digest = digest.try_into().map_err(|_| bad("audit_chain", "digest"))?;
    Ok((small("audit_chain", "number", number)?, digest, newest))
}

/// What an id was made at.
fn made_at(id: Uuid) -> Timestamp {
    let (seconds, nanos) = id.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let seconds = i64::try_from(seconds).unwrap_or(0);
    Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

const LINE: &str = "select id, clinic_id, at, who, role, action, kind, record_id, from_where from audit";

async fn page(db: &mut Db, after: Uuid, most: usize) -> Result<Vec<Line>> {
    let sql = format!("{LINE} where id > $1 order by id limit $2");
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(after.to_string()).bind(most).fetch_all(c).await)?)
}

/// These entries, in the order of their ids.
async fn lines(db: &mut Db, ids: &[Uuid]) -> Result<Vec<Line>> {
    let sql = format!("{LINE} where id {} order by id", among(db));
    let ids = json_list(ids.iter().map(ToString::to_string));
    Ok(on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await)?)
}

/// The entries of every batch that may hold one of these.
async fn known(db: &mut Db, oldest: &str, newest: &str) -> Result<HashSet<Uuid>> {
    let sql = "select ids from audit_chain where newest >= $1 and oldest <= $2";
    let batches: Vec<Vec<u8>> = on!(db, c => sqlx::query_scalar(sql).bind(oldest).bind(newest).fetch_all(c).await)?;
    let mut known = HashSet::new();
    for batch in batches {
        known.extend(ids_of(&batch)?);
    }
    Ok(known)
}

fn ids_of(bytes: &[u8]) -> Result<Vec<Uuid>> {
    bytes.chunks(16).map(|id| Uuid::from_slice(id).map_err(|_| bad("audit_chain", "ids"))).collect()
}

/// What a digest is made over. Each part says how long it is, so that no two lists of entries read the same.
fn bytes(before: &[u8], number: u32, lines: &[Line]) -> Vec<u8> {
    let mut bytes = [before, &number.to_be_bytes()].concat();
    for line in lines {
        let at = line.at.to_string();
        let parts = [
            &line.id,
            &line.clinic_id,
            &at,
            &line.who,
            &line.role,
            &line.action,
            &line.kind,
            &line.record_id,
            &line.from_where,
        ];
        for part in parts {
            bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
    }
    bytes
}

#[derive(sqlx::FromRow)]
struct Line {
    id: String,
    clinic_id: String,
    at: i64,
    who: String,
    role: String,
    action: String,
    kind: String,
    record_id: String,
    from_where: String,
}
