//! What a client says on the form besides the answers: who holds the pen, what they agree to, their
//! name under it, and which pages they have been through. Kept beside the answers of an unfinished form.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::fields;
use super::Consent;
use super::check::{Asked, LONGEST_NAME};
use super::dates;
use super::form::Form;
use super::topics::{Topic, consents};
use super::typed::Typed;

/// A drawn signature is a few hundred points.
const LONGEST_DRAWING: usize = 16_000;

/// The drawing ground, across and down. Points outside are no drawing of ours.
const GROUND: (u32, u32) = (440, 160);

/// So few points are a slip of the finger.
const FEWEST_POINTS: usize = 6;

/// The client's side of an unfinished form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guest {
    /// The pages that were sent, by id.
    pub seen: BTreeSet<String>,
    /// Whether the client said that nothing has changed since last time.
    pub same: bool,
    /// Who fills it in for the client, when it is not the client.
    pub helper: Option<Helper>,
    /// What was answered on each thing to agree to.
    pub agreed: BTreeMap<Consent, bool>,
    /// The name under it.
    pub signature: Option<Signature>,
}

/// Someone who fills the form in for the client.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helper {
    /// Their name.
    pub name: String,
    /// What they are to the client.
    pub relation: Option<Relation>,
}

/// A name is personal and must not reach a log by accident.
impl std::fmt::Debug for Helper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Helper({:?})", self.relation)
    }
}

/// What someone is to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each relation is its own name")]
pub enum Relation {
    Parent,
    Guardian,
    Partner,
    Carer,
    Other,
}

impl Relation {
    /// Every relation, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Parent, Self::Guardian, Self::Partner, Self::Carer, Self::Other];

    /// The id used in forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Guardian => "guardian",
            Self::Partner => "partner",
            Self::Carer => "carer",
            Self::Other => "other",
        }
    }

    /// Whether such a person may sign for a child.
    #[must_use]
    pub const fn signs_for_a_child(self) -> bool {
        matches!(self, Self::Parent | Self::Guardian)
    }
}

/// A name under the form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// Written with the keyboard.
    Typed(String),
    /// Drawn: the data of an SVG path on a ground of 440 by 160, of moves and lines alone.
    Drawn(String),
}

/// A name is personal and must not reach a log by accident.
impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Typed(_)) { "Typed" } else { "Drawn" })
    }
}

/// What a client signed: kept as it was read and given, for as long as the intake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The name under it.
    pub signature: Signature,
    /// Who filled it in for the client, if it was not the client.
    pub helper: Option<Helper>,
    /// The language of the page.
    pub lang: String,
    /// What was asked and answered, in the words that were read.
    pub agreed: Vec<Agreed>,
}

/// One consent as it was asked and answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    /// What for.
    pub purpose: Consent,
    /// The version of the words.
    pub version: u32,
    /// The words.
    pub words: String,
    /// Yes or no.
    pub given: bool,
}

/// What is wrong with a field, as far as a client is told. The sentences are in the words of their language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing was chosen, and the page does not leave that open.
    Choose,
    /// A name is missing or cannot be read.
    Name,
    /// A child's form needs a parent or guardian.
    Guardian,
    /// A time since when that cannot be.
    Since,
    /// A day that cannot be.
    Day,
    /// A text that is too long or cannot be shown.
    Text,
    /// Every consent needs a yes or a no.
    Agree,
    /// Nothing can be kept without this consent.
    Keep,
    /// The signature is missing.
    Sign,
    /// Something the page does not offer.
    Other,
}

/// Fields with what is wrong with them, in the order of the page.
pub type Wrongs = Vec<(String, Wrong)>;

/// The value of a field of the page, or nothing.
pub type Field<'a> = dyn Fn(&str) -> &'a str + 'a;

impl Guest {
    /// Whether this field of ours is on that page.
    pub(super) fn owns(topic: &Topic, field: &str) -> bool {
        match topic {
            Topic::About => matches!(field, "who" | "helper" | "relation"),
            Topic::Consents => field.starts_with("agree."),
            Topic::Signature => matches!(field, "signed" | "signed_name"),
            _ => false,
        }
    }

