//! Reception's day through the real router, on both engines.

mod board;

use crate::support::app::TestApp;

/// Monday, 09:00 by the clinic's clock (Berlin).
const MORNING: &str = "2026-01-05T08:00:00Z";

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
