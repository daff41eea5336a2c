//! The day board: who comes, what to mind, how the aftercare stands, and what needs a person.

pub mod attention;
pub mod load;

use askama::Template;
use jiff::civil::Date;
use jiff::{ToSpan as _, Zoned};

use crate::clinic::brief::{Aftercare, Brief};
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::State;
use crate::clinic::profile::SendWindow;
use crate::store::visit::VisitState;

use super::badge::Badge;
use super::say;
use super::shell::Shell;
use super::visit::plan;
use attention::{Item, Trouble};

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
    /// First and last name.
    pub client: String,
    /// Who treats; may be empty.
    pub therapist: String,
    /// The technique's label.
    pub technique: String,
    /// Start, by the clinic's clock.
    pub starts: Zoned,
    /// End.
    pub ends: Zoned,
    /// How far it has come.
    pub progress: Progress,
    /// What tailoring says; nothing while there is no intake.
    pub brief: Option<Brief>,
    /// Whether the client has an email address.
    pub reachable: bool,
    /// Whether aftercare emails were agreed to.
    pub consents: bool,
    /// Its aftercare emails, and any other that needs a person: when due, and where each is.
    pub emails: Vec<(Zoned, State)>,
}

/// What is loaded for the board.
#[derive(Clone, Debug)]
pub struct DayFacts {
    /// Which day.
    pub day: Date,
    /// Its visits.
    pub visits: Vec<DayVisit>,
    /// Visits of the days around, for what has to be settled.
    pub around: Vec<DayVisit>,
    /// Emails of the clinic that need a person.
    pub troubles: Vec<Trouble>,
    /// When emails may leave.
    pub window: SendWindow,
}

/// `GET /day`.
#[derive(Debug, Template)]
#[template(path = "day/page.html")]
pub struct DayPage {
    shell: Shell,
    title: String,
    is_today: bool,
    before: Date,
    after: Date,
    rows: Vec<Row>,
    clock_after: bool,
    foot: Vec<String>,
    attention: Vec<Item>,
}

#[derive(Debug)]
struct Row {
    id: VisitId,
    time: String,
    client: String,
    therapist: String,
    technique: String,
    intake: Badge,
    level: Badge,
    aftercare: Badge,
    look: &'static str,
    clock: Option<String>,
}

impl DayPage {
    /// The board of this day at this moment.
    #[must_use]
    pub fn of(shell: Shell, facts: &DayFacts, now: &Zoned) -> Self {
        let mut visits: Vec<&DayVisit> = facts.visits.iter().collect();
        visits.sort_by_key(|visit| (visit.starts.timestamp(), visit.id));
        let is_today = facts.day == now.date();
        let mut rows: Vec<Row> = visits.iter().map(|visit| row(visit, now)).collect();
        // The line with the clock stands before the first visit that has not begun.
        let place = visits.iter().position(|visit| visit.starts.timestamp() > now.timestamp());
        if let (true, Some(row)) = (is_today, place.and_then(|index| rows.get_mut(index))) {
            row.clock = Some(say::clock(now));
        }
        Self {
            title: if facts.day.year() == now.year() { say::long_day(facts.day) } else { say::full_day(facts.day) },
            is_today,
            before: facts.day.saturating_sub(1.day()),
            after: facts.day.saturating_add(1.day()),
            clock_after: is_today && place.is_none() && !rows.is_empty(),
            foot: foot(&visits, &facts.window, now),
            attention: attention::of(&visits, &facts.around, &facts.troubles, now),
            rows,
            shell,
        }
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

    /// Whether it takes place at all.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.progress.is_off()
    }

    fn is_current(&self, now: &Zoned) -> bool {
        let at = now.timestamp();
        !self.is_over(now) && (self.progress == Progress::InProgress || self.starts.timestamp() <= at)
    }
}

fn row(visit: &DayVisit, now: &Zoned) -> Row {
    let look = if visit.is_off() {
        "done off"
    } else if visit.is_current(now) {
        "current"
    } else if visit.is_over(now) {
        "done"
    } else {
        ""
    };
    Row {
        id: visit.id,
        time: say::clock(&visit.starts),
        client: visit.client.clone(),
        therapist: visit.therapist.clone(),
        technique: visit.technique.clone(),
        intake: intake(visit),
        level: visit.brief.as_ref().map_or_else(|| Badge::new("plain", "", "After intake"), Badge::of_brief),
        aftercare: aftercare(visit, now),
        look,
        clock: None,
    }
}

fn intake(visit: &DayVisit) -> Badge {
    let Some(brief) = &visit.brief else {
        let look = if visit.is_off() { "plain" } else { "amber" };
        return Badge::new(look, "dashed", "No intake");
    };
    let blanks = attention::blanks(brief);
    if blanks > 0 {
        Badge::new("amber", "half", format!("{blanks} left blank"))
    } else {
        Badge::new("plain", "tick", "Done")
    }
}

fn aftercare(visit: &DayVisit, now: &Zoned) -> Badge {
    match visit.progress {
        Progress::Cancelled => return Badge::new("outline", "no", "Cancelled"),
        Progress::NoShow => return Badge::new("outline", "no", "No-show"),
        _ => {}
    }
    let worst = [State::Failed, State::Uncertain, State::Held]
        .into_iter()
        .find(|state| visit.emails.iter().any(|(_, of)| of == state));
    if let Some(state) = worst {
        return Badge::of_state(Some(state));
    }
    if !visit.emails.is_empty() {
        return Badge::new("plain", "mail", plan::glance(&visit.emails, now));
    }
    let Some(brief) = &visit.brief else { return Badge::new("plain", "", "After intake") };
    if !visit.reachable {
        return Badge::new("outline", "no", "No email address");
    }
    if !visit.consents {
        return Badge::new("outline", "no", "No email consent");
    }
    if visit.is_current(now) {
        return Badge::new("plain", "person", "In the room");
    }
    if brief.aftercare == Aftercare::EmergencyOnly {
        return Badge::new("amber", "flag", "Urgent signs only");
    }
    match visit.progress {
        Progress::Completed => Badge::new("plain", "", "No emails"),
        _ if visit.is_over(now) => Badge::new("amber", "doc", "Close the visit"),
        _ => Badge::new("plain", "", "After the visit"),
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
