//! From a clinic's own questions to FHIR. The invariants of the standard (que-1 to que-13) hold for what the check lets through.

use serde_json::{Map, Value, json};

use super::{
    CONDITIONS, CONTEXTS, ITEM_CONTROL, ITEM_CONTROLS, KIND, LEAST, MOST, NOTE_SECTIONS, PLACES, SIGNATURE, TECHNIQUES,
    UNIT, UNITS, YES_NO,
};
use crate::clinic::body::Region;
use crate::clinic::questionnaire::answers::{number, whole};
use crate::clinic::questionnaire::{Kind, Question, Questionnaire, Rule, Section, Test, When};

/// The whole as one FHIR R4 resource.
#[must_use]
pub fn write(form: &Questionnaire) -> Value {
    let status = match (form.retired, form.version) {
        (true, _) => "retired",
        (false, 0) => "draft",
        (false, _) => "active",
    };
    let mut made = json!({
        "resourceType": "Questionnaire",
        "language": form.lang,
        "version": form.version.to_string(),
        "title": form.title,
        "status": status,
        "subjectType": ["Patient"],
    });
    if !form.techniques.is_empty() {
        let context = |technique: &str| {
            json!({
                "code": { "system": CONTEXTS, "code": "task" },
                "valueCodeableConcept": { "coding": [{ "system": TECHNIQUES, "code": technique }] },
            })
        };
        made["useContext"] = form.techniques.iter().map(|one| context(one.as_str())).collect();
    }
    let section = |(number, section): (usize, &Section)| group(form, number, section);
    made["item"] = form.sections.iter().enumerate().map(section).collect();
    made
}

fn group(form: &Questionnaire, number: usize, section: &Section) -> Value {
    let mut item = Map::new();
    item.insert("linkId".into(), json!(format!("section-{}", number + 1)));
    item.insert("text".into(), json!(section.heading));
    item.insert("type".into(), json!("group"));
    enable(&mut item, form, section.shown_when.as_ref());
    item.insert("item".into(), section.questions.iter().map(|question| one(form, question)).collect());
    Value::Object(item)
}

fn one(form: &Questionnaire, question: &Question) -> Value {
    let mut item = Map::new();
    let extensions = extensions(question);
    if !extensions.is_empty() {
        item.insert("extension".into(), extensions.into());
    }
    item.insert("linkId".into(), json!(question.id));
    let codes = codes(question);
    if !codes.is_empty() {
        item.insert("code".into(), codes.into());
    }
    item.insert("text".into(), json!(question.text));
    item.insert("type".into(), json!(kind(question.kind)));
    enable(&mut item, form, question.shown_when.as_ref());
    for (name, set) in
        [("required", question.required), ("repeats", question.repeats || question.kind == Kind::BodyMap)]
    {
        if set {
            item.insert(name.into(), json!(true));
        }
    }
    let options = options(question);
    if !options.is_empty() {
        item.insert("answerOption".into(), options.into());
    } else if !question.initial.is_empty() {
        let initial = question.initial.iter().map(|value| Value::Object(valued("value", question, value)));
        item.insert("initial".into(), initial.collect());
    }
    if !question.help.is_empty() {
        let control = json!({ "coding": [{ "system": ITEM_CONTROLS, "code": "help" }] });
        let help = json!({
            "extension": [{ "url": ITEM_CONTROL, "valueCodeableConcept": control }],
            "linkId": format!("{}-help", question.id),
            "text": question.help,
            "type": "display",
        });
        item.insert("item".into(), json!([help]));
    }
    Value::Object(item)
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Line | Kind::Signature => "string",
        Kind::Text => "text",
        Kind::Choice | Kind::YesNo | Kind::BodyMap => "choice",
        Kind::OpenChoice => "open-choice",
        Kind::Date => "date",
        Kind::Whole => "integer",
        Kind::Number => "decimal",
        Kind::Consent => "boolean",
        Kind::Words => "display",
    }
}

fn extensions(question: &Question) -> Vec<Value> {
    let mut made = Vec::new();
    if matches!(question.kind, Kind::YesNo | Kind::BodyMap | Kind::Consent | Kind::Signature) {
        made.push(json!({ "url": KIND, "valueCode": question.kind.id() }));
    }
    if question.kind == Kind::Signature {
        let author = json!({ "system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1" });
        made.push(json!({ "url": SIGNATURE, "valueCodeableConcept": { "coding": [author] } }));
    }
    if !question.unit.is_empty() {
        let unit = json!({ "system": UNITS, "code": question.unit, "display": question.unit });
        made.push(json!({ "url": UNIT, "valueCoding": unit }));
    }
    for (url, bound) in [(LEAST, &question.least), (MOST, &question.most)] {
        if !bound.is_empty() {
            let mut extension = valued("value", question, bound);
            extension.insert("url".into(), json!(url));
            made.push(Value::Object(extension));
        }
    }
    made
}

