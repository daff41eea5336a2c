//! The intake taken by staff, through the real router, on both engines.

mod doors;
pub mod filled;
mod left;
mod own;
mod review;

use aftercare::clinic::ids::{IntakeId, VisitId};
use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::intake::draft::{self, Of};
use aftercare::store::intake::{Given, Progress};
use aftercare::store::{audit, consent, intake};
use jiff::SignedDuration;

use self::filled::Filled;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

const MORNING: &str = "2026-01-05T08:00:00Z";

async fn intakes(app: &TestApp) -> Vec<Given> {
    app.write(async |db| intake::of_client(db, app.cast.clinic, app.cast.cleo).await).await
}

async fn progress(app: &TestApp, visit: VisitId) -> Option<Progress> {
    app.write(async |db| intake::progress(db, app.cast.clinic, &[visit]).await).await.remove(&visit)
}

async fn deeds(app: &TestApp, record: impl ToString) -> Vec<String> {
    let entries = app.write(async |db| audit::of_record(db, app.cast.clinic, &record.to_string()).await).await;
    entries.into_iter().filter(|entry| !entry.action.ends_with(".viewed")).map(|entry| entry.action).collect()
}

/// Opens the form as a browser shows it.
async fn open(browser: &mut Browser, path: &str) -> Filled {
    let answer = browser.get(path).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}");
    Filled::of(&answer.body)
}

async fn press(browser: &mut Browser, path: &str, form: &Filled, button: &str) -> Answer {
    browser.post(path, &form.pairs_with(button)).await
}

/// Cleo agreed that her answers are kept, gave them, and comes again.
async fn returning(app: &TestApp) -> (VisitId, String) {
    let agreed = crate::support::cast::change(Consent::HealthData, true, app.now());
    app.write(async |db| consent::set(db, app.cast.clinic, app.cast.cleo, agreed).await).await;
    app.visited("2026-01-05T09:00:00Z").await;
    app.answer(&["sciatica", "diabetes"]).await;
    let visit = app.book("2026-01-19T09:00:00Z").await;
    app.visited("2026-01-12T09:00:00Z").await;
    app.go_to("2026-01-19T08:50:00Z");
    (visit, format!("/visits/{visit}/intake"))
}

#[tokio::test]
async fn a_client_with_nothing_new_is_two_clicks() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let (visit, path) = returning(&app).await;
        assert_eq!(progress(&app, visit).await, Some(Progress::ToConfirm));
        let mut rosa = app.sign_in("Rosa").await;
        // The first click opens the form, the second is the first button one sees on it.
        let form = open(&mut rosa, &path).await;
        assert_eq!(form.buttons.iter().find(|act| *act != "again").map(String::as_str), Some("save"));
        assert!(form.buttons.contains(&"confirm".to_owned()));
        let answer = press(&mut rosa, &path, &form, "confirm").await;
        assert_eq!(
            (answer.status.as_u16(), answer.leads_to()),
            (303, format!("{path}/saved").as_str()),
            "{}",
            answer.body
        );
        let kept = intakes(&app).await;
        assert_eq!(kept[0].answers.conditions, kept[1].answers.conditions);
        assert_eq!(kept[0].entered_by, app.cast.rosa.to_string());
        assert!(kept[0].answers.unanswered.is_empty());
        assert_eq!(progress(&app, visit).await, Some(Progress::Done));
        assert_eq!(deeds(&app, kept[0].id).await, ["intake.confirmed"]);
        assert_eq!(rosa.get(answer.leads_to()).await.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn an_old_injury_needs_its_own_answer() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let (_, path) = returning(&app).await;
        app.advance(SignedDuration::from_hours(24 * 100));
        let mut theo = app.sign_in("Theo").await;
        let form = open(&mut theo, &path).await;
        let refused = press(&mut theo, &path, &form, "confirm").await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.body.contains("Sciatica (pain down the leg from the back): is it still there?"));
        assert!(!refused.body.contains("Diabetes: is it still there?"), "a year has not passed");

        // Saved all the same, the old answer holds and is told as open.
        let before = intakes(&app).await.len();
        let open_still = press(&mut theo, &path, &form, "save").await;
        assert_eq!(open_still.status.as_u16(), 303);
        let kept = intakes(&app).await;
        assert_eq!(kept.len(), before + 1);
        assert!(kept[0].answers.conditions.iter().any(|one| one.id.as_str() == "sciatica"));
        assert!(kept[0].answers.unanswered.iter().any(|id| id.as_str() == "sciatica"));

        let mut form = open(&mut theo, &path).await;
        form.choose("again.sciatica", "gone");
        let answer = press(&mut theo, &path, &form, "confirm").await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        let kept = intakes(&app).await;
        assert!(kept[0].answers.conditions.iter().all(|one| one.id.as_str() != "sciatica"));
        let told = theo.get(answer.leads_to()).await;
        assert!(told.body.contains("Gone") && told.body.contains("Sciatica"), "what changed is said");
    }
}

