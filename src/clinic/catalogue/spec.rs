//! The fields of each kind of entry: what they are called, what they may hold, and where on a page they stand.
//! Pages that read, compare and edit entries all go by these tables.

use serde_json::Value;

use super::{Catalogue, Entry, Kind, Pick};

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name in the file; `table.field` where it stands in a table.
    pub path: &'static str,
    /// Its name on pages.
    pub label: &'static str,
    /// A word of help; may be empty.
    pub hint: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Where it stands.
    pub part: Part,
    /// Whether it may be left out.
    pub optional: bool,
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line of text.
    Line,
    /// A paragraph.
    Text,
    /// Several lines.
    Lines,
    /// One of a list.
    One(Pick),
    /// Any of a list.
    Many(Pick),
    /// Some of a list, in an order that counts.
    Ranked(Pick),
    /// Yes or no.
    Tick,
    /// Pages to read on: name and address.
    Links,
    /// Follows from other entries and is shown alone.
    Mirror(Pick),
}

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each part is its own name")]
pub enum Part {
    Clients,
    Spanish,
    Rules,
    Staff,
    Backing,
}

impl Part {
    /// In the order of a page.
    pub const ALL: [Self; 5] = [Self::Clients, Self::Spanish, Self::Rules, Self::Staff, Self::Backing];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Clients => "In words",
            Self::Spanish => "The same in Spanish",
            Self::Rules => "What it decides",
            Self::Staff => "For the therapist",
            Self::Backing => "What backs it",
        }
    }
}

const fn field(path: &'static str, label: &'static str, shape: Shape, part: Part) -> Spec {
    Spec { path, label, hint: "", shape, part, optional: false }
}

impl Spec {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Whether its words are Spanish.
    #[must_use]
    pub fn is_spanish(&self) -> bool {
        self.part == Part::Spanish
    }

    /// Whether a list without anything in it is left out, which means "always".
    #[must_use]
    pub fn empty_means_always(&self) -> bool {
        self.path.starts_with("when.")
    }

    /// What an entry holds there, in words: one line for each thing.
    #[must_use]
    pub fn words(&self, catalogue: &Catalogue, entry: &Entry) -> Vec<String> {
        let value = entry.get(self.path);
        match self.shape {
            Shape::Line | Shape::Text => {
                let text = entry.text(self.path);
                if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }
            }
            Shape::Lines => entry.list(self.path).into_iter().map(str::to_owned).collect(),
            Shape::One(pick) => vec![pick.word(catalogue, entry.text(self.path))],
            Shape::Many(pick) | Shape::Ranked(pick) | Shape::Mirror(pick) => {
                let ids = entry.list(self.path).into_iter().chain(value.as_str());
                ids.map(|id| pick.word(catalogue, id)).collect()
            }
            Shape::Tick => vec![if value.as_bool().unwrap_or_default() { "Yes".into() } else { "No".into() }],
            Shape::Links => links(value).into_iter().map(|(label, url)| format!("{label} {url}")).collect(),
        }
    }

    /// What an empty list means here.
    #[must_use]
    pub fn nothing(&self) -> &'static str {
        match self.shape {
            _ if self.empty_means_always() => "Always",
            _ if self.path == "sources" => "Expert opinion: nothing but experience backs it",
            Shape::Many(_) | Shape::Ranked(_) | Shape::Mirror(_) => "None",
            _ => "Nothing",
        }
    }
}

/// Name and address of each page.
#[must_use]
pub fn links(value: &Value) -> Vec<(String, String)> {
    let text = |link: &Value, key: &str| link.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    value.as_array().into_iter().flatten().map(|link| (text(link, "label"), text(link, "url"))).collect()
}

const REVIEW: Spec =
    field("needs_review", "A clinician has to look at it before first use", Shape::Tick, Part::Backing);
const SOURCES: Spec = field("sources", "Sources", Shape::Lines, Part::Backing)
    .hint("Web addresses, one a line. With none it is shown as expert opinion.");
const RETIRED: Spec =
    field("retired", "Retired: kept for the records that name it, used for nothing new", Shape::Tick, Part::Backing);
const ALWAYS: &str = "Nothing ticked: always.";
const CONDITIONS: Pick = Pick::Of(Kind::Condition);
const STRETCHES: Pick = Pick::Of(Kind::Stretch);

