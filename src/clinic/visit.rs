//! A visit at the desk: the states it goes through, what may be done to it when, and what that
//! does to emails. Whether a booking makes sense is asked in [`booking`].

pub mod booking;
pub mod effects;
pub mod usual;

use jiff::Timestamp;

use super::profile::Zone;

/// Where a visit is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each state is its own name")]
pub enum VisitState {
    Booked,
    InProgress,
    Completed,
    Cancelled,
    NoShow,
}

impl VisitState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Booked, Self::InProgress, Self::Completed, Self::Cancelled, Self::NoShow];

    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The state of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Whether the client came or is to come.
    #[must_use]
    pub const fn takes_place(self) -> bool {
        matches!(self, Self::Booked | Self::InProgress | Self::Completed)
    }

    /// The words for "this visit …".
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Booked => "is booked",
            Self::InProgress => "has begun",
            Self::Completed => "is completed",
            Self::Cancelled => "is cancelled",
            Self::NoShow => "is down as a no-show",
        }
    }
}

/// What the desk does to a visit. Completing is not here: it starts a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The client is in the room.
    Start,
    /// They are not, after all.
    NotStarted,
    /// Another time, therapist or treatment.
    Move,
    /// Another technique, since the brief rules the booked one out; up to the last moment.
    Technique,
    /// It does not take place.
    Cancel,
    /// The client did not come.
    NoShow,
    /// A cancellation or a no-show is taken back.
    TakeBack,
}

/// What decides whether an act is possible.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The clinic's zone.
    pub zone: &'a Zone,
    /// When the visit starts.
    pub starts_at: Timestamp,
    /// When it was cancelled or missed, if it was.
    pub called_off_at: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

impl Moment<'_> {
    fn is_today(&self, at: Timestamp) -> bool {
        let day = |at: Timestamp| at.to_zoned(self.zone.rules().clone()).date();
        day(at) == day(self.now)
    }
}

impl Act {
    /// The state of a visit after this act.
    ///
    /// # Errors
    /// One sentence that says why not.
    pub fn on(self, state: VisitState, moment: &Moment<'_>) -> Result<VisitState, String> {
        use VisitState::{Booked, Cancelled, Completed, InProgress, NoShow};
        match (self, state) {
            (Self::Start, Booked) if !moment.is_today(moment.starts_at) => {
                Err("This visit is not today. Move it to today first, if the client is here.".into())
            }
            (Self::Start, Booked) => Ok(InProgress),
            (Self::NoShow, Booked) if moment.starts_at > moment.now => {
                Err("This visit has not begun. Cancel it, or move it to another time.".into())
            }
            (Self::NoShow, Booked) => Ok(NoShow),
            (Self::Cancel, Booked) => Ok(Cancelled),
            (Self::NotStarted, InProgress) | (Self::Move | Self::Technique, Booked) => Ok(Booked),
            (Self::Technique, InProgress) => Ok(InProgress),
            (Self::TakeBack, Cancelled | NoShow) => {
                if moment.called_off_at.is_some_and(|at| moment.is_today(at)) {
                    Ok(Booked)
                } else {
                    Err("That can be taken back on the same day only. Book the visit anew.".into())
                }
            }
            (Self::Move | Self::Cancel | Self::NoShow, InProgress) => {
                Err("This visit has begun. If the client is not in the room after all, say so first.".into())
            }
            (_, Completed) => Err("This visit is completed, and its aftercare has begun.".into()),
            (_, other) => Err(format!("This visit {} already.", other.told())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn tried(act: Act, state: VisitState, now: &str) -> Result<VisitState, String> {
        let zone = Zone::named("Europe/London").expect("a zone");
        let off = (!state.takes_place()).then(|| at("2026-03-27T14:00:00Z"));
        act.on(state, &Moment { zone: &zone, starts_at: at("2026-03-27T15:00:00Z"), called_off_at: off, now: at(now) })
    }

    /// Every act on every state, on the day itself after the visit has begun by the clock.
    #[test]
    fn what_may_be_done_to_a_visit_is_as_written_here() {
        use VisitState::{Booked, Cancelled, Completed, InProgress, NoShow};
        let table = [
            (Act::Start, [Some(InProgress), None, None, None, None]),
            (Act::NotStarted, [None, Some(Booked), None, None, None]),
            (Act::Move, [Some(Booked), None, None, None, None]),
            (Act::Technique, [Some(Booked), Some(InProgress), None, None, None]),
            (Act::Cancel, [Some(Cancelled), None, None, None, None]),
            (Act::NoShow, [Some(NoShow), None, None, None, None]),
            (Act::TakeBack, [None, None, None, Some(Booked), Some(Booked)]),
        ];
        for (act, results) in table {
            for (state, result) in [Booked, InProgress, Completed, Cancelled, NoShow].into_iter().zip(results) {
                assert_eq!(tried(act, state, "2026-03-27T15:30:00Z").ok(), result, "{act:?} on {state:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_happened_or_what_to_do() {
        let said = |act, state, now| tried(act, state, now).expect_err("refused");
        assert_eq!(
            said(Act::Cancel, VisitState::Cancelled, "2026-03-27T15:30:00Z"),
            "This visit is cancelled already."
        );
        assert!(said(Act::Move, VisitState::Completed, "2026-03-27T15:30:00Z").contains("aftercare has begun"));
        assert!(said(Act::Cancel, VisitState::InProgress, "2026-03-27T15:30:00Z").contains("has begun"));
    }

    #[test]
    fn nobody_is_missed_before_the_visit_and_nobody_begins_on_another_day() {
        assert!(tried(Act::NoShow, VisitState::Booked, "2026-03-27T14:59:00Z").is_err());
        assert!(tried(Act::NoShow, VisitState::Booked, "2026-03-30T09:00:00Z").is_ok(), "it may be said later");
        assert!(tried(Act::Start, VisitState::Booked, "2026-03-27T08:00:00Z").is_ok(), "early is fine");
        assert!(tried(Act::Start, VisitState::Booked, "2026-03-26T15:00:00Z").is_err());
    }

    #[test]
    fn taking_back_ends_with_the_day_by_the_clinics_clock() {
        assert!(tried(Act::TakeBack, VisitState::Cancelled, "2026-03-27T23:59:59Z").is_ok());
        assert!(tried(Act::TakeBack, VisitState::NoShow, "2026-03-28T00:00:00Z").is_err());
    }

    #[test]
    fn a_state_is_found_by_its_id() {
        assert!(VisitState::ALL.into_iter().all(|state| VisitState::of(state.id()) == Some(state)));
        assert_eq!(VisitState::of("gone"), None);
    }
}
