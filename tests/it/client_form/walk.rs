//! The whole way through the form.

use aftercare::clinic::body::{Region, Side};
use aftercare::clinic::ids::VisitId;
use aftercare::clinic::intake::Consent;
use aftercare::clinic::intake::guest::Signature;
use aftercare::store::intake::Progress;
use aftercare::store::intake::draft::{self, Of};
use aftercare::store::{client, consent, form, intake};
use jiff::SignedDuration;

use super::{MORNING, Phone, deeds, first_visit, intakes};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_new_client_walks_through_and_everything_is_kept_together() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let door = phone.start().await;
        assert!(door.body.contains("is this form yours?") && !door.body.contains("Cleo"), "it says whose it is");
        let page = phone.come_in().await;
        assert_eq!(phone.topic(), "warning");
        let page = phone.until(page, "back").await;
        assert!(page.body.contains("Have you had a slipped or bulging disc in the past"));
        let details = [
            ("yes", "herniated_disc_history"),
            ("at.herniated_disc_history.0.side", "left"),
            ("at.herniated_disc_history.0.month", "1"),
            ("at.herniated_disc_history.0.year", "2024"),
        ];
        let page = phone.send(&page, &details, "next").await;
        assert_eq!(phone.topic(), "injuries");
        let page = phone.until(page, "words").await;
        let page = phone.send(&page, &[("medicines", "warfarin"), ("allergies", "lavender")], "next").await;
        let page = phone.send(&page, &[("mark", "lower_back.left"), ("pain", "4")], "next").await;
        assert_eq!(phone.topic(), "feel");
        let page = phone
            .send(&page, &[("mark.lower_back.left.sensation", "ache"), ("mark.lower_back.left.intensity", "4")], "next")
            .await;
        let page = phone.send(&page, &[("load", "desk_work"), ("goals", "sleep better")], "next").await;
        let page = phone.until(page, "review").await;
        for words in [
            "Past disc problem, settled now",
            "Lower back, left: Ache, 4 of 10",
            "warfarin",
            "sleep better",
            "Cleo Okafor",
        ] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        let of = Of { client: app.cast.cleo, visit: Some(visit) };
        assert!(app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.is_some());
        let sent = phone.send(&page, &[], "send").await;
        assert!(sent.body.contains("We have your form") && !sent.body.contains("warfarin"), "{}", sent.body);

        is_kept(&app, visit).await;
        assert!(app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.is_none());
        assert!(app.ask("select cast(count(*) as text) from form_pass").await == ["0"], "nobody is let in any more");
    }
}

/// The intake with its consents, its signature and its audit.
async fn is_kept(app: &TestApp, visit: VisitId) {
    let kept = intakes(app).await;
    assert_eq!(kept.len(), 1);
    let (given, answers) = (&kept[0], &kept[0].answers);
    assert_eq!(given.entered_by, "client");
    let disc = &answers.conditions[0];
    assert_eq!(
        (disc.id.as_str(), disc.side, disc.since.map(String::from)),
        ("herniated_disc_history", Some(Side::Left), Some("2024-01".into()))
    );
    assert_eq!((answers.marks[0].region, answers.medicines.as_str()), (Region::LowerBack, "warfarin"));
    assert!(answers.unanswered.is_empty(), "every page was answered: {:?}", answers.unanswered);
    let now: Vec<Consent> = app.write(async |db| consent::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
    assert_eq!(now, [Consent::Treatment, Consent::HealthData, Consent::AftercareEmail]);
    let (signed, _) = app.write(async |db| form::signed(db, app.cast.clinic, given.id).await).await.expect("signed");
    assert_eq!(signed.signature, Signature::Typed("Cleo Okafor".into()));
    assert_eq!((signed.lang.as_str(), signed.agreed.len(), signed.agreed[0].version), ("en", 5, 1));
    assert_eq!(deeds(app, given.id).await, ["intake.sent"]);
    let progress = app.write(async |db| intake::progress(db, app.cast.clinic, &[visit]).await).await;
    assert_eq!(progress.get(&visit), Some(&Progress::Done));
}

#[tokio::test]
async fn a_client_stops_and_goes_on_on_another_phone() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "heart").await;
        let _ = phone
            .send(
                &page,
                &[("yes", "diabetes"), ("yes", "varicose_veins"), ("at.varicose_veins.0.side", "both")],
                "next",
            )
            .await;
        let left_at = phone.topic().to_owned();
        app.advance(SignedDuration::from_hours(20));

        // The first phone needs no date again; the second is asked and lands where the first stopped.
        assert_eq!((phone.start().await.status.as_u16(), phone.topic()), (200, left_at.as_str()));
        let mut other = Phone::with_token(&app, &phone.token);
        assert!(other.start().await.body.contains("is this form yours?"));
        other.come_in().await;
        assert_eq!(other.topic(), left_at);
        let back = other.open(&format!("/f/{}/heart", other.token)).await;
        let veins = "value=\"varicose_veins\" checked";
        assert!(back.body.contains(veins), "what was typed is there");
        let other_page = other.open(&format!("/f/{}/metabolism", other.token)).await;
        assert!(!other_page.body.contains("value=\"diabetes\" checked"), "a page takes only what it asks");
        let asked = app.write(async |db| form::asked(db, app.cast.clinic, &[visit]).await).await[&visit];
        assert_eq!(asked.begun.map(|(done, _)| done), Some(7));
        assert!(asked.link_at.is_some() && asked.sent_at.is_none());
    }
}

