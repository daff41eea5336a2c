use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::super::own::NONE;
use super::*;
use crate::clinic::body::Sensation;
use crate::clinic::intake::{DailyLoad, Since, Status};

const TODAY: Date = date(2026, 3, 27);

fn rules() -> (Catalogue, Form) {
    let catalogue = Catalogue::shipped().expect("what ships");
    let form = Form::shipped(&catalogue).expect("what ships");
    (catalogue, form)
}

fn checked(typed: &Typed, again: &Again) -> Result<Intake, FieldErrors> {
    let (catalogue, form) = rules();
    check(typed, &Asked { form: &form, catalogue: &catalogue, again, own: &NONE, today: TODAY })
}

/// These fields, with the one consent that nothing can be kept without.
fn typed(pairs: &[(&str, &str)]) -> Typed {
    Typed::read(pairs.iter().copied().chain([("consent", "health_data")]))
}

fn taken(pairs: &[(&str, &str)]) -> Intake {
    checked(&typed(pairs), &Again::default()).expect("an intake")
}

fn refused(pairs: &[(&str, &str)]) -> FieldErrors {
    checked(&typed(pairs), &Again::default()).expect_err("refused")
}

#[test]
fn a_blank_form_leaves_every_question_open() {
    let (catalogue, _) = rules();
    let intake = taken(&[]);
    assert_eq!(intake.unanswered.len(), catalogue.conditions().len());
    assert!(intake.conditions.is_empty() && intake.marks.is_empty());
}

#[test]
fn what_was_retired_is_asked_of_nobody_but_who_has_it() {
    let shipped = Catalogue::shipped().expect("what ships");
    let mut sciatica = shipped.entry(crate::clinic::catalogue::Kind::Condition, "sciatica").expect("an entry");
    sciatica.set("retired", serde_json::json!(true));
    let catalogue = shipped.with(&[sciatica]).expect("it holds together");
    let form = Form::shipped(&catalogue).expect("what ships");
    let again = Again::default();
    let asked = Asked { form: &form, catalogue: &catalogue, again: &again, own: &NONE, today: TODAY };
    let taken = |pairs: &[(&str, &str)]| check(&typed(pairs), &asked).expect("an intake");
    let blank = taken(&[]);
    assert!(!blank.unanswered.contains(&"sciatica".into()), "nobody can answer it any more");
    assert_eq!(blank.unanswered.len() + 1, catalogue.conditions().len());
    let has_it = taken(&[("yes", "sciatica"), ("at.sciatica.0.side", "left"), ("none", "back")]);
    assert_eq!(has_it.conditions.len(), 1, "who has it keeps it");
    // Too old to go by: it is asked again like any other, and holds until it is unsaid.
    let mut old = Again::default();
    old.conditions.insert("sciatica".into(), date(2025, 1, 1));
    let asked = Asked { again: &old, ..asked };
    let open = check(&typed(&[("none", "back")]), &asked).expect("an intake");
    assert!(open.conditions.len() == 1 && open.unanswered.contains(&"sciatica".into()));
    let gone = check(&typed(&[("again.sciatica", "gone"), ("none", "back")]), &asked).expect("an intake");
    assert!(gone.conditions.is_empty() && !gone.unanswered.contains(&"sciatica".into()));
}

#[test]
fn none_of_these_answers_the_whole_group_and_only_that() {
    let (_, form) = rules();
    let intake = taken(&[("none", "back"), ("yes", "sciatica")]);
    let back = form.groups().iter().find(|group| group.id == "back").expect("the back");
    assert_eq!(intake.conditions.len(), 1, "a yes stands beside \"none of the others\"");
    assert!(back.conditions.iter().all(|id| !intake.unanswered.contains(id)));
    assert!(intake.unanswered.contains(&"asthma".into()));
    let one = taken(&[("no", "diabetes")]);
    assert!(!one.unanswered.contains(&"diabetes".into()) && one.unanswered.contains(&"asthma".into()));
    let both = taken(&[("no", "diabetes"), ("yes", "diabetes")]);
    assert_eq!(both.conditions.len(), 1, "a yes is stronger than a no");
}