    /// Takes who fills the form in. A child's is filled in by a parent or guardian.
    pub fn take_about(&mut self, field: &Field<'_>, is_minor: bool) -> Wrongs {
        let mut wrongs = Wrongs::new();
        match field("who") {
            "self" if !is_minor => {
                self.helper = None;
                return wrongs;
            }
            "other" => {}
            _ if is_minor => {}
            _ => return vec![("who".into(), Wrong::Choose)],
        }
        let name = fields::line(field("helper"), "", LONGEST_NAME).unwrap_or_default();
        let relation = Relation::ALL.into_iter().find(|one| one.id() == field("relation"));
        self.helper = Some(Helper { name: name.to_owned(), relation });
        wrongs.extend(self.wrong_helper(is_minor));
        wrongs
    }

    fn wrong_helper(&self, is_minor: bool) -> Wrongs {
        let mut wrongs = Wrongs::new();
        let Some(helper) = &self.helper else {
            return if is_minor { vec![("helper".into(), Wrong::Guardian)] } else { wrongs };
        };
        if helper.name.is_empty() {
            wrongs.push(("helper".into(), Wrong::Name));
        }
        match helper.relation {
            None => wrongs.push(("relation".into(), Wrong::Choose)),
            Some(relation) if is_minor && !relation.signs_for_a_child() => {
                wrongs.push(("relation".into(), Wrong::Guardian));
            }
            Some(_) => {}
        }
        wrongs
    }

    /// Takes what the client agrees to: `agree.PURPOSE` is `yes` or `no`. The form's own field follows.
    pub fn take_consents(&mut self, field: &Field<'_>, asked: &Asked<'_>, typed: &mut Typed) -> Wrongs {
        for purpose in consents(asked.form) {
            match field(&format!("agree.{}", purpose.id())) {
                "yes" => drop(self.agreed.insert(purpose, true)),
                "no" => drop(self.agreed.insert(purpose, false)),
                _ => {}
            }
        }
        let given = |purpose: &Consent| self.agreed.get(purpose) == Some(&true);
        let values: Vec<String> =
            consents(asked.form).iter().filter(|purpose| given(purpose)).map(|one| one.id().to_owned()).collect();
        typed.set("consent", &values);
        self.wrong_consents(asked)
    }

    fn wrong_consents(&self, asked: &Asked<'_>) -> Wrongs {
        let name = |purpose: Consent| format!("agree.{}", purpose.id());
        let mut wrongs = Wrongs::new();
        for purpose in consents(asked.form) {
            match self.agreed.get(&purpose) {
                None => wrongs.push((name(purpose), Wrong::Agree)),
                Some(false) if purpose == Consent::HealthData => wrongs.push((name(purpose), Wrong::Keep)),
                Some(_) => {}
            }
        }
        wrongs
    }

    /// Takes the signature: drawn, or else written. An empty page keeps the one that is there.
    pub fn take_signature(&mut self, field: &Field<'_>) -> Wrongs {
        let drawn = field("signed").trim();
        let written = fields::line(field("signed_name"), "", LONGEST_NAME).unwrap_or_default();
        let had = self.signature.take();
        self.signature = if is_drawing(drawn) {
            Some(Signature::Drawn(drawn.to_owned()))
        } else if !written.is_empty() {
            Some(Signature::Typed(written.to_owned()))
        } else if field("signed").is_empty() && field("signed_name").is_empty() && field("keep") == "1" {
            had
        } else {
            None
        };
        self.wrong_signature()
    }

    fn wrong_signature(&self) -> Wrongs {
        if self.signature.is_none() { vec![("signed_name".into(), Wrong::Sign)] } else { Wrongs::new() }
    }

    /// What is signed, in the words of this language. `None` without a signature.
    #[must_use]
    pub fn signed(&self, form: &Form, lang: &str, is_spanish: bool) -> Option<Signed> {
        let agreed = form.wordings().into_iter().map(|wording| Agreed {
            purpose: wording.purpose,
            version: wording.version,
            words: if is_spanish { &wording.words_es } else { &wording.words }.clone(),
            given: self.agreed.get(&wording.purpose) == Some(&true),
        });
        let signature = self.signature.clone()?;
        Some(Signed { signature, helper: self.helper.clone(), lang: lang.to_owned(), agreed: agreed.collect() })
    }

