//! Answers given after planning: the client is tailored again when the email is written.

use aftercare::clinic::brief::Aftercare;
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::Step;
use aftercare::clinic::tailoring::tailor;

use crate::support::app::TestApp;

#[tokio::test]
async fn a_condition_added_after_planning_takes_the_heat_away() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        app.answer(&["neuropathy"]).await;
        app.go_to("2026-01-06T08:00:00Z");
        app.run_worker().await;
        let mut heat = Vec::new();
        for step in [Step::SameDay, Step::DayOne] {
            let email = app.email(visit, step).await;
            let frozen = app.frozen(email.id).await.expect("is kept");
            let content = frozen.made_of.content;
            let advised = content.advice.iter().any(|id| id.as_str().starts_with("heat"));
            let withheld = content.withheld.iter().any(|withheld| withheld.id == "heat");
            heat.push((email.state, advised, withheld));
        }
        assert_eq!(heat, [(State::Sent, true, false), (State::Sent, false, true)]);
        let warm = app.taken().iter().map(|taken| body_text(&taken.body).contains("warm pack")).collect::<Vec<_>>();
        assert_eq!(warm, [true, false], "and in the words that arrived");
    }
}

/// The text part as a second parser reads it.
fn body_text(message: &[u8]) -> String {
    let parsed = mail_parser::MessageParser::default().parse(message).expect("a message");
    parsed.body_text(0).expect("a text").to_lowercase()
}

#[tokio::test]
async fn a_contraindication_leaves_only_the_emergency_letter_of_the_same_day() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        assert_eq!(app.emails(visit).await.len(), 4);
        app.answer(&["dvt_current"]).await;
        for due in ["2026-01-05T11:00:00Z", "2026-01-06T08:00:00Z", "2026-01-08T08:00:00Z", "2026-01-12T08:00:00Z"] {
            app.go_to(due);
            app.run_worker().await;
        }
        assert_eq!(app.subjects(), ["Please get in touch about your visit"]);
        for email in app.emails(visit).await {
            if email.step == Step::SameDay {
                let frozen = app.frozen(email.id).await.expect("is kept");
                assert_eq!((email.state, frozen.made_of.letter), (State::Sent, LetterId::EmergencyOnly));
                assert_eq!(frozen.made_of.content.stretches, []);
            } else {
                assert_eq!((email.state, email.sending_at), (State::Cancelled, None));
                assert_eq!(app.deeds(email.id).await, ["email.cancelled"]);
                let reason = email.reason.expect("a reason");
                assert!(!reason.contains("dvt"), "the reason is not sealed, so it tells nothing of health: {reason}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_without_an_intake_is_one_who_left_everything_blank() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.sql("delete from intake").await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let filed = app
            .write(async |db| aftercare::store::case::find(db, app.cast.clinic, visit).await)
            .await
            .expect("the visit is there");
        let brief = tailor(app.catalogue(), &filed.answered(app.catalogue()));
        app.go_to("2026-01-06T08:00:00Z");
        app.clock.set(app.emails(visit).await[0].due_at);
        app.run_worker().await;
        let email = &app.emails(visit).await[0];
        assert_eq!(email.state, State::Sent);
        let made_of = app.frozen(email.id).await.expect("is kept").made_of;
        match brief.aftercare {
            Aftercare::Routine => assert_eq!(made_of.letter, LetterId::SameDay),
            Aftercare::EmergencyOnly => assert_eq!(made_of.letter, LetterId::EmergencyOnly),
        }
        let content = made_of.content;
        assert!(!content.advice.contains(&"heat".into()), "blank is never \"no\": {:?}", content.advice);
        assert_eq!(content.stretches, []);
        assert!(!content.warning_signs.is_empty());
    }
}
