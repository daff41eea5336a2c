//! `aftercare suppress import FILE.csv`.

use super::{Place, refused};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_list_from_another_system_is_looked_at_first_and_then_kept() {
    let place = Place::new();
    assert_eq!(place.run(&["clinic", "add", "Riverside", "--zone", "Europe/London"]).status.code(), Some(0));
    let list = "Email,Why\ncleo@example.org,hard bounce\n\"Theo@Example.org\",\"said \"\"stop\"\", by phone\"\ncleo@EXAMPLE.org\n\n";
    std::fs::write(place.path().join("list.csv"), list).expect("written");
    let looked = place.run(&["suppress", "import", "list.csv", "--dry-run"]);
    assert_eq!(looked.status.code(), Some(0), "{}", text(&looked.stderr));
    assert_eq!(text(&looked.stdout), "Riverside: 2 addresses would get no more mail; 1 were stopped already.\n");
    let done = place.run(&["suppress", "import", "list.csv"]);
    assert_eq!(text(&done.stdout), "Riverside: 2 addresses get no more mail; 1 were stopped already.\n");
    let again = place.run(&["suppress", "import", "list.csv", "--json"]);
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).expect("one document");
    assert_eq!((&again["new"], &again["known"]), (&serde_json::json!(0), &serde_json::json!(3)));
}

#[test]
fn a_file_with_a_wrong_line_changes_nothing() {
    let place = Place::new();
    assert_eq!(place.run(&["clinic", "add", "Riverside", "--zone", "Europe/London"]).status.code(), Some(0));
    std::fs::write(place.path().join("wrong.csv"), "a@example.org\nnobody@\n").expect("written");
    refused(
        &place.run(&["suppress", "import", "wrong.csv"]),
        2,
        "wrong.csv: line 2: \"nobody@\" is not an email address",
    );
    std::fs::write(place.path().join("right.csv"), "a@example.org\n").expect("written");
    let looked = place.run(&["suppress", "import", "right.csv", "--dry-run"]);
    assert_eq!(text(&looked.stdout), "Riverside: 1 addresses would get no more mail; 0 were stopped already.\n");
    std::fs::write(place.path().join("empty.csv"), "email\n").expect("written");
    refused(&place.run(&["suppress", "import", "empty.csv"]), 2, "holds no address");
    refused(&place.run(&["suppress", "import", "gone.csv"]), 2, "gone.csv: cannot be read");
}
