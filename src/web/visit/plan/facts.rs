//! Loads the plan of a visit: its emails as they stand, or as they will be, with what staff changed
//! about them, for the visits of the day together.

use jiff::Zoned;

use super::{EmailFacts, PlanFacts};
use crate::clinic::brief::Brief;
use crate::clinic::case::Case;
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::plan::since::since;
use crate::clinic::plan::{self, NotSent, Plan, PlannedEmail, change};
use crate::clinic::protocol::{Step, Stream};
use crate::clinic::tailoring::tailor;
use crate::mail::letter::Edition;
use crate::store::case::Filed;
use crate::store::email::Email;
use crate::store::plan::Started;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::letters::Letters;
use crate::web::{Here, Web, say};

impl EmailFacts {
    /// Which edition of its letter it is: the one it was planned in, or the newest of this clinic.
    pub(in crate::web) fn edition(&self, clinic: ClinicId) -> Edition<'_> {
        match &self.planned_in {
            Some((locale, version)) => Edition::Planned { clinic, letter: self.letter, locale, version: *version },
            None => Edition::Newest(clinic),
        }
    }
}

/// The plan of a visit as a page shows it. `off`: it does not take place, so nothing comes after it.
pub(in crate::web) async fn load(
    web: &Web,
    db: &mut Db,
    here: &Here,
    (filed, id): (&Filed, VisitId),
    off: bool,
) -> Result<PlanFacts, Error> {
    let started = store::plan::of_visit(db, here.id, id).await?;
    let case = filed.together(&web.catalogue);
    let day = Day { web, here, filed, brief: tailor(&web.catalogue, &case), case };
    let page = filed.series.page();
    if !off && page.id != id {
        let starts = page.starts_at.to_zoned(here.profile.zone.rules().clone());
        let emails = day.rows(db, &[id]).await?;
        return Ok(PlanFacts { emails, with: Some((page.id, say::clock(&starts))), ..PlanFacts::default() });
    }
    if off {
        let emails = day.rows(db, &[id]).await?;
        let not_sent = started.map(|started| started.not_sent).unwrap_or_default();
        return Ok(PlanFacts { emails, not_sent, ..PlanFacts::default() });
    }
    let visits: Vec<VisitId> = filed.series.ids().collect();
    let mut emails = day.rows(db, &visits).await?;
    let from = started.as_ref().map_or(day.case.visit.ends_at, |started| started.started_at);
    let protocol = match &started {
        Some(started) => store::protocol::version(db, here.id, started.protocol).await?,
        None => store::protocol::newest(db, here.id).await?,
    };
    let planned = plan::for_visit(&web.catalogue, &protocol, &day.case, &day.brief, from);
    for email in &planned.emails {
        let skipped = filed.change(email.step).skipped_by.is_some();
        let owed = emails.iter().any(|row| row.step == email.step);
        // A skipped email is shown, so that it can be put back.
        if !owed && (started.is_none() || skipped) {
            emails.push(day.forecast(email.clone()));
        }
    }
    let is_shown = |one: &NotSent| emails.iter().any(|email| email.step == one.step);
    let not_sent = started.as_ref().map_or(planned.not_sent, |started| started.not_sent.clone());
    let since = match &started {
        Some(started) => changed_since(db, here, started, &emails).await?,
        None => Vec::new(),
    };
    let beside = filed.series.visits().iter().filter(|visit| visit.id != id);
    let zone = here.profile.zone.rules();
    Ok(PlanFacts {
        not_sent: not_sent.into_iter().filter(|one| !is_shown(one)).collect(),
        emails,
        started: started.is_some(),
        with: None,
        joined: beside.map(|visit| say::clock(&visit.starts_at.to_zoned(zone.clone()))).collect(),
        since,
        together: Some(day.case),
    })
}

/// The visits of a day as one, with what was loaded of them.
struct Day<'a> {
    web: &'a Web,
    here: &'a Here,
    filed: &'a Filed,
    case: Case,
    brief: Brief,
}

