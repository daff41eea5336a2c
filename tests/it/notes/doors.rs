//! Who may see and do what, and what no note takes.

use axum::http::StatusCode;

use super::form::Form;
use super::{draft, house, notes, page, send, signed};

#[tokio::test]
async fn staff_of_another_clinic_find_nothing() {
    for (app, visit) in house().await {
        signed(&mut app.sign_in("Theo").await, visit).await;
        let mut otto = app.sign_in("Otto").await;
        let before = app.ask("select count(*) || '' from audit").await;
        for path in ["", "/note/print"] {
            let answer = otto.get(&format!("/visits/{visit}{path}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.body.contains("Cleo") && !answer.body.contains("Theo"), "{path}");
        }
        let fields = [("version", "0"), ("own.plan", "x"), ("addendum", "x"), ("technique", "swedish")];
        for path in ["/note", "/note/signature", "/note/addenda", "/treatment", "/completion"] {
            let answer = otto.post(&format!("/visits/{visit}{path}"), &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.body.contains("Cleo") && !answer.body.contains("Theo"), "{path}");
        }
        let list = otto.get("/notes").await;
        assert!(list.status == StatusCode::OK && !list.body.contains("Cleo"));
        // Only that he looked at his own list.
        let after = app.ask("select count(*) || '' from audit").await;
        let number = |rows: &[String]| rows[0].parse::<u32>().expect("a number");
        assert_eq!(number(&after), number(&before) + 1);
    }
}

#[tokio::test]
async fn reception_sees_who_and_when_and_not_a_byte_of_health() {
    for (app, visit) in house().await {
        signed(&mut app.sign_in("Theo").await, visit).await;
        let mut rosa = app.sign_in("Rosa").await;
        let html = page(&mut rosa, visit).await;
        for word in ["Cleo", "Swedish massage", "Caution", "Completed", "Waiting"] {
            assert!(html.contains(word), "{word}: {html}");
        }
        let main = html.split_once("<main").expect("a page").1.to_lowercase();
        for word in ["lower back", "sensitive", "posture", "because", "note", "pressure", "light", "heat", "warning"] {
            assert!(!main.contains(word), "{word}");
        }
        for path in [format!("/visits/{visit}/note/print"), "/notes".into()] {
            assert_eq!(rosa.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        for path in ["note", "note/signature", "note/addenda", "treatment"] {
            let answer = rosa.post(&format!("/visits/{visit}/{path}"), &[("version", "0")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_kept_comes_back_with_a_sentence_by_the_field() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await;
        for (bad, sentence) in [
            ("a\0b", "Plan holds a character that cannot be shown. Type it again."),
            ("a\u{202e}b", "Plan holds a character that cannot be shown. Type it again."),
            (&*"x".repeat(10_001), "Plan is 10001 characters long. Use at most 10000."),
        ] {
            let typed = form.clone().set("own.plan", bad).set("own.subjective", "Sleeps badly");
            let answer = send(&mut theo, visit, "", &typed).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.body.contains(sentence), "{sentence}");
            let back = Form::on(&answer.body, "data-note");
            assert_eq!(back.get("own.subjective"), "Sleeps badly", "everything else is still there");
            assert_eq!(back.get("own.plan").len(), bad.len());
        }
        let empty = form.clone().set("line.level", "edit").set("text.level", "  ");
        let answer = send(&mut theo, visit, "/signature", &empty).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("The edited line is empty. Write it, or reject it."));
        let huge = send(&mut theo, visit, "", &form.set("own.plan", &"x".repeat(1 << 20))).await;
        assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(huge.body.contains("That is too long") && huge.body.contains("Nothing was changed"));
        assert!(notes(&app).await.is_empty(), "nothing of it was kept");
    }
}

#[tokio::test]
async fn a_visit_that_has_not_begun_or_was_called_off_is_not_signed() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        app.go_to("2026-01-05T08:30:00Z");
        let form = draft(&mut theo, visit).await.set("act", "accept_all");
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER, "written beforehand");
        let form = draft(&mut theo, visit).await;
        for answer in [
            send(&mut theo, visit, "/signature", &form).await,
            theo.post(&format!("/visits/{visit}/completion"), &[]).await,
        ] {
            assert_eq!(answer.status, StatusCode::CONFLICT);
            assert!(answer.body.contains("The visit starts today 10:00"), "{}", answer.body);
        }
        app.go_to("2026-01-05T09:30:00Z");
        for (state, sentence) in [("cancelled", "was cancelled"), ("no_show", "did not come")] {
            app.sql(&format!("update visit set state = '{state}'")).await;
            let answer = send(&mut theo, visit, "/signature", &form).await;
            assert_eq!(answer.status, StatusCode::CONFLICT);
            assert!(answer.body.contains(sentence), "{}", answer.body);
            let answer = theo.post(&format!("/visits/{visit}/completion"), &[]).await;
            assert_eq!(answer.status, StatusCode::CONFLICT);
        }
        assert_eq!(notes(&app).await, ["draft"]);
        assert!(app.ask("select id from plan").await.is_empty());
    }
}

#[tokio::test]
async fn the_list_of_unsigned_notes_begins_with_ones_own() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        assert!(theo.get("/notes").await.body.contains("Every note is signed"));
        assert_eq!(theo.post(&format!("/visits/{visit}/completion"), &[]).await.status, StatusCode::SEE_OTHER);
        let own = theo.get("/notes").await.body;
        assert!(own.contains("Yours") && own.contains("Cleo") && own.contains("Not begun"));
        let others = app.sign_in("Ada").await.get("/notes").await.body;
        assert!(others.contains("Of others") && others.contains("Theo Lind") && !others.contains("Yours"));
        signed(&mut theo, visit).await;
        assert!(theo.get("/notes").await.body.contains("Every note is signed"));
    }
}
