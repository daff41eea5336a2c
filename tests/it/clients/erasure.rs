//! Everything about a person in one place: handed out whole, and erased whole.

use std::collections::BTreeSet;

use aftercare::clinic::ids::{ClientId, ClinicId, VisitId};
use aftercare::clinic::link::Purpose;
use aftercare::clinic::wish::Wish;
use aftercare::store::outbox::{self, Begin, Begun, ClaimRequest, Owner};
use aftercare::store::person::{self, Erasure, Notes};
use aftercare::store::{self, Db, link, wish};
use axum::http::StatusCode;
use jiff::Timestamp;

use super::value;
use crate::notes::signed;
use crate::routes::dump;
use crate::support::app::TestApp;
use crate::support::cast::minutes;

/// What tells of Cleo, wherever it stands.
const HERS: [&str; 6] = ["Cleo", "Okafor", "okafor", "cleo", "01 234", "worse since noon"];

/// Erases somebody as they are now.
async fn erase(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> store::Result<Erasure> {
    let seen = person::toll(db, clinic, client).await?.mark();
    person::erase(db, clinic, client, (Notes::Go, &seen), now).await
}

/// Cleo after a visit with everything that can follow: a signed note, an email that was sent, a check-in that
/// opened an alert, a wish, a link.
async fn after_a_visit() -> Vec<(TestApp, VisitId, String)> {
    let mut houses = Vec::new();
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.due_mail_may_stay = true;
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.book("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T10:00:00Z");
        signed(&mut app.sign_in("Theo").await, visit).await;
        app.go_to("2026-01-05T14:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let told = [("step", "day_1"), ("sign", "severe_constant_pain"), ("words", "worse since noon")];
        let told = app.sign_in("Rosa").await.post(&format!("/visits/{visit}/check-in"), &told).await;
        assert_eq!(told.status, StatusCode::SEE_OTHER);
        let purpose = Purpose::Preferences;
        let ends_at = purpose.ends_at(app.now(), app.now());
        let new = link::NewLink { client: app.cast.cleo, visit: None, purpose, ends_at };
        let token = app
            .write(async |db| {
                wish::ask(db, app.cast.clinic, app.cast.cleo, Wish::Erasure, app.now()).await?;
                link::keep(db, app.cast.clinic, new, app.now()).await
            })
            .await;
        houses.push((app, visit, token));
    }
    houses
}

#[tokio::test]
async fn erased_by_the_admin_nothing_of_a_person_is_left_but_numbers() {
    for (app, visit, token) in after_a_visit().await {
        let path = format!("/clients/{}/erasure", app.cast.cleo);
        assert_eq!(app.sign_in("Theo").await.get(&path).await.status, StatusCode::FORBIDDEN);
        let client_page = format!("/clients/{}", app.cast.cleo);
        assert!(!app.sign_in("Rosa").await.get(&client_page).await.body.contains("Erase this client"));
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get(&client_page).await.body.contains(&format!("href=\"{path}\"")));
        let asked = ada.get(&path).await.body;
        for words in ["1 visit<", "1 signed note<", "1 sent email, with the text", "1 check-in<", "1 alert<"] {
            assert!(asked.contains(words), "{words}: {asked}");
        }
        assert!(asked.contains("An alert of this client has no outcome yet"));
        let mark = value(&asked, "mark").to_owned();
        let wrong = ada.post(&path, &[("mark", &mark)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("Choose whether signed notes stay") && wrong.body.contains("Tick this once you"));
        let form = |mark| [("mark", mark), ("sure", "yes"), ("keep", "nothing")];
        let stale = ada.post(&path, &form("1-0-0")).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.body.contains("Something changed meanwhile"));
        assert_eq!(ada.get(&client_page).await.status, StatusCode::OK, "nothing was erased so far");

        let gone = ada.post(&path, &form(&mark)).await;
        assert_eq!((gone.status, gone.leads_to()), (StatusCode::SEE_OTHER, "/clients"));
        for (table, rows) in dump(&app).await {
            for row in rows {
                assert!(!HERS.iter().any(|word| row.contains(word)), "{table} still tells: {row}");
                assert!(!row.contains(&app.cast.cleo.to_string()), "{table} still points: {row}");
            }
        }
        if let Some(file) = &app.engine.file {
            for end in ["", "-wal"] {
                let bytes = std::fs::read(format!("{}{end}", file.display())).unwrap_or_default();
                let found = bytes.windows(6).any(|part| part == b"Okafor");
                assert!(!found, "the file{end} still tells");
            }
        }
        let deeds =
            app.ask(&format!("select action from audit where record_id = '{}' order by id", app.cast.cleo)).await;
        assert_eq!(deeds.last().map(String::as_str), Some("client.erased"));
        for page in [client_page.as_str(), &path, &format!("/visits/{visit}")] {
            assert_eq!(ada.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
        let day = ada.get("/day").await.body;
        assert!(!day.contains("asks to be erased") && !day.contains("Cleo"), "{day}");
        let guest = app.visitor().get(&format!("/p/{token}")).await;
        assert!(guest.body.contains("030 1234") && !guest.body.contains("Cleo"), "{}", guest.body);
        app.go_to("2026-01-06T12:00:00Z");
        assert_eq!((app.run_worker().await.sent, app.run_notices().await), (0, 0), "nobody is written to or about");
    }
}

#[tokio::test]
async fn signed_notes_can_stay_with_the_name_that_says_whose_they_are() {
    for (app, visit, _) in after_a_visit().await {
        let open = app.book("2026-01-12T09:00:00Z").await;
        let path = format!("/clients/{}/erasure", app.cast.cleo);
        let mut ada = app.sign_in("Ada").await;
        let asked = ada.get(&path).await.body;
        let mark = value(&asked, "mark").to_owned();
        let kept = ada.post(&path, &[("mark", &mark), ("sure", "yes"), ("keep", "notes")]).await;
        assert_eq!((kept.status, kept.leads_to()), (StatusCode::SEE_OTHER, &*format!("/clients/{}", app.cast.cleo)));
        let page = ada.get(&format!("/clients/{}", app.cast.cleo)).await.body;
        assert!(page.contains("Cleo Okafor") && !page.contains("example.org") && !page.contains("01 234"), "{page}");
        assert!(ada.get(&format!("/visits/{visit}/note/print")).await.body.contains("Theo Lind"));
        assert_eq!(ada.get(&format!("/visits/{open}")).await.status, StatusCode::NOT_FOUND);
        for table in ["email", "intake", "check_in", "alert", "consent_event", "client_wish"] {
            assert_eq!(app.ask(&format!("select cast(count(*) as text) from {table}")).await, ["0"], "{table}");
        }
        let words = app.ask("select word from client_word order by word").await;
        assert!(!words.iter().any(|word| word.contains('@') || word.contains("234")), "{words:?}");
        assert_eq!(
            app.ask("select action from audit where action like 'client.erased%'").await,
            ["client.erased:all_but_notes"]
        );
    }
}

/// A worker has taken an email, and the erasure is committed before it begins.
#[tokio::test]
async fn what_a_worker_holds_of_an_erased_client_does_not_begin() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        app.owed(3, "2026-01-05T10:00:00Z").await;
        let owner = Owner::fresh();
        let streams = [aftercare::clinic::protocol::Stream::Aftercare];
        let (now, lease_until) = (app.now(), app.now() + minutes(1));
        let request = ClaimRequest { owner: &owner, now, lease_until, limit: 2, streams: &streams };
        let claimed = app.write(async |db| outbox::claim(db, &request).await).await;
        let begins: Vec<Begin> = claimed
            .iter()
            .map(|email| Begin { id: email.id, fence: email.fence, content: None, links: None, at: now })
            .collect();
        // One is on the wire already.
        let begun = app
            .write(async |db| {
                let first = outbox::before_begins(db, &begins[..1]).await?;
                outbox::begin(db, &owner, first, now).await
            })
            .await;
        assert_eq!(begun, [Begun::Go]);
        let erased = app.write(async |db| erase(db, app.cast.clinic, app.cast.cleo, now).await).await;
        assert!(matches!(erased, Erasure::Done(erased) if erased.toll.visits == 3), "{erased:?}");
        let finish = outbox::Finish {
            id: claimed[0].id,
            fence: claimed[0].fence,
            outcome: outbox::Finished::Sent { at: now, reply: "250 ok".into() },
        };
        let begun = app
            .write(async |db| {
                let second = outbox::before_begins(db, &begins[1..]).await?;
                outbox::finish(db, &owner, std::slice::from_ref(&finish), now).await?;
                outbox::begin(db, &owner, second, now).await
            })
            .await;
        assert_eq!(begun, [Begun::Lost]);
        assert_eq!(app.run_worker().await.sent, 0);
        let again = app.write(async |db| erase(db, app.cast.clinic, app.cast.cleo, now).await).await;
        assert_eq!(again, Erasure::Unknown, "erased once");
    }
}

