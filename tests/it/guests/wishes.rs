//! What clients ask for and choose reaches the staff: on the list, on the client's page, in the audit.

use aftercare::clinic::intake::Consent;
use aftercare::clinic::link::Purpose;
use aftercare::store::consent::Change;
use aftercare::store::{client, consent, wish};
use axum::http::StatusCode;

use super::{MORNING, link_for};
use crate::support::app::TestApp;
use crate::support::cast::change;

#[tokio::test]
async fn a_wish_stands_on_the_list_until_somebody_saw_to_it() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        for wish in ["data", "erasure", "data", "paper", "nothing"] {
            let answer = guest.post_as_is(&format!("/p/{token}/wish"), &[("wish", wish)]).await;
            let asked = ["data", "erasure"].contains(&wish);
            let status = if asked { StatusCode::SEE_OTHER } else { StatusCode::UNPROCESSABLE_ENTITY };
            assert_eq!(answer.status, status, "{wish}");
        }
        assert!(guest.get(&format!("/p/{token}")).await.body.contains("You asked for a copy on Monday 5 January"));
        let open = app.write(async |db| wish::open(db, app.cast.clinic, 10).await).await;
        assert_eq!(open.len(), 2, "asked twice is one wish");
        let mut rosa = app.sign_in("Rosa").await;
        let day = rosa.get("/day").await.body;
        assert!(day.contains("Cleo Okafor, asks for their data") && day.contains("Cleo Okafor, asks to be erased"));
        let seen = format!("/wishes/{}/seen", open[0].id);
        let mut otto = app.sign_in("Otto").await;
        assert_eq!(otto.post(&seen, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(rosa.post(&seen, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!rosa.get("/day").await.body.contains("asks for their data"));
        assert_eq!(rosa.post(&seen, &[]).await.status, StatusCode::NOT_FOUND, "seen to once");
    }
}

#[tokio::test]
async fn staff_see_what_a_client_stopped() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        guest.post_as_is(&format!("/p/{token}/stop"), &[("topic", "aftercare")]).await;
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&format!("/clients/{}", app.cast.cleo)).await.body;
        assert!(page.contains("Stopped by the client") && page.contains("Aftercare emails"), "{page}");
        assert!(page.contains("Stopped: aftercare emails") && page.contains("By the client"), "{page}");
        assert!(rosa.get("/day").await.body.contains("Cleo Okafor, stopped aftercare emails"));
    }
}

#[tokio::test]
async fn a_language_is_chosen_for_pages_and_letters() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        let done = guest.post_as_is(&format!("/p/{token}/language"), &[("locale", "es")]).await;
        let page = guest.get(done.leads_to()).await.body;
        assert!(page.contains("<html lang=\"es\">") && page.contains("Desde ahora le escribimos en español"));
        let cleo = app.write(async |db| client::find(db, app.cast.clinic, app.cast.cleo).await).await.expect("Cleo");
        assert_eq!((cleo.client.locale.as_deref(), cleo.version), (Some("es"), 2));
        for wrong in ["fr", "", "../en"] {
            let answer = guest.post_as_is(&format!("/p/{token}/language"), &[("locale", wrong)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
    }
}

#[tokio::test]
async fn staff_bring_back_what_a_client_stopped_with_a_new_yes_alone() {
    for app in TestApp::at(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        app.visitor().post_as_is(&format!("/p/{token}/stop"), &[("topic", "aftercare")]).await;
        let (mut rosa, mut otto) = (app.sign_in("Rosa").await, app.sign_in("Otto").await);
        let client = format!("/clients/{}", app.cast.cleo);
        let consent = format!("{client}/consents/aftercare_email");
        let again = format!("{consent}?again=aftercare");
        assert!(rosa.get(&client).await.body.contains(&format!("href=\"{again}\"")));
        let page = rosa.get(&again).await.body;
        assert!(
            page.contains("Read this to Cleo") && page.contains("Send me emails with advice after my visit"),
            "{page}"
        );
        assert_eq!(otto.get(&again).await.status, StatusCode::NOT_FOUND);
        let yes = [("given", "yes"), ("again", "aftercare")];
        assert_eq!(otto.post(&consent, &yes).await.status, StatusCode::NOT_FOUND);
        let stopped = async || app.ask("select topic from stream_choice where stopped = 1").await;
        rosa.post(&consent, &[("given", "yes")]).await;
        rosa.post(&consent, &[("given", "yes"), ("again", "preparation")]).await;
        rosa.post(&consent, &[("given", "no"), ("again", "nothing")]).await;
        rosa.post(&consent, &[("given", "yes")]).await;
        assert_eq!(stopped().await, ["aftercare"], "a yes to something else brings nothing back");
        rosa.post(&consent, &yes).await;
        assert_eq!(stopped().await, Vec::<String>::new());
        assert_eq!(app.ask("select id from client_wish where done_at is null").await.len(), 0, "no sheet is needed");
        let given = app.write(async |db| consent_history(db, &app).await).await;
        assert!(given.last().is_some_and(|last| last.given && last.lang == "en"), "{given:?}");
        assert!(rosa.get(&client).await.body.contains("Wants again: aftercare emails"));
    }
}

async fn consent_history(db: &mut aftercare::store::Db, app: &TestApp) -> aftercare::store::Result<Vec<Change>> {
    consent::history(db, app.cast.clinic, app.cast.cleo).await
}

#[tokio::test]
async fn what_is_said_yes_to_is_read_and_kept_in_the_clients_language() {
    for app in TestApp::at(MORNING).await {
        let no = change(Consent::AftercareEmail, false, app.now());
        app.write(async |db| consent::set(db, app.cast.clinic, app.cast.cleo, no).await).await;
        let token = link_for(&app, Purpose::Preferences, None).await;
        let mut guest = app.visitor();
        let path = format!("/p/{token}/resume?lang=es");
        let page = guest.get(&format!("/p/{token}?lang=es")).await.body;
        assert!(page.contains("<blockquote lang=\"es\">Envíenme correos con consejos"), "{page}");
        guest.post_as_is(&path, &[("topic", "aftercare"), ("agree", "1-en")]).await;
        assert_eq!(app.ask("select id from consent_event where given = 1 and lang = 'es'").await.len(), 0, "not shown");
        guest.post_as_is(&path, &[("topic", "aftercare"), ("agree", "1-es")]).await;
        let last = app.write(async |db| consent_history(db, &app).await).await.pop().expect("a yes");
        assert_eq!((last.given, last.wording_version, last.lang), (true, 1, "es"));
        let words =
            app.write(async |db| consent::words(db, app.cast.clinic, Consent::AftercareEmail, (1, "es")).await).await;
        assert!(words.is_some_and(|words| words.starts_with("Envíenme correos")));
        let client = app.sign_in("Rosa").await.get(&format!("/clients/{}", app.cast.cleo)).await.body;
        assert!(client.contains("wording 1, Español"), "{client}");
        // At the desk too the words are those of the client's language.
        app.visitor().post_as_is(&format!("/p/{token}/language"), &[("locale", "es")]).await;
        let path = format!("/clients/{}/consents/marketing", app.cast.cleo);
        let page = app.sign_in("Rosa").await.get(&path).await.body;
        assert!(page.contains("<blockquote lang=\"es\">Envíenme ofertas"), "{page}");
        let form = app.sign_in("Rosa").await.get(&format!("/clients/{}/intake", app.cast.cleo)).await.body;
        assert!(form.contains("<span lang=\"es\">“Envíenme ofertas"), "{form}");
    }
}
