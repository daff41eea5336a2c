//! What goes in comes out, and only for the clinic it belongs to.

use aftercare::clinic::brief::Aftercare;
use aftercare::clinic::ids::{ClientId, IntakeId, PlanId, VisitId};
use aftercare::clinic::intake::{Consent, Intake, ReportedCondition};
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::NotSent;
use aftercare::clinic::protocol::Step;
use aftercare::store::audit::{self, Entry};
use aftercare::store::intake::Given;
use aftercare::store::outbox::{Finished, Owner};
use aftercare::store::plan::Started;
use aftercare::store::setting::SignOff;
use aftercare::store::visit::VisitState;
use aftercare::store::{
    Db, Error, account, board, case, client, consent, email, fresh_uuid, intake, outbox, plan, recurring, setting,
    suppression, visit,
};

use super::{begun, claimed, finished};
use crate::support::cast::{Cast, at, change, minutes, profile, start};
use crate::support::engines::{engines, run};

fn given(cast: &Cast, at: jiff::Timestamp, condition: &str) -> Given {
    let condition = ReportedCondition { id: condition.into(), region: None, side: None, since: None, status: None };
    Given {
        id: IntakeId::from_uuid(fresh_uuid(at)),
        client: cast.cleo,
        given_at: at,
        form_version: 4,
        answers: Intake {
            conditions: vec![condition],
            consents: vec![Consent::Treatment, Consent::AftercareEmail, Consent::Marketing],
            ..Intake::default()
        },
        entered_by: "client".into(),
    }
}

#[tokio::test]
async fn people_and_visits_come_back_and_only_to_their_own_clinic() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (ours, otto) = (cast.clinic, cast.other_clinic);
        assert_eq!(account::find(&mut db, ours, cast.theo).await.expect("reads"), Some(cast.theo()));
        assert_eq!(account::find(&mut db, otto, cast.theo).await.expect("reads"), None);
        assert_eq!(account::all(&mut db, ours).await.expect("reads"), [cast.theo()]);
        assert!(account::all(&mut db, otto).await.expect("reads").is_empty());

        assert_eq!(client::find(&mut db, ours, cast.cleo).await.expect("reads"), Some(cast.cleo()));
        assert_eq!(client::find(&mut db, otto, cast.cleo).await.expect("reads"), None);
        assert_eq!(client::newest(&mut db, ours, 9).await.expect("reads"), [cast.cleo()]);
        assert!(client::newest(&mut db, otto, 9).await.expect("reads").is_empty());
        let mut moved = cast.cleo();
        moved.client.email = None;
        moved.client.last_name = None;
        assert!(!client::save(&mut db, otto, &moved).await.expect("runs"));
        assert_eq!(client::find(&mut db, ours, cast.cleo).await.expect("reads"), Some(cast.cleo()));
        assert!(client::save(&mut db, ours, &moved).await.expect("saves"));
        moved.version += 1;
        assert_eq!(client::find(&mut db, ours, cast.cleo).await.expect("reads"), Some(moved));

        assert_eq!(visit::find(&mut db, ours, cast.visit).await.expect("reads"), Some(cast.appointment()));
        assert_eq!(visit::find(&mut db, otto, cast.visit).await.expect("reads"), None);
        let mut done = cast.appointment();
        done.state = VisitState::Completed;
        done.completed_at = Some(start() + minutes(121));
        assert!(!visit::save(&mut db, otto, &done).await.expect("runs"));
        assert!(visit::save(&mut db, ours, &done).await.expect("saves"));
        assert_eq!(visit::of_client(&mut db, ours, cast.cleo).await.expect("reads"), [done]);
        assert!(visit::of_client(&mut db, otto, cast.cleo).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn no_row_can_point_into_another_clinic() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        db.commit().await.expect("commits");
        let otto = cast.other_clinic;
        let mut visit_of_cleo = cast.appointment();
        visit_of_cleo.id = VisitId::from_uuid(fresh_uuid(start()));

        // Each in a transaction of its own: PostgreSQL ends one at its first refusal.
        let mut db = engine.store.write().await.expect("opens");
        assert!(visit::insert(&mut db, otto, &visit_of_cleo, start()).await.is_err());
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        assert!(intake::insert(&mut db, otto, &given(&cast, start(), "gout")).await.is_err());
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        let withdrawn = change(Consent::AftercareEmail, false, start());
        assert!(consent::set(&mut db, otto, cast.cleo, withdrawn).await.is_err());
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        let mut email = cast.email(Step::DayOne);
        email.clinic = otto;
        assert!(outbox::insert(&mut db, &[email], start()).await.is_err());
        drop(db);
        let mut db = engine.store.read().await.expect("opens");
        let agreed = consent::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads");
        assert_eq!(agreed, [Consent::AftercareEmail]);
    }
}

