//! The clinic's own look: seen before it counts, on what clients see from then on, and in every email as it left.

use std::io::Cursor;

use aftercare::clinic::look::LogoName;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::mail::frozen::Frozen;
use axum::http::StatusCode;
use image::{ImageFormat, Rgba, RgbaImage};
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

use super::field;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::scripted::{Script, say};

const MORNING: &str = "2026-01-05T08:00:00Z";

/// A picture of one colour.
pub fn picture(red: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_pixel(400, 100, Rgba([red, 90, 99, 255])).write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// Hands a picture in. Returns the name of the logo it became.
async fn hand_in(ada: &mut Browser, red: u8) -> String {
    let answer = ada.post_file("/settings/look/logo", ("picture", "logo.png"), &picture(red)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.leads_to().split_once("?logo=").expect("the page with it").1.to_owned()
}

/// Lets this colour and a logo count from now on. Returns the logo's name.
pub async fn wear(app: &TestApp, colour: &str, red: u8) -> String {
    let mut ada = app.sign_in("Ada").await;
    let logo = hand_in(&mut ada, red).await;
    let page = ada.get(&format!("/settings/look?logo={logo}")).await;
    let version = field(&page, "version");
    let fields =
        [("version", version.as_str()), ("colour", colour), ("alt", "A lime leaf"), ("logo", &logo), ("do", "keep")];
    let saved = ada.post("/settings/look", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    logo
}

#[tokio::test]
async fn a_look_is_seen_before_it_counts_and_can_be_taken_back() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let logo = hand_in(&mut ada, 10).await;
        let seen = ada.get(&format!("/settings/look?logo={logo}")).await;
        assert!(seen.body.contains("This is how it would look") && seen.body.contains(&format!("/look/{logo}.png")));
        assert_eq!(field(&seen, "alt"), "Logo of Lindenhof");
        assert_eq!(app.ask("select cast(look as text) from clinic where name = 'Lindenhof'").await, ["0"], "only seen");
        let typed = [("version", "0"), ("colour", "#0E5A63"), ("alt", "A lime leaf"), ("logo", logo.as_str())];
        let seen = ada.post("/settings/look", &typed).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.body.contains("Use this look") && seen.body.contains("/look/0e5a63.css"), "{}", seen.body);
        assert_eq!(app.ask("select cast(number as text) from clinic_look").await, [""; 0], "still only seen");
        let saved = ada.post("/settings/look", &[typed.as_slice(), &[("do", "keep")]].concat()).await;
        assert_eq!((saved.status, saved.leads_to()), (StatusCode::SEE_OTHER, "/settings/look?told=1"));
        let told = ada.get("/settings/look?told=1").await;
        assert!(
            told.body.contains("This look counts from now on") && told.body.contains("A lime leaf"),
            "{}",
            told.body
        );
        // Away with the logo, and back.
        let away = ada.post("/settings/look", &[("version", "1"), ("do", "take_away")]).await;
        assert_eq!(away.leads_to(), "/settings/look?told=2");
        assert!(!ada.get("/settings/look").await.body.contains(&format!("class=\"logo\" src=\"/look/{logo}")));
        let back = ada.post("/settings/look", &[("version", "2"), ("do", "undo")]).await;
        assert_eq!(back.leads_to(), "/settings/look?told=3");
        assert!(ada.get("/settings/look").await.body.contains(&format!("class=\"logo\" src=\"/look/{logo}")));
        // Two at once: the second is told, and nothing is lost.
        let late = ada.post("/settings/look", &[("version", "2"), ("do", "take_away")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Somebody else changed the look meanwhile"), "{}", late.body);
        let deeds = "select action from audit where kind = 'clinic' and action like 'clinic.%' order by id";
        let changed = "clinic.changed:look";
        assert_eq!(app.ask(deeds).await, ["clinic.logo_handed_in", changed, changed, changed]);
        assert!(ada.get("/settings").await.body.contains("Changed last by Ada Muster"));
        let earlier = ada.get("/settings/look?earlier=2").await;
        assert!(
            earlier.body.contains("This is how it would look") && earlier.body.contains("no logo"),
            "{}",
            earlier.body
        );
    }
}

#[tokio::test]
async fn a_colour_on_which_words_cannot_be_read_is_refused_with_its_figure_and_the_nearest_that_does() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let typed = [("version", "0"), ("colour", "#ffcc00"), ("do", "keep")];
        let refused = ada.post("/settings/look", &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.body.contains("contrast of 1.5 to 1") && refused.body.contains("need 4.5 to 1"),
            "{}",
            refused.body
        );
        assert!(
            refused.body.contains("name=\"shade\" value=\"#907300\"") && refused.body.contains("value=\"#ffcc00\"")
        );
        let seen = ada.post("/settings/look", &[("version", "0"), ("colour", "#ffcc00"), ("shade", "#907300")]).await;
        assert!(seen.status == StatusCode::OK && seen.body.contains("/look/907300.css"), "{}", seen.body);
        for wrong in ["red", "#12345", "#0e5a63;}body{display:none", "url(//example.org)"] {
            let refused = ada.post("/settings/look", &[("version", "0"), ("colour", wrong), ("do", "keep")]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(refused.body.contains("like #0e5a63"), "{wrong}: {}", refused.body);
        }
        let red = ada.post("/settings/look", &[("version", "0"), ("colour", "#a3121f")]).await;
        assert!(red.body.contains("Red is how these pages say that something is urgent"), "{}", red.body);
        // The stylesheet itself holds to it.
        let mut visitor = app.visitor();
        let style = visitor.get("/look/0e5a63.css").await;
        assert_eq!((style.status, style.body.as_str()), (StatusCode::OK, ":root { --brand: #0e5a63; }\n"));
        assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
        for wrong in ["ffcc00.css", "0E5A63.css", "%230e5a63.css", "x.css", "0e5a63.js", "0e5a63", "..%2fapp.css"] {
            assert_eq!(visitor.get(&format!("/look/{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
    }
}

#[tokio::test]
async fn what_is_handed_in_is_a_picture_or_refused_and_what_it_was_called_is_nothing() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
        for (file, says) in [(&svg[..], "Drawings (SVG)"), (b"", "Choose a picture"), (b"GIF89a", "cannot be read")] {
            let refused = ada.post_file("/settings/look/logo", ("picture", "logo.png"), file).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(says) && !refused.body.contains("onload"), "{}", refused.body);
        }
        let large = ada.post_file("/settings/look/logo", ("picture", "x"), &vec![0; (2 << 20) + 10]).await;
        assert_eq!(large.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(large.body.contains("at most 2048 are taken"), "{}", large.body);
        let larger = ada.post_file("/settings/look/logo", ("picture", "x"), &vec![0; 5 << 20]).await;
        assert_eq!(larger.status, StatusCode::PAYLOAD_TOO_LARGE);
        let mut names = Vec::new();
        for called in ["../../etc/passwd", "x\u{202e}gnp.exe", "<script>.svg", "a\\nSet-Cookie: x=y"] {
            let taken = ada.post_file("/settings/look/logo", ("picture", called), &picture(7)).await;
            assert_eq!(taken.status, StatusCode::SEE_OTHER, "{called}");
            names.push(taken.leads_to().to_owned());
        }
        names.dedup();
        assert_eq!(names.len(), 1, "one picture has one name, whatever it was called: {names:?}");
        // Without the session's token nothing is read.
        let body = "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
        let kind = "multipart/form-data; boundary=b";
        let foreign = ada.send_as(axum::http::Method::POST, "/settings/look/logo", kind, body).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN);
        let broken = ada.send_as(axum::http::Method::POST, "/settings/look/logo", kind, "--b\r\nx").await;
        assert_eq!(broken.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

#[tokio::test]
async fn a_logo_of_another_clinic_is_not_here() {
    for app in TestApp::at(MORNING).await {
        let logo = wear(&app, "#0e5a63", 10).await;
        let mut otto = app.sign_in("Otto").await;
        assert_eq!(otto.get(&format!("/settings/look?logo={logo}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(otto.get("/settings/look?earlier=1").await.status, StatusCode::NOT_FOUND);
        let typed = [("version", "0"), ("colour", ""), ("alt", "x"), ("logo", logo.as_str()), ("do", "keep")];
        assert_eq!(otto.post("/settings/look", &typed).await.status, StatusCode::NOT_FOUND);
        assert!(!otto.get("/settings/look").await.body.contains("A lime leaf"));
        assert_eq!(app.ask("select cast(look as text) from clinic where name <> 'Lindenhof'").await, ["0"]);
    }
}

#[tokio::test]
async fn an_email_carries_its_logo_inside_and_its_copy_does_not() {
    for app in TestApp::at(MORNING).await {
        let logo = wear(&app, "#0e5a63", 10).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        app.clock.set(app.email(visit, Step::SameDay).await.due_at);
        assert_eq!(app.run_worker().await.sent, 1);
        let bytes = app.taken().remove(0).body;
        let message = MessageParser::default().parse(&bytes).expect("a message");
        let html = message.body_html(0).expect("HTML").into_owned();
        assert!(html.contains(&format!("src=\"cid:{logo}@logo.invalid\"")) && html.contains("alt=\"A lime leaf\""));
        assert!(html.contains("background-color: #0e5a63;") && html.contains("<span class=\"on-band\""), "{html}");
        assert!(!html.contains("http://") && !html.contains("https://lindenhof.example/look"), "nothing is fetched");
        let kinds: Vec<String> = message
            .parts
            .iter()
            .filter_map(|part| part.content_type())
            .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
            .collect();
        assert_eq!(kinds, ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]);
        let inside = message.parts.iter().find(|part| part.content_id().is_some()).expect("a picture");
        assert_eq!(inside.content_id(), Some(format!("{logo}@logo.invalid").as_str()));
        let (PartType::InlineBinary(png) | PartType::Binary(png)) = &inside.body else { panic!("{:?}", inside.body) };
        assert_eq!(LogoName::of(png).to_string(), logo, "what was sent is what was seen");
        assert!(!message.body_text(0).expect("a text").contains("lime leaf"), "the words are as ever");
        // The kept copy names the picture and does not hold it, and is what left, byte for byte, with it.
        let kept = app.frozen(app.email(visit, Step::SameDay).await.id).await.expect("a copy");
        assert!(kept.bytes.len() + png.len() < bytes.len(), "{} of {}", kept.bytes.len(), bytes.len());
        assert_eq!(kept.whole(Some(png)).as_deref(), Some(bytes.as_slice()));
        app.go_to("2026-01-05T20:00:00Z");
    }
}

#[tokio::test]
async fn a_retry_is_the_message_that_was_tried_whatever_the_clinic_looks_like_by_then() {
    for app in TestApp::with(MORNING, || Script::new().once(".", say("451 4.3.0 later"))).await {
        let logo = wear(&app, "#0e5a63", 10).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        app.clock.set(app.email(visit, Step::SameDay).await.due_at);
        assert_eq!(app.run_worker().await.sent, 0);
        assert_ne!(wear(&app, "#5a0e63", 200).await, logo);
        app.clock.set(app.email(visit, Step::SameDay).await.due_at + jiff::SignedDuration::from_hours(1));
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!(email.state, State::Sent);
        let sent = app.taken().pop().expect("one").body;
        assert!(String::from_utf8_lossy(&sent).contains(&format!("Content-ID: <{logo}@logo.invalid>")));
        let kept: Frozen = app.frozen(email.id).await.expect("a copy");
        let png = app.write(async |db| aftercare::store::look::png(db, &logo.parse().expect("a name")).await).await;
        assert_eq!(kept.whole(png.as_deref()).as_deref(), Some(sent.as_slice()));
    }
}
