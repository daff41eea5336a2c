//! The visits a client has on one day, for many visits at once: they make one series of emails.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{bad, instant, open_json, parse};
use super::treatment::done_context;
use super::visit::treatment_context;
use super::{Db, Result};
use crate::clinic::case::Treatment;
use crate::clinic::ids::VisitId;
use crate::clinic::plan::series::DayVisit;
use crate::clinic::treatment::Done;

/// A local day has at most 25 hours, so a visit of the same one starts at most so far away.
const FAR: i64 = 26 * 3_600_000;

/// The visits near some others, in the words of this database. Public for the test of its plan.
#[must_use]
pub fn near_statement(db: &Db) -> String {
    // A client belongs to one clinic, by the visit's reference, so the clinic is not asked for again: with
    // it PostgreSQL, before it knows the table, reads all of the clinic's entries for each visit.
    format!(
        "select v.id as of_id, n.id, n.client_id, n.starts_at, n.ends_at, n.state, n.treatment, d.done
         from visit v join visit n on n.client_id = v.client_id and n.id <> v.id
            and n.starts_at between v.starts_at - $2 and v.starts_at + $2
         left join treatment_done d on d.visit_id = n.id
         where v.id {} and n.state in ('booked', 'in_progress', 'completed')",
        among(db)
    )
}

/// What stands beside each of some visits.
#[derive(Default)]
pub(super) struct Beside {
    /// By the visit asked for: the others of its client near it, that take or took place.
    near: HashMap<String, Vec<Row>>,
    /// By the client: when their booked visits start, of those who have any near.
    booked: HashMap<String, Vec<i64>>,
}

impl Beside {
    /// What stands beside these visits: one question, and one more when somebody comes twice.
    pub(super) async fn load(db: &mut Db, visits: &[VisitId]) -> Result<Self> {
        let ids = json_list(visits.iter().map(ToString::to_string));
        let sql = near_statement(db);
        let rows: Vec<Row> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(FAR).fetch_all(c).await)?;
        if rows.is_empty() {
            return Ok(Self::default());
        }
        let clients = json_list(rows.iter().map(|row| row.client_id.clone()));
        let sql = format!(
            "select client_id, starts_at from visit where client_id {} and state = 'booked' order by starts_at",
            among(db)
        );
        let starts: Vec<(String, i64)> =
            on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(clients).fetch_all(c).await)?;
        let mut beside = Self::default();
        for (client, start) in starts {
            beside.booked.entry(client).or_default().push(start);
        }
        for row in rows {
            beside.near.entry(row.of_id.clone()).or_default().push(row);
        }
        Ok(beside)
    }

    /// The visits near this one that start at such a moment. The others are not opened: what is
    /// wrong with one of them is no business of this visit.
    pub(super) fn near(&self, db: &Db, visit: &str, starts: impl Fn(Timestamp) -> bool) -> Result<Vec<DayVisit>> {
        let near = self.near.get(visit).into_iter().flatten();
        let near = near.filter(|row| Timestamp::from_millisecond(row.starts_at).is_ok_and(&starts));
        near.map(|row| row.day_visit(db)).collect()
    }

    /// The ids of all visits that stand beside one of those asked for.
    pub(super) fn ids(&self) -> impl Iterator<Item = VisitId> + '_ {
        self.near.values().flatten().filter_map(|row| row.id.parse().ok())
    }

    /// When this client's booked visits start, earliest first; `None` when nothing stands beside
    /// any of theirs.
    pub(super) fn booked(&self, client: &str) -> Option<Vec<Timestamp>> {
        let starts = self.booked.get(client)?;
        Some(starts.iter().filter_map(|start| Timestamp::from_millisecond(*start).ok()).collect())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    of_id: String,
    id: String,
    client_id: String,
    starts_at: i64,
    ends_at: i64,
    state: String,
    treatment: Vec<u8>,
    done: Option<Vec<u8>>,
}

impl Row {
    fn day_visit(&self, db: &Db) -> Result<DayVisit> {
        let completed = match self.state.as_str() {
            "completed" => true,
            "booked" | "in_progress" => false,
            _ => return Err(bad("visit", "state")),
        };
        let booked: Treatment = open_json(db, "visit", &treatment_context(&self.id), &self.treatment)?;
        let done: Option<Done> = match &self.done {
            Some(done) => Some(open_json(db, "treatment_done", &done_context(&self.id), done)?),
            None => None,
        };
        Ok(DayVisit {
            id: parse("visit", "id", &self.id)?,
            starts_at: instant("visit", "starts_at", self.starts_at)?,
            ends_at: instant("visit", "ends_at", self.ends_at)?,
            completed,
            treatment: done.map_or_else(|| booked.clone(), |done| done.instead_of(&booked)),
        })
    }
}
