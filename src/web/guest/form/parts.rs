//! The parts of a page of questions: a tile for each condition, and what is asked once it is ticked.

use super::walk::Walked;
use crate::clinic::body::{Region, Side};
use crate::clinic::catalogue::Condition;
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::check::Asked;
use crate::clinic::intake::dates;
use crate::clinic::intake::month::split_since;
use crate::clinic::intake::topics::{Details, asked_in};
use crate::clinic::intake::typed::Typed;
use crate::clinic::wording::FormWords;
use crate::web::Web;
use crate::web::guest::letter_words;

/// A value and its word, and whether it is chosen.
pub(super) type Option3 = (String, String, bool);

/// One question.
#[derive(Debug)]
pub(super) struct Tile {
    pub id: String,
    pub asks: String,
    /// Whether it is ticked; for what is asked again, whether it is still there.
    pub yes: bool,
    /// Asked again, and no longer there.
    pub gone: bool,
    pub details: Details,
    pub places: Vec<PlaceView>,
    /// The doctor's name, and the day as browsers want it.
    pub doctor: (String, String),
    /// What is wrong with this question or its details.
    pub problems: Vec<String>,
}

/// One place of a condition.
#[derive(Debug)]
pub(super) struct PlaceView {
    pub number: usize,
    pub regions: Vec<Option3>,
    pub sides: Vec<Option3>,
    pub months: Vec<Option3>,
    pub year: String,
    pub statuses: Vec<Option3>,
}

/// The questions of a group: what is asked again, then all others.
pub(super) fn tiles(web: &Web, walked: &Walked, group: &str, errors: &FieldErrors) -> (Vec<Tile>, Vec<Tile>) {
    let asked = walked.asked(web);
    let mut conditions = asked_in(&asked, group);
    conditions.retain(|one| asked.is_asked(&walked.typed, one));
    let is_again = |one: &&Condition| is_asked_again(&asked, &walked.typed, one);
    let tile = |one: &Condition| tile(web, walked, one, errors);
    let again = conditions.iter().copied().filter(|one| is_again(one)).map(tile).collect();
    let others = conditions.iter().copied().filter(|one| !is_again(one)).map(tile).collect();
    (again, others)
}

/// Whether a condition has its own question, since its answer is too old.
fn is_asked_again(asked: &Asked<'_>, typed: &Typed, condition: &Condition) -> bool {
    asked.again.conditions.contains_key(&condition.id) && !typed.has("yes", condition.id.as_str())
}

/// One question with what was typed.
pub(super) fn tile(web: &Web, walked: &Walked, condition: &Condition, errors: &FieldErrors) -> Tile {
    let (id, typed) = (condition.id.as_str(), &walked.typed);
    let again = typed.one(&format!("again.{id}"));
    let of_it = |field: &str| {
        let mut parts = field.split('.');
        matches!(parts.next(), Some("at" | "ok" | "again")) && parts.next() == Some(id)
    };
    let on = typed.one(&format!("ok.{id}.on"));
    let on = dates::past_day(on, walked.past.today).map_or_else(|_| on.to_owned(), |day| day.to_string());
    Tile {
        id: id.to_owned(),
        asks: if walked.opened.guest.words.is_spanish() { &condition.asks_es } else { &condition.asks }.clone(),
        yes: typed.has("yes", id) || again == "same",
        gone: again == "gone",
        details: Details::of(condition),
        places: (0..typed.places(&condition.id).max(1)).map(|number| place(web, walked, id, number)).collect(),
        doctor: (typed.one(&format!("ok.{id}.by")).to_owned(), on),
        problems: errors.iter().filter(|(field, _)| of_it(field)).map(|(_, sentence)| sentence.to_owned()).collect(),
    }
}

fn place(web: &Web, walked: &Walked, id: &str, number: usize) -> PlaceView {
    let (words, typed) = (walked.words(), &walked.typed);
    let part = |name: &str| typed.one(&format!("at.{id}.{number}.{name}"));
    let (month, year) = split_since(part("since"));
    let blank = (String::new(), words.group.choose.clone(), false);
    let months = letter_words(web, walked.opened.guest.words).map(|letter| letter.months.clone()).unwrap_or_default();
    let months = months.into_iter().enumerate().map(|(index, name)| {
        let number = (index + 1).to_string();
        let chosen = number == month;
        (number, name, chosen)
    });
    PlaceView {
        number,
        regions: std::iter::once(blank.clone()).chain(regions(words, part("region"))).collect(),
        sides: sides(words, part("side")),
        months: std::iter::once(blank).chain(months).collect(),
        year,
        statuses: [("current", &words.group.current), ("past", &words.group.past)]
            .map(|(id, word)| (id.to_owned(), word.clone(), part("status") == id))
            .into(),
    }
}

fn regions(words: &FormWords, chosen: &str) -> Vec<Option3> {
    let word = |region: Region| words.regions.get(&region).cloned().unwrap_or_default();
    Region::ALL.map(|region| (region.id().to_owned(), word(region), region.id() == chosen)).into()
}

fn sides(words: &FormWords, chosen: &str) -> Vec<Option3> {
    let sides = &words.sides;
    let known = [(Side::Left, &sides.left), (Side::Right, &sides.right), (Side::Both, &sides.both)];
    let known = known.map(|(side, word)| (side.id().to_owned(), word.clone(), side.id() == chosen));
    known.into_iter().chain([(String::new(), sides.unsure.clone(), false)]).collect()
}
