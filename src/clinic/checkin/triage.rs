//! Triage: from a client's answers to what they are told at once and what staff have to do.
//!
//! The table is [`RULES`]; it is section 2.6 of the clinical facts, a proposal until a clinician has
//! reviewed it. Every rule can only raise: one more tick, a higher score or one more word never
//! makes the outcome milder, and what was left blank never counts as "no".

use serde::{Deserialize, Serialize};

use super::super::body::Pain;
use super::super::catalogue::{Catalogue, SignId, Tier};
use super::super::protocol::Step;
use super::asked::SMALL_BRUISE;
use super::wording::{danger_word, tells_of_a_bruise};
use super::{Answers, Compared, Urgency};

/// From this score on pain is a same-day sign by itself.
const SEVERE: u8 = 8;

/// The smallest change on the 0 to 10 scale that is more than error (Childs 2005).
const CHANGE: u8 = 2;

/// What is known beside the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The question's step; what counts is the step that asked, not the hour of the answer.
    pub step: Step,
    /// Pain before the visit.
    pub before: Option<Pain>,
    /// The lowest pain of the earlier check-ins of this visit. Stands in when nobody wrote down how
    /// it was before.
    pub lowest_since: Option<Pain>,
    /// Whether the client bleeds easily, or may.
    pub bleeds: bool,
}

/// A sign the answers raise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Which one.
    pub sign: SignId,
    /// How fast it needs help, for this client.
    pub tier: Tier,
    /// Which rule raised it.
    pub cause: Cause,
}

/// Which answer raised a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The client ticked it.
    Ticked,
    /// A score of 8 or more.
    SeverePain,
    /// "Worse".
    Worse,
    /// Two points or more above what it was before the visit, on the third day or later.
    PainUp,
    /// Not back to within one point of before, on the third day or later.
    NotBack,
    /// A bruise, and the client bleeds easily.
    Bruise,
}

/// What follows from the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The client's own tier: of the most urgent sign, or `expected`.
    pub tier: Tier,
    /// The signs, most urgent first.
    pub raised: Vec<Raised>,
    /// A word that a person must read, if there is one.
    pub read: Option<String>,
    /// Whether the page may say that this is what one expects. Never on free text, never on a blank.
    pub reassure: bool,
    /// Whether the comfort emails of this visit wait for staff.
    pub hold: bool,
    /// The alert for staff: how fast somebody has to take it.
    pub alert: Option<Tier>,
    /// How urgent it feels to the client: moves the alert up within its tier.
    pub urgency: Option<Urgency>,
}

impl Triage {
    /// Whether a rule raised this sign.
    #[must_use]
    pub fn raises(&self, sign: &str) -> bool {
        self.raised.iter().any(|one| one.sign.as_str() == sign)
    }

    /// Both together: the stricter of each, as when somebody answers twice.
    #[must_use]
    pub fn and(mut self, later: &Self) -> Self {
        for one in &later.raised {
            raise(&mut self.raised, one.clone());
        }
        self.raised.sort_by_key(|one| one.tier);
        self.tier = self.tier.min(later.tier);
        self.read = self.read.or_else(|| later.read.clone());
        self.reassure &= later.reassure;
        self.hold |= later.hold;
        self.alert = [self.alert, later.alert].into_iter().flatten().min();
        self.urgency = self.urgency.max(later.urgency);
        self
    }
}

/// Adds a sign, or keeps the stricter of the two.
fn raise(raised: &mut Vec<Raised>, new: Raised) {
    match raised.iter_mut().find(|one| one.sign == new.sign) {
        Some(there) if new.tier < there.tier => *there = new,
        Some(_) => {}
        None => raised.push(new),
    }
}

/// Sorts a client's answers by how urgent they are.
#[must_use]
pub fn triage(catalogue: &Catalogue, answers: &Answers, history: &History) -> Triage {
    let mut raised = Vec::new();
    for rule in RULES {
        for one in (rule.raises)(catalogue, answers, history) {
            raise(&mut raised, one);
        }
    }
    raised.sort_by_key(|one| one.tier);
    let tier = raised.iter().map(|one| one.tier).min().unwrap_or(Tier::Expected);
    let read = danger_word(&answers.words).map(str::to_owned);
    Triage {
        tier,
        reassure: tier == Tier::Expected && is_whole_and_calm(answers),
        hold: tier <= Tier::SameDay,
        alert: alert(tier, read.is_some(), answers.urgency),
        urgency: answers.urgency,
        raised,
        read,
    }
}

/// Everything was answered, in ticks alone, and nobody wants a call.
fn is_whole_and_calm(answers: &Answers) -> bool {
    answers.pain.is_some()
        && answers.compared.is_some()
        && answers.none_of_these
        && answers.words.trim().is_empty()
        && answers.urgency.is_none_or(|urgency| urgency == Urgency::Not)
}

/// How fast staff have to take it. A dangerous word has to be read the same day, and so has a wish
/// for a call today; "not urgent" changes nothing.
fn alert(tier: Tier, read: bool, urgency: Option<Urgency>) -> Option<Tier> {
    let by_signs = (tier < Tier::Expected).then_some(tier);
    let by_words = read.then_some(Tier::SameDay);
    let by_wish = urgency.filter(|urgency| *urgency >= Urgency::Today).map(|_| Tier::SameDay);
    [by_signs, by_words, by_wish].into_iter().flatten().min()
}

