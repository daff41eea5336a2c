//! A letter of another clinic of the same admin, and a draft that was dropped and begun anew meanwhile.

use aftercare::clinic::plan::LetterId;
use aftercare::store::audit::Entry;
use aftercare::store::letter::{self, Key};
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::{DAY, form, publish, send, set, write};
use crate::support::app::TestApp;

#[tokio::test]
async fn what_another_clinic_of_mine_has_published_becomes_a_draft_here() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let other = app.cast.other_clinic;
        let mut theirs = app.worker.letters.letters().language("en").expect("English").letter(LetterId::DayOne).clone();
        theirs.version = 7;
        theirs.subject = "How are you today?".into();
        let (by, now) = (app.cast.staff("Otto").1, app.now());
        app.write(async |db| {
            let entry = Entry::system(other, now, "letter.published", "letter", "day_1/en/7".into());
            letter::publish(db, Key { clinic: other, locale: "en", letter: LetterId::DayOne }, &theirs, "", &entry, by)
                .await
        })
        .await;
        let versions = format!("{DAY}/versions");
        let take = [("clinic", other.to_string()), ("version", "7".into()), ("draft", "0".into())];
        let take: Vec<(String, String)> = take.map(|(name, value)| (name.to_owned(), value)).into();

        // Somebody who does not work there has nothing to take over.
        let mut ada = app.sign_in("Ada").await;
        assert!(!ada.get(&versions).await.body.contains("In your other clinics"));
        assert_eq!(send(&mut ada, &versions, &take).await.status, StatusCode::NOT_FOUND);

        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get(&versions).await.body.contains("Version 7 there"));
        assert_eq!(send(&mut ada, &versions, &take).await.status, StatusCode::SEE_OTHER);
        assert!(ada.get(DAY).await.body.contains("How are you today?"));
        assert_eq!(app.ask("select action from audit where action = 'letter.taken_over'").await.len(), 1);
        let published = publish(&mut ada, "as over there").await;
        assert_eq!(published.status, StatusCode::SEE_OTHER, "{}", published.body);
        let clinic = app.cast.clinic.to_string();
        let own =
            app.ask(&format!("select cast(version as text) from letter_version where clinic_id = '{clinic}'")).await;
        assert_eq!(own, ["2"], "numbers are the clinic's own");
    }
}

#[tokio::test]
async fn a_draft_begun_anew_is_not_the_one_that_somebody_still_looks_at() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        write(&mut ada, "What Ada sees.").await;
        let seen = form(&mut ada, DAY, DAY).await;
        let mut dropped = seen.clone();
        set(&mut dropped, "act", "drop");
        assert_eq!(send(&mut ada, DAY, &dropped).await.status, StatusCode::SEE_OTHER);
        app.advance(SignedDuration::from_secs(1));
        write(&mut ada, "What a colleague wrote since.").await;
        let mut late = seen;
        set(&mut late, "b0.body", "What Ada wrote over it.");
        assert_eq!(send(&mut ada, DAY, &late).await.status, StatusCode::CONFLICT);
        assert!(ada.get(DAY).await.body.contains("What a colleague wrote since."));
    }
}
