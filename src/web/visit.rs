//! One visit on one page: the brief before the session, what the client told us, the plan after it.

pub mod answers;
pub mod brief;
mod desk;
pub mod load;
pub mod past;
pub mod plan;

use askama::Template;
use jiff::Zoned;

use crate::clinic::brief::Brief;
use crate::clinic::case::{Case, Treatment};
use crate::clinic::catalogue::{Catalogue, TechniqueId};
use crate::clinic::ids::VisitId;
use crate::clinic::protocol::Step;
use crate::clinic::treatment::Done;

use super::day::Progress;
use super::note::treatment::TreatmentView;
use super::note::{NoteFacts, NoteView, Told};
use super::pain::{self, Curve};
use super::shell::Shell;
use super::{mailbox, say};
use answers::Answer;
use brief::{Banner, BriefView};
use past::PastFacts;
use plan::{PlanFacts, PlanView, Stop};

/// What is loaded for one visit.
#[derive(Clone, Debug)]
pub struct VisitFacts {
    /// Which visit.
    pub id: VisitId,
    /// Clinic, client, answers, and the visit as it was done.
    pub case: Case,
    /// What was booked: the brief and the note begin there.
    pub booked: Treatment,
    /// What was done, once it is recorded.
    pub done: Option<Done>,
    /// What tailoring made of the answers and the booking.
    pub brief: Brief,
    /// Its aftercare.
    pub plan: PlanFacts,
    /// Who treats; may be empty.
    pub therapist: String,
    /// Whether there is an intake at all. Without one nothing may be read from empty answers.
    pub answered: bool,
    /// How far it has come.
    pub progress: Progress,
    /// Whether the form can still go into the client's hands, and its answers are missing.
    pub hands_form: bool,
    /// Its note.
    pub note: NoteFacts,
    /// What came before it.
    pub past: PastFacts,
}

/// `GET /visits/{id}`.
#[derive(Debug, Template)]
#[template(path = "visit/page.html")]
pub struct VisitPage {
    shell: Shell,
    id: VisitId,
    name: String,
    facts: Vec<String>,
    day: String,
    off: Option<Banner>,
    answered: bool,
    over: bool,
    brief: BriefView,
    answers: Vec<Answer>,
    plan: PlanView,
    note: NoteView,
    treatment: TreatmentView,
    past: PastFacts,
    curve: Option<Curve>,
    pain: Vec<(String, u8, String)>,
    may_complete: bool,
    /// Whether the form can still go into the client's hands.
    hands_form: bool,
    /// Whether the booked technique can still be changed.
    may_rebook: bool,
    instead: Option<Instead>,
}

/// That another technique was booked just now, with the way back.
#[derive(Debug)]
struct Instead {
    says: String,
    was: TechniqueId,
}

impl VisitPage {
    /// The page, with one email of the plan open.
    #[must_use]
    pub fn of(shell: Shell, facts: &VisitFacts, catalogue: &Catalogue, chosen: Option<Step>, now: &Zoned) -> Self {
        Self::telling(shell, facts, catalogue, (chosen, now), &Told::default())
    }

    /// The page with what an act has to tell.
    #[must_use]
    pub fn telling(
        shell: Shell,
        facts: &VisitFacts,
        catalogue: &Catalogue,
        (chosen, now): (Option<Step>, &Zoned),
        told: &Told,
    ) -> Self {
        let case = &facts.case;
        // The brief is what was read before the session, whatever was done then.
        let mut before = case.clone();
        before.visit.treatment = facts.booked.clone();
        let begun = case.visit.starts_at <= now.timestamp();
        Self {
            shell,
            id: facts.id,
            name: full_name(case),
            facts: headline(facts, &before, catalogue, now),
            day: case.visit_day().to_string(),
            off: off(facts.progress),
            answered: facts.answered,
            over: facts.progress == Progress::Completed || case.visit.ends_at <= now.timestamp(),
            brief: BriefView::of(&before, &facts.brief, catalogue),
            answers: answers::of(case, catalogue),
            plan: PlanView::of(case, &facts.plan, catalogue, chosen, now),
            note: NoteView::of(&facts.note, told, catalogue, now),
            treatment: TreatmentView::of(
                &facts.booked,
                facts.done.as_ref(),
                told.treatment.as_ref(),
                &facts.brief,
                catalogue,
            ),
            curve: Curve::of(&facts.past.pain),
            pain: pain::table(&facts.past.pain),
            past: facts.past.clone(),
            may_complete: begun && matches!(facts.progress, Progress::Booked | Progress::InProgress),
            hands_form: facts.hands_form,
            may_rebook: matches!(facts.progress, Progress::Booked | Progress::InProgress),
            instead: None,
        }
    }