impl Day<'_> {
    /// The emails of these visits that have a row. One that was called off gives way to another of
    /// its step.
    async fn rows(&self, db: &mut Db, visits: &[VisitId]) -> Result<Vec<EmailFacts>, Error> {
        let mut rows: Vec<Email> = Vec::new();
        for visit in visits {
            rows.extend(store::email::of_visit(db, self.here.id, *visit).await?);
        }
        let mut emails: Vec<EmailFacts> = Vec::new();
        for row in &rows {
            let twice = rows.iter().any(|other| other.step == row.step && other.id != row.id && is_on(other.state));
            if is_on(row.state) || !twice {
                emails.push(self.row(db, row).await?);
            }
        }
        Ok(emails)
    }

    async fn row(&self, db: &mut Db, email: &Email) -> Result<EmailFacts, Error> {
        let change = self.filed.change(email.step);
        let protocol = store::protocol::version(db, self.here.id, email.protocol).await?;
        let content =
            || plan::content(&self.web.catalogue, &self.case, &self.brief, protocol.says(email.step, email.letter));
        // What left is told as it was then; only what still waits follows today's answers.
        let kept = store::outbox::content(db, self.here.id, email.id).await?;
        let text_is_gone = kept.is_none() && email.sending_at.is_some() && !is_open(email.state);
        let left = kept.and_then(|bytes| Letters::opened(&bytes));
        let (subject, content, line) = match left {
            Some(left) if left.content.is_some() && !is_open(email.state) => {
                (left.subject, left.content.unwrap_or_else(content), left.line)
            }
            // What it said is kept no longer, and today's answers are not what it was made of.
            None if text_is_gone => Default::default(),
            _ => {
                let content = change.applied_to(content());
                let (locale, version) = (email.locale.as_str(), email.letter_version);
                let edition = Edition::Planned { clinic: self.here.id, letter: email.letter, locale, version };
                let subject = self.web.letters.preview(&self.case, (email.letter, edition), email.step, &content);
                (subject.map(|written| written.subject).unwrap_or_default(), content, change.line.clone())
            }
        };
        let zone = self.case.clinic.zone.rules();
        let note = match (email.state, email.sent_at) {
            (State::Sent, Some(at)) => {
                format!("Handed over {}", say::moment(&at.to_zoned(zone.clone()), &self.here.now))
            }
            _ => email.reason.as_ref().or(email.reply.as_ref()).map(|words| say::capital(words)).unwrap_or_default(),
        };
        Ok(EmailFacts {
            id: Some(email.id),
            step: email.step,
            letter: email.letter,
            planned_in: Some((email.locale.clone(), email.letter_version)),
            due: email.due_at.to_zoned(zone.clone()),
            not_after: email.not_after,
            state: Some(email.state),
            note,
            subject,
            content,
            line,
            skipped_by: change.skipped_by,
            moved: change.moved_to.is_some(),
            revision: self.revision(email.step),
            may_have_arrived: email.sending_at.is_some(),
            text_is_gone,
        })
    }

    /// An email without a row: how it will be, or would be if nobody had skipped it.
    fn forecast(&self, mut email: PlannedEmail) -> EmailFacts {
        let mut change = self.filed.change(email.step);
        let skipped_by = change.skipped_by.take();
        let changes = change::Changes::from([(email.step, change.clone())]);
        if let Ok(changed) = change::one(email.clone(), &changes, &self.case) {
            email = changed;
        }
        let edition = Edition::Newest(self.here.id);
        let subject = self.web.letters.preview(&self.case, (email.letter, edition), email.step, &email.content);
        EmailFacts {
            subject: subject.map(|written| written.subject).unwrap_or_default(),
            line: change.line,
            skipped_by,
            moved: change.moved_to.is_some(),
            revision: self.revision(email.step),
            ..EmailFacts::planned(&email)
        }
    }

    fn revision(&self, step: Step) -> u32 {
        self.filed.changes.get(&step).map_or(0, |kept| kept.revision)
    }
}

const fn is_on(state: State) -> bool {
    !matches!(state, State::Cancelled)
}

/// Whether it is written anew before it leaves.
const fn is_open(state: State) -> bool {
    matches!(state, State::Scheduled | State::Claimed | State::Held)
}

/// What is different from the plan as it was made, of what has not left.
async fn changed_since(
    db: &mut Db,
    here: &Here,
    started: &Started,
    emails: &[EmailFacts],
) -> Result<Vec<plan::since::Change>, Error> {
    let Some(record) = store::plan::record::of_visit(db, here.id, started.visit).await? else {
        return Ok(Vec::new());
    };
    let waits = |email: &&EmailFacts| email.state.is_some_and(is_open);
    let gone = |step: Step| {
        emails
            .iter()
            .any(|email| email.step == step && email.state.is_some_and(|state| !is_open(state) && is_on(state)))
    };
    let made: Vec<_> = record.made.into_iter().filter(|told| !gone(told.step)).collect();
    let now = Plan {
        emails: emails.iter().filter(waits).filter(|email| email.step != Step::Prepare).map(planned).collect(),
        not_sent: started.not_sent.clone(),
    };
    Ok(since(&made, &now))
}

fn planned(email: &EmailFacts) -> PlannedEmail {
    PlannedEmail {
        step: email.step,
        letter: email.letter,
        stream: Stream::Aftercare,
        due: Zoned::clone(&email.due),
        not_after: email.not_after,
        content: email.content.clone(),
    }
}
