//! The body map as staff read it: what to avoid, what is booked and where it hurts, on our own
//! figure, front and back, with the same facts as a list beside it. The pure part builds shapes;
//! `templates/partials/bodymap.svg.html` draws them. Never a state by colour alone: to avoid is
//! hatched, framed and named, pain is a dot with its number, booked is a tint with its line in the key.

use askama::Template;

use super::figure::{self, Anchor, View};
use crate::clinic::body::{Region, Side};
use crate::clinic::brief::{Brief, Origin};
use crate::clinic::case::Case;

/// Which halves of the body are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The client's left.
    pub left: bool,
    /// The client's right.
    pub right: bool,
}

impl Sides {
    /// Both halves: what is meant when nobody named a side.
    pub const BOTH: Self = Self { left: true, right: true };

    /// The halves an answer means; no answer means both, which is the careful reading.
    #[must_use]
    pub const fn of(side: Option<Side>) -> Self {
        match side {
            Some(Side::Left) => Self { left: true, right: false },
            Some(Side::Right) => Self { left: false, right: true },
            Some(Side::Both) | None => Self::BOTH,
        }
    }

    fn join(self, other: Self) -> Self {
        Self { left: self.left || other.left, right: self.right || other.right }
    }

    /// "left calf", "head", "shoulder, both sides".
    #[must_use]
    pub fn name(self, region: Region) -> String {
        let word = region.word();
        match (self.left, self.right) {
            _ if matches!(region, Region::Head | Region::Neck) => word,
            (true, false) => format!("left {word}"),
            (false, true) => format!("right {word}"),
            _ => word,
        }
    }
}

/// Regions to avoid with the sides the client named, in body order.
#[must_use]
pub fn avoided(case: &Case, brief: &Brief) -> Vec<(Region, Sides)> {
    let sides = |avoid: &crate::clinic::brief::AvoidRegion| {
        let named = case.intake.conditions.iter().filter(|reported| {
            avoid.because.iter().any(|why| why.from == Origin::Condition && why.id == reported.id.as_str())
                && reported.region.is_none_or(|region| region == avoid.region)
        });
        named.map(|reported| Sides::of(reported.side)).reduce(Sides::join).unwrap_or(Sides::BOTH)
    };
    brief.avoid_regions.iter().map(|avoid| (avoid.region, sides(avoid))).collect()
}

/// The body map of one visit.
#[derive(Debug, Template)]
#[template(path = "partials/bodymap.svg.html")]
pub struct BodyMap {
    /// The outline of the figure.
    pub outline: String,
    /// Front, then back.
    pub figures: Vec<Figure>,
    /// The same in words.
    pub key: Vec<KeyLine>,
}

/// The figure from one side.
#[derive(Debug)]
pub struct Figure {
    /// "Front" or "Back".
    pub title: &'static str,
    /// Where its middle is on the drawing.
    pub middle: u32,
    /// What stands at the viewer's left: on the front, the client's right.
    pub at_left: &'static str,
    /// What stands at the viewer's right.
    pub at_right: &'static str,
    /// Corners of the booked regions.
    pub booked: Vec<String>,
    /// Corners of the regions to avoid.
    pub avoid: Vec<String>,
    /// Lines between regions.
    pub dividers: Vec<String>,
    /// Where the word "Avoid" stands.
    pub words: Vec<(f32, f32)>,
    /// Pain marks: place and number.
    pub dots: Vec<Dot>,
}

/// One pain mark.
#[derive(Debug)]
pub struct Dot {
    /// Across.
    pub x: f32,
    /// Down.
    pub y: f32,
    /// The number, or nothing where the client gave none.
    pub score: String,
}

/// One line of the key.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// The sample beside it: `avoid`, `booked` or `pain`.
    pub sample: &'static str,
    /// The number inside the sample.
    pub score: String,
    /// The words.
    pub words: String,
    /// Why, where there is a reason.
    pub because: String,
}

struct Pain {
    region: Region,
    sides: Sides,
    score: String,
    words: String,
}

impl BodyMap {
    /// The map of this visit.
    #[must_use]
    pub fn of(case: &Case, brief: &Brief) -> Self {
        let avoid = avoided(case, brief);
        let pains = pains(case);
        let booked = &case.visit.treatment.regions;
        let figures = [(View::Front, "Front", 108), (View::Back, "Back", 324)]
            .map(|(view, title, middle)| drawn(view, title, middle, &avoid, booked, &pains));
        Self { outline: figure::outline(), figures: figures.into(), key: key(brief, &avoid, booked, pains) }
    }
}

