//! How clients took their visits, by technique, pressure and region: counted so that nobody can be picked
//! out. A group of fewer than five clients is not told, and neither is a number from which one could be
//! reckoned back.

use std::collections::{BTreeMap, BTreeSet};

use super::case::LastReaction;
use super::ids::ClientId;

/// Fewer clients than this are never told apart.
pub const FEWEST: usize = 5;

/// How one visit was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// By whom.
    pub client: ClientId,
    /// The groups it counts in: one technique, one pressure, or several regions.
    pub groups: Vec<String>,
    /// How.
    pub reaction: LastReaction,
}

/// A number that is told, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// This many.
    Exactly(usize),
    /// Too few to tell.
    Few,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How many visits were answered about.
    pub answered: Count,
    /// After how many of them the client was sore for longer than two days.
    pub sore: Count,
    /// After how many of them the pressure was said to be too much.
    pub too_strong: Count,
}

/// The groups by name, with their numbers.
#[must_use]
pub fn rows(all: &[Told]) -> Vec<Row> {
    let mut groups: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in all {
        for group in &told.groups {
            groups.entry(group).or_default().push(told);
        }
    }
    let mut hidden: BTreeSet<&str> =
        groups.iter().filter(|(_, told)| clients(told) < FEWEST).map(|(name, _)| *name).collect();
    // One group alone that is not told could be reckoned from the sum of the others.
    if hidden.len() == 1
        && let Some((next, _)) =
            groups.iter().filter(|(name, _)| !hidden.contains(*name)).min_by_key(|(_, told)| told.len())
    {
        hidden.insert(next);
    }
    groups.iter().map(|(name, told)| row(name, told, hidden.contains(name))).collect()
}

fn clients(told: &[&Told]) -> usize {
    told.iter().map(|one| one.client).collect::<BTreeSet<_>>().len()
}

fn row(name: &str, told: &[&Told], hidden: bool) -> Row {
    let name = name.to_owned();
    if hidden {
        return Row { name, answered: Count::Few, sore: Count::Few, too_strong: Count::Few };
    }
    let of = |reaction: LastReaction| part(told, reaction);
    Row {
        name,
        answered: Count::Exactly(told.len()),
        sore: of(LastReaction::SoreLonger),
        too_strong: of(LastReaction::TooStrong),
    }
}

/// A part of a group. Nobody is nobody; some are told only when they, and those who are left, are enough.
fn part(told: &[&Told], reaction: LastReaction) -> Count {
    let (some, rest): (Vec<&Told>, Vec<&Told>) = told.iter().copied().partition(|one| one.reaction == reaction);
    let enough = |part: &[&Told]| part.is_empty() || clients(part) >= FEWEST;
    if enough(&some) && enough(&rest) { Count::Exactly(some.len()) } else { Count::Few }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn told(client: u128, group: &str, reaction: LastReaction) -> Told {
        Told { client: ClientId::from_uuid(Uuid::from_u128(client)), groups: vec![group.into()], reaction }
    }

    fn many(from: u128, count: u128, group: &str, reaction: LastReaction) -> Vec<Told> {
        (from..from + count).map(|client| told(client, group, reaction)).collect()
    }

    #[test]
    fn a_small_group_is_not_told_and_the_next_smallest_hides_it() {
        let mut all = many(0, 4, "Hot stone", LastReaction::TooStrong);
        all.extend(many(10, 7, "Sports", LastReaction::None));
        all.extend(many(30, 20, "Swedish", LastReaction::None));
        let counts: Vec<_> = rows(&all).into_iter().map(|row| (row.name, row.answered)).collect();
        assert_eq!(
            counts,
            [("Hot stone".into(), Count::Few), ("Sports".into(), Count::Few), ("Swedish".into(), Count::Exactly(20))]
        );
    }

    #[test]
    fn one_client_who_comes_often_is_one_client() {
        let all: Vec<Told> = (0..9).map(|_| told(1, "Swedish", LastReaction::SoreLonger)).collect();
        assert_eq!(rows(&all)[0].answered, Count::Few);
    }

    #[test]
    fn a_part_is_told_when_it_and_the_rest_are_enough() {
        for (sore, rest, expected) in [
            (0, 9, Count::Exactly(0)),
            (4, 9, Count::Few),
            (5, 5, Count::Exactly(5)),
            (9, 4, Count::Few),
            (9, 0, Count::Exactly(9)),
        ] {
            let mut all = many(0, sore, "Swedish", LastReaction::SoreLonger);
            all.extend(many(100, rest, "Swedish", LastReaction::None));
            assert_eq!(rows(&all)[0].sore, expected, "{sore} of {}", sore + rest);
        }
    }
}
