//! The register through the pages, on both engines: registering, finding, correcting, consents, the
//! client page for each role, and the printed sheet.

mod erasure;
mod paper;
mod rules;

use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan;
use aftercare::clinic::protocol::Step;
use aftercare::clinic::tailoring;
use aftercare::store::{audit, case, client, consent, email, suppression};
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::Browser;

const NOW: &str = "2026-01-05T08:00:00Z";

/// A filled form; `changes` replace fields or add some.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("id", "019b8d2b-8c00-7000-8000-00000000000a"),
        ("first_name", "Zoë"),
        ("last_name", "O’Neil"),
        ("born", "12 12 1966"),
        ("phone", "07946 000123"),
        ("email", "zoe@example.org"),
        ("aftercare", "email"),
        ("locale", ""),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(field, _)| field == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

/// The value of a hidden field or an input.
fn value<'a>(html: &'a str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
    let rest = rest.split_once("value=\"").expect("a value").1;
    rest.split('"').next().unwrap_or_default()
}

async fn deeds(app: &TestApp, id: &str) -> Vec<String> {
    let entries = app.write(async |db| audit::of_record(db, app.cast.clinic, id).await).await;
    entries.into_iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn rosa_registers_a_client_and_finds_her_by_what_she_hears() {
    for app in TestApp::at(NOW).await {
        let mut rosa = app.sign_in("Rosa").await;
        let empty = rosa.get("/clients/new").await;
        assert_eq!(empty.status, StatusCode::OK);
        let id = value(&empty.body, "id").to_owned();
        for _ in 0..2 {
            let sent = rosa.post("/clients", &form(&[("id", &id)])).await;
            assert_eq!((sent.status, sent.leads_to()), (StatusCode::SEE_OTHER, format!("/clients/{id}").as_str()));
        }
        assert_eq!(app.ask("select last_name from client where first_name = 'Zoë'").await.len(), 1, "sent twice");
        assert_eq!(deeds(&app, &id).await, ["client.registered"]);

        let page = rosa.get(&format!("/clients/{id}")).await;
        assert!(page.body.contains("Zoë O’Neil") && page.body.contains("59, born 12 Dec 1966"), "{}", page.body);
        assert!(page.body.contains("No consent to aftercare emails"), "and what to do");
        assert_eq!(deeds(&app, &id).await, ["client.registered", "client.viewed"], "looking is one row");

        for question in ["oneil+1966", "zoe+0794", "zoe%40ex"] {
            let found = rosa.get(&format!("/clients?q={question}")).await;
            assert!(found.body.contains("1 client found") && found.body.contains(&id), "{question}");
        }
        let nobody = rosa.get("/clients?q=%22%3E%3Csvg+onload%3Dalert(1)%3E").await;
        assert!(nobody.body.contains("Nobody is found by") && !nobody.body.contains("<svg onload"));
        rosa.headers.push(("hx-request", "true".into()));
        let part = rosa.get("/clients?q=oneil").await;
        assert!(part.body.contains(&id) && !part.body.contains("<html"), "a script gets the answer alone");
    }
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    for app in TestApp::at(NOW).await {
        let mut rosa = app.sign_in("Rosa").await;
        let canary = "\"><svg onload=alert(1)>";
        let wrong =
            form(&[("first_name", canary), ("born", "31 2 1980"), ("email", "zoe@"), ("last_name", "a\u{202e}b")]);
        let sent = rosa.post("/clients", &wrong).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in
            ["31 February does not exist", "value=\"31 2 1980\"", "value=\"zoe@\"", "3 fields need another look"]
        {
            assert!(sent.body.contains(words), "{words}: {}", sent.body);
        }
        assert!(!sent.body.contains("<svg onload"), "printed literally");
        let long = "x".repeat(200_000);
        assert_eq!(rosa.post("/clients", &form(&[("phone", &long)])).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let bad = rosa.post("/clients", &form(&[("id", "none")])).await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        assert_eq!(app.ask("select first_name from client").await, ["Cleo"], "nothing was stored");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_who_register_one_person_at_once_register_her_once() {
    for app in TestApp::at(NOW).await {
        let rosa = app.sign_in("Rosa").await;
        let mut all = tokio::task::JoinSet::new();
        for number in 1..=6 {
            let mut rosa = rosa.clone();
            all.spawn(async move {
                let id = format!("019b8d2b-8c00-7000-8000-00000000001{number}");
                rosa.post("/clients", &form(&[("id", &id)])).await.status
            });
        }
        let answers = all.join_all().await;
        let registered = answers.iter().filter(|status| **status == StatusCode::SEE_OTHER).count();
        assert_eq!(registered, 1, "{answers:?}");
        assert_eq!(app.ask("select last_name from client where first_name = 'Zoë'").await.len(), 1);
    }
}

#[tokio::test]
async fn a_second_cleo_is_asked_about_before_she_is_registered() {
    for app in TestApp::at(NOW).await {
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let twin =
            [("first_name", "OKAFOR"), ("last_name", "cléo"), ("born", "29.2.1988"), ("email", "other@example.org")];
        let asked = rosa.post("/clients", &form(&twin)).await;
        assert_eq!(asked.status, StatusCode::CONFLICT);
        assert!(asked.body.contains("Same name and date of birth") && asked.body.contains(&format!("/clients/{cleo}")));
        assert!(asked.body.contains("value=\"cléo\""), "what was typed is still there");
        assert_eq!(app.ask("select first_name from client").await, ["Cleo"]);

        let stranger = [&twin[..], &[("someone_else", "019b8d2b-8c00-7000-8000-0000000000ff")]].concat();
        assert_eq!(rosa.post("/clients", &form(&stranger)).await.status, StatusCode::CONFLICT, "said of somebody else");
        let sure = [&twin[..], &[("someone_else", cleo.as_str())]].concat();
        assert_eq!(rosa.post("/clients", &form(&sure)).await.status, StatusCode::SEE_OTHER);

        for (first, last, born, question) in [
            ("Clea", "Okafor", "29.2.1988", "Nearly the same name and the same date of birth"),
            ("Ben", "Okafor", "29.2.1988", "A twin, or another name of the same person?"),
        ] {
            let near = [
                ("first_name", first),
                ("last_name", last),
                ("born", born),
                ("email", "near@example.org"),
                ("phone", ""),
            ];
            let asked = rosa.post("/clients", &rosa_id(&form(&near), "019b8d2b-8c00-7000-8000-0000000000fe")).await;
            assert_eq!(asked.status, StatusCode::CONFLICT, "{first}");
            assert!(asked.body.contains(question), "{first}: {}", asked.body);
            let softly = !asked.body.contains("banner caution");
            assert_eq!(softly, first == "Ben", "whoever is more often somebody else is asked about calmly");
        }

        let mut otto = app.sign_in("Otto").await;
        let elsewhere = rosa_id(&form(&twin), "019b8d2b-8c00-7000-8000-00000000000b");
        assert_eq!(otto.post("/clients", &elsewhere).await.status, StatusCode::SEE_OTHER, "alike to nobody of his");
        let taken = rosa_id(&form(&twin), &cleo);
        assert_eq!(otto.post("/clients", &taken).await.status, StatusCode::CONFLICT, "asks about his own new client");
        let taken = [taken, vec![("someone_else", "019b8d2b-8c00-7000-8000-00000000000b")]].concat();
        let answer = otto.post("/clients", &taken).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "an id of another clinic");
        assert!(!answer.body.contains("Okafor"));
    }
}

fn rosa_id<'a>(fields: &[(&'a str, &'a str)], id: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| if *name == "id" { (*name, id) } else { (*name, *value) }).collect()
}

/// The form of Cleo as a browser would send it, with these changes.
async fn correction(browser: &mut Browser, path: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = browser.get(&format!("{path}/edit")).await;
    let names = ["first_name", "last_name", "born", "phone", "email"];
    let mut fields: Vec<(String, String)> = Vec::new();
    fields.push(("version".into(), value(&page.body, "version").into()));
    for name in names {
        let was = format!("was_{name}");
        fields.push((was.clone(), value(&page.body, &was).into()));
        fields.push((name.into(), value(&page.body, &was).into()));
    }
    for (name, value) in [("was_aftercare", "email"), ("aftercare", "email"), ("was_locale", ""), ("locale", "")] {
        fields.push((name.into(), value.into()));
    }
    for (name, value) in changes {
        let field = fields.iter_mut().find(|(field, _)| field == name).expect("a field of the form");
        field.1 = (*value).into();
    }
    fields
}

async fn send(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> crate::support::browser::Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}

#[tokio::test]
async fn of_two_who_correct_a_client_the_second_sees_what_the_first_changed() {
    for app in TestApp::at(NOW).await {
        let path = format!("/clients/{}", app.cast.cleo);
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        let first = correction(&mut rosa, &path, &[("phone", "020 7946 0999"), ("last_name", "Adeyemi")]).await;
        let second = correction(&mut theo, &path, &[("last_name", "Okafor-Lind"), ("email", "new@example.org")]).await;
        assert_eq!(send(&mut rosa, &path, &first).await.status, StatusCode::SEE_OTHER);
        let clash = send(&mut theo, &path, &second).await;
        assert_eq!(clash.status, StatusCode::CONFLICT);
        assert!(clash.body.contains("Rosa Muster, today 09:00"), "who and when: {}", clash.body);
        assert!(clash.body.contains("Saved meanwhile: “Adeyemi”"), "the clash stands by its field");
        assert_eq!(value(&clash.body, "last_name"), "Okafor-Lind", "nothing typed is lost");
        assert_eq!(value(&clash.body, "phone"), "020 7946 0999", "what only Rosa changed is taken");
        assert_eq!(value(&clash.body, "was_last_name"), "Adeyemi");

        let again: Vec<(String, String)> = second
            .iter()
            .map(|(name, old)| {
                let kept = if ["first_name", "last_name", "phone", "email", "born", "version"].contains(&name.as_str())
                    || name.starts_with("was_") && !["was_aftercare", "was_locale"].contains(&name.as_str())
                {
                    value(&clash.body, name).to_owned()
                } else {
                    old.clone()
                };
                (name.clone(), kept)
            })
            .collect();
        assert_eq!(send(&mut theo, &path, &again).await.status, StatusCode::SEE_OTHER);
        let cleo =
            app.write(async |db| client::find(db, app.cast.clinic, app.cast.cleo).await).await.expect("is there");
        assert_eq!((cleo.version, cleo.phone.as_str()), (3, "020 7946 0999"));
        assert_eq!(cleo.client.last_name.map(String::from).as_deref(), Some("Okafor-Lind"));
        let corrected: Vec<String> = deeds(&app, &app.cast.cleo.to_string())
            .await
            .into_iter()
            .filter(|deed| deed.starts_with("client.corrected"))
            .collect();
        assert_eq!(corrected, ["client.corrected:last_name,phone", "client.corrected:last_name,email"]);
    }
}

#[tokio::test]
async fn waiting_mail_follows_a_new_address_and_stops_for_paper() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let owed = app.emails(visit).await;
        let waiting = owed.iter().filter(|email| email.state == State::Scheduled).count();
        assert!(waiting >= 3, "a plan is waiting");
        let path = format!("/clients/{}", app.cast.cleo);
        let mut rosa = app.sign_in("Rosa").await;
        let form = rosa.get(&format!("{path}/edit")).await;
        assert!(form.body.contains(&format!("{waiting} waiting emails will go to the new address")), "said before");
        let fields = correction(&mut rosa, &path, &[("email", "cleo@new.example")]).await;
        assert_eq!(send(&mut rosa, &path, &fields).await.status, StatusCode::SEE_OTHER);
        for (was, is) in owed.iter().zip(app.emails(visit).await) {
            assert_eq!((is.recipient.as_str(), &is.message_id), ("cleo@new.example", &was.message_id));
        }

        let fields = correction(&mut rosa, &path, &[("aftercare", "paper")]).await;
        assert_eq!(send(&mut rosa, &path, &fields).await.status, StatusCode::SEE_OTHER);
        assert!(app.emails(visit).await.iter().all(|email| email.state == State::Cancelled), "all called off");
        let next = app.visited("2026-01-06T09:00:00Z").await;
        assert!(app.emails(next).await.is_empty(), "no email is planned for who wants paper");
    }
}

