//! Check-ins beside what was done at their visit: for the counts of a whole clinic.

use std::collections::HashMap;

use jiff::Timestamp;

use super::CheckIn;
use crate::clinic::case::{LastReaction, Treatment};
use crate::clinic::checkin::reaction;
use crate::clinic::ids::{AccountId, ClientId, ClinicId, VisitId};
use crate::clinic::treatment::Done;
use crate::store::convert::{open_json, parse, parse_some};
use crate::store::treatment::done_context;
use crate::store::visit::treatment_context;
use crate::store::{Db, Result};

/// One visit that was answered about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treated {
    /// Whose.
    pub client: ClientId,
    /// Who treated.
    pub therapist: Option<AccountId>,
    /// What was done.
    pub treatment: Treatment,
    /// How it was taken.
    pub reaction: LastReaction,
}

/// The visits of a clinic that were answered about since then.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn treated(db: &mut Db, clinic: ClinicId, since: Timestamp) -> Result<Vec<Treated>> {
    let mut by_visit: HashMap<VisitId, Vec<CheckIn>> = HashMap::new();
    for check_in in super::since(db, clinic, since).await? {
        by_visit.entry(check_in.visit).or_default().push(check_in);
    }
    let sql = "select distinct v.id, v.client_id, v.therapist_id, v.starts_at from check_in k
               join visit v on v.id = k.visit_id where k.clinic_id = $1 and k.first_at >= $2 order by v.starts_at, v.id";
    let visits: Vec<(String, String, Option<String>, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(since.as_millisecond()).fetch_all(c).await)?;
    let sql = "select v.treatment, d.done from visit v left join treatment_done d on d.visit_id = v.id
               where v.clinic_id = $1 and v.id = $2";
    let mut all = Vec::with_capacity(visits.len());
    for (id, client, therapist, _) in visits {
        let row: Option<(Vec<u8>, Option<Vec<u8>>)> =
            on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(&id).fetch_optional(c).await)?;
        let Some((treatment, done)) = row else { continue };
        let booked: Treatment = open_json(db, "visit", &treatment_context(&id), &treatment)?;
        let done: Option<Done> = match &done {
            Some(done) => Some(open_json(db, "treatment_done", &done_context(&id), done)?),
            None => None,
        };
        let told = by_visit.get(&parse("visit", "id", &id)?).map(Vec::as_slice).unwrap_or_default();
        all.push(Treated {
            client: parse("visit", "client_id", &client)?,
            therapist: parse_some("visit", "therapist_id", therapist.as_deref())?,
            treatment: done.map_or_else(|| booked.clone(), |done| done.instead_of(&booked)),
            reaction: reaction(told.iter().flat_map(CheckIn::told)),
        });
    }
    Ok(all)
}
