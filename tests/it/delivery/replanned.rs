//! Plans reckoned anew while their emails wait: the rows follow at once, in the same transaction.

use aftercare::clinic::outbox::Act;
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::plan::change::{LeftOut, StepChange};
use aftercare::clinic::plan::line::PersonalLine;
use aftercare::clinic::plan::since::What;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::outbox::{self, Begin, Begun, ClaimRequest, Owner};
use aftercare::store::plan::change::{self, Kept};
use aftercare::web::replan::{Cause, replan};

use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::{Script, say};

async fn states(app: &TestApp, visit: aftercare::clinic::ids::VisitId) -> Vec<(LetterId, State)> {
    app.emails(visit).await.iter().map(|email| (email.letter, email.state)).collect()
}

#[tokio::test]
async fn a_contraindication_takes_the_routine_away_at_once_and_a_correction_gives_it_back() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.answer(&["dvt_current"]).await;
        let again = async |db: &mut _| replan(db, app.made(), app.cast.clinic, visit, app.now(), Cause::Answers).await;
        let changes = app.write(again).await;
        assert_eq!(changes[0].what, What::Letter(LetterId::EmergencyOnly));
        assert!(changes[1..].iter().all(|change| matches!(change.what, What::NotSent { .. })), "{changes:?}");
        let (off, only) = (State::Cancelled, LetterId::EmergencyOnly);
        assert_eq!(
            states(&app, visit).await,
            [(only, State::Scheduled), (LetterId::DayOne, off), (LetterId::DayThree, off), (LetterId::DaySeven, off)]
        );
        app.advance(minutes(1));
        assert_eq!(app.write(again).await, [], "once more changes nothing");
        app.answer(&["diabetes"]).await;
        let changes = app.write(again).await;
        assert!(changes.iter().any(|change| change.step == Step::DayOne && matches!(change.what, What::Sent { .. })));
        let all = states(&app, visit).await;
        assert_eq!(all.iter().map(|(letter, _)| *letter).collect::<Vec<_>>(), LetterId::ALL[..4]);
        assert!(all.iter().all(|(_, state)| *state == State::Scheduled), "{all:?}");
        assert_eq!(app.deeds_of(visit).await, ["visit.booked", "visit.completed", "plan.revised", "plan.revised"]);
        let day_1 = app.email(visit, Step::DayOne).await;
        assert_eq!(app.deeds(day_1.id).await, ["email.cancelled", "email.owed"]);
    }
}

#[tokio::test]
async fn an_answer_takes_an_email_from_the_worker_that_wrote_it_by_the_old_ones() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let owner = Owner::fresh();
        let claimed = app
            .write(async |db| {
                let request = ClaimRequest {
                    owner: &owner,
                    now: app.now(),
                    lease_until: app.now() + minutes(1),
                    limit: 5,
                    streams: &[Stream::Aftercare],
                };
                outbox::claim(db, &request).await
            })
            .await;
        assert_eq!(claimed.len(), 1);
        app.answer(&["neuropathy"]).await;
        let made = app.made();
        app.write(async |db| replan(db, made, app.cast.clinic, visit, app.now(), Cause::Answers).await).await;
        let begin = Begin {
            id: claimed[0].id,
            fence: claimed[0].fence,
            content: Some(app.worker.store.keep(claimed[0].id, b"written before", None)),
            links: None,
            at: app.now(),
        };
        let begun = app
            .write(async |db| {
                let begins = outbox::before_begins(db, std::slice::from_ref(&begin)).await?;
                outbox::begin(db, &owner, begins, app.now()).await
            })
            .await;
        assert_eq!(begun, [Begun::Lost]);
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        let content = app.frozen(email.id).await.expect("is kept").made_of.content;
        assert!(content.advice.iter().all(|id| !id.as_str().starts_with("heat")), "{:?}", content.advice);
    }
}

fn kept(app: &TestApp, revision: u32, change: StepChange) -> Kept {
    Kept { change, revision, act: Act::Line, by: app.cast.theo.to_string(), at: app.now() }
}

#[tokio::test]
async fn a_line_and_an_item_left_out_are_in_the_email_and_in_what_is_kept() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.book("2026-01-05T07:00:00Z").await;
        let line = PersonalLine { text: "Try a short walk & rest at <lunch>.".into(), who: "Theo Lind".into() };
        let left_out = LeftOut { id: "heat".into(), by: "Theo Lind".into() };
        let before_the_plan =
            StepChange { line: Some(line.clone()), withheld: vec![left_out], ..StepChange::default() };
        let theirs = kept(&app, 1, before_the_plan);
        app.write(async |db| change::save(db, app.cast.clinic, std::iter::once(visit), Step::SameDay, &theirs).await)
            .await;
        app.go_to("2026-01-05T08:00:00Z");
        assert!(app.complete(visit).await);
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let frozen = app.frozen(app.email(visit, Step::SameDay).await.id).await.expect("is kept");
        assert_eq!(frozen.made_of.line, Some(line));
        let withheld = frozen.made_of.content.withheld.iter().find(|one| one.id == "heat").expect("is listed");
        assert_eq!(withheld.because[0].says, "The therapist withheld it (Theo Lind)");
        let parsed = mail_parser::MessageParser::default().parse(&frozen.bytes).expect("a message");
        let (text, html) = (parsed.body_text(0).expect("text"), parsed.body_html(0).expect("html"));
        assert!(text.contains("Try a short walk & rest at <lunch>.") && text.contains("Theo Lind"), "{text}");
        assert!(html.contains("Try a short walk &amp; rest at &lt;lunch&gt;."), "printed as typed");
        assert!(!text.to_lowercase().contains("warm pack"), "{text}");
    }
}

#[tokio::test]
async fn a_retry_leaves_out_what_was_left_out_since() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().once(".", say("451 4.3.0 later"))).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        let email = app.email(visit, Step::SameDay).await;
        let first = app.frozen(email.id).await.expect("is kept").made_of;
        assert!(first.content.advice.contains(&"heat".into()));
        let left_out = LeftOut { id: "heat".into(), by: "Theo Lind".into() };
        let theirs = kept(&app, 1, StepChange { withheld: vec![left_out], ..StepChange::default() });
        app.write(async |db| change::save(db, app.cast.clinic, std::iter::once(visit), Step::SameDay, &theirs).await)
            .await;
        app.advance(minutes(2));
        assert_eq!(app.run_worker().await.sent, 1);
        let second = app.frozen(email.id).await.expect("is kept").made_of;
        assert!(!second.content.advice.contains(&"heat".into()), "{:?}", second.content.advice);
        let last = app.taken().pop().expect("one arrived");
        assert!(!String::from_utf8_lossy(&last.body).to_lowercase().contains("warm pack"));
    }
}
