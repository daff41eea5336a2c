//! The rules of tailoring over the whole shipped catalogue.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::brief::Brief;
use super::super::catalogue::{Heat, Hydration};
use super::super::plan::{LetterId, Says, content};
use super::super::protocol::Step;
use super::super::visit_file;
use super::*;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("the shipped catalogue"))
}

fn case_with(visit: &Value, intake: &Value) -> Case {
    let mut file = json!({
        "client": { "first_name": "Cleo", "email": "cleo@example.org" },
        "visit": { "starts_at": "2026-03-27T15:00:00Z", "regions": ["lower_back"] },
        "intake": intake,
    });
    for (key, value) in visit.as_object().into_iter().flatten() {
        file["visit"][key] = value.clone();
    }
    visit_file::read(catalogue(), &file.to_string()).expect("a good visit file")
}

fn brief_with(visit: &Value, intake: &Value) -> Brief {
    tailor(catalogue(), &case_with(visit, intake))
}

fn yes(ids: &[&str]) -> Value {
    json!({ "conditions": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() })
}

fn ids(lines: &[super::super::brief::TechniqueLine]) -> Vec<&str> {
    lines.iter().map(|line| line.id.as_str()).collect()
}

#[test]
fn a_sensitive_lower_back_booked_for_deep_tissue_is_advised_swedish() {
    let brief = brief_with(&json!({ "technique": "deep_tissue", "pressure": "firm" }), &yes(&["low_back_sensitive"]));
    assert_eq!(brief.level, Level::Caution);
    assert_eq!(brief.pressure.ceiling, Pressure::Light);
    assert!(!brief.techniques.booked.suitable);
    assert_eq!(ids(&brief.techniques.suggested), ["swedish", "relaxation", "chair"]);
    let deep = brief.techniques.unsuitable.iter().find(|line| line.id.as_str() == "deep_tissue").expect("ruled out");
    let because: Vec<&str> = deep.because.iter().map(|reason| reason.id.as_str()).collect();
    assert_eq!(because, ["low_back_sensitive", "pressure_ceiling"]);
    assert!(!brief.advice.stretches.offered.iter().any(|id| id.as_str() == "standing_forward_bend"));
}

#[test]
fn nothing_reported_is_a_plain_session() {
    let brief = brief_with(&json!({ "technique": "deep_tissue" }), &json!({}));
    assert_eq!((brief.level, brief.pressure.ceiling), (Level::None, Pressure::Any));
    assert!(brief.techniques.booked.suitable && brief.techniques.suggested.is_empty());
    assert!(brief.cautions.is_empty() && brief.questions.is_empty() && brief.tasks.is_empty());
    assert_eq!(brief.aftercare, Aftercare::Routine);
    assert_eq!(brief.advice.heat.decision, Heat::Ok);
}

#[test]
fn pregnancy_massage_is_suggested_only_when_pregnancy_calls_for_it() {
    let plain = brief_with(&json!({ "technique": "hot_stone" }), &yes(&["raynauds"]));
    assert_eq!(ids(&plain.techniques.suggested), ["swedish", "relaxation"]);
    let pregnant = brief_with(&json!({ "technique": "swedish" }), &yes(&["pregnancy_second_trimester"]));
    assert_eq!(ids(&pregnant.techniques.suggested), ["prenatal", "chair"]);
}

#[test]
fn a_ceiling_of_none_leaves_no_technique() {
    let brief = brief_with(&json!({}), &yes(&["dvt_current"]));
    assert_eq!(brief.techniques.unsuitable.len(), catalogue().techniques().len());
    assert!(brief.techniques.suggested.is_empty());
}

#[test]
fn a_bad_reaction_lowers_the_ceiling_one_step_but_not_below_light() {
    let ceiling = |reaction: &str, conditions: &[&str]| {
        let brief = brief_with(&json!({ "last_reaction": reaction }), &yes(conditions));
        (brief.pressure.ceiling, brief.pressure.because.iter().any(|reason| reason.id == "last_reaction"))
    };
    assert_eq!(ceiling("none", &[]), (Pressure::Any, false));
    assert_eq!(ceiling("sore_1_2_days", &[]), (Pressure::Any, false));
    assert_eq!(ceiling("sore_longer", &[]), (Pressure::Moderate, true));
    assert_eq!(ceiling("too_strong", &["asthma"]), (Pressure::Light, true));
    assert_eq!(ceiling("too_strong", &["sciatica"]), (Pressure::Light, true));
    assert_eq!(ceiling("too_strong", &["dvt_current"]), (Pressure::None, true));
}

