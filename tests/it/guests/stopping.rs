//! Stopping and having again: one click, one button, one client, and nothing of it leaves afterwards.

use aftercare::clinic::choice::Topic;
use aftercare::clinic::intake::Consent;
use aftercare::clinic::link::Purpose;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::{audit, choice, consent, outbox, wish};
use axum::http::{Method, StatusCode};

use super::{MORNING, link_for, link_of, reachable};
use crate::support::app::TestApp;
use crate::support::cast::change;

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

async fn stopped(app: &TestApp) -> Vec<Topic> {
    let all = app.write(async |db| choice::stopped(db, app.cast.clinic, app.cast.cleo).await).await;
    all.into_iter().map(|one| one.topic).collect()
}

async fn deeds(app: &TestApp) -> Vec<String> {
    let cleo = app.cast.cleo.to_string();
    let all = app.write(async |db| audit::of_record(db, app.cast.clinic, &cleo).await).await;
    all.into_iter().filter(|deed| deed.role == "client").map(|deed| deed.action).collect()
}

#[tokio::test]
async fn one_click_stops_the_stream_without_cookie_origin_or_redirect() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Stop(Stream::Aftercare), Some(visit)).await;
        let path = format!("/p/{token}");
        let mut program = app.visitor();
        program.headers.push(("origin", "https://mail.example".into()));
        program.headers.push(("sec-fetch-site", "cross-site".into()));
        for time in 1..=2 {
            let answer = program.send(Method::POST, &path, Some(ONE_CLICK.into())).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "time {time}");
            assert_eq!(stopped(&app).await, [Topic::Aftercare]);
        }
        assert_eq!(deeds(&app).await, ["choice.stopped:aftercare"], "written down once");
        let emails = app.emails(visit).await;
        assert!(emails.iter().all(|email| email.state == State::Cancelled), "{emails:?}");
        for due in ["2026-01-05T11:00:00Z", "2026-01-06T08:00:00Z", "2026-01-08T08:00:00Z"] {
            app.go_to(due);
            assert_eq!(app.run_worker().await.sent, 0);
        }
        // The consent stands: it was not taken back.
        let given = app.write(async |db| consent::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
        assert_eq!(given, [Consent::AftercareEmail, Consent::CheckInEmail]);
        let open = app.write(async |db| wish::open(db, app.cast.clinic, 10).await).await;
        assert_eq!(open.len(), 1, "the staff are told to hand over the sheet");
    }
}

