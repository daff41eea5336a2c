//! Reading again: the letter as it was sent, by its own link and from the list, and nobody else's.

use aftercare::clinic::ids::ClientId;
use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::Step;
use aftercare::store::{client, fresh_uuid};
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::{MORNING, link_for, link_of, reachable};

#[tokio::test]
async fn a_letter_is_read_again_as_it_was_sent() {
    for mut app in reachable(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        let again = link_for(&app, Purpose::Reread(Step::SameDay), Some(visit)).await;
        let mut guest = app.visitor();
        let page = guest.get(&format!("/a/{again}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains("Sent on Monday 5 January at 12:00") && page.body.contains("sandbox"),
            "{}",
            page.body
        );
        let html = guest.get(&format!("/a/{again}/html")).await;
        assert!(html.header("content-security-policy").contains("sandbox") && html.body.contains("Hello Cleo"));
        let spanish = guest.get(&format!("/a/{again}?lang=es")).await.body;
        assert!(spanish.contains("Enviado el lunes 5 de enero a las 12:00") && spanish.contains("lang=\"es\""));
        // One that has not left yet is nowhere.
        let early = link_for(&app, Purpose::Reread(Step::DayOne), Some(visit)).await;
        assert_eq!(guest.get(&format!("/a/{early}")).await.status, StatusCode::GONE);

        let list = link_for(&app, Purpose::Preferences, None).await;
        let page = guest.get(&format!("/p/{list}")).await.body;
        let line = page.split("/letters/").nth(1).and_then(|rest| rest.split('"').next()).expect("a line").to_owned();
        let path = format!("/p/{list}/letters/{line}");
        assert_eq!(guest.get(&path).await.status, StatusCode::OK);
        assert!(guest.get(&format!("{path}/html")).await.body.contains("Hello Cleo"));
        // Not by a link of another client, not with a made-up id, not after 90 days.
        let kofi = client::Registered { id: ClientId::from_uuid(fresh_uuid(app.now())), ..app.cast.cleo() };
        app.write(async |db| client::insert(db, app.cast.clinic, &kofi, app.now()).await).await;
        let other = link_of(&app, kofi.id, Purpose::Preferences, None, app.now()).await;
        let stop = link_for(&app, Purpose::Stop(aftercare::clinic::protocol::Stream::Aftercare), None).await;
        for wrong in
            [format!("/p/{other}/letters/{line}"), format!("/p/{stop}/letters/{line}"), format!("/p/{list}/letters/x")]
        {
            assert_eq!(guest.get(&wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        app.advance(SignedDuration::from_hours(24 * 91));
        assert_eq!(guest.get(&path).await.status, StatusCode::NOT_FOUND);
        assert!(guest.get(&format!("/p/{list}")).await.body.contains("Nothing was sent in the last 90 days"));
        app.due_mail_may_stay = true;
    }
}
