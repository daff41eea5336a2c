//! Links: made when an email begins, opened while they last, and kind when they do not work any more.

use aftercare::clinic::choice::Topic;
use aftercare::clinic::ids::EmailId;
use aftercare::clinic::link::{Purpose, Why};
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::link::{self, Dead, EmailLinks};
use aftercare::store::outbox::Owner;
use aftercare::web::letters::Letters;
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::{MORNING, link_for, link_of, paths, reachable};
use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::Script;

#[tokio::test]
async fn an_email_carries_links_that_open_and_a_retry_carries_the_same() {
    let mut apps = TestApp::with(MORNING, Script::new).await;
    for app in &mut apps {
        app.worker.base_url = Some("https://care.lindenhof.example".parse().expect("an address"));
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        assert_eq!(app.ask("select id from email_link").await.len(), 0, "nothing began");
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        let frozen = app.frozen(email.id).await.expect("a copy");
        let written = Letters::opened(&frozen.to_bytes().expect("bytes")).expect("a letter");
        let mut found = paths(&written.text);
        found.sort();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("/a/") && found[1].starts_with("/p/") && found[2].starts_with("/p/"));
        assert!(found.iter().all(|path| written.html.contains(path.as_str())), "the HTML has the same");
        let mut guest = app.visitor();
        for path in &found {
            assert_eq!(guest.get(path).await.status, StatusCode::OK, "{path}");
        }
        let kept = app.ask("select opens || ': ' || secrets from email_link").await;
        assert!(kept.len() == 1 && kept[0].starts_with("preferences stop/aftercare reread/same_day: "), "{kept:?}");
        assert!(found.iter().all(|path| !kept[0].contains(&path[3..27])), "no secret is kept");
        let another = |path: &String| format!("/c{}", &path[2..]);
        for path in found.iter().map(another) {
            assert_eq!(guest.get(&path).await.status, StatusCode::NOT_FOUND, "each opens one thing: {path}");
        }
        app.due_mail_may_stay = true;
    }
}

#[tokio::test]
async fn an_email_that_never_began_leaves_no_link() {
    for mut app in reachable(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.sql("update consent set given = 0").await;
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        assert_eq!(app.ask("select id from email_link").await.len(), 0);
        assert_eq!(app.deeds(app.email(visit, Step::SameDay).await.id).await, ["email.cancelled"]);
        app.due_mail_may_stay = true;
    }
}

#[tokio::test]
async fn without_a_public_address_there_are_no_links() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        assert_eq!(app.ask("select id from email_link").await.len(), 0);
        let frozen = app.frozen(app.email(visit, Step::SameDay).await.id).await.expect("a copy");
        let written = Letters::opened(&frozen.to_bytes().expect("bytes")).expect("a letter");
        assert!(!written.text.contains("http") || paths(&written.text).is_empty());
        assert!(written.text.contains("mailto:desk@lindenhof.example?subject=unsubscribe"), "{}", written.text);
    }
}

#[tokio::test]
async fn a_link_lasts_as_long_as_it_should_and_is_of_one_door() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let ends = app.now() + minutes(3 * 60);
        let open = async |token: &str| app.write(async |db| link::open(db, token, app.now()).await).await;
        let cases = [
            (Purpose::Intake, minutes(3 * 60)),
            (Purpose::CheckIn(Step::DayOne), SignedDuration::from_hours(24 * 7)),
            (Purpose::Reread(Step::DayOne), SignedDuration::from_hours(24 * 90)),
            (Purpose::Preferences, SignedDuration::from_hours(24 * 730)),
            (Purpose::Stop(Stream::Aftercare), SignedDuration::from_hours(24 * 730)),
            (Purpose::Confirm, SignedDuration::from_hours(24)),
        ];
        for (purpose, lasts) in cases {
            let made = app.now();
            let token = link_of(&app, app.cast.cleo, purpose, Some(visit), ends.max(made + minutes(1))).await;
            let opened = open(&token).await.expect("it works");
            assert_eq!((opened.client, opened.visit, opened.purpose), (app.cast.cleo, Some(visit), purpose));
            if purpose != Purpose::Intake {
                app.clock.set(made + lasts - SignedDuration::from_secs(1));
                assert!(open(&token).await.is_ok(), "{purpose:?}");
                app.clock.set(made + lasts);
            } else {
                app.clock.set(ends);
            }
            let dead = Dead { clinic: Some(app.cast.clinic), client: Some(app.cast.cleo), why: Why::Ended };
            assert_eq!(open(&token).await, Err(dead), "{purpose:?}");
            app.clock.set(made);
        }
        let wrong = [String::new(), "x".repeat(38), "x".repeat(40), "x".repeat(4000)];
        for token in wrong {
            assert_eq!(open(&token).await, Err(Dead::UNKNOWN));
        }
    }
}