const CONDITION: &[Spec] = &[
    field("label", "Name", Shape::Line, Part::Clients),
    field("asks", "Question on the form", Shape::Text, Part::Clients),
    field("label_es", "Name", Shape::Line, Part::Spanish),
    field("asks_es", "Question on the form", Shape::Text, Part::Spanish),
    field("massage", "The session", Shape::One(Pick::Level), Part::Rules),
    field("pressure", "Highest pressure", Shape::One(Pick::Pressure), Part::Rules),
    field("heat", "Heat", Shape::One(Pick::Heat), Part::Rules),
    field("hydration", "Drinking", Shape::One(Pick::Hydration), Part::Rules),
    field("avoid_stretches", "Stretches it rules out", Shape::Many(STRETCHES), Part::Rules),
    field("extra_warning_signs", "Warning signs it adds", Shape::Many(Pick::Of(Kind::Sign)), Part::Rules),
    field("category", "Group", Shape::One(Pick::Category), Part::Rules)
        .hint("Where it stands on the form, which also says how soon it is asked again."),
    field("found_by", "Other words it is found by", Shape::Lines, Part::Staff)
        .hint("What people call it, one a line. The words that ship for it stay.")
        .optional(),
    field("therapist", "Lines for the therapist", Shape::Lines, Part::Staff).hint("One a line."),
    field("heat_reason", "Why that heat", Shape::Text, Part::Staff),
    field("icd10cm", "ICD-10-CM", Shape::Line, Part::Backing).optional(),
    field("note", "Note for the clinician who reviews it", Shape::Text, Part::Backing).optional(),
    SOURCES,
    REVIEW,
    RETIRED,
];

const STRETCH: &[Spec] = &[
    field("label", "Name", Shape::Line, Part::Clients),
    field("steps", "How to do it", Shape::Lines, Part::Clients).hint("One step a line."),
    field("dose", "How often and how long", Shape::Text, Part::Clients),
    field("label_es", "Name", Shape::Line, Part::Spanish),
    field("steps_es", "How to do it", Shape::Lines, Part::Spanish).hint("As many steps as in English."),
    field("dose_es", "How often and how long", Shape::Text, Part::Spanish),
    field("region", "For visits that treated", Shape::One(Pick::Scope), Part::Rules),
    field("unsuitable_for", "Ruled out by", Shape::Mirror(CONDITIONS), Part::Rules)
        .hint("Each condition says which stretches it rules out: change it there."),
    SOURCES,
    REVIEW,
    RETIRED,
];

const SIGN: &[Spec] = &[
    field("text", "What the client reads", Shape::Text, Part::Clients),
    field("text_es", "What the client reads", Shape::Text, Part::Spanish),
    field("tier", "How urgent", Shape::One(Pick::Tier), Part::Rules),
    field("basis", "Who is told", Shape::One(Pick::Basis), Part::Rules),
    field("applies_to", "Places", Shape::Many(Pick::Scope), Part::Rules),
    field("window", "When it can show", Shape::Line, Part::Staff),
    SOURCES,
    REVIEW,
    RETIRED,
];

const ADVICE: &[Spec] = &[
    field("title", "Heading", Shape::Line, Part::Clients),
    field("text", "What the client reads", Shape::Text, Part::Clients),
    field("links", "Pages to read on", Shape::Links, Part::Clients)
        .hint("One a line: the address, then its name.")
        .optional(),
    field("title_es", "Heading", Shape::Line, Part::Spanish),
    field("text_es", "What the client reads", Shape::Text, Part::Spanish),
    field("needs_review_es", "A native speaker has to read it before first use", Shape::Tick, Part::Spanish),
    field("kind", "What it is about", Shape::One(Pick::AdviceKind), Part::Rules),
    field("when.steps", "In these emails", Shape::Many(Pick::Step), Part::Rules),
    field("when.regions", "When one of these was treated", Shape::Many(Pick::Region), Part::Rules).hint(ALWAYS),
    field("when.daily_load", "When the client does one of these", Shape::Many(Pick::Load), Part::Rules).hint(ALWAYS),
    field("when.heat", "When heat is", Shape::Many(Pick::Heat), Part::Rules).hint(ALWAYS),
    field("when.hydration", "When drinking is", Shape::Many(Pick::Hydration), Part::Rules).hint(ALWAYS),
    field("when.conditions", "When the client said yes to one of", Shape::Many(CONDITIONS), Part::Rules).hint(ALWAYS),
    field("withheld_when.heat", "Never when heat is", Shape::Many(Pick::Heat), Part::Rules),
    field("withheld_when.hydration", "Never when drinking is", Shape::Many(Pick::Hydration), Part::Rules),
    field("withheld_when.stretches", "Never when one of these is ruled out", Shape::Many(STRETCHES), Part::Rules),
    field(
        "withheld_when.conditions",
        "Never with one of these, or a blank answer",
        Shape::Many(CONDITIONS),
        Part::Rules,
    ),
    field("withheld_when.free_text", "Never while free text was not read", Shape::Tick, Part::Rules),
    field("evidence", "Evidence", Shape::One(Pick::Evidence), Part::Backing),
    field("note", "Note for the clinician who reviews it", Shape::Text, Part::Backing).optional(),
    SOURCES,
    REVIEW,
    RETIRED,
];

