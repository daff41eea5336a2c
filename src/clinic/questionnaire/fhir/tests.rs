use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::sample;
use super::super::{Choice, Kind, Question, Questionnaire, Rule, Section, Test, When};
use super::{Left, read, write};
use crate::clinic::note;

fn read_back(form: &Questionnaire) -> (Questionnaire, Vec<Left>) {
    read(&write(form).to_string()).expect("what we wrote")
}

fn told(left: &[Left]) -> Vec<String> {
    left.iter().map(|one| format!("{}: {}", one.path, one.says)).collect()
}

#[test]
fn what_is_written_is_read_back_as_it_was() {
    let (form, left) = read_back(&sample());
    assert_eq!(form, sample());
    assert_eq!(told(&left), Vec::<String>::new());
}

#[test]
fn the_standard_is_kept_where_it_has_a_word() {
    let written = write(&sample());
    let veins = &written["item"][0]["item"][2];
    assert_eq!(veins["type"], "choice");
    assert_eq!(veins["answerOption"][0]["valueCoding"]["code"], "Y");
    assert_eq!(veins["code"], json!([{ "system": "urn:aftercare:condition", "code": "varicose_veins" }]));
    assert_eq!(veins["item"][0]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"], "help");
    let many = &written["item"][0]["item"][1];
    assert_eq!(many["enableWhen"][0]["answerCoding"]["code"], "Y");
    assert_eq!(many["extension"][0]["valueInteger"], 1);
    let why = &written["item"][1]["item"][1];
    assert_eq!((&why["enableBehavior"], &why["enableWhen"][0]["operator"]), (&json!("any"), &json!(">=")));
}

fn fixture(name: &str) -> (Questionnaire, Vec<String>) {
    let text = match name {
        "skin" => include_str!("../../../../tests/fixtures/fhir/01-skin-and-oils.json"),
        "sleep" => include_str!("../../../../tests/fixtures/fhir/02-sleep.json"),
        "sport" => include_str!("../../../../tests/fixtures/fhir/03-sport.json"),
        "operation" => include_str!("../../../../tests/fixtures/fhir/04-operation.json"),
        "photos" => include_str!("../../../../tests/fixtures/fhir/05-photos.json"),
        "pregnancy" => include_str!("../../../../tests/fixtures/fhir/06-embarazo.json"),
        _ => include_str!("../../../../tests/fixtures/fhir/07-odd.json"),
    };
    let (form, left) = read(text).expect("a Questionnaire");
    (form, told(&left))
}

const ALL: [&str; 7] = ["skin", "sleep", "sport", "operation", "photos", "pregnancy", "odd"];

fn one<'a>(form: &'a Questionnaire, id: &str) -> &'a Question {
    form.question(id).unwrap_or_else(|| panic!("{id} in {:?}", form.questions().map(|one| &one.id).collect::<Vec<_>>()))
}

fn has(left: &[String], line: &str) {
    assert!(left.iter().any(|one| one.contains(line)), "{line} in {left:#?}");
}

#[test]
fn groups_in_groups_become_sections_and_keep_their_rules() {
    let (form, left) = fixture("skin");
    let headings: Vec<&str> = form.sections.iter().map(|one| one.heading.as_str()).collect();
    assert_eq!(headings, ["Your skin", "Your skin: More about it", "Your skin"]);
    assert_eq!(one(&form, "1_1").help, "Oils, creams, plasters, washing powder.");
    assert!(one(&form, "1_1").required);
    let reacts = When { all: true, rules: vec![Rule { question: "1_1".into(), is: Test::Is, value: "yes".into() }] };
    assert_eq!(one(&form, "1_2").shown_when.as_ref(), Some(&reacts));
    assert_eq!(form.sections[1].shown_when.as_ref(), Some(&reacts));
    assert_eq!(one(&form, "1_3_2").text, "b) Do you carry something against it?");
    assert_eq!(form.lang, "en");
    for line in [
        "Questionnaire.url: is not kept",
        "Questionnaire.meta: is not kept",
        "Questionnaire.version: is no whole number",
        "Questionnaire.item[0].item[1].maxLength: is not kept",
        "can also be answered with “not sure” here",
    ] {
        has(&left, line);
    }
}

