//! Reception's day through the real router, on both engines: booking, moving, calling off, and what
//! each does to the emails that wait.

mod board;
mod booking;
mod calling_off;
mod looks;
mod moving;
mod technique;

use aftercare::clinic::ids::VisitId;

use crate::support::app::TestApp;
use crate::support::browser::Answer;

/// Monday, 09:00 by the clinic's clock (Berlin).
const MORNING: &str = "2026-01-05T08:00:00Z";

/// The value of the first field of this name that a page holds.
fn field(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.body.split_once(&start).unwrap_or_else(|| panic!("no {name} on the page:\n{}", page.body)).1;
    found.split_once('"').expect("an end").0.to_owned()
}

/// The visit that a redirect to the board tells of.
fn told(answer: &Answer) -> VisitId {
    let id = answer.leads_to().split_once("told=").unwrap_or_else(|| panic!("{:?}", answer.status)).1;
    id.parse().expect("an id")
}

/// A booking form for Cleo.
fn form<'a>(client: &'a str, date: &'a str, time: &'a str, key: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("client", client),
        ("key", key),
        ("date", date),
        ("time", time),
        ("minutes", "60"),
        ("therapist", ""),
        ("technique", "swedish"),
        ("pressure", "moderate"),
        ("regions", "lower_back"),
    ]
}

/// Everything a person cares about, as text.
async fn world(app: &TestApp) -> Vec<String> {
    let mut all =
        app.ask("select id || state || cast(starts_at as text) || cast(version as text) from visit order by id").await;
    all.extend(
        app.ask("select id || state || cast(due_at as text) || coalesce(reason, '') from email order by id").await,
    );
    all.extend(app.ask("select key from booking_form order by key").await);
    all
}
