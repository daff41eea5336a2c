//! How the client took a visit, as the next brief takes it.

use super::super::case::LastReaction;
use super::super::protocol::Step;
use super::{Answers, Compared, Raised};

/// Signs that say it hurts more than it should.
const SORE: [&str; 3] = ["pain_worsening", "soreness_past_three_days", "severe_constant_pain"];

/// The worst that any check-in of a visit said. "The pressure was too much" counts whatever else was
/// said; soreness counts as longer than it should be from the third day on.
#[must_use]
pub fn reaction<'a>(all: impl IntoIterator<Item = (Step, &'a Answers, &'a [Raised])>) -> LastReaction {
    let of = |(step, answers, raised): (Step, &Answers, &[Raised])| {
        let sore =
            answers.compared == Some(Compared::Worse) || raised.iter().any(|one| SORE.contains(&one.sign.as_str()));
        match step {
            _ if answers.too_strong == Some(true) => LastReaction::TooStrong,
            Step::DayThree | Step::DaySeven if sore => LastReaction::SoreLonger,
            _ if sore => LastReaction::SoreOneTwoDays,
            _ => LastReaction::None,
        }
    };
    all.into_iter().map(of).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_all_check_ins_counts() {
        let fine = Answers { compared: Some(Compared::Better), ..Answers::default() };
        let worse = Answers { compared: Some(Compared::Worse), ..Answers::default() };
        let strong = Answers { too_strong: Some(true), ..fine.clone() };
        let of = |all: &[(Step, &Answers)]| reaction(all.iter().map(|(step, answers)| (*step, *answers, &[][..])));
        assert_eq!(of(&[]), LastReaction::None);
        assert_eq!(of(&[(Step::DayOne, &fine), (Step::DaySeven, &fine)]), LastReaction::None);
        assert_eq!(of(&[(Step::DayOne, &worse), (Step::DayThree, &fine)]), LastReaction::SoreOneTwoDays);
        assert_eq!(of(&[(Step::DayOne, &fine), (Step::DayThree, &worse)]), LastReaction::SoreLonger);
        assert_eq!(of(&[(Step::DayOne, &strong), (Step::DayThree, &worse)]), LastReaction::TooStrong);
    }
}
