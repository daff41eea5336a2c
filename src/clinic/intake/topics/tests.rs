use jiff::civil::date;

use super::*;
use crate::clinic::intake::again::Again;
use crate::clinic::intake::check::check;
use crate::clinic::intake::own::NONE;
use crate::clinic::intake::{Intake, ReportedCondition};

fn with<T>(again: &Again, work: impl FnOnce(Asked<'_>) -> T) -> T {
    let catalogue = Catalogue::shipped().expect("what ships");
    let form = Form::shipped(&catalogue).expect("what ships");
    work(Asked { form: &form, catalogue: &catalogue, again, own: &NONE, today: date(2026, 3, 27) })
}

fn ids(topics: &[Topic]) -> Vec<&str> {
    topics.iter().map(Topic::id).collect()
}

fn sent(pairs: &[(&str, &str)]) -> Typed {
    Typed::read(pairs.iter().copied())
}

#[test]
fn a_new_client_is_asked_about_danger_first_and_signs_last() {
    with(&Again::default(), |asked| {
        let (mut typed, mut guest) = (Typed::default(), Guest::default());
        let walk = Walk { asked, typed: &typed, guest: &guest, is_returning: false };
        let topics = walk.topics();
        let all = ids(&topics);
        assert_eq!(all[..3], ["warning", "about", "right_now"]);
        assert_eq!(all[all.len() - 6..], ["words", "where", "daily", "consents", "signature", "review"]);
        assert_eq!((walk.resume(), walk.before(&Topic::Warning)), (Topic::Warning, None));
        assert_eq!(walk.after(&Topic::Review), Topic::Review);
        assert!(all.iter().all(|id| Topic::find(id, asked.form, &NONE).is_some_and(|topic| topic.id() == *id)));
        assert_eq!(Topic::find("nothing", asked.form, &NONE), None);
        // Each condition is asked on one page.
        let on_pages: usize = asked.form.groups().iter().map(|group| asked_in(&asked, &group.id).len()).sum();
        assert_eq!(on_pages + red_flags(asked.catalogue).len(), asked.catalogue.conditions().len());

        guest.seen = ["warning".to_owned(), "about".into(), "where".into()].into();
        typed.add("mark", "neck");
        let walk = Walk { asked, typed: &typed, guest: &guest, is_returning: false };
        assert_eq!(walk.after(&Topic::Where), Topic::Feel, "a marked place is asked about");
        assert_eq!((walk.resume().id(), walk.progress()), ("right_now", (3, topics.len() + 1)));
        assert_eq!(walk.before(&Topic::Feel), Some(Topic::Where));
    });
}

#[test]
fn a_client_with_nothing_new_is_asked_what_is_of_today_or_too_old() {
    let again = Again { groups: [("heart".to_owned(), date(2025, 1, 1))].into(), ..Again::default() };
    with(&again, |asked| {
        let typed = Typed::default();
        let guest = Guest { same: true, ..Guest::default() };
        let walk = Walk { asked, typed: &typed, guest: &guest, is_returning: true };
        let expected = ["warning", "about", "last", "right_now", "heart", "where", "consents", "signature", "review"];
        assert_eq!(ids(&walk.topics()), expected);
        let first = Walk { is_returning: false, ..walk };
        assert!(first.topics().len() > expected.len(), "nobody skips what they never answered");
    });
}

#[test]
fn a_page_changes_its_own_fields_and_no_others() {
    with(&Again::default(), |asked| {
        let mut typed = sent(&[("yes", "asthma"), ("goals", "sleep"), ("mark", "neck"), ("mark.neck.intensity", "4")]);
        let back = Topic::Group("back".into());
        let page = sent(&[
            ("yes", "sciatica"),
            ("at.sciatica.0.side", "left"),
            ("yes", "diabetes"),
            ("goals", "x"),
            ("at.scoliosis.0.side", "left"),
        ]);
        put(&back, &asked, &mut typed, &page);
        assert_eq!(typed.all("yes"), ["asthma", "sciatica"]);
        assert_eq!((typed.one("goals"), typed.one("at.sciatica.0.side")), ("sleep", "left"));
        assert!(typed.has("none", "back") && is_answered("back", &asked, &typed), "what is not ticked is a no");
        assert!(!typed.has_field("at.scoliosis.0.side"), "nobody ticked it");

        put(&back, &asked, &mut typed, &Typed::default());
        assert_eq!((typed.all("yes"), is_answered("back", &asked, &typed)), (&["asthma".to_owned()][..], false));
        assert!(!typed.has_field("at.sciatica.0.side"));

        put(&Topic::Where, &asked, &mut typed, &sent(&[("pain", "3")]));
        assert!(!typed.has_field("mark.neck.intensity") && !typed.has_field("mark"));
        put(&Topic::Review, &asked, &mut typed, &sent(&[("pain", "9")]));
        assert_eq!(typed.one("pain"), "3");
    });
}

#[test]
fn danger_is_a_yes_a_no_or_open() {
    with(&Again::default(), |asked| {
        let mut typed = Typed::default();
        assert_eq!(warned(&asked, &typed), None);
        answer_warning(&asked, &mut typed, true);
        assert_eq!(warned(&asked, &typed), Some(true));
        answer_warning(&asked, &mut typed, false);
        assert_eq!(warned(&asked, &typed), Some(false));
        assert_eq!(typed.all("yes").len(), 0);
    });
    let again = Again { conditions: [("red_flags_now".into(), date(2026, 1, 1))].into(), ..Again::default() };
    with(&again, |asked| {
        let mut typed = Typed::default();
        answer_warning(&asked, &mut typed, false);
        assert_eq!((warned(&asked, &typed), typed.one("again.red_flags_now")), (Some(false), "gone"));
    });
}

#[test]
fn what_is_asked_again_stands_open_until_it_is_answered() {
    let again = Again { conditions: [("sciatica".into(), date(2025, 1, 1))].into(), ..Again::default() };
    with(&again, |asked| {
        let last = Intake {
            conditions: vec![ReportedCondition {
                id: "sciatica".into(),
                region: None,
                side: None,
                since: None,
                status: None,
            }],
            ..Intake::default()
        };
        let mut typed = Typed::of(&last, asked.form, asked.again);
        let back = Topic::Group("back".into());
        put(&back, &asked, &mut typed, &sent(&[("none", "back")]));
        assert!(!is_answered("back", &asked, &typed));
        put(&back, &asked, &mut typed, &sent(&[("again.sciatica", "gone")]));
        assert!(is_answered("back", &asked, &typed));
        typed.add("consent", "health_data");
        let intake = check(&typed, &asked).expect("an intake");
        assert!(intake.conditions.is_empty(), "no longer");

        let guest = Guest { same: true, ..Guest::default() };
        let walk = Walk { asked, typed: &typed, guest: &guest, is_returning: true };
        assert_eq!(walk.topic_of("again.sciatica"), Topic::Last);
        let all = Guest::default();
        assert_eq!(Walk { guest: &all, ..walk }.topic_of("again.sciatica"), back);
        assert_eq!(walk.topic_of("signed_name"), Topic::Signature);
        assert_eq!((walk.topic_of("consent"), walk.topic_of("pain")), (Topic::Consents, Topic::Where));
    });
}

#[test]
fn every_answer_of_a_walk_is_what_the_desk_would_have_taken() {
    with(&Again::default(), |asked| {
        // Every condition ticked on its page gives the same intake as every condition ticked at the desk.
        let (mut walked, mut at_desk) = (Typed::default(), Typed::default());
        for group in asked.form.groups() {
            let ticks: Vec<(&str, &str)> =
                asked_in(&asked, &group.id).iter().map(|one| ("yes", one.id.as_str())).collect();
            put(&Topic::Group(group.id.clone()), &asked, &mut walked, &sent(&ticks));
            ticks.iter().for_each(|(name, value)| at_desk.add(name, value));
            at_desk.add("none", &group.id);
        }
        answer_warning(&asked, &mut walked, false);
        for typed in [&mut walked, &mut at_desk] {
            typed.add("consent", "health_data");
        }
        assert_eq!(check(&walked, &asked), check(&at_desk, &asked));
    });
}

#[test]
fn details_are_asked_where_they_mean_something() {
    let catalogue = Catalogue::shipped().expect("what ships");
    let of = |id: &str| Details::of(catalogue.condition(&id.into()).expect("a condition"));
    let knee = of("fracture_recent");
    assert!(knee.region && knee.side && knee.since && knee.status && !knee.doctor);
    let disc = of("herniated_disc_acute");
    assert!(!disc.region && disc.side && disc.doctor);
    let diabetes = of("diabetes");
    assert!(diabetes.since && !diabetes.side && !diabetes.status && diabetes.any());
    for id in ["pregnancy_first_trimester", "allergy_latex", "anticoagulants", "fever_infection"] {
        assert!(!of(id).any(), "{id}");
    }
}
