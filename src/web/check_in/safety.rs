//! The safety page: what to do about each sign, the client's own tier first. It is made of the answers and
//! the catalogue alone, so that it can be shown whatever the database says.

use jiff::Zoned;
use jiff::civil::Date;

use super::questions::sign_text;
use crate::clinic::care::Care;
use crate::clinic::catalogue::{Catalogue, SignId, Tier};
use crate::clinic::checkin::{Asked, Triage};
use crate::clinic::letter;
use crate::clinic::profile::Zone;
use crate::clinic::schedule::days_after;
use crate::clinic::wording::{Words, filled};

/// How the clinic and help are reached, as a page says it.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The clinic's telephone as written; may be empty.
    pub phone: String,
    /// What to call in an emergency.
    pub emergency: String,
}

/// What to do about the signs of one tier.
#[derive(Clone, Debug)]
pub struct Card {
    /// The id of the tier.
    pub tier: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its word.
    pub word: String,
    /// What to do.
    pub title: String,
    /// Above the client's own tier: why it stands first.
    pub because: Option<String>,
    /// The signs.
    pub signs: Vec<String>,
    /// What to do more.
    pub advice: Option<String>,
    /// Whom to call: the link, when it is a number, and the words.
    pub call: Option<(Option<String>, String)>,
}

/// Makes cards in one language.
#[derive(Clone, Copy, Debug)]
pub struct Cards<'a> {
    /// The words.
    pub words: &'static Words,
    /// What the signs are called.
    pub catalogue: &'a Catalogue,
    /// Whom to call.
    pub reach: &'a Reach,
}

impl Cards<'_> {
    /// A card for each tier that is asked about, worst first: what a page says before anything is answered.
    #[must_use]
    pub fn guidance(&self, asked: &Asked) -> Vec<Card> {
        Tier::ALL.into_iter().filter_map(|tier| self.others(tier, &signs_of(asked, tier, &[]))).collect()
    }

    /// The answer: the own tier first with what raised it, then the rest, worst first.
    #[must_use]
    pub fn answer(&self, asked: &Asked, triage: &Triage) -> Vec<Card> {
        let raised: Vec<SignId> = triage.raised.iter().map(|one| one.sign.clone()).collect();
        let own: Vec<SignId> =
            triage.raised.iter().filter(|one| one.tier == triage.tier).map(|one| one.sign.clone()).collect();
        let mut cards = Vec::new();
        if triage.tier < Tier::Expected {
            cards.extend(self.own(triage.tier, &own));
        }
        for tier in Tier::ALL {
            let mut signs: Vec<SignId> = triage
                .raised
                .iter()
                .filter(|one| one.tier == tier && tier != triage.tier)
                .map(|one| one.sign.clone())
                .collect();
            signs.extend(signs_of(asked, tier, &raised));
            cards.extend(self.others(tier, &signs));
        }
        cards
    }

    fn own(&self, tier: Tier, signs: &[SignId]) -> Option<Card> {
        let mut card = self.others(tier, signs)?;
        let say = &self.words.checkin;
        card.title = match tier {
            Tier::Emergency => self.numbered(&say.emergency.own),
            Tier::SameDay => say.same_day.own.clone(),
            Tier::CallClinic => say.call_clinic.own.clone(),
            Tier::Expected => say.expected.own.clone(),
        };
        card.because = Some(say.because.clone());
        Some(card)
    }

    fn others(&self, tier: Tier, signs: &[SignId]) -> Option<Card> {
        if signs.is_empty() {
            return None;
        }
        let say = &self.words.checkin;
        let (icon, word, title) = match tier {
            Tier::Emergency => ("octagon", &say.emergency.word, self.numbered(&say.emergency.others)),
            Tier::SameDay => ("triangle", &say.same_day.word, say.same_day.others.clone()),
            Tier::CallClinic => ("phone", &say.call_clinic.word, say.call_clinic.others.clone()),
            Tier::Expected => ("circle-tick", &say.expected.word, say.expected.others.clone()),
        };
        Some(Card {
            tier: tier.id(),
            icon,
            word: word.clone(),
            title,
            because: None,
            signs: signs.iter().map(|sign| sign_text(self.catalogue, sign, self.words)).collect(),
            advice: (tier == Tier::SameDay).then(|| say.same_day.advice.clone()),
            call: self.call(tier),
        })
    }

    fn call(&self, tier: Tier) -> Option<(Option<String>, String)> {
        let say = &self.words.checkin;
        match tier {
            Tier::Emergency => {
                let href = letter::telephone_link(&self.reach.emergency)?;
                Some((Some(href), self.numbered(&say.emergency.call)))
            }
            Tier::SameDay | Tier::CallClinic if !self.reach.phone.is_empty() => {
                let words = filled(&say.call_clinic.call, &[("phone", &self.reach.phone)]);
                Some((letter::telephone_link(&self.reach.phone), words))
            }
            _ => None,
        }
    }

    fn numbered(&self, text: &str) -> String {
        filled(text, &[("number", &self.reach.emergency)])
    }

    /// The heading of the answer.
    #[must_use]
    pub fn title(&self, triage: &Triage) -> String {
        let say = &self.words.checkin;
        match triage.tier {
            Tier::Emergency => say.emergency.answer.clone(),
            Tier::SameDay => say.same_day.answer.clone(),
            Tier::CallClinic => say.call_clinic.answer.clone(),
            Tier::Expected => say.thanks.clone(),
        }
    }
}