#[tokio::test]
async fn the_latest_intake_counts_and_all_are_kept() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        assert_eq!(intake::latest(&mut db, cast.clinic, cast.cleo).await.expect("reads"), None);
        let (old, new) = (given(&cast, start(), "gout"), given(&cast, start() + minutes(5), "muscle_strain"));
        for intake in [&new, &old] {
            intake::insert(&mut db, cast.clinic, intake).await.expect("inserts");
        }
        assert_eq!(intake::latest(&mut db, cast.clinic, cast.cleo).await.expect("reads"), Some(new.clone()));
        assert_eq!(intake::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads"), [new, old]);
        assert_eq!(intake::latest(&mut db, cast.other_clinic, cast.cleo).await.expect("reads"), None);
        assert!(intake::of_client(&mut db, cast.other_clinic, cast.cleo).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn consents_are_told_as_they_are_and_as_they_were() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let steps = [
            change(Consent::Treatment, true, start() + minutes(1)),
            change(Consent::AftercareEmail, false, start() + minutes(2)),
            change(Consent::CheckInEmail, true, start() + minutes(3)),
        ];
        for step in steps {
            consent::set(&mut db, cast.clinic, cast.cleo, step).await.expect("sets");
        }
        let now = consent::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads");
        assert_eq!(now, [Consent::Treatment, Consent::CheckInEmail]);
        let history = consent::history(&mut db, cast.clinic, cast.cleo).await.expect("reads");
        assert_eq!(history[0], change(Consent::AftercareEmail, true, start()));
        assert_eq!(history[1..], steps);
        assert!(consent::of_client(&mut db, cast.other_clinic, cast.cleo).await.expect("reads").is_empty());
        assert!(consent::history(&mut db, cast.other_clinic, cast.cleo).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn a_suppression_keeps_its_first_reason_until_it_is_lifted() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let address = "Cleo.Okafor@example.org".parse().expect("an address");
        for reason in ["bounced", "complained"] {
            suppression::insert(&mut db, cast.clinic, &address, reason, start()).await.expect("suppresses");
        }
        let found = suppression::find(&mut db, cast.clinic, &address).await.expect("reads").expect("there");
        assert_eq!((found.address.as_str(), found.reason.as_str()), ("cleo.okafor@example.org", "bounced"));
        assert_eq!(suppression::all(&mut db, cast.clinic).await.expect("reads"), [found]);
        assert_eq!(suppression::find(&mut db, cast.other_clinic, &address).await.expect("reads"), None);
        assert!(suppression::all(&mut db, cast.other_clinic).await.expect("reads").is_empty());
        assert!(!suppression::remove(&mut db, cast.other_clinic, &address).await.expect("runs"));
        assert!(suppression::remove(&mut db, cast.clinic, &address).await.expect("removes"));
        assert!(!suppression::remove(&mut db, cast.clinic, &address).await.expect("runs"));
    }
}

#[tokio::test]
async fn a_visit_has_one_plan_whoever_starts_it() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let first = Started {
            id: PlanId::from_uuid(fresh_uuid(start())),
            visit: cast.visit,
            protocol: 1,
            started_at: start(),
            catalogue_version: "2026-01".into(),
            aftercare: Aftercare::EmergencyOnly,
            not_sent: vec![NotSent { step: Step::DayThree, reason: "another visit before it".into() }],
        };
        let second = Started { id: PlanId::from_uuid(fresh_uuid(start())), ..first.clone() };
        assert!(plan::insert(&mut db, cast.clinic, &first).await.expect("starts"));
        assert!(!plan::insert(&mut db, cast.clinic, &second).await.expect("runs"));
        assert_eq!(plan::of_visit(&mut db, cast.clinic, cast.visit).await.expect("reads"), Some(first));
        assert_eq!(plan::of_visit(&mut db, cast.other_clinic, cast.visit).await.expect("reads"), None);
    }
}

