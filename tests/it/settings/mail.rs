//! The mail server that an admin names in the browser: taken up without a start, kept sealed, asked for with
//! one's own password, and never a door inside the house.

use std::sync::Arc;
use std::time::Duration;

use aftercare::app;
use aftercare::clinic::mail_server::{MailServer, Protection};
use aftercare::config::Settings;
use aftercare::store::mail_server;
use aftercare::web::Web;
use aftercare::web::sending::Sending;
use aftercare::worker::WayOut;
use axum::http::StatusCode;
use tokio::sync::watch;

use super::{MORNING, field};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::scripted::{Script, Scripted, say};

const PASSWORD: &str = "lantern soup and gravel";

/// A house whose settings file names no mail server.
fn open(app: &TestApp, inside: bool) -> Web {
    let from = "aftercare@localhost.invalid".parse::<aftercare::clinic::person::EmailAddress>().expect("an address");
    let sending = Sending { ways: Vec::new(), reply_to: from.clone(), from, is_fixed: false, inside };
    Web { sending: sending.into(), ..app.web() }
}

/// Ada, an admin of every clinic here.
async fn ada(app: &TestApp, web: &Web) -> Browser {
    app.give_password("Ada", PASSWORD).await;
    app.ada_is_admin_everywhere().await;
    let (clinic, account) = app.cast.staff("Ada");
    Browser::signed_in(web.clone(), clinic, account).await
}

fn way_out(app: &TestApp, inside: bool) -> WayOut {
    let mut mail = Settings::default().mail;
    mail.allow_inside = inside;
    let clock = app.clock.clone();
    Arc::new(move |server| app::named(&mail, server, clock.clone()))
}

fn port(peer: &Scripted) -> String {
    peer.url().rsplit_once(':').expect("a port").1.to_owned()
}

fn typed<'a>(port: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("version", "0"),
        ("host", "127.0.0.1"),
        ("port", port),
        ("protection", "nothing"),
        ("user", ""),
        ("password", ""),
        ("sender", "hello@lindenhof.example"),
        ("own_password", PASSWORD),
    ];
    all.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    all.extend(more);
    all
}

#[tokio::test]
async fn a_server_that_was_named_is_tried_at_once_and_told_of() {
    for app in TestApp::at(MORNING).await {
        let web = open(&app, true);
        let mut ada = ada(&app, &web).await;
        let page = ada.get("/settings/mail").await;
        assert!(
            page.body.contains("No mail server is set.") && !page.body.contains("Send a test to me</button></form>")
        );
        let port = port(&app.peer);
        let wrong = ada.post("/settings/mail", &typed(&port, &[("own_password", "a guess of twelve")])).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("This is not your password") && !wrong.body.contains("a guess"), "{}", wrong.body);
        assert_eq!(app.ask("select host from mail_server").await, [""; 0]);
        let saved = ada.post("/settings/mail", &typed(&port, &[])).await;
        assert_eq!((saved.status, saved.leads_to()), (StatusCode::SEE_OTHER, "/settings/mail"), "{}", saved.body);
        let waiting = ada.get("/settings/mail").await;
        assert!(
            waiting.body.contains("The test mail is on its way")
                && waiting.body.contains("from hello@lindenhof.example")
        );
        let (worker, version) = app.worker.as_named(&way_out(&app, true)).await.expect("reads");
        assert_eq!(version, 1);
        worker.try_mail().await.expect("the worker tries");
        assert_eq!(app.subjects(), ["Test mail from Aftercare"]);
        let head = String::from_utf8_lossy(&app.taken().remove(0).body).into_owned();
        assert!(head.contains("<hello@lindenhof.example>"), "{head}");
        assert!(ada.get("/settings/mail").await.body.contains("The server took the test."));
        let told = "select action from audit where kind = 'clinic' and action like 'mail%' order by id";
        assert_eq!(app.ask(told).await, ["mail_server.changed", "mail.tried"]);
        // Emails are named by its sender from now on.
        assert_eq!(web.sending.get().from.domain(), "lindenhof.example");
    }
}

