//! An answer to a check-in is taken in one transaction: the record, the alert, the held emails, the
//! mail to staff and the audit. By the link and by telephone it is the same.

use jiff::Timestamp;
use url::Url;

use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::checkin::{
    Answers, Asked, By, History, Record, Submission, Triage, asked, bleeds, step_of_day, triage,
};
use crate::clinic::ids::{AlertId, CheckInId, ClientId, ClinicId, VisitId};
use crate::clinic::protocol::Step;
use crate::clinic::tailoring::tailor;
use crate::clinic::wish::Wish;
use crate::store::audit::Entry;
use crate::store::check_in::CheckIn;
use crate::store::{self, Db, fresh_uuid};
use crate::web::Web;
use crate::web::alerts::open::{Alarm, alarm};

/// A check-in that can be asked or answered.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Whose.
    pub client: ClientId,
    /// Of which visit.
    pub visit: VisitId,
    /// The visits of that day, this one first.
    pub day: Vec<VisitId>,
    /// Of which step.
    pub step: Step,
    /// Clinic, client, answers, and the visits of the day as one.
    pub case: Case,
    /// What is asked.
    pub asked: Asked,
    /// What is known beside the answers.
    pub history: History,
    /// What was answered so far.
    pub kept: Option<CheckIn>,
}

/// What became of an answer.
#[derive(Clone, Debug)]
pub struct Took {
    /// What follows from this answer and those before it.
    pub triage: Triage,
    /// The alert it opened or raised.
    pub alert: Option<AlertId>,
}

/// The step a call at this moment belongs to.
#[must_use]
pub fn step_now(case: &Case, now: Timestamp) -> Step {
    let zone = case.clinic.zone.rules();
    let ended = case.visit.ends_at.to_zoned(zone.clone()).date();
    let today = now.to_zoned(zone.clone()).date();
    step_of_day(i64::from((today - ended).get_days()))
}

/// What a check-in is asked and taken with.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What signs there are.
    pub catalogue: &'a Catalogue,
    /// The address that links begin with, when it is known.
    pub base_url: Option<&'a Url>,
}

impl Web {
    /// What a check-in is asked and taken with.
    pub(in crate::web) fn asking(&self) -> Asking<'_> {
        Asking { catalogue: &self.catalogue, base_url: self.base_url.as_ref() }
    }
}

impl Asking<'_> {
    /// What a check-in of this visit and step asks. `None`: the clinic has no such visit.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ready(
        &self,
        db: &mut Db,
        clinic: ClinicId,
        visit: VisitId,
        step: Step,
    ) -> store::Result<Option<Ready>> {
        let Some(filed) = store::case::find(db, clinic, visit).await? else { return Ok(None) };
        let case = filed.together(self.catalogue);
        let brief = tailor(self.catalogue, &case);
        let bleeds = bleeds(self.catalogue, &case.intake);
        let asked = asked(&brief, step, bleeds);
        let kept = store::check_in::of_visit(db, clinic, visit).await?;
        let before = |one: &&CheckIn| one.step < step;
        let lowest = kept.iter().filter(before).filter_map(|one| one.record.lowest()).min_by_key(|pain| pain.score());
        let history = History { step, before: case.intake.pain_now, lowest_since: lowest, bleeds };
        let mut day = vec![visit];
        day.extend(filed.series.ids().filter(|id| *id != visit));
        let kept = kept.into_iter().find(|one| one.step == step);
        Ok(Some(Ready { client: filed.client, visit, day, step, case, asked, history, kept }))
    }

    /// Takes an answer. `entry` says who answers and when; its clinic is the one that counts. The
    /// answers must be whole, or give alarm.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take(
        &self,
        db: &mut Db,
        ready: &Ready,
        answers: Answers,
        (by, entry): (By, &Entry),
    ) -> store::Result<Took> {
        let (clinic, now) = (entry.clinic, entry.at);
        store::outbox::one_at_a_time(db, clinic, ready.client).await?;
        // Somebody may have answered until our turn came.
        let kept = store::check_in::find(db, clinic, ready.visit, ready.step).await?;
        let own = triage(self.catalogue, &answers, &ready.history);
        let wrote = !answers.words.is_empty();
        let submission = Submission { at: now, by, answers, triage: own.clone() };
        let (check_in, is_new) = match kept {
            Some(mut kept) => {
                let added = kept.record.add(submission);
                (CheckIn { last_at: now, ..kept }, added)
            }
            None => (first(ready, submission, now), true),
        };
        let joined = check_in.record.joined.clone();
        if !is_new {
            return Ok(Took { triage: joined, alert: None });
        }
        store::check_in::save(db, clinic, &check_in).await?;
        let given = Entry {
            action: "check_in.given".into(),
            kind: "check_in".into(),
            record_id: check_in.id.to_string(),
            ..entry.clone()
        };
        store::audit::record(db, &given).await?;
        let cause = Alarm {
            clinic,
            client: ready.client,
            visits: &ready.day,
            check_in: Some(check_in.id),
            triage: &own,
            told: "",
            entry,
        };
        let alert = alarm(self.base_url, db, &cause).await?;
        // An alert shows the words with it. Without one they would wait for somebody to stumble over them;
        // what staff typed on the telephone they have heard.
        if own.alert.is_none() && wrote && by == By::Client {
            store::wish::ask(db, clinic, ready.client, Wish::Words, now).await?;
        }
        Ok(Took { triage: joined, alert })
    }
}

fn first(ready: &Ready, submission: Submission, now: Timestamp) -> CheckIn {
    CheckIn {
        id: CheckInId::from_uuid(fresh_uuid(now)),
        client: ready.client,
        visit: ready.visit,
        step: ready.step,
        record: Record::of(submission),
        first_at: now,
        last_at: now,
    }
}
