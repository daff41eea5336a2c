//! Everything the rules look at for one visit, put together from the tables: for a page one at a
//! time, for the worker in bulk, since a query per email would be most of its work.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::convert::{instant, open_json, parse, parse_some};
use super::intake::answers_context;
use super::plan::change::{self, KeptChanges};
use super::series::Beside;
use super::treatment::done_context;
use super::visit::treatment_context;
use super::{Db, Error, Result, check_in, choice, clinic, consent};
use crate::clinic::case::{Case, Client, Treatment, Visit};
use crate::clinic::catalogue::Catalogue;
use crate::clinic::choice::Topic;
use crate::clinic::ids::{ClientId, ClinicId, IntakeId, VisitId};
use crate::clinic::intake::{Consent, Intake};
use crate::clinic::plan::change::StepChange;
use crate::clinic::plan::series::{DayVisit, Series};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::Step;
use crate::clinic::treatment::Done;

/// A case, with the ids it was put together from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// What the rules look at. The consents are those that count now, not those of the intake; the
    /// treatment is the one that was done, once that is recorded.
    pub case: Case,
    /// What was booked.
    pub booked: Treatment,
    /// What was done, once that is recorded.
    pub done: Option<Done>,
    /// Whose visit it is.
    pub client: ClientId,
    /// The intake that was taken, the latest one. `None`: the client gave none, the answers are
    /// empty, and every question must be taken as unanswered rather than as "no".
    pub intake: Option<IntakeId>,
    /// The client's visits of that day, which share their emails.
    pub series: Series,
    /// What staff changed about these emails.
    pub changes: KeptChanges,
}

impl Filed {
    /// The case as the rules for emails may look at it: all visits of the day as one.
    #[must_use]
    pub fn together(&self, catalogue: &Catalogue) -> Case {
        let case = self.answered(catalogue);
        if self.series.is_joined() { self.series.join(catalogue, &case) } else { case }
    }

    /// What staff changed about the email of a step.
    #[must_use]
    pub fn change(&self, step: Step) -> StepChange {
        self.changes.get(&step).map(|kept| kept.change.clone()).unwrap_or_default()
    }

    /// The case as the rules may look at it. A client who gave no intake left every question blank;
    /// an empty list of answers would read as "no" to all of them.
    #[must_use]
    pub fn answered(&self, catalogue: &Catalogue) -> Case {
        let mut case = self.case.clone();
        // What was retired is asked of nobody any more.
        if self.intake.is_none() {
            let asked = catalogue.conditions().iter().filter(|condition| !condition.retired);
            case.intake.unanswered = asked.map(|condition| condition.id.clone()).collect();
        }
        case
    }
}

/// The case of one visit of a clinic.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Filed>> {
    let Some(mut filed) = load(db, Some(clinic), &[visit]).await?.remove(&visit).transpose()? else { return Ok(None) };
    // How the visit before was taken: what was written down when booking, or worse by the check-ins. It
    // tailors the brief and no email, so the worker does not ask for it.
    let starts_at = filed.case.visit.starts_at;
    let told = check_in::reaction_before(db, clinic, filed.client, starts_at).await?;
    for treatment in [&mut filed.booked, &mut filed.case.visit.treatment] {
        treatment.last_reaction = treatment.last_reaction.max(told);
    }
    Ok(Some(filed))
}

/// The cases of these visits, of whichever clinics: for what a worker claimed. A visit that cannot
/// be read has an error of its own, so that it never stops the others.
///
/// # Errors
/// When the database refuses.
pub async fn of_visits(db: &mut Db, visits: &[VisitId]) -> Result<HashMap<VisitId, Result<Filed>>> {
    load(db, None, visits).await
}

async fn load(db: &mut Db, clinic: Option<ClinicId>, visits: &[VisitId]) -> Result<HashMap<VisitId, Result<Filed>>> {
    let rows = visit_rows(db, clinic, visits).await?;
    let mut consents = consents_of(db, &rows).await?;
    let clients: Vec<String> = rows.iter().map(|row| row.client_id.clone()).collect();
    let stopped = choice::of_clients(db, &clients).await?;
    let beside = Beside::load(db, visits).await?;
    let changes = change::of_visits(db, visits.iter().copied().chain(beside.ids())).await?;
    let mut clinics: HashMap<String, Option<ClinicProfile>> = HashMap::new();
    for row in &rows {
        if !clinics.contains_key(&row.clinic_id) {
            let profile = match row.clinic_id.parse() {
                Ok(id) => clinic::find(db, id).await?,
                Err(_) => None,
            };
            clinics.insert(row.clinic_id.clone(), profile);
        }
    }
    let mut filed = HashMap::with_capacity(rows.len());
    for row in rows {
        let id: VisitId = parse("visit", "id", &row.id)?;
        let profile = clinics.get(&row.clinic_id).cloned().flatten();
        // Two visits of one client can be in one batch, so the consents stay for the next.
        let given = consents.entry(row.client_id.clone()).or_default().clone();
        let stopped = stopped.get(&row.client_id).cloned().unwrap_or_default();
        filed.insert(id, row.filed(db, profile, (given, stopped), &beside, &changes));
    }
    Ok(filed)
}

