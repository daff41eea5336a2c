//! The page of a protocol: its steps as fields, its timeline for a sample client, and what the gate says.

use askama::Template;
use jiff::civil::Time;

use super::Desk;
use super::forecast::{Forecast, sample};
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::changes::shown_for;
use crate::clinic::letter::sample::People;
use crate::clinic::outbox::Uncertainty;
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::changes::between;
use crate::clinic::protocol::{MOST_STEPS, Protocol, Repeats, Step, StepRule, Timing};
use crate::web::form::Fields;
use crate::web::say;
use crate::web::shell::{Room, Shell};
use crate::web::studio::report::ReportView;
use crate::web::studio::versions::PartView;
use crate::web::studio::view::WhenView;
use crate::web::{Web, assets};

/// So many of the next times are told.
const NEXT_TIMES: usize = 5;

/// As far as the next times are looked for, in years: long enough for a 29 February.
const YEARS: i64 = 9;

/// The ways a step after a visit can be set.
const KINDS: [(&str, &str); 3] =
    [("days", "On a day after the visit"), ("hours", "Some hours after the visit"), ("repeats", "Again and again")];

/// The letters that speak of a visit that is over.
const AFTER: [(&str, &str); 4] =
    [choice(LetterId::SameDay), choice(LetterId::DayOne), choice(LetterId::DayThree), choice(LetterId::DaySeven)];

/// The letter that speaks of a visit to come.
const BEFORE: [(&str, &str); 1] = [choice(LetterId::Prepare)];

const fn choice(letter: LetterId) -> (&'static str, &'static str) {
    (letter.id(), letter.name())
}

/// `GET /protocol`.
#[derive(Debug, Template)]
#[template(path = "protocol/edit.html")]
pub(super) struct EditPage {
    pub shell: Shell,
    pub script: String,
    /// "Draft of version 2", or "Version 1, as it ships".
    pub state: String,
    /// "Saved by Ada Osei, today 10:41", or nothing.
    pub saved: String,
    /// The version of the draft this page was made from; 0 without one.
    pub draft: u32,
    pub may_undo: bool,
    pub steps: Vec<StepView>,
    /// What one can add: the act and its words.
    pub more: Vec<(String, String)>,
    /// Value and words of everybody the timeline can be looked at as.
    pub people: Vec<(String, String)>,
    pub person: String,
    pub timeline: TimelineView,
    pub report: ReportView,
    pub errors: FieldErrors,
    pub theirs: Option<Theirs>,
}

/// Another draft that was saved meanwhile.
#[derive(Debug)]
pub(super) struct Theirs {
    pub by: String,
    pub parts: Vec<PartView>,
}

/// The timeline alone.
#[derive(Debug, Template)]
#[template(path = "protocol/timeline.html")]
pub(super) struct TimelineView {
    forecast: Option<Forecast>,
}

impl TimelineView {
    /// The timeline for this sample; nothing when there is no such sample.
    pub fn of(web: &Web, desk: &Desk, protocol: &Protocol, person: &str) -> Self {
        let case = sample(&web.catalogue, &desk.here.profile, person, &desk.here.now);
        Self { forecast: case.map(|case| Forecast::of(&web.catalogue, protocol, &case)) }
    }
}

/// One step.
#[derive(Debug)]
pub(super) struct StepView {
    pub at: usize,
    pub id: &'static str,
    pub name: &'static str,
    /// What its fields are called.
    pub names: Names,
    /// "3 days after the visit, at 09:00".
    pub when: String,
    pub kind: &'static str,
    /// The kinds one can choose, when there is a choice.
    pub kinds: &'static [(&'static str, &'static str)],
    pub after: String,
    pub after_label: &'static str,
    pub hour: String,
    pub hour_hint: &'static str,
    pub cron: String,
    pub times: String,
    /// The expression in words.
    pub explained: String,
    /// The next times of it, were a visit today.
    pub next: Vec<String>,
    pub letter: &'static str,
    pub letters: &'static [(&'static str, &'static str)],
    pub useful: String,
    pub check_in: bool,
    pub from: String,
    pub to: String,
    pub fate: &'static str,
    /// For whom; nothing for the first email, which is for everyone.
    pub who: Option<WhoView>,
    pub may_go: bool,
}

/// The names of the fields of a step.
#[derive(Debug)]
pub(super) struct Names {
    pub kind: String,
    pub after: String,
    pub at: String,
    pub cron: String,
    pub times: String,
    pub letter: String,
    pub useful: String,
    pub from: String,
    pub to: String,
}

impl Names {
    fn of(at: usize) -> Self {
        let name = |field: &str| format!("b{at}.{field}");
        Self {
            kind: name("kind"),
            after: name("after"),
            at: name("at"),
            cron: name("cron"),
            times: name("times"),
            letter: name("letter"),
            useful: name("useful"),
            from: name("from"),
            to: name("to"),
        }
    }
}

/// For whom a step is.
#[derive(Debug)]
pub(super) struct WhoView {
    /// "Everyone", or who.
    pub words: String,
    pub when: WhenView,
}

/// What a page shows besides the protocol.
#[derive(Default)]
pub(super) struct Shown<'a> {
    pub errors: FieldErrors,
    /// What was typed, when it cannot be kept.
    pub typed: Option<&'a Fields>,
    pub person: String,
    /// The version that the page was made from, when it is not the newest draft's.
    pub draft: Option<u32>,
    pub clash: bool,
}

