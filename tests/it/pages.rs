//! The staff pages, built from fixed data: what they look like is kept as snapshots, and what must
//! hold for every page (no inline style or script, escaping, size, headings) is checked on all.

mod intake;
mod plan;
mod routes;

use std::sync::LazyLock;

use aftercare::clinic::account::Role;
use aftercare::clinic::brief::Brief;
use aftercare::clinic::case::Case;
use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::ids::{AccountId, ClientId, EmailId, IntakeId, VisitId};
use aftercare::clinic::note::{Note, Sources};
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan as plans;
use aftercare::clinic::plan::NotSent;
use aftercare::clinic::profile::SendWindow;
use aftercare::clinic::protocol::Step;
use aftercare::clinic::{tailoring, visit_file};
use aftercare::store::account::Account;
use aftercare::store::intake::Progress as IntakeProgress;
use aftercare::web::bodymap::BodyMap;
use aftercare::web::day::attention::{Todos, Trouble, Unclosed, Unread, Viewer};
use aftercare::web::day::{DayFacts, DayPage, DayVisit, Progress, View};
use aftercare::web::demo::{DemoFacts, DemoPage};
use aftercare::web::desk::toast::Toast;
use aftercare::web::mailbox::{Delivered, LetterView, MailPage, MailboxPage};
use aftercare::web::note::NoteFacts;
use aftercare::web::shell::{Room, Shell};
use aftercare::web::visit::past::PastFacts;
use aftercare::web::visit::plan::PlanFacts;
use aftercare::web::visit::{EmailPage, VisitFacts, VisitPage};
use askama::Template;
use jiff::Zoned;
use serde_json::{Value, json};
use uuid::Uuid;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().expect("the shipped catalogue"));

/// 14:24 on the day of the visits, by the clinic's clock.
fn now() -> Zoned {
    "2026-03-27T14:24:00+00:00[Europe/London]".parse().expect("a moment")
}

fn shell(room: Room) -> Shell {
    Shell::new("Harbour Street Clinic", &now(), room, true, false)
}

fn visit_id(number: u128) -> VisitId {
    VisitId::from_uuid(Uuid::from_u128(number))
}

