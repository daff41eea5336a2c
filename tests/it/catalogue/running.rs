//! A catalogue that is published while everything runs: pages and workers take it up without a restart, what waits
//! follows as it was said, and what cannot be read keeps emails back.

use std::sync::Arc;

use aftercare::clinic::catalogue::{Catalogue, Kind};
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::catalogue::newest::Newest;
use aftercare::store::setting::SignOff;
use aftercare::store::{self, catalogue};
use aftercare::web::Web;
use axum::http::StatusCode;
use serde_json::json;

use super::{MORNING, PUBLICATION, change, form, of, publish, rehearse, send, set, sign, text_of};
use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test]
async fn what_waits_follows_a_publication_as_the_look_at_it_said() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        // A process that was running all along.
        let mut theo = app.sign_in("Theo").await;
        assert!(theo.get(&format!("/visits/{visit}")).await.body.contains("Caution"));
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Condition, "low_back_sensitive"), "massage", "medical_clearance").await;
        let page = rehearse(&mut ada).await;
        for says in [
            "The session: was “Caution” and is “Only with a doctor’s word”",
            "Becomes the letter with urgent signs alone",
            "Is not sent: a doctor’s word is needed first",
        ] {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert!(!page.contains("This allows more than before"), "it is stricter alone");
        let waiting = |step| app.email(visit, step);
        assert_eq!(waiting(Step::DayOne).await.state, State::Scheduled, "looking changes nothing");
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        for step in [Step::DayOne, Step::DayThree, Step::DaySeven] {
            assert_eq!(waiting(step).await.state, State::Cancelled, "{step}");
        }
        assert_eq!(waiting(Step::SameDay).await.letter.id(), "emergency_only");
        let shown = theo.get(&format!("/visits/{visit}")).await.body;
        assert!(shown.contains("Needs clearance"), "pages that run go by it with the next request");
    }
}

#[tokio::test]
async fn nothing_that_was_written_by_the_old_catalogue_leaves_after_the_new_one() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let email = app.email(visit, Step::SameDay).await;
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Advice, "what_is_normal"), "text", "You may be sore for a day.").await;
        rehearse(&mut ada).await;
        // A worker holds it, written, and has not begun.
        let lease = app.now().as_millisecond() + 60_000;
        app.sql(&format!(
            "update email set state = 'claimed', owner = 'w', fence = fence + 1, lease_until = {lease} where id = '{}'",
            email.id
        ))
        .await;
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Scheduled);
        app.clock.set(email.due_at);
        assert_eq!(app.run_worker().await.sent, 0, "nobody answers for the new one");
        sign(&mut app.sign_in("Ada").await).await;
        assert_eq!(app.run_worker().await.sent, 1);
        assert!(text_of(&app).contains("You may be sore for a day."));
    }
}

#[tokio::test]
async fn what_was_looked_at_is_what_is_published() {
    for app in TestApp::at(MORNING).await {
        app.ada_is_admin_everywhere().await;
        let (mut ada, mut other) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
        change(&mut ada, (Kind::Advice, "heat"), "title", "Warmth").await;
        let page = rehearse(&mut ada).await;
        change(&mut other, (Kind::Advice, "heat"), "title", "More warmth").await;
        let stale = send(&mut ada, PUBLICATION, &of(&page, PUBLICATION)).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.body.contains("This is how it stands now"), "{}", stale.body);
        assert!(!stale.body.contains("Look again"), "the look was at something else");
        assert!(app.ask("select version from catalogue_edition").await.is_empty());
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        // Both pages were open on the same drafts: the second finds nothing to publish.
        let late = send(&mut other, PUBLICATION, &of(&page, PUBLICATION)).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert_eq!(app.ask("select version from catalogue_edition").await.len(), 1);
    }
}

#[tokio::test]
async fn an_edition_that_cannot_be_read_keeps_emails_back_and_pages_work() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Advice, "heat"), "title", "Warmth").await;
        publish(&mut ada).await;
        app.sql("update catalogue_edition set body = '{}'").await;
        let mut fresh = app.sign_in("Ada").await;
        let page = fresh.get("/catalogue").await;
        assert!(page.status == StatusCode::OK && page.body.contains("in place of edition 1"), "{}", page.body);
        assert!(fresh.get("/day").await.body.contains("no clinician has signed it off"));
        app.clock.set(app.email(visit, Step::SameDay).await.due_at);
        assert_eq!(app.run_worker().await.sent, 0, "what ships was signed once, and is not what the clinics go by");
    }
}

/// The house after an update that ships this catalogue.
fn updated(app: &TestApp, shipped: &Arc<Catalogue>) -> Web {
    Web { catalogue: Arc::clone(shipped), newest: Newest::over(Arc::clone(shipped)), ..app.web() }
}

#[tokio::test]
async fn what_a_new_release_ships_changes_nothing_until_it_is_taken_over_entry_by_entry() {
    for app in TestApp::at(MORNING).await {
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/catalogue/shipped").await.body.contains("What ships is in use"));
        change(&mut ada, (Kind::Advice, "heat"), "title", "Our warmth").await;
        publish(&mut ada).await;
        let whole = app.write(async |db| catalogue::find(db, 1).await).await.expect("an edition");
        let ours = Catalogue::of(whole).expect("it holds together");
        app.write(async |db| {
            let signature =
                SignOff { version: ours.version().into(), signed_by: "Dr Lin".into(), signed_at: app.now() };
            store::setting::sign_off(db, &signature).await
        })
        .await;

        let shipped = app.catalogue();
        let entries: Vec<_> = [("heat", "Their warmth"), ("hydration", "Their water"), ("why_sore", "Their why")]
            .into_iter()
            .map(|(id, title)| {
                let mut entry = shipped.entry(Kind::Advice, id).expect("an entry");
                entry.set("title", json!(title));
                entry
            })
            .collect();
        let theirs = Arc::new(shipped.with(&entries).expect("it holds together"));
        let (clinic, account) = app.cast.staff("Ada");
        let mut ada = Browser::signed_in(updated(&app, &theirs), clinic, account).await;
        let list = ada.get("/catalogue?kind=advice").await.body;
        assert!(list.contains("Our warmth") && !list.contains("Their water"), "an update alone changes nothing");
        assert!(list.contains("3 of its entries differ from yours"), "{list}");
        assert!(!ada.get("/day").await.body.contains("no clinician has signed it off"), "the signature holds");
        let page = ada.get("/catalogue/shipped").await.body;
        let (news, both) = page.split_once("Changed by you and in what ships").expect("both parts");
        assert!(
            news.contains("Their water") && news.contains("Why you may be sore") && both.contains("<ins>Their</ins>"),
            "{page}"
        );

        let taken = ada.post("/catalogue/shipped", &[("kind", "advice"), ("entry", "hydration")]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        let list = ada.get("/catalogue?kind=advice").await.body;
        assert!(list.contains("Their water") && list.contains("Our warmth") && !list.contains("Their why"), "{list}");
        assert!(list.contains("2 of its entries"), "{list}");
        let path = "/catalogue/shipped";
        let mut done = form(&mut ada, path, path).await;
        done.clear();
        set(&mut done, "act", "done");
        set(&mut done, "shipped", theirs.version());
        assert_eq!(send(&mut ada, path, &done).await.status, StatusCode::SEE_OTHER);
        assert!(!ada.get("/catalogue").await.body.contains("The program ships a newer catalogue"));
        assert!(ada.get(path).await.body.contains("Changed by you alone"));
    }
}
