//! Drafts, reading of free text, how far an intake is, and the words of consents.

use aftercare::clinic::ids::{IntakeId, VisitId};
use aftercare::clinic::intake::form::InLanguage;
use aftercare::clinic::intake::typed::Typed;
use aftercare::clinic::intake::{Consent, Intake};
use aftercare::store::intake::draft::{self, By, Of};
use aftercare::store::intake::review::{self, Read};
use aftercare::store::intake::{self, Given, Progress};
use aftercare::store::visit::VisitState;
use aftercare::store::{Db, case, consent, fresh_uuid, visit};
use jiff::Timestamp;

use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{ask, engines};

fn typed(goal: &str) -> Typed {
    Typed::read([("yes", "sciatica"), ("goals", goal)])
}

fn given(cast: &Cast, at: Timestamp, answers: Intake) -> Given {
    let id = IntakeId::from_uuid(fresh_uuid(at));
    Given { id, client: cast.cleo, given_at: at, form_version: 1, answers, entered_by: cast.theo.to_string() }
}

fn with_text(other_conditions: &str, medicines: &str) -> Intake {
    Intake { other_conditions: other_conditions.into(), medicines: medicines.into(), ..Intake::default() }
}

async fn progress_of(db: &mut Db, cast: &Cast, visit: VisitId) -> Option<Progress> {
    intake::progress(db, cast.clinic, &[visit]).await.expect("reads").remove(&visit)
}

#[tokio::test]
async fn the_second_of_two_people_is_told_and_overwrites_nothing() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let of = Of { client: cast.cleo, visit: Some(cast.visit) };
        let save = async |db: &mut Db, over, goal: &str| {
            draft::save(db, cast.clinic, of, over, &typed(goal), (By::Staff(cast.theo), start())).await.expect("saves")
        };
        assert_eq!(draft::find(&mut db, cast.clinic, of).await.expect("reads"), None);
        assert_eq!(save(&mut db, 3, "over nothing").await, None);
        assert_eq!(save(&mut db, 0, "mine").await, Some(1));
        assert_eq!(save(&mut db, 0, "theirs").await, None, "another began the same form");
        assert_eq!(save(&mut db, 1, "more of mine").await, Some(2));
        assert_eq!(save(&mut db, 1, "theirs").await, None);
        let kept = draft::find(&mut db, cast.clinic, of).await.expect("reads").expect("is there");
        assert_eq!((kept.version, kept.typed, kept.changed_by), (2, typed("more of mine"), Some(cast.theo)));

        // One form a visit, and one without a visit, beside each other.
        let without = Of { client: cast.cleo, visit: None };
        assert_eq!(
            draft::save(&mut db, cast.clinic, without, 0, &typed("x"), (By::Staff(cast.theo), start()))
                .await
                .expect("saves"),
            Some(1)
        );
        let otto = cast.other_clinic;
        assert_eq!(draft::find(&mut db, otto, of).await.expect("reads"), None);
        assert!(!draft::remove(&mut db, otto, of).await.expect("runs"));
        assert!(draft::remove(&mut db, cast.clinic, of).await.expect("runs"));
        assert!(!draft::remove(&mut db, cast.clinic, of).await.expect("runs"));
        assert!(draft::find(&mut db, cast.clinic, without).await.expect("reads").is_some());
        assert_eq!(save(&mut db, 2, "after it was saved").await, None);
    }
}

#[tokio::test]
async fn a_draft_is_sealed() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let of = Of { client: cast.cleo, visit: None };
        let goal = typed("canary words");
        draft::save(&mut db, cast.clinic, of, 0, &goal, (By::Staff(cast.theo), start())).await.expect("saves");
        let sql = match db {
            Db::Sqlite(..) => "select hex(typed) from intake_draft",
            Db::Postgres(..) => "select encode(typed, 'hex') from intake_draft",
        };
        let kept = ask(&mut db, sql).await.remove(0).to_lowercase();
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(kept.len() > 100 && !kept.contains(&hex("canary")) && !kept.contains(&hex("sciatica")));
    }
}

#[tokio::test]
async fn the_same_intake_sent_twice_is_one() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let one = given(&cast, start(), with_text("an old fall", ""));
        assert!(intake::insert(&mut db, cast.clinic, &one).await.expect("inserts"));
        let again = Given { answers: with_text("another", ""), ..one.clone() };
        assert!(!intake::insert(&mut db, cast.clinic, &again).await.expect("runs"));
        assert_eq!(
            intake::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads"),
            std::slice::from_ref(&one)
        );
        assert_eq!(intake::find(&mut db, cast.clinic, one.id).await.expect("reads"), Some(one.clone()));
        assert_eq!(intake::find(&mut db, cast.other_clinic, one.id).await.expect("reads"), None);
    }
}

