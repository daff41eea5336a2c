//! The day board: who comes, what to mind, how the aftercare stands, and what needs a person. By
//! time, or by therapist with one's own visits first.

pub mod attention;
pub mod load;
pub mod returned;
pub mod row;
pub mod seen;

use askama::Template;
use jiff::civil::Date;
use jiff::{ToSpan as _, Zoned};

use crate::clinic::brief::Brief;
use crate::clinic::ids::{AccountId, ClientId, IntakeId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::profile::SendWindow;
use crate::store::form::Asked as FormAsked;
use crate::store::intake::Progress as IntakeProgress;
use crate::store::visit::VisitState;

use super::delivery::Paused;
use super::desk::toast::Toast;
use super::say;
use super::shell::Shell;
use attention::{Attention, Todos, Viewer};
use row::Row;

/// How far a visit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Progress {
    Booked,
    InProgress,
    Completed,
    Cancelled,
    NoShow,
}

impl From<VisitState> for Progress {
    fn from(state: VisitState) -> Self {
        match state {
            VisitState::Booked => Self::Booked,
            VisitState::InProgress => Self::InProgress,
            VisitState::Completed => Self::Completed,
            VisitState::Cancelled => Self::Cancelled,
            VisitState::NoShow => Self::NoShow,
        }
    }
}

impl Progress {
    /// Whether the visit does not take place.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, Self::Cancelled | Self::NoShow)
    }
}

/// What is known of one visit of the day.
#[derive(Clone, Debug)]
pub struct DayVisit {
    /// Which visit.
    pub id: VisitId,
    /// Whose.
    pub client_id: ClientId,
    /// First and last name.
    pub client: String,
    /// Who treats, if that is known.
    pub therapist_id: Option<AccountId>,
    /// Their name; may be empty.
    pub therapist: String,
    /// The technique's label.
    pub technique: String,
    /// Start, by the clinic's clock.
    pub starts: Zoned,
    /// End.
    pub ends: Zoned,
    /// How far it has come.
    pub progress: Progress,
    /// Grows with every change of it.
    pub version: u32,
    /// How far the intake is.
    pub intake: IntakeProgress,
    /// How far the form is in the client's own hands.
    pub form: FormAsked,
    /// The latest intake, if there is one.
    pub intake_id: Option<IntakeId>,
    /// What tailoring says; nothing while there is no intake.
    pub brief: Option<Brief>,
    /// Whether the client has an email address.
    pub reachable: bool,
    /// Whether aftercare emails were agreed to.
    pub consents: bool,
    /// Its aftercare emails, and any other that needs a person: when due, and where each is.
    pub emails: Vec<(Zoned, State)>,
}

/// How the board is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// All visits in their order.
    #[default]
    ByTime,
    /// One list for each therapist.
    ByTherapist,
    /// One therapist's visits.
    Of(AccountId),
}

/// What is loaded for the board.
#[derive(Clone, Debug)]
pub struct DayFacts {
    /// Which day.
    pub day: Date,
    /// How it is laid out.
    pub view: View,
    /// Who looks.
    pub viewer: Viewer,
    /// Its visits.
    pub visits: Vec<DayVisit>,
    /// Visits of the days around, for what has to be settled.
    pub around: Vec<DayVisit>,
    /// What else needs a person.
    pub todos: Todos,
    /// When emails may leave.
    pub window: SendWindow,
    /// What was just done.
    pub toast: Option<Toast>,
}

/// `GET /day`.
#[derive(Debug, Template)]
#[template(path = "day/page.html")]
pub struct DayPage {
    shell: Shell,
    day: Date,
    title: String,
    is_today: bool,
    before: Date,
    after: Date,
    query: String,
    layout: &'static str,
    whose: Option<String>,
    groups: Vec<Group>,
    clock_after: bool,
    foot: Vec<String>,
    attention: Attention,
    toast: Option<Toast>,
    books: bool,
    /// Mail to clients is stopped.
    paused: Option<Paused>,
}

/// The visits of one therapist, or all.
#[derive(Debug)]
struct Group {
    /// The therapist's name, when there is a group for each.
    name: Option<String>,
    rows: Vec<Row>,
}

impl DayPage {
    /// The board of this day at this moment.
    #[must_use]
    pub fn of(shell: Shell, facts: &DayFacts, now: &Zoned) -> Self {
        let mut visits: Vec<&DayVisit> = facts.visits.iter().collect();
        visits.sort_by_key(|visit| (visit.starts.timestamp(), visit.id));
        let is_today = facts.day == now.date();
        let shown: Vec<&DayVisit> = visits.iter().copied().filter(|visit| fits(facts.view, visit)).collect();
        let mut groups = groups(facts, &shown, now);
        let mut clock_after = false;
        if is_today && facts.view != View::ByTherapist {
            clock_after = set_clock(&mut groups, &shown, now);
        }
        let (layout, query, whose) = match facts.view {
            View::ByTime => ("time", String::new(), None),
            View::ByTherapist => ("therapist", "&by=therapist".into(), None),
            View::Of(id) => {
                let name = visits.iter().find(|visit| visit.therapist_id == Some(id)).map(|one| one.therapist.clone());
                ("one", format!("&therapist={id}"), Some(name.unwrap_or_else(|| "One therapist".into())))
            }
        };
        Self {
            title: if facts.day.year() == now.year() { say::long_day(facts.day) } else { say::full_day(facts.day) },
            day: facts.day,
            is_today,
            before: facts.day.saturating_sub(1.day()),
            after: facts.day.saturating_add(1.day()),
            query,
            layout,
            whose,
            groups,
            clock_after,
            foot: foot(&shown, &facts.window, now),
            attention: attention::of(&visits, &facts.around, &facts.todos, facts.viewer, now),
            toast: facts.toast.clone(),
            books: facts.viewer.books,
            paused: None,
            shell,
        }
    }

