//! A stolen database file shows no health text.

use aftercare::clinic::body::Region;
use aftercare::clinic::brief::Aftercare;
use aftercare::clinic::case::BookedPressure;
use aftercare::clinic::ids::{IntakeId, PlanId};
use aftercare::clinic::intake::Intake;
use aftercare::clinic::note::{Note, Section, Signature};
use aftercare::clinic::plan::NotSent;
use aftercare::clinic::protocol::Step;
use aftercare::clinic::treatment::Done;
use aftercare::seal::Seal;
use aftercare::store::intake::{self, Given};
use aftercare::store::note::{self, Save};
use aftercare::store::outbox::{Begun, Owner};
use aftercare::store::plan::{self, Started};
use aftercare::store::{Db, Error, Store, fresh_uuid, treatment, visit};

use super::{begun, claimed};
use crate::support::cast::{Cast, start};
use crate::support::engines::{Engine, ask, engines, run};

/// Writes one canary into every sealed column.
async fn write_canaries(engine: &Engine) -> Cast {
    let mut db = engine.store.write().await.expect("opens");
    let cast = Cast::enter(&mut db).await;
    let answers = Intake { medicines: "canary_medicine".into(), goals: "canary_goal".into(), ..Intake::default() };
    let given = Given {
        id: IntakeId::from_uuid(fresh_uuid(start())),
        client: cast.cleo,
        given_at: start(),
        form_version: 1,
        answers,
        entered_by: "client".into(),
    };
    intake::insert(&mut db, cast.clinic, &given).await.expect("inserts");
    let started = Started {
        id: PlanId::from_uuid(fresh_uuid(start())),
        visit: cast.visit,
        protocol: 1,
        started_at: start(),
        catalogue_version: "1".into(),
        aftercare: Aftercare::Routine,
        not_sent: vec![NotSent { step: Step::DaySeven, reason: "canary_reason".into() }],
    };
    plan::insert(&mut db, cast.clinic, &started).await.expect("inserts");
    let done =
        Done { techniques: vec!["canary_done".into()], pressure: BookedPressure::Light, regions: vec![Region::Neck] };
    treatment::record(&mut db, cast.clinic, cast.visit, &done, cast.theo, start()).await.expect("records");
    write_note(&mut db, &cast).await;
    let owner = Owner::fresh();
    let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
    assert_eq!(begun(&mut db, &owner, &email).await, Begun::Go);
    db.commit().await.expect("commits");
    cast
}

/// A signed note with an addendum.
async fn write_note(db: &mut Db, cast: &Cast) {
    let mut draft = Note::default();
    draft.write(Section::Plan, "canary_note").expect("writes");
    let signature = Signature { by: cast.theo, name: cast.theo().name, at: start() };
    let signed = draft.sign(signature.clone(), None).expect("signs");
    let save = Save { visit: cast.visit, over: 0, note: &signed, by: cast.theo, at: start() };
    assert!(note::save(db, cast.clinic, save).await.expect("saves").is_some());
    let id = note::find(db, cast.clinic, cast.visit).await.expect("reads").expect("is there").id;
    let addendum = signed.add(signature, "canary_addendum").expect("adds");
    note::add(db, cast.clinic, id, &addendum).await.expect("adds");
}

#[tokio::test]
async fn no_byte_of_the_files_shows_a_clinical_word() {
    for engine in engines().await {
        let cast = write_canaries(&engine).await;
        let mut bytes = Vec::new();
        if let Some(file) = &engine.file {
            for end in ["", "-wal"] {
                bytes.extend(std::fs::read(format!("{}{end}", file.display())).expect("a file"));
            }
            let plain = cast.clinic.to_string();
            assert!(holds(&bytes, plain.as_bytes()), "the scan finds what is not sealed");
        } else {
            let mut db = engine.store.read().await.expect("opens");
            let sealed = [
                "treatment from visit",
                "answers from intake",
                "not_sent from plan",
                "sealed from email_content",
                "body from note",
                "body from note_addendum",
                "done from treatment_done",
            ];
            for column in sealed {
                bytes.extend(
                    ask(&mut db, &format!("select encode({}", column.replacen(' ', ", 'escape') ", 1)))
                        .await
                        .concat()
                        .into_bytes(),
                );
            }
            assert!(bytes.len() > 200);
        }
        assert!(!holds(&bytes, b"canary"));
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[tokio::test]
async fn a_sealed_value_does_not_open_in_another_row_or_with_another_key() {
    for engine in engines().await {
        let cast = write_canaries(&engine).await;
        let stranger = Store::open(&engine.url, Seal::from_key(&[1; 32])).await.expect("opens");
        let mut db = stranger.read().await.expect("opens");
        let error = visit::find(&mut db, cast.clinic, cast.visit).await.expect_err("sealed");
        assert!(matches!(error, Error::Seal(_)), "{error}");
        drop(db);

        let mut db = engine.store.write().await.expect("opens");
        let mut second = cast.appointment();
        second.id = aftercare::clinic::ids::VisitId::from_uuid(fresh_uuid(start()));
        visit::insert(&mut db, cast.clinic, &second, start()).await.expect("inserts");
        let swap = format!(
            "update visit set treatment = (select treatment from visit where id = '{}') where id = '{}'",
            cast.visit, second.id
        );
        run(&mut db, &swap).await.expect("runs");
        let error = visit::find(&mut db, cast.clinic, second.id).await.expect_err("another row's");
        assert!(matches!(error, Error::Seal(_)), "{error}");
    }
}
