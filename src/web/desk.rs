//! The desk: booking, moving and calling off visits, and saying who is in the room. Every act is
//! rehearsed before it is asked about: the page shows what the act itself would do to emails,
//! because it is the same code in a transaction that is not kept.

pub mod act;
pub mod call_off;
pub mod client_form;
pub mod move_visit;
pub mod new;
pub mod room;
pub mod technique;
pub mod toast;

use jiff::Zoned;

use super::actor::name_behind;
use super::error::Error;
use super::form::Fields;
use super::{Here, Web, say};
use crate::clinic::account::Role;
use crate::clinic::case::BookedPressure;
use crate::clinic::ids::{AccountId, ClinicId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::visit::booking::{Doubt, Typed};
use crate::clinic::visit::effects::{Effect, What};
use crate::clinic::visit::usual::{AS_USUAL, Usual};
use crate::store::visit::Appointment;
use crate::store::{self, Db};

/// What an act does to one email, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectLine {
    /// The icon.
    pub icon: &'static str,
    /// Which email.
    pub title: String,
    /// What becomes of it.
    pub text: String,
}

/// What an act does to emails: those that change, and those that stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectsView {
    /// Those that change.
    pub changes: Vec<EffectLine>,
    /// Those that stay as they are.
    pub stays: Vec<EffectLine>,
}

impl EffectsView {
    /// In words, by the clinic's clock.
    #[must_use]
    pub fn of(effects: &[Effect], now: &Zoned) -> Self {
        let (stays, changes): (Vec<&Effect>, Vec<&Effect>) =
            effects.iter().partition(|effect| effect.what == What::Stays);
        let lines = |effects: Vec<&Effect>| effects.into_iter().map(|effect| line(effect, now)).collect();
        Self { changes: lines(changes), stays: lines(stays) }
    }

    /// Whether no email waits at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.stays.is_empty()
    }

    /// How many stay, as a heading.
    #[must_use]
    pub fn staying(&self) -> String {
        match self.stays.len() {
            1 => "1 email stays as it is".into(),
            more => format!("{more} emails stay as they are"),
        }
    }

    /// How many change, as a heading.
    #[must_use]
    pub fn changing(&self) -> String {
        match self.changes.len() {
            1 => "1 email changes".into(),
            more => format!("{more} emails change"),
        }
    }
}

fn line(effect: &Effect, now: &Zoned) -> EffectLine {
    let at = |instant: jiff::Timestamp| say::moment(&instant.to_zoned(now.time_zone().clone()), now);
    let email = &effect.email;
    let held = email.state == State::Held;
    let due = at(email.due_at);
    let (icon, text) = match effect.what {
        What::CalledOff => ("no", format!("Called off. It was due {due}.")),
        What::Moves { from } => ("clock", format!("Moves from {} to {due}.", at(from))),
        What::Owed => ("mail", format!("Goes out {due}.")),
        What::Stays if held => ("pause", format!("Stays held, due {due}.")),
        What::Stays => ("mail", format!("Goes out {due}, as planned.")),
    };
    EffectLine { icon, title: format!("{}, for the visit {}", email.step.name(), at(email.visit_starts_at)), text }
}

/// The fields of a booking, as typed, with what may be chosen.
#[derive(Clone, Debug, Default)]
pub struct BookingView {
    /// What was typed.
    pub typed: Typed,
    /// Who can be booked: value and word.
    pub therapists: Vec<(String, String)>,
    /// What can be booked.
    pub techniques: Vec<(String, String)>,
    /// How firm.
    pub pressures: Vec<(String, String)>,
    /// What is usual: "Usually firm: Deep tissue."
    pub usual: Vec<String>,
    /// Areas: id, word, and whether it is ticked.
    pub regions: Vec<(String, String, bool)>,
}

/// The clinic's therapists, and the admins, who may treat as well.
pub(super) async fn therapists(db: &mut Db, clinic: ClinicId) -> Result<Vec<(AccountId, String)>, Error> {
    let mut all = store::account::all(db, clinic).await?;
    all.retain(|account| account.role != Role::Reception);
    all.sort_by_key(|account| account.role == Role::Admin);
    Ok(all.into_iter().map(|account| (account.id, account.name.to_string())).collect())
}

fn typed(fields: &Fields) -> Typed {
    let text = |name: &str| fields.text(name).chars().take(80).collect::<String>();
    Typed {
        date: text("date"),
        time: text("time"),
        minutes: text("minutes"),
        therapist: text("therapist"),
        technique: text("technique"),
        pressure: text("pressure"),
        regions: fields.all("regions").into_iter().take(40).map(str::to_owned).collect(),
    }
}

