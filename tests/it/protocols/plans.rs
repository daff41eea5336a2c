//! What is planned by a clinic's own protocol, and what leaves.

use aftercare::clinic::letter::When;
use aftercare::clinic::outbox::{State, Uncertainty};
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::{Protocol, Step, StepRule, Timing};
use aftercare::store;
use aftercare::store::audit::Entry;
use aftercare::web::replan::{Cause, replan_client};

use super::*;

/// Publishes this protocol as version 2 of the clinic.
async fn published(app: &TestApp, protocol: Protocol) {
    let (clinic, ada) = app.cast.staff("Ada");
    let protocol = Protocol { version: 2, ..protocol };
    let now = app.now();
    let entry = Entry::system(clinic, now, "protocol.published", "protocol", "2".into());
    let done = app.write(async |db| store::protocol::publish(db, clinic, &protocol, "note", &entry, ada).await).await;
    assert!(done);
}

#[tokio::test]
async fn a_clinics_own_steps_are_planned_and_leave_with_their_letter() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        let own = Step::own().next().expect("one");
        let weekly = StepRule {
            when: Timing::Repeats { cron: "0 10 * * WED".into(), times: 2 },
            letter: LetterId::DaySeven,
            useful_hours: 24,
            on_uncertain: Uncertainty::Hold,
            ..StepRule::shipped(own)
        };
        let mut steps = vec![StepRule::shipped(Step::SameDay), weekly];
        steps.push(StepRule { check_in: false, ..StepRule::shipped(Step::DayThree) });
        published(&app, Protocol { version: 2, steps }).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let [first, second] = [0, 1].map(|time| own.times().nth(time).expect("a time"));
        for (step, due) in [
            (first, "2026-01-07T09:00:00Z"),
            (second, "2026-01-14T09:00:00Z"),
            (Step::DayThree, "2026-01-08T08:00:00Z"),
        ] {
            let email = app.email(visit, step).await;
            assert_eq!((email.due_at.to_string().as_str(), email.protocol, email.state), (due, 2, State::Scheduled));
        }
        let fates =
            app.ask("select step || ' ' || on_uncertain from email where on_uncertain = 'hold' order by step").await;
        assert_eq!(fates, ["own_1 hold", "own_1_2 hold"]);
        assert!(app.ask("select step from email where step in ('day_1', 'day_7')").await.is_empty());

        // The plan's page tells of them, and a therapist can skip one.
        let mut theo = app.sign_in("Theo").await;
        let page = theo.get(&format!("/visits/{visit}/plan")).await.body;
        assert!(page.contains("Extra 1") && page.contains("Extra 1, time 2"), "{page}");
        let skipped = theo.post(&format!("/visits/{visit}/plan/{second}/skip"), &[("revision", "0")]).await;
        assert_eq!(skipped.status, StatusCode::SEE_OTHER, "{}", skipped.body);
        assert_eq!(app.email(visit, second).await.state, State::Cancelled);

        // It leaves as the letter of the seventh day, with all warning signs; the third day asks no check-in.
        let email = app.email(visit, first).await;
        app.clock.set(email.due_at);
        app.run_worker().await;
        let frozen = app.frozen(email.id).await.expect("it left");
        assert_eq!(frozen.made_of.letter, LetterId::DaySeven);
        assert!(!frozen.made_of.content.warning_signs.is_empty() && frozen.made_of.content.check_in);
        let email = app.email(visit, Step::DayThree).await;
        app.clock.set(email.due_at);
        app.run_worker().await;
        let frozen = app.frozen(email.id).await.expect("it left");
        assert!(!frozen.made_of.content.check_in && !frozen.made_of.content.warning_signs.is_empty());
    }
}

#[tokio::test]
async fn a_first_visit_is_told_from_a_later_one_and_a_missing_word_leaves_the_urgent_signs_alone() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        let mut protocol = Protocol::default();
        for rule in protocol.steps.iter_mut().filter(|rule| rule.step == Step::DayThree) {
            rule.who = When { first_visit: Some(true), ..When::default() };
        }
        published(&app, protocol).await;
        let first = app.visited("2026-01-05T09:00:00Z").await;
        assert_eq!(app.email(first, Step::DayThree).await.state, State::Scheduled);
        let later = app.visited("2026-01-20T09:00:00Z").await;
        let steps = app.ask(&format!("select step from email where visit_id = '{later}' order by step")).await;
        assert_eq!(steps, ["day_1", "day_7", "prepare", "same_day"]);
        let filed =
            app.write(async |db| store::plan::of_visit(db, app.cast.clinic, later).await).await.expect("a plan");
        let reason = filed.not_sent.iter().find(|one| one.step == Step::DayThree).map(|one| one.reason.as_str());
        assert_eq!(reason, Some("by the protocol it goes only to: first visit"));

        app.answer(&["red_flags_now"]).await;
        let (clinic, cleo, made, now) = (app.cast.clinic, app.cast.cleo, app.made(), app.now());
        app.write(async |db| replan_client(db, made, clinic, cleo, now, Cause::Answers).await).await;
        let steps = app
            .ask(&format!("select step || ' ' || letter from email where visit_id = '{later}' and state = 'scheduled' and stream = 'aftercare'"))
            .await;
        assert_eq!(steps, ["same_day emergency_only"]);
    }
}

#[tokio::test]
async fn in_the_place_of_a_protocol_that_cannot_be_read_stands_what_ships() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        published(&app, Protocol { version: 2, ..Protocol::default() }).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        assert_eq!(app.email(visit, Step::SameDay).await.protocol, 2);
        for broken in ["{}", "{\"version\":2,\"steps\":[]}"] {
            app.sql(&format!("update protocol_version set body = '{broken}'")).await;
            let (clinic, ships) = (app.cast.clinic, Protocol::default());
            assert_eq!(app.write(async |db| store::protocol::version(db, clinic, 2).await).await, ships);
            assert_eq!(app.write(async |db| store::protocol::newest(db, clinic).await).await, ships);
        }
        app.go_to("2026-01-05T14:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1, "the warning signs reach the client");
    }
}