#[tokio::test]
async fn a_client_with_nothing_new_says_so_once() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.answer(&["diabetes", "sciatica"]).await;
        app.advance(SignedDuration::from_hours(24 * 120));
        let visit = app.book("2026-05-08T09:00:00Z").await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "last").await;
        assert!(page.body.contains("Diabetes") && page.body.contains("name=\"again.sciatica\""));
        // An old injury needs its own answer.
        let again = phone.press(&page, &[], "same").await;
        assert_eq!(again.status.as_u16(), 422);
        assert!(again.body.contains("Choose one, please."));
        let page = phone.send(&page, &[("again.sciatica", "gone")], "same").await;
        assert_eq!(phone.topic(), "right_now");
        let page = phone.send(&page, &[("none", "right_now")], "next").await;
        assert_eq!(phone.topic(), "where", "everything else stayed as it was");
        let page = phone.until(page, "review").await;
        phone.send(&page, &[], "send").await;
        let kept = intakes(&app).await;
        let ids: Vec<&str> = kept[0].answers.conditions.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["diabetes"]);
        assert!(kept[0].answers.unanswered.is_empty(), "{:?}", kept[0].answers.unanswered);
    }
}

#[tokio::test]
async fn what_is_left_blank_is_never_a_no() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "heart").await;
        let refused = phone.press(&page, &[], "next").await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.body.contains("You can also leave this blank."));
        let page = phone.send(&page, &[], "blank").await;
        let page = phone.until(page, "review").await;
        assert!(page.body.contains("Left blank. Your therapist will ask you."));
        phone.send(&page, &[], "send").await;
        let kept = intakes(&app).await;
        let heart =
            &super::form(&app).groups().iter().find(|group| group.id == "heart").expect("a group").conditions.clone();
        assert_eq!(&kept[0].answers.unanswered, heart);
    }
}

#[tokio::test]
async fn a_wrong_date_and_a_missing_answer_are_told_beside_the_field() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let none = phone.press(&page, &[], "next").await;
        assert_eq!((none.status.as_u16(), none.body.contains("Choose one, please.")), (422, true));
        let page = phone.until(page, "back").await;
        let wrong = [("yes", "sciatica"), ("at.sciatica.0.year", "2031")];
        let again = phone.press(&page, &wrong, "next").await;
        assert_eq!(again.status.as_u16(), 422);
        assert!(
            again.body.contains("We cannot read this date.") && again.body.contains("value=\"2031\""),
            "{}",
            again.body
        );
        let page = phone.until(page, "consents").await;
        let no = [("agree.health_data", "no"), ("agree.treatment", "yes")];
        let again = phone.press(&page, &no, "next").await;
        assert!(again.body.contains("we may not keep your form") && again.body.contains("Choose yes or no, please."));
        let page = phone.until(page, "signature").await;
        let again = phone.press(&page, &[("signed", "M1 1<script>")], "next").await;
        assert_eq!((again.status.as_u16(), again.body.contains("Sign with your finger")), (422, true));
        assert!(intakes(&app).await.is_empty());
    }
}

#[tokio::test]
async fn a_child_needs_a_grown_up_who_signs() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut cleo = app.cast.cleo();
        cleo.client.born = Some(jiff::civil::date(2012, 5, 1));
        app.write(async |db| client::save(db, app.cast.clinic, &cleo).await).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let answer = phone.born(&[("day", "1"), ("month", "5"), ("year", "2012")]).await;
        let page = phone.open(answer.leads_to()).await;
        let page = phone.until(page, "about").await;
        assert!(page.body.contains("Cleo is under 18") && !page.body.contains("value=\"carer\""));
        let again = phone.press(&page, &[("who", "self")], "next").await;
        assert_eq!(again.status.as_u16(), 422);
        let page = phone.send(&page, &[("helper", "Ana Okafor"), ("relation", "parent")], "next").await;
        let page = phone.until(page, "signature").await;
        assert!(page.body.contains("You sign for Cleo."));
        let page = phone.send(&page, &[("signed_name", "Ana Okafor")], "next").await;
        phone.send(&page, &[], "send").await;
        let kept = intakes(&app).await;
        let (signed, _) =
            app.write(async |db| form::signed(db, app.cast.clinic, kept[0].id).await).await.expect("signed");
        assert_eq!(signed.helper.map(|helper| helper.name), Some("Ana Okafor".into()));
    }
}

#[tokio::test]
async fn the_form_speaks_spanish_from_the_first_page_to_the_last() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut cleo = app.cast.cleo();
        cleo.client.locale = Some("es".into());
        app.write(async |db| client::save(db, app.cast.clinic, &cleo).await).await;
        let mut phone = Phone::with_link(&app, visit).await;
        assert!(phone.start().await.body.contains("¿este formulario es suyo?"));
        let page = phone.come_in().await;
        assert!(page.body.contains("lang=\"es\"") && page.body.contains("Adormecimiento u hormigueo"));
        let page = phone.until(page, "back").await;
        assert!(page.body.contains("¿Tuvo en el pasado una hernia de disco") && page.body.contains("enero"));
        let page = phone.until(page, "consents").await;
        assert!(page.body.contains("Acepto recibir masaje") && page.body.contains("Texto, versión 1"));
        let page = phone.until(page, "review").await;
        let sent = phone.send(&page, &[], "send").await;
        assert!(sent.body.contains("Gracias. Tenemos su formulario."), "{}", sent.body);
        let kept = intakes(&app).await;
        let (signed, _) =
            app.write(async |db| form::signed(db, app.cast.clinic, kept[0].id).await).await.expect("signed");
        assert!(signed.lang == "es" && signed.agreed[1].words.starts_with("Acepto recibir masaje"));
    }
}
