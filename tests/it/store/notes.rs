//! Notes on both engines: versions, signing, addenda, the worklist, and what was done.

use aftercare::clinic::body::Region;
use aftercare::clinic::case::BookedPressure;
use aftercare::clinic::ids::{NoteId, VisitId};
use aftercare::clinic::note::{Note, Section, Signature};
use aftercare::clinic::treatment::Done;
use aftercare::store::note::{self, Save};
use aftercare::store::visit::VisitState;
use aftercare::store::{Db, account, case, fresh_uuid, treatment, visit};
use jiff::Timestamp;

use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{engines, run};

fn draft(words: &str) -> Note {
    let mut note = Note::default();
    note.write(Section::Objective, words).expect("writes");
    note
}

fn signature(cast: &Cast, at: Timestamp) -> Signature {
    Signature { by: cast.theo, name: cast.theo().name, at }
}

async fn save(db: &mut Db, cast: &Cast, over: u32, note: &Note) -> bool {
    let save = Save { visit: cast.visit, over, note, by: cast.theo, at: start() + minutes(over.into()) };
    note::save(db, cast.clinic, save).await.expect("saves").is_some()
}

async fn completed(db: &mut Db, cast: &Cast) {
    let mut done = cast.appointment();
    done.state = VisitState::Completed;
    done.completed_at = Some(done.ends_at);
    assert!(visit::save(db, cast.clinic, &done).await.expect("saves"));
}

#[tokio::test]
async fn of_two_who_write_on_one_version_the_second_writes_nothing() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert_eq!(note::find(&mut db, cast.clinic, cast.visit).await.expect("reads"), None);
        assert!(!save(&mut db, &cast, 1, &draft("there is none yet")).await);
        assert!(save(&mut db, &cast, 0, &draft("one")).await);
        assert!(!save(&mut db, &cast, 0, &draft("one too many")).await);
        assert!(save(&mut db, &cast, 1, &draft("two")).await);
        assert!(!save(&mut db, &cast, 1, &draft("late")).await);
        let kept = note::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there");
        assert_eq!((kept.version, &kept.note), (2, &draft("two")));
        assert_eq!((kept.changed_by.as_str(), kept.changed_at), ("Theo Lind", start() + minutes(1)));
        assert_eq!(note::find(&mut db, cast.other_clinic, cast.visit).await.expect("reads"), None);
    }
}

#[tokio::test]
async fn a_signed_note_is_never_written_again_and_takes_addenda() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert!(save(&mut db, &cast, 0, &draft("words")).await);
        let signed = draft("words").sign(signature(&cast, start() + minutes(5)), None).expect("signs");
        assert!(save(&mut db, &cast, 1, &signed).await);
        for over in 0..4 {
            assert!(!save(&mut db, &cast, over, &draft("changed")).await, "over version {over}");
        }
        let kept = note::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there");
        assert_eq!(kept.note, signed);
        for at in [20, 10] {
            let addendum = signed.add(signature(&cast, start() + minutes(at)), "Called: better.").expect("adds");
            note::add(&mut db, cast.clinic, kept.id, &addendum).await.expect("adds");
        }
        let kept = note::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there");
        let times: Vec<Timestamp> = kept.addenda.iter().map(|addendum| addendum.signature.at).collect();
        assert_eq!(times, [start() + minutes(10), start() + minutes(20)]);
        assert_eq!((kept.note, kept.addenda[0].text.as_str()), (signed, "Called: better."));
        db.commit().await.expect("commits");

        // The second fence: no statement of whatever kind makes it a draft again.
        for change in ["state = 'draft', signed_by = null, signed_at = null", "version = 9", "signed_at = 1"] {
            let mut db = engine.store.write().await.expect("opens");
            let refused = run(&mut db, &format!("update note set {change}")).await;
            assert!(refused.expect_err(change).to_string().contains("a signed note never changes"));
        }
        let mut db = engine.store.write().await.expect("opens");
        let half = "update note set state = 'signed' where state = 'draft'";
        assert!(save_other(&mut db, &cast).await);
        assert!(run(&mut db, half).await.is_err(), "signed without a signer");
    }
}

/// A draft of another visit.
async fn save_other(db: &mut Db, cast: &Cast) -> bool {
    let mut other = cast.appointment();
    other.id = VisitId::from_uuid(fresh_uuid(start()));
    visit::insert(db, cast.clinic, &other, start()).await.expect("inserts");
    let note = draft("other");
    let save = Save { visit: other.id, over: 0, note: &note, by: cast.theo, at: start() };
    note::save(db, cast.clinic, save).await.expect("saves").is_some()
}

