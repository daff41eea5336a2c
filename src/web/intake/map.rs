//! The body map one presses, and the list it presses. The list is the form's; the picture only
//! ticks its boxes, so that everything works without it and by keyboard.

use crate::clinic::body::{Region, Side};
use crate::clinic::intake::typed::{Typed, place_id};
use crate::web::figure::{self, View};
use crate::web::say;

/// The picture, front and back.
#[derive(Debug)]
pub struct PressMap {
    /// The outline of the figure.
    pub outline: String,
    /// Front, then back.
    pub figures: Vec<PressFigure>,
}

/// The figure from one side.
#[derive(Debug)]
pub struct PressFigure {
    /// "Front" or "Back".
    pub title: &'static str,
    /// Where its middle is on the drawing.
    pub middle: u32,
    /// What stands at the viewer's left: on the front, the client's right.
    pub at_left: &'static str,
    /// What stands at the viewer's right.
    pub at_right: &'static str,
    /// What can be pressed.
    pub parts: Vec<Part>,
}

/// One part of the figure.
#[derive(Debug)]
pub struct Part {
    /// The place it stands for.
    pub place: String,
    /// "Lower back, left".
    pub name: String,
    /// Its shapes.
    pub shapes: Vec<String>,
    /// Where its number stands.
    pub at: (f32, f32),
    /// Whether it is marked.
    pub pressed: bool,
    /// Its score, if it has one.
    pub score: String,
}

impl PressMap {
    /// The map with what was typed.
    #[must_use]
    pub fn of(typed: &Typed) -> Self {
        let figures = [(View::Front, "Front", 108, "R", "L"), (View::Back, "Back", 324, "L", "R")];
        let figures = figures.map(|(view, title, middle, at_left, at_right)| PressFigure {
            title,
            middle,
            at_left,
            at_right,
            parts: parts(view, typed),
        });
        Self { outline: figure::outline(), figures: figures.into() }
    }
}

fn parts(view: View, typed: &Typed) -> Vec<Part> {
    let patches = figure::patches(view);
    let seen = Region::ALL.into_iter().filter(|region| patches.iter().any(|patch| patch.region == *region));
    seen.flat_map(|region| sides(region).into_iter().map(move |side| (region, side)))
        .map(|(region, side)| {
            let place = place_id(region, side);
            let halves = halves(view, side);
            let own = patches.iter().filter(|patch| patch.region == region);
            let shapes =
                own.flat_map(|patch| halves.iter().map(|mirror| figure::svg_points(patch.corners, *mirror))).collect();
            let dot = figure::anchor(region).dot;
            Part {
                name: name(region, side),
                shapes,
                at: (dot.0 * halves[0], dot.1),
                pressed: typed.has("mark", &place),
                score: typed.one(&format!("mark.{place}.intensity")).trim().chars().take(3).collect(),
                place,
            }
        })
        .collect()
}

/// Head and neck are one; everything else is pressed left or right.
fn sides(region: Region) -> Vec<Option<Side>> {
    if is_middle(region) { vec![None] } else { vec![Some(Side::Left), Some(Side::Right)] }
}

pub(in crate::web) const fn is_middle(region: Region) -> bool {
    matches!(region, Region::Head | Region::Neck)
}

/// On the front the client's left is on the viewer's right.
fn halves(view: View, side: Option<Side>) -> Vec<f32> {
    match (view, side) {
        (View::Front, Some(Side::Left)) | (View::Back, Some(Side::Right)) => vec![1.0],
        (View::Front, Some(Side::Right)) | (View::Back, Some(Side::Left)) => vec![-1.0],
        (_, None | Some(Side::Both)) => vec![1.0, -1.0],
    }
}

fn name(region: Region, side: Option<Side>) -> String {
    let word = say::capital(&region.word());
    match side {
        Some(side) => format!("{word}, {}", side.word()),
        None if is_middle(region) => word,
        None => format!("{word}, middle or no side"),
    }
}

/// One region of the list.
#[derive(Debug)]
pub struct PlaceRow {
    /// Its word.
    pub region: String,
    /// Its boxes.
    pub boxes: Vec<PlaceBox>,
}

/// One box of the list.
#[derive(Debug)]
pub struct PlaceBox {
    /// The place.
    pub place: String,
    /// "Left", "Right", "Middle", or nothing for what has no sides.
    pub word: &'static str,
    /// The whole name, for those who hear it.
    pub name: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// Every region with its boxes, head to foot.
#[must_use]
pub fn places(typed: &Typed) -> Vec<PlaceRow> {
    let row = |region: Region| {
        let wanted: &[(Option<Side>, &'static str)] = if is_middle(region) {
            &[(None, "Yes")]
        } else {
            &[(Some(Side::Left), "Left"), (Some(Side::Right), "Right"), (None, "Middle")]
        };
        let boxes = wanted.iter().map(|(side, word)| {
            let place = place_id(region, *side);
            PlaceBox { ticked: typed.has("mark", &place), name: name(region, *side), word, place }
        });
        // A limb has no middle; the box is there only for an answer that named no side.
        let has_middle = matches!(
            region,
            Region::UpperBack | Region::LowerBack | Region::Chest | Region::Abdomen | Region::Hip | Region::Jaw
        );
        let boxes = boxes.filter(|one| has_middle || one.word != "Middle" || one.ticked).collect();
        PlaceRow { region: say::capital(&region.word()), boxes }
    };
    Region::ALL.into_iter().map(row).collect()
}

/// One marked place with what it feels like.
#[derive(Debug)]
pub struct MarkRow {
    /// The place.
    pub place: String,
    /// Its name.
    pub name: String,
    /// A sensation's id.
    pub sensation: String,
    /// As typed.
    pub intensity: String,
}

/// The marked places in body order.
#[must_use]
pub fn marked(typed: &Typed) -> Vec<MarkRow> {
    let all = Region::ALL.into_iter().flat_map(|region| {
        [Some(Side::Left), Some(Side::Right), None].map(|side| (place_id(region, side), name(region, side)))
    });
    all.filter(|(place, _)| typed.has("mark", place))
        .map(|(place, name)| MarkRow {
            sensation: typed.one(&format!("mark.{place}.sensation")).to_owned(),
            intensity: typed.one(&format!("mark.{place}.intensity")).to_owned(),
            place,
            name,
        })
        .collect()
}

/// The name of a place, for a page that compares versions.
#[must_use]
pub fn name_of(place: &str) -> String {
    let all = Region::ALL.into_iter().flat_map(|region| {
        [Some(Side::Left), Some(Side::Right), None].map(|side| (place_id(region, side), name(region, side)))
    });
    all.into_iter().find(|(id, _)| id == place).map_or_else(|| place.to_owned(), |(_, name)| name)
}
