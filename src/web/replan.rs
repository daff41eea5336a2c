//! A plan reckoned anew, in the transaction of its cause: new answers, another treatment, a visit
//! that was booked, moved or completed, or an act of staff. What still waits follows; what has
//! left, ended or was decided by hand stays. The rules are in [`crate::clinic::plan::revise`].

mod preparation;
mod standing;

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use self::standing::standing;
use super::Web;
use super::alerts::open::HELD;
use super::completion::{Made, owed};
use super::letters::learn;
use crate::clinic::brief::Brief;
use crate::clinic::case::Case;
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::{State, Uncertainty};
use crate::clinic::plan::revise::{CALLED_OFF, Owed, Revision, revise};
use crate::clinic::plan::since::{Change, Told, since};
use crate::clinic::plan::{self, NotSent, Plan, PlannedEmail, change};
use crate::clinic::protocol::{LOOK_BACK, Protocol, Step, StepRule};
use crate::clinic::tailoring::tailor;
use crate::mail::frozen::Frozen;
use crate::store::audit::Entry;
use crate::store::case::Filed;
use crate::store::email::Email;
use crate::store::outbox::Anew;
use crate::store::plan::Started;
use crate::store::plan::change::plain;
use crate::store::{self, Db};

/// Why a plan is reckoned anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It starts.
    Start,
    /// New or corrected answers, a doctor's word, or free text that was read.
    Answers,
    /// What was done at the visit is recorded differently.
    Treatment,
    /// A visit was booked, moved, cancelled or missed.
    Calendar,
    /// Staff changed one of its emails.
    Act,
    /// Another clinical catalogue was published.
    Catalogue,
}

/// Reckons every plan of a client anew whose emails may still wait: for new answers, and for a
/// visit that was booked, moved, cancelled or missed, since the plans before it look at it.
/// Returns what changed, by the visit whose plan it is.
///
/// # Errors
/// When the database refuses.
pub async fn replan_client(
    db: &mut Db,
    made: Made<'_>,
    clinic: ClinicId,
    client: ClientId,
    now: Timestamp,
    cause: Cause,
) -> store::Result<Vec<(VisitId, Vec<Change>)>> {
    let since = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    let mut done: HashSet<VisitId> = HashSet::new();
    let mut all = Vec::new();
    for visit in store::visit::ids_since(db, clinic, client, since).await? {
        if done.contains(&visit) {
            continue;
        }
        let Some(series) = Reckoning::load(db, made, clinic, visit, now).await? else { continue };
        done.extend(series.filed.series.ids());
        let page = series.filed.series.page().id;
        let changes = series.run(db, cause).await?;
        if !changes.is_empty() {
            all.push((page, changes));
        }
    }
    Ok(all)
}

/// Reckons the plan of one visit anew, with the other visits of its day. Returns what changed since
/// it was last reckoned, for a page to show. Nothing to do is no error: a visit that does not take
/// place, or has no emails.
///
/// # Errors
/// When the database refuses.
pub async fn replan(
    db: &mut Db,
    made: Made<'_>,
    clinic: ClinicId,
    visit: VisitId,
    now: Timestamp,
    cause: Cause,
) -> store::Result<Vec<Change>> {
    match Reckoning::load(db, made, clinic, visit, now).await? {
        Some(series) => series.run(db, cause).await,
        None => Ok(Vec::new()),
    }
}

impl Web {
    /// Lets the plans of a client follow what this transaction changed.
    pub(crate) async fn replan(
        &self,
        db: &mut Db,
        clinic: ClinicId,
        client: ClientId,
        cause: Cause,
    ) -> store::Result<()> {
        replan_client(db, self.made(&self.sending.get()), clinic, client, self.clock.now(), cause).await.map(drop)
    }
}