#[tokio::test]
async fn what_the_form_shows_is_what_was_saved() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/{visit}/intake");
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        for (name, value) in [
            ("yes", "varicose_veins"),
            ("yes", "heart_failure"),
            ("mark", "hip.left"),
            ("consent", "health_data"),
            ("consent", "treatment"),
            ("load", "desk_work"),
        ] {
            form.tick(name, value);
        }
        // Without scripts, one press makes room for place, date and score.
        let more = press(&mut rosa, &path, &form, "again").await;
        assert_eq!(more.status.as_u16(), 200);
        let mut form = Filled::of(&more.body);
        for (name, value) in [
            ("at.varicose_veins.0.region", "calf"),
            ("at.varicose_veins.0.side", "left"),
            ("at.varicose_veins.0.since", "March 2019"),
            ("at.varicose_veins.0.status", "current"),
            ("ok.heart_failure.by", "Dr <b>Shah</b>"),
            ("ok.heart_failure.on", "2 January 2026"),
            ("mark.hip.left.sensation", "burning"),
            ("mark.hip.left.intensity", "7"),
            ("pain", "6"),
            ("medicines", "warfarin\n<script>alert(1)</script>"),
            ("goals", "Sleep & walk"),
        ] {
            form.choose(name, value);
        }
        let saved = press(&mut rosa, &path, &form, "save").await;
        assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
        let first = intakes(&app).await.remove(0);
        assert_eq!(first.answers.medicines, "warfarin\n<script>alert(1)</script>");
        assert_eq!(
            first.answers.consents,
            [Consent::Treatment, Consent::HealthData, Consent::AftercareEmail, Consent::CheckInEmail]
        );

        // Opened again and saved without a change, it says the same.
        app.advance(SignedDuration::from_secs(60));
        let shown = rosa.get(&path).await;
        assert!(!shown.body.contains("<script>alert") && !shown.body.contains("<b>Shah"));
        let form = Filled::of(&shown.body);
        assert_eq!(press(&mut rosa, &path, &form, "save").await.status.as_u16(), 303);
        let kept = intakes(&app).await;
        assert_eq!(kept[0].answers, first.answers);
        assert_eq!(kept[0].form_version, 1);
    }
}

#[tokio::test]
async fn a_wrong_form_is_shown_again_with_everything_typed() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/{visit}/intake");
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        form.tick("consent", "health_data");
        form.tick("yes", "sciatica");
        form.choose("goals", "canary of goals");
        form.add("at.sciatica.0.since", "31 February 2019");
        form.add("at.sciatica.0.region", "tail");
        form.add("yes", "dropsy");
        form.choose("pain", "11");
        let before = intakes(&app).await.len();
        let answer = press(&mut rosa, &path, &form, "save").await;
        assert_eq!(answer.status.as_u16(), 422);
        for words in [
            "31 February 2019 does not exist. Check the day.",
            "“tail” is not a place on the body map",
            "“dropsy” is not a condition on this form",
            "“11” is not a score",
            "canary of goals",
            "value=\"31 February 2019\"",
        ] {
            assert!(answer.body.contains(words), "{words}");
        }
        assert_eq!(intakes(&app).await.len(), before, "nothing is kept");
        let long = "x".repeat(600_000);
        form.choose("goals", &long);
        assert_eq!(press(&mut rosa, &path, &form, "save").await.status.as_u16(), 413);
        let bad_id =
            form.pairs_with("save").into_iter().map(|(name, value)| (name, if name == "intake" { "x" } else { value }));
        let bad_id: Vec<_> = bad_id.filter(|(name, _)| *name != "goals").collect();
        assert_eq!(rosa.post(&path, &bad_id).await.status.as_u16(), 400);
    }
}

#[tokio::test]
async fn two_people_on_one_form_lose_nothing() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/{visit}/intake");
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        let (mut hers, mut his) = (open(&mut rosa, &path).await, open(&mut theo, &path).await);
        hers.choose("goals", "Sleep");
        hers.choose("allergies", "nickel");
        rosa.headers.push(("hx-request", "true".into()));
        let kept = press(&mut rosa, &path, &hers, "draft").await;
        assert_eq!(kept.status.as_u16(), 200);
        assert!(kept.body.contains("\"version\":1") && kept.body.contains("Rosa"), "{}", kept.body);
        assert_eq!(progress(&app, visit).await, Some(Progress::Unfinished));

        his.choose("goals", "Walk");
        theo.headers.push(("hx-request", "true".into()));
        let told = press(&mut theo, &path, &his, "draft").await;
        assert_eq!(told.status.as_u16(), 409);
        assert!(told.body.starts_with("Rosa Muster saved this form today"), "{}", told.body);
        theo.headers.clear();
        let both = press(&mut theo, &path, &his, "save").await;
        assert_eq!(both.status.as_u16(), 409);
        for words in ["Sleep", "Walk", "nickel", "Take Rosa Muster"] {
            assert!(both.body.contains(words), "{words}");
        }
        let of = Of { client: app.cast.cleo, visit: Some(visit) };
        let draft = app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.expect("hers");
        assert_eq!(draft.typed.one("goals"), "Sleep", "hers is untouched");

        // He keeps his goal; her allergy is proposed, since he left it blank.
        let mut merged = Filled::of(&both.body);
        assert!(merged.has("theirs", "allergies") && !merged.has("theirs", "goals"));
        merged.tick("consent", "health_data");
        let saved = press(&mut theo, &path, &merged, "save").await;
        assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
        let answers = intakes(&app).await.remove(0).answers;
        assert_eq!((answers.goals.as_str(), answers.allergies.as_str()), ("Walk", "nickel"));
        assert!(app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.is_none());

        // Her page is still open: her save would undo his, so she is shown both.
        rosa.headers.clear();
        let late = press(&mut rosa, &path, &hers, "save").await;
        assert_eq!(late.status.as_u16(), 409);
        assert!(late.body.contains("Theo Lind saved this form"));
    }
}

