//! The first run in a browser: from the printed link to a clinic that is open. Nothing is in it yet, and
//! every page says what comes next.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::chrome::{Chrome, free_port};
use crate::every_page::looked_at;
use crate::staff::Staff;
use crate::{Demo, may_run};

/// A house where nobody works yet, as `serve` opens it.
pub struct EmptyHouse {
    pub house: Demo,
    /// The path of the link it printed.
    pub link: String,
    _folder: tempfile::TempDir,
}

impl EmptyHouse {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .arg("serve")
            .env("AFTERCARE_DATABASE__URL", format!("sqlite://{}", folder.path().join("a.db").display()))
            .env("AFTERCARE_SECRETS__KEY_FILE", folder.path().join("a.key"))
            .env("AFTERCARE_WEB__LISTEN", format!("127.0.0.1:{}", free_port()))
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let told = BufReader::new(process.stdout.take().expect("its words"));
        let mut lines = told.lines().map_while(Result::ok);
        let link = lines.find_map(|line| line.find("http").map(|at| line[at..].to_owned())).expect("a link");
        let link = link.split_whitespace().next().expect("a link");
        let (address, path) = link.split_at(link.find("/setup/").expect("a link to set up"));
        let house = Demo { process, address: address.to_owned(), keys: Vec::new() };
        Self { house, link: path.to_owned(), _folder: folder }
    }
}

/// What somebody types into the one form.
const TYPED: [(&str, &str); 9] = [
    ("#clinic_name", "River Rooms"),
    ("#zone", "Europe/London"),
    ("#phone", "020 7946 0000"),
    ("#emergency_number", "999"),
    ("#address", "1 River Street, London"),
    ("#name", "Ada Brandt"),
    ("#email", "ada@river.example"),
    ("#password", "lantern soup and gravel"),
    ("#password_again", "lantern soup and gravel"),
];

#[tokio::test]
async fn an_empty_house_is_opened_in_one_form_and_each_empty_page_says_what_comes_next() {
    if !may_run() {
        return;
    }
    let (empty, chrome) = (EmptyHouse::open(), Chrome::start().await);
    let ada = Staff::new(&chrome, &empty.house);
    ada.counts_from_here();
    ada.go(&empty.link).await;
    for (field, words) in TYPED {
        ada.types(field, words).await;
    }
    ada.press("Open the clinic").await;
    ada.reads("What to do next").await;
    ada.took_at_most("an empty house, from the printed link to an open clinic", 10, 135);
    ada.heard_no_complaint().await;
    let mut wrong = Vec::new();
    for (path, words) in [
        ("/welcome", "5 of 5 to go"),
        ("/day", "No visits on this day"),
        ("/day?by=therapist", "No visits on this day"),
        ("/clients", "New client"),
        ("/clients?q=oka", "New client"),
        ("/alerts", "No alerts"),
        ("/alerts?whose=mine", "You have no alerts"),
        ("/notes", "Every note is signed"),
        ("/outcomes", "Not enough answers to show"),
        ("/visits/new", "New visit"),
        ("/people", "Ada Brandt"),
        ("/care", "Opening hours"),
        ("/settings", "When emails may go out"),
        ("/settings/mail", "No mail server is set"),
        ("/settings/texts", "Nobody answers for these texts yet"),
        ("/audit", "Ada Brandt"),
        ("/account/two-factor", "It is off"),
    ] {
        ada.go(path).await;
        ada.reads(words).await;
        wrong.extend(
            looked_at(&chrome, &format!("empty{path}")).await.into_iter().map(|what| format!("{path}: {what}")),
        );
    }
    chrome.stop().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
