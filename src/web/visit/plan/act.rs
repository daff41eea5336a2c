//! `POST /visits/{id}/plan/{step}/…`: the acts on one email. Load, decide, save, show, in one
//! transaction that everyone who plans for this client waits for, so that of two people who act at
//! once the second is told what the first did.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, Unit};

use super::acts::{Typed, limits};
use super::{EmailFacts, PlanFacts, facts, load};
use crate::clinic::account::Action;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::{Act, may};
use crate::clinic::plan::change::{LeftOut, StepChange, move_to, send_now};
use crate::clinic::plan::line::{self, PersonalLine};
use crate::clinic::protocol::Step;
use crate::store::case::Filed;
use crate::store::plan::change::{self, Kept};
use crate::store::{self, Db};
use crate::web::day::Progress;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::{Cause, replan};
use crate::web::visit::load::read;
use crate::web::{Here, Web, say, see_other};

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $act:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// When there is no such email here, it cannot be done, or the database does not answer.
        pub async fn $name(
            State(web): State<Web>,
            who: Who,
            Path((visit, step)): Path<(String, String)>,
            Form(fields): Form,
        ) -> Result<Response, Error> {
            act(&web, &who, (&visit, &step), Act::$act, &fields).await
        }
    )+};
}

acts! {
    /// Leaves one email away.
    skip = Skip;
    /// Puts a skipped one back.
    unskip = Unskip;
    /// Lets one wait until somebody resumes it.
    hold = Hold;
    /// Resumes a held one.
    resume = Resume;
    /// Sends one now, or when the window opens.
    now = SendNow;
    /// Gives one another time.
    time = Move;
    /// Adds, changes or removes a line of the therapist's own.
    line = Line;
    /// Leaves one more item out of one email, or of all that wait.
    withhold = Withhold;
}