#[tokio::test]
async fn a_withdrawal_says_what_it_calls_off_and_then_does() {
    for app in TestApp::at(NOW).await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let path = format!("/clients/{}/consents/aftercare_email", app.cast.cleo);
        let mut rosa = app.sign_in("Rosa").await;
        let waiting = app.emails(visit).await.len();
        let before = rosa.get(&path).await;
        assert!(before.body.contains(&format!("Withdraw and call off {waiting} emails")), "{}", before.body);
        assert!(app.emails(visit).await.iter().all(|email| email.state == State::Scheduled), "looking does nothing");

        for _ in 0..2 {
            assert_eq!(rosa.post(&path, &[("given", "no")]).await.status, StatusCode::SEE_OTHER);
        }
        assert!(app.emails(visit).await.iter().all(|email| email.state == State::Cancelled));
        let history = app.write(async |db| consent::history(db, app.cast.clinic, app.cast.cleo).await).await;
        let of_email: Vec<bool> = history
            .iter()
            .filter(|change| change.purpose == Consent::AftercareEmail)
            .map(|change| change.given)
            .collect();
        assert_eq!(of_email, [true, false], "once, however often it is sent");
        assert!(deeds(&app, &app.cast.cleo.to_string()).await.contains(&"consent.withdrawn:aftercare_email".into()));

        let ask = rosa.get(&path).await;
        assert!(ask.body.contains("Read this to Cleo") && ask.body.contains("Wording"), "{}", ask.body);
        assert_eq!(rosa.post(&path, &[("given", "yes")]).await.status, StatusCode::SEE_OTHER);
        let given = app.write(async |db| consent::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
        assert!(given.contains(&Consent::AftercareEmail));
        assert_eq!(rosa.post(&path, &[("given", "maybe")]).await.status, StatusCode::BAD_REQUEST);
        let nowhere = format!("/clients/{}/consents/none", app.cast.cleo);
        assert_eq!(rosa.get(&nowhere).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_client_page_tells_each_role_what_is_theirs() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        app.answer(&["varicose_veins"]).await;
        app.visited("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T13:30:00Z");
        app.run_worker().await;
        let path = format!("/clients/{}", app.cast.cleo);
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        let desk = rosa.get(&path).await.body;
        for words in ["Thank you for your visit", "Message log", "Cleo.Okafor@example.org", "First intake", "Swedish"] {
            assert!(desk.contains(words), "the desk sees {words}");
        }
        for words in
            ["varicose", "Varicose", "lower back", "Lower back", "moderate", "Moderate", "/emails/", "conditions"]
        {
            assert!(!desk.contains(words), "the desk must not see {words}");
        }
        let room = theo.get(&path).await.body;
        for words in ["Read what was sent", "conditions", "lower back", "/emails/same_day"] {
            assert!(room.contains(words), "the room sees {words}");
        }
        let emails = theo.get(&format!("{path}?show=emails")).await.body;
        assert!(emails.contains("Email: Same day") && !emails.contains("First intake"), "one kind alone");
        let views = deeds(&app, &app.cast.cleo.to_string()).await;
        assert_eq!(views.iter().filter(|deed| *deed == "client.viewed").count(), 3, "one row a look");

        let address = "Cleo.Okafor@example.org".parse().expect("an address");
        let now = app.now();
        let why = "the address does not exist";
        app.write(async |db| suppression::insert(db, app.cast.clinic, &address, why, now).await).await;
        let told = rosa.get(&path).await.body;
        assert!(told.contains("Mail to this address is stopped since 5 Jan 2026") && told.contains("another address"));
    }
}

#[tokio::test]
async fn otto_sees_nobody() {
    for app in TestApp::at(NOW).await {
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let mut otto = app.sign_in("Otto").await;
        let cleo = app.cast.cleo;
        let pages = [
            format!("/clients/{cleo}"),
            format!("/clients/{cleo}/edit"),
            format!("/clients/{cleo}/consents/aftercare_email"),
            format!("/visits/{visit}/handout"),
        ];
        for page in &pages {
            let seen = otto.get(page).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{page}");
            assert!(!seen.body.contains("Cleo") && !seen.body.contains("Okafor"), "{page}");
        }
        for (path, fields) in [
            (&pages[0], vec![("version", "1"), ("first_name", "Otto")]),
            (&pages[2], vec![("given", "no")]),
            (&pages[3], vec![]),
        ] {
            assert_eq!(otto.post(path, &fields).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for list in ["/clients", "/clients?q=cleo", "/clients?q=1988"] {
            let seen = otto.get(list).await;
            assert!(seen.status == StatusCode::OK && !seen.body.contains("Okafor"), "{list}");
        }
        let cleo = app.write(async |db| client::find(db, app.cast.clinic, cleo).await).await.expect("is there");
        assert_eq!((cleo.version, cleo.client.first_name.as_str()), (1, "Cleo"));
        assert!(!deeds(&app, &cleo.id.to_string()).await.iter().any(|deed| deed.ends_with("viewed")));
    }
}