    /// What keeps the form from being sent, as far as it is not in the answers.
    #[must_use]
    pub fn wrongs(&self, asked: &Asked<'_>, is_minor: bool) -> Wrongs {
        let mut wrongs = self.wrong_helper(is_minor);
        wrongs.extend(self.wrong_consents(asked));
        wrongs.extend(self.wrong_signature());
        wrongs
    }
}

/// What a sentence of the check means for a client. The check speaks to staff, about the same field.
#[must_use]
pub fn wrong_of(field: &str) -> Wrong {
    if super::typed::TEXTS.contains(&field) {
        return Wrong::Text;
    }
    match field.rsplit('.').next() {
        Some("since") => Wrong::Since,
        Some("on") => Wrong::Day,
        Some("by") => Wrong::Name,
        _ if field == "consent" => Wrong::Keep,
        _ => Wrong::Other,
    }
}

/// Moves and lines with whole numbers on the drawing ground, and enough of them: nothing else can be
/// drawn back on a page.
fn is_drawing(path: &str) -> bool {
    if !path.starts_with('M') || path.len() > LONGEST_DRAWING {
        return false;
    }
    let on_ground = |point: &str| {
        let (x, y) = point.split_once(' ')?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| number.to_string() == text);
        Some(number(x)? <= GROUND.0 && number(y)? <= GROUND.1)
    };
    let points = path[1..].split(['M', 'L']);
    let mut count = 0;
    for point in points {
        if on_ground(point) != Some(true) {
            return false;
        }
        count += 1;
    }
    count >= FEWEST_POINTS
}

/// A time as two fields, which any language can fill in: a month's number or nothing, and a year.
/// What is no time stays in the second, word for word.
#[must_use]
pub fn split_since(since: &str) -> (String, String) {
    use super::Since;
    let Ok(read) = dates::since(since, jiff::civil::Date::MAX) else {
        // "3/19": a month that was chosen, and a year that cannot be one.
        let chosen = since.split_once('/').filter(|(month, _)| month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)));
        return chosen.map_or_else(|| (String::new(), since.to_owned()), |(month, year)| (month.to_owned(), year.to_owned()));
    };
    let date = read.first_day();
    let month = if matches!(read, Since::Year(_)) { String::new() } else { date.month().to_string() };
    (month, date.year().to_string())
}