/// The signs of a tier that a client is asked or told about, without these.
fn signs_of(asked: &Asked, tier: Tier, without: &[SignId]) -> Vec<SignId> {
    let expected = asked.expected.iter().filter(|_| tier == Tier::Expected);
    let signs = asked.signs.iter().filter(|sign| sign.tier == tier).map(|sign| &sign.id);
    signs.chain(expected).filter(|id| !without.contains(id)).cloned().collect()
}

/// Whether the clinic is open at this moment, in a sentence.
#[must_use]
pub fn hours(care: &Care, zone: &Zone, now: &Zoned, words: &Words, letter: Option<&letter::Words>) -> String {
    let say = &words.checkin;
    let clock = |at: &Zoned| at.strftime("%H:%M").to_string();
    if let Some((_, closes)) = care.on(zone, now.date()).filter(|_| care.is_open(zone, now)) {
        return filled(&say.open_until, &[("time", &clock(&closes))]);
    }
    match care.next_opening(zone, now).zip(letter) {
        Some((opens, letter)) => filled(&say.opens, &[("day", &letter.day(opens.date())), ("time", &clock(&opens))]),
        None => say.closed.clone(),
    }
}

/// The hours of a week, today first: a day, and from when to when. A day that is closed this once says so.
#[must_use]
pub fn week(care: &Care, zone: &Zone, now: &Zoned, words: &Words, letter: &letter::Words) -> Vec<(String, String)> {
    let say = &words.checkin;
    let clock = |at: Zoned| at.strftime("%H:%M").to_string();
    let day = |date: Date| {
        let hours = care.on(zone, date).map_or_else(
            || say.week_closed.clone(),
            |(opens, closes)| filled(&say.week_hours, &[("from", &clock(opens)), ("to", &clock(closes))]),
        );
        (letter.day(date), hours)
    };
    (0..7).map(|days| day(days_after(now.date(), days))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::brief::Sign;
    use crate::clinic::checkin::{Answers, History, triage};
    use crate::clinic::protocol::Step;

    fn asked() -> Asked {
        let sign = |id: &str, tier| Sign { id: SignId::from(id), tier };
        let signs = [
            ("saddle_numbness", Tier::Emergency),
            ("chest_pain_breathless", Tier::Emergency),
            ("severe_constant_pain", Tier::SameDay),
            ("new_swelling", Tier::CallClinic),
        ];
        Asked {
            signs: signs.into_iter().map(|(id, tier)| sign(id, tier)).collect(),
            expected: vec![SignId::from("expected_soreness")],
            pressure: true,
            outcome: false,
        }
    }

    #[test]
    fn the_own_tier_comes_first_and_every_sign_stands_once() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let reach = Reach { phone: "020 7946 0000".into(), emergency: "999".into() };
        let history = History { step: Step::DayOne, before: None, lowest_since: None, bleeds: false };
        for words in Words::all() {
            let cards = Cards { words, catalogue: &catalogue, reach: &reach };
            for (ticked, first) in [
                (vec![], "emergency"),
                (vec!["saddle_numbness"], "emergency"),
                (vec!["severe_constant_pain", "new_swelling"], "same_day"),
                (vec!["new_swelling"], "call_clinic"),
            ] {
                let signs = ticked.iter().map(|id| SignId::from(*id)).collect();
                let triage = triage(&catalogue, &Answers { signs, ..Answers::default() }, &history);
                let answer = cards.answer(&asked(), &triage);
                assert_eq!(answer[0].tier, first, "{ticked:?}");
                assert_eq!(answer[0].because.is_some(), !ticked.is_empty());
                let all: Vec<&String> = answer.iter().flat_map(|card| &card.signs).collect();
                let mut once = all.clone();
                once.sort();
                once.dedup();
                assert_eq!((all.len(), once.len()), (5, 5), "{ticked:?}");
            }
            let guidance = cards.guidance(&asked());
            assert_eq!(
                guidance.iter().map(|card| card.tier).collect::<Vec<_>>(),
                ["emergency", "same_day", "call_clinic", "expected"]
            );
            assert_eq!(guidance[0].call.as_ref().and_then(|call| call.0.clone()).as_deref(), Some("tel:999"));
        }
    }
}
