//! `GET /protocol/trial`: what last month's visits would have been sent by the draft, beside what they would have been
//! sent by the protocol as it is. Both are reckoned by today's answers, as if each visit was closed at its end.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;

use super::Desk;
use super::forecast::{moment, planned};
use crate::clinic::plan::PlannedEmail;
use crate::clinic::protocol::Step;
use crate::store;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say};

/// As far back as visits are tried.
const MONTH: SignedDuration = SignedDuration::from_hours(24 * 30);

/// More visits would take longer than somebody waits for a page.
const MOST_VISITS: u32 = 400;

/// So many visits that differ are listed; the rest is counted.
const MOST_LINES: usize = 40;

/// The page.
#[derive(Debug, Template)]
#[template(path = "protocol/trial.html")]
struct TrialPage {
    shell: Shell,
    has_draft: bool,
    next: u32,
    now_version: u32,
    /// "212 visits of the last 30 days".
    visits: String,
    /// Whether there were more than are tried.
    is_cut: bool,
    /// Each step with how many emails it makes now and with the draft.
    steps: Vec<(&'static str, usize, usize)>,
    total: (usize, usize),
    /// How many visits differ.
    differ: usize,
    lines: Vec<Line>,
    more: usize,
}

/// One visit that would be sent something else.
#[derive(Debug)]
struct Line {
    /// "Cleo Okafor, Fri 27 March, 16:00".
    title: String,
    path: String,
    differences: Vec<String>,
}

/// `GET /protocol/trial`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let now = desk.here.now.timestamp();
    let since = now.saturating_sub(MONTH).unwrap_or(now);
    let ids = store::visit::completed_between(&mut db, who.clinic, (since, now), MOST_VISITS + 1).await?;
    let most = usize::try_from(MOST_VISITS).unwrap_or(usize::MAX);
    let is_cut = ids.len() > most;
    let ids: Vec<_> = ids.into_iter().take(most).collect();
    let filed = store::case::of_visits(&mut db, &ids).await?;
    drop(db);
    let mut trial = Trial::default();
    let mut lines = Vec::new();
    for id in &ids {
        let Some(Ok(filed)) = filed.get(id) else { continue };
        // The visits of a day are sent one series, which hangs on one of them.
        if filed.series.page().id != *id {
            continue;
        }
        let case = filed.together(&web.catalogue);
        let before = planned(&web.catalogue, &desk.current, &case).emails;
        let after = planned(&web.catalogue, desk.protocol(), &case).emails;
        let differences = trial.add(&before, &after);
        if !differences.is_empty() {
            let ended = case.visit.ends_at.to_zoned(desk.here.profile.zone.rules().clone());
            let title = format!("{}, {}", case.full_name(), moment(&ended));
            lines.push(Line { title, path: format!("/visits/{id}"), differences });
        }
    }
    let (differ, more) = (lines.len(), lines.len().saturating_sub(MOST_LINES));
    lines.truncate(MOST_LINES);
    Ok(page(&TrialPage {
        shell: desk.here.shell(Room::Letters),
        has_draft: desk.draft.is_some(),
        next: desk.next(),
        now_version: desk.current.version,
        visits: say::count(trial.visits, "visit"),
        is_cut,
        total: trial.steps.values().fold((0, 0), |sum, (was, is)| (sum.0 + was, sum.1 + is)),
        steps: trial.steps.into_iter().map(|(step, (was, is))| (step.name(), was, is)).collect(),
        differ,
        lines,
        more,
    }))
}

/// What is counted.
#[derive(Debug, Default)]
struct Trial {
    visits: usize,
    steps: BTreeMap<Step, (usize, usize)>,
}

impl Trial {
    /// Counts one visit, and says what differs for it.
    fn add(&mut self, before: &[PlannedEmail], after: &[PlannedEmail]) -> Vec<String> {
        self.visits += 1;
        for email in before {
            self.steps.entry(email.step).or_default().0 += 1;
        }
        for email in after {
            self.steps.entry(email.step).or_default().1 += 1;
        }
        differences(before, after)
    }
}

/// What differs between two plans of one visit, in the order of the times.
fn differences(before: &[PlannedEmail], after: &[PlannedEmail]) -> Vec<String> {
    let find = |all: &[PlannedEmail], step| all.iter().find(|email| email.step == step).cloned();
    let mut told = Vec::new();
    for email in after {
        let (name, due) = (email.step.name(), moment(&email.due));
        match find(before, email.step) {
            None => told.push(format!("Would also get {name} on {due}")),
            Some(had) => {
                if had.due != email.due {
                    told.push(format!("{name} on {due}, not on {}", moment(&had.due)));
                }
                if had.letter != email.letter {
                    told.push(format!("{name} as “{}”, not as “{}”", email.letter.name(), had.letter.name()));
                }
                if had.content.check_in != email.content.check_in {
                    let with = if email.content.check_in { "with" } else { "without" };
                    told.push(format!("{name} {with} a check-in"));
                }
            }
        }
    }
    let gone = before.iter().filter(|had| find(after, had.step).is_none());
    told.extend(gone.map(|had| format!("Would not get {} of {}", had.step.name(), moment(&had.due))));
    told
}
