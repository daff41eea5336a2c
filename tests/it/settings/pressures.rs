//! Usual pressures: what a booking starts with, and nothing else.

use axum::http::StatusCode;

use super::field;
use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";

#[tokio::test]
async fn a_booking_begins_with_what_the_clinic_usually_does() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/settings/pressures").await;
        assert!(page.body.contains("As the catalogue has it: moderate"), "{}", page.body);
        let version = field(&page, "version");
        let fields = [("version", version.as_str()), ("pressure.swedish", "firm"), ("pressure.made_up", "firm")];
        let saved = ada.post("/settings/pressures", &fields).await;
        assert_eq!((saved.status, saved.leads_to()), (StatusCode::SEE_OTHER, "/settings/pressures"), "{}", saved.body);
        assert_eq!(app.ask("select technique from usual_pressure").await, ["swedish"]);
        assert_eq!(
            app.ask("select action from audit where kind = 'clinic' and action like 'clinic.%'").await,
            ["clinic.changed:pressures"]
        );
        let mut rosa = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let form = rosa.get(&format!("/visits/new?client={cleo}")).await;
        assert!(form.body.contains("<option value=\"usual\" selected>"), "{}", form.body);
        let firm = form.body.split("Usually firm: ").nth(1).and_then(|rest| rest.split('.').next());
        assert!(firm.is_some_and(|firm| firm.contains("Swedish")), "{}", form.body);
        let key = field(&form, "key");
        let book = [
            ("client", cleo.as_str()),
            ("key", key.as_str()),
            ("date", "2026-01-07"),
            ("time", "10:00"),
            ("minutes", "60"),
            ("technique", "swedish"),
            ("pressure", "usual"),
        ];
        let booked = rosa.post("/visits", &book).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.body);
        let visit = booked.leads_to().split_once("told=").expect("a visit").1.parse().expect("an id");
        let made = app.write(async |db| aftercare::store::visit::find(db, app.cast.clinic, visit).await).await;
        assert_eq!(made.expect("a visit").treatment.pressure.word(), "firm");
    }
}

#[tokio::test]
async fn a_pressure_that_the_technique_cannot_have_is_refused_and_the_second_of_two_is_told() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        for (technique, pressure, says) in [
            ("pressure.deep_tissue", "light", "not done so lightly"),
            ("pressure.swedish", "harder", "Choose light, moderate or firm"),
        ] {
            let refused = ada.post("/settings/pressures", &[("version", "1"), (technique, pressure)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(says), "{}", refused.body);
        }
        let mut second = app.sign_in("Ada").await;
        assert_eq!(
            second.post("/settings/pressures", &[("version", "1"), ("pressure.swedish", "light")]).await.status,
            StatusCode::SEE_OTHER
        );
        let late = ada.post("/settings/pressures", &[("version", "1"), ("pressure.chair", "light")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Somebody else changed the settings meanwhile"), "{}", late.body);
        assert_eq!(app.ask("select technique from usual_pressure").await, ["swedish"]);
        assert_eq!(app.sign_in("Otto").await.get("/settings/pressures").await.status, StatusCode::OK);
    }
}