/// The emails of one day of one client, on their way to a new plan.
struct Reckoning<'a> {
    made: Made<'a>,
    clinic: ClinicId,
    now: Timestamp,
    filed: Filed,
    /// The visits of the day as one.
    case: Case,
    brief: Brief,
    /// All emails of all visits of the day.
    emails: Vec<Email>,
    /// The plan whose emails they are, once one of the visits is completed.
    plan: Option<Started>,
    /// The protocol of that plan, or else the clinic's newest.
    protocol: Protocol,
}

impl<'a> Reckoning<'a> {
    async fn load(
        db: &mut Db,
        made: Made<'a>,
        clinic: ClinicId,
        visit: VisitId,
        now: Timestamp,
    ) -> store::Result<Option<Self>> {
        let Some(appointment) = store::visit::find(db, clinic, visit).await? else { return Ok(None) };
        store::outbox::one_at_a_time(db, clinic, appointment.client).await?;
        if !appointment.state.takes_place() {
            return Ok(None);
        }
        let Some(filed) = store::case::find(db, clinic, visit).await? else { return Ok(None) };
        learn(db, made.letters).await?;
        let case = filed.together(made.catalogue);
        let brief = tailor(made.catalogue, &case);
        let mut emails = Vec::new();
        let mut plan = None;
        for visit in filed.series.visits() {
            emails.extend(store::email::of_visit(db, clinic, visit.id).await?);
            if visit.completed {
                // The later one wins: they come in the order they end.
                plan = store::plan::of_visit(db, clinic, visit.id).await?.or(plan);
            }
        }
        let protocol = match &plan {
            Some(started) => store::protocol::version(db, clinic, started.protocol).await?,
            None => store::protocol::newest(db, clinic).await?,
        };
        Ok(Some(Self { made, clinic, now, filed, case, brief, emails, plan, protocol }))
    }

    async fn run(mut self, db: &mut Db, cause: Cause) -> store::Result<Vec<Change>> {
        let mut changes = match self.plan.take() {
            Some(plan) => self.aftercare(db, plan, cause).await?,
            None => Vec::new(),
        };
        changes.extend(self.preparation(db).await?);
        // Whatever a worker holds was written by the old answers.
        for visit in self.filed.series.ids() {
            store::outbox::take_back(db, self.clinic, visit).await?;
        }
        if !changes.is_empty() && cause != Cause::Start {
            let visit = self.filed.series.page().id.to_string();
            let entry = Entry::system(self.clinic, self.now, "plan.revised", "visit", visit);
            store::audit::record(db, &entry).await?;
        }
        Ok(changes)
    }

    /// The emails after the visits, which all hang on one plan.
    async fn aftercare(&mut self, db: &mut Db, mut started: Started, cause: Cause) -> store::Result<Vec<Change>> {
        self.gather(db, &started).await?;
        let rows = self.settled(db, started.visit).await?;
        let reckon = |from: Timestamp| {
            let plan = plan::for_visit(self.made.catalogue, &self.protocol, &self.case, &self.brief, from);
            change::changed(plan, &plain(&self.filed.changes), &self.case)
        };
        let (plan, late) = (reckon(started.started_at), reckon(self.now));
        let rows: Vec<Owed> = rows.iter().map(owed_row).collect();
        let revised = revise(&rows, &plan, &late, self.now);
        let revised: Vec<Revision> = revised.into_iter().filter(|one| one.step() != Step::Prepare).collect();
        for revision in &revised {
            self.write(db, revision, (started.visit, Some(&started)), &self.protocol, cause).await?;
        }
        let left: BTreeSet<Step> =
            rows.iter().filter(|row| !row.waits() && row.state != State::Cancelled).map(|row| row.step).collect();
        let standing = standing(&rows, &revised, &plan, &late);
        started.not_sent = standing.not_sent.iter().filter(|one| !left.contains(&one.step)).cloned().collect();
        started.aftercare = self.brief.aftercare;
        store::plan::save_not_sent(db, self.clinic, &started).await?;
        self.tell_the_others(db, &started).await?;
        self.keep_record(db, started.visit, &standing, &left).await
    }

