//! The drawn body: one neutral figure of our own, 200 x 440, the same outline front and back.
//! Half of it is drawn and the other half mirrored. `x` counts from the middle of the body to the
//! viewer's right, so that every table below holds one side only.
//!
//! Only geometry: what is marked on the figure is [`super::bodymap`]'s.

use std::fmt::Write as _;

use crate::clinic::body::Region;

/// A point: distance from the middle of the body, and height from the top.
pub type Point = (f32, f32);

/// From which side one looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The client faces the viewer: the client's left is on the viewer's right.
    Front,
    /// The client's back: left is left.
    Back,
}

/// One region of one half of the figure. The outline clips it, so polygons may reach over the edge.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    /// Which region.
    pub region: Region,
    /// Its corners.
    pub corners: &'static [Point],
}

/// Where words and numbers for a region stand.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// The middle of a pain mark.
    pub dot: Point,
    /// The middle of the word "Avoid".
    pub word: Point,
    /// Whether the word stands on the body, so that one word does for both sides.
    pub inside: bool,
}

/// Half of the outline, from the top of the head to between the legs.
const HALF: [Point; 70] = [
    (4.0, 3.2),
    (9.0, 4.7),
    (15.5, 9.1),
    (19.4, 14.5),
    (21.7, 22.0),
    (22.5, 31.0),
    (20.8, 43.0),
    (18.0, 51.5),
    (12.4, 61.5),
    (12.5, 67.0),
    (13.7, 71.0),
    (18.5, 75.1),
    (26.5, 78.6),
    (37.5, 82.3),
    (45.0, 86.8),
    (50.2, 92.5),
    (53.7, 100.0),
    (65.2, 158.5),
    (73.7, 192.0),
    (79.3, 227.0),
    (85.9, 245.0),
    (87.2, 250.5),
    (87.8, 259.5),
    (87.2, 266.0),
    (84.7, 275.0),
    (81.8, 280.0),
    (78.0, 282.4),
    (74.6, 281.3),
    (71.7, 277.0),
    (69.8, 270.0),
    (68.3, 259.2),
    (67.3, 259.0),
    (64.5, 261.3),
    (63.0, 261.7),
    (61.7, 261.4),
    (60.5, 259.9),
    (60.2, 253.0),
    (64.8, 237.5),
    (65.3, 230.5),
    (60.2, 214.0),
    (49.6, 184.5),
    (40.9, 144.0),
    ARMPIT,
    (38.3, 142.0),
    (34.3, 164.5),
    (33.0, 176.5),
    (34.3, 189.5),
    (37.7, 204.0),
    (39.5, 217.0),
    (40.0, 240.5),
    (37.6, 267.5),
    (29.5, 316.5),
    (31.5, 349.0),
    (29.2, 370.0),
    (23.5, 405.0),
    (23.9, 414.5),
    (29.2, 426.0),
    (30.4, 432.0),
    (29.6, 435.5),
    (27.0, 438.2),
    (23.5, 439.0),
    (17.0, 438.8),
    (14.0, 437.8),
    (12.0, 435.9),
    (10.9, 433.5),
    (10.2, 428.0),
    (10.5, 405.5),
    (4.5, 352.5),
    (4.5, 346.0),
    (6.9, 320.0),
];

/// The two places where the outline has a corner; everywhere else it is a smooth curve.
const ARMPIT: Point = (39.5, 128.5);
const CROTCH: Point = (0.0, 239.0);

/// The whole outline as SVG path data.
#[must_use]
pub fn outline() -> String {
    let mirrored = HALF.iter().rev().map(|(x, y)| (-x, *y));
    let ring: Vec<Point> = HALF.iter().copied().chain([CROTCH]).chain(mirrored).collect();
    let count = ring.len();
    let at = |index: usize| ring[index % count];
    let mut path = format!("M{:.1} {:.1}", ring[0].0, ring[0].1);
    for index in 0..count {
        let (here, next) = (at(index), at(index + 1));
        let leave = handle(at(index + count - 1), here, next, here, next);
        let arrive = handle(at(index + 2), next, here, here, next);
        let _ =
            write!(path, "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", leave.0, leave.1, arrive.0, arrive.1, next.0, next.1);
    }
    path.push('Z');
    path
}