/// The fields of a page as the form has them: `at.ID.N.month` and `at.ID.N.year` become one time. A day
/// that was known before stays, while month and year are its own.
#[must_use]
pub fn joined(pairs: &[(&str, &str)], before: &Typed) -> Typed {
    let mut all: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let Some(place) = name.strip_suffix(".year").filter(|place| place.starts_with("at.")) else {
            if !(name.starts_with("at.") && name.ends_with(".month")) {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
            continue;
        };
        let (month_name, since_name) = (format!("{place}.month"), format!("{place}.since"));
        let month = pairs.iter().find(|(name, _)| **name == month_name).map_or("", |(_, month)| month.trim());
        let had = before.one(&since_name);
        let since = match (month, value.trim()) {
            (month, year) if !had.is_empty() && split_since(had) == (month.to_owned(), year.to_owned()) => had.to_owned(),
            ("", year) => year.to_owned(),
            (month, year) => format!("{month}/{year}"),
        };
        all.push((since_name, since));
    }
    Typed::read(all.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::catalogue::Catalogue;
    use crate::clinic::intake::again::Again;

    fn taken(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> &'static str {
        move |name| pairs.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    #[test]
    fn a_child_needs_a_parent_or_guardian_and_others_may_have_help() {
        let mut guest = Guest::default();
        assert_eq!(guest.take_about(&taken(&[("who", "self")]), false), []);
        assert_eq!(guest.take_about(&taken(&[]), false), [("who".to_owned(), Wrong::Choose)]);
        assert_eq!(guest.take_about(&taken(&[("who", "self")]), true).len(), 2, "a name and a relation");
        let carer = taken(&[("who", "other"), ("helper", "Ana"), ("relation", "carer")]);
        assert_eq!(guest.take_about(&carer, false), []);
        assert_eq!(guest.take_about(&carer, true), [("relation".to_owned(), Wrong::Guardian)]);
        assert_eq!(guest.take_about(&taken(&[("helper", " Ana "), ("relation", "parent")]), true), []);
        assert_eq!(guest.helper, Some(Helper { name: "Ana".into(), relation: Some(Relation::Parent) }));
        assert!(!format!("{guest:?}").contains("Ana"));
    }

    #[test]
    fn each_consent_needs_an_answer_and_one_of_them_a_yes() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let form = Form::shipped(&catalogue).expect("what ships");
        let (again, today) = (Again::default(), jiff::civil::date(2026, 1, 5));
        let asked = Asked { form: &form, catalogue: &catalogue, again: &again, today };
        let (mut guest, mut typed) = (Guest::default(), Typed::default());
        let some = taken(&[("agree.health_data", "no"), ("agree.treatment", "yes"), ("agree.marketing", "perhaps")]);
        let wrongs = guest.take_consents(&some, &asked, &mut typed);
        let kinds: Vec<Wrong> = wrongs.iter().map(|(_, wrong)| *wrong).collect();
        assert_eq!(kinds, [Wrong::Keep, Wrong::Agree, Wrong::Agree, Wrong::Agree]);
        assert_eq!(typed.all("consent"), ["treatment"]);
        let rest = taken(&[
            ("agree.health_data", "yes"),
            ("agree.treatment", "no"),
            ("agree.aftercare_email", "no"),
            ("agree.check_in_email", "no"),
            ("agree.marketing", "no"),
        ]);
        assert_eq!(guest.take_consents(&rest, &asked, &mut typed), []);
        assert_eq!(typed.all("consent"), ["health_data"]);
        assert_eq!(guest.wrongs(&asked, false), [("signed_name".to_owned(), Wrong::Sign)]);
    }

    #[test]
    fn a_signature_is_a_name_or_a_drawing_and_nothing_else() {
        let mut guest = Guest::default();
        assert_eq!(guest.take_signature(&taken(&[])), [("signed_name".to_owned(), Wrong::Sign)]);
        assert_eq!(guest.take_signature(&taken(&[("signed_name", "Cleo Okafor")])), []);
        assert_eq!(guest.take_signature(&taken(&[("keep", "1")])), [], "the one that is there");
        let drawn = taken(&[("signed", "M10 20L11 22L12 30L40 44M60 20L61 22"), ("signed_name", "Cleo")]);
        assert_eq!(guest.take_signature(&drawn), []);
        assert!(matches!(guest.signature, Some(Signature::Drawn(_))));
        for bad in ["M1 1", "M1 1L2 2L3 3L4 4L5 5L441 2", "<svg>", "M1 1L2 2L3 3L4 4L5 5L-1 2", "M1 1L2 2L3 3L4 4L5 5L1 2\""] {
            assert!(!is_drawing(bad), "{bad}");
        }
        assert!(!is_drawing(&format!("M1 1{}", "L2 2".repeat(8000))));
    }

    #[test]
    fn a_month_and_a_year_are_one_time_and_back() {
        let none = Typed::default();
        let since = |month, year| {
            let typed = joined(&[("at.sciatica.0.month", month), ("at.sciatica.0.year", year), ("yes", "sciatica")], &none);
            assert!(typed.has("yes", "sciatica"));
            typed.one("at.sciatica.0.since").to_owned()
        };
        for (month, year, text) in [("3", "2019", "3/2019"), ("", "2019", "2019"), ("", "", ""), ("3", "19", "3/19"), ("", "then", "then")] {
            assert_eq!(since(month, year), text);
            assert_eq!(split_since(text), (month.to_owned(), year.to_owned()), "{text}");
        }
        let mut before = Typed::default();
        before.add("at.sciatica.0.since", "15 March 2019");
        let same = joined(&[("at.sciatica.0.year", "2019"), ("at.sciatica.0.month", "3")], &before);
        assert_eq!(same.one("at.sciatica.0.since"), "15 March 2019", "what was known better stays");
        let other = joined(&[("at.sciatica.0.year", "2020"), ("at.sciatica.0.month", "3")], &before);
        assert_eq!(other.one("at.sciatica.0.since"), "3/2020");
    }
}
