//! Finding clients while somebody types. However much is registered, a question costs about the same:
//! the rarest word of the question leads, the others are asked of its few clients one by one. A
//! question so short that thousands fit is answered with those who came lately.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::{Registered, Row};
use crate::clinic::client::words::Term;
use crate::clinic::ids::ClinicId;
use crate::store::convert::instant;
use crate::store::{Db, Result};

/// A word that more rows than this begin with is no lead: its clients are not all looked at.
const LEAD: i64 = 3_000;

/// Without a lead so many visits are gone back through.
const LATELY: i64 = 4_000;

/// And so many more from the index, for those who were never here.
const ANYONE: i64 = 300;

/// Above every character, so that `beginning` to `beginning` and this is all that begins with it.
const LAST: char = '\u{10ffff}';

/// A client that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub client: Registered,
    /// When their last or next visit starts, whichever is later.
    pub visit_at: Option<Timestamp>,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who fits, the latest visit first.
    pub hits: Vec<Hit>,
    /// Whether these are all.
    pub complete: bool,
}

/// The clients that every term finds, the latest visit first, at most `limit` of them.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn search(db: &mut Db, clinic: ClinicId, terms: &[Term], limit: u32) -> Result<Found> {
    let mut counted = Vec::with_capacity(terms.len());
    for term in terms {
        counted.push((count(db, clinic, term).await?, term));
    }
    counted.sort_by_key(|(count, _)| *count);
    let Some((rarest, _)) = counted.first() else { return Ok(Found { hits: Vec::new(), complete: true }) };
    let leads = *rarest <= LEAD;
    let terms: Vec<&Term> = counted.iter().map(|(_, term)| *term).collect();
    let sql = candidates_statement(db, &terms, leads);
    let clinic = clinic.to_string();
    let most = i64::from(limit) + 1;
    let rows: Vec<Line> = on!(db, c => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(clinic).bind(most);
        for beginning in terms.iter().flat_map(|term| term.beginnings()) {
            query = query.bind(beginning.to_owned()).bind(format!("{beginning}{LAST}"));
        }
        query.fetch_all(c).await
    })?;
    let mut hits = rows.into_iter().map(Line::hit).collect::<Result<Vec<Hit>>>()?;
    let complete = leads && hits.len() <= usize::try_from(limit).unwrap_or(usize::MAX);
    hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Found { hits, complete })
}

/// Clients whose visits started by `until`, the latest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn lately_seen(db: &mut Db, clinic: ClinicId, until: Timestamp, limit: u32) -> Result<Vec<Hit>> {
    let sql = "select c.id, c.first_name, c.last_name, c.email, c.locale, c.born, c.phone, c.synthetic, c.on_paper,
                  c.version, seen.visit_at
               from (select client_id, max(starts_at) as visit_at from (select client_id, starts_at from visit
                  where clinic_id = $1 and starts_at <= $2 and state not in ('cancelled', 'no_show')
                  order by starts_at desc limit 200) as lately
                  group by client_id) as seen
               join client c on c.id = seen.client_id and c.clinic_id = $1
               order by seen.visit_at desc, c.id desc limit $3";
    let rows: Vec<Line> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(until.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Line::hit).collect()
}

/// How many rows begin with one of these, but no further than it matters.
async fn count(db: &mut Db, clinic: ClinicId, term: &Term) -> Result<i64> {
    let sql = count_statement(term);
    let clinic = clinic.to_string();
    Ok(on!(db, c => {
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(clinic);
        for beginning in term.beginnings() {
            query = query.bind(beginning.to_owned()).bind(format!("{beginning}{LAST}"));
        }
        query.fetch_one(c).await
    })?)
}

/// Binds `word` to begin with the beginning whose values stand at `place` and after it.
fn begins(word: &str, place: usize) -> String {
    let to = place + 1;
    format!("{word} >= ${place} and {word} < ${to}")
}

/// The rows that begin with a term, one select for each of its beginnings: an "or" inside one select
/// makes SQLite walk all words of the clinic. The first value is bound at `place`.
fn rows(what: &str, term: &Term, place: usize, between: &str) -> String {
    let one = |number: usize| {
        let begins = begins("l.word", place + 2 * number);
        format!("select {what} from client_word l where l.clinic_id = $1 and {begins}")
    };
    (0..term.len()).map(one).collect::<Vec<_>>().join(between)
}

/// Counts what begins with a term: the clinic at 1, then from and to of each beginning.
#[doc(hidden)]
#[must_use]
pub fn count_statement(term: &Term) -> String {
    let (rows, most) = (rows("1", term, 2, " union all "), LEAD + 1);
    format!("select count(*) from ({rows} limit {most}) as some_rows")
}

/// Finds clients: the clinic at 1, how many at 2, then from and to of each beginning of each term.
/// No value ever becomes a part of the statement.
#[doc(hidden)]
#[must_use]
pub fn candidates_statement(db: &Db, terms: &[&Term], leads: bool) -> String {
    let mut place = 3;
    let mut conditions = Vec::with_capacity(terms.len());
    for (number, term) in terms.iter().enumerate() {
        if number > 0 || !leads {
            let any = (0..term.len()).map(|one| format!("({})", begins("w.word", place + 2 * one)));
            let any = any.collect::<Vec<_>>().join(" or ");
            let asked = format!("select 1 from client_word w where w.client_id = m.client_id and ({any})");
            conditions.push(match db {
                Db::Sqlite(..) => format!("exists ({asked})"),
                // Asked of one client after the other by that client's own key, as SQLite does. Without the
                // limit inside, PostgreSQL reads everything that begins so before it looks at anybody.
                Db::Postgres(..) => format!("exists (select 1 from ({asked} limit 1) as one)"),
            });
        }
        place += 2 * term.len();
    }
    let Some(first) = terms.first() else { return String::new() };
    let among = if leads {
        format!("select distinct client_id from ({}) as lead", rows("l.client_id", first, 3, " union all "))
    } else {
        // Each side in a subquery of its own: SQLite allows no limit inside a union.
        format!(
            "select client_id from (select client_id from visit where clinic_id = $1
                order by starts_at desc limit {LATELY}) as lately
             union select client_id from ({} limit {ANYONE}) as anyone",
            rows("l.client_id", first, 3, " union all ")
        )
    };
    let fits = if conditions.is_empty() { String::new() } else { format!("where {}", conditions.join(" and ")) };
    format!(
        "select c.id, c.first_name, c.last_name, c.email, c.locale, c.born, c.phone, c.synthetic, c.on_paper, c.version,
            best.visit_at
         from (select m.client_id, (select max(v.starts_at) from visit v where v.client_id = m.client_id) as visit_at
            from ({among}) as m {fits} order by visit_at desc nulls last, m.client_id desc limit $2) as best
         join client c on c.id = best.client_id and c.clinic_id = $1
         order by best.visit_at desc nulls last, c.id desc"
    )
}

#[derive(sqlx::FromRow)]
struct Line {
    #[sqlx(flatten)]
    row: Row,
    visit_at: Option<i64>,
}

impl Line {
    fn hit(self) -> Result<Hit> {
        Ok(Hit {
            client: self.row.registered()?,
            visit_at: self.visit_at.map(|at| instant("visit", "starts_at", at)).transpose()?,
        })
    }
}
