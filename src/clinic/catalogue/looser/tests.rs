//! Whatever an edit allows is told: each rule by itself, and any edit of the catalogue for any client.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::fresh::tests::written;
use super::super::{ConditionId, Entry, Shape, Spec};
use super::*;
use crate::clinic::body::Region;
use crate::clinic::brief::{Aftercare, Brief};
use crate::clinic::case::Case;
use crate::clinic::plan::{LetterId, Says, content};
use crate::clinic::protocol::Step;
use crate::clinic::tailoring::tailor;
use crate::clinic::visit_file;

fn shipped() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("what ships"))
}

fn edited(kind: Kind, id: &str, path: &str, value: Value) -> Vec<String> {
    let mut entry = shipped().entry(kind, id).expect("an entry");
    entry.set(path, value);
    let new = shipped().with(&[entry]).expect("it holds together");
    looser(shipped(), &new).into_iter().map(|one| one.says).collect()
}

#[test]
fn each_rule_that_grows_weaker_is_told_by_name() {
    let same: [String; 0] = [];
    assert_eq!(edited(Kind::Condition, "sciatica", "label", json!("Leg pain")), same);
    assert_eq!(edited(Kind::Condition, "low_back_sensitive", "massage", json!("medical_clearance")), same);
    for (kind, id, path, value, says) in [
        (
            Kind::Condition,
            "dvt_current",
            "massage",
            json!("caution"),
            "the session was “Do not treat” and is “Caution”",
        ),
        (Kind::Condition, "sciatica", "pressure", json!("any"), "the highest pressure was"),
        (Kind::Condition, "red_flags_now", "heat", json!("ok"), "heat was “Avoid” and is “Fine”"),
        (Kind::Condition, "heart_failure", "hydration", json!("ok"), "drinking was"),
        (
            Kind::Condition,
            "low_back_sensitive",
            "avoid_stretches",
            json!([]),
            "does not rule out “Standing forward bend” any more",
        ),
        (Kind::Condition, "sciatica", "extra_warning_signs", json!([]), "does not add the warning sign “"),
        (
            Kind::Stretch,
            "neck_turn",
            "region",
            json!("any"),
            "the place it is offered for was “Neck” and is “Any place”",
        ),
        (Kind::Sign, "saddle_numbness", "tier", json!("call_clinic"), "how urgent it is was"),
        (Kind::Sign, "saddle_numbness", "basis", json!("condition"), "who is told was"),
        (Kind::Sign, "saddle_numbness", "applies_to", json!(["hip"]), "is not told after work on: lower back"),
        (
            Kind::Advice,
            "heat",
            "when.steps",
            json!(["same_day", "day_1", "day_3", "day_7"]),
            "in these emails: also Day 7",
        ),
        (Kind::Advice, "yoga_pilates", "when.regions", Value::Null, "after work on: always now"),
        (
            Kind::Advice,
            "heat",
            "withheld_when.heat",
            json!(["avoid"]),
            "not withheld any more when heat is “With caution”",
        ),
        (Kind::Advice, "cold_option", "withheld_when.free_text", json!(false), "free text was not read"),
        (Kind::Advice, "see_a_provider", "when.steps", json!(["day_1"]), "may be in fewer emails now"),
        (Kind::Technique, "hot_stone", "unsuitable_when.heat_must_be_ok", json!(false), "where heat is not fine"),
        (Kind::Technique, "swedish", "unsuitable_when.conditions", json!([]), "is not ruled out by “"),
        (Kind::Technique, "deep_tissue", "called_for_by", json!(["scoliosis"]), "is suggested with “"),
        (Kind::Medicine, "anticoagulants", "names", json!(["warfarin"]), "“apixaban” is not looked for any more"),
    ] {
        let found = edited(kind, id, path, value);
        assert!(found.iter().any(|one| one.contains(says)), "{id} {path}: {found:?}");
    }
}