#[test]
fn lists_are_read_from_the_file_and_their_codes_are_kept() {
    let (form, left) = fixture("sleep");
    let asleep = one(&form, "sleep_1");
    assert_eq!((asleep.kind, asleep.options.len()), (Kind::Choice, 4));
    assert_eq!(
        asleep.options[2],
        Choice { code: "LA6570-1".into(), system: "http://loinc.org".into(), words: "More than half the days".into() }
    );
    let awake = one(&form, "sleep_3");
    assert!(awake.repeats && awake.options[2].code == "thoughts_that_go_round");
    let often = awake.shown_when.as_ref().expect("rules");
    assert_eq!((often.all, often.rules[1].value.as_str()), (false, "LA6571-9"));
    assert_eq!(one(&form, "sleep_4").kind, Kind::Line);
    assert_eq!(one(&form, "sleep_5").kind, Kind::YesNo);
    has(&left, "item[0].item[3].answerValueSet: the list https://example.org/ValueSet/elsewhere is not in the file");
    has(&left, "item[0].item[1].code[0]: is not kept");
    has(&left, "Questionnaire.code: is not kept");
    assert!(form.version == 0 && !form.retired);
}

#[test]
fn numbers_have_units_and_bounds_and_are_compared() {
    let (form, left) = fixture("sport");
    let hours = one(&form, "hours");
    assert_eq!(
        (hours.kind, hours.least.as_str(), hours.most.as_str(), hours.unit.as_str()),
        (Kind::Number, "0", "60", "hours")
    );
    assert_eq!(hours.initial, ["2.5"]);
    assert_eq!((one(&form, "weight").kind, one(&form, "weight").unit.as_str()), (Kind::Number, "kg"));
    assert_eq!(one(&form, "intro").kind, Kind::Words);
    let next = one(&form, "next").shown_when.clone().expect("rules");
    assert_eq!((next.all, next.rules[0].is, next.rules[1].is), (false, Test::Above, Test::Answered));
    let coach = one(&form, "coach").shown_when.clone().expect("rules");
    assert_eq!((coach.all, coach.rules[0].is, coach.rules[1].is), (true, Test::AtLeast, Test::IsNot));
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_stands_below_a_question_follows_it_and_is_never_asked_without_it() {
    let (form, left) = fixture("operation");
    let ids: Vec<&str> = form.questions().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["op", "op_when", "op_what", "stairs", "at"]);
    assert_eq!(one(&form, "op_when").kind, Kind::Date);
    let since = form.sections[1].shown_when.clone().expect("rules");
    assert!(since.all && since.rules[1].value == "2025-06-01", "{since:?}");
    assert_eq!(one(&form, "op_what").options[0].code, "179344006");
    has(&left, "Questionnaire.item[0].item: stood below a question");
    has(&left, "item[0].item[0].type: the day is asked, the time of day is not");
    has(&left, "item[2].item[1].type: a time of day is asked as a line of text");
}

#[test]
fn a_signature_is_one_and_what_cannot_be_asked_is_left_out() {
    let (form, left) = fixture("photos");
    assert_eq!(one(&form, "a4").kind, Kind::Signature);
    assert!(form.question("a3").is_none());
    has(&left, "item[0].item[2].type: “attachment” cannot be asked here; the question is left out");
    has(&left, "item[0].item[4].type: an address is asked as a line of text");
}

