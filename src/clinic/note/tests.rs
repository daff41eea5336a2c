//! What a note keeps, whatever the answers and the clicks.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::clinic::body::Region;
use crate::clinic::case::{BookedPressure, Case};
use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::VisitId;
use crate::clinic::intake::Intake;
use crate::clinic::tailoring::tailor;
use crate::clinic::visit_file;
use jiff::civil::{Date, date};

fn catalogue() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("the shipped catalogue"))
}

fn case(visit: &Value, intake: &Value) -> Case {
    let mut file = json!({
        "client": { "first_name": "Cleo" },
        "visit": { "starts_at": "2026-03-27T15:00:00Z", "technique": "deep_tissue", "pressure": "firm",
                   "regions": ["lower_back"] },
        "intake": intake,
    });
    for (key, value) in visit.as_object().into_iter().flatten() {
        file["visit"][key] = value.clone();
    }
    visit_file::read(catalogue(), &file.to_string()).expect("a good visit file")
}

fn cleo() -> Value {
    json!({
        "conditions": [
            { "id": "low_back_sensitive", "region": "lower_back", "status": "current" },
            { "id": "varicose_veins", "region": "calf", "side": "left" },
            { "id": "varicose_veins", "region": "leg", "side": "right" }
        ],
        "unanswered": ["diabetes"], "pain_now": 4,
        "marks": [{ "region": "lower_back", "side": "left", "sensation": "ache", "intensity": 4 }],
        "medicines": "Ibuprofen\nnow and then", "daily_load": ["desk_work"], "goals": "Sit through a day"
    })
}

const GIVEN: Date = date(2026, 3, 25);

fn offers_of(case: &Case, before: Option<(Date, &Intake)>, done: Option<&Done>) -> Vec<Offer> {
    let brief = tailor(catalogue(), case);
    let catalogue = catalogue();
    draft::offers(&Sources { catalogue, case, brief: &brief, given_on: Some(GIVEN), before, done })
}

fn offers(intake: &Value) -> Vec<Offer> {
    offers_of(&case(&json!({}), intake), None, None)
}

fn drafted(intake: &Value) -> Note {
    Note::default().made_again(&offers(intake))
}

fn words(offers: &[Offer], key: &str) -> String {
    offers.iter().find(|offer| offer.key == key).unwrap_or_else(|| panic!("no line {key}")).words.clone()
}

fn line<'a>(note: &'a Note, key: &str) -> &'a Line {
    note.lines.iter().find(|line| line.key == key).unwrap_or_else(|| panic!("no line {key}"))
}

fn seen(note: &Note, key: &str) -> String {
    line(note, key).words().to_owned()
}

fn decide(note: &mut Note, key: &str, choice: &Choice) {
    let seen = seen(note, key);
    note.decide(key, &seen, choice).expect("decided");
}

fn signature() -> Signature {
    Signature {
        by: AccountId::from_uuid(Uuid::from_u128(1)),
        name: "Theo Lind".parse().expect("a name"),
        at: "2026-03-27T16:20:00Z".parse().expect("an instant"),
    }
}

fn signed(intake: &Value) -> Note {
    let mut note = drafted(intake);
    note.accept_waiting().expect("accepts");
    note.sign(signature(), None).expect("signs")
}

#[test]
fn a_draft_says_what_the_answers_and_the_brief_say() {
    let offers = offers(&cleo());
    assert_eq!(words(&offers, "pain"), "Pain now 4 of 10; left lower back ache, 4 of 10.");
    assert_eq!(words(&offers, "daily_load"), "All day: desk work.");
    assert_eq!(words(&offers, "medicines"), "Medicines: “Ibuprofen now and then”");
    assert_eq!(words(&offers, "goals"), "Hopes for: “Sit through a day”");
    let veins = words(&offers, "condition/varicose_veins");
    assert!(veins.ends_with(": left calf; right leg."), "{veins}");
    assert!(words(&offers, "blank").starts_with("Not asked yet: "));
    assert_eq!(words(&offers, "avoid"), "Areas to leave alone: right leg, left calf.");
    let session = words(&offers, "session");
    assert_eq!(session, "Swedish massage instead of deep tissue massage, light pressure, lower back.");
    assert!(words(&offers, "home_care").starts_with("At home, by email: "));
    for offer in &offers {
        assert!(!offer.origin.because.is_empty(), "{} has no because", offer.key);
        let from_intake = offer.origin.source == Source::Intake;
        assert_eq!(offer.origin.on, from_intake.then_some(GIVEN), "{}", offer.key);
    }
}