/// One email's links share a row and nothing else: each has its own secret, its own door and its own end.
#[tokio::test]
async fn the_links_of_an_email_end_one_by_one_and_are_switched_off_together() {
    let hours = |days: i64| SignedDuration::from_hours(24 * days);
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let (clinic, cleo, made) = (app.cast.clinic, app.cast.cleo, app.now());
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let email = app.email(visit, Step::SameDay).await.id;
        let open = async |token: &str| app.write(async |db| link::open(db, token, app.now()).await).await;
        let lasts = [
            (Purpose::Preferences, hours(730)),
            (Purpose::Stop(Stream::Preparation), hours(730)),
            (Purpose::Reread(Step::DayThree), hours(90)),
            (Purpose::CheckIn(Step::DayThree), hours(7)),
        ];
        let kept = async || {
            let mut links = EmailLinks::new(email, made);
            let tokens = lasts.map(|(purpose, _)| links.mint(purpose));
            assert!(tokens.iter().all(|token| token.len() == 40));
            app.write(async |db| link::keep_of_emails(db, &[links]).await).await;
            tokens
        };
        let tokens = kept().await;
        for (token, (purpose, lasts)) in tokens.iter().zip(lasts) {
            app.clock.set(made + lasts - SignedDuration::from_secs(1));
            let opened = open(token).await.expect("it works");
            assert_eq!((opened.client, opened.visit, opened.purpose), (cleo, Some(visit), purpose));
            assert_eq!((opened.clinic, opened.made_at), (clinic, made));
            app.clock.set(made + lasts);
            let dead = Dead { clinic: Some(clinic), client: Some(cleo), why: Why::Ended };
            assert_eq!(open(token).await, Err(dead), "{purpose:?}");
        }
        // A secret of one name with the name of another row.
        let others = kept().await;
        app.clock.set(made);
        let mixed = format!("{}{}", &tokens[0][..24], &others[0][24..]);
        assert_eq!(open(&mixed).await, Err(Dead::UNKNOWN));
        assert_eq!(app.write(async |db| link::end_all(db, clinic, cleo, app.now()).await).await, 2, "two rows");
        for token in tokens.iter().chain(&others) {
            assert_eq!(open(token).await.map_err(|dead| dead.why), Err(Why::Revoked));
        }
        let nobodys = EmailLinks::new(EmailId::from_uuid(uuid::Uuid::nil()), made);
        app.write(async |db| link::keep_of_emails(db, &[nobodys]).await).await;
        assert_eq!(app.ask("select id from email_link").await.len(), 2, "of no email, so of nobody");
        // Two years after the last of them ended, nobody asks any more.
        app.clock.set(made + hours(1460));
        assert_eq!(app.worker.tidy_links().await.expect("tidies"), 0);
        app.clock.set(made + hours(1460) + minutes(1));
        assert_eq!(app.worker.tidy_links().await.expect("tidies"), 2);
        assert_eq!(open(&tokens[0]).await, Err(Dead::UNKNOWN));
    }
}

#[tokio::test]
async fn a_dead_link_is_kind_and_says_whom_to_call() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        assert_eq!(guest.get(&format!("/p/{token}")).await.status, StatusCode::OK);
        // Cut, changed, of another door, or made up. Of one clinic or two, nobody is told which clients there are.
        let changed = format!("{}{}", if token.starts_with('B') { 'C' } else { 'B' }, &token[1..]);
        for path in [format!("/p/{}", &token[..20]), format!("/p/{changed}"), format!("/a/{token}"), "/p/x".into()] {
            let page = guest.get(&path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            assert!(page.body.contains("This link is not complete") && !page.body.contains("Cleo"), "{path}");
            assert!(!page.body.contains("Lindenhof"), "two clinics are here, and nobody knows whose it was");
        }
        app.advance(SignedDuration::from_hours(24 * 731));
        let ended = guest.get(&format!("/p/{token}")).await;
        assert_eq!(ended.status, StatusCode::GONE);
        assert!(ended.body.contains("run out") && ended.body.contains("tel:0301234") && !ended.body.contains("Cleo"));
        let token = link_for(&app, Purpose::Preferences, None).await;
        app.write(async |db| link::end_all(db, app.cast.clinic, app.cast.cleo, app.now()).await).await;
        let revoked = guest.get(&format!("/p/{token}")).await;
        assert_eq!(revoked.status, StatusCode::GONE);
        assert!(revoked.body.contains("switched off") && revoked.body.contains("Call 030 1234"));
        // A client who was erased: the link stays for its page alone.
        let token = link_for(&app, Purpose::Preferences, None).await;
        app.sql("update link set client_id = null").await;
        let gone = guest.get(&format!("/p/{token}?lang=es")).await;
        assert_eq!(gone.status, StatusCode::GONE);
        assert!(gone.body.contains("Este enlace está apagado") && gone.body.contains("Llamar al 030 1234"));
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_a_real_link_still_opens() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        guest.peer = Some("192.0.2.7:999".parse().expect("an address"));
        let mut answers = Vec::new();
        for guess in 0..70 {
            answers.push(guest.get(&format!("/p/{guess:040}")).await);
        }
        assert_eq!(answers[59].status, StatusCode::NOT_FOUND);
        assert_eq!(answers[60].status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answers[69].header("retry-after").parse::<u64>().expect("seconds") > 0);
        assert!(answers[69].body.contains("Please wait a moment"));
        assert_eq!(app.ask("select id from sign_in_failure").await.len(), 60, "a refused guess writes nothing");
        assert_eq!(guest.get(&format!("/p/{token}")).await.status, StatusCode::OK, "who holds a link comes in");
        guest.peer = Some("192.0.2.8:999".parse().expect("an address"));
        assert_eq!(guest.get("/p/none").await.status, StatusCode::NOT_FOUND, "another place is not kept out");
    }
}