#[test]
fn a_place_to_avoid_is_the_reported_one_or_else_the_treated_ones() {
    let regions = |intake: &Value| -> Vec<Region> {
        let brief = brief_with(&json!({ "regions": ["leg", "lower_back"] }), intake);
        brief.avoid_regions.iter().map(|avoid| avoid.region).collect()
    };
    assert_eq!(regions(&json!({ "conditions": [{ "id": "varicose_veins", "region": "calf" }] })), [Region::Calf]);
    assert_eq!(regions(&yes(&["varicose_veins"])), [Region::LowerBack, Region::Leg]);
    assert_eq!(regions(&json!({ "conditions": [{ "id": "sciatica", "region": "leg" }] })), []);
}

#[test]
fn a_clearance_counts_for_twelve_months_and_never_changes_the_level() {
    let aftercare = |on: &str, id: &str| {
        let clearance =
            json!({ "conditions": [{ "id": id }], "clearance": [{ "condition": id, "by": "Dr Lin", "on": on }] });
        let brief = brief_with(&json!({}), &clearance);
        assert!(brief.level >= Level::MedicalClearance);
        (brief.aftercare, brief.tasks.iter().any(|task| task.kind == TaskKind::RecordClearance))
    };
    for on in ["2026-03-27", "2026-03-01", "2025-03-27"] {
        assert_eq!(aftercare(on, "herniated_disc_acute"), (Aftercare::Routine, false), "{on}");
    }
    for on in ["2026-03-28", "2025-03-26"] {
        assert_eq!(aftercare(on, "herniated_disc_acute"), (Aftercare::EmergencyOnly, true), "{on}");
    }
    assert_eq!(aftercare("2026-03-01", "dvt_current").0, Aftercare::EmergencyOnly, "no word lifts a contraindication");
    let other = json!({ "conditions": [{ "id": "heart_failure" }], "clearance": [{ "condition": "dvt_history", "on": "2026-03-01" }] });
    assert_eq!(
        brief_with(&json!({}), &other).aftercare,
        Aftercare::EmergencyOnly,
        "a word counts for its condition alone"
    );
}

#[test]
fn a_blank_answer_filters_advice_and_asks_and_changes_nothing_else() {
    for condition in catalogue().conditions() {
        let id = condition.id.as_str();
        let blank = brief_with(&json!({}), &json!({ "unanswered": [id] }));
        let reported = brief_with(&json!({}), &yes(&[id]));
        let nothing = brief_with(&json!({}), &json!({}));
        assert_eq!(blank.advice.heat.decision, reported.advice.heat.decision, "{id}");
        assert_eq!(blank.advice.hydration.decision, reported.advice.hydration.decision, "{id}");
        assert_eq!(blank.advice.stretches.offered, reported.advice.stretches.offered, "{id}");
        assert_eq!(
            (blank.level, &blank.pressure, blank.aftercare, &blank.warning_signs, &blank.avoid_regions),
            (nothing.level, &nothing.pressure, nothing.aftercare, &nothing.warning_signs, &nothing.avoid_regions),
            "{id}"
        );
        assert_eq!(blank.questions.len(), 1, "{id}");
        assert_eq!(blank.tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), [TaskKind::AskUnanswered], "{id}");
    }
}

#[test]
fn free_text_withholds_heat_and_every_stretch_until_it_is_read() {
    let mut case = case_with(&json!({}), &json!({ "other_conditions": "a funny hip" }));
    let brief = tailor(catalogue(), &case);
    assert_eq!(brief.advice.heat.decision, Heat::Avoid);
    assert!(brief.advice.stretches.offered.is_empty());
    assert_eq!(brief.advice.stretches.withheld.len(), catalogue().stretches().len());
    assert_eq!(brief.tasks[0].kind, TaskKind::ReviewFreeText);
    case.free_text_read = true;
    let brief = tailor(catalogue(), &case);
    assert_eq!(brief.advice.heat.decision, Heat::Ok);
    assert!(!brief.advice.stretches.offered.is_empty() && brief.tasks.is_empty());
}

#[test]
fn a_medicine_asks_about_the_condition_it_points_to() {
    let brief = brief_with(&json!({}), &json!({ "medicines": "Warfarin, 3 mg" }));
    assert_eq!(brief.advice.heat.decision, Heat::Caution);
    assert_eq!(brief.questions[0].because[0].id, "anticoagulants");
    let kinds: Vec<TaskKind> = brief.tasks.iter().map(|task| task.kind).collect();
    assert_eq!(kinds, [TaskKind::ReviewFreeText, TaskKind::AskUnanswered]);
    let known = json!({ "conditions": [{ "id": "anticoagulants" }], "medicines": "warfarin" });
    assert!(brief_with(&json!({}), &known).questions.is_empty(), "a yes is not asked again");
}

