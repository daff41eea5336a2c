use uuid::Uuid;

use super::*;

fn theo() -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(1))
}

fn typed() -> Typed {
    Typed {
        date: "2026-03-28".into(),
        time: "15:00".into(),
        minutes: "60".into(),
        therapist: theo().to_string(),
        technique: "swedish".into(),
        pressure: "moderate".into(),
        regions: vec!["calf".into(), "lower_back".into(), "calf".into()],
    }
}

fn with<T>(zone: &str, work: impl FnOnce(&Known<'_>) -> T) -> T {
    let catalogue = Catalogue::shipped().expect("the shipped catalogue");
    let zone = Zone::named(zone).expect("a zone");
    let now = "2026-03-27T14:24:00Z".parse().expect("an instant");
    work(&Known {
        catalogue: &catalogue,
        therapists: &[theo()],
        zone: &zone,
        usual: &Usual::default(),
        booked: None,
        now,
    })
}

fn wrong(change: impl FnOnce(&mut Typed)) -> Vec<(String, String)> {
    let mut typed = typed();
    change(&mut typed);
    let errors = with("Europe/London", |known| check(&typed, known)).expect_err("something is wrong");
    errors.iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
}

fn told(zone: &str, change: impl FnOnce(&mut Typed), beside: &[Beside]) -> (Booking, Vec<String>) {
    let mut typed = typed();
    change(&mut typed);
    with(zone, |known| {
        let booking = check(&typed, known).expect("it makes sense");
        let doubts = doubts(&typed, &booking, beside, known);
        (booking, doubts.into_iter().map(|doubt| doubt.says).collect())
    })
}

#[test]
fn as_usual_is_what_the_technique_usually_is() {
    let (booking, _) =
        told("Europe/London", |typed| (typed.technique, typed.pressure) = ("deep_tissue".into(), "usual".into()), &[]);
    assert_eq!(booking.pressure, BookedPressure::Firm);
    let errors = wrong(|typed| (typed.technique, typed.pressure) = ("none".into(), "usual".into()));
    assert_eq!(errors.len(), 1, "only the technique is wrong: {errors:?}");
}

#[test]
fn a_form_that_makes_sense_is_a_booking_without_doubts() {
    let (booking, doubts) = told("Europe/London", |_| {}, &[]);
    assert_eq!(booking.starts_at.to_string(), "2026-03-28T15:00:00Z");
    assert_eq!(booking.ends_at.to_string(), "2026-03-28T16:00:00Z");
    assert_eq!(booking.therapist, Some(theo()));
    assert_eq!(booking.regions, [Region::LowerBack, Region::Calf], "in body order, each once");
    assert_eq!(doubts, Vec::<String>::new());
    let (booking, _) = told(
        "Europe/London",
        |typed| {
            typed.therapist.clear();
            typed.regions.clear();
        },
        &[],
    );
    assert_eq!((booking.therapist, booking.regions.len()), (None, 0), "both may be open");
}

#[test]
fn what_cannot_be_is_told_by_its_field() {
    let one = |field: &str, sentence: &str| vec![(field.to_owned(), sentence.to_owned())];
    assert_eq!(
        wrong(|typed| typed.date = "2026-02-31".into()),
        one("date", "31 February does not exist. Check the day.")
    );
    assert_eq!(wrong(|typed| typed.date = "soon".into()), one("date", "This is no day. Write it like 2026-03-27."));
    assert_eq!(wrong(|typed| typed.date = "2062-03-28".into()).len(), 1);
    assert_eq!(wrong(|typed| typed.time = "25:00".into()), one("time", "This is no time. Write it like 15:30."));
    assert_eq!(wrong(|typed| typed.time.clear()), one("time", "Choose a time."));
    for length in ["0", "-5", "481", "an hour", "999999999999999999999"] {
        assert_eq!(wrong(|typed| typed.minutes = length.into())[0].0, "minutes", "{length}");
    }
    let stranger = AccountId::from_uuid(Uuid::from_u128(2)).to_string();
    assert_eq!(wrong(|typed| typed.therapist = stranger), one("therapist", "Choose somebody who treats here."));
    assert_eq!(wrong(|typed| typed.technique = "kneading".into())[0].0, "technique");
    assert_eq!(wrong(|typed| typed.pressure = "crushing".into())[0].0, "pressure");
    assert_eq!(wrong(|typed| typed.regions.push("tail".into()))[0].0, "regions");
}

#[test]
fn every_wrong_field_is_told_at_once_in_the_order_of_the_form() {
    let empty = with("Europe/London", |known| check(&Typed::default(), known)).expect_err("nothing is filled in");
    let fields: Vec<&str> = empty.iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["date", "time", "minutes", "technique", "pressure"]);
}

#[test]
fn an_hour_that_is_not_there_moves_forward_and_one_that_comes_twice_means_the_first() {
    let (booking, doubts) = told(
        "Europe/London",
        |typed| {
            typed.date = "2026-03-29".into();
            typed.time = "01:30".into();
        },
        &[],
    );
    assert_eq!(booking.starts_at.to_string(), "2026-03-29T01:30:00Z");
    assert_eq!(doubts, ["The clocks go forward on this day, and 01:30 does not exist. The visit starts at 02:30."]);
    let (booking, doubts) = told(
        "Europe/London",
        |typed| {
            typed.date = "2026-10-25".into();
            typed.time = "01:30".into();
        },
        &[],
    );
    assert_eq!(booking.starts_at.to_string(), "2026-10-25T00:30:00Z");
    assert_eq!(doubts, ["The clocks go back on this day, and 01:30 comes twice. The first one is meant."]);
}

#[test]
fn the_past_and_two_visits_at_once_are_told_and_not_forbidden() {
    let at = "2026-03-27T14:00:00Z".parse().expect("an instant");
    let beside = |number, same_client, therapist: Option<&str>| Beside {
        visit: VisitId::from_uuid(Uuid::from_u128(number)),
        starts_at: at,
        same_client,
        therapist: therapist.map(str::to_owned),
    };
    let others = [beside(1, true, Some("Theo Lind")), beside(2, false, Some("Theo Lind"))];
    let today = |typed: &mut Typed| {
        typed.date = "2026-03-27".into();
        typed.time = "14:15".into();
    };
    let (_, doubts) = told("Europe/London", today, &others);
    assert_eq!(
        doubts,
        [
            "This time has passed. The visit is put on record, and no email goes out before it.",
            "This client has a visit at 14:00 already, and the two overlap.",
            "Theo Lind has a visit at 14:00 already, and the two overlap.",
        ]
    );
}

#[test]
fn a_yes_is_a_yes_to_these_doubts_alone() {
    let doubt = |key: &str| Doubt { key: key.into(), says: String::new() };
    assert_ne!(agreed(&[doubt("past")]), agreed(&[doubt("past"), doubt("beside-1")]));
    assert_eq!(agreed(&[]), "");
}
