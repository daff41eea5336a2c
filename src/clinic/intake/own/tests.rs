use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::super::Consent;
use super::super::check::{Asked, check};
use super::super::form::Form;
use super::super::guest::{Guest, Wrong, wrong_of};
use super::super::topics::{Topic, Walk, put};
use super::*;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::questionnaire::{Rule, Test, When};

const TODAY: Date = date(2026, 3, 27);

fn question(id: &str, kind: Kind) -> Question {
    Question { id: id.into(), kind, text: format!("About {id}?"), ..Question::default() }
}

/// Veins stand for a condition; how long is asked of whoever has them; a name is signed.
fn forms() -> OwnForms {
    let veins = Question {
        condition: Some("varicose_veins".into()),
        note: Some(note::Section::Subjective),
        ..question("veins", Kind::YesNo)
    };
    let rule = Rule { question: "veins".into(), is: Test::Is, value: "yes".into() };
    let long = Question {
        required: true,
        shown_when: Some(When { all: true, rules: vec![rule] }),
        ..question("long", Kind::Whole)
    };
    let first = Section { heading: "Legs".into(), questions: vec![veins, long], ..Section::default() };
    let name = Question { required: true, ..question("name", Kind::Signature) };
    let second = Section { heading: "Sign".into(), questions: vec![name], ..Section::default() };
    let form = Questionnaire {
        title: "Ours".into(),
        version: 4,
        lang: "en".into(),
        sections: vec![first, second],
        ..Questionnaire::default()
    };
    OwnForms(vec![Numbered { number: 3, form }])
}

