//! What another catalogue would change for one visit: its brief, and each email that waits. It is asked of visits
//! of the past before a catalogue is published, and tells differences alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::brief::{Aftercare, Brief};
use super::case::Case;
use super::catalogue::{Catalogue, Changed, Kind, Pick};
use super::plan::{Content, LetterId, Says, content};
use super::protocol::Step;
use super::tailoring::tailor;

/// What is different for one visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// In the brief, a sentence each.
    pub brief: Vec<String>,
    /// In each email that waits.
    pub emails: Vec<(Step, Vec<String>)>,
}

impl Rehearsal {
    /// Whether nothing is different.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.brief.is_empty() && self.emails.is_empty()
    }
}

/// Two catalogues, and which of their entries say something else to clients.
#[derive(Clone, Debug)]
pub struct Rehearsing<'a> {
    old: &'a Catalogue,
    new: &'a Catalogue,
    reworded: BTreeSet<(Kind, String)>,
}

impl<'a> Rehearsing<'a> {
    /// From one catalogue to another, between which this differs.
    #[must_use]
    pub fn new(old: &'a Catalogue, new: &'a Catalogue, differences: &[Changed]) -> Self {
        let reworded = differences.iter().filter(|one| one.is_in_both && one.is_read_by_clients());
        Self { old, new, reworded: reworded.map(|one| (one.kind, one.id.clone())).collect() }
    }

    /// What is different in the brief of this visit.
    #[must_use]
    pub fn brief(&self, old_case: &Case, new_case: &Case) -> Vec<String> {
        let (had, has) = (tailor(self.old, old_case), tailor(self.new, new_case));
        let mut said = Vec::new();
        self.decisions(&had, &has, &mut said);
        let stretches = |brief: &Brief| ids(&brief.advice.stretches.offered);
        self.gained_and_lost(
            Kind::Stretch,
            &stretches(&had),
            &stretches(&has),
            ("Offers", "Does not offer"),
            &mut said,
        );
        let signs = |brief: &Brief| brief.warning_signs.iter().map(|sign| sign.id.to_string()).collect::<Vec<_>>();
        self.gained_and_lost(Kind::Sign, &signs(&had), &signs(&has), ("Warns of", "Does not warn of"), &mut said);
        for sign in &has.warning_signs {
            if let Some(was) = had.warning_signs.iter().find(|was| was.id == sign.id && was.tier != sign.tier) {
                let word = |tier: super::catalogue::Tier| Pick::Tier.word(self.new, tier.id());
                let label = self.new.label(Kind::Sign, sign.id.as_str());
                said.push(format!("“{label}” was “{}” and is “{}”", word(was.tier), word(sign.tier)));
            }
        }
        let lines = |brief: &Brief| brief.cautions.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
        let (before, after) = (lines(&had), lines(&has));
        said.extend(
            after.iter().filter(|line| !before.contains(line)).map(|line| format!("Tells the therapist: {line}")),
        );
        said.extend(
            before
                .iter()
                .filter(|line| !after.contains(line))
                .map(|line| format!("Does not tell the therapist: {line}")),
        );
        said
    }

    fn decisions(&self, had: &Brief, has: &Brief, said: &mut Vec<String>) {
        let mut tell = |what: &str, pick: Pick, old: String, new: String| {
            if old != new {
                let word = |id: &str| pick.word(self.new, id);
                said.push(format!("{what}: was “{}” and is “{}”", word(&old), word(&new)));
            }
        };
        tell("The session", Pick::Level, id(&had.level), id(&has.level));
        tell("Highest pressure", Pick::Pressure, id(&had.pressure.ceiling), id(&has.pressure.ceiling));
        tell("Heat", Pick::Heat, id(&had.advice.heat.decision), id(&has.advice.heat.decision));
        tell("Drinking", Pick::Hydration, id(&had.advice.hydration.decision), id(&has.advice.hydration.decision));
        let (before, after) = (&had.techniques, &has.techniques);
        if before.booked.suitable != after.booked.suitable {
            let word = if after.booked.suitable { "suits now" } else { "does not suit any more" };
            said.push(format!("{}: {word}", self.new.label(Kind::Technique, after.booked.id.as_str())));
        }
        let suggested =
            |brief: &Brief| brief.techniques.suggested.iter().map(|line| line.id.to_string()).collect::<Vec<_>>();
        let (before, after) = (suggested(had), suggested(has));
        self.gained_and_lost(Kind::Technique, &before, &after, ("Suggests", "Does not suggest"), said);
        let places = |brief: &Brief| brief.avoid_regions.iter().map(|one| one.region.word()).collect::<Vec<_>>();
        let (before, after) = (places(had), places(has));
        said.extend(after.iter().filter(|place| !before.contains(place)).map(|place| format!("Leaves out: {place}")));
        said.extend(
            before.iter().filter(|place| !after.contains(place)).map(|place| format!("Does not leave out: {place}")),
        );
    }

    fn gained_and_lost(
        &self,
        kind: Kind,
        had: &[String],
        has: &[String],
        (gains, loses): (&str, &str),
        said: &mut Vec<String>,
    ) {
        said.extend(
            has.iter().filter(|id| !had.contains(id)).map(|id| format!("{gains}: {}", self.new.label(kind, id))),
        );
        said.extend(
            had.iter().filter(|id| !has.contains(id)).map(|id| format!("{loses}: {}", self.old.label(kind, id))),
        );
    }