#[tokio::test]
async fn notes_and_addenda_of_another_clinic_are_refused() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert!(save(&mut db, &cast, 0, &draft("ours")).await);
        let id = note::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there").id;
        db.commit().await.expect("commits");

        let mut db = engine.store.write().await.expect("opens");
        let theirs = draft("theirs");
        let over = Save { visit: cast.visit, over: 1, note: &theirs, by: cast.theo, at: start() };
        assert_eq!(note::save(&mut db, cast.other_clinic, over).await.expect("runs"), None);
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        let signed = draft("x").sign(signature(&cast, start()), None).expect("signs");
        let addendum = signed.add(signature(&cast, start()), "theirs").expect("adds");
        assert!(note::add(&mut db, cast.other_clinic, id, &addendum).await.is_err());
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        let nowhere = NoteId::from_uuid(fresh_uuid(start()));
        assert!(note::add(&mut db, cast.clinic, nowhere, &addendum).await.is_err());
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        let other = treatment::record(&mut db, cast.other_clinic, cast.visit, &light_neck(), cast.theo, start()).await;
        assert!(other.is_err());
    }
}

#[tokio::test]
async fn the_worklist_holds_completed_visits_without_a_signature() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let list = async |db: &mut Db, clinic, since| note::unsigned(db, clinic, since).await.expect("reads");
        assert!(list(&mut db, cast.clinic, start()).await.is_empty(), "a booked visit needs no note yet");
        completed(&mut db, &cast).await;
        let open = list(&mut db, cast.clinic, start()).await;
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].visit, open[0].therapist, open[0].begun_at), (cast.visit, Some(cast.theo), None));
        assert_eq!(open[0].first_name.as_str(), "Cleo");
        assert_eq!(open[0].therapist_name, Some(cast.theo().name));
        assert!(save(&mut db, &cast, 0, &draft("begun")).await);
        assert_eq!(list(&mut db, cast.clinic, start()).await[0].begun_at, Some(start()));
        assert!(list(&mut db, cast.clinic, start() + minutes(61)).await.is_empty());
        assert!(list(&mut db, cast.other_clinic, start()).await.is_empty());
        let signed = draft("begun").sign(signature(&cast, start()), None).expect("signs");
        assert!(save(&mut db, &cast, 1, &signed).await);
        assert!(list(&mut db, cast.clinic, start()).await.is_empty());
        let states = note::states(&mut db, cast.clinic, cast.cleo).await.expect("reads");
        assert_eq!(states, [(cast.visit, note::NoteState::Signed)]);
        assert!(note::states(&mut db, cast.other_clinic, cast.cleo).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn the_last_signed_note_is_of_an_earlier_visit_of_the_same_client() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let begins = cast.appointment().starts_at;
        let last = async |db: &mut Db, clinic, before| {
            note::last_signed(db, clinic, cast.cleo, before)
                .await
                .expect("reads")
                .map(|last| (last.visit, last.starts_at))
        };
        assert!(save(&mut db, &cast, 0, &draft("words")).await);
        assert_eq!(last(&mut db, cast.clinic, begins + minutes(1)).await, None, "a draft is not carried from");
        let signed = draft("words").sign(signature(&cast, start()), None).expect("signs");
        assert!(save(&mut db, &cast, 1, &signed).await);
        assert_eq!(last(&mut db, cast.clinic, begins + minutes(1)).await, Some((cast.visit, begins)));
        assert_eq!(last(&mut db, cast.clinic, begins).await, None);
        assert_eq!(last(&mut db, cast.other_clinic, begins + minutes(1)).await, None);
    }
}

fn light_neck() -> Done {
    Done { techniques: vec!["swedish".into()], pressure: BookedPressure::Light, regions: vec![Region::Neck] }
}

#[tokio::test]
async fn what_was_done_takes_the_place_of_what_was_booked_in_the_case() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let booked = cast.appointment().treatment;
        let filed = case::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there");
        assert_eq!((&filed.case.visit.treatment, &filed.booked, filed.done), (&booked, &booked, None));
        for region in [Region::Foot, Region::Neck] {
            let done = Done { regions: vec![region], ..light_neck() };
            treatment::record(&mut db, cast.clinic, cast.visit, &done, cast.theo, start()).await.expect("records");
        }
        assert_eq!(treatment::find(&mut db, cast.clinic, cast.visit).await.expect("reads"), Some(light_neck()));
        assert_eq!(treatment::find(&mut db, cast.other_clinic, cast.visit).await.expect("reads"), None);
        let filed = case::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("is there");
        assert_eq!(filed.case.visit.treatment, light_neck().instead_of(&booked));
        assert_eq!((filed.booked, filed.done), (booked, Some(light_neck())));
        assert_eq!(account::find(&mut db, cast.clinic, cast.theo).await.expect("reads"), Some(cast.theo()));
    }
}