fn case_of(answers: &[(String, bool)], region: Region, technique: &str) -> Case {
    let of = |reported: bool| answers.iter().filter(move |(_, yes)| *yes == reported).map(|(id, _)| id);
    let file = json!({
        "client": { "first_name": "Cleo", "email": "cleo@example.org" },
        "visit": { "starts_at": "2026-03-27T15:00:00Z", "regions": [region.id()], "technique": technique },
        "intake": {
            "conditions": of(true).map(|id| json!({ "id": id })).collect::<Vec<_>>(),
            "unanswered": of(false).collect::<Vec<_>>(),
            "daily_load": ["desk_work", "standing", "lifting", "driving", "carer"],
            "consents": ["aftercare_email", "check_in_email"],
        },
    });
    visit_file::read(shipped(), &file.to_string()).expect("a good visit file")
}

/// What a client may do or is not told by the newer brief and was by the older.
fn allowed(old: &Brief, new: &Brief) -> Vec<&'static str> {
    let ruled_out = |brief: &Brief| brief.techniques.unsuitable.iter().map(|line| line.id.clone()).collect::<Vec<_>>();
    let signs_kept = old
        .warning_signs
        .iter()
        .all(|had| new.warning_signs.iter().any(|has| has.id == had.id && has.tier <= had.tier));
    let (was_out, is_out) = (ruled_out(old), ruled_out(new));
    let offered = &new.advice.stretches.offered;
    [
        (new.level < old.level, "level"),
        (new.pressure.ceiling > old.pressure.ceiling, "pressure"),
        (new.advice.heat.decision < old.advice.heat.decision, "heat"),
        (new.advice.hydration.decision < old.advice.hydration.decision, "hydration"),
        (offered.iter().any(|id| !old.advice.stretches.offered.contains(id)), "stretches"),
        (!signs_kept, "signs"),
        (was_out.iter().any(|id| !is_out.contains(id)), "techniques"),
        (old.avoid_regions.iter().any(|had| new.avoid_regions.iter().all(|has| has.region != had.region)), "places"),
        (old.aftercare == Aftercare::EmergencyOnly && new.aftercare == Aftercare::Routine, "aftercare"),
    ]
    .into_iter()
    .filter_map(|(is_looser, what)| is_looser.then_some(what))
    .collect()
}

