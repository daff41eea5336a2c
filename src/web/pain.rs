//! Pain over time: a curve with its numbers printed, and a table that says the same. Times go across, so a
//! long gap looks long. A square is before a visit, a dot a check-in, a triangle one that opened an alert.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::measures::{Week, weeks};
use super::{Here, say};
use crate::clinic::alert::Alert;
use crate::clinic::checkin::Compared;
use crate::clinic::ids::{ClientId, VisitId};
use crate::clinic::protocol::Step;
use crate::store::check_in::CheckIn;
use crate::store::intake::Given;
use crate::store::{self, Db};
use crate::web::error::Error;

/// One score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pain {
    /// When it was told.
    pub at: Zoned,
    /// 0 to 10.
    pub score: u8,
    /// How it was told.
    pub mark: Mark,
    /// What was said beside it; may be empty.
    pub beside: String,
}

/// How a score was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In an intake, before a visit.
    Before,
    /// In a check-in after this visit.
    After(VisitId, Step),
    /// In one that opened an alert.
    Alarm(VisitId, Step),
}

impl Mark {
    const fn shape(self) -> &'static str {
        match self {
            Self::Before => "square",
            Self::After(..) => "dot",
            Self::Alarm(..) => "triangle",
        }
    }

    /// The visit and step of a check-in.
    const fn asked(self) -> Option<(VisitId, Step)> {
        match self {
            Self::Before => None,
            Self::After(visit, step) | Self::Alarm(visit, step) => Some((visit, step)),
        }
    }
}

/// Everything a client ever told about pain, oldest first, and what they told after a week, newest first.
pub(in crate::web) async fn of_client(
    db: &mut Db,
    here: &Here,
    client: ClientId,
    intakes: &[Given],
) -> Result<(Vec<Pain>, Vec<Week>), Error> {
    let check_ins = store::check_in::of_client(db, here.id, client).await?;
    let mut visits: Vec<VisitId> = check_ins.iter().map(|one| one.visit).collect();
    visits.dedup();
    let alerts = if visits.is_empty() { Vec::new() } else { store::alert::of_visits(db, here.id, &visits).await? };
    let zone = here.now.time_zone();
    let before = intakes.iter().filter_map(|given| {
        let score = given.answers.pain_now?.score();
        let at = given.given_at.to_zoned(zone.clone());
        Some(Pain { at, score, mark: Mark::Before, beside: "Before a visit".into() })
    });
    let after = check_ins.iter().filter_map(|one| told(one, &alerts, here));
    let mut all: Vec<Pain> = before.chain(after).collect();
    all.sort_by_key(|one| one.at.timestamp());
    Ok((all, weeks(&check_ins, here)))
}

fn told(check_in: &CheckIn, alerts: &[Alert], here: &Here) -> Option<Pain> {
    let (at, pain) = check_in.record.pain()?;
    let alarm = alerts.iter().any(|alert| alert.check_in == Some(check_in.id));
    let (visit, step) = (check_in.visit, check_in.step);
    let mark = if alarm { Mark::Alarm(visit, step) } else { Mark::After(visit, step) };
    let compared = check_in.record.submissions.iter().rev().find_map(|one| one.answers.compared);
    let compared = match compared {
        Some(Compared::Better) => ", better",
        Some(Compared::Same) => ", same",
        Some(Compared::Worse) => ", worse",
        None => "",
    };
    let alarm = if alarm { ", alert" } else { "" };
    let beside = format!("{}{compared}{alarm}", step.name());
    Some(Pain { at: at.to_zoned(here.now.time_zone().clone()), score: pain.score(), mark, beside })
}

