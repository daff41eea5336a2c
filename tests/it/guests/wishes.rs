//! What clients ask for and choose reaches the staff: on the list, on the client's page, in the audit.

use aftercare::clinic::link::Purpose;
use aftercare::store::{client, wish};
use axum::http::StatusCode;

use super::{MORNING, link_for};
use crate::support::app::TestApp;

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