/// The step whose rules count for a call this many days after the visit.
#[must_use]
pub const fn step_of_day(days: i64) -> Step {
    match days {
        ..=2 => Step::DayOne,
        3..=6 => Step::DayThree,
        _ => Step::DaySeven,
    }
}

/// One line of the table.
pub struct Rule {
    /// When, in a sentence.
    pub when: &'static str,
    /// What the client's page and the staff do, in a sentence.
    pub then: &'static str,
    /// The signs it raises.
    pub raises: fn(&Catalogue, &Answers, &History) -> Vec<Raised>,
}

/// The table of the check-in.
pub const RULES: [Rule; 6] = [
    Rule {
        when: "A sign is ticked",
        then: "The sign's own tier. Emergency: the emergency page at once, an alert due in 15 minutes, later comfort \
               emails of the visit held. Same day: the same-day page, an alert due in 2 opening hours, emails held. \
               Call the clinic: an alert due on the next working day.",
        raises: ticked,
    },
    Rule {
        when: "Pain now is 8 to 10 of 10 (that it stops sleep or moving is a sign to tick)",
        then: "severe_constant_pain: same day.",
        raises: severe_pain,
    },
    Rule {
        when: "\"Worse\" than before the visit, at any step",
        then: "pain_worsening: call the clinic.",
        raises: worse,
    },
    Rule {
        when: "Pain is 2 points or more above the score before the visit, at day 3 or later",
        then: "pain_worsening: call the clinic.",
        raises: pain_up,
    },
    Rule {
        when: "Pain is not back to within 1 point of the score before the visit, at day 3 or later (no score: the \
               lowest of the earlier check-ins; none either: 0)",
        then: "soreness_past_three_days: call the clinic.",
        raises: not_back,
    },
    Rule {
        when: "Any bruise, and the client takes blood thinners, has a bleeding condition, or left that question blank",
        then: "expected_small_bruise is raised to call the clinic.",
        raises: bruise,
    },
];

fn ticked(catalogue: &Catalogue, answers: &Answers, _: &History) -> Vec<Raised> {
    let tier_of = |sign: &SignId| {
        // A sign of an older catalogue that is not known any more is a worry without a name.
        catalogue.warning_sign(sign).map_or(Tier::SameDay, |sign| sign.tier)
    };
    let raised = |sign: &SignId| Raised { sign: sign.clone(), tier: tier_of(sign), cause: Cause::Ticked };
    answers.signs.iter().map(raised).filter(|one| one.tier < Tier::Expected).collect()
}

fn severe_pain(catalogue: &Catalogue, answers: &Answers, _: &History) -> Vec<Raised> {
    let severe = answers.pain.is_some_and(|pain| pain.score() >= SEVERE);
    severe.then(|| named(catalogue, "severe_constant_pain", Tier::SameDay, Cause::SeverePain)).into_iter().collect()
}

fn worse(catalogue: &Catalogue, answers: &Answers, _: &History) -> Vec<Raised> {
    let worse = answers.compared == Some(Compared::Worse);
    worse.then(|| named(catalogue, "pain_worsening", Tier::CallClinic, Cause::Worse)).into_iter().collect()
}

fn pain_up(catalogue: &Catalogue, answers: &Answers, history: &History) -> Vec<Raised> {
    let up = is_late(history)
        && matches!((answers.pain, history.before), (Some(now), Some(before)) if now.score() >= before.score() + CHANGE);
    up.then(|| named(catalogue, "pain_worsening", Tier::CallClinic, Cause::PainUp)).into_iter().collect()
}

fn not_back(catalogue: &Catalogue, answers: &Answers, history: &History) -> Vec<Raised> {
    let normal = history.before.or(history.lowest_since).map_or(0, Pain::score);
    let not_back = is_late(history) && answers.pain.is_some_and(|now| now.score() > normal + 1);
    not_back
        .then(|| named(catalogue, "soreness_past_three_days", Tier::CallClinic, Cause::NotBack))
        .into_iter()
        .collect()
}

fn bruise(_: &Catalogue, answers: &Answers, history: &History) -> Vec<Raised> {
    let told = answers.signs.iter().any(|sign| sign.as_str() == SMALL_BRUISE) || tells_of_a_bruise(&answers.words);
    let raised = Raised { sign: SignId::from(SMALL_BRUISE), tier: Tier::CallClinic, cause: Cause::Bruise };
    (history.bleeds && told).then_some(raised).into_iter().collect()
}

fn is_late(history: &History) -> bool {
    matches!(history.step, Step::DayThree | Step::DaySeven)
}

/// A sign of the catalogue with its tier there, but never milder than the rule says.
fn named(catalogue: &Catalogue, sign: &str, at_least: Tier, cause: Cause) -> Raised {
    let sign = SignId::from(sign);
    let tier = catalogue.warning_sign(&sign).map_or(at_least, |known| known.tier.min(at_least));
    Raised { sign, tier, cause }
}

#[cfg(test)]
mod tests;