#[tokio::test]
async fn settings_signatures_and_recurring_times_are_kept() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        assert_eq!(setting::find(&mut db, "hold").await.expect("reads"), None);
        for value in ["yes", "no"] {
            setting::save(&mut db, "hold", value).await.expect("saves");
            assert_eq!(setting::find(&mut db, "hold").await.expect("reads").as_deref(), Some(value));
        }
        let signature = SignOff { version: "v1".into(), signed_by: "Dr Ada Bell".into(), signed_at: start() };
        assert_eq!(setting::signed_off(&mut db, "v1").await.expect("reads"), None);
        assert!(setting::sign_off(&mut db, &signature).await.expect("signs"));
        let later = SignOff { signed_by: "someone else".into(), ..signature.clone() };
        assert!(!setting::sign_off(&mut db, &later).await.expect("runs"));
        assert_eq!(setting::signed_off(&mut db, "v1").await.expect("reads"), Some(signature));

        let (first, second) =
            (jiff::civil::date(2026, 3, 29).at(2, 30, 0, 0), jiff::civil::date(2026, 3, 30).at(2, 30, 0, 0));
        assert_eq!(recurring::last(&mut db, "tidy").await.expect("reads"), None);
        for (time, wanted) in [(first, true), (first, false), (second, true)] {
            assert_eq!(recurring::take(&mut db, "tidy", time).await.expect("takes"), wanted);
        }
        assert!(recurring::take(&mut db, "digest", first).await.expect("takes"));
        assert_eq!(recurring::last(&mut db, "tidy").await.expect("reads"), Some(second));
    }
}

#[tokio::test]
async fn the_audit_keeps_who_did_what_from_where() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let viewed = Entry {
            who: cast.theo.to_string(),
            role: "therapist".into(),
            from_where: "203.0.113.9".into(),
            ..Entry::system(cast.clinic, start(), "client.viewed", "client", cast.cleo.to_string())
        };
        let later = Entry::system(cast.clinic, start() + minutes(1), "plan.started", "visit", cast.visit.to_string());
        audit::record(&mut db, &viewed).await.expect("records");
        audit::record_all(&mut db, std::slice::from_ref(&later)).await.expect("records");
        audit::record_all(&mut db, &[]).await.expect("nothing to record");
        let of_cleo = audit::of_record(&mut db, cast.clinic, &cast.cleo.to_string()).await.expect("reads");
        assert_eq!(of_cleo, std::slice::from_ref(&viewed));
        assert_eq!(audit::newest(&mut db, cast.clinic, 9).await.expect("reads"), [later, viewed]);
        assert!(audit::newest(&mut db, cast.other_clinic, 9).await.expect("reads").is_empty());
        assert!(audit::of_record(&mut db, cast.other_clinic, &cast.cleo.to_string()).await.expect("reads").is_empty());
    }
}

