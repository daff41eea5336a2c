//! `GET /visits/{id}/plan`: the plan in the hands of the therapist.

use askama::Template;
use jiff::Zoned;

use super::acts::{Field, Typed};
use super::{PlanView, Stop};
use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::Act;
use crate::clinic::protocol::Step;
use crate::web::badge::Badge;
use crate::web::say;
use crate::web::shell::Shell;
use crate::web::visit::{VisitFacts, full_name};

/// The page.
#[derive(Debug, Template)]
#[template(path = "visit/plan_page.html")]
pub struct PlanPage {
    shell: Shell,
    id: VisitId,
    name: String,
    when: String,
    started: bool,
    off: Option<()>,
    over: bool,
    plan: PlanView,
    /// What is shown of the open email: what is in it, the letter, or its text.
    tab: Tab,
    text: String,
    level: Badge,
    done: Option<String>,
}

/// What is shown of the open email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// What is offered, withheld and always in.
    Inside,
    /// The letter as the client sees it.
    Letter,
    /// Its text part.
    Text,
}

impl Tab {
    /// The tab of this id; what is inside otherwise.
    #[must_use]
    pub fn of(id: &str) -> Self {
        match id {
            "letter" => Self::Letter,
            "text" => Self::Text,
            _ => Self::Inside,
        }
    }
}

/// What a page was asked for, beside the visit.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Which email is open.
    pub step: Option<Step>,
    /// What of it.
    pub tab: Tab,
    /// What was just done.
    pub done: Option<Act>,
    /// A form that came back.
    pub typed: Option<Typed>,
    /// Who acts.
    pub who: String,
}

impl PlanPage {
    /// The page of this visit. `text` is the text part of the open email.
    #[must_use]
    pub fn of(
        shell: Shell,
        facts: &VisitFacts,
        catalogue: &Catalogue,
        chosen: &Chosen,
        text: String,
        now: &Zoned,
    ) -> Self {
        let case = facts.plan.together.as_ref().unwrap_or(&facts.case);
        let step = chosen.typed.as_ref().map(|typed| typed.step).or(chosen.step);
        let plan = PlanView::of(case, &facts.plan, catalogue, step, now);
        let plan = plan.with_acts(case, &facts.plan, now, &chosen.who, chosen.typed.as_ref());
        let starts = facts.case.visit.starts_at.to_zoned(case.clinic.zone.rules().clone());
        let done = chosen.done.zip(chosen.step).map(|(act, step)| told(act, step));
        Self {
            shell,
            id: facts.id,
            name: full_name(&facts.case),
            when: say::moment(&starts, now),
            started: facts.plan.started,
            off: facts.progress.is_off().then_some(()),
            over: case.visit.ends_at <= now.timestamp(),
            plan,
            tab: chosen.tab,
            text,
            level: Badge::of_brief(&facts.brief),
            done,
        }
    }
}

/// What was just done, in a sentence.
fn told(act: Act, step: Step) -> String {
    let name = step.name();
    match act {
        Act::Skip => format!("{name} is skipped."),
        Act::Unskip => format!("{name} is back in the plan."),
        Act::Hold => format!("{name} is held."),
        Act::Resume => format!("{name} is no longer held."),
        Act::SendNow => format!("{name} is on its way, or leaves when emails leave again."),
        Act::Move => format!("{name} has a new time."),
        Act::Line => format!("The line in {name} is kept."),
        Act::Withhold => format!("The item is left out of {name}."),
    }
}