/// An edit of a rule of one entry: which entry, which field, and which of the options are picked.
fn some_edit() -> impl Strategy<Value = (Entry, &'static Spec, Vec<bool>)> {
    let all: Vec<(Entry, &'static Spec)> = Kind::ALL
        .into_iter()
        .flat_map(|kind| shipped().entries(kind))
        .flat_map(|entry| {
            let rules = entry.kind.specs().iter().filter(|spec| {
                matches!(spec.shape, Shape::One(_) | Shape::Many(_) | Shape::Tick) && !spec.path.starts_with("needs")
            });
            rules.map(move |spec| (entry.clone(), spec)).collect::<Vec<_>>()
        })
        .collect();
    (proptest::sample::select(all), proptest::collection::vec(any::<bool>(), 64))
        .prop_map(|((entry, spec), picks)| (entry, spec, picks))
}

fn edit(entry: &Entry, spec: &Spec, picks: &[bool]) -> Entry {
    let picked = |pick: Pick| -> Vec<String> {
        let options = pick.options(shipped()).into_iter().zip(picks.iter().cycle());
        options.filter(|(_, is_picked)| **is_picked).map(|((id, _), _)| id).collect()
    };
    let value = match spec.shape {
        Shape::One(pick) => picked(pick).first().map_or(Value::Null, |id| json!(id)),
        Shape::Many(pick) => match picked(pick) {
            none if none.is_empty() && spec.empty_means_always() => Value::Null,
            picked => json!(picked),
        },
        _ => json!(picks[0]),
    };
    let mut changed = entry.clone();
    if spec.shape != Shape::Tick && value.is_null() && !spec.empty_means_always() {
        return changed;
    }
    changed.set(spec.path, value);
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_edit_allows_anything_that_is_not_told(
        (entry, spec, picks) in some_edit(),
        answers in proptest::collection::vec((proptest::sample::select(shipped().conditions().to_vec()), any::<bool>()), 0..6),
        region in proptest::sample::select(Region::ALL.to_vec()),
        technique in proptest::sample::select(shipped().techniques().to_vec()),
        is_about_it in any::<bool>(),
    ) {
        let Ok(new) = shipped().with(&[edit(&entry, spec, &picks)]) else { return Ok(()) };
        let mut answers: Vec<(String, bool)> = answers.into_iter().map(|(one, yes)| (one.id.to_string(), yes)).collect();
        // Half of the clients have what the edit is about.
        if is_about_it && entry.kind == Kind::Condition {
            answers.push((entry.id().to_owned(), true));
        }
        answers.sort();
        answers.dedup_by(|a, b| a.0 == b.0);
        let case = case_of(&answers, region, technique.id.as_str());
        let (before, after) = (tailor(shipped(), &case), tailor(&new, &case));
        let told = looser(shipped(), &new);
        let found = allowed(&before, &after);
        prop_assert!(found.is_empty() || !told.is_empty(), "{} {}: {found:?}", entry.id(), spec.path);
        if (Brief { catalogue_version: after.catalogue_version.clone(), ..before.clone() }) == after {
            for step in Step::ALL {
                let says = Says::of(LetterId::of_step(step));
                let (had, has) = (content(shipped(), &case, &before, says), content(&new, &case, &after, says));
                for id in has.advice.iter().filter(|id| !had.advice.contains(id)) {
                    prop_assert!(!told.is_empty(), "{id} came in at {step}: {} {}", entry.id(), spec.path);
                }
            }
        }
    }
}

#[test]
fn what_protects_somebody_is_told_when_it_is_retired() {
    for (kind, id, says) in [
        (Kind::Condition, "sciatica", "is not asked any more"),
        (Kind::Sign, "saddle_numbness", "nobody is told of it any more"),
        (Kind::Advice, "see_a_provider", "is in no email any more"),
    ] {
        let found = edited(kind, id, "retired", json!(true));
        assert!(found.iter().any(|one| one.contains(says)), "{id}: {found:?}");
    }
}

#[test]
fn what_is_retired_is_told_when_it_comes_back() {
    for (kind, id, says) in [
        (Kind::Stretch, "cat_cow", "is offered again"),
        (Kind::Advice, "heat", "is given again"),
        (Kind::Technique, "hot_stone", "can be booked again"),
    ] {
        let mut entry = shipped().entry(kind, id).expect("an entry");
        entry.set("retired", json!(true));
        let without = shipped().with(&[entry.clone()]).expect("it holds together");
        assert_eq!(looser(shipped(), &without), [], "{id}: less is no looser");
        entry.set("retired", json!(false));
        let back = without.with(&[entry]).expect("it holds together");
        assert_eq!(back.version(), shipped().version(), "what came back is what it was");
        let told = looser(&without, &back);
        assert!(told.len() == 1 && told[0].says.contains(says), "{told:?}");
    }
}

#[test]
fn not_everything_can_be_retired() {
    let retired = |kind: Kind, keep: &dyn Fn(&Entry) -> bool| -> Vec<Entry> {
        let mut all = shipped().entries(kind);
        all.retain(|entry| !keep(entry));
        all.iter_mut().for_each(|entry| entry.set("retired", json!(true)));
        all
    };
    let all = shipped().with(&retired(Kind::Sign, &|_| false)).expect_err("nobody would be warned");
    assert!(all.to_string().contains("keep one such sign for everyone"), "{all}");
    let all = shipped().with(&retired(Kind::Technique, &|_| false)).expect_err("nothing could be booked");
    assert!(all.to_string().contains("keep one that can be booked"), "{all}");
    assert!(shipped().with(&retired(Kind::Technique, &|one| one.id() == "swedish")).is_ok());
}

/// One act of an admin who adds and retires: a new entry with a rule of its own, or one that goes or comes back.
#[derive(Clone, Debug)]
enum Act {
    Add { kind: Kind, rule: proptest::sample::Index, picks: Vec<bool> },
    Retire { kind: Kind, which: proptest::sample::Index, goes: bool },
}

fn some_act() -> impl Strategy<Value = Act> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.can_be_added()).collect();
    let add = (proptest::sample::select(kinds.clone()), any::<proptest::sample::Index>());
    let add = (add, proptest::collection::vec(any::<bool>(), 64)).prop_map(|((kind, rule), picks)| Act::Add {
        kind,
        rule,
        picks,
    });
    let retire = (proptest::sample::select(kinds), any::<proptest::sample::Index>(), any::<bool>())
        .prop_map(|(kind, which, goes)| Act::Retire { kind, which, goes });
    prop_oneof![add, retire]
}