/// A second client with a visit and no intake.
async fn second_client(db: &mut Db, cast: &Cast) -> (ClientId, VisitId) {
    let mut nora = cast.cleo();
    nora.id = ClientId::from_uuid(fresh_uuid(start()));
    client::insert(db, cast.clinic, &nora, start()).await.expect("inserts");
    let mut booked = cast.appointment();
    booked.id = VisitId::from_uuid(fresh_uuid(start()));
    booked.client = nora.id;
    booked.therapist = None;
    booked.starts_at = start() + minutes(180);
    booked.ends_at = start() + minutes(240);
    visit::insert(db, cast.clinic, &booked, start()).await.expect("inserts");
    (nora.id, booked.id)
}

#[tokio::test]
async fn a_case_is_the_latest_intake_with_todays_consents_and_the_next_visit() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (old, new) = (given(&cast, start(), "gout"), given(&cast, start() + minutes(5), "muscle_strain"));
        for intake in [&new, &old] {
            intake::insert(&mut db, cast.clinic, intake).await.expect("inserts");
        }
        for (days, state) in [(1, VisitState::Cancelled), (14, VisitState::Booked), (7, VisitState::Booked)] {
            let mut next = cast.appointment();
            next.id = VisitId::from_uuid(fresh_uuid(start()));
            next.starts_at = start() + minutes(days * 24 * 60);
            next.ends_at = next.starts_at + minutes(60);
            next.state = state;
            visit::insert(&mut db, cast.clinic, &next, start()).await.expect("inserts");
        }
        let filed = case::find(&mut db, cast.clinic, cast.visit).await.expect("reads").expect("there");
        assert_eq!((filed.client, filed.intake), (cast.cleo, Some(new.id)));
        assert_eq!(filed.case.clinic, profile());
        assert_eq!(filed.case.client, cast.cleo().client);
        assert_eq!(filed.case.visit.treatment, cast.appointment().treatment);
        assert_eq!(filed.case.visit.starts_at, cast.appointment().starts_at);
        assert_eq!(filed.case.visit.next_visit_at, Some(at("2026-01-12T08:00:00Z")));
        assert_eq!(filed.case.intake.conditions, new.answers.conditions);
        assert_eq!(filed.case.intake.consents, [Consent::AftercareEmail], "not what was ticked on the form");
        assert_eq!(case::find(&mut db, cast.other_clinic, cast.visit).await.expect("reads"), None);

        assert!(filed.case.is_first_visit);

        let (nora, her_visit) = second_client(&mut db, &cast).await;
        let mut both = case::of_visits(&mut db, &[cast.visit, her_visit]).await.expect("reads");
        assert_eq!(both.remove(&cast.visit).expect("there").expect("reads"), filed);
        let hers = both.remove(&her_visit).expect("there").expect("reads");
        assert_eq!((hers.client, hers.intake, hers.case.intake), (nora, None, Intake::default()));
        assert!(case::of_visits(&mut db, &[]).await.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn a_case_that_cannot_be_read_does_not_stop_the_others() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (_, other) = second_client(&mut db, &cast).await;
        let id = cast.visit;
        run(&mut db, &format!("update client set born = 'canary' where id = '{}'", cast.cleo)).await.expect("runs");
        let cases = case::of_visits(&mut db, &[id, other]).await.expect("reads");
        let error = cases[&id].as_ref().expect_err("a bad row");
        assert!(matches!(error, Error::BadRow { table: "client", .. }), "{error}");
        assert!(!error.to_string().contains("canary"), "the value is not told");
        assert!(cases[&other].is_ok());
        assert!(matches!(client::find(&mut db, cast.clinic, cast.cleo).await, Err(Error::BadRow { .. })));
    }
}

