//! What there is to do about a visit, from its brief and from what is missing.

use jiff::Zoned;

use super::{Item, Kind, Viewer};
use crate::clinic::brief::{Brief, Reason, Task, TaskKind};
use crate::web::day::DayVisit;
use crate::web::say;

/// How many questions were left blank.
#[must_use]
pub fn blanks(brief: &Brief) -> usize {
    let asked = brief.tasks.iter().filter(|task| task.kind == TaskKind::AskUnanswered);
    asked.map(|task| task.because.len()).sum()
}

/// The rank of free text nobody has read; what is less urgent is only told on its own day.
pub(super) const FREE_TEXT: u8 = 4;

/// One thing to do about a visit.
struct Todo {
    rank: u8,
    look: &'static str,
    icon: &'static str,
    text: String,
    links: Vec<(String, &'static str)>,
}

/// All there is to do about one visit, under its name, as far as it is urgent enough. The acts are
/// those of the most urgent.
pub(super) fn item(visit: &DayVisit, least: u8, viewer: Viewer, now: &Zoned) -> Option<(u8, Item)> {
    if visit.is_off() {
        return None;
    }
    let over = visit.is_over(now);
    let tasks = visit.brief.iter().flat_map(|brief| &brief.tasks);
    let mut todos: Vec<Todo> = tasks
        .filter_map(|task| todo(visit, task, over, viewer))
        .chain(missing(visit, over, viewer))
        .filter(|todo| todo.rank <= least)
        .collect();
    todos.sort_by_key(|todo| todo.rank);
    let first = todos.first_mut()?;
    let (rank, look, icon, links) = (first.rank, first.look, first.icon, std::mem::take(&mut first.links));
    let title = format!("{}, {}", visit.client, say::moment(&visit.starts, now));
    let texts = todos.into_iter().map(|todo| todo.text).collect();
    Some((rank, Item { kind: Kind::Visit, look, icon, title, texts, links, press: None }))
}

fn todo(visit: &DayVisit, task: &Task, over: bool, viewer: Viewer) -> Option<Todo> {
    let todo = |rank, look, icon, text: &str, links| Some(Todo { rank, look, icon, text: text.into(), links });
    let brief = || (format!("/visits/{}", visit.id), "Read the brief");
    let rebook = || (format!("/visits/{}/move", visit.id), "Rebook");
    let rebook = || (viewer.books && visit.progress == super::super::Progress::Booked).then(rebook);
    let intake = |word| (format!("/visits/{}/intake", visit.id), word);
    let health = |link: (String, &'static str)| Some(link).filter(|_| viewer.health);
    match task.kind {
        TaskKind::DoNotTreat if over => None,
        TaskKind::DoNotTreat => {
            let links = health(brief()).into_iter().chain(rebook()).collect();
            todo(0, "red", "stop", "Do not treat. Decide with the client what happens now.", links)
        }
        TaskKind::RecordClearance => {
            let text = "Needs a doctor’s OK before treatment. None that counts is recorded.";
            let record = (format!("/clients/{}/clearance", visit.client_id), "Record the OK");
            todo(2, "amber", "clipboard", text, std::iter::once(record).chain(rebook()).collect())
        }
        TaskKind::Guardian => {
            let text = "Under 18. A guardian has to agree.";
            todo(3, "amber", "person", text, vec![intake("Open the intake")])
        }
        TaskKind::ReviewFreeText => free_text(visit, &task.because, over, viewer),
        TaskKind::AskUnanswered => {
            let blanks = say::count(task.because.len(), "answer");
            let text = format!("{blanks} left blank. Advice is filtered as if yes.");
            todo(7, "", "half", &text, vec![intake("Ask these")])
        }
    }
}

/// What is not there: the intake, an address, or the consent to write to it.
fn missing(visit: &DayVisit, over: bool, viewer: Viewer) -> Option<Todo> {
    let todo = |rank, look, icon, text: &str, links| Some(Todo { rank, look, icon, text: text.into(), links });
    let print = || Some((format!("/visits/{}/handout", visit.id), "Print the signs")).filter(|_| viewer.health);
    if visit.brief.is_none() {
        let text =
            if over { "No intake, so no advice was chosen." } else { "No intake yet. Ask for the answers first." };
        return todo(3, "amber", "dashed", text, vec![(format!("/visits/{}/intake", visit.id), "Take the intake")]);
    }
    if !visit.reachable {
        let text = "No email address. Hand the warning signs over on paper.";
        let add = (format!("/clients/{}/edit", visit.client_id), "Add an address");
        return todo(4, "", "mail-x", text, std::iter::once(add).chain(print()).collect());
    }
    if !visit.consents {
        let text = "Has not agreed to aftercare emails. Hand the warning signs over on paper.";
        let ask = (format!("/clients/{}", visit.client_id), "Ask for consent");
        return todo(6, "", "no", text, std::iter::once(ask).chain(print()).collect());
    }
    None
}

/// Reception learns that something waits to be read, and not in which answer it stands.
fn free_text(visit: &DayVisit, because: &[Reason], over: bool, viewer: Viewer) -> Option<Todo> {
    let other = because.iter().any(|reason| reason.id == "other_conditions");
    let (rank, text) = match (other, over) {
        (true, _) => (FREE_TEXT, "“Anything else” is filled in. No heat or stretch advice until it is read."),
        (false, false) => (5, "Medicines or allergies are written in words. Read them before you start."),
        (false, true) => return None,
    };
    let text =
        if viewer.health { text } else { "Something in the client’s own words waits for a therapist to read it." };
    let links = match visit.intake_id.filter(|_| viewer.health) {
        Some(intake) => vec![(format!("/intakes/{intake}/review"), "Read and decide")],
        None => vec![(format!("/visits/{}", visit.id), "Open the visit")],
    };
    let look = if other { "amber" } else { "" };
    Some(Todo { rank, look, icon: "doc", text: text.into(), links })
}
