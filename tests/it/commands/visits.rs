//! `tailor` and `plan`: the same file gives the same bytes, and a wrong one is refused by field.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Place, document, printed, refused};

fn visit() -> Value {
    json!({
        "clinic": { "name": "Harbour Street Clinic", "phone": "020 7946 0000", "time_zone": "Europe/London" },
        "client": { "first_name": "Cleo", "email": "cleo@example.org" },
        "visit": {
            "starts_at": "2026-03-27T15:00:00Z", "technique": "swedish", "pressure": "light",
            "regions": ["lower_back"]
        },
        "intake": {
            "conditions": [{ "id": "diabetes" }], "pain_now": 3,
            "consents": ["treatment", "health_data", "aftercare_email"]
        }
    })
}

#[test]
fn the_same_file_gives_the_same_bytes_twice() {
    let place = Place::new();
    place.write("visit.json", &visit().to_string());
    for command in ["tailor", "plan"] {
        let text = printed(&place.run(&[command, "visit.json"]));
        assert!(!text.is_empty());
        assert_eq!(text, printed(&place.run(&[command, "visit.json"])), "{command}");
        let (one, two) = (place.run(&[command, "visit.json", "--json"]), place.run(&[command, "visit.json", "--json"]));
        assert!(document(&one).is_object());
        assert_eq!(one.stdout, two.stdout, "{command} --json");
    }
    for folder in ["one", "two"] {
        printed(&place.run(&["plan", "visit.json", "--out", folder]));
    }
    let mut files = 0;
    for file in std::fs::read_dir(place.path().join("one")).expect("a folder") {
        let name = file.expect("an entry").file_name();
        let [one, two] =
            ["one", "two"].map(|folder| std::fs::read(place.path().join(folder).join(&name)).expect("read"));
        assert_eq!(one, two, "{name:?}");
        files += 1;
    }
    assert_eq!(files, 4, "an .eml for each email of the plan");
}

#[test]
fn a_visit_is_read_from_standard_input_too() {
    let place = Place::new();
    place.write("visit.json", &visit().to_string());
    let mut child = place
        .command(&["tailor", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("its input").write_all(visit().to_string().as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.stdout, place.run(&["tailor", "visit.json", "--json"]).stdout);
}

#[test]
fn a_wrong_field_is_named_with_its_value() {
    for (field, value, says) in [
        ("/intake/conditions/0/id", json!("dragon"), "intake.conditions[0].id: \"dragon\""),
        ("/visit/technique", json!("dragon"), "visit.technique: \"dragon\""),
        ("/visit/regions/0", json!("tail"), "visit.regions[0]"),
        ("/visit/starts_at", json!("2026-02-30T15:00:00Z"), "visit.starts_at: \"2026-02-30T15:00:00Z\""),
        ("/visit/starts_at", json!("yesterday"), "visit.starts_at: \"yesterday\""),
        ("/intake/pain_now", json!(11), "intake.pain_now: 11"),
        ("/intake/pain_now", json!(-1), "intake.pain_now: -1"),
        ("/client/first_name", json!("Cl\u{0}eo"), "client.first_name"),
        ("/client/first_name", json!("Cleo\r\nBcc: all@example.org"), "client.first_name"),
        ("/client/email", json!("nobody"), "client.email"),
        ("/clinic/time_zone", json!("Europe/Dragon"), "clinic.time_zone: \"Europe/Dragon\""),
        ("/intake/consents/0", json!("everything"), "intake.consents[0]"),
        ("/clinic", json!({ "shoe": 42 }), "clinic.shoe"),
    ] {
        let place = Place::new();
        let mut wrong = visit();
        *wrong.pointer_mut(field).expect("the field") = value;
        place.write("visit.json", &wrong.to_string());
        for command in ["tailor", "plan"] {
            refused(&place.run(&[command, "visit.json", "--json"]), 2, says);
        }
    }
}

#[test]
fn what_is_no_visit_file_is_refused_in_a_sentence() {
    let place = Place::new();
    let whole = visit().to_string();
    place.write("cut.json", &whole[..whole.len() / 2]);
    place.write("more.json", &format!("{whole}{whole}"));
    place.write("empty.json", "");
    place.write("deep.json", &"[".repeat(10_000));
    place.write("deeper.json", &"{\"client\":".repeat(10_000));
    place.write("goals.json", &whole.replace("\"pain_now\":3", &format!("\"goals\":{}", "[".repeat(10_000))));
    std::fs::write(place.path().join("latin.json"), b"{\"client\": \"\xe9\"}").expect("written");
    for command in ["tailor", "plan"] {
        for (file, says) in [
            ("cut.json", "EOF"),
            ("more.json", "after the end"),
            ("empty.json", "the file is empty"),
            ("deep.json", "deep.json"),
            ("deeper.json", "deeper.json"),
            ("goals.json", "goals"),
            ("latin.json", "UTF-8"),
            ("missing.json", "cannot be read"),
            (".", "cannot be read"),
        ] {
            refused(&place.run(&[command, file]), 2, says);
        }
        refused(&place.run(&[command, "cut.json", "--catalogue", "nowhere"]), 2, "nowhere");
    }
    let place = Place::new();
    place.write("visit.json", &visit().to_string());
    place.write("in-the-way", "");
    refused(&place.run(&["plan", "visit.json", "--out", "in-the-way"]), 1, "in-the-way");
}
