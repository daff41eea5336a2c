//! For whom a text block is shown, or a step of a protocol is sent. Only these have such conditions: advice is filtered by
//! the catalogue, and warning signs stand in every letter.

use serde::{Deserialize, Serialize};

use super::super::body::Region;
use super::super::case::Case;
use super::super::catalogue::{Catalogue, TechniqueId};

/// For whom. Nothing set is for everyone; of what is set, everything must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The visit uses one of these techniques.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub techniques: Vec<TechniqueId>,
    /// The visit treats one of these regions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// The client said yes to a condition of one of these groups of the catalogue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The client is of this age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// It is the first visit of the client that took place, or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_visit: Option<bool>,
}

/// How old somebody is on the day of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Under 18.
    Minor,
    /// 18 and over, or not known.
    Adult,
}

impl Age {
    /// The id used in forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Adult => "adult",
        }
    }

    /// The age of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        [Self::Minor, Self::Adult].into_iter().find(|age| age.id() == id)
    }
}

impl When {
    /// Whether it is for everyone.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is for this client. A blank answer is no yes: nobody is addressed for what they did not say.
    #[must_use]
    pub fn holds(&self, case: &Case, catalogue: &Catalogue) -> bool {
        let treatment = &case.visit.treatment;
        let group_of = |id| catalogue.condition(id).map(|condition| condition.category.as_str());
        let in_groups = || {
            let mut said = case.intake.conditions.iter().filter_map(|reported| group_of(&reported.id));
            said.any(|group| self.groups.iter().any(|wanted| wanted == group))
        };
        (self.techniques.is_empty() || self.techniques.contains(&treatment.technique))
            && (self.regions.is_empty() || treatment.regions.iter().any(|region| self.regions.contains(region)))
            && (self.groups.is_empty() || in_groups())
            && self.age.is_none_or(|age| case.is_minor() == (age == Age::Minor))
            && self.first_visit.is_none_or(|first| case.is_first_visit == first)
    }

    /// What of it the catalogue does not know, in words.
    #[must_use]
    pub fn unknown(&self, catalogue: &Catalogue) -> Vec<String> {
        let technique = |id: &&TechniqueId| catalogue.technique(id).is_none();
        let group = |id: &&String| catalogue.conditions().iter().all(|condition| condition.category != **id);
        let techniques = self.techniques.iter().filter(technique).map(|id| format!("the technique \"{id}\""));
        techniques.chain(self.groups.iter().filter(group).map(|id| format!("the group \"{id}\""))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::People;
    use super::*;

    #[test]
    fn everything_that_is_set_must_hold() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let people = People::of(&catalogue);
        let case = people.case("disc").expect("a sample");
        let holds = |when: When| when.holds(case, &catalogue);
        let technique = case.visit.treatment.technique.clone();
        assert!(holds(When::default()) && When::default().is_always());
        assert!(holds(When { techniques: vec![technique.clone()], ..When::default() }));
        assert!(!holds(When { techniques: vec!["chair".into()], ..When::default() }));
        assert!(holds(When { regions: vec![Region::LowerBack, Region::Foot], ..When::default() }));
        assert!(!holds(When { regions: vec![Region::Foot], ..When::default() }));
        assert!(holds(When { groups: vec!["spine".into()], age: Some(Age::Adult), ..When::default() }));
        assert!(!holds(When { groups: vec!["pregnancy".into()], ..When::default() }));
        assert!(!holds(When { techniques: vec![technique], age: Some(Age::Minor), ..When::default() }));
        let young = people.case("minor").expect("a sample");
        assert!(When { age: Some(Age::Minor), ..When::default() }.holds(young, &catalogue));
        assert!(!When { age: Some(Age::Adult), ..When::default() }.holds(young, &catalogue));
        let new = people.case("first").expect("a sample");
        for first in [true, false] {
            let when = When { first_visit: Some(first), ..When::default() };
            assert_eq!((when.holds(new, &catalogue), when.holds(case, &catalogue)), (first, !first));
        }
    }

    #[test]
    fn what_the_catalogue_does_not_know_is_named() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let when =
            When { techniques: vec!["reiki".into(), "chair".into()], groups: vec!["aura".into()], ..When::default() };
        assert_eq!(when.unknown(&catalogue), ["the technique \"reiki\"", "the group \"aura\""]);
    }
}
