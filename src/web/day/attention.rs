//! What needs a person, worst first: one sentence, one act. Empty is good news and says so.

use jiff::Zoned;

use super::DayVisit;
use crate::clinic::brief::{Brief, TaskKind};
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
    /// One sentence.
    pub text: String,
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

/// Everything that needs a person today, worst first.
#[must_use]
pub fn of(visits: &[&DayVisit], troubles: &[Trouble], now: &Zoned) -> Vec<Item> {
    let tasks = visits.iter().filter(|visit| !visit.is_off()).flat_map(|visit| tasks(visit, now));
    let emails = troubles.iter().map(|trouble| email(trouble, now));
    let mut all: Vec<(u8, Item)> = tasks.chain(emails).collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, item)| item).collect()
}

fn tasks(visit: &DayVisit, now: &Zoned) -> Vec<(u8, Item)> {
    let Some(brief) = &visit.brief else { return Vec::new() };
    let over = visit.is_over(now);
    let about = brief.tasks.iter().filter_map(|task| {
        let (rank, look, icon, text, act) = match task.kind {
            TaskKind::DoNotTreat if over => return None,
            TaskKind::DoNotTreat => (
                0,
                "red",
                "stop",
                "Do not treat. Decide with the client what happens now.".to_owned(),
                "Read the brief",
            ),
            TaskKind::RecordClearance => {
                let text = "Needs a doctor’s OK before treatment. None that counts is recorded.";
                (2, "amber", "clipboard", text.to_owned(), "Read the brief")
            }
            TaskKind::Guardian => (3, "amber", "person", "Under 18. A guardian has to agree.".into(), "Read the brief"),
            TaskKind::ReviewFreeText => (4, "amber", "doc", free_text(&task.because), "Read and decide"),
            TaskKind::AskUnanswered => {
                let blanks = say::count(task.because.len(), "answer");
                (6, "", "half", format!("{blanks} left blank. Advice is filtered as if yes."), "Ask these")
            }
        };
        let title = format!("{}, {}", visit.client, say::moment(&visit.starts, now));
        Some((rank, Item { look, icon, title, text, href: format!("/visits/{}", visit.id), act }))
    });
    about.collect()
}

fn free_text(because: &[crate::clinic::brief::Reason]) -> String {
    let other = because.iter().any(|reason| reason.id == "other_conditions");
    if other {
        "“Anything else” is filled in. No heat or stretch advice until it is read.".into()
    } else {
        "Medicines or allergies are written in words. Read them before you start.".into()
    }
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
    (rank, Item { look, icon, title, text, href, act: "Open the plan" })
}