fn codes(question: &Question) -> Vec<Value> {
    let condition = question.condition.as_ref().map(|id| json!({ "system": CONDITIONS, "code": id.as_str() }));
    let note = question.note.map(|note| json!({ "system": NOTE_SECTIONS, "code": note.id() }));
    condition.into_iter().chain(note).collect()
}

/// What can be chosen. What stands there from the start is marked here: beside a list, `initial` is not allowed (que-11).
fn options(question: &Question) -> Vec<Value> {
    let values: Vec<String> = match question.kind {
        Kind::Choice | Kind::OpenChoice => question.options.iter().map(|choice| choice.code.clone()).collect(),
        Kind::YesNo => YES_NO.iter().map(|(value, ..)| (*value).to_owned()).collect(),
        Kind::BodyMap => places(),
        _ => Vec::new(),
    };
    let option = |value: String| {
        let mut option = valued("value", question, &value);
        if question.initial.contains(&value) {
            option.insert("initialSelected".into(), json!(true));
        }
        Value::Object(option)
    };
    values.into_iter().map(option).collect()
}

/// Every place of the body map.
fn places() -> Vec<String> {
    let sided = |region: Region| {
        let id = region.id();
        [id.to_owned(), format!("{id}.left"), format!("{id}.right")]
    };
    Region::ALL.into_iter().flat_map(sided).collect()
}

/// A value under the name the standard gives to its type: `valueDate`, `answerCoding`.
fn valued(name: &str, question: &Question, value: &str) -> Map<String, Value> {
    let (kind, value) = match question.kind {
        Kind::YesNo => {
            let known = YES_NO.iter().find(|(own, ..)| *own == value);
            let coding = known.map_or_else(
                || json!({ "code": value }),
                |(_, system, code, words)| json!({ "system": system, "code": code, "display": words }),
            );
            ("Coding", coding)
        }
        Kind::BodyMap => ("Coding", json!({ "system": PLACES, "code": value, "display": question.said(value) })),
        Kind::Choice | Kind::OpenChoice => match question.options.iter().find(|choice| choice.code == value) {
            Some(choice) if choice.system.is_empty() => {
                ("Coding", json!({ "code": choice.code, "display": choice.words }))
            }
            Some(choice) => {
                ("Coding", json!({ "system": choice.system, "code": choice.code, "display": choice.words }))
            }
            None if question.kind == Kind::OpenChoice => ("String", json!(value)),
            None => ("Coding", json!({ "code": value })),
        },
        Kind::Date => ("Date", json!(value)),
        Kind::Whole => ("Integer", whole(value).map_or_else(|| json!(value), |number| json!(number))),
        Kind::Number => ("Decimal", decimal(value)),
        Kind::Consent => ("Boolean", json!(value == "yes")),
        Kind::Line | Kind::Text | Kind::Signature | Kind::Words => ("String", json!(value)),
    };
    Map::from_iter([(format!("{name}{kind}"), value)])
}

/// A number as short as it was written.
fn decimal(value: &str) -> Value {
    match (whole(value), number(value)) {
        (Some(whole), _) => json!(whole),
        (None, Some(number)) => json!(number),
        (None, None) => json!(value),
    }
}

fn enable(item: &mut Map<String, Value>, form: &Questionnaire, when: Option<&When>) {
    let Some(when) = when.filter(|when| !when.rules.is_empty()) else { return };
    item.insert("enableWhen".into(), when.rules.iter().map(|rule| rule_of(form, rule)).collect());
    // Said for one rule too, so that a file says what it was made from.
    item.insert("enableBehavior".into(), json!(if when.all { "all" } else { "any" }));
}

fn rule_of(form: &Questionnaire, rule: &Rule) -> Value {
    let operator = match rule.is {
        Test::Answered | Test::Blank => "exists",
        Test::Is => "=",
        Test::IsNot => "!=",
        Test::Above => ">",
        Test::AtLeast => ">=",
        Test::Below => "<",
        Test::AtMost => "<=",
    };
    let plain = Question::default();
    let question = form.question(&rule.question).unwrap_or(&plain);
    let mut made = if rule.is.compares() {
        valued("answer", question, &rule.value)
    } else {
        Map::from_iter([("answerBoolean".to_owned(), json!(rule.is == Test::Answered))])
    };
    made.insert("question".into(), json!(rule.question));
    made.insert("operator".into(), json!(operator));
    Value::Object(made)
}