#[test]
fn a_condition_can_have_several_places() {
    let intake = taken(&[
        ("yes", "varicose_veins"),
        ("at.varicose_veins.0.region", "calf"),
        ("at.varicose_veins.0.side", "left"),
        ("at.varicose_veins.0.since", "March 2019"),
        ("at.varicose_veins.0.status", "current"),
        ("at.varicose_veins.2.region", "leg"),
        ("at.varicose_veins.3.region", "leg"),
    ]);
    let of =
        |region, side, since, status| ReportedCondition { id: "varicose_veins".into(), region, side, since, status };
    let march = Some(Since::Month(date(2019, 3, 1)));
    assert_eq!(
        intake.conditions,
        [
            of(Some(Region::Calf), Some(Side::Left), march, Some(Status::Current)),
            of(Some(Region::Leg), None, None, None),
        ]
    );
}

#[test]
fn an_old_answer_holds_until_someone_answers_it() {
    let again = Again { conditions: [("sciatica".into(), date(2025, 1, 1))].into(), ..Again::default() };
    let pairs = [("none", "back"), ("at.sciatica.0.side", "left")];
    let open = checked(&typed(&pairs), &again).expect("an intake");
    assert_eq!(open.conditions.len(), 1, "the old yes still counts");
    assert_eq!(open.conditions[0].side, Some(Side::Left));
    assert_eq!(open.unanswered.iter().filter(|id| id.as_str() == "sciatica").count(), 1, "and is told as open");
    assert_eq!(still_open(&typed(&pairs), &again).len(), 1);
    for (answer, yes) in [("same", true), ("gone", false)] {
        let answered = typed(&[pairs[0], pairs[1], ("again.sciatica", answer)]);
        let intake = checked(&answered, &again).expect("an intake");
        assert_eq!(!intake.conditions.is_empty(), yes, "{answer}");
        assert!(!intake.unanswered.contains(&"sciatica".into()), "{answer}");
        assert!(still_open(&answered, &again).is_empty());
    }
}

#[test]
fn marks_pain_loads_texts_and_words_of_doctors_are_taken() {
    let intake = taken(&[
        ("mark", "neck"),
        ("mark", "hip.left"),
        ("mark", "hip.left"),
        ("mark", "lower_back"),
        ("mark.hip.left.sensation", "burning"),
        ("mark.hip.left.intensity", "10"),
        ("mark.knee.left.intensity", "3"),
        ("pain", "0"),
        ("load", "sport"),
        ("load", "desk_work"),
        ("medicines", "one\r\ntwo\r\n"),
        ("yes", "heart_failure"),
        ("ok.heart_failure.by", "Dr Shah"),
        ("ok.heart_failure.on", "1 March 2026"),
        ("consent", "marketing"),
    ]);
    assert_eq!(
        intake.marks.iter().map(|mark| mark.region).collect::<Vec<_>>(),
        [Region::Neck, Region::LowerBack, Region::Hip]
    );
    let hip = &intake.marks[2];
    assert_eq!(
        (hip.side, hip.sensation, hip.intensity.map(Pain::score)),
        (Some(Side::Left), Some(Sensation::Burning), Some(10))
    );
    assert_eq!(intake.pain_now.map(Pain::score), Some(0));
    assert_eq!(intake.daily_load, [DailyLoad::DeskWork, DailyLoad::Sport]);
    assert_eq!(intake.medicines, "one\ntwo");
    assert_eq!(
        intake.clearance,
        [Clearance { condition: "heart_failure".into(), by: "Dr Shah".into(), on: Some(date(2026, 3, 1)) }]
    );
    assert_eq!(intake.consents, [Consent::HealthData, Consent::Marketing]);
}

