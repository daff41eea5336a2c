//! Who may take an intake, and who may read what was said.

use super::*;

#[tokio::test]
async fn staff_of_another_clinic_see_nothing_and_reception_no_answers() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let (visit, path) = returning(&app).await;
        let cleo = app.cast.cleo;
        let id = intakes(&app).await[0].id;
        let mut otto = app.sign_in("Otto").await;
        let pages = [
            path.clone(),
            format!("{path}/saved"),
            format!("/clients/{cleo}/intake"),
            format!("/clients/{cleo}/intake/saved"),
            format!("/clients/{cleo}/intakes/{id}"),
            format!("/clients/{cleo}/clearance"),
            format!("/intakes/{id}/review"),
        ];
        for page in &pages {
            let answer = otto.get(page).await;
            assert_eq!(answer.status.as_u16(), 404, "{page}");
            assert!(!answer.body.contains("Cleo") && !answer.body.contains("ciatica"), "{page}");
        }
        for (page, fields) in [
            (
                path.clone(),
                vec![("act", "save"), ("intake", "01900000-0000-7000-8000-000000000001"), ("consent", "health_data")],
            ),
            (
                format!("/clients/{cleo}/clearance"),
                vec![("condition", "heart_failure"), ("by", "x"), ("on", "1 January 2026")],
            ),
            (format!("/intakes/{id}/review"), vec![("act", "nothing")]),
        ] {
            let answer = otto.post(&page, &fields).await;
            assert_eq!(answer.status.as_u16(), 404, "{page}");
            assert!(!answer.body.contains("Cleo"), "{page}");
        }
        assert_eq!(intakes(&app).await[0].id, id, "nothing was added");
        let log = app.ask("select who from audit").await;
        assert!(!log.contains(&app.cast.otto.to_string()));

        let mut rosa = app.sign_in("Rosa").await;
        for page in [format!("/clients/{cleo}/intakes/{id}"), format!("/intakes/{id}/review")] {
            assert_eq!(rosa.get(&page).await.status.as_u16(), 403, "{page}");
        }
        let saved = rosa.get(&format!("/visits/{visit}/intake/saved")).await;
        assert_eq!(saved.status.as_u16(), 200);
        assert!(!saved.body.to_lowercase().contains("sciatica") && !saved.body.contains("iabetes"));
        assert!(saved.body.contains("Caution"), "the level's word is for everyone");
        let mut nobody = Browser::new(app.web());
        assert!(nobody.get(&path).await.leads_to().starts_with("/sign-in?next="));
    }
}
