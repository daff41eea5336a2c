use uuid::Uuid;

use super::*;
use crate::clinic::catalogue::SignId;
use crate::clinic::checkin::Cause;
use crate::clinic::profile::{ClinicProfile, SendWindow};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn person(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

fn care() -> Care {
    Care::usual(&SendWindow::default(), Vec::new())
}

fn about(signs: &[(&str, Tier)]) -> About {
    let raised = |(sign, tier): &(&str, Tier)| Raised { sign: SignId::from(*sign), tier: *tier, cause: Cause::Ticked };
    About { raised: signs.iter().map(raised).collect(), ..About::default() }
}

fn triage(tier: Tier, signs: &[(&str, Tier)], urgency: Option<Urgency>) -> Triage {
    let raised = about(signs).raised;
    Triage { tier, raised, read: None, reassure: false, hold: true, alert: Some(tier), urgency }
}

fn alert(tier: Tier) -> Alert {
    let ids = (ClientId::from_uuid(Uuid::nil()), None, None);
    let now = at("2026-01-05T10:00:00Z");
    let about = about(&[("pain_worsening", tier)]);
    Alert::open(AlertId::from_uuid(Uuid::nil()), ids, (tier, Urgency::Not, about), (&care(), &Zone::utc(), now))
}

#[test]
fn it_is_taken_handed_on_and_closed_with_an_outcome() {
    let mut alert = alert(Tier::Emergency);
    assert_eq!((alert.due_at, alert.next_at), (at("2026-01-05T10:15:00Z"), Some(at("2026-01-05T10:15:00Z"))));
    assert!(alert.is_overdue(at("2026-01-05T10:15:00Z")) && !alert.is_overdue(at("2026-01-05T10:14:59Z")));
    alert.take(person(1), at("2026-01-05T10:05:00Z")).expect("it is open");
    alert.take(person(2), at("2026-01-05T10:30:00Z")).expect("handed on");
    assert_eq!((alert.owner, alert.next_at), (Some(person(2)), None));
    assert_eq!(alert.waited(), Some(SignedDuration::from_mins(5)), "handing on is no second acknowledgement");
    let now = (person(2), at("2026-01-05T11:00:00Z"));
    assert!(alert.close(Outcome::Better, None, 0, now).is_err(), "not in an emergency");
    assert!(alert.close(Outcome::NotReached, None, 2, now).is_err(), "three tries first");
    alert.close(Outcome::GoesToEmergency, None, 0, now).expect("closed");
    assert!(alert.take(person(1), at("2026-01-05T12:00:00Z")).is_err());
    assert!(alert.close(Outcome::GoesToEmergency, None, 0, now).is_err(), "once");
}

#[test]
fn held_emails_need_a_decision_before_it_closes() {
    let now = (person(1), at("2026-01-05T11:00:00Z"));
    for (chosen, closes) in
        [(None, false), (Some(Mail::Held), false), (Some(Mail::Released), true), (Some(Mail::Cancelled), true)]
    {
        let mut alert = Alert { mail: Mail::Held, ..alert(Tier::SameDay) };
        assert_eq!(alert.close(Outcome::SeesDoctor, chosen, 0, now).is_ok(), closes, "{chosen:?}");
        assert_eq!(alert.standing == Standing::Closed, closes);
    }
}

#[test]
fn later_answers_only_raise() {
    let (care, zone, later) = (care(), Zone::utc(), at("2026-01-05T12:00:00Z"));
    let mut one = alert(Tier::CallClinic);
    one.take(person(1), later).expect("open");
    let milder = triage(Tier::CallClinic, &[("new_swelling", Tier::CallClinic)], Some(Urgency::Very));
    assert!(!one.raise(Tier::CallClinic, &milder, (&care, &zone, later)));
    assert_eq!((one.standing, one.urgency, one.about.raised.len()), (Standing::Taken, Urgency::Very, 2));
    let worse = triage(Tier::Emergency, &[("saddle_numbness", Tier::Emergency)], None);
    assert!(one.raise(Tier::Emergency, &worse, (&care, &zone, later)));
    assert_eq!((one.standing, one.tier, one.urgency), (Standing::Open, Tier::Emergency, Urgency::Very));
    assert_eq!((one.next_at, one.taken_at), (Some(at("2026-01-05T12:15:00Z")), None), "somebody has to take it again");
    assert_eq!(one.about.raised[0].sign.as_str(), "saddle_numbness");
    let calm = triage(Tier::Expected, &[], Some(Urgency::Not));
    assert!(!one.raise(Tier::Expected, &calm, (&care, &zone, later)));
    assert_eq!((one.tier, one.urgency), (Tier::Emergency, Urgency::Very));
}

#[test]
fn the_list_has_nobodys_first_then_the_worst_then_the_most_urgent() {
    let urgent = Alert { urgency: Urgency::Very, ..alert(Tier::SameDay) };
    let mut taken = alert(Tier::Emergency);
    taken.take(person(1), at("2026-01-05T10:05:00Z")).expect("open");
    let mut all = [taken, alert(Tier::SameDay), urgent, alert(Tier::Emergency)];
    all.sort_by_key(Alert::rank);
    let order: Vec<_> = all.iter().map(|alert| (alert.standing, alert.tier, alert.urgency)).collect();
    assert_eq!(
        order,
        [
            (Standing::Open, Tier::Emergency, Urgency::Not),
            (Standing::Open, Tier::SameDay, Urgency::Very),
            (Standing::Open, Tier::SameDay, Urgency::Not),
            (Standing::Taken, Tier::Emergency, Urgency::Not),
        ]
    );
}

#[test]
fn mail_to_staff_names_nobody_and_no_sign() {
    let clinic = ClinicProfile::default();
    let alert = alert(Tier::Emergency);
    let (subject, text) = told(&clinic, &alert, false, Some("https://a.example/alerts/1"), alert.opened_at);
    assert_eq!(subject, "An alert waits at Your clinic");
    assert!(text.contains("Take it by 10:15.") && text.contains("https://a.example/alerts/1"));
    let (again, text) = told(&clinic, &alert, true, None, at("2026-01-06T10:00:00Z"));
    assert_eq!(again, "Nobody has taken an alert at Your clinic");
    assert!(text.contains("Mon 5 Jan, 10:00") && text.contains("Sign in"), "{text}");
    assert!(digest(&clinic, &[], &[], None).is_none(), "no news is no mail");
    let mut closed = alert.clone();
    closed.close(Outcome::Mistake, None, 0, (person(1), at("2026-01-05T10:08:00Z"))).expect("closes");
    let (_, text) = digest(&clinic, &[alert], &[closed], None).expect("news");
    let lines: Vec<&str> = text.lines().take(3).collect();
    let taken = "Taken after 8 minutes on average, 8 minutes at the longest.";
    assert_eq!(lines, ["1 alert opened last week, 1 of them closed.", "1 alert open now.", taken]);
    assert!(text.contains("Since Mon 5 Jan, 10:00: nobody has taken it."));
}

#[test]
fn ids_lead_back() {
    assert!(Outcome::ALL.into_iter().all(|one| Outcome::of(one.id()) == Some(one)));
    assert!(
        [Mail::None, Mail::Held, Mail::Released, Mail::Cancelled]
            .into_iter()
            .all(|one| Mail::of(one.id()) == Some(one))
    );
    assert!(
        [Standing::Open, Standing::Taken, Standing::Closed].into_iter().all(|one| Standing::of(one.id()) == Some(one))
    );
}
