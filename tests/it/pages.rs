//! The staff pages, built from fixed data: what they look like is kept as snapshots, and what must
//! hold for every page (no inline style or script, escaping, size, headings) is checked on all.

mod fixed;
mod intake;
mod plan;
mod routes;

use aftercare::clinic::outbox::State;
use aftercare::clinic::profile::SendWindow;
use aftercare::clinic::protocol::Step;
use aftercare::web::bodymap::BodyMap;
use aftercare::web::day::attention::Todos;
use aftercare::web::day::{DayFacts, DayPage, Progress, View};
use aftercare::web::demo::DemoPage;
use aftercare::web::desk::toast::Toast;
use aftercare::web::mailbox::{Delivered, MailPage, MailboxPage};
use aftercare::web::shell::Room;
use aftercare::web::visit::plan::PlanFacts;
use aftercare::web::visit::{EmailPage, VisitFacts};
use askama::Template;
use serde_json::json;

use self::fixed::*;

/// The board in its layouts, and as reception sees it.
fn day_pages() -> Vec<(&'static str, String)> {
    let empty_day = DayFacts {
        visits: vec![],
        around: vec![],
        todos: Todos::default(),
        window: SendWindow::default(),
        ..busy_day()
    };
    let toast = Toast {
        text: "Cancelled: Ines Duarte, today 12:30 to 13:30.".into(),
        undo: Some(format!("/visits/{}/return", visit_id(5))),
        version: 2,
    };
    let desk = DayFacts { viewer: reception(), toast: Some(toast), ..busy_day() };
    let by_therapist = DayFacts { view: View::ByTherapist, ..busy_day() };
    let of_mina = DayFacts { view: View::Of(account_id(2)), ..busy_day() };
    let day = |facts: &DayFacts| DayPage::of(shell(Room::Day), facts, &now()).render().expect("a page");
    vec![
        ("day", day(&busy_day())),
        ("day_reception", day(&desk)),
        ("day_by_therapist", day(&by_therapist)),
        ("day_of_one", day(&of_mina)),
        ("day_empty", day(&empty_day)),
    ]
}

/// Every page, by name.
fn pages() -> Vec<(&'static str, String)> {
    let cleo = facts(7, cleo());
    let quiet = case("Eleni", "Markou", "15:00", "swedish", &["neck", "shoulder"], &simple(&json!([]), &["treatment"]));
    let acute = case(
        "Grace",
        "Adeyemi",
        "16:15",
        "myofascial",
        &["hip"],
        &simple(&json!([{ "id": "herniated_disc_acute", "region": "lower_back", "side": "both" }]), &AGREED),
    );
    let contra = case(
        "Ruth",
        "Abelson",
        "18:15",
        "lymphatic_drainage",
        &["leg"],
        &simple(&json!([{ "id": "red_flags_now" }]), &AGREED),
    );
    let mut unasked = facts(9, case("Lena", "Fischer", "16:30", "hot_stone", &[], &json!({})));
    unasked.answered = false;
    let mut cancelled = facts(5, named("Ines", "Duarte"));
    cancelled.progress = Progress::Cancelled;
    cancelled.plan = PlanFacts::default();
    let mailbox = |mails: &[Delivered]| {
        MailboxPage::of(shell(Room::Mailbox), mails, Some(&now()), &now()).render().expect("a page")
    };
    let mut all = vec![
        ("visit", visit_page(&cleo, Some(Step::DayThree))),
        ("visit_started", visit_page(&started(cleo.clone()), None)),
        ("visit_quiet", visit_page(&facts(2, quiet), None)),
        ("visit_clearance", visit_page(&facts(8, acute), None)),
        ("visit_contraindication", visit_page(&facts(11, contra), None)),
        ("visit_no_intake", visit_page(&unasked, None)),
        ("visit_cancelled", visit_page(&cancelled, None)),
        ("visit_email", EmailPage::of(shell(Room::Day), &cleo, Step::DayOne, letter("1")).render().expect("a page")),
        ("mailbox", mailbox(&mails())),
        ("mailbox_empty", mailbox(&[])),
        ("mail", MailPage::of(shell(Room::Mailbox), letter("1")).render().expect("a page")),
        ("demo", DemoPage::of(shell(Room::Start), &demo(), &now()).render().expect("a page")),
    ];
    all.extend(intake::pages());
    all.extend(plan::pages());
    all.extend(day_pages());
    all
}

