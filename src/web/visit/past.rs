//! The visits before, and pain over time: a curve with its numbers printed, and a table that says
//! the same. Times go across, so a long gap looks long.

use jiff::{SignedDuration, Timestamp, Zoned};

use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::VisitId;
use crate::store::intake::Given;
use crate::store::note::NoteState;
use crate::store::visit::{Appointment, VisitState};
use crate::web::badge::Badge;
use crate::web::{Here, say};

/// So many visits are listed.
const LISTED: usize = 8;

/// What came before this visit.
#[derive(Clone, Debug, Default)]
pub struct PastFacts {
    /// How many visits took place before.
    pub visits: usize,
    /// The last of them, newest first.
    pub list: Vec<PastVisit>,
    /// Pain as the intakes tell it, oldest first.
    pub pain: Vec<(Zoned, u8)>,
}

/// One visit before.
#[derive(Clone, Debug)]
pub struct PastVisit {
    /// Which one.
    pub id: VisitId,
    /// Its day.
    pub day: String,
    /// What was booked.
    pub technique: String,
    /// How its note stands.
    pub note: Badge,
}

/// What came before this visit, from the client's visits (newest first) and intakes (newest first).
pub(in crate::web) fn past(
    visits: &[Appointment],
    intakes: &[Given],
    notes: &[(VisitId, NoteState)],
    this: &Appointment,
    catalogue: &Catalogue,
    here: &Here,
) -> PastFacts {
    let zone = here.now.time_zone();
    let before = visits.iter().filter(|visit| visit.starts_at < this.starts_at && visit.state == VisitState::Completed);
    let label = |visit: &Appointment| {
        let id = &visit.treatment.technique;
        catalogue.technique(id).map_or_else(|| id.to_string(), |technique| technique.label.clone())
    };
    let note = |visit: &Appointment| match notes.iter().find(|(id, _)| *id == visit.id).map(|(_, state)| state) {
        Some(NoteState::Signed) => Badge::new("outline", "lock", "Signed"),
        Some(NoteState::Draft) => Badge::new("amber", "pencil", "Draft"),
        None => Badge::new("amber", "dashed", "No note"),
    };
    let list = before.clone().take(LISTED).map(|visit| PastVisit {
        id: visit.id,
        day: say::full_day(visit.starts_at.to_zoned(zone.clone()).date()),
        technique: label(visit),
        note: note(visit),
    });
    let pain = intakes
        .iter()
        .rev()
        .filter_map(|given| Some((given.given_at.to_zoned(zone.clone()), given.answers.pain_now?.score())));
    PastFacts { visits: before.count(), list: list.collect(), pain: pain.collect() }
}

/// The curve.
#[derive(Debug)]
pub struct Curve {
    /// The line through the points.
    pub line: String,
    /// Each point: across, down, the number, the day below it; the day is empty where it would overlap.
    pub points: Vec<CurvePoint>,
    /// The lines across, with their numbers.
    pub levels: Vec<(f64, u8)>,
}

/// One point of the curve.
#[derive(Debug)]
pub struct CurvePoint {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// The number.
    pub score: u8,
    /// "27 Feb".
    pub day: String,
    /// Whether its day has room below the curve.
    pub labelled: bool,
}

const LEFT: f64 = 40.0;
const WIDTH: f64 = 520.0;
const TOP: f64 = 16.0;
const HEIGHT: f64 = 150.0;
const APART: f64 = 56.0;

impl Curve {
    /// The curve of these values; `None` when there are fewer than two.
    #[must_use]
    pub fn of(pain: &[(Zoned, u8)]) -> Option<Self> {
        let [(first, _), .., (last, _)] = pain else { return None };
        let span = seconds(last.timestamp().duration_since(first.timestamp())).max(1.0);
        let from: Timestamp = first.timestamp();
        let down = |score: u8| TOP + HEIGHT * (1.0 - f64::from(score) / 10.0);
        let mut points: Vec<CurvePoint> = Vec::with_capacity(pain.len());
        for (at, score) in pain {
            let x = LEFT + WIDTH * seconds(at.timestamp().duration_since(from)) / span;
            let room = points.iter().rev().find(|point| point.labelled).is_none_or(|point| x - point.x >= APART);
            points.push(CurvePoint {
                x: round(x),
                y: round(down(*score)),
                score: *score,
                day: at.strftime("%-d %b").to_string(),
                labelled: room,
            });
        }
        let line = points.iter().map(|point| format!("{},{}", point.x, point.y)).collect::<Vec<_>>().join(" ");
        let levels = [0, 2, 4, 6, 8, 10].map(|level| (round(down(level)), level)).into();
        Some(Self { line, points, levels })
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a life fit a float by far")]
fn seconds(span: SignedDuration) -> f64 {
    span.as_secs() as f64
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        format!("{text}T10:00:00[Europe/London]").parse().expect("a moment")
    }

    #[test]
    fn one_value_is_no_curve() {
        assert!(Curve::of(&[]).is_none());
        assert!(Curve::of(&[(at("2026-03-01"), 4)]).is_none());
    }

    #[test]
    fn time_goes_across_and_pain_goes_up() {
        let pain = [(at("2026-01-01"), 0), (at("2026-01-02"), 10), (at("2026-01-11"), 5)];
        let curve = Curve::of(&pain).expect("a curve");
        let places: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(places, [(40.0, 166.0), (92.0, 16.0), (560.0, 91.0)]);
        assert_eq!(curve.line, "40,166 92,16 560,91");
        let labelled: Vec<bool> = curve.points.iter().map(|point| point.labelled).collect();
        assert_eq!(labelled, [true, false, true], "a day that would overlap is in the table alone");
    }

    #[test]
    fn two_values_of_one_moment_do_not_divide_by_nothing() {
        let curve = Curve::of(&[(at("2026-01-01"), 3), (at("2026-01-01"), 4)]).expect("a curve");
        assert!(curve.points.iter().all(|point| point.x.is_finite()));
    }
}
