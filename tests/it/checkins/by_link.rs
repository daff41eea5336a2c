//! The client's own check-in: nothing changes by looking, the safety page answers whatever happens, and
//! many presses make one record.

use aftercare::clinic::intake::Consent;
use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::Step;
use aftercare::store::{care, client, consent, link};
use axum::http::{Method, StatusCode};
use jiff::civil::date;

use super::{FINE, count, over, the_alert, visited};
use crate::support::app::TestApp;
use crate::support::cast::change;

/// The address that an email of this step carries.
async fn address(app: &TestApp, visit: aftercare::clinic::ids::VisitId, step: Step) -> String {
    let purpose = Purpose::CheckIn(step);
    let ends_at = purpose.ends_at(app.now(), app.now());
    let new = link::NewLink { client: app.cast.cleo, visit: Some(visit), purpose, ends_at };
    let token = app.write(async |db| link::keep(db, app.cast.clinic, new, app.now()).await).await;
    format!("/c/{token}")
}

#[tokio::test]
async fn looking_changes_nothing_and_the_page_says_what_to_do_about_each_sign() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let audit = count(&app, "audit").await;
        let mut cleo = app.visitor();
        for method in [Method::GET, Method::HEAD] {
            for _ in 0..3 {
                assert_eq!(cleo.send(method.clone(), &path, None).await.status, StatusCode::OK);
            }
        }
        let page = cleo.get(&path).await.body;
        assert!(page.contains("How are you today?") && page.contains("Was the pressure too much?"), "{page}");
        for tier in ["emergency", "same_day", "call_clinic", "expected"] {
            assert!(page.contains(&format!("data-card=\"{tier}\"")), "{tier}: {page}");
        }
        assert_eq!((count(&app, "check_in").await, count(&app, "audit").await), ("0".into(), audit));
        let spanish = cleo.get(&format!("{path}?lang=es")).await.body;
        assert!(spanish.contains("¿Cómo está hoy?") && spanish.contains("lang=\"es\""), "{spanish}");
        over(&app).await;
    }
}

#[tokio::test]
async fn the_answer_is_the_safety_page_with_the_own_tier_first() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayThree).await;
        let mut cleo = app.visitor();
        let calm = [("pain", "1"), ("compared", "better"), ("none", "1")];
        let fine = cleo.post_as_is(&path, &calm).await;
        assert_eq!(fine.status, StatusCode::OK);
        assert!(fine.body.contains("Thank you") && fine.body.contains("what we expect"), "{}", fine.body);
        let blank = cleo.post_as_is(&path, &[("pain", "1")]).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
        let sign = cleo.post_as_is(&path, &[("sign", "severe_constant_pain"), ("words", "thanks")]).await;
        assert!(sign.body.contains("Please get medical help today") && sign.body.contains("The clinic has been told"));
        let (first, rest) = sign.body.split_once("Because of your answers").expect("the own tier");
        assert!(!first.contains("class=\"care ") || first.matches("class=\"care ").count() == 1);
        assert!(rest.contains("care emergency") && rest.contains("do not wait for us to call"), "{rest}");
        assert_eq!(the_alert(&app).await.tier.id(), "same_day");
        assert_eq!((count(&app, "check_in").await, count(&app, "alert").await), ("1".into(), "1".into()));
        let who = app.ask("select who || ' ' || role from audit where action = 'check_in.given' limit 1").await;
        assert_eq!(who, [format!("{} client", app.cast.cleo)]);
        over(&app).await;
    }
}

#[tokio::test]
async fn fifty_presses_of_one_link_make_one_record() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let presses = (0..50).map(|_| {
            let (mut cleo, path) = (app.visitor(), path.clone());
            tokio::spawn(async move { cleo.post_as_is(&path, &[("sign", "new_swelling")]).await.status })
        });
        let mut taken = 0;
        for press in presses.collect::<Vec<_>>() {
            // A slow machine may not get to all of them in time: then the page says that it was not saved.
            match press.await.expect("it ran") {
                StatusCode::OK => taken += 1,
                other => assert_eq!(other, StatusCode::SERVICE_UNAVAILABLE),
            }
        }
        assert!(taken > 0, "one got through");
        for table in ["check_in", "alert", "notice"] {
            assert_eq!(count(&app, table).await, "1", "{table}");
        }
        assert_eq!(app.ask("select answers || '' from check_in").await, ["1"], "the same answer is one answer");
        over(&app).await;
    }
}