#[test]
fn every_page_is_as_it_was() {
    for (name, html) in pages() {
        let html = snapshot_form(&html);
        insta::with_settings!({ snapshot_path => "snapshots/pages", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, html);
        });
    }
}

#[test]
fn no_page_has_inline_style_or_script_and_none_is_heavy() {
    for (name, html) in pages() {
        for forbidden in ["<script>", "<style", " style=", " onload=", " onclick=", "javascript:", "srcdoc"] {
            assert!(!html.contains(forbidden), "{name} holds {forbidden}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("<script src=\"/static/").count(), "{name} holds a script of its own");
        assert!(html.len() < 150_000, "{name} has {} bytes", html.len());
        assert!(html.contains("no clinician has signed it off"), "{name} does not say that the catalogue is a draft");
        assert!(html.contains("27 March 2026, 14:24"), "{name} does not tell the clinic's time");
    }
}

#[test]
fn headings_come_in_order_and_there_is_one_title() {
    for (name, html) in pages() {
        let levels: Vec<u32> = html
            .match_indices("<h")
            .filter_map(|(at, _)| html[at + 2..].chars().next().and_then(|digit| digit.to_digit(10)))
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}: {levels:?}");
        assert_eq!(levels.first(), Some(&1), "{name}: {levels:?}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name} skips a level: {levels:?}");
    }
}

#[test]
fn a_name_is_a_name_whatever_it_holds() {
    for canary in ["<b>", "\"><svg onload=alert(1)>", "'{{7*7}}"] {
        let facts = facts(7, named(canary, canary));
        let mut day = busy_day();
        day.visits[6].client = canary.into();
        day.todos.troubles[0].client = canary.into();
        let mut mails = mails();
        mails[0].to = canary.into();
        mails[0].subject = canary.into();
        let pages = [
            visit_page(&facts, None),
            EmailPage::of(shell(Room::Day), &facts, Step::DayOne, letter("1")).render().expect("a page"),
            DayPage::of(shell(Room::Day), &day, &now()).render().expect("a page"),
            MailboxPage::of(shell(Room::Mailbox), &mails, None, &now()).render().expect("a page"),
        ];
        for html in pages {
            assert!(!html.contains("<b>\"") && !html.contains("<svg onload") && !html.contains(">49<"), "{canary}");
            let shown = canary.replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;");
            assert!(html.contains(&shown), "{canary} is not shown as written");
        }
    }
}

#[test]
fn the_client_s_left_is_on_the_viewer_s_right_on_the_front_only() {
    let facts = facts(7, cleo());
    let map = BodyMap::of(&facts.case, &facts.brief);
    let across = |figure: usize| map.figures[figure].words[0].0;
    assert!(across(0) > 0.0 && across(1) < 0.0);
    assert_eq!((map.figures[0].at_left, map.figures[1].at_left), ("R", "L"));
    assert!(map.key.iter().any(|line| line.words == "Avoid: left calf" && !line.because.is_empty()));
}

#[test]
fn a_visit_without_an_intake_says_so_and_shows_no_brief() {
    let (_, html) = pages().into_iter().find(|(name, _)| *name == "visit_no_intake").expect("the page");
    assert!(html.contains("No intake yet") && !html.contains("No cautions") && !html.contains("Nothing said"));
}

#[test]
fn a_visit_without_an_intake_still_has_the_warning_signs_and_what_to_do() {
    let (_, html) = pages().into_iter().find(|(name, _)| *name == "visit_no_intake").expect("the page");
    assert!(html.contains("What to do next") && html.contains("Emergency: call 999"));
    assert!(!html.contains("Ask before you start") && !html.contains("Nothing said"));
}

