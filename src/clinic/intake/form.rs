//! The intake form: which conditions are asked together, how long an answer holds, and the words
//! people agree to. Read from `config/forms`, where the reasons for the times stand.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::catalogue::{Catalogue, Condition, ConditionId};
use super::{Consent, Status};

const FORM: &str = include_str!("../../../config/forms/intake.toml");
const SYNONYMS: &str = include_str!("../../../config/forms/synonyms.toml");

/// The form of this installation, over its catalogue.
#[derive(Clone, Debug)]
pub struct Form {
    version: u32,
    no_days: i32,
    groups: Vec<Group>,
    limits: BTreeMap<ConditionId, i32>,
    wordings: Vec<Wording>,
    synonyms: BTreeMap<ConditionId, Vec<String>>,
}

/// Conditions asked together. "None of these" answers all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The same in Spanish; a draft until reviewed.
    pub title_es: String,
    /// A word to staff; may be empty.
    pub hint: String,
    /// In catalogue order.
    pub conditions: Vec<ConditionId>,
    current_days: i32,
    past_days: i32,
}

/// The words of one consent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// What for.
    pub purpose: Consent,
    /// Grows when the words change.
    pub version: u32,
    /// In two or three words.
    pub title: String,
    /// The same in Spanish; a draft until reviewed.
    pub title_es: String,
    /// What people agree to, word for word.
    pub words: String,
    /// The same in Spanish; a draft until reviewed.
    pub words_es: String,
}

/// The words of a consent as somebody reads them: in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLanguage<'a> {
    /// The locale of the words.
    pub lang: &'static str,
    /// Which version of them.
    pub version: u32,
    /// In two or three words.
    pub title: &'a str,
    /// Word for word.
    pub words: &'a str,
}