    /// One day, one plan: what waits of the day's other visits goes with the one that holds it.
    async fn gather(&mut self, db: &mut Db, started: &Started) -> store::Result<()> {
        let holder = started.visit;
        let elsewhere = |email: &&mut Email| email.visit != holder && email.step != Step::Prepare;
        let has: BTreeSet<Step> =
            self.emails.iter().filter(|email| email.visit == holder).map(|email| email.step).collect();
        for email in self.emails.iter_mut().filter(elsewhere).filter(|email| owed_row(email).waits()) {
            if has.contains(&email.step) {
                store::outbox::call_off(db, self.clinic, email.id, CALLED_OFF[0]).await?;
                email.state = State::Cancelled;
                email.reason = Some(CALLED_OFF[0].into());
            } else if store::outbox::go_with(db, self.clinic, email.id, holder, Some(started.id)).await? {
                email.visit = holder;
            }
        }
        Ok(())
    }

    /// The emails that count for the plan: its own, and what went out with another visit of the
    /// day, unless it left a sign unsaid that the day's treatments together call for.
    async fn settled(&self, db: &mut Db, holder: VisitId) -> store::Result<Vec<Email>> {
        let mut rows: Vec<Email> = self.emails.iter().filter(|email| email.visit == holder).cloned().collect();
        for email in self.emails.iter().filter(|email| email.visit != holder && email.sending_at.is_some()) {
            if rows.iter().any(|row| row.step == email.step) {
                continue;
            }
            let kept = store::outbox::content(db, self.clinic, email.id).await?;
            let said =
                kept.and_then(|kept| Frozen::from_bytes(&kept)).map(|frozen| frozen.made_of.content.warning_signs);
            let whole = said.is_some_and(|said| self.brief.warning_signs.iter().all(|sign| said.contains(sign)));
            if whole || email.step == Step::Prepare {
                rows.push(email.clone());
            }
        }
        Ok(rows)
    }

    /// The day's other visits say where their emails are.
    async fn tell_the_others(&self, db: &mut Db, holder: &Started) -> store::Result<()> {
        let zone = self.case.clinic.zone.rules();
        let Some(with) = self.filed.series.visits().iter().find(|visit| visit.id == holder.visit) else {
            return Ok(());
        };
        let at = with.starts_at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
        let reason = format!("goes with the {at} visit of that day");
        for visit in self.filed.series.visits().iter().filter(|visit| visit.id != holder.visit) {
            if let Some(mut other) = store::plan::of_visit(db, self.clinic, visit.id).await? {
                let steps = self.protocol.after().map(|rule| rule.step);
                other.not_sent = steps.map(|step| NotSent { step, reason: reason.clone() }).collect();
                store::plan::save_not_sent(db, self.clinic, &other).await?;
            }
        }
        Ok(())
    }

    /// Keeps how the plan stands now, and says what is different from the last time.
    async fn keep_record(
        &self,
        db: &mut Db,
        visit: VisitId,
        standing: &Plan,
        left: &BTreeSet<Step>,
    ) -> store::Result<Vec<Change>> {
        let kept = store::plan::record::of_visit(db, self.clinic, visit).await?;
        let before = kept.map(|record| record.latest);
        let (gone, open): (Vec<Told>, Vec<Told>) =
            before.clone().unwrap_or_default().into_iter().partition(|told| left.contains(&told.step));
        let emails = standing.emails.iter().filter(|email| !left.contains(&email.step));
        let latest: Vec<Told> = gone.into_iter().chain(emails.map(Told::of)).collect();
        if before.as_ref() != Some(&latest) {
            store::plan::record::save(db, self.clinic, visit, &latest, self.now).await?;
        }
        let standing = Plan {
            emails: standing.emails.iter().filter(|email| !left.contains(&email.step)).cloned().collect(),
            not_sent: standing.not_sent.clone(),
        };
        Ok(if before.is_some() { since(&open, &standing) } else { Vec::new() })
    }

