//! A clinic's own questions in both databases: drafts, versions, and answers that keep theirs.

use aftercare::clinic::ids::IntakeId;
use aftercare::clinic::intake::Intake;
use aftercare::clinic::intake::own::{Answered, Own};
use aftercare::clinic::questionnaire::Questionnaire;
use aftercare::clinic::questionnaire::fhir::Left;
use aftercare::store::audit::Entry;
use aftercare::store::intake::Given;
use aftercare::store::questionnaire::{self, Key};
use aftercare::store::{fresh_uuid, intake};

use crate::support::cast::{Cast, start};
use crate::support::engines::{ask, engines};

fn form(title: &str, version: u32) -> Questionnaire {
    Questionnaire { version, ..Questionnaire::begun(title, "en") }
}

fn entry(cast: &Cast) -> Entry {
    Entry::system(cast.clinic, start(), "form.published", "form", "1/1".into())
}

#[tokio::test]
async fn drafts_and_versions_come_back_and_only_to_their_own_clinic() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let by = (cast.theo, start());
        let left = [Left { path: "Questionnaire.url".into(), says: "is not kept".into() }];
        let first = questionnaire::begin(&mut db, cast.clinic, (&form("One", 0), &left), by).await.expect("begins");
        let second = questionnaire::begin(&mut db, cast.clinic, (&form("Two", 0), &[]), by).await.expect("begins");
        assert_eq!((first, second), (Some(1), Some(2)));
        let key = Key { clinic: cast.clinic, number: 1 };
        let elsewhere = Key { clinic: cast.other_clinic, number: 1 };

        // The second of two people is told.
        let begun = questionnaire::drafts(&mut db, cast.clinic).await.expect("reads")[&1].version;
        let (one, other) = (form("One, changed", 0), form("One", 0));
        let saved = questionnaire::save_draft(&mut db, key, (&one, Some(&other)), begun, by).await.expect("saves");
        assert_eq!(saved, Some(begun + 1));
        for (key, over) in [(key, begun), (key, 0), (elsewhere, begun + 1)] {
            let refused = questionnaire::save_draft(&mut db, key, (&other, None), over, by).await.expect("runs");
            assert_eq!(refused, None);
        }
        let drafts = questionnaire::drafts(&mut db, cast.clinic).await.expect("reads");
        let draft = &drafts[&1];
        assert_eq!((&draft.form, draft.before.as_ref(), draft.version), (&one, Some(&other), begun + 1));
        assert_eq!(draft.left, left);
        assert!(questionnaire::drafts(&mut db, cast.other_clinic).await.expect("reads").is_empty());
        assert!(!questionnaire::drop_draft(&mut db, key, begun).await.expect("runs"));
        assert!(!questionnaire::drop_draft(&mut db, elsewhere, begun + 1).await.expect("runs"));
        assert!(questionnaire::drop_draft(&mut db, key, begun + 1).await.expect("runs"));

        // A number is published once; the newest is asked, until it is retired.
        let entry = entry(&cast);
        for (version, title) in [(1, "One"), (2, "One again")] {
            let published = questionnaire::publish(&mut db, key, &form(title, version), "why", &entry, cast.theo).await;
            assert!(published.expect("publishes"));
        }
        assert!(!questionnaire::publish(&mut db, key, &form("Late", 2), "", &entry, cast.theo).await.expect("runs"));
        let versions = questionnaire::versions(&mut db, cast.clinic).await.expect("reads");
        let told: Vec<(u32, u32, &str)> =
            versions.iter().map(|one| (one.number, one.form.version, one.note.as_str())).collect();
        assert_eq!(told, [(1, 1, "why"), (1, 2, "why")]);
        let asked = questionnaire::in_use(&mut db, cast.clinic).await.expect("reads");
        assert_eq!(
            asked.0.iter().map(|one| (one.number, one.form.title.as_str())).collect::<Vec<_>>(),
            [(1, "One again")]
        );
        assert!(questionnaire::in_use(&mut db, cast.other_clinic).await.expect("reads").0.is_empty());
        let retired = Questionnaire { retired: true, ..form("One again", 3) };
        assert!(questionnaire::publish(&mut db, key, &retired, "", &entry, cast.theo).await.expect("publishes"));
        assert!(questionnaire::in_use(&mut db, cast.clinic).await.expect("reads").0.is_empty());
        // A number that has versions is nobody else's.
        let third = questionnaire::begin(&mut db, cast.clinic, (&form("Three", 0), &[]), by).await.expect("begins");
        assert_eq!(third, Some(3));
    }
}

#[tokio::test]
async fn own_answers_are_sealed_and_keep_the_version_they_were_given_on() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let answered = Answered {
            id: "smokes".into(),
            asked: "Do you smoke pipeweed?".into(),
            values: vec!["yes".into()],
            said: vec!["Yes, of the Southfarthing".into()],
            condition: None,
            note: None,
            once: false,
        };
        let own = Own { form: 1, version: 4, title: "Habits".into(), answers: vec![answered] };
        let given = Given {
            id: IntakeId::from_uuid(fresh_uuid(start())),
            client: cast.cleo,
            given_at: start(),
            form_version: 1,
            answers: Intake { own: vec![own], ..Intake::default() },
            entered_by: "client".into(),
        };
        assert!(intake::insert(&mut db, cast.clinic, &given).await.expect("keeps"));
        assert_eq!(intake::find(&mut db, cast.clinic, given.id).await.expect("reads"), Some(given.clone()));
        assert_eq!(intake::find(&mut db, cast.other_clinic, given.id).await.expect("reads"), None);
        db.commit().await.expect("commits");
        let mut db = engine.store.read().await.expect("opens");
        let sql = if engine.file.is_some() {
            "select hex(answers) from intake"
        } else {
            "select encode(answers, 'hex') from intake"
        };
        let kept = ask(&mut db, sql).await.remove(0).to_lowercase();
        let hex: String = "pipeweed".bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(kept.len() > 100 && !kept.contains(&hex));
    }
}
