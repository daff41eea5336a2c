//! Words that somebody reads, and words of doctors.

use aftercare::clinic::ids::IntakeId;
use aftercare::clinic::intake::Intake;
use aftercare::store::intake::review;
use aftercare::store::{case, fresh_uuid};

use super::*;

/// An intake of Cleo's with these words.
async fn written(app: &TestApp, conditions: &[&str], other_conditions: &str, medicines: &str) -> IntakeId {
    app.advance(SignedDuration::from_secs(60));
    app.answer(conditions).await;
    let mut given = intakes(app).await.remove(0);
    app.advance(SignedDuration::from_secs(60));
    given.id = IntakeId::from_uuid(fresh_uuid(app.now()));
    given.given_at = app.now();
    given.answers = Intake { other_conditions: other_conditions.into(), medicines: medicines.into(), ..given.answers };
    app.write(async |db| intake::insert(db, app.cast.clinic, &given).await).await;
    given.id
}

#[tokio::test]
async fn words_are_read_once_and_then_heat_is_free_again() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let id = written(&app, &[], "An old fall", "").await;
        let path = format!("/intakes/{id}/review");
        let mut theo = app.sign_in("Theo").await;
        let page = theo.get(&path).await;
        assert!(
            page.status.is_success() && page.body.contains("An old fall") && page.body.contains("Read, nothing to add")
        );
        let unread = async || {
            let filed = app.write(async |db| case::find(db, app.cast.clinic, visit).await).await.expect("a case");
            filed.case.has_unread_condition()
        };
        assert!(unread().await);
        let empty = theo.post(&path, &[("act", "add")]).await;
        assert_eq!(empty.status.as_u16(), 422);
        assert!(empty.body.contains("Choose what these words mean") && empty.body.contains("Read, nothing to add"));
        assert!(unread().await, "a wrong form reads nothing");
        let read = theo.post(&path, &[("act", "nothing")]).await;
        assert_eq!(read.status.as_u16(), 303);
        assert!(!unread().await);
        let kept = app.write(async |db| review::of(db, app.cast.clinic, id).await).await.expect("read");
        assert_eq!((kept.by, kept.at), (app.cast.theo, app.now()));
        assert_eq!(deeds(&app, id).await, ["intake.text.read"]);
        let again = theo.post(&path, &[("act", "nothing")]).await;
        assert_eq!(again.status.as_u16(), 409);
        assert!(theo.get(&path).await.body.contains("Read today"));
    }
}

#[tokio::test]
async fn what_words_mean_is_added_to_a_corrected_intake() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.book("2026-01-06T09:00:00Z").await;
        let id = written(&app, &["diabetes"], "water on the lungs", "warfarin 3 mg").await;
        let path = format!("/intakes/{id}/review");
        let mut theo = app.sign_in("Theo").await;
        let page = theo.get(&path).await;
        assert!(page.body.contains("“warfarin” is written"), "a listed medicine is proposed");
        let unknown = theo.post(&path, &[("act", "add"), ("condition", "dropsy")]).await;
        assert_eq!(unknown.status.as_u16(), 422);
        let added =
            theo.post(&path, &[("act", "add"), ("condition", "anticoagulants"), ("condition", "heart_failure")]).await;
        assert_eq!(added.status.as_u16(), 303, "{}", added.body);
        let kept = intakes(&app).await;
        let ids: Vec<&str> = kept[0].answers.conditions.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["diabetes", "anticoagulants", "heart_failure"]);
        assert_eq!(kept[1].id, id);
        assert_eq!(kept[1].answers.conditions.len(), 1, "the intake as given is never changed");
        let read = app.write(async |db| review::of(db, app.cast.clinic, kept[0].id).await).await;
        assert!(read.is_some(), "the same words need no second reading");
        assert_eq!(deeds(&app, kept[0].id).await, ["intake.corrected"]);
        let told = theo.get(added.leads_to()).await;
        assert!(told.body.contains("Needs clearance") && told.body.contains("Was: Caution"));
        let late = theo.post(&path, &[("act", "nothing")]).await;
        assert_eq!(late.status.as_u16(), 409, "there are newer answers");
    }
}

#[tokio::test]
async fn a_doctors_word_is_recorded_without_telling_reception_what_it_is_needed_for() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.advance(SignedDuration::from_secs(60));
        app.answer(&["heart_failure"]).await;
        let path = format!("/clients/{}/clearance", app.cast.cleo);
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        let hers = rosa.get(&path).await.body;
        assert!(!hers.contains("Reported, and needs an OK") && !hers.contains(" selected>Heart failure"));
        assert!(theo.get(&path).await.body.contains("Reported, and needs an OK: Heart failure"));
        for (fields, words) in [
            (vec![("condition", "diabetes"), ("by", "Dr Shah"), ("on", "2 January 2026")], "What is the OK for?"),
            (vec![("condition", "heart_failure"), ("by", ""), ("on", "")], "Who gave the OK?"),
            (vec![("condition", "heart_failure"), ("by", "Dr Shah"), ("on", "6 January 2026")], "still to come"),
            (vec![("condition", "heart_failure"), ("by", "Dr Shah"), ("on", "31 February 2025")], "does not exist"),
        ] {
            let answer = rosa.post(&path, &fields).await;
            assert_eq!(answer.status.as_u16(), 422, "{words}");
            assert!(answer.body.contains(words), "{words}");
        }
        let before = intakes(&app).await.len();
        let fields = [("condition", "heart_failure"), ("by", "Dr Shah"), ("on", "2 January 2026")];
        app.advance(SignedDuration::from_secs(60));
        for _ in 0..2 {
            assert_eq!(rosa.post(&path, &fields).await.status.as_u16(), 303);
        }
        let kept = intakes(&app).await;
        assert_eq!(kept.len(), before + 1, "sent twice, kept once");
        assert_eq!(kept[0].answers.clearance.len(), 1);
        assert_eq!(kept[0].answers.conditions, kept[1].answers.conditions);
        assert_eq!(deeds(&app, kept[0].id).await, ["clearance.recorded"]);
    }
}

#[tokio::test]
async fn an_intake_is_read_with_what_had_changed() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.advance(SignedDuration::from_secs(60));
        app.answer(&["sciatica"]).await;
        let kept = intakes(&app).await;
        let mut theo = app.sign_in("Theo").await;
        let page = theo.get(&format!("/clients/{}/intakes/{}", app.cast.cleo, kept[0].id)).await;
        assert!(page.status.is_success() && page.body.contains("<span class=\"badge indigo\">New</span> Sciatica"));
        let first = theo.get(&format!("/clients/{}/intakes/{}", app.cast.cleo, kept[1].id)).await;
        assert!(first.body.contains("This is the first intake"));
        let log = app.write(async |db| audit::of_record(db, app.cast.clinic, &kept[0].id.to_string()).await).await;
        assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["intake.viewed"]);
        let other = theo.get(&format!("/clients/{}/intakes/{}", app.cast.cleo, app.cast.visit)).await;
        assert_eq!(other.status.as_u16(), 404);
    }
}