#[test]
fn spanish_stays_spanish() {
    let (form, left) = fixture("pregnancy");
    assert_eq!((form.lang.as_str(), one(&form, "posicion").initial[0].as_str()), ("es", "lado"));
    let since = one(&form, "desde").shown_when.clone().expect("rules");
    assert_eq!(since.rules[0].value, "la_espalda");
    has(&left, "Questionnaire.useContext[0]: is not kept");
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn odd_files_are_taken_as_far_as_they_go_and_every_oddity_is_told() {
    let (form, left) = fixture("odd");
    for line in [
        "Questionnaire.language: “fr”",
        "Questionnaire.copyright: is not kept",
        "item[0].readOnly: is not kept",
        "item[1].linkId: stands there twice; this one is called “x_2” here",
        "item[2].linkId: is missing",
        "item[2].repeats: is not kept",
        "item[4].enableWhen[0]: looks at a question that was not taken",
        "item[5].type: “hologram” cannot be asked here",
        "item[6].type: “reference” cannot be asked here",
        "item[7].type: has nothing to choose from",
        "item[8].repeats: is not kept",
        "questionnaire-hidden is not understood",
        "item[9].enableWhen: “any of these” cannot stand beside other rules here",
        "item[10].text: is missing",
        "item[10]._text: is not kept",
        "item[11]: is no item",
    ] {
        has(&left, line);
    }
    // A rule that looks ahead is kept as it is, and keeps the draft from being published.
    let catalogue = crate::clinic::catalogue::Catalogue::shipped().expect("what ships");
    let report = super::super::check::examine(&form, &catalogue);
    assert!(report.findings.iter().any(|one| one.says.contains("asked after it")), "{report:?}");
}

#[test]
fn what_was_brought_in_goes_out_and_comes_in_again_unchanged() {
    for name in ALL {
        let (form, _) = fixture(name);
        let (again, left) = read_back(&form);
        assert_eq!(again, form, "{name}");
        assert!(left.is_empty(), "{name}: {left:?}");
    }
}

#[test]
fn what_is_no_questionnaire_is_refused_with_a_sentence() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut nested = json!({ "linkId": "x", "type": "group", "item": [] });
    for _ in 0..80 {
        nested = json!({ "linkId": "x", "type": "group", "item": [nested] });
    }
    let nested = json!({ "resourceType": "Questionnaire", "item": [nested] }).to_string();
    let many: Vec<Value> = (0..501).map(|at| json!({ "linkId": at.to_string(), "type": "string" })).collect();
    let many = json!({ "resourceType": "Questionnaire", "item": many }).to_string();
    let large = format!("{{\"resourceType\":\"Questionnaire\",\"title\":\"{}\"}}", "x".repeat(10_000_000));
    let cases = [
        ("", "line 1"),
        ("{", "JSON"),
        ("null", "resourceType"),
        ("[]", "resourceType"),
        ("{\"resourceType\":\"Patient\"}", "resourceType"),
        ("{\"resourceType\":\"Questionnaire\",\"item\":1e999}", "JSON"),
        (&deep, "JSON"),
        (&nested, "JSON"),
        (&many, "501 items"),
        (&large, "larger than 1 MB"),
    ];
    for (text, says) in cases {
        let found = read(text).expect_err("refused");
        assert!(found.contains(says) && found.len() < 300, "{says}: {found}");
    }
}

#[test]
fn groups_may_stand_as_deep_as_json_allows() {
    let mut item = json!({ "linkId": "last", "type": "string", "text": "Last?" });
    for depth in 0..30 {
        let rule = json!([{ "question": "last", "operator": "exists", "answerBoolean": true }]);
        item =
            json!({ "linkId": format!("g{depth}"), "type": "group", "text": "G", "enableWhen": rule, "item": [item] });
    }
    let (form, _) = read(&json!({ "resourceType": "Questionnaire", "item": [item] }).to_string()).expect("taken");
    assert_eq!((form.sections.len(), form.questions().count()), (1, 1));
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-ZáéíñÑ¿?<>&\"'{}. ]{0,20}x"
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at])
}

/// A value that a question of this kind can have.
fn value(kind: Kind, number: i64) -> String {
    match kind {
        Kind::Choice | Kind::OpenChoice => format!("c{}", number.rem_euclid(3)),
        Kind::YesNo => ["yes", "no", "unsure"][number.rem_euclid(3) as usize].into(),
        Kind::Consent => {
            if number % 2 == 0 {
                "yes".into()
            } else {
                "no".into()
            }
        }
        Kind::Date => format!("20{:02}-03-27", number.rem_euclid(100)),
        Kind::Whole => number.to_string(),
        Kind::Number => format!("{number}.5"),
        Kind::BodyMap => ["neck", "hip.left", "lower_back"][number.rem_euclid(3) as usize].into(),
        Kind::Line | Kind::Text | Kind::Signature | Kind::Words => format!("words {number}"),
    }
}

type Raw = (Kind, String, String, bool, bool, i64, Vec<(prop::sample::Index, usize, i64)>, bool);

fn raw() -> impl Strategy<Value = Raw> {
    let rules = prop::collection::vec((any::<prop::sample::Index>(), 0..Test::ALL.len(), -50..50_i64), 0..3);
    (any_kind(), text(), text(), any::<bool>(), any::<bool>(), -500..500_i64, rules, any::<bool>())
}