#[test]
fn without_an_intake_nothing_is_read_from_empty_answers() {
    let case = case(&json!({}), &json!({}));
    let brief = tailor(catalogue(), &case);
    let sources =
        Sources { catalogue: catalogue(), case: &case, brief: &brief, given_on: None, before: None, done: None };
    let keys: Vec<String> = draft::offers(&sources).into_iter().map(|offer| offer.key).collect();
    assert_eq!(keys, ["no_intake", "session", "home_care"]);
}

#[test]
fn what_was_not_there_before_is_called_new() {
    let before = Intake::default();
    let offers = offers_of(&case(&json!({}), &cleo()), Some((date(2026, 2, 27), &before)), None);
    assert!(words(&offers, "condition/varicose_veins").starts_with("New since 27 February: varicose veins"));
    let same = case(&json!({}), &cleo());
    let offers = offers_of(&same, Some((date(2026, 2, 27), &same.intake)), None);
    assert!(!words(&offers, "condition/varicose_veins").contains("New since"));
}

#[test]
fn a_client_who_is_not_to_be_treated_gets_no_session_and_no_home_care() {
    let offers = offers(&json!({ "conditions": [{ "id": "red_flags_now" }], "pain_now": 2 }));
    assert_eq!(words(&offers, "session"), "No session today.");
    assert!(words(&offers, "level").starts_with("Not to be treated today: "));
    assert!(offers.iter().any(|offer| offer.key == "signs_only"));
    assert!(!offers.iter().any(|offer| offer.key == "home_care"));
}

#[test]
fn the_line_about_the_session_follows_what_was_done() {
    let done =
        Done { techniques: vec!["swedish".into()], pressure: BookedPressure::Light, regions: vec![Region::Neck] };
    let offers = offers_of(&case(&json!({}), &cleo()), None, Some(&done));
    assert_eq!(words(&offers, "session"), "Done: Swedish massage. Light pressure: neck.");
}

#[test]
fn each_line_can_be_accepted_edited_or_rejected_and_decided_anew() {
    let mut note = drafted(&cleo());
    decide(&mut note, "pain", &Choice::Accept);
    decide(&mut note, "goals", &Choice::Edit("  Wants to sit\n through a day ".into()));
    decide(&mut note, "daily_load", &Choice::Reject);
    let state = |note: &Note, key: &str| line(note, key).state();
    assert_eq!(state(&note, "pain"), State::Accepted);
    assert_eq!(state(&note, "goals"), State::Edited);
    assert_eq!(line(&note, "goals").settled(), Some("Wants to sit through a day"));
    assert_eq!(line(&note, "goals").offered.as_deref(), Some("Hopes for: “Sit through a day”"), "old words kept");
    assert_eq!(state(&note, "daily_load"), State::Rejected);
    assert_eq!(state(&note, "medicines"), State::Waiting);
    let says = note.says(Section::Subjective);
    assert!(says.contains(&"Wants to sit through a day") && !says.iter().any(|line| line.contains("desk work")));
    decide(&mut note, "daily_load", &Choice::Accept);
    assert_eq!(state(&note, "daily_load"), State::Accepted);
    let seen = seen(&note, "goals");
    assert_eq!(note.decide("goals", &seen, &Choice::Edit(" ".into())), Err(Refusal::NoWords("goals".into())));
    assert_eq!(note.decide("goals", &seen, &Choice::Edit("x".repeat(1001))), Err(Refusal::TooLong(1000)));
    assert_eq!(note.decide("no such line", "", &Choice::Accept), Ok(()));
}

#[test]
fn nobody_accepts_words_they_have_not_read() {
    let mut note = drafted(&cleo());
    note.decide("pain", "Pain now 3 of 10.", &Choice::Accept).expect("left alone");
    assert_eq!(line(&note, "pain").state(), State::Waiting);
}

#[test]
fn a_changed_answer_asks_again_and_keeps_what_was_decided() {
    let mut note = drafted(&cleo());
    decide(&mut note, "pain", &Choice::Edit("Ache when sitting, 4 of 10".into()));
    decide(&mut note, "goals", &Choice::Accept);
    decide(&mut note, "daily_load", &Choice::Reject);
    let mut answers = cleo();
    answers["pain_now"] = json!(7);
    answers["goals"] = json!("");
    answers["daily_load"] = json!([]);
    answers["allergies"] = json!("Nuts");
    let mut note = note.made_again(&offers(&answers));

    let pain = line(&note, "pain");
    assert_eq!((pain.state(), pain.words()), (State::Waiting, "Pain now 7 of 10; left lower back ache, 4 of 10."));
    let earlier = pain.earlier().and_then(|decision| decision.words.as_deref());
    assert_eq!(earlier, Some("Ache when sitting, 4 of 10"));
    let goals = line(&note, "goals");
    assert_eq!((goals.state(), goals.offered.as_deref()), (State::Waiting, None));
    assert_eq!(goals.words(), "Hopes for: “Sit through a day”", "accepted words of a withdrawn answer stay in view");
    assert!(!line(&note, "daily_load").is_shown(), "rejected and gone: nothing left to decide");
    assert_eq!(line(&note, "allergies").state(), State::Waiting);

    decide(&mut note, "goals", &Choice::Accept);
    assert_eq!(line(&note, "goals").state(), State::Edited, "kept without its answer, so it is the therapist's");
    // The old answer comes back: what was decided about it counts again.
    let back = note.made_again(&offers(&cleo()));
    assert_eq!(line(&back, "pain").state(), State::Edited);
    assert_eq!(line(&back, "daily_load").state(), State::Rejected);
}

