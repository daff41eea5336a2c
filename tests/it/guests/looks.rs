//! What the pages for clients look like, in both languages, and what holds for all of them.

use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::{Step, Stream};

use super::{MORNING, link_for, reachable};
use crate::looks::keep;

#[tokio::test]
async fn the_pages_of_clients_are_as_they_were() {
    // They are the same on both engines, which their own tests show.
    let mut app = reachable(MORNING).await.remove(0);
    let visit = app.visited("2026-01-05T07:00:00Z").await;
    app.go_to("2026-01-05T11:00:00Z");
    app.run_worker().await;
    let mut guest = app.visitor();
    let page = link_for(&app, Purpose::Preferences, None).await;
    let stop = link_for(&app, Purpose::Stop(Stream::Aftercare), Some(visit)).await;
    let again = link_for(&app, Purpose::Reread(Step::SameDay), Some(visit)).await;
    for lang in ["en", "es"] {
        let name = |what: &str| format!("guest_{what}_{lang}");
        keep(&name("preferences"), &guest.get(&format!("/p/{page}?lang={lang}")).await.body);
        keep(&name("stop"), &guest.get(&format!("/p/{stop}?lang={lang}")).await.body);
        keep(&name("letter"), &guest.get(&format!("/a/{again}?lang={lang}")).await.body);
        keep(&name("unknown"), &guest.get(&format!("/a/none?lang={lang}")).await.body);
        let stopped = guest.post_as_is(&format!("/p/{page}/stop?lang={lang}"), &[("topic", "aftercare")]).await;
        keep(&name("stopped"), &guest.get(stopped.leads_to()).await.body);
        guest.post_as_is(&format!("/p/{page}/resume?lang={lang}"), &[("topic", "aftercare")]).await;
    }
    app.due_mail_may_stay = true;
}