const TECHNIQUE: &[Spec] = &[
    field("label", "Name", Shape::Line, Part::Clients),
    field("good_for", "What it is good for", Shape::Text, Part::Clients),
    field("label_es", "Name", Shape::Line, Part::Spanish),
    field("pressure", "Usual pressure", Shape::One(Pick::Booked), Part::Rules),
    field(
        "unsuitable_when.needs_pressure_at_least",
        "Unsuitable when the ceiling is below",
        Shape::One(Pick::Pressure),
        Part::Rules,
    ),
    field("uses_heat", "It warms the skin", Shape::Tick, Part::Rules),
    field("unsuitable_when.heat_must_be_ok", "Unsuitable unless heat is fine", Shape::Tick, Part::Rules),
    field("unsuitable_when.conditions", "Unsuitable with", Shape::Many(CONDITIONS), Part::Rules),
    field("called_for_by", "Suggested with", Shape::Many(CONDITIONS), Part::Rules),
    field("only_when_called_for", "Suggested to nobody else", Shape::Tick, Part::Rules),
    field("alternatives", "Instead of it, closest first", Shape::Ranked(Pick::Of(Kind::Technique)), Part::Rules),
    field("usual_position", "Usual position", Shape::One(Pick::Position), Part::Staff),
    field("note", "For the therapist", Shape::Text, Part::Staff),
    SOURCES,
    REVIEW,
    RETIRED,
];

const MEDICINE: &[Spec] = &[
    field("points_to", "Asks again about", Shape::Mirror(CONDITIONS), Part::Rules),
    field("names", "Names", Shape::Lines, Part::Clients).hint("In lower case, one a line."),
    SOURCES,
];

impl Kind {
    /// The fields of an entry of this kind, in the order of a page.
    #[must_use]
    pub const fn specs(self) -> &'static [Spec] {
        match self {
            Self::Condition => CONDITION,
            Self::Stretch => STRETCH,
            Self::Sign => SIGN,
            Self::Advice => ADVICE,
            Self::Technique => TECHNIQUE,
            Self::Medicine => MEDICINE,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every leaf of an entry, as `table.field`.
    fn leaves(entry: &Entry) -> BTreeSet<String> {
        let Value::Object(fields) = serde_json::to_value(entry).expect("an entry")["fields"].clone() else {
            panic!("fields are a table")
        };
        let mut all = BTreeSet::new();
        for (name, value) in fields {
            match value {
                Value::Object(table) => all.extend(table.keys().map(|field| format!("{name}.{field}"))),
                _ => {
                    all.insert(name);
                }
            }
        }
        all
    }

    #[test]
    fn every_field_of_every_entry_has_its_line_and_every_line_its_field() {
        let catalogue = Catalogue::shipped().expect("what ships");
        for kind in Kind::ALL {
            let entries = catalogue.entries(kind);
            let found: BTreeSet<String> = entries.iter().flat_map(leaves).collect();
            let mut named: BTreeSet<String> = kind.specs().iter().map(|spec| spec.path.to_owned()).collect();
            assert_eq!(named.len(), kind.specs().len(), "{kind:?}: a field stands twice");
            // What nothing that ships has: only the clinics say it.
            named.retain(|path| !["retired", "found_by"].contains(&path.as_str()));
            if kind != Kind::Medicine {
                named.insert("id".into());
            }
            assert_eq!(found, named, "{kind:?}");
        }
    }

    #[test]
    fn what_is_picked_is_in_its_list_and_has_a_word() {
        let catalogue = Catalogue::shipped().expect("what ships");
        for kind in Kind::ALL {
            for entry in catalogue.entries(kind) {
                assert_eq!(entry.clone().checked().as_ref(), Ok(&entry), "{kind:?} {}", entry.id());
                for spec in kind.specs() {
                    let (Shape::One(pick) | Shape::Many(pick) | Shape::Ranked(pick)) = spec.shape else { continue };
                    let options = pick.options(&catalogue);
                    let chosen = entry.list(spec.path).into_iter().chain(entry.get(spec.path).as_str());
                    for id in chosen {
                        assert!(options.iter().any(|(known, _)| known == id), "{kind:?} {}: {id}", spec.path);
                    }
                }
            }
        }
    }
}
