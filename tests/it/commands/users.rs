//! `user add`, `user list`, `user reset`.

use serde_json::Value;

use super::{Place, document, printed, refused};

fn with_clinic() -> Place {
    let place = Place::new();
    printed(&place.run(&["clinic", "add", "Lindenhof", "--zone", "Europe/Berlin"]));
    place
}

#[test]
fn a_first_account_gets_a_link_on_stdout_alone() {
    let place = with_clinic();
    assert!(printed(&place.run(&["user", "list"])).contains("Nobody yet"));
    let added = place.run(&["user", "add", "ada.brandt@example.org", "--role", "admin"]);
    let words = printed(&added);
    assert!(words.starts_with("Added Ada Brandt (admin) to Lindenhof."), "{words}");
    assert!(words.contains("http://127.0.0.1:8080/password/"), "{words}");
    assert!(!String::from_utf8_lossy(&added.stderr).contains("/password/"), "a link is never logged");
    let list = document(&place.run(&["user", "list", "--json"]));
    assert_eq!(list[0]["email"], "ada.brandt@example.org");
    assert_eq!((&list[0]["role"], &list[0]["has_password"]), (&Value::from("admin"), &Value::from(false)));
    let base = [("AFTERCARE_WEB__BASE_URL", "https://aftercare.example.org/")];
    let reset = document(&place.with(&["user", "reset", "ADA.brandt@example.org", "--json"], &base));
    let link = reset["link"].as_str().expect("a link");
    assert!(link.starts_with("https://aftercare.example.org/password/") && link.len() > 90, "{link}");
    let none = printed(&place.run(&["user", "reset", "ada.brandt@example.org", "--two-factor"]));
    assert!(none.contains("has no second factor"), "{none}");
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    let place = Place::new();
    let add = |place: &Place, args: &[&str]| place.run(&[&["user", "add"], args].concat());
    refused(&add(&place, &["ada@example.org", "--role", "admin"]), 2, "there is no clinic yet");
    let place = with_clinic();
    refused(&add(&place, &["ada", "--role", "admin"]), 2, "EMAIL: \"ada\" is not an email address");
    printed(&add(&place, &["ada@example.org", "--role", "admin"]));
    refused(&add(&place, &["Ada@example.org", "--role", "therapist"]), 2, "works at Lindenhof already");
    printed(&place.run(&["clinic", "add", "Harbour", "--zone", "Europe/London"]));
    refused(&add(&place, &["theo@example.org", "--role", "therapist"]), 2, "--clinic is missing; give one of");
    refused(&add(&place, &["theo@example.org", "--role", "admin", "--clinic", "x"]), 2, "--clinic: \"x\" is none of");
    refused(&place.run(&["user", "reset", "nobody@example.org"]), 2, "nobody signs in as");
    assert_eq!(add(&place, &["theo@example.org", "--role", "owner"]).status.code(), Some(2));
}