impl Wording {
    /// The words for somebody who reads this language: Spanish for Spanish, English for every other.
    #[must_use]
    pub fn in_language(&self, lang: &str) -> InLanguage<'_> {
        let (lang, title, words) = match lang {
            "es" => ("es", &self.title_es, &self.words_es),
            _ => ("en", &self.title, &self.words),
        };
        InLanguage { lang, version: self.version, title, words }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFile {
    version: u32,
    no_days: i32,
    group: Vec<GroupRow>,
    ask_again: Vec<AskAgainRow>,
    consent: Vec<Wording>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRow {
    id: String,
    title: String,
    title_es: String,
    hint: String,
    categories: Vec<String>,
    current_days: i32,
    past_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskAgainRow {
    condition: ConditionId,
    days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SynonymFile {
    words: BTreeMap<ConditionId, Vec<String>>,
}

/// Where conditions stand whose category no group names, as in a clinic's own catalogue. Asked
/// again as soon as an injury, since nothing is known of them.
const LEFT_OVER: (&str, &str, &str, i32, i32) =
    ("other", "Anything else on our list", "Otras cosas de nuestra lista", 91, 365);

impl Form {
    /// The form that ships with the program, over this catalogue.
    ///
    /// # Errors
    /// When a shipped file is broken; a test keeps this from happening.
    pub fn shipped(catalogue: &Catalogue) -> Result<Self, String> {
        Self::read(FORM, SYNONYMS, catalogue)
    }

    fn read(form: &str, synonyms: &str, catalogue: &Catalogue) -> Result<Self, String> {
        let file: FormFile = toml::from_str(form).map_err(|error| format!("intake.toml: {error}"))?;
        let synonyms: SynonymFile = toml::from_str(synonyms).map_err(|error| format!("synonyms.toml: {error}"))?;
        let named: Vec<String> = file.group.iter().flat_map(|row| row.categories.iter().cloned()).collect();
        let of = |fits: &dyn Fn(&Condition) -> bool| -> Vec<ConditionId> {
            catalogue.conditions().iter().filter(|one| fits(one)).map(|one| one.id.clone()).collect()
        };
        let mut groups: Vec<Group> = file
            .group
            .into_iter()
            .map(|row| Group {
                conditions: of(&|one| row.categories.contains(&one.category)),
                id: row.id,
                title: row.title,
                title_es: row.title_es,
                hint: row.hint,
                current_days: row.current_days,
                past_days: row.past_days,
            })
            .collect();
        let (id, title, title_es, current_days, past_days) = LEFT_OVER;
        groups.push(Group {
            id: id.into(),
            title: title.into(),
            title_es: title_es.into(),
            hint: String::new(),
            conditions: of(&|one| !named.contains(&one.category)),
            current_days,
            past_days,
        });
        groups.retain(|group| !group.conditions.is_empty());
        let limits = file.ask_again.into_iter().map(|row| (row.condition, row.days)).collect();
        let (version, no_days) = (file.version, file.no_days);
        let form = Self { version, no_days, groups, limits, wordings: file.consent, synonyms: synonyms.words };
        for purpose in Consent::ALL {
            if form.wordings.iter().all(|wording| wording.purpose != purpose) {
                return Err(format!("intake.toml: no words for the consent \"{}\"", purpose.id()));
            }
        }
        Ok(form)
    }

    /// The version that is kept with every intake.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The groups in the order of the form. Every condition of the catalogue is in exactly one.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of this condition.
    #[must_use]
    pub fn group_of(&self, id: &ConditionId) -> Option<&Group> {
        self.groups.iter().find(|group| group.conditions.contains(id))
    }

    /// For how many days "none of these" holds for a group. What is asked about today holds today.
    #[must_use]
    pub const fn no_days(&self, group: &Group) -> i32 {
        if group.current_days == 0 { 0 } else { self.no_days }
    }

    /// For how many days a yes holds: the shorter of what its group and the condition itself allow.
    #[must_use]
    pub fn yes_days(&self, id: &ConditionId, status: Option<Status>) -> i32 {
        let group = self.group_of(id).map_or(LEFT_OVER.3, |group| match status {
            Some(Status::Past) => group.past_days,
            Some(Status::Current) | None => group.current_days,
        });
        self.limits.get(id).map_or(group, |own| group.min(*own))
    }

    /// The words in use now, in the order of the form.
    #[must_use]
    pub fn wordings(&self) -> Vec<&Wording> {
        let mut now: Vec<&Wording> = Vec::new();
        for wording in &self.wordings {
            match now.iter_mut().find(|one| one.purpose == wording.purpose) {
                Some(one) if one.version < wording.version => *one = wording,
                Some(_) => {}
                None => now.push(wording),
            }
        }
        now
    }

    /// The words in use now for one purpose.
    #[must_use]
    pub fn wording(&self, purpose: Consent) -> Option<&Wording> {
        self.wordings().into_iter().find(|wording| wording.purpose == purpose)
    }

    /// Other words for a condition.
    #[must_use]
    pub fn synonyms(&self, id: &ConditionId) -> &[String] {
        self.synonyms.get(id).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_condition_stands_in_one_group_and_every_entry_means_one() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let form = Form::shipped(&catalogue).expect("what ships");
        let mut seen = BTreeSet::new();
        for id in form.groups().iter().flat_map(|group| &group.conditions) {
            assert!(seen.insert(id.clone()), "{id} stands twice");
        }
        assert_eq!(seen.len(), catalogue.conditions().len());
        assert!(form.groups().iter().all(|group| group.id != "other"), "every shipped category has a group");
        for id in form.limits.keys().chain(form.synonyms.keys()) {
            assert!(catalogue.condition(id).is_some(), "{id} is not in the catalogue");
        }
    }

    #[test]
    fn a_category_without_a_group_is_asked_last() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let lacking = FORM.replace("\"pregnancy\"", "\"nothing\"");
        let form = Form::read(&lacking, SYNONYMS, &catalogue).expect("a form");
        let last = form.groups().last().expect("a group");
        assert_eq!((last.id.as_str(), last.conditions.len()), ("other", 4));
        assert_eq!(form.yes_days(&"pregnancy_high_risk".into(), None), 91);
    }

    #[test]
    fn the_shorter_time_counts() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let form = Form::shipped(&catalogue).expect("what ships");
        let days = |id: &str, status| form.yes_days(&id.into(), status);
        assert_eq!(days("sciatica", Some(Status::Current)), 91);
        assert_eq!(days("sciatica", None), 91, "no status may mean that it is still there");
        assert_eq!(days("sciatica", Some(Status::Past)), 365);
        assert_eq!(days("muscle_strain_acute", Some(Status::Past)), 3);
        assert_eq!(days("fever_infection", Some(Status::Current)), 0);
        assert_eq!(days("diabetes", Some(Status::Current)), 365);
    }

    #[test]
    fn the_newest_words_of_a_consent_are_in_use() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let more = "\n[[consent]]\npurpose = \"treatment\"\nversion = 2\ntitle = \"Be treated\"\ntitle_es = \"Tratarse\"\nwords = \"New.\"\nwords_es = \"Nuevas.\"\n";
        let form = Form::read(&format!("{FORM}{more}"), SYNONYMS, &catalogue).expect("a form");
        assert_eq!(form.wording(Consent::Treatment).map(|one| (one.version, one.words.as_str())), Some((2, "New.")));
        assert_eq!(form.wordings().len(), Consent::ALL.len());
        let lacking = FORM.replace("purpose = \"marketing\"", "purpose = \"treatment\"");
        assert!(Form::read(&lacking, SYNONYMS, &catalogue).is_err_and(|problem| problem.contains("marketing")));
    }

    /// Changed words need a new version; this holds the words of the versions that have been shown.
    #[test]
    fn words_that_were_shown_stay_as_they_were() {
        use sha2::{Digest as _, Sha256};
        let file: FormFile = toml::from_str(FORM).expect("what ships");
        let shown: Vec<String> = file
            .consent
            .iter()
            .map(|one| {
                let digest = Sha256::digest(one.words.as_bytes());
                format!("{} {} {:02x}{:02x}", one.purpose.id(), one.version, digest[0], digest[1])
            })
            .collect();
        let kept = [
            "health_data 1 2ae7",
            "treatment 1 3666",
            "aftercare_email 1 87ae",
            "check_in_email 1 0e26",
            "marketing 1 003c",
        ];
        assert_eq!(shown, kept);
    }
}
