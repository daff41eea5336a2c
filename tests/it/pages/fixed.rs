//! The fixed data pages are built from: one afternoon at a clinic, with its people, emails and mailbox.

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
use aftercare::clinic::protocol::{Protocol, Step};
use aftercare::clinic::{tailoring, visit_file};
use aftercare::store::account::Account;
use aftercare::store::form::Asked;
use aftercare::store::intake::Progress as IntakeProgress;
use aftercare::web::day::attention::{Todos, Trouble, Unclosed, Unread, Viewer};
use aftercare::web::day::{DayFacts, DayVisit, Progress, View};
use aftercare::web::demo::DemoFacts;
use aftercare::web::mailbox::{Delivered, LetterView};
use aftercare::web::note::NoteFacts;
use aftercare::web::shell::{Room, Shell};
use aftercare::web::visit::past::PastFacts;
use aftercare::web::visit::plan::PlanFacts;
use aftercare::web::visit::{VisitFacts, VisitPage};
use askama::Template;
use jiff::Zoned;
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::shipped().expect("the shipped catalogue"));

/// 14:24 on the day of the visits, by the clinic's clock.
pub(super) fn now() -> Zoned {
    "2026-03-27T14:24:00+00:00[Europe/London]".parse().expect("a moment")
}

pub(super) fn shell(room: Room) -> Shell {
    Shell::new("Harbour Street Clinic", &now(), room, true, false)
}

pub(super) fn visit_id(number: u128) -> VisitId {
    VisitId::from_uuid(Uuid::from_u128(number))
}

pub(super) fn account_id(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

/// Theo, who sees what a therapist sees.
pub(super) fn therapist() -> Viewer {
    Viewer { own: Some(account_id(1)), health: true, books: true, mail: true }
}

/// Rosa, who sees no answer and no reason.
pub(super) fn reception() -> Viewer {
    Viewer { own: None, health: false, ..therapist() }
}

pub(super) fn case(first: &str, last: &str, at: &str, technique: &str, regions: &[&str], intake: &Value) -> Case {
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

pub(super) const AGREED: [&str; 4] = ["treatment", "health_data", "aftercare_email", "check_in_email"];

pub(super) fn cleo() -> Case {
    named("Cleo", "Okafor")
}

pub(super) fn named(first: &str, last: &str) -> Case {
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

pub(super) fn simple(conditions: &Value, consents: &[&str]) -> Value {
    json!({ "conditions": conditions, "consents": consents })
}

pub(super) fn facts(id: u128, case: Case) -> VisitFacts {
    let brief = tailoring::tailor(&CATALOGUE, &case);
    let plan =
        PlanFacts::forecast(&plans::for_visit(&CATALOGUE, &Protocol::default(), &case, &brief, case.visit.ends_at));
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
        hands_form: false,
    }
}

/// The note as it opens before anyone has decided a line.
pub(super) fn note_of(case: &Case, brief: &Brief) -> NoteFacts {
    let given_on = Some(jiff::civil::date(2026, 3, 25));
    let sources = Sources { catalogue: &CATALOGUE, case, brief, given_on, before: None, done: None };
    NoteFacts { note: Note::draft(&sources), ..NoteFacts::default() }
}

pub(super) fn visit_page(facts: &VisitFacts, step: Option<Step>) -> String {
    VisitPage::of(shell(Room::Day), facts, &CATALOGUE, step, &now()).render().expect("a page")
}

pub(super) fn started(mut facts: VisitFacts) -> VisitFacts {
    let states = [State::Sent, State::Held, State::Scheduled, State::Failed];
    for (email, state) in facts.plan.emails.iter_mut().zip(states) {
        email.state = Some(state);
        email.subject = "How are you feeling after your visit?".into();
        email.note = if state == State::Failed { "The address does not exist (550).".into() } else { String::new() };
    }
    facts.plan.not_sent.push(NotSent { step: Step::Prepare, reason: "no next visit is booked".into() });
    facts
}

pub(super) fn day_visit(
    id: u128,
    case: Option<&Case>,
    at: &str,
    client: &str,
    technique: &str,
    progress: Progress,
) -> DayVisit {
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
        form: Asked::default(),
        intake_id: case.map(|_| IntakeId::from_uuid(Uuid::from_u128(id))),
        brief,
        reachable: true,
        consents,
        emails,
    }
}

pub(super) fn busy_day() -> DayFacts {
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
        wishes: Vec::new(),
        webhooks: Vec::new(),
        alerts: Vec::new(),
        notices: Vec::new(),
        returned: Vec::new(),
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
pub(super) fn around() -> Vec<DayVisit> {
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

pub(super) fn trouble(client: &str, step: Step, state: State, reason: &str) -> Trouble {
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

pub(super) fn letter(id: &str) -> LetterView {
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

pub(super) fn mails() -> Vec<Delivered> {
    let mail = |number: u128, at: &str, to: &str, subject: &str, letter: &str| Delivered {
        path: format!("/mailbox/{}", Uuid::from_u128(number)),
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

pub(super) fn demo() -> DemoFacts {
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
