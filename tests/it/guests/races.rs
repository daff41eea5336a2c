//! Stops against the due moment: once a stop is on disk, nothing of its stream begins any more.

use std::collections::BTreeSet;
use std::time::Duration;

use aftercare::clinic::choice::Topic;
use aftercare::clinic::ids::{ClientId, EmailId, VisitId};
use aftercare::clinic::intake::Consent;
use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::store::outbox::NewEmail;
use aftercare::store::visit::Appointment;
use aftercare::store::{choice, client, consent, fresh_uuid, outbox, visit};
use axum::http::{Method, StatusCode};
use jiff::SignedDuration;

use super::{MORNING, link_for};
use crate::support::app::{TestApp, step};
use crate::support::cast::{at, change, minutes, profile};
use crate::support::engines::ask;

const MANY: usize = 240;
const DUE: &str = "2026-01-05T10:00:00Z";

/// So many clients with one email each, all of them due at the same moment.
async fn crowd(app: &TestApp) -> Vec<ClientId> {
    let mut clients = Vec::new();
    let mut emails = Vec::new();
    app.write(async |db| {
        for _ in 0..MANY {
            let id = ClientId::from_uuid(fresh_uuid(app.now()));
            let person = client::Registered { id, ..app.cast.cleo() };
            client::insert(db, app.cast.clinic, &person, app.now()).await?;
            consent::set(db, app.cast.clinic, id, change(Consent::AftercareEmail, true, app.now())).await?;
            let ends_at = at(DUE) - minutes(180);
            let visit = VisitId::from_uuid(fresh_uuid(app.now()));
            let over = Appointment {
                id: visit,
                client: id,
                starts_at: ends_at - minutes(60),
                ends_at,
                ..app.cast.appointment()
            };
            visit::insert(db, app.cast.clinic, &over, app.now()).await?;
            let email = EmailId::from_uuid(fresh_uuid(app.now()));
            let due = at(DUE).to_zoned(profile().zone.rules().clone());
            let message_id = format!("<{email}@example.org>");
            let not_after = at(DUE) + SignedDuration::from_hours(18);
            let owed =
                NewEmail { id: email, client: id, visit, due, not_after, message_id, ..app.cast.email(Step::SameDay) };
            emails.push(owed);
            clients.push(id);
        }
        outbox::insert(db, &emails, app.now()).await
    })
    .await;
    clients
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_commit_of_a_stop_nothing_of_its_stream_begins() {
    for mut app in TestApp::at("2026-01-05T00:00:00Z").await {
        let clients = crowd(&app).await;
        let options = SinkOptions { latency: Duration::from_millis(1), ..SinkOptions::default() };
        let sink = Sink::start(options).await.expect("a sink");
        app.mail_to(&format!("smtp+plain://{}", sink.address()));
        app.go_to(DUE);
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { step(&worker).await });
        // Those that are written last are stopped first, so that both meet in the middle.
        let mut begun_before = BTreeSet::new();
        for client in clients.iter().rev() {
            let begun = app
                .write(async |db| {
                    choice::set(db, app.cast.clinic, *client, Topic::Aftercare, true, app.now()).await?;
                    outbox::stop_waiting(db, app.cast.clinic, *client, Stream::Aftercare, app.now()).await?;
                    let sql =
                        format!("select id from email where client_id = '{client}' and state in ('sending', 'sent')");
                    Ok(ask(db, &sql).await)
                })
                .await;
            begun_before.extend(begun);
        }
        sending.await.expect("ends");
        let sent: BTreeSet<String> = app.ask("select id from email where state = 'sent'").await.into_iter().collect();
        assert_eq!(sent, begun_before, "what had begun ends, nothing else begins");
        let stopped = app.ask("select id from email where state = 'cancelled'").await;
        assert_eq!(stopped.len() + sent.len(), MANY);
        assert!(!stopped.is_empty(), "the race was one");
        assert_eq!(sink.messages(), sent.len() as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clicks_at_once_are_one_stop() {
    for app in TestApp::at(MORNING).await {
        app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Stop(Stream::Aftercare), None).await;
        let path = format!("/p/{token}");
        let mut clicks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (mut program, path) = (app.visitor(), path.clone());
            clicks.spawn(async move {
                program.send(Method::POST, &path, Some("List-Unsubscribe=One-Click".into())).await.status
            });
        }
        let answers = clicks.join_all().await;
        assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
        let stops = app.ask("select id from audit where action = 'choice.stopped:aftercare'").await;
        let wishes = app.ask("select id from client_wish").await;
        assert_eq!((stops.len(), wishes.len()), (1, 1));
    }
}
