//! What the commands refuse: exit 2, one sentence that names the file, the field and the value,
//! nothing on stdout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn run(arguments: &[&str], paths: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aftercare")).args(arguments).args(paths).output().expect("the program starts")
}

/// The sentence of a refusal.
fn refusal(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said.trim_end().to_owned()
}

#[test]
fn a_bad_visit_file_is_named_with_field_and_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("visit.json");
    let least =
        json!({ "client": { "first_name": "Cleo" }, "visit": { "starts_at": "2026-03-27T15:00:00Z" }, "intake": {} });
    let with = |part: &str, key: &str, value: Value| {
        let mut file = least.clone();
        file[part][key] = value;
        file.to_string().into_bytes()
    };
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "empty"),
        (b"\xff\xfe{\0}\0".to_vec(), "not UTF-8"),
        (b"{'client': 1}".to_vec(), "line 1 column 2"),
        (vec![b'['; 200_000], "recursion limit"),
        (with("visit", "toe", json!(1)), "visit.toe: unknown field `toe`"),
        (with("visit", "regions", json!(["leg", "toe"])), "visit.regions[1]: unknown variant `toe`"),
        (with("visit", "starts_at", json!("2026-02-30T10:00:00Z")), "visit.starts_at: \"2026-02-30T10:00:00Z\""),
        (with("visit", "next_visit_at", json!("2020-01-01T10:00:00Z")), "visit.next_visit_at: 2020-01-01T10:00:00Z"),
        (with("intake", "pain_now", json!(11)), "intake.pain_now: 11"),
        (with("intake", "unanswered", json!(["asthmma"])), "intake.unanswered[0]: \"asthmma\""),
        (with("client", "born", json!("2030-01-01")), "client.born: 2030-01-01"),
    ];
    for (bytes, says) in bad {
        fs::write(&path, bytes).expect("a file");
        for command in ["tailor", "plan"] {
            let said = refusal(&run(&[command, "--json"], &[&path]));
            assert!(said.starts_with(&format!("aftercare: {}: ", path.display())), "{said}");
            assert!(said.contains(says), "{said} lacks {says}");
        }
    }
    assert!(refusal(&run(&["plan"], &[&folder.path().join("none.json")])).contains("none.json: cannot be read"));
}

/// The shipped catalogue in a folder of its own.
fn catalogue_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalogue");
    fs::create_dir(&path).expect("a folder");
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/clinical")).expect("the catalogue") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), path.join(entry.file_name())).expect("a copy");
    }
    (folder, path)
}

#[test]
fn a_broken_catalogue_is_named_with_file_and_entry() {
    let visit = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/09-the-least-a-file-can-say.json");
    let with = |file: &str, change: &dyn Fn(String) -> Vec<u8>| {
        let (_kept, folder) = catalogue_folder();
        let path = folder.join(file);
        let text = fs::read_to_string(&path).expect("a file");
        fs::write(&path, change(text)).expect("a file");
        let said = refusal(&run(&["tailor", "--catalogue"], &[&folder, &visit]));
        said.replace(&folder.display().to_string(), "DIR")
    };
    let said = with("conditions.toml", &|text| text.replacen("pressure = ", "toe = 1\npressure = ", 1).into_bytes());
    assert!(said.contains("DIR/conditions.toml: condition \"red_flags_now\": unknown field `toe`"), "{said}");
    let said = with("advice.toml", &|text| [text.as_bytes(), b"\xff\xfe"].concat());
    assert_eq!(said, "aftercare: DIR/advice.toml: is not UTF-8 text; save it as UTF-8");
    let said = with("stretches.toml", &|text| format!("{text}\n[[x\n").into_bytes());
    assert!(said.contains("DIR/stretches.toml: line "), "{said}");
    let said = with("stretches.toml", &|_| Vec::new());
    assert!(said.contains("DIR: [[stretch]]: no file has a stretch"), "{said}");

    let empty = tempfile::tempdir().expect("a folder");
    let said = refusal(&run(&["plan", "--catalogue"], &[empty.path(), &visit]));
    assert!(said.contains("[[condition]]: no file has a condition"), "{said}");
    let said = refusal(&run(&["plan", "--catalogue"], &[&empty.path().join("none"), &visit]));
    assert!(said.contains("none: cannot be read"), "{said}");
}
