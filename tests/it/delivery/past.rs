//! Emails that were sent a while ago stand elsewhere, and nobody who reads notices.

use aftercare::clinic::ids::{EmailId, VisitId};
use aftercare::clinic::retention::Keeping;
use aftercare::store::outbox::{self, Owner};
use aftercare::store::person::{self, Erasure, Notes};
use aftercare::store::{Db, bounce, email, retention};

use crate::notes::signed;
use crate::routes::dump;
use crate::support::app::TestApp;
use crate::support::cast::at;

/// Every email of a visit in January has left, and it is March.
async fn long_after_a_visit() -> Vec<(TestApp, VisitId)> {
    let mut houses = Vec::new();
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.book("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T10:00:00Z");
        signed(&mut app.sign_in("Theo").await, visit).await;
        for morning in ["2026-01-05T14:00:00Z", "2026-01-06T12:00:00Z", "2026-01-08T12:00:00Z", "2026-01-12T12:00:00Z"]
        {
            app.go_to(morning);
            assert_eq!(app.run_worker().await.sent, 1, "{morning}");
        }
        app.go_to("2026-03-01T12:00:00Z");
        houses.push((app, visit));
    }
    houses
}

async fn numbers(app: &TestApp) -> [String; 2] {
    let count =
        async |table| app.ask(&format!("select cast(count(*) as text) from {table} where state = 'sent'")).await;
    [count("email").await.remove(0), count("email_past").await.remove(0)]
}

/// Everything that the store tells of these emails.
async fn read(app: &TestApp, visit: VisitId) -> String {
    let (clinic, cleo) = (app.cast.clinic, app.cast.cleo);
    app.write(async |db: &mut Db| {
        let mails = email::of_client(db, clinic, cleo).await?;
        let mut one_by_one = Vec::new();
        for mail in &mails {
            one_by_one.push((
                email::find(db, clinic, mail.id).await?,
                bounce::about(db, mail.id).await?,
                outbox::content(db, clinic, mail.id).await?.map(|bytes| bytes.len()),
            ));
        }
        let lists = (
            email::newest(db, clinic, 3).await?,
            email::after(db, clinic, (Some(visit), None), Some(mails[3].id), 2).await?,
            email::of_visits(db, clinic, &[visit]).await?,
            outbox::counts(db, clinic).await?,
            outbox::totals(db).await?,
        );
        assert!(email::newest(db, app.cast.other_clinic, 3).await?.is_empty());
        Ok(format!("{one_by_one:?} {lists:?}"))
    })
    .await
}

#[tokio::test]
async fn whoever_looks_sees_what_was_sent_a_while_ago_as_before() {
    for (app, visit) in long_after_a_visit().await {
        let (clinic, cleo) = (app.cast.clinic, app.cast.cleo);
        let mut ada = app.sign_in("Ada").await;
        let mut all = async |app: &TestApp| {
            let mut seen = Vec::new();
            for path in [
                format!("/clients/{cleo}"),
                format!("/clients/{cleo}/erasure"),
                format!("/visits/{visit}"),
                format!("/visits/{visit}/plan"),
                format!("/visits/{visit}/plan?email=day_1&show=text"),
                format!("/visits/{visit}/emails/day_1/html"),
                "/day?date=2026-01-05".into(),
                "/delivery".into(),
            ] {
                let page = ada.get(&path).await;
                assert!(page.status.is_success(), "{path}");
                seen.push((path, page.body));
            }
            seen.push(("the store".into(), read(app, visit).await));
            seen
        };
        let before = all(&app).await;
        assert_eq!(numbers(&app).await, ["4", "0"]);
        let handed_out = || app.write(async |db| person::everything(db, clinic, cleo).await);
        let kinds = handed_out().await.expect("is there");
        assert!(app.worker.set_aside().await.expect("moves"), "all of it at once");
        assert_eq!(numbers(&app).await, ["0", "4"]);
        for (before, after) in before.into_iter().zip(all(&app).await) {
            assert_eq!(before, after);
        }
        let mails = |kinds: &[person::Kind]| {
            let kind = kinds.iter().find(|kind| kind.name == "emails").expect("a kind");
            serde_json::to_string(&kind.rows).expect("JSON")
        };
        assert_eq!(mails(&kinds), mails(&handed_out().await.expect("is there")));
        assert!(app.worker.set_aside().await.expect("moves"));
        assert_eq!(app.run_worker().await.sent, 0);
    }
}

