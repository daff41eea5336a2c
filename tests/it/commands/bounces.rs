//! `aftercare bounce < message`.

use std::io::Write as _;
use std::process::{Output, Stdio};

use super::{Place, refused};

fn hand_in(place: &Place, raw: &str, args: &[&str]) -> Output {
    let mut child = place
        .command(&[&["bounce"], args].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("an input").write_all(raw.as_bytes()).expect("written");
    child.wait_with_output().expect("ends")
}

#[test]
fn a_mail_that_is_not_ours_is_no_failure_and_an_empty_one_is() {
    let place = Place::new();
    let taken = hand_in(&place, "From: MAILER-DAEMON@mx.example\r\n\r\n5.1.1 user unknown\r\n", &[]);
    assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
    assert!(String::from_utf8_lossy(&taken.stdout).starts_with("Not about an email of this installation."));
    let json = hand_in(&place, "x", &["--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one document");
    assert_eq!(json, serde_json::json!({ "taken_in": "not_ours", "suppressed": false }));
    refused(&hand_in(&place, "", &[]), 2, "standard input is empty");
}

#[test]
fn a_bounce_address_without_room_for_a_token_stops_the_start() {
    let place = Place::new();
    let env = [
        ("AFTERCARE_MAIL__URL", "smtp+plain://127.0.0.1:9"),
        ("AFTERCARE_MAIL__FROM", "hello@clinic.example"),
        ("AFTERCARE_MAIL__BOUNCE_ADDRESS", "undeliverable-mail-of-us@clinic.example"),
    ];
    refused(&place.with(&["worker"], &env), 2, "mail.bounce_address: \"undeliverable-mail-of-us@clinic.example\"");
}
