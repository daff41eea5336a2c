//! The clinic's own questions in the client's hands: a page each, conditional ones by the next page, and what a yes does.

use aftercare::clinic::intake::own::field;
use aftercare::clinic::questionnaire::{Kind, Question, Questionnaire, Rule, Section, Test, When};
use aftercare::store::questionnaire::{self, Key};

use super::*;

fn question(id: &str, kind: Kind, text: &str) -> Question {
    Question { id: id.into(), kind, text: text.into(), ..Question::default() }
}

/// Veins stand for a condition, and whoever has them is asked since when; a consent, and a list.
pub fn legs() -> Questionnaire {
    let veins = Question {
        condition: Some("varicose_veins".into()),
        note: Some(aftercare::clinic::note::Section::Subjective),
        required: true,
        help: "Thick blue lines under the skin.".into(),
        ..question("veins", Kind::YesNo, "Do you have varicose veins?")
    };
    let rule = Rule { question: "veins".into(), is: Test::Is, value: "yes".into() };
    let since = Question {
        required: true,
        least: "1".into(),
        most: "90".into(),
        shown_when: Some(When { all: true, rules: vec![rule] }),
        ..question("since", Kind::Whole, "For how many years?")
    };
    let photo =
        Question { required: true, ..question("photo", Kind::Consent, "We may take photographs of your legs.") };
    Questionnaire {
        title: "Your legs".into(),
        version: 1,
        lang: "en".into(),
        sections: vec![
            Section { heading: "Veins".into(), questions: vec![veins, since], ..Section::default() },
            Section { heading: "Photographs".into(), questions: vec![photo], ..Section::default() },
        ],
        ..Questionnaire::default()
    }
}

/// Publishes a form of the clinic's own as the next version of this number.
pub async fn publish(app: &TestApp, number: u32, form: &Questionnaire) {
    let entry = audit::Entry::system(app.cast.clinic, app.now(), "form.published", "form", number.to_string());
    let key = Key { clinic: app.cast.clinic, number };
    let done = app.write(async |db| questionnaire::publish(db, key, form, "", &entry, app.cast.theo).await).await;
    assert!(done, "a new version");
}

#[tokio::test]
async fn own_questions_are_asked_a_page_each_and_a_yes_counts_as_a_tick() {
    for app in TestApp::at(MORNING).await {
        let visit = first_visit(&app).await;
        publish(&app, 1, &legs()).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "own-1-0").await;
        for says in ["<h1>Veins</h1>", "Do you have varicose veins?", "Thick blue lines", "Needed", "Not sure"] {
            assert!(page.body.contains(says), "{says}: {}", page.body);
        }
        assert!(!page.body.contains("For how many years?") && !page.body.contains("Leave this blank"));

        // Without the answer that is needed the page comes back with a sentence.
        let wrong = phone.press(&page, &[], "next").await;
        assert_eq!(wrong.status.as_u16(), 422);
        assert!(wrong.body.contains("Please answer this."), "{}", wrong.body);
        // A yes brings one more question, on the same page, before one goes on.
        let page = phone.send(&page, &[(&field(1, "veins"), "yes")], "next").await;
        assert_eq!((phone.topic(), page.status.as_u16()), ("own-1-0", 200));
        assert!(page.body.contains("For how many years?") && page.body.contains("From 1 to 90."), "{}", page.body);
        let wrong = phone.press(&page, &[(&field(1, "since"), "200")], "next").await;
        assert!(wrong.status.as_u16() == 422 && wrong.body.contains("Write a number that fits"), "{}", wrong.body);
        let page = phone.send(&page, &[(&field(1, "since"), "12")], "next").await;
        assert_eq!(phone.topic(), "own-1-1");
        // A page changes its own answers alone.
        let page = phone.send(&page, &[(&field(1, "photo"), "no"), (&field(1, "since"), "99")], "next").await;
        let page = phone.until(page, "review").await;
        for says in ["Do you have varicose veins? Yes", "For how many years? 12", "We may take photographs"] {
            assert!(page.body.contains(says), "{says}: {}", page.body);
        }
        let sent = phone.send(&page, &[], "send").await;
        assert!(sent.body.contains("Thank you"), "{}", sent.body);

        let given = intakes(&app).await.remove(0);
        assert!(given.answers.conditions.iter().any(|one| one.id.as_str() == "varicose_veins"));
        assert!(!given.answers.unanswered.contains(&"varicose_veins".into()));
        let own = &given.answers.own[0];
        let said: Vec<String> = own.answers.iter().map(|one| format!("{}={}", one.id, one.said.join("/"))).collect();
        assert_eq!((own.form, own.version, said.join(" ")), (1, 1, "veins=Yes since=12 photo=No".to_owned()));

        // Whoever treats reads them beside the others, and as a line of the note with where it came from.
        let mut theo = app.sign_in("Theo").await;
        let read = theo.get(&format!("/clients/{}/intakes/{}", app.cast.cleo, given.id)).await;
        assert!(read.body.contains("For how many years?") && read.body.contains("<li>12</li>"), "{}", read.body);
        let visit_page = theo.get(&format!("/visits/{visit}")).await.body;
        assert!(visit_page.contains("Do you have varicose veins? Yes."), "{visit_page}");
        // A new version does not touch what was answered.
        let mut reworded = Questionnaire { version: 2, ..legs() };
        reworded.sections[0].questions[0].text = "Any veins?".into();
        publish(&app, 1, &reworded).await;
        let read = theo.get(&format!("/clients/{}/intakes/{}", app.cast.cleo, given.id)).await;
        assert!(read.body.contains("Do you have varicose veins?") && !read.body.contains("Any veins?"));
    }
}

#[tokio::test]
async fn what_is_for_another_technique_or_retired_is_not_asked() {
    for app in TestApp::at(MORNING).await {
        let visit = first_visit(&app).await;
        publish(&app, 1, &Questionnaire { techniques: vec!["hot_stone".into()], ..legs() }).await;
        publish(&app, 2, &legs()).await;
        publish(&app, 2, &Questionnaire { version: 2, retired: true, ..legs() }).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        phone.until(page, "consents").await;
        for topic in ["own-1-0", "own-2-0", "own-9-9"] {
            let path = format!("/f/{}/{topic}", phone.token);
            phone.open(&path).await;
            assert_ne!(phone.topic(), topic);
        }
    }
}

#[tokio::test]
async fn a_form_in_words_of_markup_is_shown_and_never_acts() {
    for app in TestApp::at(MORNING).await {
        let visit = first_visit(&app).await;
        let mut form = legs();
        form.sections[0].heading = "<script>alert(1)</script>".into();
        form.sections[0].questions[0].text = "\"><svg onload=alert(1)>{{7*7}}".into();
        publish(&app, 1, &form).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "own-1-0").await;
        assert!(!page.body.contains("<svg onload") && !page.body.contains("<script>alert"), "{}", page.body);
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&format!("/visits/{visit}/intake")).await;
        assert!(page.status.as_u16() == 200 && !page.body.contains("<svg onload"), "{}", page.body);
    }
}