/// Questions in sections, each looking at earlier ones alone: what an editor could make.
fn any_form() -> impl Strategy<Value = Questionnaire> {
    let sections = prop::collection::vec((text(), prop::collection::vec(raw(), 1..5)), 1..4);
    (text(), sections, any::<bool>(), 0..9_u32).prop_map(|(title, sections, retired, version)| {
        let mut form = Questionnaire { title, version, lang: "en".into(), retired, ..Questionnaire::default() };
        form.techniques = if retired { vec!["swedish".into()] } else { Vec::new() };
        for (heading, questions) in sections {
            form.sections.push(Section { heading, ..Section::default() });
            for raw in questions {
                let question = made(&form, raw);
                if let Some(section) = form.sections.last_mut() {
                    section.questions.push(question);
                }
            }
        }
        form
    })
}

fn made(form: &Questionnaire, (kind, text, help, required, repeats, number, rules, all): Raw) -> Question {
    let before: Vec<&Question> = form.questions().filter(|one| one.kind.asks()).collect();
    let rules = rules.into_iter().filter(|_| !before.is_empty()).map(|(at, test, value_of)| {
        let question = before[at.index(before.len())];
        let is = Test::ALL[test];
        let is = if is.needs_size() && !question.kind.has_size() { Test::Is } else { is };
        let value = if is.compares() { value(question.kind, value_of) } else { String::new() };
        Rule { question: question.id.clone(), is, value }
    });
    let rules: Vec<Rule> = rules.collect();
    let choice = |at: usize| Choice {
        code: format!("c{at}"),
        system: if at == 1 { "http://loinc.org".into() } else { String::new() },
        words: format!("{text} {at}"),
    };
    let asks = kind.asks();
    Question {
        id: format!("q{}", form.questions().count()),
        kind,
        help: if asks { help } else { String::new() },
        required: required && asks,
        repeats: repeats && kind.may_repeat(),
        options: if kind.has_options() { (0..3).map(choice).collect() } else { Vec::new() },
        initial: if required && kind.carries() { vec![value(kind, number)] } else { Vec::new() },
        least: if kind.has_size() && all { value(kind, number) } else { String::new() },
        most: if kind.has_size() && repeats { value(kind, number) } else { String::new() },
        unit: if matches!(kind, Kind::Whole | Kind::Number) && all { "kg".into() } else { String::new() },
        shown_when: (!rules.is_empty()).then_some(When { all, rules }),
        condition: (kind == Kind::YesNo && repeats).then(|| "asthma".into()),
        note: (asks && all).then_some(note::Section::Plan),
        text,
    }
}

proptest! {
    #[test]
    fn every_form_goes_out_and_comes_in_as_it_was(form in any_form()) {
        let (again, left) = read_back(&form);
        prop_assert_eq!(again, form);
        prop_assert!(left.is_empty(), "{:?}", left);
    }

    /// Whatever stands in a file, it is taken or refused, and never more than the editor could make.
    #[test]
    fn a_file_with_a_piece_torn_out_or_swapped_is_no_trouble(at in 0..7_usize, cut in any::<prop::sample::Index>(), with in prop_oneof![Just("null"), Just("1"), Just("[]"), Just("{}"), Just("\"\\u0000\""), Just("-1e300"), Just("\"yes\"")]) {
        let text = match ALL[at] {
            "skin" => include_str!("../../../../tests/fixtures/fhir/01-skin-and-oils.json"),
            "sleep" => include_str!("../../../../tests/fixtures/fhir/02-sleep.json"),
            "operation" => include_str!("../../../../tests/fixtures/fhir/04-operation.json"),
            _ => include_str!("../../../../tests/fixtures/fhir/07-odd.json"),
        };
        let mut value: Value = serde_json::from_str(text).expect("JSON");
        let mut paths = Vec::new();
        collect(&value, String::new(), &mut paths);
        let path = &paths[cut.index(paths.len())];
        if let (Some(place), Ok(with)) = (value.pointer_mut(path), serde_json::from_str(with)) {
            *place = with;
        }
        if let Ok((form, left)) = read(&value.to_string()) {
            prop_assert!(left.len() <= 301);
            let (again, _) = read_back(&form);
            prop_assert_eq!(again.questions().count(), form.questions().count());
        }
    }
}

/// The address of every value in a document.
fn collect(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(at, one)| collect(one, format!("{path}/{at}"), found)),
        Value::Object(object) => {
            for (name, one) in object {
                collect(one, format!("{path}/{}", name.replace('/', "~1")), found);
            }
        }
        _ => {}
    }
    found.push(path);
}
