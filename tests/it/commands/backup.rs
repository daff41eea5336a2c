//! `aftercare backup`, `aftercare restore` and `aftercare sending`.

use serde_json::json;

use super::{Place, document, printed, refused};

fn house() -> Place {
    let place = Place::new();
    printed(&place.run(&["clinic", "add", "Riverside", "--zone", "Europe/London"]));
    place
}

#[test]
fn a_house_is_copied_and_put_up_elsewhere_with_sending_on_hold() {
    let place = house();
    let said = printed(&place.run(&["backup", "night.backup"]));
    assert!(said.starts_with("night.backup: the whole database (SQLite, ") && said.contains("aftercare.key"), "{said}");
    let again = document(&place.run(&["backup", "night.backup", "--replace", "--json"]));
    assert_eq!((&again["file"], &again["engine"]), (&json!("night.backup"), &json!("SQLite")));
    assert_eq!(again["missing_keys"], json!([]));
    refused(
        &place.run(&["backup", "night.backup"]),
        2,
        "night.backup: is there already; name another file, or add --replace",
    );

    let elsewhere = [("AFTERCARE_DATABASE__URL", "sqlite://elsewhere.db")];
    let said = printed(&place.with(&["restore", "night.backup"], &elsewhere));
    assert!(said.contains("Sending is on hold"), "{said}");
    let lines = printed(&place.with(&["sending", "list"], &elsewhere));
    assert!(lines.starts_with("Riverside: on hold since ") && lines.contains("0 emails and 0 notices"), "{lines}");
    let listed = document(&place.with(&["sending", "list", "--json"], &elsewhere));
    assert_eq!((&listed[0]["on_hold"], &listed[0]["emails"]), (&json!(true), &json!([])));
    let checked = place.with(&["check"], &elsewhere);
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&checked.stdout).contains("TROUBLE sending    on hold since a restore, at Riverside")
    );
    let released = printed(&place.with(&["sending", "release"], &elsewhere));
    assert_eq!(released, "Riverside: sending goes on; 0 emails and notices were called off.\n");
    let released = document(&place.with(&["sending", "release", "--call-off-due", "--json"], &elsewhere));
    assert_eq!(released[0]["was_on_hold"], json!(false));
    let listed = printed(&place.run(&["sending", "list"]));
    assert_eq!(listed, "Riverside: sending is not on hold.\n", "the first house never was");
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let place = Place::new();
    refused(&place.run(&["backup", "b"]), 2, "secrets.key_file: aftercare.key is not there");
    place.write("aftercare.key", &"2a".repeat(32));
    refused(&place.run(&["backup", "b"]), 2, "database.url: aftercare.db is not there");
    assert!(!place.path().join("aftercare.db").exists(), "and none is made");
    refused(&place.run(&["restore", "b"]), 2, "b: cannot be read");
    place.write("b", "not a backup");
    refused(&place.run(&["restore", "b"]), 2, "b: is no backup of Aftercare");
    assert_eq!(place.run(&["backup"]).status.code(), Some(2));
    let place = house();
    printed(&place.run(&["backup", "b"]));
    refused(&place.run(&["restore", "b"]), 2, "aftercare.db holds data already; add --replace");
    let said = printed(&place.run(&["restore", "b", "--replace"]));
    assert!(said.contains("aftercare.db.before-restore-"), "{said}");
    refused(&place.run(&["backup", "aftercare.db", "--replace"]), 2, "aftercare.db: is the database itself");
    let unreachable = [("AFTERCARE_DATABASE__URL", "postgres://desk:canary_password@127.0.0.1:1/a")];
    refused(&place.with(&["backup", "c"], &unreachable), 1, "127.0.0.1:1 cannot be reached");
    refused(&place.with(&["sending", "list", "--clinic", "none"], &[]), 2, "--clinic: \"none\"");
}