#[tokio::test]
async fn without_a_database_the_answer_still_says_what_to_do() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        over(&app).await;
        let mut cleo = app.visitor();
        app.engine.store.close().await;
        let sent = [
            ("sign", "saddle_numbness"),
            ("lang", "en"),
            ("clinic", "Lindenhof"),
            ("phone", "020 7946 0000"),
            ("number", "999"),
        ];
        let answer = cleo.post_as_is(&path, &sent).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.body.contains("did not reach us") && answer.body.contains("Call 999 now"), "{}", answer.body);
        assert!(answer.body.contains("tel:02079460000") && answer.body.contains("tel:999"), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_old_link_a_stop_and_a_visit_called_off_are_told_kindly() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let mut cleo = app.visitor();
        let no = change(Consent::CheckInEmail, false, app.now());
        app.write(async |db| consent::set(db, app.cast.clinic, app.cast.cleo, no).await).await;
        let stopped = cleo.get(&path).await;
        assert!(stopped.body.contains("You have stopped these questions") && stopped.body.contains("care emergency"));
        assert_eq!(cleo.post_as_is(&path, &FINE).await.status, StatusCode::OK);
        assert_eq!(count(&app, "check_in").await, "0", "nothing is saved after a stop");
        app.go_to("2026-01-14T10:00:00Z");
        let old = cleo.get(&path).await;
        assert_eq!(old.status, StatusCode::GONE);
        assert!(old.body.contains("This link has run out"), "{}", old.body);
        // Whoever has had the page open since then still learns what to do.
        let late = cleo.post_as_is(&path, &[("sign", "saddle_numbness"), ("number", "999")]).await;
        assert_eq!(late.status, StatusCode::GONE);
        assert!(late.body.contains("did not reach us") && late.body.contains("Call 999 now"), "{}", late.body);
        assert_eq!(count(&app, "check_in").await, "0");
        over(&app).await;
    }
}

#[tokio::test]
async fn another_site_cannot_answer_for_a_client() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let mut thief = app.visitor();
        thief.headers.push(("sec-fetch-site", "cross-site".into()));
        assert_eq!(thief.post_as_is(&path, &FINE).await.status, StatusCode::FORBIDDEN);
        assert_eq!(count(&app, "check_in").await, "0");
        over(&app).await;
    }
}

#[tokio::test]
async fn harmless_words_wait_for_a_person_who_may_read_them() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let mut cleo = app.visitor();
        let fine = |words: &'static str| FINE.into_iter().chain([("words", words)]).collect::<Vec<_>>();
        assert_eq!(cleo.post_as_is(&path, &FINE).await.status, StatusCode::OK);
        assert_eq!(count(&app, "client_wish").await, "0", "nothing was written");
        let answer = cleo.post_as_is(&path, &fine("My dog chewed the canary sheet")).await;
        assert!(answer.body.contains("A person at the clinic reads your words."), "{}", answer.body);
        assert_eq!((count(&app, "client_wish").await, count(&app, "alert").await), ("1".into(), "0".into()));
        cleo.post_as_is(&path, &fine("And the canary handout")).await;
        assert_eq!(count(&app, "client_wish").await, "1", "one task for all that waits");
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        let id = app.ask("select id from client_wish").await.remove(0);
        let seen = format!("/wishes/{id}/seen");
        for staff in [&mut rosa, &mut theo] {
            let board = staff.get("/day").await.body;
            assert!(
                board.contains("Cleo Okafor, wrote something in a check-in") && !board.contains("canary"),
                "{board}"
            );
        }
        assert!(!rosa.get("/day").await.body.contains(&seen), "reception cannot say that it was read");
        assert_eq!(rosa.post(&seen, &[]).await.status, StatusCode::FORBIDDEN);
        assert!(theo.get(&format!("/visits/{visit}")).await.body.contains("And the canary handout"));
        assert_eq!(theo.post(&seen, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!theo.get("/day").await.body.contains("wrote something"));
        // Dangerous words open an alert, which shows them.
        cleo.post_as_is(&path, &fine("my foot is numb")).await;
        assert_eq!((count(&app, "client_wish").await, count(&app, "alert").await), ("1".into(), "1".into()));
        over(&app).await;
    }
}

#[tokio::test]
async fn the_week_of_the_clinic_stands_on_both_pages_today_first() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let mut cleo = app.visitor();
        app.write(async |db| {
            let (mut care, version) = care::find(db, app.cast.clinic).await?.expect("hours");
            care.closed.push(date(2026, 1, 11));
            care::save(db, app.cast.clinic, &care, version).await
        })
        .await;
        for page in [cleo.get(&path).await.body, cleo.post_as_is(&path, &FINE).await.body] {
            let week = page.split_once("When the clinic is open").expect("the week").1;
            let days: Vec<&str> =
                week.split("<dt>").skip(1).map(|rest| rest.split("</div>").next().unwrap_or_default()).collect();
            assert_eq!(days.len(), 7, "{week}");
            assert_eq!(days[0], "Tuesday 6 January</dt><dd>08:00 to 20:00</dd>");
            assert_eq!(days[5], "Sunday 11 January</dt><dd>Closed</dd>");
        }
        over(&app).await;
    }
}

#[tokio::test]
async fn for_a_child_the_page_speaks_to_the_adult() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.write(async |db| {
            let mut cleo = client::find(db, app.cast.clinic, app.cast.cleo).await?.expect("Cleo");
            cleo.client.born = Some(date(2012, 2, 29));
            client::save(db, app.cast.clinic, &cleo).await
        })
        .await;
        let visit = visited(&app).await;
        let path = address(&app, visit, Step::DayOne).await;
        let mut guest = app.visitor();
        let page = guest.get(&path).await.body;
        assert!(page.contains("<h1>How is Cleo today?</h1>") && page.contains("Cleo is under 18"), "{page}");
        let spanish = guest.get(&format!("{path}?lang=es")).await.body;
        assert!(spanish.contains("¿Cómo está Cleo hoy?") && spanish.contains("menor de 18"), "{spanish}");
        over(&app).await;
    }
}