#[test]
fn what_cannot_be_taken_is_said_by_its_field() {
    let long = "x".repeat(10_000_000);
    for (pairs, field, words) in [
        (vec![("yes", "gout_of_the_moon")], "yes", "“gout_of_the_moon” is not a condition on this form"),
        (vec![("none", "everything")], "none", "is not a group"),
        (vec![("yes", "sciatica"), ("at.sciatica.0.region", "tail")], "at.sciatica.0.region", "“tail” is not a place"),
        (vec![("yes", "sciatica"), ("at.sciatica.0.side", "up")], "at.sciatica.0.side", "is not a side"),
        (
            vec![("yes", "sciatica"), ("at.sciatica.1.status", "maybe")],
            "at.sciatica.1.status",
            "neither current nor past",
        ),
        (vec![("yes", "sciatica"), ("at.sciatica.0.since", "2027")], "at.sciatica.0.since", "still to come"),
        (
            vec![("yes", "sciatica"), ("at.sciatica.0.since", "31 February 2019")],
            "at.sciatica.0.since",
            "31 February 2019 does not exist",
        ),
        (vec![("pain", "11")], "pain", "“11” is not a score. Give a whole number from 0 to 10."),
        (vec![("pain", "-1")], "pain", "is not a score"),
        (vec![("pain", "lots")], "pain", "is not a score"),
        (vec![("mark", "tail.left")], "mark", "is not a place on the body map"),
        (vec![("mark", "hip.both")], "mark", "is not a place on the body map"),
        (vec![("mark", "hip.left"), ("mark.hip.left.intensity", "11")], "mark.hip.left.intensity", "is not a score"),
        (vec![("mark", "hip.left"), ("mark.hip.left.sensation", "odd")], "mark.hip.left.sensation", "not on the list"),
        (vec![("load", "juggling")], "load", "not on the list of daily loads"),
        (vec![("consent", "everything")], "consent", "nothing one can agree to"),
        (vec![("medicines", "a\0b")], "medicines", "cannot be shown"),
        (vec![("goals", "a\u{202e}b")], "goals", "cannot be shown"),
        (vec![("other_conditions", long.as_str())], "other_conditions", "10000000 characters long. Use at most 4000."),
        (vec![("pain", long.as_str())], "pain", "…” is not a score"),
        (
            vec![("yes", "heart_failure"), ("ok.heart_failure.on", "1 March 2026")],
            "ok.heart_failure.by",
            "Who gave the OK",
        ),
        (vec![("yes", "heart_failure"), ("ok.heart_failure.by", "Dr Shah")], "ok.heart_failure.on", "On which day"),
        (
            vec![("yes", "heart_failure"), ("ok.heart_failure.by", "Dr Shah"), ("ok.heart_failure.on", "2026")],
            "ok.heart_failure.on",
            "not a whole day",
        ),
        (
            vec![
                ("yes", "heart_failure"),
                ("ok.heart_failure.by", "Dr\u{202e}"),
                ("ok.heart_failure.on", "1 March 2026"),
            ],
            "ok.heart_failure.by",
            "cannot be shown",
        ),
    ] {
        let errors = refused(&pairs);
        assert_eq!(errors.len(), 1, "{field}: {errors:?}");
        let sentence = errors.of(field).unwrap_or_else(|| panic!("{field}: {errors:?}"));
        assert!(sentence.contains(words), "{field}: {sentence}");
        assert!(sentence.len() < 300, "{field}");
    }
}

#[test]
fn nothing_is_kept_without_the_consent_to_keep_it() {
    let errors = checked(&Typed::default(), &Again::default()).expect_err("refused");
    assert!(errors.of("consent").is_some_and(|sentence| sentence.contains("nothing here may be kept")));
}

#[test]
fn a_detail_of_what_is_not_ticked_is_not_taken() {
    let intake = taken(&[("at.sciatica.0.since", "2027"), ("mark.hip.left.intensity", "11")]);
    assert!(intake.conditions.is_empty() && intake.marks.is_empty());
}

