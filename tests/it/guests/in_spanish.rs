//! Whoever chose Spanish meets no English: on no page and in no letter.

use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::client;
use aftercare::web::letters::Letters;
use axum::http::StatusCode;

use super::{MORNING, link_for, reachable};
use crate::support::app::TestApp;
use crate::support::english::left_in;
use crate::support::worker::header;

/// Cleo reads Spanish from now on.
async fn in_spanish(app: &TestApp) {
    app.write(async |db| {
        let mut cleo = client::find(db, app.cast.clinic, app.cast.cleo).await?.expect("Cleo");
        cleo.client.locale = Some("es".into());
        client::save(db, app.cast.clinic, &cleo).await
    })
    .await;
}

fn clean(what: &str, text: &str) {
    let left = left_in(text);
    assert!(left.is_empty(), "{what}: {left:?}\n{text}");
    assert!(text.contains("ñ") || text.contains("ó") || text.contains("ú") || text.contains("á"), "{what}: {text}");
}

#[tokio::test]
async fn every_letter_and_every_service_mail_is_in_spanish_with_its_dates() {
    for mut app in reachable(MORNING).await {
        in_spanish(&app).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let next = app.book("2026-01-20T09:00:00Z").await;
        for due in ["05T11:00", "06T08:00", "08T08:00", "12T08:00", "19T08:00"] {
            app.go_to(&format!("2026-01-{due}:00Z"));
            assert_eq!(app.run_worker().await.sent, 1, "{due}");
        }
        for (visit, step) in Step::AFTER.map(|step| (visit, step)).into_iter().chain([(next, Step::Prepare)]) {
            let frozen = app.frozen(app.email(visit, step).await.id).await.expect("a copy");
            let bytes = frozen.to_bytes().expect("bytes");
            let written = Letters::opened(&bytes).expect("a letter");
            for text in [&written.text, &written.html] {
                clean(step.id(), text);
                assert!(text.contains("enero"), "{}: its dates too: {text}", step.id());
            }
            assert!(left_in(&written.subject).is_empty(), "{}", written.subject);
        }
        let token = link_for(&app, Purpose::Preferences, None).await;
        app.visitor().post_as_is(&format!("/p/{token}/address"), &[("email", "cleo@new.example")]).await;
        app.run_notices().await;
        let confirmations = app.taken().split_off(5);
        assert_eq!(confirmations.len(), 2);
        for mail in confirmations {
            let message = mail_parser::MessageParser::default().parse(&mail.body).expect("a message");
            clean("confirmation", &message.body_text(0).expect("text"));
            clean("confirmation", &message.body_html(0).expect("a page"));
            assert!(left_in(&header(&mail.body, "Subject")).is_empty());
        }
        app.due_mail_may_stay = true;
    }
}

#[tokio::test]
async fn every_page_behind_a_link_is_in_spanish() {
    for mut app in reachable(MORNING).await {
        app.due_mail_may_stay = true;
        in_spanish(&app).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        app.sql("update consent set given = 0 where purpose = 'aftercare_email'").await;
        let mut guest = app.visitor();
        let page = link_for(&app, Purpose::Preferences, None).await;
        let said = ["stopped-aftercare", "resumed-aftercare", "saved-language", "address-asked", "wish-data"];
        for said in
            said.into_iter().chain(["stopped-check_ins", "resumed-preparation", "address-undone", "wish-erasure"])
        {
            clean(said, &guest.get(&format!("/p/{page}?said={said}")).await.body);
        }
        for (act, field, value) in [
            ("stop", "topic", "preparation"),
            ("address", "email", "nobody"),
            ("wish", "wish", "data"),
            ("wish", "wish", "x"),
        ] {
            let answer = guest.post_as_is(&format!("/p/{page}/{act}"), &[(field, value)]).await;
            let shown = if answer.status == StatusCode::SEE_OTHER {
                guest.get(answer.leads_to()).await.body
            } else {
                answer.body
            };
            clean(act, &shown);
        }
        for purpose in [Purpose::Stop(Stream::Aftercare), Purpose::Stop(Stream::Preparation), Purpose::Confirm] {
            let token = link_for(&app, purpose, Some(visit)).await;
            clean(purpose.id(), &guest.get(&format!("/p/{token}")).await.body);
        }
        let letter = link_for(&app, Purpose::Reread(Step::SameDay), Some(visit)).await;
        clean("letter", &guest.get(&format!("/a/{letter}")).await.body);
        for step in [Step::DayOne, Step::DayThree, Step::DaySeven] {
            let path = format!("/c/{}", link_for(&app, Purpose::CheckIn(step), Some(visit)).await);
            clean(step.id(), &guest.get(&path).await.body);
            clean("asked again", &guest.post_as_is(&path, &[]).await.body);
            clean("fine", &guest.post_as_is(&path, &super::FINE).await.body);
            for sign in ["saddle_numbness", "severe_constant_pain", "new_swelling"] {
                clean(sign, &guest.post_as_is(&path, &[("sign", sign), ("words", "me duele")]).await.body);
            }
        }
        app.sql("update link set revoked_at = made_at where purpose = 'reread'").await;
        clean("revoked", &guest.get(&format!("/a/{letter}")).await.body);
        app.sql("update link set ends_at = made_at where purpose = 'preferences'").await;
        clean("ended", &guest.get(&format!("/p/{page}")).await.body);
        for _ in 0..30 {
            clean("unknown", &guest.get("/c/none?lang=es").await.body);
        }
        guest.headers.push(("sec-fetch-site", "cross-site".into()));
        clean("foreign", &guest.post_as_is("/c/none?lang=es", &super::FINE).await.body);
    }
}