#[tokio::test]
async fn a_page_tells_nothing_of_its_address_and_is_kept_nowhere() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let page = app.visitor().get(&format!("/p/{token}")).await;
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
        assert!(page.body.contains("noindex") && page.header("set-cookie").is_empty());
        let topic = Topic::Aftercare.id();
        assert!(page.body.contains(&format!("value=\"{topic}\"")));
        assert_ne!(Owner::fresh(), Owner::fresh());
    }
}

#[tokio::test]
async fn the_links_of_an_erased_client_lead_to_the_telephone() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let mut dead = Vec::new();
        for (door, purpose) in [
            ('p', Purpose::Preferences),
            ('p', Purpose::Stop(Stream::Aftercare)),
            ('c', Purpose::CheckIn(Step::DayOne)),
            ('a', Purpose::Reread(Step::DayOne)),
            ('f', Purpose::Intake),
        ] {
            dead.push(format!("/{door}/{}", link_for(&app, purpose, Some(visit)).await));
        }
        app.advance(SignedDuration::from_hours(1));
        assert!(app.complete(visit).await);
        let mut of_email = EmailLinks::new(app.email(visit, Step::SameDay).await.id, app.now());
        dead.push(format!("/a/{}", of_email.mint(Purpose::Reread(Step::DayOne))));
        app.write(async |db| link::keep_of_emails(db, &[of_email]).await).await;
        let forgotten = app.write(async |db| link::forget(db, app.cast.clinic, app.cast.cleo, app.now()).await).await;
        assert_eq!(forgotten, 6);
        let named = "select id from email_link where client_id is not null or visit_id is not null";
        assert_eq!(app.ask(named).await.len(), 0);
        assert_eq!(app.ask("select id from link where client_id is not null or visit_id is not null").await.len(), 0);
        let mut guest = app.visitor();
        for path in &dead {
            let page = guest.get(path).await;
            assert_eq!(page.status, StatusCode::GONE, "{path}");
            assert!(page.body.contains("This link is switched off") && page.body.contains("href=\"tel:"), "{path}");
            assert!(!page.body.contains("Cleo"), "{path}");
        }
        assert_eq!(
            guest.post_as_is(&format!("{}/stop", dead[0]), &[("topic", "aftercare")]).await.status,
            StatusCode::GONE
        );
        assert_eq!(guest.post_as_is(&dead[2], &super::FINE).await.status, StatusCode::GONE);
    }
}

#[tokio::test]
async fn links_that_ended_two_years_ago_are_not_kept() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let ends = app.now() + minutes(60);
        let intake = link_of(&app, app.cast.cleo, Purpose::Intake, Some(visit), ends).await;
        let page = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        guest.post_as_is(&format!("/f/{intake}"), &[("day", "1"), ("month", "1"), ("year", "1950")]).await;
        assert_eq!(app.ask("select link_id from form_door").await.len(), 1);
        let ended = ends + SignedDuration::from_hours(24 * 730);
        app.clock.set(ended);
        assert_eq!(app.worker.tidy_links().await.expect("tidies"), 0, "two years are not over");
        assert_eq!(guest.get(&format!("/f/{intake}")).await.status, StatusCode::GONE);
        app.clock.set(ended + minutes(1));
        assert_eq!(app.worker.tidy_links().await.expect("tidies"), 1);
        assert_eq!(app.worker.tidy_links().await.expect("tidies"), 0);
        assert_eq!(app.ask("select purpose from link").await, ["preferences"], "it ended a minute ago");
        assert_eq!(app.ask("select id from audit where action = 'links.removed'").await.len(), 1);
        let gone = guest.get(&format!("/f/{intake}")).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert!(gone.body.contains("This link is not complete"), "kind, though nobody knows any more whose it was");
        assert_eq!(guest.get(&format!("/p/{page}")).await.status, StatusCode::GONE);
    }
}
