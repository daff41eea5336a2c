//! Paper instead of email: the printed sheet, and clients who get nothing else.

use aftercare::clinic::plan::{LetterId, Says};

use super::*;

#[tokio::test]
async fn the_printed_sheet_says_what_the_emails_would_and_nothing_that_is_withheld() {
    for app in TestApp::at(NOW).await {
        app.answer(&["varicose_veins", "herniated_disc_history"]).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let path = format!("/visits/{visit}/handout");
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        assert_eq!(rosa.get(&path).await.status, StatusCode::FORBIDDEN);
        let html = theo.get(&path).await.body;
        let words = plain(&html);

        let filed = app.write(async |db| case::find(db, app.cast.clinic, visit).await).await.expect("is there");
        let case = filed.answered(app.catalogue());
        let brief = tailoring::tailor(app.catalogue(), &case);
        let mut withheld = 0;
        for step in Step::AFTER {
            let says = Says::of(LetterId::of_step(step));
            let content = plan::content(app.catalogue(), &case, &brief, says);
            for id in &content.advice {
                let text = &app.catalogue().advice_item(id).expect("known").text;
                assert!(words.contains(&one_line(text)), "{step}: {id} is missing");
            }
            for id in &content.stretches {
                assert!(words.contains(&app.catalogue().stretch(id).expect("known").label), "{step}: {id}");
            }
            for sign in &content.warning_signs {
                let text = &app.catalogue().warning_sign(&sign.id).expect("known").text;
                assert!(words.contains(&one_line(text)), "{step}: the sign {} is missing", sign.id);
            }
            for gone in &content.withheld {
                withheld += 1;
                let item = app.catalogue().advice().iter().find(|item| item.id.to_string() == gone.id);
                assert!(!item.is_some_and(|item| words.contains(&one_line(&item.text))), "{} is withheld", gone.id);
            }
        }
        assert!(withheld > 0, "something is withheld from this client");
        assert!(words.contains("030 1234") && !words.contains("aricose"), "the clinic’s phone, and no condition");
        assert!(!html.contains(" style=") && !html.contains("[["), "plain blocks");

        assert!(html.contains("Not yet. Say so here"));
        assert_eq!(theo.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        let after = theo.get(&path).await.body;
        assert!(after.contains("Theo Lind, today 11:00"), "who handed it over, and when");
        let record = theo.get(&format!("/clients/{}?show=changes", app.cast.cleo)).await.body;
        assert!(record.contains("Handed over the printed sheet for the visit today 10:00"), "{record}");
    }
}

/// The words of a page: no tags, entities as signs, one space between words.
fn plain(html: &str) -> String {
    let mut out = String::new();
    for part in html.split('<') {
        out.push(' ');
        out.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    let signs = [("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    one_line(&signs.iter().fold(out, |text, (entity, sign)| text.replace(entity, sign)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_client_without_email_gets_paper_and_staff_are_told() {
    for app in TestApp::at(NOW).await {
        let path = format!("/clients/{}", app.cast.cleo);
        let visit = app.book("2026-01-07T09:00:00Z").await;
        assert_eq!(app.emails(visit).await.len(), 1, "a preparation letter waits");
        let mut rosa = app.sign_in("Rosa").await;
        let fields = correction(&mut rosa, &path, &[("email", "")]).await;
        let asked = send(&mut rosa, &path, &fields).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "no address and not paper either");
        let fields = correction(&mut rosa, &path, &[("email", ""), ("aftercare", "paper")]).await;
        assert_eq!(send(&mut rosa, &path, &fields).await.status, StatusCode::SEE_OTHER);
        let owed = app.write(async |db| email::of_client(db, app.cast.clinic, app.cast.cleo).await).await;
        assert!(owed.iter().all(|email| email.state == State::Cancelled && email.reason.is_some()));
        let page = rosa.get(&path).await.body;
        assert!(page.contains("On paper") && page.contains("Corrected: email and aftercare"), "{page}");
    }
}
