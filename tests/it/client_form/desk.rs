//! The way into the client's hands: a code, and the clinic's tablet.

use super::{MORNING, Phone, deeds, first_visit};
use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test]
async fn a_code_on_screen_opens_the_form() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let path = format!("/visits/{visit}/form");
        let page = rosa.get(&path).await;
        assert!(page.body.contains("The client has not been asked yet."), "{}", page.body);
        for name in ["Rosa", "Theo"] {
            let at = app.sign_in(name).await.get(&format!("/visits/{visit}")).await.body;
            assert!(at.contains(&format!("href=\"{path}\"")), "{name} finds the form from the visit: {at}");
        }
        let mut web = app.web();
        web.base_url = Some("https://lindenhof.example/".parse().expect("an address"));
        let secret = rosa.secret.clone();
        let mut rosa = Browser::new(web);
        rosa.secret = secret;
        let made = rosa.post(&format!("{path}/code"), &[]).await;
        assert_eq!(made.status.as_u16(), 200);
        let address = made
            .body
            .split("<code class=\"link\">")
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .expect("an address");
        let token = address.strip_prefix("https://lindenhof.example/f/").expect("of this house");
        assert!(made.body.contains("<svg class=\"code\"") && made.body.contains("h1v1h-1z"));
        let mut phone = Phone::with_token(&app, token);
        phone.come_in().await;
        assert_eq!(phone.topic(), "warning");
        assert!(rosa.get(&path).await.body.contains("A link was made"));
        assert!(deeds(&app, visit).await.contains(&"intake.link.shown".to_owned()));

        let mut otto = app.sign_in("Otto").await;
        for (method, path) in
            [("get", path.clone()), ("post", format!("{path}/code")), ("post", format!("/visits/{visit}/tablet"))]
        {
            let answer = if method == "get" { otto.get(&path).await } else { otto.post(&path, &[]).await };
            assert_eq!(answer.status.as_u16(), 404, "{path}");
        }
    }
}

#[tokio::test]
async fn without_an_address_of_its_own_a_clinic_still_has_its_tablet() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let secret = rosa.secret.clone();
        let handed = rosa.post(&format!("/visits/{visit}/tablet"), &[]).await;
        assert_eq!(handed.status.as_u16(), 303);
        let token = handed.leads_to().strip_prefix("/f/").expect("the form").to_owned();
        rosa.secret = secret;
        let back = rosa.get("/day").await;
        assert!(back.leads_to().starts_with("/sign-in"), "the session is over");

        let mut tablet = Phone::with_token(&app, &token);
        tablet.cookies.push(("aftercare-tablet".into(), "1".into()));
        let page = tablet.come_in().await;
        let page = tablet.until(page, "review").await;
        assert!(!page.body.contains("href=\"tel:"), "nothing leads elsewhere");
        let sent = tablet.send(&page, &[], "send").await;
        assert!(sent.body.contains("give the tablet back"));
        assert!(
            !sent.body.contains("<a href") || sent.body.matches("<a ").count() == 1,
            "only the skip link: {}",
            sent.body
        );
        for name in ["Rosa", "Theo"] {
            let at = app.sign_in(name).await.get(&format!("/visits/{visit}")).await.body;
            assert!(!at.contains(&format!("/visits/{visit}/form")), "{name} need not ask again");
        }
        assert_eq!(deeds(&app, visit).await.iter().filter(|deed| *deed == "intake.tablet.handed_over").count(), 1);
    }
}