async fn act(web: &Web, who: &Who, (visit, step): (&str, &str), act: Act, fields: &Fields) -> Result<Response, Error> {
    let (visit, step) = (read(visit)?, Step::of(step).ok_or(Error::NotFound)?);
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, who).await?;
    let plan = Loaded::load(web, &mut db, &here, visit).await?;
    let email = plan.email(step)?;
    plan.nobody_was_faster(&mut db, &here, email, fields).await?;
    may(act, email.state, email.skipped_by.is_some()).map_err(|no| Error::Refused(no.into()))?;
    let change = match decide(&plan, email, act, fields, (&here, &web.catalogue)) {
        Ok(change) => change,
        Err(No::Refused(sentence)) => return Err(Error::Refused(sentence)),
        Err(No::Wrong(typed)) => {
            let again = load::again(web, &mut db, &here, visit, typed).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    plan.save(web, &mut db, who, (email, act, change), fields.has("everywhere")).await?;
    db.commit().await?;
    if !who.may(Action::SeeHealth) {
        return Ok(see_other("/day"));
    }
    Ok(see_other(&format!("/visits/{visit}/plan?email={step}&done={}#{step}", act.id())))
}

/// Why an act is not done.
enum No {
    /// It cannot be.
    Refused(String),
    /// What was filled in is wrong.
    Wrong(Typed),
}

/// The plan an act is about.
struct Loaded {
    visit: VisitId,
    filed: Filed,
    facts: PlanFacts,
    now: Timestamp,
}

impl Loaded {
    async fn load(web: &Web, db: &mut Db, here: &Here, visit: VisitId) -> Result<Self, Error> {
        let appointment = store::visit::find(db, here.id, visit).await?.ok_or(Error::NotFound)?;
        store::outbox::one_at_a_time(db, here.id, appointment.client).await?;
        let filed = store::case::find(db, here.id, visit).await?.ok_or(Error::NotFound)?;
        let off = Progress::from(appointment.state).is_off();
        if off {
            return Err(Error::Refused("This visit does not take place, so nothing goes out for it.".into()));
        }
        let facts = facts::load(web, db, here, (&filed, visit), off).await?;
        if let Some((_, starts)) = &facts.with {
            return Err(Error::Refused(format!(
                "The emails of this visit go with the {starts} visit of that day. Change them there."
            )));
        }
        // Kept as the database keeps it, so that what is written now is what is read later.
        let now = web.clock.now();
        let now = now.round(Unit::Millisecond).unwrap_or(now);
        Ok(Self { visit, filed, facts, now })
    }

    fn email(&self, step: Step) -> Result<&EmailFacts, Error> {
        self.facts.emails.iter().find(|email| email.step == step).ok_or(Error::NotFound)
    }

    /// A form says which state of the email it was made for. Somebody else can have acted since.
    async fn nobody_was_faster(
        &self,
        db: &mut Db,
        here: &Here,
        email: &EmailFacts,
        fields: &Fields,
    ) -> Result<(), Error> {
        if !fields.has("seen") || fields.text("seen") == email.revision.to_string() {
            return Ok(());
        }
        let Some(last) = self.filed.changes.get(&email.step) else { return Ok(()) };
        let name = match last.by.parse() {
            Ok(id) => store::account::find(db, here.id, id).await?.map(|account| account.name.to_string()),
            Err(_) => None,
        };
        let when = say::moment(&last.at.to_zoned(here.profile.zone.rules().clone()), &here.now);
        let who = name.unwrap_or_else(|| "Somebody".into());
        let (done, email) = (last.act.done(), email.step.name());
        Err(Error::Refused(format!(
            "{who} {done} {when}, after this page was made: the {email} email. Go back, load the page anew and look again."
        )))
    }

    /// Keeps the change, lets the plan follow, and writes down who did it.
    async fn save(
        &self,
        web: &Web,
        db: &mut Db,
        who: &Who,
        (email, act, change): (&EmailFacts, Act, StepChange),
        everywhere: bool,
    ) -> Result<(), Error> {
        let kept = |email: &EmailFacts, change: StepChange| Kept {
            change,
            revision: email.revision + 1,
            act,
            by: who.account.to_string(),
            at: self.now,
        };
        change::save(db, who.clinic, self.filed.series.ids(), email.step, &kept(email, change.clone())).await?;
        if act == Act::Withhold && everywhere {
            let others = self.facts.emails.iter().filter(|other| other.step != email.step);
            for other in others.filter(|other| may(act, other.state, other.skipped_by.is_some()).is_ok()) {
                let mut theirs = self.filed.change(other.step);
                let new = change.withheld.last().filter(|one| !theirs.withheld.iter().any(|had| had.id == one.id));
                theirs.withheld.extend(new.cloned());
                change::save(db, who.clinic, self.filed.series.ids(), other.step, &kept(other, theirs)).await?;
            }
        }
        if let Some(id) = email.id {
            match act {
                Act::Hold => store::outbox::hold_one(db, who.clinic, id, "held by staff").await?,
                Act::Resume | Act::SendNow => store::outbox::resume_one(db, who.clinic, id).await?,
                _ => true,
            };
        }
        replan(db, web.made(&web.sending.get()), who.clinic, self.visit, self.now, Cause::Act).await?;
        let entry = match email.id {
            Some(id) => who.did(self.now, &format!("plan.{}", act.id()), "email", id),
            None => who.did(self.now, &format!("plan.{}", act.id()), "visit", self.visit),
        };
        Ok(store::audit::record(db, &entry).await?)
    }
}

/// What the email's changes are after the act.
fn decide(
    plan: &Loaded,
    email: &EmailFacts,
    act: Act,
    fields: &Fields,
    (here, catalogue): (&Here, &Catalogue),
) -> Result<StepChange, No> {
    let mut change = plan.filed.change(email.step);
    let case = plan.facts.together.as_ref().unwrap_or(&plan.filed.case);
    let limits = || limits(act, email, &plan.facts, case, &plan.now.to_zoned(here.profile.zone.rules().clone()));
    let wrong = |values: [&str; 2], problem: String| {
        No::Wrong(Typed { step: email.step, act, values: values.map(str::to_owned), problem })
    };
    let who = here.who.name.to_string();
    match act {
        Act::Skip => change.skipped_by = Some(who),
        Act::Unskip if email.due.timestamp() <= plan.now => {
            return Err(No::Refused("Its time has passed, so it cannot be put back.".into()));
        }
        Act::Unskip => change.skipped_by = None,
        Act::Hold | Act::Resume => {}
        Act::SendNow => {
            let leaves = send_now(&limits()).map_err(No::Refused)?;
            if email.due == leaves {
                return Err(No::Refused("It is on its way already.".into()));
            }
            change.moved_to = Some(leaves.datetime());
        }
        Act::Move => {
            let (day, time) = (fields.text("day").trim(), fields.text("time").trim());
            let wanted = civil(day, time).map_err(|problem| wrong([day, time], problem))?;
            change.moved_to =
                Some(move_to(wanted, &limits()).map_err(|problem| wrong([day, time], problem))?.datetime());
        }
        Act::Line => {
            let typed = fields.text("line");
            let text = line::check(typed).map_err(|problem| wrong([typed, ""], problem))?;
            change.line = text.map(|text| PersonalLine { text, who });
        }
        Act::Withhold => {
            let id = fields.text("item");
            let offers = email.content.advice.iter().any(|one| one.as_str() == id)
                || email.content.stretches.iter().any(|one| one.as_str() == id);
            if !offers {
                return Err(No::Refused(
                    "This email does not offer that item, so there is nothing to leave out.".into(),
                ));
            }
            if catalogue.advice_item(&id.into()).is_some_and(|item| !item.kind.may_be_left_out()) {
                return Err(No::Refused("Where to turn when one is not sure stays in every email.".into()));
            }
            change.withheld.push(LeftOut { id: id.into(), by: who });
        }
    }
    Ok(change)
}

/// A day and a time as browsers send them.
fn civil(day: &str, time: &str) -> Result<DateTime, String> {
    let date: Date =
        crate::clinic::intake::day(day).map_err(|_| format!("“{day}” is not a day. Write it like 2026-03-27."))?;
    let wrong = || format!("“{time}” is not a time. Write it like 16:00.");
    let clock = if matches!(time.len(), 5 | 8) {
        Time::strptime(if time.len() == 5 { "%H:%M" } else { "%H:%M:%S" }, time)
    } else {
        return Err(wrong());
    };
    Ok(date.to_datetime(clock.map_err(|_| wrong())?))
}