fn account_id(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

/// Theo, who sees what a therapist sees.
fn therapist() -> Viewer {
    Viewer { own: Some(account_id(1)), health: true, books: true, mail: true }
}

/// Rosa, who sees no answer and no reason.
fn reception() -> Viewer {
    Viewer { own: None, health: false, ..therapist() }
}

fn case(first: &str, last: &str, at: &str, technique: &str, regions: &[&str], intake: &Value) -> Case {
    let starts = format!("2026-03-27T{at}:00Z");
    let file = json!({
        "clinic": {
            "name": "Harbour Street Clinic", "phone": "+44 20 7946 0000", "emergency_number": "999",
            "time_zone": "Europe/London",
            "send_window": { "from": "08:00", "to": "20:00", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"] }
        },
        "client": { "first_name": first, "last_name": last, "email": "c.okafor@example.org", "born": "1980-02-01" },
        "visit": { "starts_at": starts, "technique": technique, "pressure": "firm", "regions": regions },
        "intake": intake
    });
    visit_file::read(&CATALOGUE, &file.to_string()).expect("a visit file")
}

const AGREED: [&str; 4] = ["treatment", "health_data", "aftercare_email", "check_in_email"];

fn cleo() -> Case {
    named("Cleo", "Okafor")
}

fn named(first: &str, last: &str) -> Case {
    let intake = json!({
        "conditions": [
            { "id": "low_back_sensitive", "region": "lower_back", "status": "current" },
            { "id": "herniated_disc_history", "region": "lower_back", "side": "left", "since": "2024-01", "status": "past" },
            { "id": "varicose_veins", "region": "calf", "side": "left" }
        ],
        "other_conditions": "", "unanswered": ["diabetes"], "pain_now": 4,
        "marks": [{ "region": "lower_back", "side": "left", "sensation": "ache", "intensity": 4 }],
        "medicines": "Ibuprofen now and then", "daily_load": ["desk_work"], "goals": "Sit through a day without pain",
        "consents": AGREED
    });
    case(first, last, "15:00", "deep_tissue", &["lower_back"], &intake)
}

fn simple(conditions: &Value, consents: &[&str]) -> Value {
    json!({ "conditions": conditions, "consents": consents })
}

fn facts(id: u128, case: Case) -> VisitFacts {
    let brief = tailoring::tailor(&CATALOGUE, &case);
    let plan = PlanFacts::forecast(&plans::for_visit(&CATALOGUE, &case, &brief, case.visit.ends_at));
    VisitFacts {
        id: visit_id(id),
        booked: case.visit.treatment.clone(),
        done: None,
        note: note_of(&case, &brief),
        past: PastFacts::default(),
        case,
        brief,
        plan,
        therapist: "Theo Lindqvist".into(),
        answered: true,
        progress: Progress::Booked,
    }
}

/// The note as it opens before anyone has decided a line.
fn note_of(case: &Case, brief: &Brief) -> NoteFacts {
    let given_on = Some(jiff::civil::date(2026, 3, 25));
    let sources = Sources { catalogue: &CATALOGUE, case, brief, given_on, before: None, done: None };
    NoteFacts { note: Note::draft(&sources), ..NoteFacts::default() }
}

fn visit_page(facts: &VisitFacts, step: Option<Step>) -> String {
    VisitPage::of(shell(Room::Day), facts, &CATALOGUE, step, &now()).render().expect("a page")
}

fn started(mut facts: VisitFacts) -> VisitFacts {
    let states = [State::Sent, State::Held, State::Scheduled, State::Failed];
    for (email, state) in facts.plan.emails.iter_mut().zip(states) {
        email.state = Some(state);
        email.subject = "How are you feeling after your visit?".into();
        email.note = if state == State::Failed { "The address does not exist (550).".into() } else { String::new() };
    }
    facts.plan.not_sent.push(NotSent { step: Step::Prepare, reason: "no next visit is booked".into() });
    facts
}

fn day_visit(id: u128, case: Option<&Case>, at: &str, client: &str, technique: &str, progress: Progress) -> DayVisit {
    let starts: Zoned = format!("2026-03-27T{at}:00+00:00[Europe/London]").parse().expect("a moment");
    let brief: Option<Brief> = case.map(|case| tailoring::tailor(&CATALOGUE, case));
    let consents = case.is_none_or(|case| case.intake.consents.len() > 2);
    let due = |text: &str| -> Zoned { text.parse().expect("a moment") };
    let emails = if progress == Progress::Completed && consents {
        vec![
            (due("2026-03-27T14:00:00+00:00[Europe/London]"), State::Sent),
            (due("2026-03-28T10:00:00+00:00[Europe/London]"), State::Scheduled),
            (due("2026-03-30T09:00:00+01:00[Europe/London]"), State::Scheduled),
        ]
    } else {
        Vec::new()
    };
    let ends = starts.clone() + jiff::Span::new().minutes(45);
    let mina = id.is_multiple_of(2);
    DayVisit {
        id: visit_id(id),
        client_id: ClientId::from_uuid(Uuid::from_u128(id)),
        client: client.into(),
        therapist_id: Some(account_id(if mina { 2 } else { 1 })),
        therapist: if mina { "Mina S.".into() } else { "Theo L.".into() },
        technique: technique.into(),
        starts,
        ends,
        progress,
        version: 1,
        intake: if case.is_some() { IntakeProgress::Done } else { IntakeProgress::Missing },
        intake_id: case.map(|_| IntakeId::from_uuid(Uuid::from_u128(id))),
        brief,
        reachable: true,
        consents,
        emails,
    }
}

fn busy_day() -> DayFacts {
    use Progress::{Booked, Cancelled, Completed, InProgress};
    let plain = |conditions: Value, consents: &[&str]| {
        case("A", "B", "15:00", "swedish", &["neck"], &simple(&conditions, consents))
    };
    let none = plain(json!([]), &AGREED);
    let silent = plain(json!([]), &["treatment", "health_data"]);
    let caution = plain(json!([{ "id": "low_back_sensitive" }]), &AGREED);
    let veins = plain(json!([{ "id": "varicose_veins", "region": "calf", "side": "left" }]), &AGREED);
    let clearance = plain(json!([{ "id": "herniated_disc_acute" }]), &AGREED);
    let contra = plain(json!([{ "id": "red_flags_now" }]), &AGREED);
    let words = case("A", "B", "15:00", "swedish", &[], &json!({ "other_conditions": "A thing", "consents": AGREED }));
    let started = "2026-03-27T10:15:00+00:00[Europe/London]".parse().expect("a moment");
    let todos = Todos {
        troubles: vec![
            trouble("Karin Holm", Step::DayOne, State::Failed, "no such mailbox"),
            trouble("Hanna Lindholm", Step::SameDay, State::Expired, ""),
            trouble("Petra Wolf", Step::DayThree, State::Held, "the client asked us to wait"),
        ],
        unclosed: vec![Unclosed { visit: visit_id(3), client: "Marek Novák".into(), starts: started }],
        unsigned: vec![("Theo L.".into(), "2026-03-26T10:00:00+00:00[Europe/London]".parse().expect("a moment"))],
        unread: vec![Unread {
            intake: IntakeId::from_uuid(Uuid::from_u128(77)),
            client_id: ClientId::from_uuid(Uuid::from_u128(77)),
            client: "Sven Dahl".into(),
        }],
    };
    DayFacts {
        day: now().date(),
        view: View::ByTime,
        viewer: therapist(),
        toast: None,
        visits: vec![
            day_visit(1, Some(&caution), "09:00", "Tom Barros", "Sports", Completed),
            day_visit(2, Some(&none), "09:30", "Eleni Markou", "Relaxation", Completed),
            day_visit(3, Some(&words), "10:15", "Marek Novák", "Deep tissue", Booked),
            day_visit(4, Some(&silent), "11:00", "Samuel Reid", "Trigger point", Completed),
            day_visit(5, None, "12:30", "Ines Duarte", "Swedish", Cancelled),
            day_visit(6, Some(&caution), "14:00", "Aoife Brennan", "Prenatal", InProgress),
            day_visit(7, Some(&cleo()), "15:00", "Cleo Okafor", "Deep tissue", Booked),
            day_visit(8, Some(&clearance), "16:15", "Grace Adeyemi", "Myofascial", Booked),
            day_visit(9, None, "16:30", "Lena Fischer", "Hot stone", Booked),
            day_visit(10, Some(&veins), "17:30", "Daniel Kwan", "Sports", Booked),
            day_visit(11, Some(&contra), "18:15", "Ruth Abelson", "Lymphatic drainage", Booked),
        ],
        around: around(),
        todos,
        window: cleo().clinic.send_window,
    }
}

/// What waits since yesterday, and what has to be settled before Monday.
fn around() -> Vec<DayVisit> {
    let on = |day: &str, visit: DayVisit| {
        let starts: Zoned = format!("{day}T10:00:00[Europe/London]").parse().expect("a moment");
        DayVisit { ends: starts.clone() + jiff::Span::new().hours(1), starts, ..visit }
    };
    let of = |intake: &Value| case("A", "B", "15:00", "swedish", &["neck"], intake);
    let contra = of(&simple(&json!([{ "id": "red_flags_now" }]), &AGREED));
    let words = of(&json!({ "other_conditions": "A thing", "medicines": "One", "consents": AGREED }));
    let blank = of(&json!({ "unanswered": ["diabetes"], "consents": AGREED }));
    let unreachable = DayVisit {
        reachable: false,
        ..day_visit(23, Some(&blank), "10:00", "Ruth Klein", "Swedish", Progress::Booked)
    };
    vec![
        on("2026-03-26", day_visit(21, Some(&words), "10:00", "Sina Tavita", "Relaxation", Progress::Completed)),
        on("2026-03-28", unreachable),
        on("2026-03-28", day_visit(24, Some(&blank), "10:00", "Ida Blank", "Swedish", Progress::Booked)),
        on("2026-03-30", day_visit(22, Some(&contra), "10:00", "Jonas Weber", "Deep tissue", Progress::Booked)),
    ]
}

fn trouble(client: &str, step: Step, state: State, reason: &str) -> Trouble {
    let due = "2026-03-26T19:00:00+00:00[Europe/London]".parse().expect("a moment");
    Trouble {
        id: EmailId::from_uuid(Uuid::from_u128(99)),
        visit: visit_id(99),
        client_id: ClientId::from_uuid(Uuid::from_u128(99)),
        client: client.into(),
        step,
        due,
        state,
        reason: reason.into(),
    }
}

fn letter(id: &str) -> LetterView {
    let facts = facts(7, cleo());
    let headers = [
        ("From", "Harbour Street Clinic <care@harbourstreet.example>"),
        ("To", "Cleo Okafor <c.okafor@example.org>"),
        ("Subject", "How are you feeling after your visit?"),
        ("Message-ID", "<0196.day_1@harbourstreet.example>"),
    ];
    LetterView::of(
        format!("/mailbox/{id}/html"),
        "How are you feeling after your visit?".into(),
        Some(State::Sent),
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        "Hello Cleo,\n\nHow are you today?\n\nWARNING SIGNS\n- Numbness or tingling around your genitals, bottom or inner thighs".into(),
        &facts.plan.emails[1].content,
        &CATALOGUE,
    )
}

fn mails() -> Vec<Delivered> {
    let mail = |number: u128, at: &str, to: &str, subject: &str, letter: &str| Delivered {
        id: EmailId::from_uuid(Uuid::from_u128(number)),
        at: at.parse().expect("a moment"),
        to: to.into(),
        subject: subject.into(),
        letter: letter.into(),
        state: State::Sent,
    };
    vec![
        mail(
            1,
            "2026-03-26T19:00:00+00:00[Europe/London]",
            "Hanna Lindholm",
            "After your visit today",
            "Same day, version 1",
        ),
        mail(
            2,
            "2026-03-27T14:00:00+00:00[Europe/London]",
            "Tom Barros",
            "How are you feeling after your visit?",
            "Day 1, version 1",
        ),
    ]
}

fn demo() -> DemoFacts {
    DemoFacts {
        staff: [("Rosa Marin", Role::Reception), ("Theo L.", Role::Therapist), ("Ada Brandt", Role::Admin)]
            .into_iter()
            .zip(1..)
            .map(|((name, role), number)| Account {
                id: AccountId::from_uuid(Uuid::from_u128(number)),
                name: name.parse().expect("a name"),
                email: "staff@harbour.example".parse().expect("an address"),
                role,
            })
            .collect(),
        visits: busy_day().visits.into_iter().chain(around()).collect(),
        newest: Some((EmailId::from_uuid(Uuid::from_u128(2)), 12)),
        next: Some("2026-03-27T19:00:00+00:00[Europe/London]".parse().expect("a moment")),
        rate: 1440.0,
    }
}

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