#[test]
fn signing_asks_for_every_line_and_then_locks_the_note() {
    let mut note = drafted(&cleo());
    let waiting = note.waiting();
    assert!(waiting > 5);
    assert_eq!(note.clone().sign(signature(), None), Err(Refusal::Waiting(waiting)));
    note.accept_waiting().expect("accepts");
    let mut note = note.sign(signature(), None).expect("signs");
    let before = note.clone();
    let taken = Err(Refusal::Signed(signature()));
    assert_eq!(note.decide("pain", &seen(&before, "pain"), &Choice::Reject), taken);
    assert_eq!(note.write(Section::Plan, "x"), taken);
    assert_eq!(note.accept_waiting(), taken);
    assert_eq!(note.carry(Section::Plan, &last(&before)), taken);
    assert_eq!(note.clone().sign(signature(), None).map(drop), taken);
    assert_eq!(note.clone().made_again(&offers(&json!({}))), before);
    assert_eq!(note, before);
}

#[test]
fn an_empty_note_is_not_signed_and_empty_headings_are_left_out() {
    let case = case(&json!({}), &cleo());
    let brief = tailor(catalogue(), &case);
    let sources =
        Sources { catalogue: catalogue(), case: &case, brief: &brief, given_on: Some(GIVEN), before: None, done: None };
    let mut note = Note::draft(&sources);
    assert!(note.own_of(Section::Objective).contains("Posture and movement:"));
    for key in note.lines.iter().map(|line| line.key.clone()).collect::<Vec<_>>() {
        decide(&mut note, &key, &Choice::Reject);
    }
    assert_eq!(note.clone().sign(signature(), None), Err(Refusal::Empty), "headings alone are no note");
    note.write(Section::Objective, "Posture and movement:\r\nFelt under the hands: firm left of the spine\r\n")
        .expect("writes");
    let note = note.sign(signature(), None).expect("signs");
    assert_eq!(note.own_of(Section::Objective), "Felt under the hands: firm left of the spine");
    assert_eq!(note.own_of(Section::Plan), "");
}

#[test]
fn own_words_have_a_limit() {
    let mut note = drafted(&cleo());
    assert_eq!(note.write(Section::Plan, &"x".repeat(LONGEST_TEXT)), Ok(()));
    assert_eq!(note.write(Section::Plan, &"x".repeat(LONGEST_TEXT + 1)), Err(Refusal::TooLong(LONGEST_TEXT)));
}

#[test]
fn an_addendum_belongs_to_a_signed_note_and_changes_nothing_in_it() {
    assert_eq!(drafted(&cleo()).add(signature(), "x"), Err(Refusal::NotSigned));
    let note = signed(&cleo());
    assert_eq!(note.add(signature(), " \n "), Err(Refusal::Empty));
    assert_eq!(note.add(signature(), &"x".repeat(LONGEST_TEXT + 1)), Err(Refusal::TooLong(LONGEST_TEXT)));
    assert_eq!(note.add(signature(), " Called: better. ").expect("added").text, "Called: better.");
}

fn last(note: &Note) -> Last {
    Last { visit: VisitId::from_uuid(Uuid::from_u128(9)), on: date(2026, 2, 27), note: note.clone() }
}