#[tokio::test]
async fn of_an_address_that_two_share_the_stop_stays_with_the_other() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        let mut other = app.cast.cleo();
        other.id = ClientId::from_uuid(store::fresh_uuid(app.now()));
        let (clinic, cleo, now) = (app.cast.clinic, app.cast.cleo, app.now());
        let address = other.client.email.clone().expect("an address");
        app.write(async |db| {
            store::client::insert(db, clinic, &other, now).await?;
            store::suppression::insert(db, clinic, &address, "no such mailbox", now).await?;
            erase(db, clinic, cleo, now).await
        })
        .await;
        assert_eq!(app.ask("select address from suppression").await.len(), 1);
        app.write(async |db| erase(db, clinic, other.id, now).await).await;
        assert_eq!(app.ask("select address from suppression").await.len(), 0);
    }
}

#[tokio::test]
async fn everything_about_a_person_is_handed_out_with_who_looked() {
    for (app, visit, _) in after_a_visit().await {
        app.sign_in("Theo").await.get(&format!("/clients/{}", app.cast.cleo)).await;
        let (clinic, cleo) = (app.cast.clinic, app.cast.cleo);
        let kinds = app.write(async |db| person::everything(db, clinic, cleo).await).await.expect("is there");
        let of = |name: &str| &kinds.iter().find(|kind| kind.name == name).expect("a kind").rows;
        assert_eq!(of("client")[0]["email"], "Cleo.Okafor@example.org");
        assert_eq!(of("client")[0]["on_paper"], false);
        assert_eq!(of("visits")[0]["id"], visit.to_string());
        assert_eq!(of("visits")[0]["starts_at"], "2026-01-05T09:00:00Z");
        assert_eq!(of("visits")[0]["treatment"]["technique"], "swedish");
        let intakes = serde_json::to_string(of("intakes")).expect("JSON");
        assert!(intakes.contains("low_back_sensitive"), "{intakes}");
        assert!(serde_json::to_string(of("check_ins")).expect("JSON").contains("worse since noon"));
        assert_eq!(of("notes")[0]["state"], "signed");
        assert!(of("notes")[0]["body"].is_object());
        assert_eq!((of("alerts").len(), of("wishes").len(), of("consents").len()), (1, 1, 2));
        assert!(of("emails").iter().any(|email| email["state"] == "sent"));
        let looked = of("audit").iter().any(|row| row["action"] == "client.viewed" && row["name"] == "Theo Lind");
        assert!(looked, "{:?}", of("audit"));
        let others = app.write(async |db| person::everything(db, app.cast.other_clinic, cleo).await).await;
        assert!(others.is_none(), "another clinic's client is not here");
    }
}

