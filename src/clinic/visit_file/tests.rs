//! What a visit file may look like, and what each refusal says.

use serde_json::{Value, json};

use super::*;

fn catalogue() -> Catalogue {
    Catalogue::shipped().expect("the shipped catalogue")
}

fn least() -> Value {
    json!({ "client": { "first_name": "Cleo" }, "visit": { "starts_at": "2026-03-27T15:00:00Z" }, "intake": {} })
}

/// The smallest file with one more value at a path such as `/visit/technique`.
fn with(pointer: &str, value: Value) -> Value {
    let mut file = least();
    let (parent, key) = pointer.rsplit_once('/').expect("a path");
    let mut place = &mut file;
    for step in parent.split('/').filter(|step| !step.is_empty()) {
        place = &mut place[step];
        if place.is_null() {
            *place = json!({});
        }
    }
    place[key] = value;
    file
}

fn refused(text: &str) -> String {
    read(&catalogue(), text).expect_err(text).to_string()
}

#[test]
fn a_key_with_null_is_a_key_left_out() {
    let catalogue = catalogue();
    let plain = read(&catalogue, &least().to_string()).expect("a case");
    let keys = [
        "/clinic",
        "/clinic/name",
        "/clinic/phone",
        "/clinic/emergency_number",
        "/clinic/address",
        "/clinic/time_zone",
        "/clinic/locale",
        "/clinic/send_window",
        "/clinic/send_window/from",
        "/clinic/send_window/to",
        "/clinic/send_window/weekdays",
        "/client/last_name",
        "/client/email",
        "/client/locale",
        "/client/born",
        "/visit/ends_at",
        "/visit/technique",
        "/visit/pressure",
        "/visit/regions",
        "/visit/next_visit_at",
        "/visit/last_reaction",
        "/intake/conditions",
        "/intake/other_conditions",
        "/intake/unanswered",
        "/intake/pain_now",
        "/intake/marks",
        "/intake/medicines",
        "/intake/allergies",
        "/intake/daily_load",
        "/intake/goals",
        "/intake/clearance",
        "/intake/consents",
    ];
    for key in keys {
        let file = with(key, Value::Null).to_string();
        assert_eq!(read(&catalogue, &file).as_ref(), Ok(&plain), "{key}");
    }
    for key in ["/intake", "/visit", "/client", "/visit/starts_at", "/client/first_name"] {
        let name = key[1..].replace('/', ".");
        let file = with(key, Value::Null).to_string();
        assert_eq!(refused(&file), format!("{name}: is missing; this key cannot be left out"));
    }
}

#[test]
fn what_json_leaves_open_is_refused_or_settled() {
    let least = least().to_string();
    let catalogue = catalogue();
    assert_eq!(read(&catalogue, &format!("\u{feff}{least}")), read(&catalogue, &least));
    let twice = least.replace("\"intake\":{}", "\"intake\":{\"pain_now\":1,\"pain_now\":2}");
    assert!(refused(&twice).starts_with("intake"), "{}", refused(&twice));
    assert!(refused(&twice).contains("the key \"pain_now\" stands twice"), "{}", refused(&twice));
    assert_eq!(refused(""), "the file is empty; write a JSON object in it");
    assert_eq!(refused("[]"), "is a list; give an object with named keys, like { … }");
    assert_eq!(refused("3"), "3 is no object; give named keys, like { … }");
    assert!(refused(&"[".repeat(100_000)).contains("recursion limit"));
    assert!(refused(&format!("{least} x")).contains("after the end"));
}

#[test]
fn an_object_is_not_written_as_a_list() {
    for (key, value, place) in [
        ("/client", json!(["Cleo"]), "client"),
        ("/clinic", json!([]), "clinic"),
        ("/visit", json!(["2026-03-27T15:00:00Z"]), "visit"),
        ("/intake", json!([]), "intake"),
        ("/clinic/send_window", json!(["08:00", "20:00", ["mon"]]), "clinic.send_window"),
        ("/intake/conditions", json!([["asthma"]]), "intake.conditions[0]"),
        ("/intake/marks", json!([{ "region": "leg" }, ["leg"]]), "intake.marks[1]"),
        ("/intake/clearance", json!([["asthma", "Dr Lin"]]), "intake.clearance[0]"),
    ] {
        let said = refused(&with(key, value).to_string());
        assert_eq!(said, format!("{place}: is a list; give an object with named keys, like {{ … }}"));
    }
}