    /// Writes one revision to its row, with its audit row.
    async fn write(
        &self,
        db: &mut Db,
        revision: &Revision,
        (visit, plan): (VisitId, Option<&Started>),
        protocol: &Protocol,
        cause: Cause,
    ) -> store::Result<()> {
        let row = self.emails.iter().find(|email| email.step == revision.step() && email.visit == visit);
        let (action, id) = match (revision, row) {
            (Revision::Owe(email), _) => {
                let ids = (self.clinic, self.filed.client, visit);
                let plan_of = (plan.map(|plan| plan.id), protocol);
                let new = owed(self.made, &self.case, ids, plan_of, std::slice::from_ref(email), self.now);
                store::outbox::insert(db, &new, self.now).await?;
                self.hold_new(db, new.first().map(|email| email.id), email.step).await?;
                // A plan that starts owes all of its emails by that.
                let id = new.first().map(|email| email.id).filter(|_| cause != Cause::Start && plan.is_some());
                ("email.owed", id)
            }
            (Revision::Change(email), Some(row)) => {
                let changed = store::outbox::change(db, self.clinic, &self.anew(row, email, protocol)).await?;
                ("email.replanned", changed.then_some(row.id))
            }
            (Revision::Return(email), Some(row)) => {
                let owed = store::outbox::owe_again(db, self.clinic, &self.anew(row, email, protocol)).await?;
                self.hold_new(db, owed.then_some(row.id), email.step).await?;
                ("email.owed", owed.then_some(row.id))
            }
            (Revision::CallOff(not_sent), Some(row)) => {
                let off = store::outbox::call_off(db, self.clinic, row.id, self.called_off(not_sent.step)).await?;
                ("email.cancelled", off.then_some(row.id))
            }
            (_, None) => ("", None),
        };
        if let Some(id) = id {
            store::audit::record(db, &Entry::system(self.clinic, self.now, action, "email", id.to_string())).await?;
        }
        Ok(())
    }

    /// While an alert holds the emails of this day, a new one starts held: a warning sign told before
    /// the plan started counts as much as one told after. A letter before a visit is not aftercare.
    async fn hold_new(&self, db: &mut Db, id: Option<EmailId>, step: Step) -> store::Result<()> {
        let Some(id) = id.filter(|_| step != Step::Prepare) else { return Ok(()) };
        let day: Vec<VisitId> = self.filed.series.ids().collect();
        if store::alert::holds(db, self.clinic, &day).await?
            && store::outbox::hold_one(db, self.clinic, id, HELD).await?
        {
            let entry = Entry::system(self.clinic, self.now, "email.held", "email", id.to_string());
            store::audit::record(db, &entry).await?;
        }
        Ok(())
    }

    /// The reason in the outbox, which is not sealed: the page knows more.
    fn called_off(&self, step: Step) -> &'static str {
        let skipped = self.filed.changes.get(&step).is_some_and(|kept| kept.change.skipped_by.is_some());
        if skipped { CALLED_OFF[2] } else { CALLED_OFF[0] }
    }

    fn anew(&self, row: &Email, email: &PlannedEmail, protocol: &Protocol) -> Anew {
        Anew {
            protocol: protocol.version,
            on_uncertain: on_uncertain(protocol.rule(email.step)),
            id: row.id,
            letter: email.letter,
            // What waits keeps its version until somebody moves it.
            letter_version: match row.letter == email.letter {
                true => row.letter_version,
                false => self.made.letters.version_of(self.clinic, &row.locale, email.letter),
            },
            due: email.due.clone(),
            not_after: email.not_after,
        }
    }
}

/// What to do with an email of this rule when nobody knows whether it arrived. Safety advice is repeated.
pub(super) fn on_uncertain(rule: Option<&StepRule>) -> Uncertainty {
    rule.map_or(Uncertainty::Resend, |rule| rule.on_uncertain)
}

/// A row as the rules look at it.
fn owed_row(email: &Email) -> Owed {
    Owed {
        step: email.step,
        state: email.state,
        due_at: email.due_at,
        not_after: email.not_after,
        letter: email.letter,
        reason: email.reason.clone(),
    }
}
