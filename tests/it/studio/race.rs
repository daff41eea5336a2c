//! Publishing while mail goes out, and a version that nothing can be made of.

use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::Step;
use aftercare::store::audit::Entry;
use aftercare::store::letter;

use super::{form, send, set};
use crate::support::app::TestApp;

const SAME: &str = "/letters/same_day/en";

#[tokio::test]
async fn publishing_and_moving_while_mail_goes_out_breaks_no_email() {
    for mut app in TestApp::at("2026-01-05T12:00:00Z").await {
        app.due_mail_may_stay = true;
        let visits = app.owed(60, "2026-01-05T12:00:00Z").await;
        app.sql("update email set letter_version = 1, locale = 'en'").await;
        let mut ada = app.sign_in("Ada").await;
        let admin = async {
            for words in ["The second words.", "The third words.", "The fourth words."] {
                let mut fields = form(&mut ada, SAME, SAME).await;
                set(&mut fields, "b0.body", words);
                assert!(send(&mut ada, SAME, &fields).await.status.is_redirection());
                let draft = app.ask("select cast(version as text) from letter_draft").await.remove(0);
                let path = format!("{SAME}/publication");
                let answer = ada.post(&path, &[("draft", &draft), ("note", "")]).await;
                assert!(answer.status.is_redirection(), "{}", answer.body);
                let newest = app.ask("select cast(max(version) as text) from letter_version").await.remove(0);
                let old = newest.parse::<u32>().expect("a number") - 1;
                let path = format!("{SAME}/waiting");
                let answer = ada.post(&path, &[("from", &old.to_string()), ("to", &newest)]).await;
                assert!(answer.status.is_redirection(), "{}", answer.body);
            }
        };
        tokio::join!(admin, async {
            for _ in 0..3 {
                app.run_worker().await;
            }
        });
        app.run_worker().await;
        let words = ["We hope you feel well", "The second words.", "The third words.", "The fourth words."];
        let mut seen = [0; 4];
        for visit in visits {
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!(email.state, State::Sent, "{:?}", email.reason);
            let frozen = app.frozen(email.id).await.expect("its copy");
            let version = usize::try_from(frozen.made_of.letter_version).expect("small");
            let body = String::from_utf8_lossy(&frozen.bytes).into_owned();
            assert!(body.contains(words[version - 1]), "version {version} says other words");
            seen[version - 1] += 1;
        }
        println!("sent while three versions were published: {seen:?}");
        assert_eq!(app.taken().len(), 60, "each once");
    }
}

/// A client without warning signs is worse off than one who reads the house's words.
#[tokio::test]
async fn in_the_place_of_a_version_nothing_can_be_made_of_the_one_that_ships_goes_out() {
    for app in TestApp::at("2026-01-05T12:00:00Z").await {
        let visits = app.owed(3, "2026-01-05T12:00:00Z").await;
        // As no page would write it: a letter without signs, and a field that does not exist.
        let body = |version: u32| {
            serde_json::json!({
                "id": "same_day", "version": version, "subject": "Hi", "preheader": "Hi", "masthead": "Hi", "heading": "Hi",
                "block": [{ "kind": "text", "body": "{{ nobody }}" }, { "kind": "contact" }]
            })
        };
        let (clinic, ada) = app.cast.staff("Ada");
        for version in [7, 8] {
            let letter = serde_json::from_value(body(version)).expect("a letter by its shape");
            app.write(async |db| {
                let key = letter::Key { clinic, locale: "en", letter: LetterId::SameDay };
                let entry = Entry::system(clinic, app.now(), "letter.published", "letter", "x".into());
                letter::publish(db, key, &letter, "", &entry, ada).await
            })
            .await;
        }
        app.sql("update letter_version set body = 'no letter at all' where version = 8").await;
        app.sql("update email set letter_version = 1, locale = 'en'").await;
        for (visit, version) in [(visits[1], 7), (visits[2], 8)] {
            app.sql(&format!("update email set letter_version = {version} where visit_id = '{visit}'")).await;
        }
        app.run_worker().await;
        for visit in visits {
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!(email.state, State::Sent);
            let made_of = app.frozen(email.id).await.expect("is kept").made_of;
            assert!(made_of.letter_version == 1 && !made_of.content.warning_signs.is_empty());
        }
    }
}