#[test]
fn a_refusal_is_a_sentence_for_people() {
    for (key, value, says) in [
        ("/clinic", json!(7), "clinic: 7 is no object; give named keys, like { … }"),
        ("/clinic/name", json!(7), "clinic.name: integer `7` does not fit here; give text in quotes"),
        ("/visit/regions", json!("leg"), "visit.regions: string \"leg\" does not fit here; give a list, like [ … ]"),
        (
            "/visit/regions",
            json!([{ "a": 1, "b": 2 }]),
            "visit.regions[0]: an object does not fit here; give text in quotes",
        ),
        (
            "/intake/pain_now",
            json!(4.5),
            "intake.pain_now: floating point `4.5` does not fit here; give a whole number",
        ),
        ("/intake/pain_now", json!(11), "intake.pain_now: 11 is not a score; give a whole number from 0 to 10"),
        ("/client/email", json!("x"), "client.email: \"x\": not an email address; write it like name@example.org"),
        (
            "/clinic/send_window",
            json!({ "from": "10:00", "to": "10:00" }),
            "clinic.send_window: 10:00 to 10:00: the window must open before it closes; give \"from\" earlier than \"to\"",
        ),
    ] {
        assert_eq!(refused(&with(key, value).to_string()), says);
    }
}

#[test]
fn a_moment_is_on_the_calendar_and_on_the_clock() {
    for text in [
        "2026-02-30T10:00:00Z",
        "2026-03-27",
        "2026-03-27T15:00:00",
        "2026-03-27T15:00:60Z",
        "2026-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-03-27T15:00:00+25:00",
        "2026-03-27T24:00:00Z",
        "",
    ] {
        let said = refused(&with("/visit/starts_at", json!(text)).to_string());
        assert!(said.starts_with(&format!("visit.starts_at: \"{text}\" is ")), "{said}");
    }
    for text in ["2026-03-27T15:00:00+05:45", "2026-03-27T15:00:00.5-02:30", "2026-03-27T15:00Z"] {
        assert!(read(&catalogue(), &with("/visit/starts_at", json!(text)).to_string()).is_ok(), "{text}");
    }
}

#[test]
fn long_and_broken_texts_are_refused_in_short() {
    let long = "é".repeat(1_000_000);
    for key in ["/clinic/name", "/client/first_name", "/visit/starts_at", "/visit/technique", "/intake/goals"] {
        let said = refused(&with(key, json!(long)).to_string());
        assert_eq!(said, format!("{}: is 1000000 characters long; use at most 20000", key[1..].replace('/', ".")));
        assert!(refused(&with(key, json!("a\0b")).to_string()).contains("NUL"), "{key}");
    }
    let said = refused(&with("/visit/technique", json!("é".repeat(20_000))).to_string());
    assert!(said.chars().count() < 600 && said.contains("swedish"), "{said}");
}

#[test]
fn a_clinic_with_empty_texts_still_has_a_name_and_a_number() {
    let mut file = least();
    file["clinic"] = json!({ "name": " ", "emergency_number": "" });
    let case = read(&catalogue(), &file.to_string()).expect("a case");
    assert_eq!(case.clinic.name, "Your clinic");
    assert_eq!(case.clinic.emergency_number, "your local emergency number");
}

#[test]
fn who_was_born_on_a_leap_day_comes_of_age_in_march() {
    for (day, minor) in [("2026-02-28", true), ("2026-03-01", false)] {
        let mut file = least();
        file["client"]["born"] = json!("2008-02-29");
        file["visit"]["starts_at"] = json!(format!("{day}T10:00:00Z"));
        assert_eq!(read(&catalogue(), &file.to_string()).expect("a case").is_minor(), minor, "{day}");
    }
}