fn pains(case: &Case) -> Vec<Pain> {
    let marks = case.intake.marks.iter().map(|mark| {
        let sides = Sides::of(mark.side);
        let score = mark.intensity.map_or_else(String::new, |pain| pain.score().to_string());
        let feel = mark.sensation.map_or("pain", crate::clinic::body::Sensation::word);
        let amount = if score.is_empty() { ", no score given".into() } else { format!(", {score} of 10") };
        let words = format!("Client’s mark: {}, {feel}{amount}", sides.name(mark.region));
        Pain { region: mark.region, sides, score, words }
    });
    marks.collect()
}

fn key(brief: &Brief, avoid: &[(Region, Sides)], booked: &[Region], pains: Vec<Pain>) -> Vec<KeyLine> {
    let avoid_lines = avoid.iter().zip(&brief.avoid_regions).map(|((region, sides), line)| KeyLine {
        sample: "avoid",
        score: String::new(),
        words: format!("Avoid: {}", sides.name(*region)),
        because: line.because.iter().map(|why| why.says.clone()).collect::<Vec<_>>().join(", "),
    });
    let booked_line = (!booked.is_empty()).then(|| KeyLine {
        sample: "booked",
        score: String::new(),
        words: format!("Booked: {}", booked.iter().map(|region| region.word()).collect::<Vec<_>>().join(", ")),
        because: String::new(),
    });
    let pain_lines = pains.into_iter().map(|pain| KeyLine {
        sample: "pain",
        score: pain.score,
        words: pain.words,
        because: String::new(),
    });
    avoid_lines.chain(booked_line).chain(pain_lines).collect()
}

fn drawn(
    view: View,
    title: &'static str,
    middle: u32,
    avoid: &[(Region, Sides)],
    booked: &[Region],
    pains: &[Pain],
) -> Figure {
    let patches = figure::patches(view);
    // On the front the client's left is on the viewer's right.
    let halves = move |sides: Sides| {
        let (on_right, on_left) =
            if view == View::Front { (sides.left, sides.right) } else { (sides.right, sides.left) };
        [(on_right, 1.0), (on_left, -1.0)].into_iter().filter_map(|(meant, mirror)| meant.then_some(mirror))
    };
    let fill = |region: Region, sides: Sides| -> Vec<String> {
        let own = patches.iter().filter(|patch| patch.region == region);
        own.flat_map(|patch| halves(sides).map(|mirror| figure::svg_points(patch.corners, mirror))).collect()
    };
    let seen = |region: Region| patches.iter().any(|patch| patch.region == region);
    let place = |sides: Sides, point: figure::Point, one_for_both: bool| -> Vec<(f32, f32)> {
        if (one_for_both && sides == Sides::BOTH) || point.0 == 0.0 {
            return vec![(0.0, point.1)];
        }
        halves(sides).map(|mirror| (point.0 * mirror, point.1)).collect()
    };
    let words = avoid.iter().filter(|(region, _)| seen(*region)).flat_map(|(region, sides)| {
        let Anchor { word, inside, .. } = figure::anchor(*region);
        // Head and neck have no sides: one word beside them is enough.
        if matches!(region, Region::Head | Region::Neck) { vec![word] } else { place(*sides, word, inside) }
    });
    let dots = pains.iter().filter(|pain| seen(pain.region)).flat_map(|pain| {
        let dot = figure::anchor(pain.region).dot;
        place(pain.sides, dot, false).into_iter().map(|(x, y)| Dot { x, y, score: pain.score.clone() })
    });
    let lines = figure::dividers(view).iter().chain(&figure::COMMON_DIVIDERS).chain([&figure::ANKLE]);
    let (at_left, at_right) = if view == View::Front { ("R", "L") } else { ("L", "R") };
    Figure {
        title,
        middle,
        at_left,
        at_right,
        booked: booked.iter().flat_map(|region| fill(*region, Sides::BOTH)).collect(),
        avoid: avoid.iter().flat_map(|(region, sides)| fill(*region, *sides)).collect(),
        dividers: lines.flat_map(|line| [1.0, -1.0].map(|mirror| figure::svg_points(line, mirror))).collect(),
        words: words.collect(),
        dots: dots.collect(),
    }
}
