//! Visit files from outside: what the fixtures come to, what every email promises, and what is refused.

mod promises;
mod refused;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// These two show every word of every email.
const IN_FULL: [&str; 2] = ["08-varicose-veins-too-strong-last-time", "10-hot-stones-and-blank-answers"];

/// Every visit file beside the tests, in the order of their names.
fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of visit files")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths
}

fn aftercare(arguments: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aftercare")).args(arguments).arg(path).output().expect("the program starts")
}

/// The document a command prints for a visit file.
fn document(command: &str, path: &Path) -> Value {
    let output = aftercare(&[command, "--json"], path);
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// What decides about an email, without its words.
fn bones(email: &Value) -> Value {
    let withheld: serde_json::Map<String, Value> = email["withheld"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            let reasons = item["because"].as_array().expect("a list").iter();
            let ids = reasons.map(|reason| reason["id"].clone()).collect();
            (item["id"].as_str().expect("an id").to_owned(), Value::Array(ids))
        })
        .collect();
    json!({
        "step": email["step"], "letter": email["letter"], "due_at": email["due_at"], "due_local": email["due_local"],
        "not_after": email["not_after"], "subject": email["subject"], "offered": email["offered"],
        "withheld": withheld, "warning_signs": email["warning_signs"],
    })
}

#[test]
fn what_each_visit_file_comes_to() {
    for path in fixtures() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let brief = document("tailor", &path);
        let plan = document("plan", &path);
        let emails = plan["emails"].as_array().expect("a list");
        let short = json!({ "emails": emails.iter().map(bones).collect::<Vec<_>>(), "not_sent": plan["not_sent"] });
        insta::with_settings!({
            snapshot_path => "snapshots/visit_files",
            prepend_module_to_snapshot => false,
            // The digest of the catalogue: another comma in it is no news here.
            filters => vec![(r#""catalogue_version": "[^"]+""#, r#""catalogue_version": "…""#)],
        }, {
            insta::assert_json_snapshot!(format!("{name}_brief"), brief);
            insta::assert_json_snapshot!(format!("{name}_plan"), short);
            if IN_FULL.contains(&name.as_str()) {
                for email in emails {
                    let step = email["step"].as_str().expect("a step");
                    let text = email["text"].as_str().expect("text");
                    insta::assert_snapshot!(format!("{name}_{step}_text"), text);
                }
            }
        });
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    for path in fixtures() {
        for command in ["tailor", "plan"] {
            let twice = [(); 2].map(|()| aftercare(&[command, "--json"], &path).stdout);
            assert_eq!(twice[0], twice[1], "{command} {}", path.display());
        }
    }
}
