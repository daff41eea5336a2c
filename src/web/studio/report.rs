//! The gate's report as a page shows it.

use askama::Template;

use super::{Desk, language};
use crate::clinic::letter::gate::{Report, examine};
use crate::clinic::letter::{Finding, Letter, Severity};
use crate::mail::letter::trial::Draft;
use crate::web::{Web, say};

/// A report, failures first.
#[derive(Clone, Debug, Template)]
#[template(path = "studio/report.html")]
pub(in crate::web) struct ReportView {
    /// "2 to fix", or that there is nothing.
    pub verdict: String,
    /// Whether it may be published.
    pub is_fine: bool,
    pub findings: Vec<Found>,
    pub passed: Vec<String>,
}

/// One finding.
#[derive(Clone, Debug)]
pub(in crate::web) struct Found {
    pub refuses: bool,
    pub place: String,
    pub says: String,
    pub instead: String,
    /// Where to go and change it.
    pub href: String,
}

impl ReportView {
    pub fn of(report: &Report, path: &str) -> Self {
        let refusals = report.refusals();
        let found = |finding: &Finding| Found {
            refuses: finding.severity == Severity::Refuse,
            place: say::capital(&finding.where_it_is()),
            // The page ends the sentence; some that come from a field have ended already.
            says: say::capital(finding.says.trim_end_matches('.')),
            instead: finding.instead.clone().unwrap_or_default(),
            href: finding.block.map_or_else(|| path.to_owned(), |at| format!("{path}#block-{at}")),
        };
        Self {
            verdict: match refusals {
                0 => "Nothing to fix".into(),
                many => format!("{many} to fix"),
            },
            is_fine: refusals == 0,
            findings: report.findings.iter().map(found).collect(),
            passed: report.passed.clone(),
        }
    }
}

/// What can be said while somebody types.
pub(super) fn quick(web: &Web, desk: &Desk, letter: &Letter) -> Report {
    let mut report = examine(letter, &desk.locale, &web.catalogue, &desk.shelf.claims());
    if let Some((other, parts)) = desk.shelf.behind(web, &desk.locale, desk.letter) {
        let other = language(&other);
        let says = format!("{other} is newer: {} changed there since", say::count(parts.len(), "part"));
        report.findings.push(Finding::warning("letter", says));
    }
    report.and(Report::default())
}

/// Everything, with the letter filled for everybody the catalogue knows. Takes a moment, so it runs beside the
/// threads that answer.
pub(super) async fn whole(web: &Web, desk: &Desk, letter: &Letter) -> Report {
    let report = quick(web, desk, letter);
    // What is wrong with its fields is told already; the rest of it is tried out all the same.
    let is_whole = report.may_be_published();
    let letter = if is_whole { letter.clone() } else { letter.clone().mended() };
    let (web, locale) = (web.clone(), desk.locale.clone());
    let clinic = desk.shelf.here.profile.clone();
    let tried = tokio::task::spawn_blocking(move || {
        match Draft::of(web.letters.compiled(), &web.catalogue, &locale, &letter) {
            Ok(draft) => draft.try_out(&clinic, &web.letters.links()),
            Err(_) if !is_whole => Report::default(),
            Err(problem) => refused(format!("cannot be put together: {problem}")),
        }
    });
    report.and(tried.await.unwrap_or_else(|_| refused("could not be tried out".into())))
}

/// A report of one thing that refuses.
fn refused(says: String) -> Report {
    Report { findings: vec![Finding::new("letter", says)], passed: Vec::new() }
}
