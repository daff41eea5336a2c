//! The rules of pages, held on every page of the register.

use super::*;

#[tokio::test]
async fn every_page_of_the_register_keeps_the_rules_of_pages() {
    for app in TestApp::at(NOW).await {
        app.answer(&["varicose_veins"]).await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut theo = app.sign_in("Theo").await;
        let cleo = app.cast.cleo;
        for path in [
            "/clients".to_owned(),
            "/clients?q=oka".to_owned(),
            "/clients?q=nobody".to_owned(),
            "/clients/new".to_owned(),
            format!("/clients/{cleo}"),
            format!("/clients/{cleo}?show=consents"),
            format!("/clients/{cleo}/edit"),
            format!("/clients/{cleo}/consents/aftercare_email"),
            format!("/clients/{cleo}/consents/marketing"),
            format!("/visits/{visit}/handout"),
        ] {
            let page = theo.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            keeps_the_rules(&path, &page.body);
        }
        let wrong = theo.post("/clients", &form(&[("born", "31 2 1980"), ("email", "")])).await;
        keeps_the_rules("a wrong form", &wrong.body);
    }
}

fn keeps_the_rules(path: &str, html: &str) {
    for forbidden in ["<style", " style=", "onclick=", "javascript:"] {
        assert!(!html.contains(forbidden), "{path} holds {forbidden}");
    }
    assert!(html.len() < 150_000, "{path} has {} bytes", html.len());
    let levels: Vec<u32> = html
        .match_indices("<h")
        .filter_map(|(at, _)| html[at + 2..].chars().next().and_then(|digit| digit.to_digit(10)))
        .collect();
    assert!(
        levels.first() == Some(&1) && levels.iter().filter(|level| **level == 1).count() == 1,
        "{path}: {levels:?}"
    );
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path} skips a level: {levels:?}");
    // Every field that is seen has a label of its own, and no id stands twice.
    for input in html.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let Some((_, id)) = input.split_once("id=\"") else { continue };
        let id = id.split('"').next().unwrap_or_default();
        assert!(html.contains(&format!("<label for=\"{id}\"")), "{path}: no label for {id}");
    }
    let main = html.split_once("</header>").map_or(html, |(_, main)| main);
    let ids: Vec<&str> = main.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    let once: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "{path}: an id stands twice in {ids:?}");
}
