//! The intake form taken by staff: one calm page, for a visit or without one. What is asked and how
//! it is checked is the rules'; here it is shown, with everything typed still there.

pub(in crate::web) mod agree;
pub mod changed;
pub mod clearance;
pub mod load;
pub mod map;
pub mod own;
pub mod read;
pub mod review;
pub mod save;
pub mod saved;
pub mod versions;
pub mod view;

use std::fmt::Display;

use askama::Template;

use crate::clinic::body::{Region, Sensation, Side};
use crate::clinic::catalogue::{Condition, Level};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{ClientId, IntakeId, VisitId};
use crate::clinic::intake::DailyLoad;
use crate::clinic::intake::check::{Asked, is_yes};
use crate::clinic::intake::typed::Typed;

use self::own::OwnSection;
use super::shell::Shell;
use super::{assets, say};
use map::{MarkRow, PlaceRow, PressMap};
use versions::Versions;
use view::{AgainRow, ConsentRow, GroupView, Last, Section, TextRow};

/// For which visit, or for which client without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are their own names")]
pub enum Taken {
    Visit(VisitId),
    Client(ClientId),
}

impl Taken {
    /// The address of the form.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Visit(id) => format!("/visits/{id}/intake"),
            Self::Client(id) => format!("/clients/{id}/intake"),
        }
    }
}

/// What a form carries besides the answers: what it was filled in over, and the id its intake will
/// have, so that a double click keeps one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// The version of the draft; 0 when there was none.
    pub draft: u32,
    /// The intake whose answers were shown, if there was one.
    pub latest: Option<IntakeId>,
}

/// Everything the page shows.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Where the form is sent.
    pub taken: Taken,
    /// First and last name.
    pub name: String,
    /// Age and time: what one checks before asking.
    pub facts: Vec<String>,
    /// Where "back" leads, and its word.
    pub back: (String, String),
    /// The number to call in an emergency.
    pub emergency: String,
    /// The form, the catalogue and what is asked again.
    pub asked: Asked<'a>,
    /// The last answers.
    pub last: Option<Last>,
    /// Whether nobody has begun to change the last answers.
    pub untouched: bool,
    /// "Saved for later at 14:52 by Rosa", or nothing.
    pub saved: String,
    /// What the form was filled in over.
    pub over: Over,
    /// The id of the intake to be.
    pub intake: IntakeId,
    /// The language the client reads.
    pub lang: &'static str,
}

/// `GET /visits/{id}/intake`.
#[derive(Debug, Template)]
#[template(path = "intake/page.html")]
pub struct IntakePage {
    shell: Shell,
    script: String,
    path: String,
    name: String,
    facts: Vec<String>,
    back: (String, String),
    emergency: String,
    saved: String,
    over: Over,
    intake: IntakeId,
    errors: FieldErrors,
    versions: Option<Versions>,
    find: String,
    found: usize,
    last: Option<Last>,
    confirm: bool,
    not_now: Vec<String>,
    again: Vec<AgainRow>,
    stops: Vec<String>,
    sections: Vec<Section>,
    groups: Vec<GroupView>,
    map: PressMap,
    marks: Vec<MarkRow>,
    places: Vec<PlaceRow>,
    pain: String,
    loads: Vec<(&'static str, String, bool)>,
    texts: Vec<TextRow>,
    own: Vec<OwnSection>,
    consents: Vec<ConsentRow>,
    options: Options,
}

/// The words to choose from.
#[derive(Debug)]
pub struct Options {
    regions: Vec<(&'static str, String)>,
    sides: Vec<(&'static str, &'static str)>,
    statuses: Vec<(&'static str, &'static str)>,
    sensations: Vec<(&'static str, &'static str)>,
    scores: Vec<(&'static str, &'static str)>,
    nothing: FieldErrors,
}

const SCORES: [&str; 11] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];

impl Options {
    fn new() -> Self {
        let blank = std::iter::once(("", String::from("Where?")));
        Self {
            regions: blank.chain(Region::ALL.map(|region| (region.id(), say::capital(&region.word())))).collect(),
            sides: vec![
                ("", "Side?"),
                (Side::Left.id(), "Left"),
                (Side::Right.id(), "Right"),
                (Side::Both.id(), "Both sides"),
            ],
            statuses: vec![("", "Now or past?"), ("current", "Still there"), ("past", "Over")],
            sensations: std::iter::once(("", "Feels like?"))
                .chain(Sensation::ALL.map(|sensation| (sensation.word(), sensation.word())))
                .collect(),
            scores: std::iter::once(("", "0 to 10?")).chain(SCORES.map(|score| (score, score))).collect(),
            nothing: FieldErrors::new(),
        }
    }
}

/// What is wrong in a part of the form, for the part's template.
impl Options {
    fn wrong_place<'a>(&self, errors: &'a FieldErrors, id: &impl Display, number: &impl Display) -> Vec<&'a str> {
        self.wrong(errors, &format!("at.{id}.{number}"), &["region", "side", "since", "status"])
    }

    fn wrong_ok<'a>(&self, errors: &'a FieldErrors, id: &impl Display) -> Vec<&'a str> {
        self.wrong(errors, &format!("ok.{id}"), &["by", "on"])
    }

    fn wrong_mark<'a>(&self, errors: &'a FieldErrors, place: &impl Display) -> Vec<&'a str> {
        self.wrong(errors, &format!("mark.{place}"), &["sensation", "intensity"])
    }

    fn wrong<'a>(&self, errors: &'a FieldErrors, start: &str, parts: &[&str]) -> Vec<&'a str> {
        parts.iter().filter_map(|part| errors.of(&format!("{start}.{part}"))).collect()
    }
}