fn view(web: &Web, typed: Typed, therapists: &[(AccountId, String)], usual: &Usual) -> BookingView {
    use crate::clinic::body::Region;
    let pair = |id: &str, word: String| (id.to_owned(), word);
    let nobody = std::iter::once(pair("", "Nobody yet".into()));
    let techniques = web.catalogue.techniques().iter();
    BookingView {
        therapists: nobody.chain(therapists.iter().map(|(id, name)| (id.to_string(), name.clone()))).collect(),
        techniques: techniques
            .filter(|one| !one.retired || one.id.as_str() == typed.technique)
            .map(|one| pair(one.id.as_str(), one.label.clone()))
            .collect(),
        pressures: std::iter::once(pair(AS_USUAL, "As usual for the technique".into()))
            .chain(BookedPressure::ALL.map(|one| pair(one.word(), say::capital(one.word()))))
            .collect(),
        usual: usual.words(&web.catalogue),
        regions: Region::ALL
            .into_iter()
            .map(|region| {
                let ticked = typed.regions.iter().any(|id| id == region.id());
                (region.id().to_owned(), say::capital(&region.word()), ticked)
            })
            .collect(),
        typed,
    }
}

/// "Cleo Okafor, today 15:00 to 16:00".
fn headline(name: &str, visit: &Appointment, now: &Zoned) -> String {
    let local = |at: jiff::Timestamp| at.to_zoned(now.time_zone().clone());
    format!("{name}, {} to {}", say::moment(&local(visit.starts_at), now), say::clock(&local(visit.ends_at)))
}

/// The sentences of doubts.
fn sentences(doubts: &[Doubt]) -> Vec<String> {
    doubts.iter().map(|doubt| doubt.says.clone()).collect()
}

/// Who changed a visit last, and how: "Rosa Marin moved it today 14:05."
///
/// # Errors
/// When the database does not answer.
async fn last_deed(db: &mut Db, here: &Here, visit: VisitId) -> Result<Option<String>, Error> {
    let deeds = store::audit::of_record(db, here.id, &visit.to_string()).await?;
    let last = deeds.into_iter().rev().find_map(|entry| deed(&entry.action).map(|words| (words, entry)));
    let Some((words, entry)) = last else { return Ok(None) };
    let who = name_behind(db, &entry).await?;
    let at = say::moment(&entry.at.to_zoned(here.now.time_zone().clone()), &here.now);
    Ok(Some(format!("{} {words} {at}.", who.unwrap_or_else(|| "The system".into()))))
}

fn deed(action: &str) -> Option<&'static str> {
    Some(match action {
        "visit.booked" => "booked it",
        "visit.moved" => "moved or changed it",
        "visit.technique" => "changed the technique",
        "visit.cancelled" => "cancelled it",
        "visit.missed" => "noted the no-show",
        "visit.taken_back" => "took that back",
        "visit.started" => "noted that it began",
        "visit.not_started" => "noted that it had not begun",
        "visit.completed" => "closed it",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::clinic::ids::EmailId;
    use crate::clinic::protocol::Step;
    use crate::clinic::visit::effects::Standing;

    #[test]
    fn what_becomes_of_an_email_is_said_with_its_visit_and_its_times() {
        let now: Zoned = "2026-03-27T14:24:00+00:00[Europe/London]".parse().expect("a moment");
        let at = |text: &str| -> Timestamp { text.parse().expect("an instant") };
        let effect = |what, state| Effect {
            email: Standing {
                id: EmailId::from_uuid(Uuid::from_u128(1)),
                visit: VisitId::from_uuid(Uuid::from_u128(2)),
                visit_starts_at: at("2026-03-31T14:00:00Z"),
                step: Step::Prepare,
                state,
                due_at: at("2026-03-30T08:00:00Z"),
            },
            what,
        };
        let view = EffectsView::of(
            &[
                effect(What::CalledOff, State::Cancelled),
                effect(What::Moves { from: at("2026-03-28T09:00:00Z") }, State::Scheduled),
                effect(What::Owed, State::Scheduled),
                effect(What::Stays, State::Held),
            ],
            &now,
        );
        let texts: Vec<&str> = view.changes.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Called off. It was due Mon 30 Mar 09:00.",
                "Moves from tomorrow 09:00 to Mon 30 Mar 09:00.",
                "Goes out Mon 30 Mar 09:00."
            ]
        );
        assert!(view.changes[0].title.ends_with(", for the visit Tue 31 Mar 15:00"), "{}", view.changes[0].title);
        assert_eq!(view.stays[0].text, "Stays held, due Mon 30 Mar 09:00.");
        assert_eq!((view.changing().as_str(), view.staying().as_str()), ("3 emails change", "1 email stays as it is"));
    }
}
