//! A clinic's own questions as a FHIR R4 Questionnaire (<https://hl7.org/fhir/R4/questionnaire.html>), the form in
//! which other programs exchange them. [`write()`] says everything; [`read`] takes what it understands and reports
//! the rest, each element with its path.

mod item;
mod read;
mod write;

pub use read::{MOST_BYTES, read};
pub use write::write;

use serde::{Deserialize, Serialize};

/// What was not taken from a file as it stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// Which element: `Questionnaire.item[0].item[2].maxLength`, counted from 0.
    pub path: String,
    /// What became of it.
    pub says: String,
}

/// What FHIR has no word for is said in codes and extensions of these names.
const KIND: &str = "urn:aftercare:question-kind";
const CONDITIONS: &str = "urn:aftercare:condition";
const NOTE_SECTIONS: &str = "urn:aftercare:note-section";
const TECHNIQUES: &str = "urn:aftercare:technique";
const PLACES: &str = "urn:aftercare:body-place";

/// Published extensions and code systems.
const ITEM_CONTROL: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl";
const ITEM_CONTROLS: &str = "http://hl7.org/fhir/questionnaire-item-control";
const SIGNATURE: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-signatureRequired";
const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
const UNITS: &str = "http://unitsofmeasure.org";
const LEAST: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MOST: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
const CONTEXTS: &str = "http://terminology.hl7.org/CodeSystem/usage-context-type";
const YES_NO_SET: &str = "http://hl7.org/fhir/ValueSet/yesnodontknow";

/// Yes, no and not sure: our value, whose code, the code, the words.
const YES_NO: [(&str, &str, &str, &str); 3] = [
    ("yes", "http://terminology.hl7.org/CodeSystem/v2-0136", "Y", "Yes"),
    ("no", "http://terminology.hl7.org/CodeSystem/v2-0136", "N", "No"),
    ("unsure", "http://terminology.hl7.org/CodeSystem/data-absent-reason", "asked-unknown", "Not sure"),
];

#[cfg(test)]
mod tests;
