//! One email of a plan, opened: offered, withheld, always in.

use super::EmailFacts;
use crate::clinic::case::Case;
use crate::clinic::catalogue::{Catalogue, StretchId, Tier};
use crate::clinic::plan::Content;
use crate::clinic::plan::change::BY_HAND;
use crate::web::badge::Badge;
use crate::web::visit::brief::signs::{self, SignGroup};
use crate::web::{because, say};

/// One email, opened.
#[derive(Debug)]
pub struct OpenEmail {
    /// The id of its step.
    pub step: &'static str,
    /// "Day 3".
    pub name: &'static str,
    /// "Mon 30 March, 09:00".
    pub when: String,
    /// Its state.
    pub state: Badge,
    /// What it offers.
    pub offered: Vec<Item>,
    /// What it leaves out, and why.
    pub withheld: Vec<Item>,
    /// Warnings that are always in.
    pub warnings: usize,
    /// What is told as expected.
    pub expected: usize,
    /// The warnings, whole.
    pub signs: Vec<SignGroup>,
    /// How many acts there were on it.
    pub revision: u32,
    /// Whether one more item can be left out, on pages where one can act.
    pub can_withhold: bool,
}

/// An advice item or a stretch.
#[derive(Debug)]
pub struct Item {
    /// Its id in the catalogue.
    pub id: String,
    /// Whether an answer leaves it out, so that correcting the answer brings it back.
    pub by_answer: bool,
    /// Whether it stays in every email, so that nobody can leave it out.
    pub stays: bool,
    /// Its title.
    pub title: String,
    /// Its text, or why it is left out.
    pub text: String,
}

/// This email, opened.
#[must_use]
pub fn opened(email: &EmailFacts, case: &Case, catalogue: &Catalogue) -> OpenEmail {
    let content = &email.content;
    let advice = content.advice.iter().filter_map(|id| catalogue.advice_item(id));
    let advice =
        advice.map(|item| Item { stays: !item.kind.may_be_left_out(), ..offer(&item.id, &item.title, &item.text) });
    let stretches = content.stretches.iter().filter_map(|id| catalogue.stretch(id));
    let stretches = stretches.map(|stretch| offer(&stretch.id, &stretch.label, &stretch.dose));
    let expected = content.warning_signs.iter().filter(|sign| sign.tier == Tier::Expected).count();
    OpenEmail {
        step: email.step.id(),
        name: email.step.name(),
        when: format!("{}, {}", email.due.strftime("%a %-d %B"), say::clock(&email.due)),
        state: Badge::of_state(email.state),
        offered: advice.chain(stretches).collect(),
        withheld: withheld(content, catalogue),
        warnings: content.warning_signs.len() - expected,
        expected,
        signs: signs::of(&content.warning_signs, &case.clinic.emergency_number, catalogue),
        revision: email.revision,
        can_withhold: false,
    }
}

fn offer(id: &impl ToString, title: &str, text: &str) -> Item {
    Item { id: id.to_string(), by_answer: false, stays: false, title: title.into(), text: text.into() }
}

/// What staff call an advice item or stretch.
#[must_use]
pub fn title(id: &str, catalogue: &Catalogue) -> String {
    let stretch = catalogue.stretch(&StretchId::from(id)).map(|stretch| stretch.label.clone());
    let advice = || catalogue.advice_item(&id.into()).map(|item| item.title.clone());
    stretch.or_else(advice).unwrap_or_else(|| id.into())
}

/// What an email leaves out, with why. For staff only: the client is never told.
#[must_use]
pub fn withheld(content: &Content, catalogue: &Catalogue) -> Vec<Item> {
    let item = |one: &crate::clinic::plan::Withheld| Item {
        id: one.id.clone(),
        by_answer: one.because.iter().any(|reason| reason.id != BY_HAND),
        stays: false,
        title: title(&one.id, catalogue),
        text: because::line(&one.because),
    };
    content.withheld.iter().map(item).collect()
}
