//! The intake form as it is shown: to a new client, to a returning one, and when something is wrong.

use std::sync::LazyLock;

use aftercare::clinic::fields::FieldErrors;
use aftercare::clinic::ids::IntakeId;
use aftercare::clinic::intake::again::Again;
use aftercare::clinic::intake::check::{Asked, check};
use aftercare::clinic::intake::form::Form;
use aftercare::clinic::intake::own::NONE;
use aftercare::clinic::intake::typed::Typed;
use aftercare::web::intake::versions::{Differing, Versions};
use aftercare::web::intake::view::Last;
use aftercare::web::intake::{Facts, IntakePage, Outcome, Over, Taken};
use aftercare::web::shell::Room;
use askama::Template as _;
use uuid::Uuid;

use super::{CATALOGUE, cleo, now, shell, visit_id};

static FORM: LazyLock<Form> = LazyLock::new(|| Form::shipped(&CATALOGUE).expect("the shipped form"));

fn shown(again: &Again, last: Option<Last>, typed: &Typed, outcome: Outcome) -> String {
    let facts = Facts {
        taken: Taken::Visit(visit_id(7)),
        name: "Cleo Okafor".into(),
        facts: vec!["46, born 1 Feb 1980".into(), "Visit today 15:00".into()],
        back: ("/day?on=2026-03-27".into(), "Back to the day".into()),
        emergency: "999".into(),
        asked: Asked { form: &FORM, catalogue: &CATALOGUE, again, own: &NONE, today: now().date() },
        untouched: outcome.versions.is_none(),
        last,
        saved: String::new(),
        over: Over::default(),
        intake: IntakeId::from_uuid(Uuid::from_u128(70)),
        lang: "en",
    };
    IntakePage::of(shell(Room::Day), &facts, typed, outcome).render().expect("a page")
}

/// The pages, by name.
pub fn pages() -> Vec<(&'static str, String)> {
    let nothing = Again::default();
    let given = jiff::civil::date(2025, 12, 12);
    let answers = cleo().intake;
    let again = Again::of(&FORM, &[(given, answers.clone())], now().date());
    let last = Last::of(&answers, "12 Dec 2025".into(), &CATALOGUE, &again);
    let returning = shown(&again, Some(last.clone()), &Typed::of(&answers, &FORM, &again), Outcome::default());

    let wrong = Typed::read([
        ("yes", "red_flags_now"),
        ("yes", "varicose_veins"),
        ("at.varicose_veins.0.since", "31 February 2024"),
        ("at.varicose_veins.0.region", "calf"),
        ("at.varicose_veins.1.since", "3/4/2024"),
        ("yes", "heart_failure"),
        ("ok.heart_failure.by", "Dr Shah"),
        ("mark", "lower_back.left"),
        ("mark", "neck"),
        ("mark.lower_back.left.sensation", "ache"),
        ("mark.lower_back.left.intensity", "11"),
        ("pain", "4"),
        ("none", "back"),
        ("medicines", "\"><svg id=canary>{{7*7}}"),
    ]);
    let asked = Asked { form: &FORM, catalogue: &CATALOGUE, again: &nothing, own: &NONE, today: now().date() };
    let errors = check(&wrong, &asked).expect_err("much is wrong");
    assert_eq!(errors.len(), 5, "{errors:?}");
    let wrong = shown(&nothing, None, &wrong, Outcome { errors, ..Outcome::default() });

    let differing = |name: &str, label: &str, mine: &str, theirs: &str| Differing {
        name: name.into(),
        label: label.into(),
        mine: mine.into(),
        theirs: theirs.into(),
        prefer_theirs: mine == "Blank",
    };
    let versions = Versions {
        sentence: "Mina Okoro saved this form today 14:20.".into(),
        who: "Mina Okoro".into(),
        fields: vec![
            differing("allergies", "Allergies", "Blank", "nickel"),
            differing("goals", "What they hope for", "Sleep", "Walk"),
        ],
    };
    let typed = Typed::of(&answers, &FORM, &again);
    let outcome = Outcome { versions: Some(versions), errors: FieldErrors::new(), find: String::new() };
    let two = shown(&again, Some(last), &typed, outcome);
    vec![
        ("intake_new", shown(&nothing, None, &Typed::default(), Outcome::default())),
        ("intake_returning", returning),
        ("intake_wrong", wrong),
        ("intake_two_versions", two),
    ]
}
