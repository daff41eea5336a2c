//! The forms we hand out, read by a library of others: `fhir.resources`, which models FHIR R4B; its Questionnaire is that of
//! R4. `./test` installs it and says where it is.

use std::path::Path;
use std::process::Command;

use aftercare::clinic::questionnaire::fhir::{read, write};

use crate::client_form::own::legs;

#[test]
fn what_we_hand_out_is_a_questionnaire_for_others_too() {
    let Ok(python) = std::env::var("AFTERCARE_FHIR_PYTHON") else {
        println!("left out: AFTERCARE_FHIR_PYTHON names no Python with fhir.resources; ./test does");
        return;
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fhir");
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    let mut keep = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        files.push(file);
    };
    keep("ours.json", write(&legs()).to_string());
    for entry in std::fs::read_dir(&fixtures).expect("fixtures") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let (form, _) = read(&std::fs::read_to_string(&path).expect("text")).expect("a Questionnaire");
            keep(&path.file_name().unwrap_or_default().to_string_lossy(), write(&form).to_string());
        }
    }
    assert!(files.len() > 7, "{files:?}");
    let told = Command::new(python).arg(fixtures.join("validate.py")).args(&files).output().expect("runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}
