//! What needs a person, worst first: a sentence each, one act. Empty is good news and says so.

use jiff::Zoned;

use super::DayVisit;
use crate::clinic::brief::{Brief, Reason, Task, TaskKind};
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::State;
use crate::clinic::protocol::Step;
use crate::web::say;
use crate::web::visit::plan;

/// An email that went wrong or waits for a person.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Of which visit.
    pub visit: VisitId,
    /// To whom.
    pub client: String,
    /// Which step.
    pub step: Step,
    /// When it was due.
    pub due: Zoned,
    /// Where it is.
    pub state: State,
    /// Why, in words; may be empty.
    pub reason: String,
}

/// One entry of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// `red`, `amber` or nothing.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// Who, and what.
    pub title: String,
    /// One sentence each.
    pub texts: Vec<String>,
    /// Where to go.
    pub href: String,
    /// What one does there.
    pub act: &'static str,
}

/// How many questions were left blank.
#[must_use]
pub fn blanks(brief: &Brief) -> usize {
    let asked = brief.tasks.iter().filter(|task| task.kind == TaskKind::AskUnanswered);
    asked.map(|task| task.because.len()).sum()
}

/// Everything that needs a person today, worst first. Of the visits `around` only what has to be
/// settled before them, or still holds advice back.
#[must_use]
pub fn of(visits: &[&DayVisit], around: &[DayVisit], troubles: &[Trouble], now: &Zoned) -> Vec<Item> {
    let today = visits.iter().filter_map(|visit| item(visit, u8::MAX, now));
    let near = around.iter().filter_map(|visit| item(visit, FREE_TEXT, now));
    let emails = troubles.iter().map(|trouble| email(trouble, now));
    let mut all: Vec<(u8, Item)> = today.chain(near).chain(emails).collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, item)| item).collect()
}

/// The rank of free text nobody has read; what is less urgent is only told on its own day.
const FREE_TEXT: u8 = 4;

/// One thing to do about a visit.
struct Todo {
    rank: u8,
    look: &'static str,
    icon: &'static str,
    text: String,
    act: &'static str,
}

/// All there is to do about one visit, under its name, as far as it is urgent enough.
fn item(visit: &DayVisit, least: u8, now: &Zoned) -> Option<(u8, Item)> {
    if visit.is_off() {
        return None;
    }
    let over = visit.is_over(now);
    let tasks = visit.brief.iter().flat_map(|brief| &brief.tasks);
    let mut todos: Vec<Todo> = tasks
        .filter_map(|task| todo(task, over))
        .chain(missing(visit, over))
        .filter(|todo| todo.rank <= least)
        .collect();
    todos.sort_by_key(|todo| todo.rank);
    let first = todos.first()?;
    let (rank, look, icon, act) = (first.rank, first.look, first.icon, first.act);
    let title = format!("{}, {}", visit.client, say::moment(&visit.starts, now));
    let texts = todos.into_iter().map(|todo| todo.text).collect();
    Some((rank, Item { look, icon, title, texts, href: format!("/visits/{}", visit.id), act }))
}

fn todo(task: &Task, over: bool) -> Option<Todo> {
    let todo = |rank, look, icon, text: &str, act| Some(Todo { rank, look, icon, text: text.into(), act });
    match task.kind {
        TaskKind::DoNotTreat if over => None,
        TaskKind::DoNotTreat => {
            todo(0, "red", "stop", "Do not treat. Decide with the client what happens now.", "Read the brief")
        }
        TaskKind::RecordClearance => {
            let text = "Needs a doctor’s OK before treatment. None that counts is recorded.";
            todo(2, "amber", "clipboard", text, "Read the brief")
        }
        TaskKind::Guardian => todo(3, "amber", "person", "Under 18. A guardian has to agree.", "Read the brief"),
        TaskKind::ReviewFreeText => free_text(&task.because, over),
        TaskKind::AskUnanswered => {
            let blanks = say::count(task.because.len(), "answer");
            todo(7, "", "half", &format!("{blanks} left blank. Advice is filtered as if yes."), "Ask these")
        }
    }
}

/// What is not there: the intake, an address, or the consent to write to it.
fn missing(visit: &DayVisit, over: bool) -> Option<Todo> {
    let todo = |rank, look, icon, text: &str, act| Some(Todo { rank, look, icon, text: text.into(), act });
    if visit.brief.is_none() {
        let text =
            if over { "No intake, so no advice was chosen." } else { "No intake yet. Ask for the answers first." };
        return todo(3, "amber", "dashed", text, "What to do");
    }
    if !visit.reachable {
        return todo(4, "", "mail-x", "No email address. Hand the warning signs over on paper.", "Read the signs");
    }
    if !visit.consents {
        let text = "Has not agreed to aftercare emails. Hand the warning signs over on paper.";
        return todo(6, "", "no", text, "Read the signs");
    }
    None
}

fn free_text(because: &[Reason], over: bool) -> Option<Todo> {
    let other = because.iter().any(|reason| reason.id == "other_conditions");
    let (rank, text) = match (other, over) {
        (true, _) => (FREE_TEXT, "“Anything else” is filled in. No heat or stretch advice until it is read."),
        (false, false) => (5, "Medicines or allergies are written in words. Read them before you start."),
        (false, true) => return None,
    };
    let look = if other { "amber" } else { "" };
    Some(Todo { rank, look, icon: "doc", text: text.into(), act: "Read and decide" })
}

fn email(trouble: &Trouble, now: &Zoned) -> (u8, Item) {
    let letter = plan::name(trouble.step);
    let due = say::moment(&trouble.due, now);
    let (rank, look, icon, what, text) = match trouble.state {
        State::Held => (1, "amber", "pause", "email held", format!("{letter}, due {due}, waits for a person.")),
        State::Uncertain => {
            let text = format!("{letter}, due {due}: it may or may not have arrived. No reply came.");
            (3, "amber", "question", "email uncertain", text)
        }
        State::Expired => {
            (5, "", "clock", "email too late", format!("{letter}, due {due}, missed its limit. It will not be sent."))
        }
        State::Suppressed => (5, "", "no", "address blocked", format!("{letter}, due {due}, was not sent.")),
        _ => (2, "amber", "mail-x", "email failed", format!("{letter}, due {due}, did not go out.")),
    };
    let text = if trouble.reason.is_empty() {
        text
    } else {
        format!("{text} {}.", say::capital(trouble.reason.trim_end_matches('.')))
    };
    let title = format!("{}, {what}", trouble.client);
    let href = format!("/visits/{}?email={}#plan", trouble.visit, trouble.step.id());
    (rank, Item { look, icon, title, texts: vec![text], href, act: "Open the plan" })
}