#[tokio::test]
async fn the_board_shows_the_day_with_intake_and_mail() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        intake::insert(&mut db, cast.clinic, &given(&cast, start(), "gout")).await.expect("inserts");
        let (nora, _) = second_client(&mut db, &cast).await;
        let owner = Owner::fresh();
        let email = claimed(&mut db, &cast, &owner, Step::SameDay).await;
        begun(&mut db, &owner, &email).await;
        let mut waiting = [cast.email(Step::DayOne), cast.email(Step::DayThree)];
        for email in &mut waiting {
            email.due = (start() + minutes(500)).to_zoned(jiff::tz::TimeZone::UTC);
        }
        outbox::insert(&mut db, &waiting, start()).await.expect("inserts");

        let lines = board::between(&mut db, cast.clinic, start(), start() + minutes(600)).await.expect("reads");
        let [first, second] = lines.as_slice() else { panic!("two visits: {lines:?}") };
        assert_eq!((first.visit, first.client, first.has_intake), (cast.visit, cast.cleo, true));
        assert_eq!(first.therapist, Some(cast.theo().name));
        assert_eq!(first.treatment, cast.appointment().treatment);
        assert_eq!(first.emails, [(State::Scheduled, 2), (State::Sending, 1)]);
        assert_eq!((second.client, second.has_intake, second.therapist.is_none()), (nora, false, true));
        assert!(second.emails.is_empty());
        let until = cast.appointment().starts_at;
        assert!(board::between(&mut db, cast.clinic, start(), until).await.expect("reads").is_empty());
        let otto = board::between(&mut db, cast.other_clinic, start(), start() + minutes(600)).await;
        assert!(otto.expect("reads").is_empty());
    }
}

#[tokio::test]
async fn emails_are_listed_for_their_clinic_alone() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let begun_one = claimed(&mut db, &cast, &owner, Step::SameDay).await;
        begun(&mut db, &owner, &begun_one).await;
        let waiting = cast.email(Step::DayOne);
        outbox::insert(&mut db, std::slice::from_ref(&waiting), start()).await.expect("inserts");
        let ids = |emails: Vec<email::Email>| emails.iter().map(|email| email.id).collect::<Vec<_>>();
        let (ours, otto) = (cast.clinic, cast.other_clinic);

        let all = email::of_visit(&mut db, ours, cast.visit).await.expect("reads");
        assert_eq!(ids(all), [begun_one.id, waiting.id]);
        // What is on the wire has not left yet.
        assert!(email::newest(&mut db, ours, 9).await.expect("reads").is_empty());
        let sent = Finished::Sent { at: start(), reply: "250 ok".into() };
        finished(&mut db, &owner, &begun_one, sent).await;
        assert_eq!(ids(email::newest(&mut db, ours, 9).await.expect("reads")), [begun_one.id]);
        let scheduled = email::in_state(&mut db, ours, State::Scheduled, 9).await.expect("reads");
        assert_eq!((scheduled[0].id, scheduled[0].sending_at), (waiting.id, None));
        assert!(outbox::content(&mut db, ours, begun_one.id).await.expect("opens").is_some());

        assert!(email::of_visit(&mut db, otto, cast.visit).await.expect("reads").is_empty());
        let visits = [cast.visit, VisitId::from_uuid(fresh_uuid(start()))];
        let board = email::of_visits(&mut db, ours, &visits).await.expect("reads");
        assert_eq!(ids(board[&cast.visit].clone()), [begun_one.id, waiting.id]);
        assert_eq!(board.len(), 1);
        assert!(email::of_visits(&mut db, otto, &visits).await.expect("reads").is_empty());
        assert!(email::of_visits(&mut db, ours, &[]).await.expect("reads").is_empty());
        assert!(email::newest(&mut db, otto, 9).await.expect("reads").is_empty());
        assert!(email::in_state(&mut db, otto, State::Scheduled, 9).await.expect("reads").is_empty());
        assert_eq!(email::find(&mut db, otto, waiting.id).await.expect("reads"), None);
        assert_eq!(outbox::content(&mut db, otto, begun_one.id).await.expect("reads"), None);
        assert!(outbox::counts(&mut db, otto).await.expect("counts").is_empty());
    }
}