fn any_intake() -> impl Strategy<Value = Intake> {
    let (catalogue, _) = rules();
    let ids: Vec<ConditionId> = catalogue.conditions().iter().map(|one| one.id.clone()).collect();
    let region = prop::option::of(prop::sample::select(Region::ALL.to_vec()));
    let side = prop::option::of(prop::sample::select(vec![Side::Left, Side::Right, Side::Both]));
    let since = prop::option::of(prop::sample::select(vec![
        Since::Year(date(2019, 1, 1)),
        Since::Month(date(2020, 5, 1)),
        Since::Day(date(2021, 12, 31)),
    ]));
    let status = prop::option::of(prop::sample::select(vec![Status::Current, Status::Past]));
    let place = (region, side, since, status);
    let score = || (0i64..=10).prop_map(|score| Pain::try_from(score).expect("a score"));
    let one_side = prop::option::of(prop::sample::select(vec![Side::Left, Side::Right]));
    let sensation = prop::option::of(prop::sample::select(vec![Sensation::Ache, Sensation::Numb]));
    let mark = (prop::sample::select(Region::ALL.to_vec()), one_side, sensation, prop::option::of(score()));
    (
        prop::collection::btree_map(prop::sample::select(ids.clone()), place, 0..6),
        prop::collection::btree_set(prop::sample::select(ids), 0..6),
        prop::collection::btree_map(0usize..40, mark, 0..4),
        prop::option::of(score()),
        "[a-z ]{0,12}",
        prop::sample::subsequence(vec![DailyLoad::DeskWork, DailyLoad::Driving], 0..=2),
    )
        .prop_map(move |(yes, blank, marks, pain_now, words, daily_load)| {
            let conditions: Vec<ReportedCondition> = yes
                .iter()
                .map(|(id, (region, side, since, status))| ReportedCondition {
                    id: id.clone(),
                    region: *region,
                    side: *side,
                    since: *since,
                    status: *status,
                })
                .collect();
            let mut marks: Vec<Mark> = marks
                .into_values()
                .map(|(region, side, sensation, intensity)| Mark { region, side, sensation, intensity })
                .collect();
            marks.sort_by_key(|mark| (mark.region, mark.side));
            marks.dedup_by_key(|mark| (mark.region, mark.side));
            Intake {
                conditions,
                unanswered: blank.into_iter().filter(|id| !yes.contains_key(id)).collect(),
                pain_now,
                marks,
                goals: words.trim().to_owned(),
                daily_load,
                consents: vec![Consent::HealthData],
                ..Intake::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Prefilled and saved without a change, an intake says the same again.
    #[test]
    fn an_intake_shown_and_taken_again_is_the_same(intake in any_intake()) {
        let (catalogue, form) = rules();
        let again = Again::default();
        let shown = Typed::of(&intake, &form, &again);
        let asked = Asked { form: &form, catalogue: &catalogue, again: &again, own: &NONE, today: TODAY };
        let mut taken = check(&shown, &asked).expect("what we showed is right");
        prop_assert!(super::super::changes::changes(&intake, &taken).is_empty());
        taken.conditions.sort_by(|a, b| a.id.cmp(&b.id));
        taken.unanswered.sort();
        let mut given = intake;
        given.unanswered.sort();
        prop_assert_eq!(taken, given);
    }

    /// What is asked again and left open never loosens what counts.
    #[test]
    fn an_open_question_keeps_every_yes(intake in any_intake()) {
        let (catalogue, form) = rules();
        let again = Again::of(&form, &[(date(2020, 1, 1), intake.clone())], TODAY);
        let shown = Typed::of(&intake, &form, &again);
        let taken = check(&shown, &Asked { form: &form, catalogue: &catalogue, again: &again, own: &NONE, today: TODAY }).expect("right");
        for one in &intake.conditions {
            prop_assert!(taken.conditions.contains(one) && taken.unanswered.contains(&one.id));
        }
        for id in &intake.unanswered {
            prop_assert!(taken.unanswered.contains(id));
        }
    }
}
