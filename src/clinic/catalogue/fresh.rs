//! Entries of the clinics' own: an id that no shipped entry has or will have, and a beginning that allows nothing
//! until somebody has thought about it.

use serde_json::{Value, json};

use super::super::intake::topics::red_flags;
use super::{Catalogue, Entry, Kind};

/// What the id of every entry of the clinics' own begins with. No shipped id does.
pub const OWN: &str = "own_";

/// An id is cut to so many letters.
const LONGEST: usize = 40;

impl Kind {
    /// Whether the clinics may add entries of this kind. Names of medicines belong to their condition.
    #[must_use]
    pub const fn can_be_added(self) -> bool {
        !matches!(self, Self::Medicine)
    }
}

/// An id for an entry of this name that nothing has yet: "Tennis elbow" becomes `own_tennis_elbow`.
#[must_use]
pub fn own_id(label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut slug = String::new();
    for c in label.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.ends_with('_') || slug.is_empty() => {}
            _ => slug.push('_'),
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    let slug = slug.trim_end_matches('_');
    let base = format!("{OWN}{}", if slug.is_empty() { "entry" } else { slug });
    let numbered = (2..).map(|number: u32| format!("{base}_{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|id| !is_taken(id)).unwrap_or(base)
}

impl Entry {
    /// A new entry of this kind, with every rule at its strict end and every text still to be written.
    #[must_use]
    pub fn fresh(kind: Kind, id: &str, catalogue: &Catalogue) -> Self {
        let fields = match kind {
            Kind::Condition => json!({
                "label": "", "label_es": "", "asks": "", "asks_es": "", "therapist": [], "heat_reason": "",
                "category": usual_group(catalogue),
                "massage": "caution", "pressure": "light", "heat": "avoid", "hydration": "do_not_push",
                "avoid_stretches": catalogue.stretches().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
                "extra_warning_signs": [],
            }),
            Kind::Stretch => json!({
                "label": "", "label_es": "", "region": "any", "steps": [], "steps_es": [], "dose": "", "dose_es": "",
                "unsuitable_for": [],
            }),
            Kind::Sign => json!({
                "text": "", "text_es": "", "tier": "emergency", "basis": "everyone", "applies_to": ["any"], "window": "",
            }),
            Kind::Advice => json!({
                "kind": "expectation", "title": "", "title_es": "", "text": "", "text_es": "",
                "needs_review_es": true, "evidence": "custom",
                "when": { "steps": [] },
                "withheld_when": {
                    "heat": ["caution", "avoid"], "hydration": ["do_not_push"], "stretches": [],
                    "conditions": [], "free_text": true,
                },
            }),
            Kind::Technique => json!({
                "label": "", "label_es": "", "pressure": "moderate", "uses_heat": false, "usual_position": "varies",
                "good_for": "", "called_for_by": [], "only_when_called_for": true, "alternatives": [], "note": "",
                "unsuitable_when": { "needs_pressure_at_least": "any", "heat_must_be_ok": true, "conditions": [] },
            }),
            Kind::Medicine => json!({ "names": [] }),
        };
        let mut entry = Self::of(kind, &fields);
        entry.set("sources", json!([]));
        if kind.can_be_added() {
            entry.set("needs_review", Value::Bool(true));
        }
        entry.called(id)
    }

    /// The same under this id.
    #[must_use]
    pub fn called(mut self, id: &str) -> Self {
        self.set(self.kind.key(), Value::String(id.to_owned()));
        self
    }
}

/// The group a new condition stands in until somebody chooses: a yes to one of the red flags stops the form.
fn usual_group(catalogue: &Catalogue) -> &str {
    let red = red_flags(catalogue);
    let mut groups = catalogue.conditions().iter().map(|one| one.category.as_str());
    groups.find(|group| red.iter().all(|flag| flag.category != *group)).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clinic::catalogue::{Shape, looser};

    /// A new entry with something written wherever a text is wanted.
    pub(in super::super) fn written(catalogue: &Catalogue, kind: Kind, id: &str) -> Entry {
        let mut entry = Entry::fresh(kind, id, catalogue);
        for spec in kind.specs().iter().filter(|spec| !spec.optional) {
            match spec.shape {
                Shape::Line | Shape::Text if entry.text(spec.path).is_empty() => {
                    entry.set(spec.path, json!(format!("Words of {id}")));
                }
                Shape::Lines if spec.path != "sources" => entry.set(spec.path, json!(["One line"])),
                _ => {}
            }
        }
        if kind == Kind::Advice {
            entry.set("when.steps", json!(["day_1"]));
        }
        entry
    }

    #[test]
    fn an_id_is_of_the_clinics_own_and_never_taken() {
        assert_eq!(own_id("Tennis elbow (sore)!", |_| false), "own_tennis_elbow_sore");
        assert_eq!(own_id("Tennis elbow", |id| id == "own_tennis_elbow"), "own_tennis_elbow_2");
        assert_eq!(own_id("¿¡", |_| false), "own_entry");
        assert_eq!(own_id("é x", |_| false), "own_x");
        assert!(own_id(&"long words ".repeat(20), |_| false).len() <= LONGEST + OWN.len());
        let catalogue = Catalogue::shipped().expect("what ships");
        for kind in Kind::ALL {
            assert!(catalogue.entries(kind).iter().all(|entry| !entry.id().starts_with(OWN)), "{kind:?}");
        }
    }

    #[test]
    fn the_question_that_stops_the_form_cannot_be_retired_away() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let retired: Vec<Entry> = red_flags(&catalogue)
            .iter()
            .map(|flag| {
                let mut entry = catalogue.entry(Kind::Condition, flag.id.as_str()).expect("it ships");
                entry.set("retired", json!(true));
                entry
            })
            .collect();
        let refused = catalogue.with(&retired).expect_err("nothing would stop the form");
        assert!(refused.reason.contains("red flag"), "{refused}");
    }

    #[test]
    fn every_kind_can_be_added_and_only_what_is_given_or_booked_is_told_as_allowed() {
        let catalogue = Catalogue::shipped().expect("what ships");
        for kind in Kind::ALL.into_iter().filter(|kind| kind.can_be_added()) {
            let blank = Entry::fresh(kind, "own_x", &catalogue);
            assert!(catalogue.with(std::slice::from_ref(&blank)).is_err(), "{kind:?}: a blank entry is none");
            let entry = written(&catalogue, kind, "own_x");
            let new = catalogue.with(&[entry]).unwrap_or_else(|problem| panic!("{kind:?}: {problem}"));
            assert_eq!(new.entry(kind, "own_x").map(|entry| entry.needs_review()), Some(true));
            let allows = matches!(kind, Kind::Stretch | Kind::Advice | Kind::Technique);
            let told = looser(&catalogue, &new);
            assert_eq!(!told.is_empty(), allows, "{kind:?}: {told:?}");
        }
        let condition = Entry::fresh(Kind::Condition, "own_x", &catalogue);
        let red = red_flags(&catalogue);
        assert!(red.iter().all(|flag| flag.category != condition.text("category")), "a yes would stop the form");
    }
}