async fn visit_rows(db: &mut Db, clinic: Option<ClinicId>, visits: &[VisitId]) -> Result<Vec<Row>> {
    let ids = json_list(visits.iter().map(ToString::to_string));
    let sql = format!(
        "select v.id, v.clinic_id, v.client_id, v.starts_at, v.ends_at, v.state, v.treatment,
            c.first_name, c.last_name, c.email, c.locale, c.born, c.on_paper, i.id as intake_id, i.answers, d.done,
            exists (select 1 from text_review r where r.intake_id = i.id and r.state = 'read') as free_text_read,
            (select min(n.starts_at) from visit n
                where n.client_id = v.client_id and n.state = 'booked' and n.starts_at > v.starts_at) as next_visit_at,
            (select min(e.starts_at) from visit e
                where e.client_id = v.client_id and e.state in ('in_progress', 'completed')) as first_visit_at
         from visit v
         join client c on c.id = v.client_id
         left join treatment_done d on d.visit_id = v.id
         left join intake i on i.id = (select l.id from intake l where l.client_id = v.client_id
            order by l.given_at desc, l.id desc limit 1)
         where v.id {} and v.clinic_id = coalesce($2, v.clinic_id)",
        among(db)
    );
    let clinic = clinic.map(|id| id.to_string());
    Ok(on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(clinic).fetch_all(c).await)?)
}

async fn consents_of(db: &mut Db, rows: &[Row]) -> Result<HashMap<String, Vec<Consent>>> {
    let ids = json_list(rows.iter().map(|row| row.client_id.clone()));
    let sql = format!("select client_id, purpose from consent where given = 1 and client_id {}", among(db));
    let given: Vec<(String, String)> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await)?;
    let mut consents: HashMap<String, Vec<Consent>> = HashMap::new();
    for (client, id) in given {
        consents.entry(client).or_default().push(consent::purpose(&id)?);
    }
    for purposes in consents.values_mut() {
        purposes.sort_unstable();
    }
    Ok(consents)
}

/// A list to bind: one JSON text, opened by each engine in its own words. No value ever becomes a
/// part of the statement.
pub(super) const fn among(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(..) => "in (select value from json_each($1))",
        // An array, not a join: a join may be planned as a walk through the whole table.
        Db::Postgres(..) => "= any (array(select jsonb_array_elements_text(cast($1 as jsonb))))",
    }
}

pub(super) fn json_list(ids: impl Iterator<Item = String>) -> String {
    serde_json::Value::from_iter(ids).to_string()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    clinic_id: String,
    client_id: String,
    starts_at: i64,
    ends_at: i64,
    state: String,
    treatment: Vec<u8>,
    first_name: String,
    last_name: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    born: Option<String>,
    on_paper: i16,
    intake_id: Option<String>,
    answers: Option<Vec<u8>>,
    done: Option<Vec<u8>>,
    free_text_read: bool,
    next_visit_at: Option<i64>,
    /// When the first visit of the client that took place began.
    first_visit_at: Option<i64>,
}

impl Row {
    fn filed(
        self,
        db: &Db,
        profile: Option<ClinicProfile>,
        (consents, stopped): (Vec<Consent>, Vec<Topic>),
        beside: &Beside,
        changes: &HashMap<VisitId, KeptChanges>,
    ) -> Result<Filed> {
        let clinic = profile.ok_or(Error::BadRow { table: "clinic", problem: "the clinic cannot be read".into() })?;
        let mut intake: Intake = match (&self.intake_id, &self.answers) {
            (Some(id), Some(answers)) => open_json(db, "intake", &answers_context(id), answers)?,
            _ => Intake::default(),
        };
        intake.consents = consents;
        let client = Client {
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            email: parse_some("client", "email", self.email.as_deref())?,
            locale: self.locale.clone(),
            born: parse_some("client", "born", self.born.as_deref())?,
            on_paper: self.on_paper == 1,
        };
        let booked: Treatment = open_json(db, "visit", &treatment_context(&self.id), &self.treatment)?;
        let done: Option<Done> = match &self.done {
            Some(done) => Some(open_json(db, "treatment_done", &done_context(&self.id), done)?),
            None => None,
        };
        let visit = Visit {
            starts_at: instant("visit", "starts_at", self.starts_at)?,
            ends_at: instant("visit", "ends_at", self.ends_at)?,
            treatment: done.as_ref().map_or_else(|| booked.clone(), |done| done.instead_of(&booked)),
            next_visit_at: self.next_visit_at.map(|at| instant("visit", "starts_at", at)).transpose()?,
        };
        let series = self.series(db, &clinic, &visit, beside)?;
        let before = self.first_visit_at.map(|at| instant("visit", "starts_at", at)).transpose()?;
        let is_first_visit = before.is_none_or(|first| first >= series.first().starts_at);
        let changes = change::joined(series.ids().filter_map(|id| changes.get(&id)));
        Ok(Filed {
            series,
            changes,
            case: Case { clinic, client, visit, intake, free_text_read: self.free_text_read, is_first_visit, stopped },
            booked,
            done,
            client: parse("visit", "client_id", &self.client_id)?,
            intake: parse_some("intake", "id", self.intake_id.as_deref())?,
        })
    }

    /// The visits of that day, and the first one booked on a later date.
    fn series(&self, db: &Db, clinic: &ClinicProfile, visit: &Visit, beside: &Beside) -> Result<Series> {
        let day_visit = DayVisit {
            id: parse("visit", "id", &self.id)?,
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
            completed: self.state == "completed",
            treatment: visit.treatment.clone(),
        };
        let zone = clinic.zone.rules();
        let day = visit.starts_at.to_zoned(zone.clone()).date();
        let near = beside.near(db, &self.id, |at| at.to_zoned(zone.clone()).date() == day)?;
        let later = |at: &jiff::Timestamp| at.to_zoned(zone.clone()).date() > day;
        let next = match beside.booked(&self.client_id) {
            Some(starts) => starts.into_iter().find(later),
            None => visit.next_visit_at.filter(later),
        };
        Ok(Series::of(&clinic.zone, day_visit, near, next))
    }
}
