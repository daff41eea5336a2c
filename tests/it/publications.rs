//! What admins publish at the same moment, over the real router and both databases: one of them, and the other is told.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::fields::{Fields, form, of, send, set};

/// Saves a draft with this field changed.
async fn draft(browser: &mut Browser, path: &str, (field, value): (&str, &str)) {
    let mut fields = form(browser, path, path).await;
    fields.retain(|(name, _)| name != "act");
    set(&mut fields, field, value);
    let answer = send(browser, path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Two admins press at once: one publishes, the other is told, and nothing is published twice.
async fn at_once(app: &TestApp, path: &str, fields: &Fields, versions: &str) {
    let (mut one, mut other) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
    let before = app.ask(versions).await.len();
    let (one, other) = tokio::join!(send(&mut one, path, fields), send(&mut other, path, fields));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT], "{path}: {}\n{}", one.body, other.body);
    let told = if one.status == StatusCode::CONFLICT { one.body } else { other.body };
    let says = [
        "omebody saved or published",
        "omething was saved or published",
        "omebody was faster",
        "omebody published the catalogue",
    ];
    assert!(says.iter().any(|words| told.contains(words)), "{path}: {told}");
    assert_eq!(app.ask(versions).await.len(), before + 1, "{path}");
}

#[tokio::test]
async fn of_two_publications_at_once_one_becomes_a_version_and_the_other_is_told() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        let begun = ada.post("/forms", &[("title", "Habits"), ("lang", "en")]).await;
        assert_eq!(begun.leads_to(), "/forms/1");
        draft(&mut ada, "/forms/1", ("s0.heading", "Habits")).await;
        let heat = "/catalogue/advice/heat/draft";
        for round in 1..=5 {
            let words = format!("Take it easy, for the {round}th time.");
            for (path, field, to, versions) in [
                ("/letters/day_1/en", "b0.body", "/letters/day_1/en/publication", "select locale from letter_version"),
                ("/forms/1", "q0.text", "/forms/1/publication", "select clinic_id from questionnaire_version"),
                (heat, "text", "/catalogue/publication", "select version from catalogue_edition"),
            ] {
                draft(&mut ada, path, (field, &words)).await;
                if path == heat {
                    ada.post("/catalogue/rehearsal", &[("again", "yes")]).await;
                }
                let fields = form(&mut ada, to, to).await;
                at_once(&app, to, &fields, versions).await;
            }
            draft(&mut ada, "/protocol", ("b1.useful", &(20 + round).to_string())).await;
            let fields = form(&mut ada, "/protocol/publication", "/protocol/publication").await;
            at_once(&app, "/protocol/publication", &fields, "select clinic_id from protocol_version").await;
        }
    }
}

#[tokio::test]
async fn a_protocol_that_is_published_while_mail_goes_out_loses_and_repeats_no_email() {
    for mut app in TestApp::at("2026-01-05T12:00:00Z").await {
        app.due_mail_may_stay = true;
        let visits = app.owed(40, "2026-01-05T12:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let admin = async {
            for hours in ["4", "5", "6"] {
                draft(&mut ada, "/protocol", ("b0.after", hours)).await;
                // Whoever publishes sees what becomes of what waits, and says yes to that; mail that left meanwhile asks again.
                let path = "/protocol/publication";
                let mut fields = form(&mut ada, path, path).await;
                for _ in 0..20 {
                    set(&mut fields, "running", "follow");
                    let answer = send(&mut ada, path, &fields).await;
                    match answer.status {
                        StatusCode::SEE_OTHER => break,
                        StatusCode::OK | StatusCode::CONFLICT => fields = of(&answer.body, path),
                        other => panic!("{other}: {}", answer.body),
                    }
                }
            }
        };
        tokio::join!(admin, async {
            for _ in 0..3 {
                app.run_worker().await;
            }
        });
        assert_eq!(app.ask("select clinic_id from protocol_version").await.len(), 3);
        let mut sent = 0;
        for visit in &visits {
            let email = app.email(*visit, Step::SameDay).await;
            match email.state {
                State::Sent => sent += 1,
                State::Scheduled | State::Expired => {}
                other => panic!("{other:?}: {:?}", email.reason),
            }
        }
        println!("left while three versions were published: {sent} of {}", visits.len());
        assert_eq!(app.taken().len(), sent, "each once");
    }
}