/// The catalogue after an act, and which entry it was about; nothing when it was refused.
fn after(catalogue: &Catalogue, act: &Act, number: usize) -> Option<(Catalogue, Kind, String)> {
    let entry = match act {
        Act::Add { kind, rule, picks } => {
            let fresh = written(catalogue, *kind, &format!("own_{number}"));
            let rules: Vec<&Spec> =
                kind.specs().iter().filter(|spec| matches!(spec.shape, Shape::One(_) | Shape::Many(_))).collect();
            edit(&fresh, rule.get::<&Spec>(&rules), picks)
        }
        Act::Retire { kind, which, goes } => {
            let mut entry = which.get(&catalogue.entries(*kind)).clone();
            entry.set("retired", json!(goes));
            entry
        }
    };
    let new = catalogue.with(std::slice::from_ref(&entry)).ok()?;
    Some((new, entry.kind, entry.id().to_owned()))
}

/// Which advice the newer catalogue gives this client that the older did not. A stricter brief brings in the advice
/// that is meant for it, such as cold in the place of heat: only where the brief is the same is more given.
fn given(old: &Catalogue, new: &Catalogue, case: &Case) -> Vec<String> {
    let (before, after) = (tailor(old, case), tailor(new, case));
    if (Brief { catalogue_version: after.catalogue_version.clone(), ..before.clone() }) != after {
        return Vec::new();
    }
    let mut all = Vec::new();
    for step in Step::ALL {
        let says = Says::of(LetterId::of_step(step));
        let (had, has) = (content(old, case, &before, says), content(new, case, &after, says));
        all.extend(has.advice.iter().filter(|id| !had.advice.contains(id)).map(ToString::to_string));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_sequence_of_adding_and_retiring_allows_anything_that_is_not_told(
        acts in proptest::collection::vec(some_act(), 1..7),
        answers in proptest::collection::vec((proptest::sample::select(shipped().conditions().to_vec()), any::<bool>()), 0..6),
        region in proptest::sample::select(Region::ALL.to_vec()),
        technique in proptest::sample::select(shipped().techniques().to_vec()),
        has_own in any::<bool>(),
    ) {
        let mut answers: Vec<(String, bool)> = answers.into_iter().map(|(one, yes)| (one.id.to_string(), yes)).collect();
        answers.sort();
        answers.dedup_by(|a, b| a.0 == b.0);
        let mut case = case_of(&answers, region, technique.id.as_str());
        if has_own {
            // What a client reported of an entry that came later, or was there before, counts as soon as there is one.
            case.intake.unanswered.extend((0..acts.len()).map(|number| ConditionId::from(format!("own_{number}").as_str())));
        }
        let mut catalogue = shipped().clone();
        for (number, act) in acts.iter().enumerate() {
            let Some((new, kind, id)) = after(&catalogue, act, number) else { continue };
            let told = looser(&catalogue, &new);
            let found = allowed(&tailor(&catalogue, &case), &tailor(&new, &case));
            let given = given(&catalogue, &new, &case);
            if !found.is_empty() || !given.is_empty() {
                prop_assert!(
                    told.iter().any(|one| one.kind == kind && one.id == id),
                    "{act:?} allows {found:?} and gives {given:?}, and this is told: {told:?}"
                );
            }
            catalogue = new;
        }
        // And all of it at once, as it is published.
        let found = allowed(&tailor(shipped(), &case), &tailor(&catalogue, &case));
        let given = given(shipped(), &catalogue, &case);
        prop_assert!((found.is_empty() && given.is_empty()) || !looser(shipped(), &catalogue).is_empty(), "{acts:?}: {found:?} {given:?}");
    }
}
