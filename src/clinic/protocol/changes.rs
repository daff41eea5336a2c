//! What differs between two versions of a protocol, step by step and word by word.

use super::super::letter::changes::{Difference, Kind, Words, changed};
use super::{Protocol, StepRule};

/// Every line that differs, in the order of the newer one; then what went.
#[must_use]
pub fn between(old: &Protocol, new: &Protocol) -> Vec<Difference> {
    let mut all = Vec::new();
    for rule in &new.steps {
        match old.rule(rule.step) {
            Some(had) => {
                let lines = had.lines().into_iter().zip(rule.lines());
                let place = |what: &str| format!("{}, {}", rule.step.name(), what.to_lowercase());
                all.extend(lines.filter_map(|((what, had), (_, has))| changed(&place(what), &had, &has)));
            }
            None => all.push(whole(rule, Kind::Added, Words::New)),
        }
    }
    let gone = old.steps.iter().filter(|rule| new.rule(rule.step).is_none());
    all.extend(gone.map(|rule| whole(rule, Kind::Removed, Words::Gone)));
    all
}

fn whole(rule: &StepRule, kind: Kind, words: fn(String) -> Words) -> Difference {
    let lines: Vec<String> = rule.lines().into_iter().map(|(what, is)| format!("{what}: {is}")).collect();
    Difference { place: rule.step.name().into(), kind, words: vec![words(lines.join(". "))] }
}

#[cfg(test)]
mod tests {
    use super::super::{Step, Timing};
    use super::*;

    #[test]
    fn what_differs_is_told_by_its_step_and_line() {
        let old = Protocol::default();
        assert_eq!(between(&old, &old), []);
        let mut new = old.clone();
        new.steps[0].when = Timing::Hours { after: 4 };
        new.steps.remove(3);
        new.steps.extend(Step::own().next().map(StepRule::shipped));
        let told: Vec<_> = between(&old, &new).into_iter().map(|one| (one.place, one.kind, one.words)).collect();
        let words = [Words::Gone("3".into()), Words::New("4".into()), Words::Same(" hours after the visit".into())];
        assert_eq!(told[0], ("Same day, when".into(), Kind::Changed, words.to_vec()));
        assert_eq!((told[1].0.as_str(), told[1].1), ("Extra 1", Kind::Added));
        assert_eq!((told[2].0.as_str(), told[2].1, told.len()), ("Day 7", Kind::Removed, 3));
    }
}