#[tokio::test]
async fn what_reached_somebody_is_not_owed_to_them_again() {
    for (app, visit) in long_after_a_visit().await {
        assert!(app.worker.set_aside().await.expect("moves"));
        let (clinic, now) = (app.cast.clinic, app.now());
        let again = app
            .write(async |db| {
                let sent = email::of_visit(db, clinic, visit).await?;
                let mut new = app.cast.email(sent[1].step);
                (new.visit, new.recipient) = (visit, sent[1].recipient.clone());
                let same = outbox::insert(db, std::slice::from_ref(&new), now).await?;
                new.recipient = "another@example.org".parse().expect("an address");
                (new.due, new.not_after) =
                    (at("2027-01-01T12:00:00Z").to_zoned(jiff::tz::TimeZone::UTC), at("2027-01-02T12:00:00Z"));
                Ok((same, outbox::insert(db, &[new], now).await?))
            })
            .await;
        assert_eq!(again, (0, 1));
    }
}

/// A visit is planned anew as a whole, so its emails stay together until the last of them is over.
#[tokio::test]
async fn what_is_not_over_or_not_sent_stays_where_it_is() {
    for (app, visit) in long_after_a_visit().await {
        let last = format!("where step = 'day_7' and visit_id = '{visit}'");
        app.sql(&format!("update email set state = 'held', reason = 'by staff', sent_at = null {last}")).await;
        assert!(app.worker.set_aside().await.expect("moves"));
        assert_eq!(numbers(&app).await, ["3", "0"]);
        app.sql(&format!("update email set state = 'cancelled' {last}")).await;
        // Three days after two of them had left, and not after the third.
        app.go_to("2026-01-10T00:00:00Z");
        assert!(app.worker.set_aside().await.expect("moves"));
        assert_eq!(numbers(&app).await, ["1", "2"]);
        app.go_to("2026-01-12T00:00:00Z");
        assert!(app.worker.set_aside().await.expect("moves"));
        assert_eq!(numbers(&app).await, ["0", "3"]);
        assert_eq!(app.ask("select state from email").await, ["cancelled"]);
    }
}

#[tokio::test]
async fn erased_and_past_its_time_it_goes_from_there_too() {
    for (app, _) in long_after_a_visit().await {
        assert!(app.worker.set_aside().await.expect("moves"));
        let (clinic, cleo, now) = (app.cast.clinic, app.cast.cleo, app.now());
        let keeping = Keeping { sent_days: Some(30), record_years: None };
        let saved = app
            .write(async |db| {
                let version = aftercare::store::clinic::version(db, clinic).await?.expect("a clinic");
                retention::save(db, clinic, keeping, version).await
            })
            .await;
        assert!(saved);
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 4);
        assert_eq!(app.ask("select email_id from email_content").await.len(), 0);

        let erased = app
            .write(async |db| {
                let toll = person::toll(db, clinic, cleo).await?;
                assert_eq!(toll.emails, 4);
                person::erase(db, clinic, cleo, (Notes::Go, &toll.mark()), now).await
            })
            .await;
        assert!(matches!(erased, Erasure::Done(_)), "{erased:?}");
        for (table, rows) in dump(&app).await {
            assert!(!rows.iter().any(|row| row.contains("Okafor") || row.contains(&cleo.to_string())), "{table}");
        }
    }
}

/// However that came about: it is no reason for the others to stay.
#[tokio::test]
async fn one_that_cannot_move_keeps_no_other_from_moving() {
    for (app, _) in long_after_a_visit().await {
        app.sql(
            "insert into email_past select 'another', clinic_id, client_id, visit_id, plan_id, step, stream, letter,
                letter_version, recipient, locale, civil_at, zone, due_at, not_after, next_at, state, attempts, 'm', on_uncertain,
                resends, sending_at, sent_at, reply, reason, created_at, protocol, left_at
             from email where step = 'day_1'",
        )
        .await;
        assert!(app.worker.set_aside().await.expect("moves"));
        assert_eq!(app.ask("select step from email").await, ["day_1"]);
        assert_eq!(numbers(&app).await, ["1", "4"]);
    }
}

/// Two workers take different rows, or one of them none; nothing is lost and nothing is there twice.
#[tokio::test]
async fn two_workers_move_each_email_once() {
    for (app, _) in long_after_a_visit().await {
        let mut other = app.worker.clone();
        other.owner = Owner::fresh();
        let (one, two) = tokio::join!(app.worker.set_aside(), other.set_aside());
        assert!(one.expect("moves") && two.expect("moves"));
        assert_eq!(numbers(&app).await, ["0", "4"]);
        let ids: Vec<EmailId> =
            app.ask("select id from email_ever").await.iter().map(|id| id.parse().expect("an id")).collect();
        assert_eq!(ids.len(), 4);
    }
}