/// What happened to the form before it is shown.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is wrong with it.
    pub errors: FieldErrors,
    /// What another person saved meanwhile.
    pub versions: Option<Versions>,
    /// What staff look for on it.
    pub find: String,
}

impl IntakePage {
    /// The form with this typed in.
    #[must_use]
    pub fn of(shell: Shell, facts: &Facts<'_>, typed: &Typed, outcome: Outcome) -> Self {
        let asked = &facts.asked;
        let groups = view::groups(typed, asked, &facts.emergency, &outcome.find);
        let found = groups.iter().flat_map(|group| &group.rows).filter(|row| !row.hidden).count();
        let marks = map::marked(typed);
        let right_now = asked.form.groups().iter().find(|group| group.id == view::RIGHT_NOW);
        let not_now = right_now.into_iter().flat_map(|group| asked.of_group(typed, group));
        let not_now = not_now.filter(|one| !is_yes(typed, asked.again, one));
        Self {
            path: facts.taken.path(),
            name: facts.name.clone(),
            facts: facts.facts.clone(),
            back: facts.back.clone(),
            emergency: facts.emergency.clone(),
            saved: facts.saved.clone(),
            over: facts.over.clone(),
            intake: facts.intake,
            confirm: facts.untouched && facts.last.is_some() && asked.again.may_confirm(view::RIGHT_NOW),
            not_now: not_now.map(|one| one.asks.clone()).collect(),
            again: view::again(typed, asked, &outcome.errors),
            stops: stops(typed, asked).iter().map(|one| one.label.clone()).collect(),
            sections: view::sections(typed, asked),
            map: PressMap::of(typed),
            places: map::places(typed),
            marks,
            pain: typed.one("pain").to_owned(),
            loads: DailyLoad::ALL
                .map(|load| (load.id(), say::capital(load.words()), typed.has("load", load.id())))
                .into(),
            texts: view::texts(typed),
            own: own::sections(asked.own, typed),
            consents: view::consents(typed, asked.form, facts.lang),
            options: Options::new(),
            last: facts.last.clone(),
            errors: outcome.errors,
            versions: outcome.versions,
            find: outcome.find,
            found,
            groups,
            shell,
            script: assets::address("body_map.js"),
        }
    }
}

/// The conditions answered with yes with which nobody may be treated.
#[must_use]
pub fn stops<'a>(typed: &Typed, asked: &Asked<'a>) -> Vec<&'a Condition> {
    let typed = &asked.own.ticked(typed);
    let all = asked.catalogue.conditions().iter().filter(|one| one.massage == Level::Contraindication);
    all.filter(|one| is_yes(typed, asked.again, one)).collect()
}
