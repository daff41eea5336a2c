//! What the pages of accounts and of the first set-up look like, through the real router. Ids, tokens
//! and digests are left out.

use aftercare::web::setup;

use crate::support::app::TestApp;

/// One element a line, so that a change of the page is a line of the snapshot.
fn form(html: &str) -> String {
    let main = html.split_once("<main").map_or(html, |(_, main)| main);
    // The zones of the world come and go with their own releases.
    let main = match (main.find("<datalist"), main.find("</datalist>")) {
        (Some(from), Some(to)) => format!("{}{}", &main[..from], &main[to..]),
        _ => main.to_owned(),
    };
    main.replace("><", ">\n<").lines().fold(String::new(), |all, line| all + line + "\n")
}

pub fn keep(name: &str, html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{name}");
    assert!(!html.contains(" style=") && !html.contains("<script>"), "{name}");
    assert!(html.len() < 150_000, "{name} has {} bytes", html.len());
    insta::with_settings!({
        snapshot_path => "snapshots/pages",
        prepend_module_to_snapshot => false,
        filters => [(r"[0-9a-f]{64}", "SECRET"), (r"/(p|a|c|f)/[A-Za-z0-9_-]{40}", "/$1/TOKEN"), (r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID")],
    }, {
        insta::assert_snapshot!(name, form(html));
    });
}

#[tokio::test]
async fn the_pages_of_accounts_are_as_they_were() {
    // They are the same on both engines, which their own tests show.
    let mut apps = TestApp::at("2026-01-05T08:00:00Z").await;
    let app = apps.remove(0);
    let mut ada = app.sign_in("Ada").await;
    for (name, path) in [("account", "/account"), ("people", "/people"), ("welcome", "/welcome")] {
        keep(name, &ada.get(path).await.body);
    }
    let made = ada.post(&format!("/people/{}/password-link", app.cast.rosa), &[]).await;
    keep("people_link", &made.body);
    let wrong = [("old_password", "not this one"), ("password", "short"), ("password_again", "other")];
    keep("account_wrong", &ada.post("/account/password", &wrong).await.body);
    let mut visitor = app.visitor();
    keep("sign_in", &visitor.get("/sign-in").await.body);
    let tried = [("email", "rosa@example.org"), ("password", "wrong")];
    keep("sign_in_wrong", &visitor.post_as_is("/sign-in", &tried).await.body);
    let link = made.body.split("lindenhof.example/password/").nth(1).expect("a link");
    keep("password", &visitor.get(&format!("/password/{}", &link[..64])).await.body);

    app.sql("update account set login_id = null").await;
    for table in ["session", "password_link", "login"] {
        app.sql(&format!("delete from {table}")).await;
    }
    app.sql("delete from visit").await;
    app.sql("delete from account").await;
    let secret = setup::new_link(&app.engine.store, app.now()).await.expect("a link").expect("nobody is here");
    keep("setup", &visitor.get(&format!("/setup/{secret}")).await.body);
}

#[tokio::test]
async fn the_pages_of_clients_and_notes_are_as_they_were() {
    let mut app = TestApp::at("2026-01-05T08:00:00Z").await.remove(0);
    app.due_mail_may_stay = true;
    app.answer(&["low_back_sensitive"]).await;
    let visit = app.visited("2026-01-05T09:00:00Z").await;
    let mut theo = app.sign_in("Theo").await;
    let decided = [("version", "0"), ("act", "accept_all")];
    assert_eq!(theo.post(&format!("/visits/{visit}/note"), &decided).await.status.as_u16(), 303);
    let cleo = format!("/clients/{}", app.cast.cleo);
    for (name, path) in [
        ("client", cleo.clone()),
        ("client_edit", format!("{cleo}/edit")),
        ("client_consent", format!("{cleo}/consents/aftercare_email")),
        ("client_clearance", format!("{cleo}/clearance")),
        ("clients", "/clients?q=cleo".into()),
        ("notes", "/notes".into()),
        ("note_print", format!("/visits/{visit}/note/print")),
        ("handout", format!("/visits/{visit}/handout")),
    ] {
        let page = theo.get(&path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        keep(name, &page.body);
    }
    let mut rosa = app.sign_in("Rosa").await;
    keep("client_reception", &rosa.get(&cleo).await.body);
    keep("visit_reception", &rosa.get(&format!("/visits/{visit}")).await.body);
    let wrong =
        [("id", "019b8d2b-8c00-7000-8000-00000000000a"), ("first_name", ""), ("born", "31 2 1980"), ("email", "no")];
    keep("client_new_wrong", &rosa.post("/clients", &wrong).await.body);
}
