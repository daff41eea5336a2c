//! `docs/triage.md` is the table of the check-in as the program has it. `AFTERCARE_WRITE_DOCS=1` writes it
//! anew.

use aftercare::clinic::checkin::RULES;

const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/triage.md");

fn page() -> String {
    let mut page =
        "# Triage of check-ins\n\nMade from the rules in `src/clinic/checkin/triage.rs`; do not edit it here. \
                    A proposal until a clinician has reviewed it.\n\n\
                    | when | then |\n|---|---|\n"
            .to_owned();
    for rule in RULES {
        page.push_str(&format!("| {} | {} |\n", rule.when, rule.then));
    }
    page.push_str(
        "\nEvery rule can only raise. The most urgent sign decides what the client reads first and how fast staff have \
         to take the alert. What was left blank never counts as “no”, words are never answered with “fine”, and no \
         reply says nothing about health.\n",
    );
    page
}

#[test]
fn the_page_of_the_triage_is_the_one_the_program_goes_by() {
    if std::env::var_os("AFTERCARE_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).expect("a folder");
        std::fs::write(PLACE, page()).expect("written");
    }
    let kept = std::fs::read_to_string(PLACE).expect("docs/triage.md is there");
    assert_eq!(kept, page(), "run this test with AFTERCARE_WRITE_DOCS=1 and look at what changed");
}
