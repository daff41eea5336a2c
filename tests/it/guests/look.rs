//! A clinic's own look on what clients see: pages with the colour and the logo, and letters as they left.

use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::{MORNING, link_for, reachable};
use crate::settings::look::wear;

#[tokio::test]
async fn pages_of_clients_wear_the_look_of_their_clinic() {
    for app in reachable(MORNING).await {
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let mut guest = app.visitor();
        let form = format!("/f/{}", link_for(&app, Purpose::Intake, Some(visit)).await);
        let preferences = format!("/p/{}", link_for(&app, Purpose::Preferences, None).await);
        for path in [&form, &preferences] {
            let plain = guest.get(path).await.body;
            assert!(plain.contains("<header class=\"guest-top\">") && !plain.contains("/look/"), "{plain}");
        }
        let logo = wear(&app, "#0e5a63", 10).await;
        for path in [&form, &preferences] {
            let page = guest.get(path).await;
            assert!(page.body.contains("<header class=\"guest-top branded\">"), "{}", page.body);
            assert!(page.body.contains("href=\"/look/0e5a63.css\""), "{}", page.body);
            assert!(page.body.contains(&format!("<img class=\"logo\" src=\"/look/{logo}.png\"")), "{}", page.body);
            assert!(page.body.contains("alt=\"A lime leaf\"") && page.body.contains("<span>Lindenhof</span>"));
        }
        let picture = guest.get(&format!("/look/{logo}.png")).await;
        assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"));
        assert!(
            picture.header("cache-control").contains("immutable")
                && picture.header("x-content-type-options") == "nosniff"
        );
        assert_eq!(guest.get(&format!("/look/{}.png", "0".repeat(32))).await.status, StatusCode::NOT_FOUND);
        // On paper the logo stands before the name.
        let sheet = app.sign_in("Theo").await.get(&format!("/visits/{visit}/handout")).await.body;
        assert!(sheet.contains(&format!("<img class=\"logo\" src=\"/look/{logo}.png\"")), "{sheet}");
    }
}

#[tokio::test]
async fn a_letter_is_read_again_with_the_logo_it_had() {
    for mut app in reachable(MORNING).await {
        wear(&app, "#0e5a63", 10).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        let again = format!("/a/{}/html", link_for(&app, Purpose::Reread(Step::SameDay), Some(visit)).await);
        let mut guest = app.visitor();
        let before = guest.get(&again).await;
        assert!(before.body.contains("src=\"data:image/png;base64,iVBOR") && !before.body.contains("cid:"));
        assert!(before.header("content-security-policy").contains("img-src data:"));
        wear(&app, "#5a0e63", 200).await;
        app.advance(SignedDuration::from_hours(24 * 30));
        assert_eq!(guest.get(&again).await.body, before.body, "whatever the clinic looks like by now");
        app.due_mail_may_stay = true;
    }
}