#[test]
fn minors_get_no_stretches_and_a_guardian_task() {
    let brief = |born: &str| {
        let mut case = case_with(&json!({}), &json!({}));
        case.client.born = Some(born.parse().expect("a day"));
        tailor(catalogue(), &case)
    };
    let child = brief("2008-03-28");
    assert!(child.advice.stretches.offered.is_empty());
    assert_eq!(child.tasks[0].kind, TaskKind::Guardian);
    let adult = brief("2008-03-27");
    assert!(!adult.advice.stretches.offered.is_empty() && adult.tasks.is_empty());
}

#[test]
fn signs_come_with_the_treated_region_and_what_it_belongs_to() {
    let has = |regions: Value, id: &str| {
        let brief = brief_with(&json!({ "regions": regions }), &json!({}));
        brief.warning_signs.iter().any(|sign| sign.id.as_str() == id)
    };
    assert!(has(json!(["calf"]), "one_leg_swelling"), "calf brings leg");
    assert!(has(json!(["shoulder"]), "stroke_signs"), "shoulder brings neck");
    assert!(has(json!(["shoulder"]), "arm_numb_tingling"), "shoulder brings arm");
    assert!(has(json!(["jaw"]), "thunderclap_headache"), "jaw brings head");
    assert!(!has(json!([]), "saddle_numbness"), "no region, general signs only");
    assert!(has(json!([]), "chest_pain_breathless"));
    assert!(!has(json!(["leg"]), "saddle_numbness"));
}

#[test]
fn everything_ticked_is_the_strictest() {
    let all: Vec<&str> = catalogue().conditions().iter().map(|condition| condition.id.as_str()).collect();
    let regions: Vec<&str> = Region::ALL.iter().map(|region| region.id()).collect();
    let brief = brief_with(&json!({ "regions": regions }), &yes(&all));
    assert_eq!((brief.level, brief.pressure.ceiling), (Level::Contraindication, Pressure::None));
    assert_eq!((brief.advice.heat.decision, brief.advice.hydration.decision), (Heat::Avoid, Hydration::DoNotPush));
    assert!(brief.advice.stretches.offered.is_empty() && brief.techniques.suggested.is_empty());
    assert_eq!(brief.warning_signs.len(), catalogue().warning_signs().len());
}

#[test]
fn every_line_says_because() {
    let all: Vec<&str> = catalogue().conditions().iter().map(|condition| condition.id.as_str()).collect();
    for id in all {
        let brief = brief_with(&json!({ "technique": "deep_tissue", "last_reaction": "too_strong" }), &yes(&[id]));
        let lines = brief.cautions.iter().chain(&brief.questions).map(|line| &line.because);
        let techniques =
            brief.techniques.suggested.iter().chain(&brief.techniques.unsuitable).map(|line| &line.because);
        let stretches = brief.advice.stretches.withheld.iter().map(|line| &line.because);
        let tasks = brief.tasks.iter().map(|task| &task.because);
        for because in lines.chain(techniques).chain(stretches).chain(tasks) {
            assert!(
                because.iter().all(|reason| !reason.says.is_empty() && !reason.id.is_empty()) && !because.is_empty(),
                "{id}"
            );
        }
        assert_eq!(brief.advice.heat.decision == Heat::Ok, brief.advice.heat.because.is_empty(), "{id}");
    }
}

/// Some conditions, each reported or left blank, in some order.
fn some_answers() -> impl Strategy<Value = Vec<(String, bool)>> {
    let all: Vec<String> = catalogue().conditions().iter().map(|condition| condition.id.to_string()).collect();
    proptest::sample::subsequence(all, 0..8)
        .prop_shuffle()
        .prop_flat_map(|ids| {
            let count = ids.len();
            (Just(ids), proptest::collection::vec(any::<bool>(), count))
        })
        .prop_map(|(ids, reported)| ids.into_iter().zip(reported).collect())
}

