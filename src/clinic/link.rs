//! Links for clients: each opens one kind of page for one client, for a while. Whoever holds one needs no
//! account, so a link does one thing and ends.

use jiff::{SignedDuration, Timestamp};

use super::protocol::{Step, Stream};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To fill in the intake of a visit.
    Intake,
    /// To tell how it went, after the letter of this step.
    CheckIn(Step),
    /// To read the letter of this step again.
    Reread(Step),
    /// To choose what is sent.
    Preferences,
    /// To stop one kind of email with one press.
    Stop(Stream),
    /// To confirm a new address.
    Confirm,
}

/// The page a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `/f/…`
    Form,
    /// `/c/…`
    CheckIn,
    /// `/a/…`
    Letter,
    /// `/p/…`
    Preferences,
}

impl Door {
    /// The letter in the address.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Form => 'f',
            Self::CheckIn => 'c',
            Self::Letter => 'a',
            Self::Preferences => 'p',
        }
    }

    /// The whole address of a page below the clinic's public address.
    #[must_use]
    pub fn address(self, base_url: &str, token: &str) -> String {
        format!("{}/{}/{token}", base_url.trim_end_matches('/'), self.letter())
    }
}

impl Purpose {
    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::CheckIn(_) => "check_in",
            Self::Reread(_) => "reread",
            Self::Preferences => "preferences",
            Self::Stop(_) => "stop",
            Self::Confirm => "confirm",
        }
    }

    /// Which letter or stream it is about, as tables keep it; empty for the rest.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::CheckIn(step) | Self::Reread(step) => step.id(),
            Self::Stop(stream) => stream.id(),
            Self::Intake | Self::Preferences | Self::Confirm => "",
        }
    }

    /// The purpose that tables keep so.
    #[must_use]
    pub fn of(id: &str, about: &str) -> Option<Self> {
        Some(match id {
            "intake" => Self::Intake,
            "check_in" => Self::CheckIn(Step::of(about)?),
            "reread" => Self::Reread(Step::of(about)?),
            "preferences" => Self::Preferences,
            "stop" => Self::Stop(Stream::of(about)?),
            "confirm" => Self::Confirm,
            _ => return None,
        })
    }

    /// The page it opens.
    #[must_use]
    pub const fn door(self) -> Door {
        match self {
            Self::Intake => Door::Form,
            Self::CheckIn(_) => Door::CheckIn,
            Self::Reread(_) => Door::Letter,
            Self::Preferences | Self::Stop(_) | Self::Confirm => Door::Preferences,
        }
    }

    /// When a link made at this moment ends. An intake can be filled in until the end of the visit,
    /// `visit_ends`; the others last a while from now.
    #[must_use]
    pub fn ends_at(self, now: Timestamp, visit_ends: Timestamp) -> Timestamp {
        let days = match self {
            Self::Intake => return visit_ends,
            Self::CheckIn(_) => 7,
            Self::Reread(_) => 90,
            // Whoever finds an old email must still be able to stop the next.
            Self::Preferences | Self::Stop(_) => 730,
            Self::Confirm => 1,
        };
        now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It never was, or was copied badly.
    Unknown,
    /// Its time is over.
    Ended,
    /// It was taken back, or its client is gone.
    Revoked,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Purpose; 6] = [
        Purpose::Intake,
        Purpose::CheckIn(Step::DayOne),
        Purpose::Reread(Step::Prepare),
        Purpose::Preferences,
        Purpose::Stop(Stream::Aftercare),
        Purpose::Confirm,
    ];

    #[test]
    fn a_purpose_is_read_as_it_was_kept() {
        for purpose in ALL {
            assert_eq!(Purpose::of(purpose.id(), purpose.about()), Some(purpose));
        }
        assert_eq!(
            (Purpose::of("check_in", ""), Purpose::of("stop", "day_1"), Purpose::of("", "")),
            (None, None, None)
        );
    }

    #[test]
    fn each_link_lasts_as_long_as_it_is_of_use() {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        let (now, visit) = (at("2026-01-05T08:00:00Z"), at("2026-01-05T10:00:00Z"));
        let ends = ALL.map(|purpose| purpose.ends_at(now, visit).to_string());
        let expected = [
            "2026-01-05T10:00:00Z",
            "2026-01-12T08:00:00Z",
            "2026-04-05T08:00:00Z",
            "2028-01-05T08:00:00Z",
            "2028-01-05T08:00:00Z",
            "2026-01-06T08:00:00Z",
        ];
        assert_eq!(ends, expected);
    }

    #[test]
    fn each_link_opens_one_door() {
        assert_eq!(ALL.map(|purpose| purpose.door().letter()), ['f', 'c', 'a', 'p', 'p', 'p']);
    }
}