/// The control point beside `here` of the curve between `from` and `to`: along the line through its
/// neighbours, a third of the way. Catmull-Rom would overshoot where long and short steps meet.
fn handle(before: Point, here: Point, after: Point, from: Point, to: Point) -> Point {
    if here == CROTCH || (here.0.abs(), here.1) == ARMPIT {
        return here;
    }
    let third = (to.0 - from.0).hypot(to.1 - from.1) / 3.0;
    let (dx, dy) = (after.0 - before.0, after.1 - before.1);
    let length = dx.hypot(dy).max(0.1);
    (here.0 + dx / length * third, here.1 + dy / length * third)
}

/// The regions of one half.
#[must_use]
pub fn patches(view: View) -> Vec<Patch> {
    let own: &[Patch] = match view {
        View::Front => &FRONT,
        View::Back => &BACK,
    };
    own.iter().chain(&LIMBS).copied().collect()
}

/// Lines between the regions of one half.
#[must_use]
pub const fn dividers(view: View) -> &'static [&'static [Point]] {
    match view {
        View::Front => &[
            &[(0.0, 41.0), (26.0, 41.0)],
            &[(0.0, 41.0), (0.0, 60.5)],
            &[(0.0, 140.8), (39.2, 139.4)],
            &[(0.0, 199.0), (41.0, 186.4)],
            &[(0.0, 239.0), (46.0, 217.7)],
        ],
        View::Back => &[&[(0.0, 142.5), (39.2, 142.5)], &[(0.0, 191.0), (41.0, 186.6)], &[(0.0, 238.0), (46.0, 232.6)]],
    }
}

/// Lines that front and back have in common.
pub const COMMON_DIVIDERS: [&[Point]; 9] = [
    &[(0.0, 60.5), (16.0, 60.5)],
    &[(0.0, 77.0), (16.0, 72.7)],
    &[(0.0, 77.0), (0.0, 239.0)],
    &[(24.5, 76.0), (27.5, 95.0), (29.0, 119.5), (60.0, 110.0)],
    &[(40.0, 166.2), (75.0, 154.9)],
    &[(42.0, 192.6), (85.0, 180.4)],
    &[(58.0, 237.0), (95.0, 227.7)],
    &[(0.0, 304.0), (46.0, 304.0)],
    &[(0.0, 333.5), (46.0, 333.5)],
];

/// The line above the foot, apart because arrays of nine read better than of ten.
pub const ANKLE: &[Point] = &[(0.0, 407.5), (46.0, 407.5)];

macro_rules! patches {
    ($($region:ident: $corners:expr;)+) => { [$(Patch { region: Region::$region, corners: &$corners }),+] };
}

const LIMBS: [Patch; 9] = patches! {
    Neck: [(0.0, 60.5), (16.0, 60.5), (16.0, 72.7), (0.0, 77.0)];
    Shoulder: [(24.5, 70.0), (70.0, 70.0), (70.0, 106.9), (29.0, 119.5), (27.5, 95.0), (24.5, 76.0)];
    Arm: [(29.0, 119.5), (75.0, 105.4), (75.0, 154.9), (39.6, 166.4), (39.5, 128.5)];
    Elbow: [(39.6, 166.4), (75.0, 154.9), (85.0, 180.4), (42.0, 192.6)];
    Arm: [(42.0, 192.6), (85.0, 180.4), (95.0, 227.7), (58.0, 237.0)];
    Hand: [(50.0, 239.0), (95.0, 227.7), (95.0, 290.0), (50.0, 290.0)];
    Knee: [(0.0, 304.0), (46.0, 304.0), (46.0, 333.5), (0.0, 333.5)];
    Calf: [(0.0, 333.5), (46.0, 333.5), (46.0, 407.5), (0.0, 407.5)];
    Foot: [(0.0, 407.5), (46.0, 407.5), (46.0, 445.0), (0.0, 445.0)];
};

