//! Forms that were begun and left.

use aftercare::clinic::intake::typed::Typed;
use aftercare::worker::ABANDONED;

use super::*;

#[tokio::test]
async fn a_form_nobody_came_back_to_for_a_month_is_removed_and_the_audit_says_so() {
    for app in TestApp::at(MORNING).await {
        let begun = app.now();
        let of = Of { client: app.cast.cleo, visit: None };
        let by = (draft::By::Staff(app.cast.rosa), begun);
        app.write(async |db| draft::save(db, app.cast.clinic, of, 0, &Typed::default(), by).await).await.expect("kept");
        app.clock.set(begun + ABANDONED);
        assert_eq!(app.worker.tidy().await.expect("tidies"), 0, "a month is not over");
        app.advance(SignedDuration::from_secs(60));
        assert_eq!(app.worker.tidy().await.expect("tidies"), 1);
        assert_eq!(app.worker.tidy().await.expect("tidies"), 0);
        assert!(app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.is_none());
        assert!(deeds(&app, app.cast.cleo).await.contains(&"intake.draft.removed".to_owned()));
    }
}
