//! People who do not exist, for previews and for trying a letter out: a few that an admin can look through
//! the eyes of, and one for everything the catalogue knows.

use jiff::Timestamp;
use jiff::civil::date;

use super::super::body::Region;
use super::super::case::{BookedPressure, Case, Client, LastReaction, Treatment, Visit};
use super::super::catalogue::{Catalogue, TechniqueId};
use super::super::intake::{Consent, DailyLoad, Intake, ReportedCondition};
use super::super::profile::ClinicProfile;

/// The start of every sample's visit: a Friday afternoon.
const VISIT: i64 = 1_774_623_600;

/// Somebody to look at a letter as.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id used in forms.
    pub id: &'static str,
    /// What the list calls them: "Nora, lower back, Swedish".
    pub label: String,
    case: Case,
}

/// Those an admin can choose from.
#[derive(Clone, Debug)]
pub struct People(Vec<Person>);

/// The one who was never here before.
const FIRST: &str = "first";

/// Id, first name, technique, regions, conditions, birth year.
type Row = (&'static str, &'static str, &'static str, &'static [Region], &'static [&'static str], i16);

const ROWS: [Row; 7] = [
    ("plain", "Nora", "swedish", &[Region::LowerBack], &[], 1980),
    ("disc", "Omar", "deep_tissue", &[Region::LowerBack, Region::Hip], &["herniated_disc_history"], 1971),
    ("pregnant", "Ines", "prenatal", &[Region::LowerBack, Region::Leg], &["pregnancy_second_trimester"], 1993),
    ("heart", "Ruth", "relaxation", &[Region::Neck, Region::Shoulder], &["heart_failure", "anticoagulants"], 1948),
    ("minor", "Max", "sports", &[Region::Leg, Region::Foot], &["asthma"], 2011),
    (FIRST, "Amir", "swedish", &[Region::Neck], &[], 1990),
    ("urgent", "Lena", "swedish", &[Region::LowerBack], &["red_flags_now"], 1985),
];

impl People {
    /// All of them. A condition that this catalogue does not have is left out.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let people = ROWS.iter().filter_map(|(id, name, technique, regions, conditions, born)| {
            let mut case = somebody(name, technique, regions)?;
            case.client.born = Some(date(*born, 2, 1));
            case.intake.conditions =
                conditions.iter().map(|id| reported(id)).filter(|one| catalogue.condition(&one.id).is_some()).collect();
            let place = regions.first().map(|region| region.word()).unwrap_or_default();
            let how = catalogue.technique(&case.visit.treatment.technique).map_or(*technique, |one| one.label.as_str());
            let said = case.intake.conditions.iter().filter_map(|one| catalogue.condition(&one.id));
            let said: String = said.map(|one| format!(", {}", one.label)).collect();
            case.is_first_visit = *id == FIRST;
            let first = if case.is_first_visit { ", first visit" } else { "" };
            Some(Person { id, label: format!("{name}, {place}, {how}{said}{first}"), case })
        });
        Self(people.collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.0.iter()
    }

    /// The visit of this one.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.0.iter().find(|person| person.id == id).map(|person| &person.case)
    }
}

/// One visit for everything the catalogue knows, with what it is of: each condition, each region, each
/// technique, a client under 18, a first visit, and all regions at once.
#[must_use]
pub fn one_of_each(catalogue: &Catalogue) -> Vec<(String, Case)> {
    let conditions = catalogue.conditions().iter().map(|condition| {
        let mut case = somebody("Ann", "swedish", &[Region::LowerBack])?;
        case.intake.conditions = vec![reported(condition.id.as_str())];
        Some((format!("the condition \"{}\"", condition.label), case))
    });
    let regions = Region::ALL
        .into_iter()
        .map(|region| Some((format!("the region {}", region.word()), somebody("Ann", "swedish", &[region])?)));
    let techniques = catalogue.techniques().iter().map(|technique| {
        Some((format!("the technique {}", technique.label), somebody("Ann", technique.id.as_str(), &[Region::Neck])?))
    });
    let young = somebody("Ann", "swedish", &[Region::Leg]).map(|mut young| {
        young.client.born = Some(date(2012, 2, 1));
        ("a client under 18".to_owned(), young)
    });
    let first = somebody("Ann", "swedish", &[Region::Neck])
        .map(|case| ("a first visit".to_owned(), Case { is_first_visit: true, ..case }));
    let whole = somebody("Ann", "swedish", &Region::ALL).map(|whole| ("all regions at once".to_owned(), whole));
    conditions.chain(regions).chain(techniques).chain([young, first, whole]).flatten().collect()
}

fn reported(id: &str) -> ReportedCondition {
    ReportedCondition { id: id.into(), region: None, side: None, since: None, status: None }
}

/// Nobody, should a name of ours not be one; a test counts them.
fn somebody(name: &str, technique: &str, regions: &[Region]) -> Option<Case> {
    let at = |hours: i64| Timestamp::from_second(VISIT + hours * 3600).unwrap_or(Timestamp::UNIX_EPOCH);
    Some(Case {
        clinic: ClinicProfile::default(),
        client: Client {
            first_name: name.parse().ok()?,
            last_name: None,
            email: None,
            locale: None,
            born: Some(date(1980, 2, 1)),
            on_paper: false,
        },
        visit: Visit {
            starts_at: at(0),
            ends_at: at(1),
            treatment: Treatment {
                technique: TechniqueId::from(technique),
                pressure: BookedPressure::Moderate,
                regions: regions.to_vec(),
                last_reaction: LastReaction::None,
            },
            next_visit_at: Some(at(21 * 24)),
        },
        intake: Intake {
            daily_load: vec![DailyLoad::DeskWork],
            consents: vec![Consent::Treatment, Consent::HealthData, Consent::AftercareEmail, Consent::CheckInEmail],
            ..Intake::default()
        },
        free_text_read: false,
        is_first_visit: false,
        stopped: Vec::new(),
    })
}

/// A letter as it ships, for tests.
#[cfg(test)]
pub(in crate::clinic) fn shipped_letter(locale: &str, id: super::LetterId) -> super::Letter {
    macro_rules! texts {
        ($($locale:literal: $($id:literal)+;)+) => {
            [$($(($locale, $id, include_str!(concat!("../../../config/letters/", $locale, "/", $id, ".toml")))),+),+]
        };
    }
    let texts = texts! {
        "en": "same_day" "day_1" "day_3" "day_7" "prepare" "emergency_only";
        "es": "same_day" "day_1" "day_3" "day_7" "prepare" "emergency_only";
    };
    let text = texts.iter().find(|(known, name, _)| *known == locale && *name == id.id()).expect("it ships").2;
    toml::from_str(text).expect("a letter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_somebody_for_everything_the_catalogue_knows() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let all = one_of_each(&catalogue);
        assert_eq!(all.len(), catalogue.conditions().len() + 16 + catalogue.techniques().len() + 3);
        let people = People::of(&catalogue);
        assert_eq!(people.iter().count(), ROWS.len());
        for (person, row) in people.iter().zip(ROWS) {
            assert_eq!(person.case.intake.conditions.len(), row.4.len(), "{}", person.label);
            assert!(catalogue.technique(&person.case.visit.treatment.technique).is_some(), "{}", person.label);
        }
        assert_eq!(people.iter().next().map(|one| one.label.as_str()), Some("Nora, lower back, Swedish massage"));
        assert!(people.case("nobody").is_none());
    }
}