fn with<T>(again: &Again, work: impl FnOnce(Asked<'_>) -> T) -> T {
    let catalogue = Catalogue::shipped().expect("what ships");
    let form = Form::shipped(&catalogue).expect("what ships");
    work(Asked { form: &form, catalogue: &catalogue, again, own: &forms(), today: TODAY })
}

fn typed(pairs: &[(&str, &str)]) -> Typed {
    Typed::read(pairs.iter().copied().chain([("consent", "health_data"), ("q.3.name", "Cleo Okafor")]))
}

fn taken(pairs: &[(&str, &str)]) -> Intake {
    with(&Again::default(), |asked| check(&typed(pairs), &asked).expect("taken"))
}

fn reports(intake: &Intake, id: &str) -> bool {
    intake.conditions.iter().any(|one| one.id.as_str() == id)
}

#[test]
fn a_yes_counts_as_the_tick_in_the_group_does() {
    let by_tick = taken(&[("yes", "varicose_veins"), ("none", "heart")]);
    let by_answer = taken(&[("q.3.veins", "yes"), ("q.3.long", "9"), ("none", "heart")]);
    assert_eq!(by_answer.conditions, by_tick.conditions);
    assert_eq!(by_answer.unanswered, by_tick.unanswered);
    // Said in the group with its place, the place stays.
    let both = taken(&[
        ("yes", "varicose_veins"),
        ("at.varicose_veins.0.side", "left"),
        ("q.3.veins", "yes"),
        ("q.3.long", "9"),
    ]);
    assert!(both.conditions.len() == 1 && both.conditions[0].side.is_some());
}

#[test]
fn not_sure_leaves_the_question_open_and_a_no_takes_nothing_away() {
    let unsure = taken(&[("q.3.veins", "unsure"), ("none", "heart")]);
    assert!(!reports(&unsure, "varicose_veins") && unsure.unanswered.contains(&"varicose_veins".into()));
    let no = taken(&[("q.3.veins", "no"), ("yes", "varicose_veins")]);
    assert!(reports(&no, "varicose_veins"));
    let blank = taken(&[]);
    assert!(blank.unanswered.contains(&"varicose_veins".into()), "blank in the group stays blank");
}

#[test]
fn a_condition_that_left_the_catalogue_keeps_no_form_from_being_taken() {
    let mut own = forms();
    own.0[0].form.sections[0].questions[0].condition = Some("phlogiston".into());
    for answer in ["yes", "unsure"] {
        let form = typed(&[("q.3.veins", answer), ("q.3.long", "9")]);
        let given = with(&Again::default(), |asked| check(&form, &Asked { own: &own, ..asked })).expect("taken");
        assert!(!reports(&given, "phlogiston") && !given.unanswered.contains(&"phlogiston".into()));
        assert_eq!(given.own[0].answers[0].values, [answer]);
    }
}

#[test]
fn answers_are_kept_with_their_words_and_the_version() {
    let given = taken(&[("q.3.veins", "yes"), ("q.3.long", "9"), ("q.7.gone", "x"), ("q.3.gone", "x")]);
    let [own] = given.own.as_slice() else { panic!("one form") };
    assert_eq!((own.form, own.version, own.title.as_str()), (3, 4, "Ours"));
    let said: Vec<(&str, &str)> = own.answers.iter().map(|one| (one.asked.as_str(), one.said[0].as_str())).collect();
    assert_eq!(said, [("About veins?", "Yes"), ("About long?", "9"), ("About name?", "Cleo Okafor")]);
    assert!(!format!("{given:?}").contains("Cleo"));
    // What is not asked is not kept: nobody has veins, so nobody was asked how long.
    let given = taken(&[("q.3.veins", "no"), ("q.3.long", "9")]);
    assert_eq!(given.own[0].answers.len(), 2);
    // Kept as text, and read back.
    let text = serde_json::to_string(&given).expect("JSON");
    assert_eq!(serde_json::from_str::<Intake>(&text).expect("read"), given);
    assert!(!serde_json::to_string(&Intake::default()).expect("JSON").contains("own"));
}

#[test]
fn what_is_wrong_stands_beside_its_field_for_staff_and_for_clients() {
    with(&Again::default(), |asked| {
        let form = typed(&[("q.3.veins", "yes")]);
        let errors = check(&form, &asked).expect_err("how long is missing");
        assert!(errors.of("q.3.long").is_some_and(|says| says.contains("needs an answer")));
        assert_eq!(wrong_of("q.3.long", &asked, &form), Wrong::Needed);
        let form = typed(&[("q.3.veins", "yes"), ("q.3.long", "nine")]);
        assert_eq!(wrong_of("q.3.long", &asked, &form), Wrong::Number);
        let form = Typed::read([("consent", "health_data")]);
        assert_eq!(wrong_of("q.3.name", &asked, &form), Wrong::Name);
        assert!(check(&form, &asked).is_err());
    });
}

#[test]
fn shown_again_are_the_answers_but_for_what_is_signed_and_what_is_too_old() {
    let given = taken(&[("q.3.veins", "yes"), ("q.3.long", "9")]);
    let catalogue = Catalogue::shipped().expect("what ships");
    let form = Form::shipped(&catalogue).expect("what ships");
    let fresh = Typed::of(&given, &form, &Again::default());
    assert_eq!((fresh.one("q.3.veins"), fresh.one("q.3.long"), fresh.one("q.3.name")), ("yes", "9", ""));
    let old = Again::of(&form, &[(date(2020, 1, 1), given.clone())], TODAY);
    assert!(Typed::of(&given, &form, &old).one("q.3.veins").is_empty(), "an old yes is asked again");
}

#[test]
fn each_section_is_a_page_before_the_consents_and_a_page_changes_its_own_fields() {
    with(&Again::default(), |asked| {
        let (mut form, guest) = (Typed::default(), Guest::default());
        let pages = |form: &Typed, guest: &Guest| -> Vec<String> {
            let walk = Walk { asked, typed: form, guest, is_returning: true };
            walk.topics().iter().map(|topic| topic.id().to_owned()).filter(|id| id.starts_with("own-")).collect()
        };
        assert_eq!(pages(&form, &guest), ["own-3-0", "own-3-1"]);
        let legs = Topic::find("own-3-0", asked.form, asked.own).expect("a page");
        for id in ["own-3-9", "own-9-0", "own-3", "own-03-0", "own-3-00"] {
            assert_eq!(Topic::find(id, asked.form, asked.own), None, "{id}");
        }
        put(&legs, &asked, &mut form, &Typed::read([("q.3.veins", "yes"), ("q.3.name", "Eve"), ("pain", "9")]));
        assert_eq!(form.names().collect::<Vec<_>>(), ["q.3.veins"]);
        let walk = Walk { asked, typed: &form, guest: &guest, is_returning: false };
        assert_eq!((walk.topic_of("q.3.long"), walk.topic_of("q.3.name").id()), (legs, "own-3-1"));
        // Nothing has changed: only what is open and matters is asked.
        let same = Guest { same: true, ..Guest::default() };
        assert_eq!(pages(&form, &same), ["own-3-0", "own-3-1"]);
        form.add("q.3.long", "9");
        assert_eq!(pages(&form, &same), ["own-3-1"]);
    });
}

#[test]
fn a_question_that_an_answer_brings_is_asked_before_one_goes_on() {
    let (own, page) = (forms(), OwnPage::new(3, 0));
    let (before, now) = (Typed::default(), Typed::read([("q.3.veins", "yes")]));
    assert_eq!(newly_asked(&page, &own, &before, &now), ["q.3.long"]);
    assert!(newly_asked(&page, &own, &now, &now).is_empty());
    let answered = Typed::read([("q.3.veins", "yes"), ("q.3.long", "2")]);
    assert!(newly_asked(&page, &own, &before, &answered).is_empty());
}

#[test]
fn what_stands_there_from_the_start_gives_way_to_an_answer() {
    let mut own = forms();
    own.0[0].form.sections[0].questions[1].initial = vec!["1".into()];
    let mut typed = Typed::read([("q.3.long", "7")]);
    own.begin(&mut typed);
    assert_eq!(typed.one("q.3.long"), "7");
    let mut typed = Typed::default();
    own.begin(&mut typed);
    assert_eq!(typed.one("q.3.long"), "1");
}

proptest! {
    /// Whatever is answered to the clinic's own questions, the medical part never says less than without it.
    #[test]
    fn own_questions_never_loosen_anything(
        ticks in prop::collection::vec(0..40_usize, 0..6),
        nones in prop::collection::vec(0..10_usize, 0..6),
        veins in prop_oneof![Just(""), Just("yes"), Just("no"), Just("unsure")],
    ) {
        with(&Again::default(), |asked| {
            let mut form = Typed::read([("consent", Consent::HealthData.id()), ("q.3.name", "Cleo"), ("q.3.long", "2")]);
            for at in &ticks {
                form.add("yes", asked.catalogue.conditions()[*at].id.as_str());
            }
            for at in nones.iter().filter_map(|at| asked.form.groups().get(*at)) {
                form.add("none", &at.id);
            }
            let without = check(&form, &Asked { own: &NONE, ..asked }).expect("taken");
            if !veins.is_empty() {
                form.add("q.3.veins", veins);
            }
            let with = check(&form, &asked).expect("taken");
            for one in &without.conditions {
                assert!(with.conditions.contains(one));
            }
            for id in &without.unanswered {
                assert!(with.unanswered.contains(id) || with.conditions.iter().any(|one| &one.id == id));
            }
        });
    }
}
