//! What was done, on the visit page: techniques, pressure and places, as ticked. Until something is
//! recorded the form begins with what the brief suggests, and says so.

use crate::clinic::body::Region;
use crate::clinic::brief::Brief;
use crate::clinic::case::{BookedPressure, Treatment};
use crate::clinic::catalogue::{Catalogue, Pressure};
use crate::clinic::fields::FieldErrors;
use crate::clinic::treatment::Done;
use crate::web::form::Fields;
use crate::web::say;

/// What was ticked, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The ids of techniques.
    pub techniques: Vec<String>,
    /// The pressure's word.
    pub pressure: String,
    /// The ids of regions.
    pub regions: Vec<String>,
    /// What is wrong with it.
    pub errors: FieldErrors,
}

impl Typed {
    /// What a form sent.
    #[must_use]
    pub fn read(fields: &Fields) -> Self {
        let all = |name: &str| fields.all(name).into_iter().map(str::to_owned).collect();
        Self {
            techniques: all("technique"),
            pressure: fields.text("pressure").to_owned(),
            regions: all("region"),
            errors: FieldErrors::new(),
        }
    }

    /// The record it makes.
    ///
    /// # Errors
    /// Itself, with what is wrong.
    pub fn check(mut self, catalogue: &Catalogue) -> Result<Done, Self> {
        let words = |list: &[String]| list.to_vec();
        let (techniques, regions) = (words(&self.techniques), words(&self.regions));
        let techniques: Vec<&str> = techniques.iter().map(String::as_str).collect();
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        Done::check(catalogue, &techniques, &self.pressure, &regions).map_err(|wrong| {
            for (field, sentence) in wrong {
                self.errors.add(field, sentence);
            }
            self
        })
    }
}

/// One box or dot: value, word, whether it is chosen.
pub type Tick = (String, String, bool);

/// The form and what is recorded.
#[derive(Debug)]
pub struct TreatmentView {
    /// What is recorded, in words.
    pub done: Option<String>,
    /// The techniques.
    pub techniques: Vec<Tick>,
    /// The pressures.
    pub pressures: Vec<Tick>,
    /// The places.
    pub regions: Vec<Tick>,
    /// What is wrong with what was sent.
    pub errors: FieldErrors,
}

impl TreatmentView {
    /// What is recorded, or what the brief suggests for the booked treatment.
    #[must_use]
    pub fn of(
        booked: &Treatment,
        done: Option<&Done>,
        typed: Option<&Typed>,
        brief: &Brief,
        catalogue: &Catalogue,
    ) -> Self {
        let chosen = typed.cloned().unwrap_or_else(|| begin(booked, done, brief));
        let tick = |value: &str, word: String, list: &[String]| {
            (value.to_owned(), word, list.iter().any(|other| other == value))
        };
        let pressures = [BookedPressure::Light, BookedPressure::Moderate, BookedPressure::Firm];
        Self {
            done: done.map(|done| in_words(done, catalogue)),
            techniques: catalogue
                .techniques()
                .iter()
                .filter(|one| !one.retired || chosen.techniques.iter().any(|id| id == one.id.as_str()))
                .map(|one| tick(one.id.as_str(), one.label.clone(), &chosen.techniques))
                .collect(),
            pressures: pressures
                .map(|one| tick(one.word(), say::capital(one.word()), std::slice::from_ref(&chosen.pressure)))
                .into(),
            regions: Region::ALL.map(|one| tick(one.id(), say::capital(&one.word()), &chosen.regions)).into(),
            errors: chosen.errors,
        }
    }
}

fn begin(booked: &Treatment, done: Option<&Done>, brief: &Brief) -> Typed {
    if let Some(done) = done {
        return Typed {
            techniques: done.techniques.iter().map(ToString::to_string).collect(),
            pressure: done.pressure.word().into(),
            regions: done.regions.iter().map(ToString::to_string).collect(),
            errors: FieldErrors::new(),
        };
    }
    let technique = brief.techniques.suggested.first().map_or(&booked.technique, |line| &line.id);
    let within = match brief.pressure.ceiling {
        Pressure::None | Pressure::Light => BookedPressure::Light,
        Pressure::Moderate if booked.pressure == BookedPressure::Firm => BookedPressure::Moderate,
        Pressure::Moderate | Pressure::Any => booked.pressure,
    };
    Typed {
        techniques: vec![technique.to_string()],
        pressure: within.word().into(),
        regions: booked.regions.iter().map(ToString::to_string).collect(),
        errors: FieldErrors::new(),
    }
}

/// "Swedish massage, light pressure: lower back and hip".
#[must_use]
pub fn in_words(done: &Done, catalogue: &Catalogue) -> String {
    let label = |id: &crate::clinic::catalogue::TechniqueId| {
        catalogue.technique(id).map_or_else(|| id.to_string(), |technique| technique.label.clone())
    };
    let techniques: Vec<String> = done.techniques.iter().map(label).collect();
    let regions: Vec<String> = done.regions.iter().map(|region| region.word()).collect();
    format!("{}, {} pressure: {}", say::list(&techniques), done.pressure.word(), say::list(&regions))
}
