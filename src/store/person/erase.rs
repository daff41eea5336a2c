//! Erasing a person: every row about them goes, in one transaction. What stays is the audit, which holds ids
//! and no word about anyone, and links that only lead to the clinic's telephone.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::clinic::case::Client;
use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::protocol::Stream;
use crate::store::client::Registered;
use crate::store::{Db, Result, client, link, outbox, retention};

/// What goes with a person: to be shown before it happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// Visits, past and to come.
    pub visits: u64,
    /// Visits that are still to come or not closed.
    pub open_visits: u64,
    /// Intakes and forms that are not finished.
    pub intakes: u64,
    /// Notes that somebody signed: the law may want them kept.
    pub signed_notes: u64,
    /// Notes that nobody signed.
    pub drafts: u64,
    /// Emails that were sent, with their text.
    pub emails: u64,
    /// Emails that wait, and are called off.
    pub waiting: u64,
    /// Check-ins.
    pub check_ins: u64,
    /// Alerts.
    pub alerts: u64,
    /// Alerts without an outcome.
    pub open_alerts: u64,
}

impl Toll {
    /// All of its numbers in a row: what somebody was shown is told by it from what there is now.
    #[must_use]
    pub fn mark(&self) -> String {
        let numbers = [
            self.visits,
            self.open_visits,
            self.intakes,
            self.signed_notes,
            self.drafts,
            self.emails,
            self.waiting,
            self.check_ins,
            self.alerts,
            self.open_alerts,
        ];
        numbers.map(|number| number.to_string()).join("-")
    }
}

/// What became of the wish to erase somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// They are gone.
    Done(Erased),
    /// The clinic has no such client.
    Unknown,
    /// Something was added since it was shown what goes; nothing was erased.
    Changed,
    /// Their record is on legal hold; nothing was erased.
    Held,
}

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// What went.
    pub toll: Toll,
    /// Links that only lead to the clinic's telephone now.
    pub links: u64,
    /// Whether signed notes stayed, and with them who it was.
    pub keeps: bool,
}

/// What would go with this client.
///
/// # Errors
/// When the database refuses.
pub async fn toll(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Toll> {
    let theirs = "clinic_id = $1 and client_id = $2";
    let notes = "visit_id in (select v.id from visit v where v.clinic_id = $1 and v.client_id = $2)";
    let sql = format!(
        "select (select count(*) from visit where {theirs}),
            (select count(*) from visit where {theirs} and state in ('booked', 'in_progress')),
            (select count(*) from intake where {theirs}) + (select count(*) from intake_draft where {theirs}),
            (select count(*) from note where {notes} and state = 'signed'),
            (select count(*) from note where {notes} and state <> 'signed'),
            (select count(*) from email_ever where {theirs} and state = 'sent'),
            (select count(*) from email where {theirs} and state in ('scheduled', 'claimed', 'held', 'uncertain')),
            (select count(*) from check_in where {theirs}),
            (select count(*) from alert where {theirs}),
            (select count(*) from alert where {theirs} and state <> 'closed')"
    );
    type Line = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
    let line: Line = on!(db, c => sqlx::query_as(AssertSqlSafe(sql))
        .bind(clinic.to_string())
        .bind(client.to_string())
        .fetch_one(c)
        .await)?;
    let count = i64::unsigned_abs;
    Ok(Toll {
        visits: count(line.0),
        open_visits: count(line.1),
        intakes: count(line.2),
        signed_notes: count(line.3),
        drafts: count(line.4),
        emails: count(line.5),
        waiting: count(line.6),
        check_ins: count(line.7),
        alerts: count(line.8),
        open_alerts: count(line.9),
    })
}

/// What goes in any case: rows of theirs, or that hang on a visit, an email, an intake or an alert of theirs. The
/// clinic at 1, the client at 2. What refers to something goes before it.
const GOES: &[&str] = &[
    // What a draft of the catalogue would change for past visits is looked at again.
    "delete from catalogue_rehearsal where exists (select 1 from client where clinic_id = $1 and id = $2)",
    // Answers that a program may ask for again are sealed whole, so that all of them go.
    "delete from api_answer where clinic_id = $1 and exists (select 1 from client where clinic_id = $1 and id = $2)",
    "delete from email_content where email_id in
        (select id from email_ever where clinic_id = $1 and client_id = $2)",
    "delete from email_seen where email_id in
        (select id from email_ever where clinic_id = $1 and client_id = $2)",
    // An address that somebody else has, too, stays stopped, without the evidence.
    "delete from suppression where clinic_id = $1 and (address in
            (select lower(c.email) from client c where c.clinic_id = $1 and c.id = $2 and c.email is not null)
        or address in (select lower(e.recipient) from email_ever e where e.clinic_id = $1 and e.client_id = $2)
        or bounce_id in (select b.id from bounce b where b.clinic_id = $1 and b.client_id = $2))
        and not exists (select 1 from client o
            where o.clinic_id = $1 and o.id <> $2 and lower(o.email) = suppression.address)",
    "update suppression set bounce_id = null where clinic_id = $1 and bounce_id in
        (select b.id from bounce b where b.clinic_id = $1 and b.client_id = $2)",
    "delete from bounce where clinic_id = $1 and client_id = $2",
    "delete from email where clinic_id = $1 and client_id = $2",
    // After it: what a worker was moving there is there by now.
    "delete from email_past where clinic_id = $1 and client_id = $2",
    // Notices to staff about them name them.
    "delete from notice where clinic_id = $1 and client_id = $2",
    "delete from notice where clinic_id = $1 and kind in ('alert', 'escalation') and exists
        (select 1 from alert a where a.clinic_id = $1 and a.client_id = $2
            and (notice.cause = a.id or (notice.cause >= a.id || '/' and notice.cause < a.id || '0')))",
    "delete from alert_event where clinic_id = $1 and alert_id in
        (select id from alert where clinic_id = $1 and client_id = $2)",
    "delete from alert where clinic_id = $1 and client_id = $2",
    "delete from check_in where clinic_id = $1 and client_id = $2",
    "delete from plan_change where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from plan_record where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from plan where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from text_review where clinic_id = $1 and client_id = $2",
    "delete from intake_signature where clinic_id = $1 and intake_id in
        (select id from intake where clinic_id = $1 and client_id = $2)",
    "delete from form_sent where clinic_id = $1 and client_id = $2",
    "delete from intake where clinic_id = $1 and client_id = $2",
    "delete from intake_draft where clinic_id = $1 and client_id = $2",
    "delete from booking_form where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from consent where clinic_id = $1 and client_id = $2",
    "delete from consent_event where clinic_id = $1 and client_id = $2",
    "delete from stream_choice where clinic_id = $1 and client_id = $2",
    "delete from address_change where clinic_id = $1 and client_id = $2",
    "delete from client_wish where clinic_id = $1 and client_id = $2",
    // Nobody is erased while there is one; without this the row could not go at all.
    "delete from legal_hold where clinic_id = $1 and client_id = $2",
];

