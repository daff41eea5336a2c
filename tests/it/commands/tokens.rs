//! `token add`, `token list`, `token revoke`.

use super::{Place, document, printed, refused};

fn with_clinic() -> Place {
    let place = Place::new();
    printed(&place.run(&["clinic", "add", "Lindenhof", "--zone", "Europe/Berlin"]));
    place
}

#[test]
fn a_token_is_printed_once_listed_without_it_and_ended_by_name() {
    let place = with_clinic();
    assert!(printed(&place.run(&["token", "list"])).contains("No program may come in"));
    let added = place.run(&["token", "add", "Booking", "--scope", "read:visits", "write:visits", "--json"]);
    let token = document(&added)["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("aftercare_api_") && token.len() == 78, "{token}");
    assert!(!String::from_utf8_lossy(&added.stderr).contains(&token), "a token is never logged");
    let words = printed(&place.run(&["token", "add", "Till", "--scope", "read:clients", "--scope", "read:visits"]));
    assert!(words.starts_with("“Till” may come in to Lindenhof with this token."), "{words}");
    let list = place.run(&["token", "list", "--json"]);
    assert_eq!(document(&list)[0]["scopes"], serde_json::json!(["read:visits", "write:visits"]));
    assert!(!String::from_utf8_lossy(&list.stdout).contains(&token));
    assert_eq!(printed(&place.run(&["token", "list"])).lines().count(), 2);
    let ended = printed(&place.run(&["token", "revoke", "Booking"]));
    assert_eq!(ended, "“Booking” stays out of Lindenhof from its next request on.\n");
    assert!(!printed(&place.run(&["token", "list"])).contains("Booking"));
    printed(&place.run(&["token", "add", "Booking", "--scope", "read:visits"]));
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    let place = Place::new();
    let add = |place: &Place, args: &[&str]| place.run(&[&["token", "add"], args].concat());
    refused(&add(&place, &["Booking", "--scope", "read:visits"]), 2, "there is no clinic yet");
    let place = with_clinic();
    refused(&add(&place, &["Booking", "--scope", "admin"]), 2, "--scope: “admin” is no scope. There are read:clients");
    refused(&add(&place, &[" ", "--scope", "read:visits"]), 2, "NAME: Give the program a name");
    assert_eq!(add(&place, &["Booking"]).status.code(), Some(2), "a token that may do nothing");
    printed(&add(&place, &["Booking", "--scope", "read:visits"]));
    refused(&add(&place, &["Booking", "--scope", "read:visits"]), 2, "has a token at Lindenhof already");
    refused(&place.run(&["token", "revoke", "Till"]), 2, "“Till” has no token at Lindenhof");
}