#[tokio::test]
async fn what_all_clinics_share_is_not_for_the_admin_of_one() {
    for app in TestApp::at(MORNING).await {
        let web = open(&app, false);
        app.give_password("Ada", PASSWORD).await;
        let (clinic, ada) = app.cast.staff("Ada");
        let mut ada = Browser::signed_in(web.clone(), clinic, ada).await;
        let page = ada.get("/settings/mail").await;
        assert!(page.body.contains("Not yours to change") && !page.body.contains("name=\"host\""), "{}", page.body);
        let fields = typed("587", &[("host", "mail.example.org"), ("protection", "starttls")]);
        let refused = ada.post("/settings/mail", &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(
            app.write(async |db| mail_server::find(db).await).await.is_none(),
            "every clinic's mail stays where it went"
        );
        let signed = [("signed_by", "Dr Lin"), ("read", "yes"), ("version", "any")];
        assert_eq!(ada.post("/settings/texts/sign-off", &signed).await.status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn a_password_is_sealed_never_shown_and_never_goes_to_another_server() {
    for app in TestApp::at(MORNING).await {
        let web = open(&app, true);
        let mut ada = ada(&app, &web).await;
        let secret = [("user", "clinic"), ("password", "canary-of-the-server")];
        assert_eq!(ada.post("/settings/mail", &typed("587", &secret)).await.status, StatusCode::SEE_OTHER);
        let page = ada.get("/settings/mail").await;
        assert!(!page.body.contains("canary-of-the-server") && page.body.contains("value=\"clinic\""));
        let hex = if app.engine.file.is_some() { "hex(login)" } else { "encode(login, 'hex')" };
        let kept = app.ask(&format!("select {hex} from mail_server")).await.remove(0).to_lowercase();
        let plain: String = b"canary-of-the-server".iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!kept.is_empty() && !kept.contains(&plain));
        let version = field(&page, "version");
        let elsewhere = [("version", version.as_str()), ("user", "clinic"), ("host", "192.0.2.7")];
        let refused = ada.post("/settings/mail", &typed("587", &elsewhere)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Type the password of this user at this server."), "{}", refused.body);
        let same = [("version", version.as_str()), ("user", "clinic"), ("sender", "desk@lindenhof.example")];
        assert_eq!(ada.post("/settings/mail", &typed("587", &same)).await.status, StatusCode::SEE_OTHER);
        let (server, _) = app.write(mail_server::find).await.expect("a server");
        assert_eq!(server.login.expect("kept").password, "canary-of-the-server");
        let late = ada.post("/settings/mail", &typed("587", &[("version", "1"), ("host", "192.0.2.8")])).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Somebody else named a mail server meanwhile") && late.body.contains("192.0.2.8"));
    }
}

#[tokio::test]
async fn no_door_inside_the_house_is_knocked_at() {
    for app in TestApp::at(MORNING).await {
        let web = open(&app, false);
        let mut ada = ada(&app, &web).await;
        let port = port(&app.peer);
        for (name, value) in [
            ("host", "127.0.0.1"),
            ("host", "localhost"),
            ("host", "169.254.169.254"),
            ("host", "file:///etc/passwd"),
            ("host", "gopher://mail.example.org"),
            ("host", "[::1]"),
        ] {
            let fields = typed("587", &[(name, value), ("protection", "starttls")]);
            let refused = ada.post("/settings/mail", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
            assert!(refused.body.contains("id=\"host-problem\""), "{value}: {}", refused.body);
        }
        let odd = ada.post("/settings/mail", &typed(&port, &[("host", "mail.example.org")])).await;
        assert!(odd.body.contains("port 587, 465, 25 or 2525") && odd.body.contains("id=\"protection-problem\""));
        // A name that leads inside, as one may do a moment after it was typed.
        let server = MailServer {
            host: "localhost".into(),
            port: port.parse().expect("a port"),
            protection: Protection::StartTls,
            login: None,
            sender: "hello@lindenhof.example".parse().expect("an address"),
        };
        app.write(async |db| mail_server::save(db, &server, 0, app.now()).await).await;
        assert_eq!(ada.post("/settings/mail/trial", &[]).await.status, StatusCode::SEE_OTHER);
        let (worker, _) = app.worker.as_named(&way_out(&app, false)).await.expect("reads");
        worker.try_mail().await.expect("the worker tries");
        let page = ada.get("/settings/mail").await;
        assert!(page.body.contains("leads to a machine inside your own network"), "{}", page.body);
        assert_eq!(app.peer.seen().count("EHLO"), 0, "nobody knocked");
    }
}

#[tokio::test]
async fn a_running_worker_takes_up_another_server() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let other = Scripted::start(Script::new()).await;
        let server = |peer: &Scripted| MailServer {
            host: "127.0.0.1".into(),
            port: port(peer).parse().expect("a port"),
            protection: Protection::Nothing,
            login: None,
            sender: "hello@lindenhof.example".parse().expect("an address"),
        };
        app.visited("2026-01-05T07:00:00Z").await;
        let (stop, stopped) = watch::channel(false);
        let (worker, way_out) = (app.worker.clone(), way_out(&app, true));
        let running =
            tokio::spawn(async move { worker.run_as_named(way_out, Duration::from_millis(50), stopped).await });
        app.go_to("2026-01-05T11:00:00Z");
        app.write(async |db| mail_server::save(db, &server(&app.peer), 0, app.now()).await).await;
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        app.write(async |db| mail_server::save(db, &server(&other), 1, app.now()).await).await;
        // Until it has looked, it may rightly send by the server before: the next email waits for its word.
        let taken_up = async {
            let port = port(&other);
            while !app.ask("select health from worker_beat").await.iter().any(|health| health.contains(&port)) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), taken_up).await.expect("the worker tells of the other server");
        app.go_to("2026-01-06T08:00:00Z");
        other.wait(|seen| seen.taken.len() == 1).await;
        assert_eq!(app.peer.seen().taken.len(), 1);
        stop.send(true).expect("it listens");
        tokio::time::timeout(Duration::from_secs(30), running).await.expect("ends in time").expect("ends well");
    }
}

#[tokio::test]
async fn a_server_of_the_settings_file_is_shown_and_not_changed() {
    for app in TestApp::with(MORNING, || Script::new().to("ada@", say("535 5.7.8 no"))).await {
        app.give_password("Ada", PASSWORD).await;
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/settings/mail").await;
        assert!(page.body.contains("mail.lindenhof.example:587") && page.body.contains("<code>mail.url</code>"));
        assert!(!page.body.contains("name=\"host\""), "{}", page.body);
        let refused = ada.post("/settings/mail", &typed("587", &[])).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(app.ask("select host from mail_server").await, [""; 0]);
        assert_eq!(ada.post("/settings/mail/trial", &[]).await.leads_to(), "/settings/mail");
        assert_eq!(ada.post("/settings/mail/trial", &[]).await.status, StatusCode::CONFLICT, "one at a time");
        app.worker.try_mail().await.expect("the worker tries");
        assert!(ada.get("/settings/mail").await.body.contains("does not take the user name or password"));
    }
}
