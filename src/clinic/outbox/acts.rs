//! What staff may do with an email, by where it is in its life. One table, so that a page that was
//! open for an hour and two people who act at once get the same answer.

use super::State;

/// What staff can do with one email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Leave the whole email away.
    Skip,
    /// Take that back.
    Unskip,
    /// Let it wait until somebody resumes it.
    Hold,
    /// Put a held one back in line.
    Resume,
    /// Send it now, or when the window opens.
    SendNow,
    /// Choose another time.
    Move,
    /// Add, change or remove a line of one's own.
    Line,
    /// Leave one more item out.
    Withhold,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 8] =
        [Self::Skip, Self::Unskip, Self::Hold, Self::Resume, Self::SendNow, Self::Move, Self::Line, Self::Withhold];

    /// The id used in addresses, tables and the audit.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Unskip => "unskip",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::SendNow => "now",
            Self::Move => "time",
            Self::Line => "line",
            Self::Withhold => "withhold",
        }
    }

    /// The act of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.id() == id)
    }

    /// What somebody did, after their name: "Theo skipped it".
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Skip => "skipped it",
            Self::Unskip => "put it back",
            Self::Hold => "held it",
            Self::Resume => "resumed it",
            Self::SendNow => "sent it on its way",
            Self::Move => "changed its time",
            Self::Line => "changed its line",
            Self::Withhold => "left an item out",
        }
    }
}

/// Whether an email can be treated like this; `None` is one whose plan has not started. A claimed
/// email is still ours: the worker that holds it finds its fence gone and sends nothing.
///
/// # Errors
/// One sentence that says why not.
pub const fn may(act: Act, state: Option<State>, skipped: bool) -> Result<(), &'static str> {
    use State::{Cancelled, Claimed, Expired, Failed, Held, Scheduled, Sending, Sent, Suppressed, Uncertain};
    match (act, state) {
        (Act::Unskip, None | Some(Cancelled)) if skipped => Ok(()),
        (Act::Unskip, _) => Err("This email is not skipped."),
        (_, None | Some(Cancelled)) if skipped => Err("This email is skipped. Put it back first."),
        (Act::Skip | Act::Move | Act::Line | Act::Withhold, None | Some(Scheduled | Claimed | Held))
        | (Act::Hold, Some(Scheduled | Claimed))
        | (Act::Resume, Some(Held))
        | (Act::SendNow, Some(Scheduled | Claimed | Held)) => Ok(()),
        (Act::Hold, Some(Held)) => Err("This email is held already."),
        (Act::Resume, Some(Scheduled | Claimed)) => Err("This email is not held."),
        (Act::Hold | Act::Resume | Act::SendNow, None) => {
            Err("The plan starts when the visit is completed. Until then nothing goes out.")
        }
        (_, Some(Sending)) => Err("This email is going out at this moment and cannot be changed any more."),
        (_, Some(Sent)) => Err("This email has been sent and cannot be changed any more."),
        (_, Some(Uncertain)) => {
            Err("This email may have arrived. It settles by itself within a minute; look again then.")
        }
        (_, Some(Failed)) => Err("This email could not be delivered. The attention list says what to do."),
        (_, Some(Cancelled)) => Err("This email was called off."),
        (_, Some(Suppressed)) => Err("This address takes no more emails."),
        (_, Some(Expired)) => Err("This email became too late and is not sent any more."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: what is open in which state.
    #[test]
    fn what_is_open_in_which_state() {
        let open = |state, skipped| -> Vec<Act> {
            Act::ALL.into_iter().filter(|act| may(*act, state, skipped).is_ok()).collect()
        };
        use Act::{Hold, Line, Move, Resume, SendNow, Skip, Unskip, Withhold};
        assert_eq!(open(None, false), [Skip, Move, Line, Withhold]);
        assert_eq!(open(None, true), [Unskip]);
        for state in State::ALL {
            let expected: &[Act] = match state {
                State::Scheduled | State::Claimed => &[Skip, Hold, SendNow, Move, Line, Withhold],
                State::Held => &[Skip, Resume, SendNow, Move, Line, Withhold],
                _ => &[],
            };
            assert_eq!(open(Some(state), false), expected, "{state:?}");
        }
        assert_eq!(open(Some(State::Cancelled), true), [Unskip]);
        assert_eq!(open(Some(State::Sent), true), [] as [Act; 0], "it was put back and went");
    }

    #[test]
    fn a_no_is_a_sentence_and_an_id_leads_back() {
        for act in Act::ALL {
            assert_eq!(Act::of(act.id()), Some(act));
            for state in State::ALL.into_iter().map(Some).chain([None]) {
                if let Err(sentence) = may(act, state, false) {
                    assert!(sentence.starts_with("Th") && sentence.ends_with('.'), "{sentence}");
                }
            }
        }
    }
}