#[tokio::test]
async fn free_text_waits_until_someone_has_read_it_and_stays_read() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (ours, otto) = (cast.clinic, cast.other_clinic);
        let read = Read { by: cast.theo, at: start() + minutes(5) };
        let quiet = given(&cast, start(), Intake::default());
        intake::insert(&mut db, ours, &quiet).await.expect("inserts");
        assert!(review::waiting(&mut db, ours).await.expect("reads").is_empty());
        assert!(!review::record(&mut db, ours, quiet.id, read).await.expect("runs"), "there is nothing to read");

        let first = given(&cast, start() + minutes(1), with_text("a fall in May", "ibuprofen"));
        intake::insert(&mut db, ours, &first).await.expect("inserts");
        assert_eq!(review::waiting(&mut db, ours).await.expect("reads"), [(first.id, cast.cleo)]);
        assert!(review::waiting(&mut db, otto).await.expect("reads").is_empty());
        let is_read = async |db: &mut Db| {
            case::find(db, ours, cast.visit).await.expect("reads").expect("a case").case.free_text_read
        };
        assert!(!is_read(&mut db).await);
        assert!(!review::record(&mut db, otto, first.id, read).await.expect("runs"));
        assert!(review::record(&mut db, ours, first.id, read).await.expect("records"));
        assert!(!review::record(&mut db, ours, first.id, read).await.expect("runs"), "once");
        assert_eq!(review::of(&mut db, ours, first.id).await.expect("reads"), Some(read));
        assert_eq!(review::of(&mut db, otto, first.id).await.expect("reads"), None);
        assert!(is_read(&mut db).await);

        // Given again with the same words, it is read; with other words it waits.
        let same = given(&cast, start() + minutes(2), with_text(" a fall in May", "ibuprofen\n"));
        intake::insert(&mut db, ours, &same).await.expect("inserts");
        assert_eq!(review::of(&mut db, ours, same.id).await.expect("reads"), Some(read));
        assert!(is_read(&mut db).await);
        let other = given(&cast, start() + minutes(3), with_text("a fall in May", "warfarin"));
        intake::insert(&mut db, ours, &other).await.expect("inserts");
        let newest = given(&cast, start() + minutes(4), with_text("a fall in June", "warfarin"));
        intake::insert(&mut db, ours, &newest).await.expect("inserts");
        assert!(!is_read(&mut db).await);
        assert_eq!(
            review::waiting(&mut db, ours).await.expect("reads"),
            [(newest.id, cast.cleo)],
            "only the latest answers count"
        );
    }
}

#[tokio::test]
async fn an_intake_counts_for_a_visit_when_it_was_given_after_the_one_before() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert_eq!(progress_of(&mut db, &cast, cast.visit).await, Some(Progress::Missing));
        intake::insert(&mut db, cast.clinic, &given(&cast, start(), Intake::default())).await.expect("inserts");
        assert_eq!(progress_of(&mut db, &cast, cast.visit).await, Some(Progress::Done));

        let mut next = cast.appointment();
        next.id = VisitId::from_uuid(fresh_uuid(start()));
        next.starts_at += minutes(7 * 24 * 60);
        next.ends_at += minutes(7 * 24 * 60);
        visit::insert(&mut db, cast.clinic, &next, start()).await.expect("books");
        assert_eq!(progress_of(&mut db, &cast, next.id).await, Some(Progress::ToConfirm));
        let of = Of { client: cast.cleo, visit: Some(next.id) };
        draft::save(&mut db, cast.clinic, of, 0, &typed("x"), (By::Staff(cast.theo), start())).await.expect("saves");
        assert_eq!(progress_of(&mut db, &cast, next.id).await, Some(Progress::Unfinished));
        draft::remove(&mut db, cast.clinic, of).await.expect("removes");
        let before_it = given(&cast, next.starts_at - minutes(5), Intake::default());
        intake::insert(&mut db, cast.clinic, &before_it).await.expect("inserts");
        assert_eq!(progress_of(&mut db, &cast, next.id).await, Some(Progress::Done));

        // A visit that did not take place is no visit before.
        let mut off = cast.appointment();
        off.id = VisitId::from_uuid(fresh_uuid(start()));
        off.starts_at = next.starts_at + minutes(24 * 60);
        off.ends_at = next.ends_at + minutes(24 * 60);
        off.state = VisitState::Cancelled;
        let mut last = off.clone();
        last.id = VisitId::from_uuid(fresh_uuid(start()));
        last.starts_at = off.starts_at + minutes(24 * 60);
        last.ends_at = off.ends_at + minutes(24 * 60);
        last.state = VisitState::Booked;
        visit::insert(&mut db, cast.clinic, &off, start()).await.expect("books");
        visit::insert(&mut db, cast.clinic, &last, start()).await.expect("books");
        assert_eq!(progress_of(&mut db, &cast, last.id).await, Some(Progress::ToConfirm));
        let between = given(&cast, next.ends_at + minutes(1), Intake::default());
        intake::insert(&mut db, cast.clinic, &between).await.expect("inserts");
        assert_eq!(progress_of(&mut db, &cast, last.id).await, Some(Progress::Done));
        let seen = intake::progress(&mut db, cast.other_clinic, &[cast.visit, last.id]).await.expect("reads");
        assert!(seen.is_empty(), "another clinic sees none");
    }
}

#[tokio::test]
async fn the_words_of_a_consent_stay_as_they_were_first_used() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let keep = async |db: &mut Db, version, lang, words: &str| {
            let shown = InLanguage { lang, version, title: "Be treated", words };
            consent::keep_words(db, cast.clinic, Consent::Treatment, shown).await.expect("keeps");
        };
        keep(&mut db, 1, "en", "I agree.").await;
        keep(&mut db, 1, "en", "Something else.").await;
        keep(&mut db, 1, "es", "Acepto.").await;
        keep(&mut db, 2, "en", "I agree to more.").await;
        let words = async |db: &mut Db, clinic, shown| {
            consent::words(db, clinic, Consent::Treatment, shown).await.expect("reads")
        };
        assert_eq!(words(&mut db, cast.clinic, (1, "en")).await.as_deref(), Some("I agree."));
        assert_eq!(words(&mut db, cast.clinic, (1, "es")).await.as_deref(), Some("Acepto."));
        assert_eq!(words(&mut db, cast.clinic, (2, "en")).await.as_deref(), Some("I agree to more."));
        assert_eq!(words(&mut db, cast.clinic, (2, "es")).await, None);
        assert_eq!(words(&mut db, cast.other_clinic, (1, "en")).await, None);
    }
}