    /// The page that says which technique was booked before, as long as that can be taken back.
    #[must_use]
    pub fn instead_of(mut self, was: Option<&str>, catalogue: &Catalogue) -> Self {
        let was = was.and_then(|id| catalogue.technique(&id.into()));
        let was = was.filter(|was| self.may_rebook && was.id.as_str() != self.brief.technique.booked_id);
        self.instead = was.map(|was| Instead {
            says: format!(
                "{} is booked now, instead of {}. The brief, the note and the board follow it.",
                self.brief.technique.booked, was.label
            ),
            was: was.id.clone(),
        });
        self
    }
}

/// What stands above everything when the visit does not take place.
fn off(progress: Progress) -> Option<Banner> {
    let title = match progress {
        Progress::Cancelled => "This visit was cancelled",
        Progress::NoShow => "The client did not come",
        Progress::Booked | Progress::InProgress | Progress::Completed => return None,
    };
    let text = "No aftercare goes out for it. What was sent before stays below.";
    Some(Banner { look: "unknown", icon: "no", title: title.into(), text: text.into() })
}

/// First and last name.
#[must_use]
pub fn full_name(case: &Case) -> String {
    let last = case.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{}{last}", case.client.first_name)
}

/// Age, time, technique, therapist: what one checks before the door opens.
fn headline(facts: &VisitFacts, case: &Case, catalogue: &Catalogue, now: &Zoned) -> Vec<String> {
    let zone = case.clinic.zone.rules();
    let (starts, ends) = (case.visit.starts_at.to_zoned(zone.clone()), case.visit.ends_at.to_zoned(zone.clone()));
    let treatment = &case.visit.treatment;
    let technique = catalogue.technique(&treatment.technique);
    let technique = technique.map_or_else(|| treatment.technique.to_string(), |technique| technique.label.clone());
    let born = case.client.born.map_or_else(
        || "Date of birth not known".into(),
        |born| {
            let age = born.until((jiff::Unit::Year, case.visit_day())).map_or(0, |span| span.get_years());
            format!("{age}, born {}", say::birthday(born))
        },
    );
    let when = format!("{} to {}", say::capital(&say::moment(&starts, now)), say::clock(&ends));
    let what = format!("{technique}, {}, {}", treatment.pressure.word(), brief::regions(&treatment.regions));
    let who = (!facts.therapist.is_empty()).then(|| format!("With {}", facts.therapist));
    [born, when, what].into_iter().chain(who).collect()
}

/// `GET /visits/{id}/emails/{step}`: one email as it will leave, or left.
#[derive(Debug, Template)]
#[template(path = "visit/email.html")]
pub struct EmailPage {
    shell: Shell,
    visit: VisitId,
    step: &'static str,
    title: String,
    client: String,
    first_name: String,
    letter: mailbox::LetterView,
}

impl EmailPage {
    /// The page of one email of this visit.
    #[must_use]
    pub fn of(shell: Shell, facts: &VisitFacts, step: Step, letter: mailbox::LetterView) -> Self {
        Self {
            shell,
            visit: facts.id,
            step: step.id(),
            title: step.name().into(),
            client: full_name(&facts.case),
            first_name: facts.case.client.first_name.to_string(),
            letter,
        }
    }
}