/// And the notes, the visits and the person.
const ALL_OF_IT: &[&str] = &[
    "delete from note_addendum where clinic_id = $1 and note_id in
        (select n.id from note n join visit v on v.id = n.visit_id where v.clinic_id = $1 and v.client_id = $2)",
    "delete from note where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from treatment_done where clinic_id = $1 and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from visit where clinic_id = $1 and client_id = $2",
    "delete from client_word where clinic_id = $1 and client_id = $2",
    "delete from client where clinic_id = $1 and id = $2",
];

/// Or only what no signed note needs.
const BUT_SIGNED_NOTES: &[&str] = &[
    "delete from note where clinic_id = $1 and state <> 'signed' and visit_id in
        (select id from visit where clinic_id = $1 and client_id = $2)",
    "delete from treatment_done where clinic_id = $1 and visit_id in
        (select v.id from visit v where v.clinic_id = $1 and v.client_id = $2
            and not exists (select 1 from note n where n.visit_id = v.id))",
    "delete from visit where clinic_id = $1 and client_id = $2
        and not exists (select 1 from note n where n.visit_id = visit.id)",
];

/// Whether signed notes stay: many laws want them kept for some years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notes {
    /// They go with everything else.
    Go,
    /// They stay, with their visits and the name and date of birth that say whose they are.
    Stay,
}

/// Erases a client with everything about them, but for signed notes when these stay; what waits for them is called off in the same transaction.
/// `seen` is the mark of the toll that was shown. Whoever calls writes the audit, which stays.
///
/// # Errors
/// When the database refuses; then nothing may be taken as erased.
pub async fn erase(
    db: &mut Db,
    clinic: ClinicId,
    id: ClientId,
    (notes, seen): (Notes, &str),
    now: Timestamp,
) -> Result<Erasure> {
    // Whoever is at this client comes first, then the emails that are about to begin; none begins after.
    outbox::one_at_a_time(db, clinic, id).await?;
    outbox::stop_begins(db).await?;
    let Some(person) = client::find(db, clinic, id).await? else { return Ok(Erasure::Unknown) };
    if retention::hold(db, clinic, id).await?.is_some() {
        return Ok(Erasure::Held);
    }
    let toll = toll(db, clinic, id).await?;
    if toll.mark() != seen {
        return Ok(Erasure::Changed);
    }
    let all = [Stream::Service, Stream::Aftercare, Stream::Preparation];
    outbox::cancel_waiting(db, clinic, id, &all, "the client is erased", now).await?;
    overwrite(db, true).await?;
    let links = link::forget(db, clinic, id, now).await?;
    // Without a note to keep there is nobody to keep.
    let keeps = notes == Notes::Stay && toll.signed_notes > 0;
    for sql in GOES.iter().chain(if keeps { BUT_SIGNED_NOTES } else { ALL_OF_IT }) {
        on!(db, c => sqlx::query(*sql).bind(clinic.to_string()).bind(id.to_string()).execute(c).await.map(|_| ()))?;
    }
    if keeps {
        let who = Client { email: None, locale: None, on_paper: true, ..person.client.clone() };
        if !client::save(db, clinic, &Registered { client: who, phone: String::new(), ..person }).await? {
            return Ok(Erasure::Changed);
        }
    }
    overwrite(db, false).await?;
    Ok(Erasure::Done(Erased { toll, links, keeps }))
}

/// SQLite leaves what was deleted in the file until something else is written there, unless it is told to
/// overwrite it. PostgreSQL's own tidying takes care of that.
async fn overwrite(db: &mut Db, on: bool) -> Result<()> {
    if let Db::Sqlite(tx, _) = db {
        let sql = if on { "pragma secure_delete = on" } else { "pragma secure_delete = off" };
        sqlx::query(sql).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The statements of [`erase`], for the test that compares them with the schema.
#[doc(hidden)]
pub fn statements() -> impl Iterator<Item = &'static str> {
    GOES.iter().chain(ALL_OF_IT).copied()
}