const FRONT: [Patch; 6] = patches! {
    Head: [(0.0, 0.0), (40.0, 0.0), (40.0, 41.0), (0.0, 41.0)];
    Jaw: [(0.0, 41.0), (26.0, 41.0), (26.0, 60.5), (0.0, 60.5)];
    Chest: [(0.0, 77.0), (16.0, 72.7), (24.5, 74.0), (24.5, 76.0), (27.5, 95.0), (29.0, 119.5), (39.5, 128.5), (39.2, 139.4), (0.0, 140.8)];
    Abdomen: [(0.0, 140.8), (39.2, 139.4), (39.6, 166.0), (41.0, 186.4), (0.0, 199.0)];
    Hip: [(0.0, 199.0), (41.0, 186.4), (46.0, 217.7), (0.0, 239.0)];
    Leg: [(0.0, 239.0), (46.0, 217.7), (46.0, 304.0), (0.0, 304.0)];
};

const BACK: [Patch; 5] = patches! {
    Head: [(0.0, 0.0), (40.0, 0.0), (40.0, 60.5), (0.0, 60.5)];
    UpperBack: [(0.0, 77.0), (16.0, 72.7), (24.5, 74.0), (24.5, 76.0), (27.5, 95.0), (29.0, 119.5), (39.5, 128.5), (39.2, 142.5), (0.0, 142.5)];
    LowerBack: [(0.0, 142.5), (39.2, 142.5), (39.6, 166.0), (41.0, 186.6), (0.0, 191.0)];
    Hip: [(0.0, 191.0), (41.0, 186.6), (46.0, 232.6), (0.0, 238.0)];
    Leg: [(0.0, 238.0), (46.0, 232.6), (46.0, 304.0), (0.0, 304.0)];
};

/// Where the words and numbers of a region stand.
#[must_use]
pub const fn anchor(region: Region) -> Anchor {
    let (dot, word, inside) = match region {
        Region::Head => ((0.0, 22.0), (46.0, 16.0), false),
        Region::Jaw => ((9.5, 50.0), (46.0, 46.0), false),
        Region::Neck => ((0.0, 68.0), (40.0, 64.0), false),
        Region::Shoulder => ((40.0, 99.0), (79.0, 86.0), false),
        Region::UpperBack | Region::Chest => ((17.0, 118.0), (22.0, 95.0), true),
        Region::LowerBack => ((17.0, 174.0), (21.0, 154.0), true),
        Region::Abdomen => ((17.0, 178.0), (21.0, 154.0), true),
        Region::Hip => ((20.0, 222.0), (21.0, 206.0), true),
        Region::Arm => ((51.0, 138.0), (86.0, 132.0), false),
        Region::Elbow => ((57.0, 174.0), (93.0, 166.0), false),
        Region::Hand => ((77.0, 252.0), (78.0, 296.0), false),
        Region::Leg => ((20.0, 268.0), (58.0, 296.0), false),
        Region::Knee => ((17.0, 318.5), (56.0, 318.0), false),
        Region::Calf => ((17.5, 362.0), (56.0, 366.0), false),
        Region::Foot => ((20.0, 424.0), (56.0, 424.0), false),
    };
    Anchor { dot, word, inside }
}

/// Corners as SVG wants them, on this half (1) or mirrored (-1).
#[must_use]
pub fn svg_points(corners: &[Point], mirror: f32) -> String {
    corners.iter().map(|(x, y)| format!("{},{y}", x * mirror)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_on_the_figure_and_has_one_view_at_least() {
        for region in Region::ALL {
            let seen = |view| patches(view).iter().any(|patch| patch.region == region);
            assert!(seen(View::Front) || seen(View::Back), "{region}");
        }
        assert!(
            patches(View::Back)
                .iter()
                .all(|patch| !matches!(patch.region, Region::Jaw | Region::Chest | Region::Abdomen))
        );
        assert!(
            patches(View::Front).iter().all(|patch| !matches!(patch.region, Region::UpperBack | Region::LowerBack))
        );
    }

    #[test]
    fn the_outline_is_the_same_on_both_sides_and_small() {
        let path = outline();
        assert!(path.starts_with("M4.0 3.2C") && path.ends_with('Z'));
        assert!(path.len() < 6000, "{}", path.len());
    }
}
