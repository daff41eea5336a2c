//! New visits.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;
use tokio::task::JoinSet;

use super::{MORNING, field, form, told, world};
use crate::support::app::TestApp;

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn reception_books_a_visit_and_its_preparation_email_is_owed() {
    for app in TestApp::at(MORNING).await {
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let page = rosa.get(&format!("/visits/new?client={cleo}&on=2026-01-08")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("New visit for Cleo Okafor") && page.body.contains("value=\"2026-01-08\""));
        let key = field(&page, "key");
        let booked = rosa.post("/visits", &form(&cleo, "2026-01-08", "10:00", &key)).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.body);
        assert!(booked.leads_to().starts_with("/day?on=2026-01-08&told="), "{}", booked.leads_to());
        let visit = told(&booked);
        let email = app.email(visit, Step::Prepare).await;
        assert_eq!((email.state, email.due_at.to_string().as_str()), (State::Scheduled, "2026-01-07T08:00:00Z"));
        let who = app.ask("select who from audit where action = 'visit.booked'").await;
        assert_eq!(who, [app.cast.rosa.to_string()]);
        let board = rosa.get(booked.leads_to()).await;
        assert!(board.body.contains("Booked: Cleo Okafor, Thu 8 Jan 10:00 to 11:00."), "{}", board.body);
    }
}

#[tokio::test]
async fn fifty_at_once_make_one_visit() {
    for app in TestApp::at(MORNING).await {
        let rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let mut all = JoinSet::new();
        for _ in 0..50 {
            let (mut rosa, cleo) = (rosa.clone(), cleo.clone());
            all.spawn(async move { rosa.post("/visits", &form(&cleo, "2026-01-08", "10:00", KEY)).await });
        }
        let answers = all.join_all().await;
        let visits: std::collections::BTreeSet<_> = answers.iter().map(told).collect();
        assert_eq!(visits.len(), 1, "every answer leads to the same visit");
        assert_eq!(app.ask("select id from visit").await.len(), 1);
        assert_eq!(app.ask("select id from email").await.len(), 1);
    }
}

#[tokio::test]
async fn a_form_that_says_something_else_by_now_books_only_when_it_is_sent_again() {
    for app in TestApp::at(MORNING).await {
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        rosa.post("/visits", &form(&cleo, "2026-01-08", "10:00", KEY)).await;
        let other = rosa.post("/visits", &form(&cleo, "2026-01-15", "10:00", KEY)).await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        assert!(other.body.contains("has booked a visit already") && other.body.contains("value=\"2026-01-15\""));
        let key = field(&other, "key");
        assert_ne!(key, KEY);
        let booked = rosa.post("/visits", &form(&cleo, "2026-01-15", "10:00", &key)).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select id from visit").await.len(), 2);
    }
}

#[tokio::test]
async fn what_is_unusual_is_asked_once_and_nothing_is_done_before_the_yes() {
    for app in TestApp::at(MORNING).await {
        let beside = app.book("2026-01-08T09:30:00Z").await;
        let before = world(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let mut typed = form(&cleo, "2026-01-08", "10:00", KEY);
        let asked = rosa.post("/visits", &typed).await;
        assert_eq!(asked.status, StatusCode::CONFLICT);
        assert!(asked.body.contains("This client has a visit at 10:30 already"), "{}", asked.body);
        assert_eq!(world(&app).await, before, "only asked");
        let yes = field(&asked, "agreed");
        assert!(yes.contains(&beside.to_string()));
        typed.push(("agreed", &yes));
        assert_eq!(rosa.post("/visits", &typed).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select id from visit").await.len(), 2);
    }
}

#[tokio::test]
async fn aftercare_that_gives_way_to_the_next_visit_is_told_before_and_comes_back_with_a_cancellation() {
    for app in TestApp::at(MORNING).await {
        let first = app.visited("2026-01-05T09:00:00Z").await;
        let due = app.email(first, Step::DaySeven).await.due_at;
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let mut typed = form(&cleo, "2026-01-09", "10:00", KEY);
        let asked = rosa.post("/visits", &typed).await;
        assert_eq!(asked.status, StatusCode::CONFLICT);
        assert!(asked.body.contains("2 emails change"), "{}", asked.body);
        assert!(
            asked.body.contains("Day 7, for the visit today 10:00") && asked.body.contains("Called off. It was due")
        );
        assert!(asked.body.contains("Preparation, for the visit Fri 9 Jan 10:00"));
        assert_eq!(app.email(first, Step::DaySeven).await.state, State::Scheduled, "only asked");
        let yes = field(&asked, "agreed");
        typed.push(("agreed", &yes));
        let next = told(&rosa.post("/visits", &typed).await);
        assert_eq!(app.email(first, Step::DaySeven).await.state, State::Cancelled);
        assert_eq!(app.email(first, Step::DayThree).await.state, State::Scheduled, "before the next visit");
        assert_eq!(app.email(next, Step::Prepare).await.state, State::Scheduled);

        let page = rosa.get(&format!("/visits/{next}/cancel")).await;
        assert!(
            page.body.contains("2 emails change") && page.body.contains("Goes out Mon 12 Jan 09:00."),
            "{}",
            page.body
        );
        let seen = [("version", field(&page, "version")), ("agreed", field(&page, "agreed"))];
        let seen: Vec<(&str, &str)> = seen.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(rosa.post(&format!("/visits/{next}/cancel"), &seen).await.status, StatusCode::SEE_OTHER);
        let back = app.email(first, Step::DaySeven).await;
        assert_eq!((back.state, back.due_at), (State::Scheduled, due), "as the plan would have it");
        assert_eq!(app.email(next, Step::Prepare).await.state, State::Cancelled);
    }
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_all_that_was_typed() {
    for app in TestApp::at(MORNING).await {
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let huge = "9".repeat(100_000);
        for (name, value, sentence) in [
            ("date", "2026-02-31", "31 February does not exist. Check the day."),
            ("time", "25:00", "This is no time."),
            ("minutes", huge.as_str(), "Write the length in minutes"),
            ("technique", "<script>alert(1)</script>", "Choose a technique from the list."),
            ("regions", "tail\0", "One of the areas is not on the list."),
            ("therapist", &app.cast.otto.to_string(), "Choose somebody who treats here."),
        ] {
            let mut typed = form(&cleo, "2026-01-08", "10:20", KEY);
            typed.retain(|(field, _)| *field != name);
            typed.push((name, value));
            let again = rosa.post("/visits", &typed).await;
            assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(again.body.contains(sentence), "{name}: {}", again.body);
            assert!(name == "time" || again.body.contains("value=\"10:20\""), "{name}: what was typed stays");
            assert!(!again.body.contains("<script>alert"), "{name}");
        }
        assert_eq!(app.ask("select id from visit").await.len(), 0);
    }
}

#[tokio::test]
async fn the_form_proposes_where_and_how_firmly_only_to_those_who_treat() {
    for app in TestApp::at(MORNING).await {
        app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/new?client={}", app.cast.cleo);
        let theo = app.sign_in("Theo").await.get(&path).await;
        assert!(theo.body.contains("value=\"lower_back\" checked"));
        let rosa = app.sign_in("Rosa").await.get(&path).await;
        assert!(rosa.body.contains("value=\"lower_back\">") && !rosa.body.contains(" checked"), "{}", rosa.body);
        assert!(rosa.body.contains("Booked: tomorrow 10:00"));
        let nobody = app.sign_in("Rosa").await.get("/visits/new").await;
        assert!(nobody.status == StatusCode::OK && nobody.body.contains("Who is it for?"));
    }
}