/// The curve.
#[derive(Debug)]
pub struct Curve {
    /// The line through the points, for where there is only room for that.
    pub line: String,
    /// The lines from point to point: the class, and the two ends.
    pub parts: Vec<(&'static str, f64, f64, f64, f64)>,
    /// The points.
    pub points: Vec<CurvePoint>,
    /// The lines across, with their numbers.
    pub levels: Vec<(f64, u8)>,
    /// Whether a check-in is missing between two points.
    pub misses: bool,
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
    /// `square`, `dot` or `triangle`.
    pub shape: &'static str,
    /// "27 Feb".
    pub day: String,
    /// Whether its day has room below the curve.
    pub labelled: bool,
}

impl CurvePoint {
    /// The corners of a triangle around it.
    #[must_use]
    pub fn corners(&self) -> String {
        let (x, y) = (self.x, self.y);
        format!("{},{} {},{} {},{}", x, round(y - 8.0), round(x - 8.0), round(y + 6.0), round(x + 8.0), round(y + 6.0))
    }
}

const LEFT: f64 = 40.0;
const WIDTH: f64 = 520.0;
const TOP: f64 = 16.0;
const HEIGHT: f64 = 150.0;
/// Two days closer than this cannot both be read below the curve, on a phone.
const APART: f64 = 84.0;

impl Curve {
    /// The curve of these values; `None` when there are fewer than two.
    #[must_use]
    pub fn of(pain: &[Pain]) -> Option<Self> {
        let [first, .., last] = pain else { return None };
        let span = seconds(last.at.timestamp().duration_since(first.at.timestamp())).max(1.0);
        let from: Timestamp = first.at.timestamp();
        let down = |score: u8| TOP + HEIGHT * (1.0 - f64::from(score) / 10.0);
        let mut points: Vec<CurvePoint> = Vec::with_capacity(pain.len());
        for one in pain {
            let x = LEFT + WIDTH * seconds(one.at.timestamp().duration_since(from)) / span;
            let room = points.iter().rev().find(|point| point.labelled).is_none_or(|point| x - point.x >= APART);
            points.push(CurvePoint {
                x: round(x),
                y: round(down(one.score)),
                score: one.score,
                shape: one.mark.shape(),
                day: one.at.strftime("%-d %b").to_string(),
                labelled: room,
            });
        }
        let line = points.iter().map(|point| format!("{},{}", point.x, point.y)).collect::<Vec<_>>().join(" ");
        let levels = [0, 2, 4, 6, 8, 10].map(|level| (round(down(level)), level)).into();
        let parts: Vec<_> = points
            .windows(2)
            .zip(pain.windows(2))
            .filter_map(|(ends, told)| match (ends, told) {
                ([a, b], [from, to]) => Some((class(from.mark, to.mark), a.x, a.y, b.x, b.y)),
                _ => None,
            })
            .collect();
        let misses = parts.iter().any(|part| part.0 == "c-missing");
        Some(Self { line, parts, points, levels, misses })
    }
}

/// How two scores hang together: one after the other, with a check-in missing between them, or over the
/// time between two visits.
fn class(from: Mark, to: Mark) -> &'static str {
    match (from.asked(), to.asked()) {
        (Some((visit, a)), Some((same, b))) if visit == same && next(a) != Some(b) && a != b => "c-missing",
        (None, Some((_, step))) if step != Step::DayOne => "c-missing",
        (Some((visit, _)), Some((other, _))) if visit != other => "c-apart",
        (Some(_) | None, None) => "c-apart",
        _ => "c-line",
    }
}

const fn next(step: Step) -> Option<Step> {
    match step {
        Step::DayOne => Some(Step::DayThree),
        Step::DayThree => Some(Step::DaySeven),
        Step::SameDay | Step::DaySeven | Step::Prepare | Step::Own(_) => None,
    }
}

/// The table that says the same, newest first: when, the score, and what was said beside it.
#[must_use]
pub fn table(pain: &[Pain]) -> Vec<(String, u8, String)> {
    pain.iter().rev().map(|one| (say::full_day(one.at.date()), one.score, one.beside.clone())).collect()
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
    use uuid::Uuid;

    use super::*;

    fn told(day: &str, score: u8, mark: Mark) -> Pain {
        let at = format!("{day}T10:00:00[Europe/London]").parse().expect("a moment");
        Pain { at, score, mark, beside: String::new() }
    }

    fn visit(number: u128) -> VisitId {
        VisitId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn one_value_is_no_curve() {
        assert!(Curve::of(&[]).is_none());
        assert!(Curve::of(&[told("2026-03-01", 4, Mark::Before)]).is_none());
    }

    #[test]
    fn time_goes_across_and_pain_goes_up() {
        let pain = [("2026-01-01", 0), ("2026-01-02", 10), ("2026-01-11", 5)];
        let curve = Curve::of(&pain.map(|(day, score)| told(day, score, Mark::Before))).expect("a curve");
        let places: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(places, [(40.0, 166.0), (92.0, 16.0), (560.0, 91.0)]);
        assert_eq!(curve.line, "40,166 92,16 560,91");
        let labelled: Vec<bool> = curve.points.iter().map(|point| point.labelled).collect();
        assert_eq!(labelled, [true, false, true], "a day that would overlap is in the table alone");
    }

    #[test]
    fn two_values_of_one_moment_do_not_divide_by_nothing() {
        let twice = [told("2026-01-01", 3, Mark::Before), told("2026-01-01", 4, Mark::Before)];
        let curve = Curve::of(&twice).expect("a curve");
        assert!(curve.points.iter().all(|point| point.x.is_finite()));
    }

    #[test]
    fn a_missing_check_in_is_dashed_and_the_time_between_visits_dotted() {
        let pain = [
            told("2026-01-01", 3, Mark::Before),
            told("2026-01-02", 4, Mark::After(visit(1), Step::DayOne)),
            told("2026-01-04", 2, Mark::After(visit(1), Step::DayThree)),
            told("2026-02-01", 4, Mark::Before),
            told("2026-02-02", 6, Mark::Alarm(visit(2), Step::DayOne)),
            told("2026-02-08", 2, Mark::After(visit(2), Step::DaySeven)),
        ];
        let curve = Curve::of(&pain).expect("a curve");
        let classes: Vec<&str> = curve.parts.iter().map(|part| part.0).collect();
        assert_eq!(classes, ["c-line", "c-line", "c-apart", "c-line", "c-missing"]);
        assert_eq!(curve.points.iter().map(|point| point.shape).collect::<Vec<_>>()[4], "triangle");
        assert!(curve.misses);
    }
}
