//! What an act at the desk does to emails: the rows before it and after it, compared. The page that
//! asks "Cancel visit?" rehearses the act and shows this; the act itself is the same code, kept.

use jiff::Timestamp;

use super::super::ids::{EmailId, VisitId};
use super::super::outbox::State;
use super::super::protocol::Step;

/// An email as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which row.
    pub id: EmailId,
    /// Of which visit.
    pub visit: VisitId,
    /// When that visit starts.
    pub visit_starts_at: Timestamp,
    /// Which step of it.
    pub step: Step,
    /// Where it is in its life.
    pub state: State,
    /// When it is due.
    pub due_at: Timestamp,
}

impl Standing {
    /// Whether it is still to go out, unless staff or a worker decide otherwise.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self.state, State::Scheduled | State::Claimed | State::Held)
    }
}

/// What becomes of one email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The email as it stands afterwards.
    pub email: Standing,
    /// What is different about it.
    pub what: What,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It does not go out any more.
    CalledOff,
    /// It goes at another time.
    Moves {
        /// When it was due before.
        from: Timestamp,
    },
    /// It goes out, and would not have before.
    Owed,
    /// Nothing.
    Stays,
}

/// What becomes of every email that waits before or after: changes first, then what stays, each in
/// the order of their times. What has left, and what was off and stays off, is not told.
#[must_use]
pub fn effects(before: &[Standing], after: &[Standing]) -> Vec<Effect> {
    let mut all: Vec<Effect> = after
        .iter()
        .filter_map(|email| {
            let had = before.iter().find(|had| had.id == email.id);
            let what = match (had.is_some_and(Standing::waits), email.waits()) {
                (false, false) => return None,
                (true, false) => What::CalledOff,
                (false, true) => What::Owed,
                (true, true) => match had.map(|had| had.due_at) {
                    Some(from) if from != email.due_at => What::Moves { from },
                    _ => What::Stays,
                },
            };
            Some(Effect { email: email.clone(), what })
        })
        .collect();
    all.sort_by_key(|effect| (effect.what == What::Stays, effect.email.due_at, effect.email.id));
    all
}

/// A short text that is the same as long as the effects are: what somebody agreed to. An email that
/// is owed anew has no id yet, so it goes by its visit and step; times count by the hour, since what
/// goes out at once has another second each time it is asked.
#[must_use]
pub fn fingerprint(effects: &[Effect]) -> String {
    let hour = |at: Timestamp| at.as_second().div_euclid(3600);
    let one = |effect: &Effect| {
        let email = &effect.email;
        let visit = u32::from_be_bytes(last_four(email.visit));
        match effect.what {
            What::CalledOff => format!("{visit:x}.{}.off", email.step),
            What::Moves { .. } => format!("{visit:x}.{}.{}", email.step, hour(email.due_at)),
            What::Owed => format!("{visit:x}.{}.new", email.step),
            What::Stays => format!("{visit:x}.{}.stays", email.step),
        }
    };
    effects.iter().map(one).collect::<Vec<_>>().join("-")
}

/// The random end of an id.
const fn last_four(id: VisitId) -> [u8; 4] {
    let [.., a, b, c, d] = *id.as_uuid().as_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use uuid::Uuid;

    use super::*;

    fn email(id: u128, state: State, hours: i64) -> Standing {
        let start: Timestamp = "2026-03-27T09:00:00Z".parse().expect("an instant");
        Standing {
            id: EmailId::from_uuid(Uuid::from_u128(id)),
            visit: VisitId::from_uuid(Uuid::from_u128(7)),
            visit_starts_at: start,
            step: Step::Prepare,
            state,
            due_at: start + SignedDuration::from_hours(hours),
        }
    }

    #[test]
    fn each_email_that_waits_before_or_after_is_told_once() {
        let before = [
            email(1, State::Scheduled, 1),
            email(2, State::Claimed, 2),
            email(3, State::Held, 3),
            email(4, State::Sent, 4),
            email(5, State::Cancelled, 5),
        ];
        let after = [
            email(1, State::Scheduled, 1),
            email(2, State::Cancelled, 2),
            email(3, State::Held, 9),
            email(4, State::Sent, 4),
            email(5, State::Scheduled, 5),
            email(6, State::Scheduled, 6),
        ];
        let told: Vec<(u128, What)> = effects(&before, &after)
            .into_iter()
            .map(|effect| (effect.email.id.as_uuid().as_u128(), effect.what))
            .collect();
        let from = before[2].due_at;
        assert_eq!(
            told,
            [(2, What::CalledOff), (5, What::Owed), (6, What::Owed), (3, What::Moves { from }), (1, What::Stays)]
        );
    }

    #[test]
    fn what_was_agreed_to_is_the_same_only_while_the_effects_are() {
        let before = [email(1, State::Scheduled, 1), email(2, State::Scheduled, 2)];
        let agreed = fingerprint(&effects(&before, &[email(1, State::Cancelled, 1), email(2, State::Scheduled, 2)]));
        let left = [email(1, State::Sent, 1), email(2, State::Scheduled, 2)];
        assert_ne!(agreed, fingerprint(&effects(&left, &left)), "the worker was faster");
        let same = effects(&before, &[email(1, State::Cancelled, 1), email(2, State::Scheduled, 2)]);
        assert_eq!(agreed, fingerprint(&same));
        assert_eq!(fingerprint(&[]), "");
    }
}
