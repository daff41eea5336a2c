//! What a client says on the form besides the answers: who holds the pen, what they agree to, their
//! name under it, and which pages they have been through. Kept beside the answers of an unfinished form.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::fields;
use super::super::questionnaire::Kind;
use super::super::questionnaire::answers::Fault;
use super::Consent;
use super::check::{Asked, LONGEST_NAME};
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
    /// The date of birth, told at the door where none was known.
    pub born: Option<Date>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// A page of tiles without a tick.
    Group,
    /// Every consent needs a yes or a no.
    Agree,
    /// Nothing can be kept without this consent.
    Keep,
    /// The signature is missing.
    Sign,
    /// Nothing was answered, and the form is not taken without it.
    Needed,
    /// A day of a question of the clinic's own that cannot be, or that is outside what can be answered.
    Bounds,
    /// No number, or one outside what can be answered.
    Number,
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
    pub fn signed(&self, form: &Form, lang: &str) -> Option<Signed> {
        let agreed = form.wordings().into_iter().map(|wording| Agreed {
            purpose: wording.purpose,
            version: wording.version,
            words: wording.in_language(lang).words.to_owned(),
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

/// What is wrong with an answer to a question of the clinic's own, as far as a client is told.
const fn wrong_with(fault: &Fault, kind: Kind) -> Wrong {
    match (fault, kind) {
        (Fault::Missing, Kind::Signature) => Wrong::Name,
        (Fault::Missing, Kind::Consent) => Wrong::Agree,
        (Fault::Missing, _) => Wrong::Needed,
        (Fault::Text(_), _) => Wrong::Text,
        (Fault::Day, _) | (Fault::Outside(..), Kind::Date) => Wrong::Bounds,
        (Fault::Number | Fault::Whole | Fault::Outside(..), _) => Wrong::Number,
        (Fault::NotOffered | Fault::Several, _) => Wrong::Other,
    }
}

/// What a sentence of the check means for a client. The check speaks to staff, about the same field.
#[must_use]
pub fn wrong_of(field: &str, asked: &Asked<'_>, typed: &Typed) -> Wrong {
    if field.starts_with("q.") {
        let faults = asked.own.faults(typed);
        let found = faults.iter().find(|(name, _, _)| name == field);
        return found.map_or(Wrong::Other, |(_, question, fault)| wrong_with(fault, question.kind));
    }
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

#[cfg(test)]
mod tests;
