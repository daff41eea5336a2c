//! The clinic's own questions on the form that staff take.

use aftercare::clinic::intake::own::field;
use aftercare::clinic::questionnaire::Questionnaire;

use super::*;
use crate::client_form::own::{legs, publish};

#[tokio::test]
async fn staff_ask_the_clinics_own_questions_with_the_others_and_what_is_needed_is_needed() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let (_, path) = returning(&app).await;
        publish(&app, 1, &legs()).await;
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&path).await.body;
        for says in ["Veins", "For how many years?", "Only when “Do you have varicose veins?” is “Yes”", "Not asked"]
        {
            assert!(page.contains(says), "{says}: {page}");
        }
        let mut form = Filled::of(&page);
        let refused = press(&mut rosa, &path, &form, "confirm").await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.body.contains("“Do you have varicose veins?” needs an answer."), "{}", refused.body);
        assert!(!refused.body.contains("“For how many years?” needs"), "it is not asked of everybody");
        form.choose(&field(1, "veins"), "yes");
        form.choose(&field(1, "photo"), "yes");
        form.choose(&field(1, "since"), "many");
        let refused = press(&mut rosa, &path, &form, "save").await;
        assert!(refused.status.as_u16() == 422 && refused.body.contains("not a whole number"), "{}", refused.body);
        form.choose(&field(1, "since"), "3");
        let saved = press(&mut rosa, &path, &form, "save").await;
        assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
        let kept = intakes(&app).await;
        assert!(kept[0].answers.conditions.iter().any(|one| one.id.as_str() == "varicose_veins"));
        assert_eq!(kept[0].answers.own[0].answers.len(), 3);

        // Next time the answers stand there, but for what is agreed to anew; a new version asks its own words.
        let mut reworded = Questionnaire { version: 2, ..legs() };
        reworded.sections[0].questions[1].text = "Since how many years?".into();
        publish(&app, 1, &reworded).await;
        let page = rosa.get(&path).await.body;
        let form = Filled::of(&page);
        assert_eq!(
            (form.one(&field(1, "veins")), form.one(&field(1, "since")), form.one(&field(1, "photo"))),
            ("yes", "3", "")
        );
        assert!(page.contains("Since how many years?"));
    }
}
