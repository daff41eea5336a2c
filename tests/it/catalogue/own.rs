//! Entries of the clinics' own: begun, published, asked, found; and entries that are retired, which stay for who has
//! them and are told of before they allow anything.

use aftercare::clinic::catalogue::Kind;
use axum::http::StatusCode;

use super::{MORNING, PUBLICATION, change, publish, rehearse, sign};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::fields::{form, of, send, set};

const NEW: &str = "/catalogue/conditions/new";

/// Begins a condition with everything written that has to be. Returns the path of its draft.
async fn begin(ada: &mut Browser) -> String {
    let mut fields = form(ada, NEW, NEW).await;
    for (field, value) in [
        ("label", "Tennis elbow"),
        ("label_es", "Codo de tenista"),
        ("asks", "Does the outside of your elbow hurt when you grip?"),
        ("asks_es", "¿Le duele la parte externa del codo al agarrar?"),
        ("heat_reason", "It may be sore."),
        ("therapist", "Work around the elbow, not on it."),
        ("category", "regional"),
        ("found_by", "lateral epicondylitis\nmouse arm"),
    ] {
        set(&mut fields, field, value);
    }
    let saved = send(ada, NEW, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    saved.leads_to().to_owned()
}

async fn staff_form(app: &TestApp) -> String {
    app.sign_in("Theo").await.get(&format!("/clients/{}/intake", app.cast.cleo)).await.body
}

#[tokio::test]
async fn a_condition_of_the_clinics_own_is_written_published_asked_and_found() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        let list = ada.get("/catalogue?kind=conditions").await.body;
        assert!(list.contains(&format!("href=\"{NEW}\"")), "{list}");
        assert!(!ada.get("/catalogue?kind=medicines").await.body.contains("/new\""));
        // What is missing is said by its field, and nothing is kept of it.
        let blank = form(&mut ada, NEW, NEW).await;
        assert!(blank.contains(&("needs_review".into(), "yes".into())), "{blank:?}");
        let refused = send(&mut ada, NEW, &blank).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Name is empty") && refused.body.contains("Question on the form is empty"));
        assert!(app.ask("select entry from catalogue_draft").await.is_empty());
        let draft = begin(&mut ada).await;
        assert_eq!(draft, "/catalogue/conditions/own_tennis_elbow/draft");
        let page = ada.get(&draft).await.body;
        assert!(page.contains("New, a draft") && page.contains("An entry of your own"), "{page}");
        assert!(ada.get("/catalogue?kind=conditions").await.body.contains("New draft"));
        assert!(!staff_form(&app).await.contains("Tennis elbow"), "nobody goes by a draft");
        // Another of the same name has another id; thrown away, it is gone.
        let second = begin(&mut ada).await;
        assert_eq!(second, "/catalogue/conditions/own_tennis_elbow_2/draft");
        let mut fields = form(&mut ada, &second, &second).await;
        set(&mut fields, "act", "drop");
        assert_eq!(send(&mut ada, &second, &fields).await.leads_to(), "/catalogue?kind=conditions");
        assert_eq!(ada.get(&second).await.status, StatusCode::NOT_FOUND);
        let page = ada.get(PUBLICATION).await.body;
        assert!(page.contains("Tennis elbow") && !page.contains("This allows more than before"), "{page}");
        assert_eq!(publish(&mut ada).await.leads_to(), "/settings/texts");
        let mut ada = app.sign_in("Ada").await;
        sign(&mut ada).await;
        let asked = staff_form(&app).await;
        assert!(asked.contains("Does the outside of your elbow hurt") && asked.contains("mouse"), "{asked}");
        // Older versions come back without it being lost: records may name it.
        assert_eq!(ada.post("/catalogue/versions", &[("number", "0")]).await.leads_to(), PUBLICATION);
        assert!(ada.get("/catalogue/conditions/own_tennis_elbow").await.body.contains("Tennis elbow"));
        let shipped = ada.get("/catalogue/shipped").await.body;
        assert!(shipped.contains("Changed by you alone") && shipped.contains("Tennis elbow"), "{shipped}");
    }
}

#[tokio::test]
async fn a_retired_condition_is_named_leaves_the_form_and_stays_for_who_has_it() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        assert!(staff_form(&app).await.contains("value=\"sciatica\""));
        change(&mut ada, (Kind::Condition, "sciatica"), "retired", "yes").await;
        let page = rehearse(&mut ada).await;
        assert!(page.contains("is not asked any more"), "{page}");
        let silent = send(&mut ada, PUBLICATION, &of(&page, PUBLICATION)).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "it has to be agreed to by name");
        assert_eq!(publish(&mut ada).await.leads_to(), "/settings/texts");
        assert!(app.sign_in("Ada").await.get("/catalogue?kind=conditions").await.body.contains("Retired"));
        assert!(!staff_form(&app).await.contains("value=\"sciatica\""), "it cannot be ticked any more");
        // Who has it keeps it, and it still rules.
        app.answer(&["sciatica"]).await;
        assert!(staff_form(&app).await.contains("value=\"sciatica\" checked"));
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let brief = app.sign_in("Theo").await.get(&format!("/visits/{visit}")).await.body;
        assert!(brief.contains("Sciatica"), "{brief}");
        // It comes back as it was.
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Condition, "sciatica"), "retired", "").await;
        let page = rehearse(&mut ada).await;
        assert!(!page.contains("This allows more than before"), "{page}");
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        assert!(app.sign_in("Ada").await.get("/settings/texts").await.body.contains("Dr Adisa"), "signed already");
    }
}

#[tokio::test]
async fn a_retired_technique_cannot_be_booked_and_a_booked_one_can_be_moved() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Technique, "swedish"), "retired", "yes").await;
        assert_eq!(publish(&mut ada).await.leads_to(), "/settings/texts");
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let book = [
            ("client", cleo.as_str()),
            ("date", "2026-01-08"),
            ("time", "10:00"),
            ("minutes", "60"),
            ("technique", "swedish"),
            ("pressure", "usual"),
        ];
        let refused = rosa.post("/visits", &book).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Choose a technique from the list"), "{}", refused.body);
        let path = format!("/visits/{visit}/move");
        let mut fields = form(&mut rosa, &path, &path).await;
        assert!(fields.contains(&("technique".into(), "swedish".into())), "{fields:?}");
        set(&mut fields, "time", "11:00");
        let moved = send(&mut rosa, &path, &fields).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
        assert!(moved.body.contains("Move it to tomorrow 11:00?"), "what is booked may stay: {}", moved.body);
    }
}

#[tokio::test]
async fn only_an_admin_of_every_clinic_adds_and_nothing_else_is_added() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        assert_eq!(ada.get(NEW).await.status, StatusCode::CONFLICT);
        assert_eq!(ada.post(NEW, &[("label", "Mine")]).await.status, StatusCode::CONFLICT);
        assert!(!ada.get("/catalogue?kind=conditions").await.body.contains(NEW));
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        for wrong in ["/catalogue/medicines/new", "/catalogue/herbs/new", "/catalogue/conditions/own_none/draft"] {
            assert_eq!(ada.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
    }
}