#[test]
fn a_visit_that_does_not_take_place_has_no_aftercare() {
    let (_, html) = pages().into_iter().find(|(name, _)| *name == "visit_cancelled").expect("the page");
    assert!(html.contains("This visit was cancelled") && !html.contains("id=\"plan\""));
    let mut written = facts(5, named("Ines", "Duarte"));
    written.progress = Progress::NoShow;
    written.plan.emails.truncate(1);
    let html = visit_page(&started(written), None);
    assert!(html.contains("The client did not come") && html.contains("Did not take place."));
}

#[test]
fn the_list_names_a_visit_once_and_looks_around_for_what_cannot_wait() {
    let html = DayPage::of(shell(Room::Day), &busy_day(), &now()).render().expect("a page");
    let list = html.split_once("Needs attention").expect("the list").1;
    let at = |name: &str| list.find(name).unwrap_or_else(|| panic!("{name} is not on the list"));
    assert!(at("Jonas Weber, Mon 30 Mar") < at("Grace Adeyemi") && at("Grace Adeyemi") < at("Lena Fischer"));
    assert!(at("Sina Tavita, yesterday") < at("Cleo Okafor") && at("Samuel Reid") > at("Ruth Klein, tomorrow"));
    assert!(!list.contains("Ida Blank"), "a blank answer is told on its own day");
    assert_eq!(list.matches("<h3>Ruth Abelson").count(), 1);
}

#[test]
fn what_is_held_of_one_visit_is_one_entry_and_what_cannot_wait_is_never_folded_away() {
    let mut day = busy_day();
    let held = |step| trouble("Mara Held", step, State::Held, "an answer waits for a person");
    day.todos.troubles = vec![held(Step::DayOne), held(Step::DayThree), held(Step::DaySeven)];
    day.todos.troubles.push(trouble("Mara Held", Step::SameDay, State::Failed, "no such mailbox"));
    let html = DayPage::of(shell(Room::Day), &day, &now()).render().expect("a page");
    let list = html.split_once("Needs attention").expect("the list").1;
    let (urgent, rest) = list.split_once("<details class=\"rest\">").expect("a line for the rest");
    assert!(rest.contains("Mara Held, 3 emails held") && rest.contains("Day 1, Day 3 and Day 7 wait for a person."));
    assert_eq!(rest.matches("<h3>Mara Held").count(), 2, "the failed one stands by itself");
    assert!(urgent.contains("Do not treat") && !urgent.contains("Mara Held"), "{urgent}");
    assert!(rest.starts_with("<summary>Show 2 emails"), "{rest}");
}

#[test]
fn a_plan_says_where_the_clocks_change_and_why_a_step_stays_home() {
    let html = visit_page(&started(facts(7, cleo())), None);
    assert!(html.contains("Clocks go forward on Sunday 29 March"));
    assert!(html.contains("no next visit is booked") && html.contains("Cleo is not told why"));
    for word in ["Sent", "Held", "Waiting", "Failed"] {
        assert!(html.contains(word), "{word}");
    }
}

/// One element a line, so that a change of the page is a line of the snapshot; the drawings and
/// the digest of the stylesheet are left out.
fn snapshot_form(html: &str) -> String {
    let html = regex_free_static(html);
    let main = html.split_once("<main").map_or(html.as_str(), |(_, main)| main);
    main.replace("><", ">\n<")
        .lines()
        .filter(|line| !line.starts_with("<poly") && !line.starts_with("<path"))
        .fold(String::new(), |all, line| all + line + "\n")
}

/// Writes every page to a folder when `AFTERCARE_PAGES` names one, to be looked at in a browser.
#[test]
fn every_page_can_be_looked_at() {
    let Ok(folder) = std::env::var("AFTERCARE_PAGES") else { return };
    for (name, html) in pages() {
        let html = regex_free_static(&html);
        std::fs::write(format!("{folder}/{name}.html"), html).expect("a writable folder");
    }
}

/// `/static/<edition>/x` becomes `static/x`, for pages opened from a folder.
fn regex_free_static(html: &str) -> String {
    let mut parts = html.split("\"/static/");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let rest = part.split_once('/').map_or(part, |(_, rest)| rest);
        format!("{all}\"static/{rest}")
    })
}