/// A table that comes later and tells of people has to be handed out and erased as well.
#[tokio::test]
async fn no_table_about_people_is_forgotten() {
    let app = TestApp::at("2026-01-05T11:00:00Z").await.remove(0);
    let sql = "select distinct m.name from sqlite_schema m, pragma_table_info(m.name) p where m.type = 'table'
        and p.name in ('client_id', 'visit_id', 'intake_id', 'note_id', 'alert_id', 'check_in_id', 'email_id')";
    let tables: BTreeSet<String> = app.ask(sql).await.into_iter().collect();
    assert!(tables.len() > 20, "{tables:?}");
    for table in &tables {
        // Its rows stay, without the client, so that old links lead to the telephone.
        let forgotten = ["link", "email_link"].contains(&table.as_str());
        let goes = person::statements().any(|sql| sql.starts_with(&format!("delete from {table} ")));
        assert!(goes || forgotten, "{table} is not erased: add it to store/person/erase.rs");
        // The copy of an email is handed out with it; the others are the program's own notes about rows that are.
        let ours = ["email_content", "email_seen", "client_word", "booking_form", "consent"].contains(&table.as_str());
        let handed_out = if ["email", "email_past"].contains(&table.as_str()) { "email_ever" } else { table.as_str() };
        assert!(
            ours || person::tables().contains(&handed_out),
            "{table} is not handed out: add it to store/person/records.rs"
        );
    }
}