fn intake_of(answers: &[(String, bool)]) -> Value {
    let of = |reported: bool| answers.iter().filter(move |(_, yes)| *yes == reported).map(|(id, _)| id);
    json!({
        "conditions": of(true).map(|id| json!({ "id": id })).collect::<Vec<_>>(),
        "unanswered": of(false).collect::<Vec<_>>(),
        "daily_load": ["desk_work", "standing", "lifting", "driving", "carer"],
        "consents": ["aftercare_email", "check_in_email"],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_order_of_answers_never_matters(answers in some_answers(), region in proptest::sample::select(Region::ALL.to_vec())) {
        let visit = json!({ "regions": [region.id()], "technique": "deep_tissue" });
        let mut turned = answers.clone();
        turned.reverse();
        prop_assert_eq!(brief_with(&visit, &intake_of(&answers)), brief_with(&visit, &intake_of(&turned)));
    }

    #[test]
    fn one_more_answer_never_loosens(
        answers in some_answers(),
        more in proptest::sample::select(catalogue().conditions().iter().map(|condition| condition.id.to_string()).collect::<Vec<_>>()),
        reported in any::<bool>(),
        region in proptest::sample::select(Region::ALL.to_vec()),
    ) {
        prop_assume!(!answers.iter().any(|(id, _)| *id == more));
        let visit = json!({ "regions": [region.id()], "technique": "deep_tissue" });
        let case = case_with(&visit, &intake_of(&answers));
        let mut with_more = answers;
        with_more.push((more, reported));
        let stricter_case = case_with(&visit, &intake_of(&with_more));
        let (loose, strict) = (tailor(catalogue(), &case), tailor(catalogue(), &stricter_case));
        prop_assert!(strict.level >= loose.level && strict.pressure.ceiling <= loose.pressure.ceiling);
        prop_assert!(strict.advice.heat.decision >= loose.advice.heat.decision);
        prop_assert!(strict.advice.hydration.decision >= loose.advice.hydration.decision);
        prop_assert!(strict.advice.stretches.offered.iter().all(|id| loose.advice.stretches.offered.contains(id)));
        prop_assert!(loose.warning_signs.iter().all(|sign| strict.warning_signs.contains(sign)));
        prop_assert!(loose.techniques.unsuitable.iter().all(|line| ids(&strict.techniques.unsuitable).contains(&line.id.as_str())));
        prop_assert!(loose.cautions.iter().all(|line| strict.cautions.iter().any(|kept| kept.text == line.text)));
        prop_assert!(loose.aftercare == Aftercare::Routine || strict.aftercare == Aftercare::EmergencyOnly);
        for step in Step::ALL {
            let says = Says::of(LetterId::of_step(step));
            let (before, after) = (content(catalogue(), &case, &loose, says), content(catalogue(), &stricter_case, &strict, says));
            for id in &after.advice {
                let item = catalogue().advice_item(id).expect("an item of the catalogue");
                // Only the stricter wording of a set may come in, or what a reported condition asks for.
                let allowed = before.advice.contains(id) || item.when.conditions.is_some() || item.when.heat.is_some() || item.when.hydration.is_some();
                prop_assert!(allowed, "{id} came in at {step}");
            }
        }
    }

    #[test]
    fn no_email_ever_offers_what_an_answer_rules_out(answers in some_answers(), region in proptest::sample::select(Region::ALL.to_vec())) {
        let case = case_with(&json!({ "regions": [region.id()] }), &intake_of(&answers));
        let brief = tailor(catalogue(), &case);
        for step in Step::ALL {
            let says = Says::of(LetterId::of_step(step));
            let content = content(catalogue(), &case, &brief, says);
            for (id, _) in &answers {
                let condition = catalogue().condition(&id.as_str().into()).expect("a condition");
                prop_assert!(!content.stretches.iter().any(|stretch| condition.avoid_stretches.contains(stretch)), "{id} {step}");
                for item in content.advice.iter().filter_map(|item| catalogue().advice_item(item)) {
                    prop_assert!(!item.withheld_when.conditions.contains(&condition.id), "{id} {} {step}", item.id);
                    prop_assert!(!item.withheld_when.heat.contains(&condition.heat), "{id} {} {step}", item.id);
                    prop_assert!(!item.withheld_when.hydration.contains(&condition.hydration), "{id} {} {step}", item.id);
                }
            }
            let has = |id: &str| content.advice.iter().any(|item| item.as_str() == id);
            prop_assert!(!has("heat") || !has("heat_caution"));
            prop_assert!(!has("hydration") || !has("hydration_limited"));
            prop_assert!(!(has("sleep_position") && has("sleep_position_side")));
            let food = ["prepare_food_drink", "prepare_food_limited", "prepare_food_usual"];
            prop_assert!(food.iter().filter(|id| has(id)).count() <= 1);
            prop_assert!(content.withheld.iter().all(|withheld| !withheld.because.is_empty()));
        }
    }
}