#[tokio::test]
async fn one_click_works_in_parts_and_any_other_form_does_nothing() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Stop(Stream::Preparation), None).await;
        let path = format!("/p/{token}");
        let mut program = app.visitor();
        for wrong in ["", "List-Unsubscribe=No", "topic=preparation"] {
            let answer = program.send(Method::POST, &path, Some(wrong.into())).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(stopped(&app).await, []);
        let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        let answer = program.send_as(Method::POST, &path, "multipart/form-data; boundary=b", parts).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(stopped(&app).await, [Topic::Preparation]);
        // A link that only shows the page does not act on one click.
        let page = link_for(&app, Purpose::Preferences, None).await;
        let answer = program.send(Method::POST, &format!("/p/{page}"), Some(ONE_CLICK.into())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn the_link_in_the_mail_asks_first_and_can_be_undone() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Stop(Stream::Aftercare), Some(visit)).await;
        let path = format!("/p/{token}");
        let mut guest = app.visitor();
        let asks = guest.get(&path).await;
        assert!(asks.body.contains("Stop the aftercare emails?") && asks.body.contains("<button"));
        assert_eq!(stopped(&app).await, [], "a look stops nothing");
        let done = guest.post_as_is(&format!("{path}/stop"), &[("topic", "aftercare")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        assert_eq!(stopped(&app).await, [Topic::Aftercare]);
        let answer = guest.get(done.leads_to()).await;
        assert!(answer.body.contains("No more aftercare emails go out") && answer.body.contains("Undo"));
        let before = app.email(visit, Step::DayOne).await;
        assert_eq!(before.reason.as_deref(), Some("the client stopped these emails"));
        let undone = guest.post_as_is(&format!("{path}/resume"), &[("topic", "aftercare")]).await;
        assert_eq!(stopped(&app).await, []);
        assert!(
            guest.get(undone.leads_to()).await.body.contains("The next email goes out on Monday 5 January at 12:00")
        );
        let states: Vec<State> = app.emails(visit).await.iter().map(|email| email.state).collect();
        assert_eq!(states, [State::Scheduled; 4], "all of them are owed again");
        assert_eq!(deeds(&app).await, ["choice.stopped:aftercare", "choice.resumed:aftercare"]);
        let open = app.write(async |db| wish::open(db, app.cast.clinic, 10).await).await;
        assert_eq!(open, [], "the sheet is not needed any more");
        // Another kind is none of this link's business.
        let other = guest.post_as_is(&format!("{path}/stop"), &[("topic", "preparation")]).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn what_was_held_does_not_slip_out_by_stopping_and_undoing() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.write(async |db| outbox::hold_waiting(db, app.cast.clinic, visit, "an alert is open", app.now()).await)
            .await;
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        for act in ["stop", "resume"] {
            guest.post_as_is(&format!("/p/{token}/{act}"), &[("topic", "aftercare")]).await;
        }
        assert!(app.emails(visit).await.iter().all(|email| email.state == State::Cancelled));
    }
}

#[tokio::test]
async fn stopping_the_check_in_takes_the_button_and_leaves_the_advice() {
    for app in reachable(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        let done = guest.post_as_is(&format!("/p/{token}/stop"), &[("topic", "check_ins")]).await;
        let answer = guest.get(done.leads_to()).await;
        assert!(answer.body.contains("do not ask how it went any more"), "{}", answer.body);
        for due in ["2026-01-05T11:00:00Z", "2026-01-06T08:00:00Z"] {
            app.go_to(due);
            assert_eq!(app.run_worker().await.sent, 1);
        }
        let email = app.email(visit, Step::DayOne).await;
        let frozen = app.frozen(email.id).await.expect("a copy");
        assert!(!frozen.made_of.content.check_in && !frozen.made_of.content.warning_signs.is_empty());
    }
}

#[tokio::test]
async fn resuming_never_beats_a_withdrawn_consent_without_a_new_yes() {
    for app in TestApp::at(MORNING).await {
        let withdrawn = change(Consent::AftercareEmail, false, app.now());
        app.write(async |db| consent::set(db, app.cast.clinic, app.cast.cleo, withdrawn).await).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        let resume = format!("/p/{token}/resume");
        guest.post_as_is(&resume, &[("topic", "aftercare")]).await;
        let given = app.write(async |db| consent::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
        assert_eq!(given, [Consent::CheckInEmail], "no yes was said");
        let page = guest.get(&format!("/p/{token}")).await.body;
        assert!(page.contains("You have not said yes to these") && page.contains("This is what you say yes to"));
        let version = page.split("name=\"agree\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let version = version.expect("the version of the words").to_owned();
        guest.post_as_is(&resume, &[("topic", "aftercare"), ("agree", "99")]).await;
        assert_eq!(deeds(&app).await, Vec::<String>::new(), "words nobody was shown");
        guest.post_as_is(&resume, &[("topic", "aftercare"), ("agree", &version)]).await;
        let history = app.write(async |db| consent::history(db, app.cast.clinic, app.cast.cleo).await).await;
        let last = history.last().expect("a change");
        assert_eq!(
            (last.purpose, last.given, format!("{}-{}", last.wording_version, last.lang)),
            (Consent::AftercareEmail, true, version)
        );
        assert_eq!(deeds(&app).await, ["consent.given:aftercare_email"]);
        assert_eq!(app.emails(visit).await.len(), 4, "the plan follows");
    }
}

#[tokio::test]
async fn a_family_that_shares_an_address_keeps_its_choices_apart() {
    for app in TestApp::at(MORNING).await {
        let mut kofi = app.cast.cleo();
        kofi.id = aftercare::clinic::ids::ClientId::from_uuid(aftercare::store::fresh_uuid(app.now()));
        kofi.client.first_name = "Kofi".parse().expect("a name");
        app.write(async |db| aftercare::store::client::insert(db, app.cast.clinic, &kofi, app.now()).await).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_of(&app, kofi.id, Purpose::Preferences, None, app.now()).await;
        let mut guest = app.visitor();
        let page = guest.get(&format!("/p/{token}?lang=en")).await.body;
        assert!(page.contains("for Kofi alone") && !page.contains("Cleo</"), "{page}");
        guest.post_as_is(&format!("/p/{token}/stop"), &[("topic", "aftercare")]).await;
        assert_eq!(stopped(&app).await, [], "Cleo stopped nothing");
        assert!(app.emails(visit).await.iter().all(|email| email.state == State::Scheduled));
        app.write(async |db| {
            outbox::cancel_waiting(db, app.cast.clinic, app.cast.cleo, &[Stream::Aftercare], "over", app.now()).await
        })
        .await;
    }
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        guest.headers.push(("sec-fetch-site", "cross-site".into()));
        let answer = guest.post_as_is(&format!("/p/{token}/stop"), &[("topic", "aftercare")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("Please send it once more"));
        assert_eq!(stopped(&app).await, []);
        // Without a referrer browsers call the origin of our own page "null".
        let mut own = app.visitor();
        own.headers.push(("origin", "null".into()));
        let answer = own.post_as_is(&format!("/p/{token}/stop"), &[("topic", "aftercare")]).await;
        assert_eq!((answer.status, stopped(&app).await), (StatusCode::SEE_OTHER, vec![Topic::Aftercare]));
    }
}