    /// The same board with what stops the mail, if something does.
    #[must_use]
    pub fn with_pause(mut self, paused: Option<Paused>) -> Self {
        self.paused = paused;
        self
    }

    /// Whether there is nothing on the board.
    fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows.is_empty())
    }
}

fn fits(view: View, visit: &DayVisit) -> bool {
    match view {
        View::ByTime | View::ByTherapist => true,
        View::Of(id) => visit.therapist_id == Some(id),
    }
}

fn groups(facts: &DayFacts, shown: &[&DayVisit], now: &Zoned) -> Vec<Group> {
    let rows = |visits: &[&DayVisit]| visits.iter().map(|visit| row::of(visit, facts.viewer, now)).collect();
    if facts.view != View::ByTherapist {
        return vec![Group { name: None, rows: rows(shown) }];
    }
    let mut whose: Vec<(bool, String, Option<AccountId>)> = shown
        .iter()
        .map(|visit| {
            let own = visit.therapist_id.is_some() && visit.therapist_id == facts.viewer.own;
            (!own, visit.therapist.clone(), visit.therapist_id)
        })
        .collect();
    // One's own first, then by name; visits that nobody has are last.
    whose.sort_by(|a, b| (a.0, a.2.is_none(), &a.1, a.2).cmp(&(b.0, b.2.is_none(), &b.1, b.2)));
    whose.dedup();
    whose
        .into_iter()
        .map(|(_, name, id)| {
            let theirs: Vec<&DayVisit> = shown.iter().copied().filter(|visit| visit.therapist_id == id).collect();
            Group { name: Some(if id.is_some() { name } else { "Nobody yet".into() }), rows: rows(&theirs) }
        })
        .collect()
}

/// The line with the clock stands before the first visit that has not begun; `true` when it stands
/// after all of them.
fn set_clock(groups: &mut [Group], shown: &[&DayVisit], now: &Zoned) -> bool {
    let place = shown.iter().position(|visit| visit.starts.timestamp() > now.timestamp());
    let rows = groups.first_mut().map(|group| &mut group.rows);
    match (place, rows) {
        (Some(index), Some(rows)) => {
            if let Some(row) = rows.get_mut(index) {
                row.clock = Some(say::clock(now));
            }
            false
        }
        _ => !shown.is_empty(),
    }
}

impl DayVisit {
    /// Whether it is over, by its state or by the clock.
    #[must_use]
    pub fn is_over(&self, now: &Zoned) -> bool {
        match self.progress {
            Progress::Booked | Progress::InProgress => self.ends.timestamp() <= now.timestamp(),
            Progress::Completed | Progress::Cancelled | Progress::NoShow => true,
        }
    }

    /// Whether it does not take place at all.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.progress.is_off()
    }

    fn is_current(&self, now: &Zoned) -> bool {
        let at = now.timestamp();
        !self.is_over(now) && (self.progress == Progress::InProgress || self.starts.timestamp() <= at)
    }
}

fn foot(visits: &[&DayVisit], window: &SendWindow, now: &Zoned) -> Vec<String> {
    let held = visits.iter().filter(|visit| !visit.is_off());
    let finished = held.clone().filter(|visit| visit.is_over(now)).count();
    let missing = held.clone().filter(|visit| visit.brief.is_none()).count();
    let days: Vec<String> = window.weekdays().map(|day| say::capital(&format!("{day:?}"))).collect();
    let days = match days.as_slice() {
        all if all.len() == 7 => "every day".to_owned(),
        [first, .., last] if is_run(window) => format!("{first} to {last}"),
        some => say::list(some),
    };
    let intakes = (missing > 0).then(|| format!("{} still to come", say::count(missing, "intake")));
    let counts = format!("{}, {finished} finished", say::count(held.count(), "visit"));
    let hours = format!("Emails go out {} to {}, {days}", say::hour(window.from()), say::hour(window.to()));
    [Some(counts), intakes, Some(hours)].into_iter().flatten().collect()
}

/// Whether the open weekdays follow each other without a gap.
fn is_run(window: &SendWindow) -> bool {
    let open: Vec<i8> = window.weekdays().map(|day| day.weekday().to_monday_zero_offset()).collect();
    open.len() > 2 && open.windows(2).all(|pair| pair[1] == pair[0] + 1)
}