#[test]
fn a_section_is_carried_once_with_its_mark_and_without_what_is_made_anew() {
    let mut old = drafted(&json!({ "pain_now": 3, "goals": "Run again", "conditions": [{ "id": "scoliosis" }] }));
    decide(&mut old, "goals", &Choice::Edit("Wants to run in May".into()));
    old.accept_waiting().expect("accepts");
    old.write(Section::Subjective, "Sleeps badly\nPosture and movement:").expect("writes");
    let last = last(&old.sign(signature(), None).expect("signs"));

    let mut note = drafted(&cleo());
    note.carry(Section::Subjective, &last).expect("carries");
    note.carry(Section::Subjective, &last).expect("carries");
    let carried: Vec<&Line> = note.lines.iter().filter(|line| line.origin.source == Source::LastNote).collect();
    let texts: Vec<&str> = carried.iter().map(|line| line.words()).collect();
    assert!(texts[0].starts_with("Scoliosis"), "{texts:?}");
    assert_eq!(texts[1..], ["Wants to run in May", "Sleeps badly"]);
    for line in &carried {
        assert_eq!((line.state(), line.origin.on), (State::Waiting, Some(date(2026, 2, 27))));
    }
    let keys: std::collections::BTreeSet<&str> = carried.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys.len(), 3, "each line has a key of its own");
    let again = note.clone().made_again(&offers(&cleo()));
    assert_eq!(again, note, "carried lines stay when the others are made again");
}

#[test]
fn every_technique_has_an_outline_whose_headings_are_known_as_such() {
    for technique in catalogue().techniques() {
        let own = outline::of(&technique.id);
        assert!(own.contains_key(&Section::Objective), "{}", technique.id);
        for line in own.values().flat_map(|text| text.lines()) {
            assert!(line.ends_with(':') && outline::is_heading(line), "{line}");
        }
    }
}

/// A few answers out of many, as a client might give them on different days.
fn answers() -> impl Strategy<Value = Value> {
    let ids: Vec<String> = catalogue().conditions().iter().map(|condition| condition.id.to_string()).collect();
    let yes = proptest::sample::subsequence(ids.clone(), 0..4);
    let blank = proptest::sample::subsequence(ids, 0..3);
    let texts = prop::sample::select(vec!["", "Nuts", "Two\nlines"]);
    (yes, blank, 0..=10i64, texts.clone(), texts).prop_map(|(yes, blank, pain, medicines, goals)| {
        let blank: Vec<String> = blank.into_iter().filter(|id| !yes.contains(id)).collect();
        json!({
            "conditions": yes.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(),
            "unanswered": blank, "pain_now": pain, "medicines": medicines, "goals": goals,
        })
    })
}

/// What a therapist did to the lines, by their number.
fn clicks() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((0..20usize, 0..3u8), 0..12)
}

fn clicked(mut note: Note, clicks: &[(usize, u8)]) -> Note {
    for (number, what) in clicks {
        let Some(key) = note.lines.get(*number).map(|line| line.key.clone()) else { continue };
        let choice = match what {
            0 => Choice::Accept,
            1 => Choice::Edit("In other words".into()),
            _ => Choice::Reject,
        };
        let _ = note.decide(&key, &seen(&note, &key), &choice);
    }
    note
}

proptest! {
    #[test]
    fn making_lines_again_twice_is_making_them_once(first in answers(), second in answers(), did in clicks()) {
        let offers = offers(&second);
        let once = clicked(drafted(&first), &did).made_again(&offers);
        prop_assert_eq!(once.clone().made_again(&offers), once);
    }

    #[test]
    fn no_decision_with_words_is_ever_lost(first in answers(), second in answers(), did in clicks()) {
        let before = clicked(drafted(&first), &did);
        let after = before.clone().made_again(&offers(&second));
        for line in before.lines.iter().filter(|line| line.decision.is_some()) {
            let same = after.lines.iter().find(|other| other.key == line.key);
            prop_assert_eq!(same.map(|other| &other.decision), Some(&line.decision));
        }
        prop_assert_eq!(&before.own, &after.own);
        // And back again, nothing has moved for the lines that were decided.
        let back = after.made_again(&offers(&first));
        for line in before.lines.iter().filter(|line| line.decision.is_some()) {
            let same = back.lines.iter().find(|other| other.key == line.key).expect("still there");
            prop_assert_eq!(same.state(), line.state());
        }
    }

    #[test]
    fn every_line_keeps_what_it_came_from(first in answers(), second in answers(), did in clicks()) {
        let before = clicked(drafted(&first), &did);
        let after = before.clone().made_again(&offers(&second));
        let mut keys = std::collections::BTreeSet::new();
        for line in &after.lines {
            prop_assert!(keys.insert(&line.key), "{} stands twice", line.key);
            prop_assert!(!line.origin.because.is_empty());
            if let Some(old) = before.lines.iter().find(|old| old.key == line.key) {
                prop_assert_eq!(old.section, line.section);
            }
        }
    }

    #[test]
    fn a_signed_note_never_changes(first in answers(), second in answers(), did in clicks()) {
        let mut note = clicked(drafted(&first), &did);
        note.write(Section::Plan, "Own words").expect("writes");
        note.accept_waiting().expect("accepts");
        let note = note.sign(signature(), None).expect("signs");
        prop_assert_eq!(clicked(note.clone(), &did).made_again(&offers(&second)), note);
    }
}
