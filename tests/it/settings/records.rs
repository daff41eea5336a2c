//! The records of the sender's domain: the page asks, the worker looks, the page says what to write.

use std::collections::HashMap;
use std::sync::Mutex;

use aftercare::clinic::sender_records::Look;
use aftercare::mail::records;
use axum::http::StatusCode;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";

/// What stands under these names; nothing under others.
fn standing(all: &[(&str, &str)]) -> HashMap<String, Vec<String>> {
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for (name, text) in all {
        names.entry((*name).to_owned()).or_default().push((*text).to_owned());
    }
    names
}

#[tokio::test]
async fn what_is_missing_is_shown_with_what_to_write() {
    for mut app in TestApp::at(MORNING).await {
        app.worker.sender.from = "desk@lindenhof.org".parse().expect("an address");
        app.worker.sender.bounce =
            aftercare::mail::bounce::ReturnPath::plain("bounce@mail.lindenhof.org".parse().expect("an address"));
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/settings/records").await;
        assert!(page.body.contains("Nobody has looked yet") && page.body.contains("Look now"), "{}", page.body);
        assert!(ada.get("/settings/mail").await.body.contains("href=\"/settings/records\""));
        // Nobody asked: nothing is looked up.
        app.worker.look_up(async |_| panic!("nobody asked")).await.expect("a step");
        assert_eq!(ada.post("/settings/records", &[]).await.leads_to(), "/settings/records");
        let waiting = ada.get("/settings/records").await;
        assert!(
            waiting.body.contains("http-equiv=\"refresh\"") && waiting.body.contains("Looking"),
            "{}",
            waiting.body
        );
        assert_eq!(ada.post("/settings/records", &[]).await.status, StatusCode::CONFLICT, "one at a time");
        let asked = Mutex::new(Vec::new());
        let names = standing(&[("mail.lindenhof.org", "v=spf1 include:mail.example ~all")]);
        let texts = async |name: String| {
            asked.lock().expect("nobody else").push(name.clone());
            Look::Texts(names.get(&name).cloned().unwrap_or_default())
        };
        app.worker.look_up(texts).await.expect("a step");
        assert_eq!(*asked.lock().expect("nobody else"), ["mail.lindenhof.org", "_dmarc.lindenhof.org"]);
        let shown = ada.get("/settings/records").await;
        assert!(shown.body.contains("Looked up ") && !shown.body.contains("http-equiv=\"refresh\""), "{}", shown.body);
        assert!(
            shown.body.contains("mail.lindenhof.org has an SPF record")
                || shown.body.contains("Mail.lindenhof.org has")
        );
        assert!(
            shown.body.contains("<code>_dmarc.lindenhof.org</code>")
                && shown.body.contains("<code>v=DMARC1; p=none</code>")
        );
        assert!(shown.body.contains("Not checked") && shown.body.contains("dkim=pass"), "{}", shown.body);
        assert_eq!(app.ask("select action from audit where action like 'mail.%'").await, ["mail.records_asked"]);
        // Answered once: it is not looked up again by itself.
        app.worker.look_up(async |_| panic!("nobody asked")).await.expect("a step");
    }
}

#[tokio::test]
async fn what_could_not_be_asked_is_said_and_a_name_for_examples_is_not_asked() {
    for mut app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        ada.post("/settings/records", &[]).await;
        app.worker.look_up(async |name| panic!("{name} stands in no public record")).await.expect("a step");
        let shown = ada.get("/settings/records").await;
        assert!(
            shown.body.contains("could not be looked up") && shown.body.contains("a name for examples"),
            "{}",
            shown.body
        );
        assert!(!shown.body.contains("<code>v=spf1"), "what is not known is not called missing");
        app.worker.sender.from = "desk@praxis.lindenhof.org".parse().expect("an address");
        app.clock.set(app.now() + jiff::SignedDuration::from_secs(1));
        ada.post("/settings/records", &[]).await;
        // A domain below another goes by that one's DMARC.
        let names = standing(&[("_dmarc.lindenhof.org", "v=DMARC1; p=reject")]);
        let texts = async |name: String| Look::Texts(names.get(&name).cloned().unwrap_or_default());
        app.worker.look_up(texts).await.expect("a step");
        let shown = ada.get("/settings/records").await;
        assert!(shown.body.contains("has a DMARC record (reject)"), "{}", shown.body);
        let found = records::of("a.org", "a.org", async |_| Look::Unknown("no answer in time".into())).await;
        assert_eq!(found.dmarc, Look::Unknown("no answer in time".into()));
    }
}
