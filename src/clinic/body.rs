//! Where on the body: the regions an intake, a visit and a warning sign speak of.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A part of the body as staff and clients name it. The order is the order of the body map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each region is its own name")]
pub enum Region {
    Head,
    Jaw,
    Neck,
    Shoulder,
    UpperBack,
    LowerBack,
    Chest,
    Abdomen,
    Hip,
    Arm,
    Elbow,
    Hand,
    Leg,
    Knee,
    Calf,
    Foot,
}

impl Region {
    /// All regions, head to foot.
    pub const ALL: [Self; 16] = [
        Self::Head,
        Self::Jaw,
        Self::Neck,
        Self::Shoulder,
        Self::UpperBack,
        Self::LowerBack,
        Self::Chest,
        Self::Abdomen,
        Self::Hip,
        Self::Arm,
        Self::Elbow,
        Self::Hand,
        Self::Leg,
        Self::Knee,
        Self::Calf,
        Self::Foot,
    ];

    /// The larger parts whose warning signs and stretches also concern this one.
    #[must_use]
    pub const fn parents(self) -> &'static [Self] {
        match self {
            Self::Calf | Self::Knee | Self::Foot => &[Self::Leg],
            Self::Elbow | Self::Hand => &[Self::Arm],
            Self::Shoulder => &[Self::Neck, Self::Arm],
            Self::Jaw => &[Self::Head],
            _ => &[],
        }
    }

    /// The id used in files and URLs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Jaw => "jaw",
            Self::Neck => "neck",
            Self::Shoulder => "shoulder",
            Self::UpperBack => "upper_back",
            Self::LowerBack => "lower_back",
            Self::Chest => "chest",
            Self::Abdomen => "abdomen",
            Self::Hip => "hip",
            Self::Arm => "arm",
            Self::Elbow => "elbow",
            Self::Hand => "hand",
            Self::Leg => "leg",
            Self::Knee => "knee",
            Self::Calf => "calf",
            Self::Foot => "foot",
        }
    }

    /// The word staff read, in lower case: "lower back".
    #[must_use]
    pub fn word(self) -> String {
        self.id().replace('_', " ")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The treated regions together with the larger parts they belong to.
#[must_use]
pub fn with_parents(regions: &[Region]) -> BTreeSet<Region> {
    regions.iter().flat_map(|region| std::iter::once(*region).chain(region.parents().iter().copied())).collect()
}

/// Left, right or both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each side is its own name")]
pub enum Side {
    Left,
    Right,
    Both,
}

impl Side {
    /// The id used in files and forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both",
        }
    }

    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both sides",
        }
    }
}

/// What a mark on the body map feels like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each sensation is its own name")]
pub enum Sensation {
    Ache,
    Sharp,
    Burning,
    Tingling,
    Numb,
    Stiff,
}

impl Sensation {
    /// Every sensation, in the order of the form.
    pub const ALL: [Self; 6] = [Self::Ache, Self::Sharp, Self::Stiff, Self::Burning, Self::Tingling, Self::Numb];

    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ache => "ache",
            Self::Sharp => "sharp",
            Self::Burning => "burning",
            Self::Tingling => "tingling",
            Self::Numb => "numb",
            Self::Stiff => "stiff",
        }
    }
}

/// Pain now, on the numeric rating scale: 0 is none, 10 is the worst one can think of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u8")]
pub struct Pain(u8);

impl Pain {
    /// The score as a number from 0 to 10.
    #[must_use]
    pub const fn score(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for Pain {
    type Error = String;

    fn try_from(score: i64) -> Result<Self, Self::Error> {
        u8::try_from(score)
            .ok()
            .filter(|score| *score <= 10)
            .map(Self)
            .ok_or_else(|| format!("{score} is not a score; give a whole number from 0 to 10"))
    }
}

impl From<Pain> for u8 {
    fn from(pain: Pain) -> Self {
        pain.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_brings_the_parts_it_belongs_to() {
        let of = |region| with_parents(&[region]).into_iter().collect::<Vec<_>>();
        assert_eq!(of(Region::Calf), [Region::Leg, Region::Calf]);
        assert_eq!(of(Region::Shoulder), [Region::Neck, Region::Shoulder, Region::Arm]);
        assert_eq!(of(Region::Jaw), [Region::Head, Region::Jaw]);
        assert_eq!(of(Region::Elbow), [Region::Arm, Region::Elbow]);
        assert_eq!(of(Region::LowerBack), [Region::LowerBack]);
    }

    #[test]
    fn pain_is_zero_to_ten() {
        assert!(Pain::try_from(-1).is_err());
        assert_eq!(Pain::try_from(0).map(Pain::score), Ok(0));
        assert_eq!(Pain::try_from(10).map(Pain::score), Ok(10));
        assert!(Pain::try_from(11).is_err());
    }
}
