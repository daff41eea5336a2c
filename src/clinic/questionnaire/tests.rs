mod properties;

use super::answers::{Answers, Fault};
use super::check::{MOST_QUESTIONS, MOST_SECTIONS, examine};
use super::draft::{Act, Thing, choices};
use super::*;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::letter::Severity;

fn question(id: &str, kind: Kind, text: &str) -> Question {
    Question { id: id.into(), kind, text: text.into(), ..Question::default() }
}

fn rule(question: &str, is: Test, value: &str) -> Rule {
    Rule { question: question.into(), is, value: value.into() }
}

fn when(all: bool, rules: &[Rule]) -> Option<When> {
    Some(When { all, rules: rules.to_vec() })
}

/// What a clinic might really ask.
pub(super) fn sample() -> Questionnaire {
    let smokes = Question { note: Some(note::Section::Subjective), ..question("smokes", Kind::YesNo, "Do you smoke?") };
    let many = Question {
        least: "1".into(),
        most: "80".into(),
        shown_when: when(true, &[rule("smokes", Test::Is, "yes")]),
        ..question("many", Kind::Whole, "How many a day?")
    };
    let veins = Question {
        condition: Some("varicose_veins".into()),
        required: true,
        help: "Thick blue lines under the skin.".into(),
        ..question("veins", Kind::YesNo, "Do you have varicose veins?")
    };
    let oils = Question {
        repeats: true,
        options: choices("Almond\nOlive\nNone at all", &[]),
        ..question("oils", Kind::OpenChoice, "Which oils do you like?")
    };
    let why = Question {
        shown_when: when(false, &[rule("many", Test::AtLeast, "20"), rule("oils", Test::Is, "none_at_all")]),
        ..question("why", Kind::Text, "Tell us more")
    };
    Questionnaire {
        title: "Before your first visit".into(),
        lang: "en".into(),
        sections: vec![
            Section { heading: "Habits".into(), questions: vec![smokes, many, veins], ..Section::default() },
            Section {
                heading: "Oils".into(),
                shown_when: when(true, &[rule("veins", Test::IsNot, "unsure")]),
                questions: vec![oils, why],
            },
        ],
        ..Questionnaire::default()
    }
}

fn answers(pairs: &[(&str, &str)]) -> Answers {
    let mut answers = Answers::new();
    for (id, value) in pairs {
        answers.entry((*id).to_owned()).or_default().push((*value).to_owned());
    }
    answers
}

fn refusals(form: &Questionnaire) -> Vec<String> {
    let catalogue = Catalogue::shipped().expect("what ships");
    let report = examine(form, &catalogue);
    report.findings.iter().filter(|one| one.severity == Severity::Refuse).map(ToString::to_string).collect()
}

/// What the check says about the sample with this done to it.
fn with(change: impl Fn(&mut Questionnaire)) -> String {
    let mut form = sample();
    change(&mut form);
    refusals(&form).join("\n")
}

