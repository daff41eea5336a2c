//! The questions of a check-in as a page shows them, with what was typed.

use crate::clinic::catalogue::{Catalogue, SignId, Tier};
use crate::clinic::checkin::{Answers, Asked, Compared, Urgency};
use crate::clinic::fields::FieldErrors;
use crate::clinic::wording::{Checkin, Words, filled};

use super::answers::{ACTIVITIES, MOST_WORDS};

/// One answer to choose: its value, its words, and whether it is chosen.
pub type Choice = (String, String, bool);

/// The questions.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The words of the page.
    pub words: &'static Checkin,
    /// 0 to 10, in two rows.
    pub pain: [Vec<Choice>; 2],
    /// Better, same, worse.
    pub compared: Vec<Choice>,
    /// Whether the pressure was too much; asked the day after.
    pub pressure: Option<Vec<Choice>>,
    /// The signs: id, words, tier, and whether it is ticked.
    pub signs: Vec<Sign>,
    /// Whether none was ticked on purpose.
    pub none: bool,
    /// How urgent it feels.
    pub urgency: Vec<Choice>,
    /// What is hard to do: label, name, and how well it goes; asked after a week.
    pub activities: Vec<(String, String, Vec<Choice>)>,
    /// The change since the visit; asked after a week.
    pub changes: Vec<Choice>,
    /// What was written.
    pub said: String,
    /// So many characters of it.
    pub most: usize,
    /// What is missing.
    pub errors: FieldErrors,
}

/// One sign to tick.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Its id.
    pub id: String,
    /// In the language of the page.
    pub text: String,
    /// The id of its tier.
    pub tier: &'static str,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// A sign in the language of these words; the id where the catalogue does not know it any more.
#[must_use]
pub fn sign_text(catalogue: &Catalogue, sign: &SignId, words: &Words) -> String {
    catalogue.warning_sign(sign).map_or_else(
        || sign.as_str().replace('_', " "),
        |sign| if words.is_spanish() { sign.text_es.clone() } else { sign.text.clone() },
    )
}

impl Questions {
    /// The questions of this client's check-in.
    #[must_use]
    pub fn of(
        asked: &Asked,
        given: &Answers,
        errors: FieldErrors,
        words: &'static Words,
        catalogue: &Catalogue,
    ) -> Self {
        let say = &words.checkin;
        let score = |at: u8| (at.to_string(), at.to_string(), given.pain.is_some_and(|pain| pain.score() == at));
        let compared = |one: Compared| {
            let text = match one {
                Compared::Better => &say.better,
                Compared::Same => &say.same,
                Compared::Worse => &say.worse,
            };
            (one.id().to_owned(), text.clone(), given.compared == Some(one))
        };
        let urgency = |one: Urgency| {
            let text = match one {
                Urgency::Not => &say.urgency_not,
                Urgency::Today => &say.urgency_today,
                Urgency::Very => &say.urgency_very,
            };
            (one.id().to_owned(), text.clone(), given.urgency == Some(one))
        };
        let pressure = || {
            vec![
                ("yes".to_owned(), say.yes.clone(), given.too_strong == Some(true)),
                ("no".to_owned(), say.no.clone(), given.too_strong == Some(false)),
            ]
        };
        Self {
            words: say,
            pain: [(0..=5).map(score).collect(), (6..=10).map(score).collect()],
            compared: Compared::ALL.into_iter().map(compared).collect(),
            pressure: asked.pressure.then(pressure),
            signs: signs(asked, given, words, catalogue),
            none: given.none_of_these,
            urgency: Urgency::ALL.into_iter().map(urgency).collect(),
            activities: if asked.outcome { activities(given, say) } else { Vec::new() },
            changes: if asked.outcome { changes(given, say) } else { Vec::new() },
            said: given.words.clone(),
            most: MOST_WORDS,
            errors,
        }
    }
}

fn signs(asked: &Asked, given: &Answers, words: &Words, catalogue: &Catalogue) -> Vec<Sign> {
    let of = |id: &SignId, tier: Tier| Sign {
        id: id.to_string(),
        text: sign_text(catalogue, id, words),
        tier: tier.id(),
        ticked: given.signs.contains(id),
    };
    // One that was ticked on an older page stays on the page.
    let more = given.signs.iter().filter(|id| asked.signs.iter().all(|sign| sign.id != **id));
    let more = more.map(|id| of(id, catalogue.warning_sign(id).map_or(Tier::SameDay, |sign| sign.tier)));
    asked.signs.iter().map(|sign| of(&sign.id, sign.tier)).chain(more).collect()
}

fn activities(given: &Answers, say: &Checkin) -> Vec<(String, String, Vec<Choice>)> {
    let one = |number: usize| {
        let activity = given.activities.get(number - 1);
        let scores = (0..=10u8)
            .map(|at| (at.to_string(), at.to_string(), activity.is_some_and(|activity| activity.score.score() == at)));
        let none = (String::new(), say.not_said.clone(), activity.is_none());
        let label = filled(&say.activity, &[("number", &number.to_string())]);
        (
            label,
            activity.map(|activity| activity.name.clone()).unwrap_or_default(),
            std::iter::once(none).chain(scores).collect(),
        )
    };
    (1..=ACTIVITIES).map(one).collect()
}

fn changes(given: &Answers, say: &Checkin) -> Vec<Choice> {
    let none = (String::new(), say.not_said.clone(), given.change.is_none());
    let scored = (-5..=5i8)
        .zip(&say.changes)
        .map(|(at, text)| (at.to_string(), text.clone(), given.change.is_some_and(|change| change.score() == at)));
    std::iter::once(none).chain(scored).collect()
}
