//! Signing in and the door to every staff page, through the real router.

use aftercare::clinic::signin;
use aftercare::seal::password;
use aftercare::store::login;
use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "a long walk by the canal";

async fn with_password(app: &TestApp, name: &str) {
    let (clinic, account) = app.cast.staff(name);
    let hash = password::hash(PASSWORD).expect("a hash");
    let now = app.now();
    app.write(async |db| {
        let login = login::of_account(db, clinic, account).await?.expect("an account");
        login::set_password(db, login, &hash, now).await
    })
    .await;
}

#[tokio::test]
async fn a_password_opens_the_house_and_signing_out_closes_it() {
    for app in TestApp::at(MORNING).await {
        with_password(&app, "Rosa").await;
        let mut rosa = app.visitor();
        let door = rosa.get("/day?on=2026-01-05").await;
        assert_eq!((door.status, door.leads_to()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Fday%3Fon%3D2026-01-05"));
        let typed = [("email", "ROSA@example.org"), ("password", PASSWORD), ("next", "/day?on=2026-01-05")];
        let entered = rosa.post_as_is("/sign-in", &typed).await;
        assert_eq!((entered.status, entered.leads_to()), (StatusCode::SEE_OTHER, "/day?on=2026-01-05"));
        let cookie = entered.header("set-cookie");
        assert!(cookie.starts_with("__Host-aftercare=") && cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"));
        let day = rosa.get("/day").await;
        assert!(day.status == StatusCode::OK && day.body.contains("Rosa Muster"), "{}", day.status);
        assert_eq!(rosa.get("/").await.leads_to(), "/day");
        let mut stolen = rosa.clone();
        let left = rosa.post("/sign-out", &[]).await;
        assert_eq!((left.leads_to(), left.header("clear-site-data")), ("/sign-in", "\"cache\", \"storage\""));
        assert_eq!(stolen.get("/day").await.status, StatusCode::SEE_OTHER, "the cookie is worth nothing now");
        let told = app.ask("select action from audit where kind = 'account' order by id").await;
        assert_eq!(told, ["session.began", "session.ended"]);
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    for app in TestApp::at(MORNING).await {
        with_password(&app, "Rosa").await;
        let mut pages = Vec::new();
        // Theo has an account and no password yet.
        for email in ["rosa@example.org", "nobody@example.org", "theo@example.org", "no address", "\0"] {
            let mut visitor = app.visitor();
            let answer = visitor.post_as_is("/sign-in", &[("email", email), ("password", "wrong wrong wrong")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email:?}");
            assert!(visitor.secret.is_none());
            pages.push(answer.body.replace(email, ""));
        }
        assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "the pages tell them apart");
    }
}

#[tokio::test]
async fn the_door_closes_after_ten_wrong_tries_and_stays_closed_over_a_restart() {
    for app in TestApp::at(MORNING).await {
        with_password(&app, "Rosa").await;
        for _ in 0..10 {
            // Each time another program on the same database.
            let wrong = [("email", "Rosa@example.org "), ("password", "wrong wrong wrong")];
            assert_eq!(app.visitor().post_as_is("/sign-in", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let right = [("email", "rosa@example.org"), ("password", PASSWORD)];
        let closed = app.visitor().post_as_is("/sign-in", &right).await;
        assert_eq!((closed.status, closed.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
        assert!(closed.body.contains("Try again in 15 minutes"));
        app.advance(SignedDuration::from_mins(15));
        assert_eq!(app.visitor().post_as_is("/sign-in", &right).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select id from sign_in_failure").await, [""; 0], "who came in is forgiven");
    }
}

#[tokio::test]
async fn a_lost_session_keeps_the_draft_for_the_same_person_only() {
    for app in TestApp::at(MORNING).await {
        with_password(&app, "Theo").await;
        with_password(&app, "Rosa").await;
        let mut theo = app.sign_in("Theo").await;
        let csrf = theo.csrf();
        app.advance(SignedDuration::from_mins(31));
        let typed = [("csrf", csrf.as_str()), ("account", "keeps <the> draft"), ("line", "one\r\ntwo")];
        let late = theo.post_as_is("/account/clinic", &typed).await;
        assert_eq!(late.status, StatusCode::UNAUTHORIZED);
        assert!(!late.body.contains("keeps") && late.body.contains("what you typed comes back"), "it is sealed");
        let draft = late.body.split("name=\"draft\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let draft = draft.expect("a draft").to_owned();

        let wrong = [("email", "theo@example.org"), ("password", "no no no no no"), ("draft", draft.as_str())];
        assert!(app.visitor().post_as_is("/sign-in", &wrong).await.body.contains(&draft), "a slip loses nothing");
        let other = [("email", "rosa@example.org"), ("password", PASSWORD), ("draft", draft.as_str())];
        let rosa = app.visitor().post_as_is("/sign-in", &other).await;
        assert!(rosa.status == StatusCode::SEE_OTHER && !rosa.body.contains("keeps"), "it is not hers");
        let own = [("email", "theo@example.org"), ("password", PASSWORD), ("draft", draft.as_str())];
        let back = theo.post_as_is("/sign-in", &own).await;
        assert_eq!(back.status, StatusCode::OK);
        assert!(back.body.contains("keeps &#60;the&#62; draft") && back.body.contains("one\r\ntwo"));
        assert!(back.body.contains(&theo.csrf()) && back.body.contains("action=\"/account/clinic\""));

        // A script keeps its page as it is, a forged form is not carried, a password neither.
        app.advance(SignedDuration::from_mins(31));
        theo.headers = vec![("hx-request", "true".into())];
        let part = theo.post("/account/clinic", &[("account", "x")]).await;
        assert_eq!((part.status, part.body.as_str()), (StatusCode::UNAUTHORIZED, "You are signed out."));
        theo.headers.clear();
        let forged = theo.post_as_is("/account/clinic", &[("csrf", "x"), ("account", "x")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        let secret = theo.post("/account/password", &[("old_password", PASSWORD)]).await;
        assert!(secret.status == StatusCode::UNAUTHORIZED && !secret.body.contains("name=\"draft\""));
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_and_polling_does_not_keep_it() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        app.advance(SignedDuration::from_mins(20));
        assert_eq!(theo.get("/day").await.status, StatusCode::OK);
        app.advance(SignedDuration::from_mins(20));
        assert_eq!(theo.get("/day?poll=1").await.status, StatusCode::OK);
        theo.headers.push(("hx-polling", "true".into()));
        assert_eq!(theo.get("/day").await.status, StatusCode::OK);
        theo.headers.clear();
        app.advance(SignedDuration::from_mins(10));
        assert_eq!(theo.get("/day").await.status, StatusCode::SEE_OTHER, "30 minutes since the last use");

        let mut busy = app.sign_in("Theo").await;
        for _ in 0..35 {
            app.advance(SignedDuration::from_mins(20));
            assert_eq!(busy.get("/day").await.status, StatusCode::OK);
        }
        app.advance(SignedDuration::from_mins(20));
        assert_eq!(signin::LONGEST, SignedDuration::from_mins(36 * 20));
        assert_eq!(busy.get("/day").await.status, StatusCode::SEE_OTHER, "12 hours after it began");
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        let stranger = app.sign_in("Rosa").await;
        let token = stranger.csrf();
        for fields in [vec![], vec![("csrf", "")], vec![("csrf", token.as_str())]] {
            assert_eq!(theo.post_as_is("/sign-out", &fields).await.status, StatusCode::FORBIDDEN, "{fields:?}");
        }
        let own = theo.csrf();
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            theo.headers = vec![(name, value.into())];
            let answer = theo.post_as_is("/sign-out", &[("csrf", &own)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        }
        theo.headers = vec![("origin", "https://lindenhof.example".into())];
        let plain = theo.send(axum::http::Method::POST, "/sign-out", None).await;
        assert_eq!(plain.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "no form at all");
        let huge = "x".repeat(600 * 1024);
        let answer = theo.post("/sign-out", &[("more", &huge)]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(theo.get("/day").await.status, StatusCode::OK, "Theo is still signed in");
        assert_eq!(theo.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn reception_is_kept_from_health_and_otto_from_this_clinic() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let path = format!("/visits/{visit}");
        let seen = app.sign_in("Theo").await.get(&path).await;
        assert!(seen.status == StatusCode::OK && seen.body.contains("Cleo"));
        let denied = app.sign_in("Rosa").await.get(&format!("{path}/emails/same_day")).await;
        assert!(denied.status == StatusCode::FORBIDDEN && !denied.body.contains("Cleo"));
        let strange = app.sign_in("Otto").await.get(&path).await;
        assert!(strange.status == StatusCode::NOT_FOUND && !strange.body.contains("Cleo"));
        let theirs = app.sign_in("Otto").await.get("/day?on=2026-01-05").await;
        assert!(theirs.status == StatusCode::OK && !theirs.body.contains("Cleo"));
        let told =
            app.ask(&format!("select who from audit where action = 'visit.viewed' and record_id = '{visit}'")).await;
        assert_eq!(told, [app.cast.theo.to_string()], "who looked, and nobody else");
    }
}

#[tokio::test]
async fn who_holds_too_many_dead_links_waits_and_others_do_not() {
    for app in TestApp::at(MORNING).await {
        let mut guesser = app.visitor();
        guesser.peer = Some("10.0.0.2:5000".parse().expect("a peer"));
        // What stands before the server's own word is made up anew for each try.
        let via = |guess: usize, place: &str| vec![("x-forwarded-for", format!("198.51.100.{guess}, {place}"))];
        for guess in 0..60 {
            guesser.headers = via(guess, "203.0.113.9");
            let path = if guess % 2 == 0 { "password" } else { "setup" };
            let answer = guesser.get(&format!("/{path}/{guess:064}")).await;
            assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "try {guess}");
        }
        let late = guesser.get("/password/x").await;
        assert_eq!((late.status, late.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
        guesser.headers = via(0, "203.0.113.10");
        assert_ne!(guesser.get("/password/x").await.status, StatusCode::TOO_MANY_REQUESTS, "somebody else");
        app.advance(SignedDuration::from_mins(15));
        guesser.headers = via(0, "203.0.113.9");
        assert_ne!(guesser.get("/password/x").await.status, StatusCode::TOO_MANY_REQUESTS);
    }
}