#[test]
fn what_a_clinic_would_ask_may_be_published() {
    assert_eq!(refusals(&sample()), Vec::<String>::new());
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_place_and_what_would_be_right() {
    let one = |at: usize, change: &dyn Fn(&mut Question)| {
        with(|form| {
            let (section, place) = form.place(at).expect("a question");
            change(&mut form.sections[section].questions[place]);
        })
    };
    let cases: Vec<(String, &str)> = vec![
        (with(|form| form.title.clear()), "title: The title is empty"),
        (with(|form| form.lang = "fr".into()), "English nor Spanish"),
        (with(|form| form.techniques = vec!["levitation".into()]), "“levitation” is not in the catalogue"),
        (with(|form| form.sections.clear()), "There is none yet"),
        (with(|form| form.sections[1].questions.clear()), "section 2: has no question"),
        (with(|form| form.sections[0].heading.clear()), "section 1: The heading is empty"),
        (with(|form| form.sections.swap(0, 1)), "asked after it"),
        (one(4, &|q| q.id = "smokes".into()), "question 5: has the same name"),
        (one(0, &|q| q.id = "Do you".into()), "Use small letters"),
        (one(0, &|q| q.text.clear()), "question 1: The question is empty"),
        (one(0, &|q| q.text = "x\0".into()), "cannot be shown"),
        (one(0, &|q| q.repeats = true), "cannot take several"),
        (one(0, &|q| q.shown_when = when(true, &[rule("smokes", Test::Is, "yes")])), "asked after it"),
        (one(1, &|q| q.shown_when = when(true, &[rule("gone", Test::Answered, "")])), "no earlier question"),
        (one(1, &|q| q.shown_when = when(true, &[rule("smokes", Test::Above, "3")])), "have no size"),
        (one(1, &|q| q.shown_when = when(true, &[rule("smokes", Test::Is, "perhaps")])), "waits for “perhaps”"),
        (one(1, &|q| q.least = "90".into()), "Nothing lies between 90 and 80"),
        (one(1, &|q| q.least = "few".into()), "A bound cannot be read"),
        (one(0, &|q| q.most = "3".into()), "have no size"),
        (one(2, &|q| q.condition = Some("lycanthropy".into())), "no condition of the catalogue"),
        (one(2, &|q| q.condition = Some("cauda_equina_signs".into())), "no condition"),
        (one(2, &|q| q.initial = vec!["no".into()]), "must be the client’s"),
        (one(4, &|q| q.condition = Some("asthma".into())), "Only a question with yes and no"),
        (one(3, &|q| q.options.clear()), "nothing to choose from"),
        (one(3, &|q| q.options[1].words = "Almond".into()), "offers “Almond” twice"),
        (one(0, &|q| q.options = choices("a\nb", &[])), "its kind shows none"),
        (one(0, &|q| q.initial = vec!["maybe".into()]), "from the start"),
        (one(3, &|q| q.initial = vec!["Rapeseed".into()]), "from the start"),
        (one(4, &|q| (q.kind, q.required) = (Kind::Words, true)), "asks nothing"),
        (one(4, &|q| (q.kind, q.help) = (Kind::Words, "x".into())), "needs no help"),
    ];
    for (found, says) in cases {
        assert!(found.contains(says), "{says}: {found}");
    }
}

#[test]
fn no_warning_sign_of_the_catalogue_can_be_asked_here() {
    let catalogue = Catalogue::shipped().expect("what ships");
    for condition in catalogue.conditions() {
        let found = with(|form| form.sections[0].questions[2].condition = Some(condition.id.clone()));
        let is_sign = crate::clinic::intake::topics::is_red_flag(condition);
        assert_eq!(found.contains("every form asks for it first"), is_sign, "{}: {found}", condition.id);
    }
}

#[test]
fn too_much_is_refused() {
    let many = with(|form| {
        let one = form.sections[0].questions[0].clone();
        for number in 0..MOST_QUESTIONS {
            form.sections[1].questions.push(Question { id: format!("more_{number}"), ..one.clone() });
        }
    });
    assert!(many.contains("use at most 100"), "{many}");
    let mut form = sample();
    while Act::AddSection.apply(&mut form) {}
    assert_eq!(form.sections.len(), MOST_SECTIONS);
    let long = with(|form| form.sections[0].questions[0].text = "x".repeat(1001));
    assert!(long.contains("1001 characters"), "{long}");
    let huge = with(|form| form.sections[0].questions[0].id = "x".repeat(1_000_000));
    assert!(huge.len() < 2_000);
}

#[test]
fn a_question_is_asked_when_its_rules_hold() {
    let form = sample();
    let asked = |pairs: &[(&str, &str)]| form.visible(&answers(pairs)).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(asked(&[]), "oils smokes veins");
    assert_eq!(asked(&[("smokes", "yes")]), "many oils smokes veins");
    assert_eq!(asked(&[("smokes", "yes"), ("many", "20")]), "many oils smokes veins why");
    assert_eq!(
        asked(&[("smokes", "yes"), ("many", "3"), ("oils", "olive"), ("oils", "none_at_all")]),
        "many oils smokes veins why"
    );
    // What is not asked counts as not answered: nobody said how many.
    assert_eq!(asked(&[("smokes", "no"), ("many", "20")]), "oils smokes veins");
    assert_eq!(asked(&[("veins", "unsure")]), "smokes veins");
}

#[test]
fn every_test_means_what_it_says() {
    let holds = |is: Test, value: &str, given: &[&str]| {
        let mut form = sample();
        form.sections[0].questions[1].shown_when = None;
        form.sections[1].shown_when = when(true, &[rule("many", is, value)]);
        let given: Vec<(&str, &str)> = given.iter().map(|value| ("many", *value)).collect();
        form.visible(&answers(&given)).contains("oils")
    };
    let table = [
        (Test::Answered, "", &["3"][..], true),
        (Test::Answered, "", &[], false),
        (Test::Blank, "", &[], true),
        (Test::Blank, "", &["3"], false),
        (Test::Is, "3", &["3"], true),
        (Test::Is, "3", &["03"], true),
        (Test::Is, "3", &["4"], false),
        (Test::Is, "3", &[], false),
        (Test::IsNot, "3", &["4"], true),
        (Test::IsNot, "3", &[], true),
        (Test::IsNot, "3", &["3"], false),
        (Test::Above, "3", &["4"], true),
        (Test::Above, "3", &["3"], false),
        (Test::AtLeast, "3", &["3"], true),
        (Test::Below, "3", &["2"], true),
        (Test::Below, "3", &["3"], false),
        (Test::AtMost, "3", &["3"], true),
        (Test::AtMost, "3", &["x"], false),
    ];
    for (is, value, given, expected) in table {
        assert_eq!(holds(is, value, given), expected, "{is:?} {value} {given:?}");
    }
}

#[test]
fn an_answer_is_what_the_question_takes() {
    let fault = |kind: Kind, change: &dyn Fn(&mut Question), values: &[&str]| {
        let mut one = question("it", kind, "It?");
        change(&mut one);
        let form = Questionnaire {
            sections: vec![Section { questions: vec![one], ..Section::default() }],
            ..Questionnaire::default()
        };
        let values: Vec<(&str, &str)> = values.iter().map(|value| ("it", *value)).collect();
        form.faults(&answers(&values)).into_iter().next().map(|(_, fault)| fault)
    };
    let as_is = |_: &mut Question| {};
    let needed = |q: &mut Question| q.required = true;
    let list = |q: &mut Question| q.options = choices("a\nb", &[]);
    assert_eq!(fault(Kind::Line, &as_is, &[]), None);
    assert_eq!(fault(Kind::Line, &needed, &[]), Some(Fault::Missing));
    assert_eq!(fault(Kind::Line, &needed, &[" "]), Some(Fault::Missing));
    assert_eq!(fault(Kind::Line, &as_is, &["a\nb"]), Some(Fault::Text(300)));
    assert_eq!(fault(Kind::Text, &as_is, &["a\nb"]), None);
    assert_eq!(fault(Kind::Date, &as_is, &["2026-02-30"]), Some(Fault::Day));
    assert_eq!(
        fault(Kind::Date, &|q| q.least = "2026-01-01".into(), &["2025-12-31"]),
        Some(Fault::Outside("2026-01-01".into(), String::new()))
    );
    assert_eq!(fault(Kind::Whole, &as_is, &["1.5"]), Some(Fault::Whole));
    assert_eq!(fault(Kind::Number, &as_is, &["1.5"]), None);
    for bad in ["inf", "nan", "1e9", "", "1,5", "0x10"] {
        assert!(bad.is_empty() || fault(Kind::Number, &as_is, &[bad]) == Some(Fault::Number), "{bad}");
    }
    assert_eq!(fault(Kind::Choice, &list, &["c"]), Some(Fault::NotOffered));
    assert_eq!(fault(Kind::Choice, &list, &["a", "b"]), Some(Fault::Several));
    assert_eq!(fault(Kind::OpenChoice, &list, &["something else"]), None);
    assert_eq!(fault(Kind::YesNo, &as_is, &["perhaps"]), Some(Fault::NotOffered));
    assert_eq!(fault(Kind::Consent, &needed, &["no"]), None, "a no is an answer");
    assert_eq!(fault(Kind::Consent, &as_is, &["unsure"]), Some(Fault::NotOffered));
    assert_eq!(fault(Kind::BodyMap, &as_is, &["neck", "hip.left"]), None);
    assert_eq!(fault(Kind::BodyMap, &as_is, &["tail"]), Some(Fault::NotOffered));
    assert_eq!(fault(Kind::Words, &as_is, &["x"]), None);
    for fault in [Fault::Missing, Fault::Day, Fault::Whole, Fault::Outside("1".into(), String::new()), Fault::Several] {
        assert!(fault.sentence(&question("it", Kind::Line, "It?")).ends_with('.'));
    }
}

#[test]
fn what_is_not_asked_needs_no_answer() {
    let mut form = sample();
    form.sections[0].questions[1].required = true;
    let wrong = |pairs: &[(&str, &str)]| -> Vec<String> {
        form.faults(&answers(pairs)).into_iter().map(|(question, _)| question.id.clone()).collect()
    };
    assert_eq!(wrong(&[("smokes", "no")]), ["veins"]);
    assert_eq!(wrong(&[("smokes", "yes")]), ["many", "veins"]);
    assert_eq!(wrong(&[("smokes", "no"), ("many", "nonsense"), ("veins", "no")]), Vec::<String>::new());
}

#[test]
fn sections_and_questions_are_moved_copied_added_and_removed() {
    let ids = |form: &Questionnaire| -> Vec<String> {
        form.sections
            .iter()
            .map(|one| one.questions.iter().map(|q| q.id.as_str()).collect::<Vec<_>>().join(" "))
            .collect()
    };
    let mut form = sample();
    assert!(Act::Up(Thing::Question(3)).apply(&mut form));
    assert_eq!(ids(&form), ["smokes many veins oils", "why"]);
    assert!(Act::Down(Thing::Question(3)).apply(&mut form));
    assert_eq!(ids(&form), ["smokes many veins", "oils why"]);
    assert!(Act::Copy(0).apply(&mut form) && Act::Remove(Thing::Question(2)).apply(&mut form));
    assert_eq!(ids(&form), ["smokes smokes_2 veins", "oils why"]);
    assert!(Act::Down(Thing::Section(0)).apply(&mut form) && Act::Remove(Thing::Section(0)).apply(&mut form));
    assert!(Act::Add(0, Kind::Date).apply(&mut form));
    assert_eq!(form.sections[0].questions[3].kind, Kind::Date);
    for act in [
        Act::Up(Thing::Question(0)),
        Act::Down(Thing::Question(99)),
        Act::Up(Thing::Section(0)),
        Act::Remove(Thing::Section(7)),
        Act::Copy(99),
        Act::Add(9, Kind::Line),
    ] {
        let before = form.clone();
        assert!(!act.apply(&mut form), "{act:?}");
        assert_eq!(form, before);
    }
    assert_eq!(Act::of("up.q.3"), Some(Act::Up(Thing::Question(3))));
    assert_eq!(Act::of("add.q.1.yes_no"), Some(Act::Add(1, Kind::YesNo)));
    for named in ["", "up", "up.q", "up.q.x", "up.z.1", "add.q.0.script", "drop.q.1", "copy.s.1"] {
        assert_eq!(Act::of(named), None, "{named}");
    }
}

#[test]
fn a_choice_keeps_its_code_when_it_is_reworded_or_moved() {
    let before = choices("Olive oil\nAlmond oil\nÁrnica", &[]);
    assert_eq!(before.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["olive_oil", "almond_oil", "arnica"]);
    let codes = |lines: &str| choices(lines, &before).into_iter().map(|one| one.code).collect::<Vec<_>>();
    assert_eq!(codes("Olive oil, cold pressed\nAlmond oil\nÁrnica"), ["olive_oil", "almond_oil", "arnica"]);
    assert_eq!(codes("Árnica\n\nOlive oil"), ["arnica", "olive_oil"]);
    assert_eq!(codes("Árnica\nOlive oil\nAlmond oil\nolive-oil"), ["arnica", "olive_oil", "almond_oil", "olive_oil_2"]);
}

#[test]
fn names_are_made_of_words() {
    assert_eq!(slug("Where does it hurt — ¿dónde?", "x"), "where_does_it_hurt_donde");
    assert_eq!([slug("…", "question_1"), slug("/55757-9/a", "x")], ["question_1", "55757_9_a"]);
    let long = slug(&"word ".repeat(30), "x");
    assert!(long.len() <= check::LONGEST_ID && check::is_id(&long));
    let other = unused(&long, |name| name == long);
    assert!(other != long && check::is_id(&other), "{other}");
}

#[test]
fn versions_are_compared_question_by_question() {
    let (old, mut new) = (sample(), sample());
    assert!(changes::between(&old, &new).is_empty());
    new.sections[0].questions[0].text = "Do you smoke or vape?".into();
    drop(new.sections[1].questions.pop());
    Act::Add(0, Kind::Date).apply(&mut new);
    let places: Vec<String> =
        changes::between(&old, &new).into_iter().map(|one| format!("{:?} {}", one.kind, one.place)).collect();
    // The second looks at the first, in its words.
    assert_eq!(places, ["Changed Question 1", "Changed Question 2", "Added Question 4", "Removed Question 5"]);
    let mut moved = sample();
    assert!(Act::Down(Thing::Question(0)).apply(&mut moved));
    assert_eq!(changes::between(&old, &moved).len(), 1);
}

#[test]
fn a_form_for_one_technique_is_asked_for_that_alone() {
    let mut form = sample();
    assert!(form.is_asked_for(None) && form.is_asked_for(Some(&"swedish".into())));
    form.techniques = vec!["hot_stones".into()];
    assert!(form.is_asked_for(Some(&"hot_stones".into())));
    assert!(!form.is_asked_for(Some(&"swedish".into())) && !form.is_asked_for(None));
    form.retired = true;
    assert!(!form.is_asked_for(Some(&"hot_stones".into())));
}