    /// What is different in an email of this visit that waits.
    #[must_use]
    pub fn email(&self, old_case: &Case, new_case: &Case, (step, letter): (Step, LetterId)) -> Vec<String> {
        let (had, has) = (tailor(self.old, old_case), tailor(self.new, new_case));
        match (had.aftercare, has.aftercare) {
            (Aftercare::Routine, Aftercare::EmergencyOnly) if step == Step::SameDay => {
                return vec!["Becomes the letter with urgent signs alone: a doctor’s word is needed first".into()];
            }
            (Aftercare::Routine, Aftercare::EmergencyOnly) if step != Step::Prepare => {
                return vec!["Is not sent: a doctor’s word is needed first".into()];
            }
            (Aftercare::EmergencyOnly, Aftercare::Routine) if step != Step::Prepare => {
                return vec!["Becomes routine aftercare, and the later emails are sent as well".into()];
            }
            _ => {}
        }
        let says = Says::of(letter);
        let (before, after) = (content(self.old, old_case, &had, says), content(self.new, new_case, &has, says));
        let mut said = Vec::new();
        let gives = ("Gives", "Does not give");
        self.gained_and_lost(Kind::Advice, &ids(&before.advice), &ids(&after.advice), gives, &mut said);
        let shows = ("Shows", "Does not show");
        self.gained_and_lost(Kind::Stretch, &ids(&before.stretches), &ids(&after.stretches), shows, &mut said);
        let signs =
            |content: &Content| content.warning_signs.iter().map(|sign| sign.id.to_string()).collect::<Vec<_>>();
        self.gained_and_lost(Kind::Sign, &signs(&before), &signs(&after), ("Warns of", "Does not warn of"), &mut said);
        let moved = after
            .warning_signs
            .iter()
            .filter(|sign| before.warning_signs.iter().any(|was| was.id == sign.id && was.tier != sign.tier));
        said.extend(moved.map(|sign| format!("Another urgency: {}", self.new.label(Kind::Sign, sign.id.as_str()))));
        for (kind, shown) in
            [(Kind::Advice, ids(&after.advice)), (Kind::Stretch, ids(&after.stretches)), (Kind::Sign, signs(&after))]
        {
            let reworded = shown.into_iter().filter(|id| self.reworded.contains(&(kind, id.clone())));
            said.extend(reworded.map(|id| format!("Other words: {}", self.new.label(kind, &id))));
        }
        said
    }
}

fn ids<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn id(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(id)) => id,
        Ok(_) | Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::catalogue::differences;
    use super::super::visit_file;
    use super::*;

    fn case(catalogue: &Catalogue) -> Case {
        let file = json!({
            "client": { "first_name": "Cleo", "email": "cleo@example.org" },
            "visit": { "starts_at": "2026-03-27T15:00:00Z", "regions": ["lower_back"], "technique": "swedish" },
            "intake": { "conditions": [{ "id": "low_back_sensitive" }], "consents": ["aftercare_email"] },
        });
        visit_file::read(catalogue, &file.to_string()).expect("a good visit file")
    }

    fn with(kind: Kind, id: &str, path: &str, value: serde_json::Value) -> (Vec<String>, Vec<String>) {
        let old = Catalogue::shipped().expect("what ships");
        let mut entry = old.entry(kind, id).expect("an entry");
        entry.set(path, value);
        let new = old.with(&[entry]).expect("it holds together");
        let rehearsing = Rehearsing::new(&old, &new, &differences(&old, &new));
        let case = case(&old);
        (rehearsing.brief(&case, &case), rehearsing.email(&case, &case, (Step::SameDay, LetterId::SameDay)))
    }

    #[test]
    fn a_change_is_told_in_the_brief_and_in_the_email() {
        let (brief, email) = with(Kind::Condition, "low_back_sensitive", "heat", json!("avoid"));
        assert_eq!(brief, ["Heat: was “Fine” and is “Avoid”"]);
        assert!(email[0].starts_with("Does not give: "), "{email:?}");
        let (brief, email) = with(Kind::Condition, "low_back_sensitive", "massage", json!("medical_clearance"));
        assert!(brief[0].starts_with("The session: was “Caution”"), "{brief:?}");
        assert_eq!(email, ["Becomes the letter with urgent signs alone: a doctor’s word is needed first"]);
        let (brief, email) = with(Kind::Advice, "what_is_normal", "text", json!("Some people feel sore."));
        assert!(brief.is_empty(), "{brief:?}");
        assert_eq!(email, ["Other words: What is normal"]);
        let (brief, email) = with(Kind::Condition, "asthma", "heat", json!("avoid"));
        assert!(brief.is_empty() && email.is_empty(), "somebody else's: {brief:?} {email:?}");
    }

    #[test]
    fn a_sign_that_is_told_to_fewer_is_told_of() {
        let (brief, email) = with(Kind::Sign, "saddle_numbness", "tier", json!("same_day"));
        assert!(brief.iter().chain(&email).count() == 2, "{brief:?} {email:?}");
    }
}
