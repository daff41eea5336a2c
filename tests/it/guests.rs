//! Pages for clients: links that open them, links that do not work any more, and what a client can do there.

mod address;
mod in_spanish;
mod letters;
mod links;
mod look;
mod looks;
mod races;
mod scanners;
mod stopping;
mod wishes;

use aftercare::clinic::ids::{ClientId, VisitId};
use aftercare::clinic::link::Purpose;
use aftercare::store::link::{self, NewLink};
use jiff::Timestamp;

use crate::support::app::TestApp;

/// A check-in that says all is fine.
const FINE: [(&str, &str); 3] = [("pain", "2"), ("compared", "better"), ("none", "1")];

const MORNING: &str = "2026-01-05T06:30:00Z";

/// An app whose emails carry links.
async fn reachable(now: &str) -> Vec<TestApp> {
    let mut apps = TestApp::at(now).await;
    for app in &mut apps {
        app.worker.base_url = Some("https://care.lindenhof.example".parse().expect("an address"));
    }
    apps
}

/// The token of a new link for Cleo.
async fn link_for(app: &TestApp, purpose: Purpose, visit: Option<VisitId>) -> String {
    link_of(app, app.cast.cleo, purpose, visit, app.now()).await
}

async fn link_of(
    app: &TestApp,
    client: ClientId,
    purpose: Purpose,
    visit: Option<VisitId>,
    visit_ends: Timestamp,
) -> String {
    let new = NewLink { client, visit, purpose, ends_at: purpose.ends_at(app.now(), visit_ends) };
    app.write(async |db| link::keep(db, app.cast.clinic, new, app.now()).await).await
}

/// The links of our own pages in an email, as paths, in the order they stand in.
fn paths(text: &str) -> Vec<String> {
    let starts = text.split("https://care.lindenhof.example").skip(1);
    starts.map(|rest| rest.split([' ', '\n', '\r', '"', '>', '<', ')']).next().unwrap_or_default().to_owned()).collect()
}
