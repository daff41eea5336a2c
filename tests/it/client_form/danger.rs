//! A yes to a sign that needs help now.

use aftercare::clinic::catalogue::Tier;
use aftercare::store::alert;

use super::{MORNING, Phone, deeds, first_visit, intakes};
use crate::support::app::TestApp;

#[tokio::test]
async fn a_yes_stops_the_form_and_says_what_to_do() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let help = phone.send(&page, &[("now", "yes")], "next").await;
        assert_eq!(phone.topic(), "help");
        for words in
            ["Get emergency help now", "Call 112 now", "href=\"tel:112\"", "Do not wait for us to call", "genitals"]
        {
            assert!(help.body.contains(words), "{words}: {}", help.body);
        }
        assert!(deeds(&app, visit).await.contains(&"intake.danger".to_owned()));
        let alerts = app.write(async |db| alert::open(db, app.cast.clinic).await).await;
        assert_eq!((alerts.len(), alerts[0].tier, alerts[0].visit), (1, Tier::Emergency, Some(visit)));
        assert!(alerts[0].about.told.contains("intake form"));
        // Nothing leads past it.
        for topic in ["", "/back", "/review"] {
            phone.open(&format!("/f/{}{topic}", phone.token)).await;
            assert_eq!(phone.topic(), "help", "{topic}");
        }
        let sent = phone.browser.post_as_is(&format!("/f/{}/review", phone.token), &[("act", "send")]).await;
        assert!(sent.leads_to().ends_with("/help"));
        assert!(intakes(&app).await.is_empty());

        // Pressed by mistake: the way on opens, and what was said stays written down.
        let page = phone.open(&format!("/f/{}/warning", phone.token)).await;
        phone.send(&page, &[("now", "no")], "next").await;
        assert_eq!(phone.topic(), "about");
        assert!(deeds(&app, visit).await.contains(&"intake.danger".to_owned()));
    }
}