impl EditPage {
    /// The page of this protocol, as typed or saved.
    pub fn of(web: &Web, desk: &Desk, protocol: &Protocol, shown: Shown<'_>) -> Self {
        let draft = desk.draft.as_ref();
        let theirs = draft.filter(|_| shown.clash).map(|draft| Theirs {
            by: desk.by_whom(draft.by, draft.at),
            parts: between(&draft.protocol, protocol).iter().map(PartView::of).collect(),
        });
        let step = |(at, rule): (usize, &StepRule)| StepView::of(web, desk, at, rule, shown.typed);
        let people = People::of(&web.catalogue);
        Self {
            shell: desk.here.shell(Room::Letters),
            script: assets::address("studio.js"),
            state: match (draft, desk.versions.is_empty()) {
                (Some(_), _) => format!("Draft of version {}", desk.next()),
                (None, true) => format!("Version {}, as it ships", desk.current.version),
                (None, false) => format!("Version {}", desk.current.version),
            },
            saved: draft.map(|draft| format!("Saved by {}", desk.by_whom(draft.by, draft.at))).unwrap_or_default(),
            draft: shown.draft.unwrap_or_else(|| draft.map_or(0, |draft| draft.version)),
            may_undo: draft.is_some_and(|draft| draft.before.is_some()),
            steps: protocol.steps.iter().enumerate().map(step).collect(),
            more: more(protocol),
            people: people.iter().map(|person| (person.id.to_owned(), person.label.clone())).collect(),
            timeline: TimelineView::of(web, desk, protocol, &shown.person),
            person: shown.person,
            report: ReportView::of(&desk.check(web, protocol), ""),
            errors: shown.errors,
            theirs,
        }
    }
}

/// What can be added: steps that ship and were taken out, and one's own.
fn more(protocol: &Protocol) -> Vec<(String, String)> {
    let missing = Step::ALL.into_iter().filter(|step| protocol.rule(*step).is_none());
    let mut more: Vec<(String, String)> =
        missing.map(|step| (format!("add.{step}"), format!("Put “{}” back", step.name()))).collect();
    if protocol.steps.len() < MOST_STEPS && Step::own().any(|step| protocol.rule(step).is_none()) {
        more.push(("add.after".into(), "One more email after a visit".into()));
        more.push(("add.repeats".into(), "One that comes again and again".into()));
    }
    more
}

impl StepView {
    fn of(web: &Web, desk: &Desk, at: usize, rule: &StepRule, typed: Option<&Fields>) -> Self {
        let first = rule.step == Step::SameDay;
        let kept = |field: &str, is: String| {
            let name = format!("b{at}.{field}");
            typed.filter(|typed| typed.has(&name)).map_or(is, |typed| typed.text(&name).to_owned())
        };
        let clock = |time: Option<Time>| time.map(say::hour).unwrap_or_default();
        let (kind, after, after_label, hour, hour_hint, cron, times) = match &rule.when {
            Timing::Hours { after } => ("hours", *after, "Hours after the visit", None, "", "", 0),
            Timing::Days { after, at } => {
                ("days", *after, "Days after the visit", *at, "Blank: at the time the visit ended.", "", 0)
            }
            Timing::Before { days, at } => ("before", *days, "Days before the visit", Some(*at), "", "", 0),
            Timing::Repeats { cron, times } => ("repeats", 0, "", None, "", cron.as_str(), *times),
        };
        let is_before = kind == "before";
        let repeats = Repeats::read(cron).ok();
        Self {
            at,
            id: rule.step.id(),
            name: rule.step.name(),
            names: Names::of(at),
            when: rule.when.words(),
            kind,
            kinds: if first || is_before { &[] } else { &KINDS },
            after: kept("after", after.to_string()),
            after_label,
            hour: kept("at", clock(hour)),
            hour_hint,
            cron: kept("cron", cron.to_owned()),
            times: kept("times", times.to_string()),
            explained: repeats.as_ref().map(Repeats::words).unwrap_or_default(),
            next: repeats.as_ref().map(|repeats| next(desk, repeats)).unwrap_or_default(),
            letter: rule.letter.id(),
            letters: if is_before { &BEFORE } else { &AFTER },
            useful: kept("useful", rule.useful_hours.to_string()),
            check_in: rule.check_in,
            from: kept("from", clock(rule.hours.map(|hours| hours.from))),
            to: kept("to", clock(rule.hours.map(|hours| hours.to))),
            fate: match rule.on_uncertain {
                Uncertainty::Resend => "resend",
                Uncertainty::Hold => "hold",
            },
            who: (!first).then(|| WhoView {
                words: Some(shown_for(&rule.who)).filter(|who| !who.is_empty()).unwrap_or_else(|| "everyone".into()),
                when: WhenView::of(web, &rule.who),
            }),
            may_go: !first,
        }
    }
}

/// The next times, were a visit today: "Mon 30 March 2026, 09:00".
fn next(desk: &Desk, repeats: &Repeats) -> Vec<String> {
    let today = desk.here.now.date();
    let end = today.saturating_add(jiff::Span::new().years(YEARS));
    repeats.after(today, end).take(NEXT_TIMES).map(|at| at.strftime("%a %-d %B %Y, %H:%M").to_string()).collect()
}