#[tokio::test]
async fn a_form_sent_twice_is_one_intake() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/{visit}/intake");
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        form.tick("consent", "health_data");
        let before = intakes(&app).await.len();
        let sends = (0..8).map(|_| {
            let (mut browser, path, form) = (rosa.clone(), path.clone(), form.clone());
            tokio::spawn(async move { press(&mut browser, &path, &form, "save").await })
        });
        for answer in futures_util::future::join_all(sends).await {
            let answer = answer.expect("an answer");
            assert_eq!(
                (answer.status.as_u16(), answer.leads_to()),
                (303, format!("{path}/saved").as_str()),
                "{}",
                answer.body
            );
        }
        assert_eq!(intakes(&app).await.len(), before + 1);
        let id: IntakeId = form.one("intake").parse().expect("an id");
        assert_eq!(deeds(&app, id).await, ["intake.saved"]);
        let given = app.ask("select purpose from consent_event where purpose = 'health_data'").await;
        assert_eq!(given.len(), 1, "agreed once");
    }
}

#[tokio::test]
async fn a_consent_taken_back_calls_off_its_mail_and_keeps_its_words() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Scheduled);
        let path = format!("/clients/{}/intake", app.cast.cleo);
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        form.tick("consent", "health_data");
        form.untick("consent", "aftercare_email");
        assert_eq!(press(&mut rosa, &path, &form, "save").await.status.as_u16(), 303);
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Cancelled);
        let now = app.write(async |db| consent::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
        assert_eq!(now, [Consent::HealthData, Consent::CheckInEmail]);
        let words =
            app.write(async |db| consent::words(db, app.cast.clinic, Consent::HealthData, (1, "en")).await).await;
        assert!(words.is_some_and(|words| words.starts_with("The clinic may keep my health answers")));
        assert_eq!(
            deeds(&app, app.cast.cleo).await,
            ["consent.given.health_data", "consent.withdrawn.aftercare_email"]
        );
    }
}

#[tokio::test]
async fn without_scripts_a_search_shows_what_it_finds_and_keeps_what_is_typed() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let path = format!("/clients/{}/intake", app.cast.cleo);
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        form.choose("goals", "canary of goals");
        form.choose("find", "herniated disc");
        let answer = press(&mut rosa, &path, &form, "again").await;
        assert_eq!(answer.status.as_u16(), 200);
        assert!(answer.body.contains("2 found for “herniated disc”") && answer.body.contains("canary of goals"));
        let hidden = answer
            .body
            .split("<li data-condition=\"")
            .skip(1)
            .filter(|row| row.split('>').next().is_some_and(|tag| tag.ends_with(" hidden")));
        assert_eq!(hidden.count() + 2, app.catalogue().conditions().len());
        form.choose("find", "dragon pox");
        assert!(press(&mut rosa, &path, &form, "again").await.body.contains("Nothing is called “dragon pox” here"));
    }
}

#[tokio::test]
async fn a_page_of_a_full_intake_stays_light() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let path = format!("/clients/{}/intake", app.cast.cleo);
        let body = app.sign_in("Rosa").await.get(&path).await.body;
        assert!(body.len() < 150_000, "{} bytes", body.len());
        assert!(!body.contains("style=") && !body.contains("<script>"));
    }
}

#[tokio::test]
async fn an_answer_that_stops_the_session_is_said_at_once() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let path = format!("/visits/{visit}/intake");
        let mut rosa = app.sign_in("Rosa").await;
        let mut form = open(&mut rosa, &path).await;
        form.tick("yes", "red_flags_now");
        form.tick("consent", "health_data");
        let shown = press(&mut rosa, &path, &form, "again").await;
        assert!(
            shown.body.contains("<h2>Do not treat today</h2>")
                && shown.body.contains("Send the client for emergency care now")
        );
        let saved = press(&mut rosa, &path, &form, "save").await;
        let told = rosa.get(saved.leads_to()).await;
        assert!(told.body.contains("Do not start the session. Fetch the therapist now."));
        assert!(!told.body.contains("Warning signs present"), "reception is told what to do, not why");
        let theo = app.sign_in("Theo").await.get(saved.leads_to()).await;
        assert!(theo.body.contains("Was: No cautions") && theo.body.contains("Warning signs present at intake"));
    }
}
