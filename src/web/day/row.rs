//! One line of the board, with what can be done about it.

use jiff::{SignedDuration, Zoned};

use super::attention::{self, Viewer};
use super::{DayVisit, Progress};
use crate::clinic::brief::Aftercare;
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::State;
use crate::store::intake::Progress as IntakeProgress;
use crate::web::badge::Badge;
use crate::web::say;
use crate::web::visit::plan;

/// How long before a visit its start can be noted by one press on the board.
const EARLY: SignedDuration = SignedDuration::from_mins(30);

/// One line of the board.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: VisitId,
    pub(super) time: String,
    pub(super) client: String,
    pub(super) therapist: String,
    pub(super) technique: String,
    pub(super) intake: Badge,
    /// The word of the button to the intake form, when it is needed.
    pub(super) take_intake: Option<&'static str>,
    pub(super) level: Badge,
    pub(super) aftercare: Badge,
    pub(super) look: &'static str,
    pub(super) clock: Option<String>,
    pub(super) version: u32,
    /// Whether the visit can be said to begin now.
    pub(super) starts: bool,
    pub(super) acts: Acts,
}

/// What else can be done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one entry of the row's menu")]
pub(super) struct Acts {
    pub(super) moves: bool,
    pub(super) cancels: bool,
    /// The form for the client: by email, code or tablet.
    pub(super) hands_form: bool,
    pub(super) misses: bool,
    pub(super) unstarts: bool,
}

impl Acts {
    pub(super) const fn any(self) -> bool {
        self.moves || self.cancels || self.hands_form || self.misses || self.unstarts
    }
}

pub(super) fn of(visit: &DayVisit, viewer: Viewer, now: &Zoned) -> Row {
    let look = if visit.is_off() {
        "done off"
    } else if visit.is_current(now) {
        "current"
    } else if visit.is_over(now) {
        "done"
    } else {
        ""
    };
    let booked = viewer.books && visit.progress == Progress::Booked;
    let until = visit.starts.timestamp().duration_since(now.timestamp());
    Row {
        id: visit.id,
        time: say::clock(&visit.starts),
        client: visit.client.clone(),
        therapist: short(&visit.therapist),
        technique: visit.technique.clone(),
        intake: intake(visit, now),
        take_intake: take_intake(visit, now),
        level: visit.brief.as_ref().map_or_else(|| Badge::new("plain", "", "After intake"), Badge::of_brief),
        aftercare: aftercare(visit, now),
        look,
        clock: None,
        version: visit.version,
        starts: booked && visit.starts.date() == now.date() && until <= EARLY && !visit.is_over(now),
        acts: Acts {
            moves: booked,
            cancels: booked,
            hands_form: hands_form(visit, viewer, now),
            misses: booked && until <= SignedDuration::ZERO,
            unstarts: viewer.books && visit.progress == Progress::InProgress,
        },
    }
}

/// "Theo L.": the column is narrow, and staff know each other.
fn short(name: &str) -> String {
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    match rest.chars().next() {
        Some(letter) if !rest.ends_with('.') => format!("{first} {letter}."),
        _ => name.to_owned(),
    }
}

/// Whether the form can still go into the client's hands.
fn hands_form(visit: &DayVisit, viewer: Viewer, now: &Zoned) -> bool {
    viewer.books && !visit.is_over(now) && visit.form.sent_at.is_none() && visit.intake != IntakeProgress::Done
}

/// How far the form is in the client's hands, while the desk waits for it.
fn in_their_hands(visit: &DayVisit, now: &Zoned) -> Option<Badge> {
    if visit.is_off() || visit.is_over(now) || visit.intake == IntakeProgress::Done {
        return None;
    }
    match (visit.form.begun, visit.form.link_at) {
        (Some((done, of)), _) => Some(Badge::new("amber", "half", format!("Started, {done} of {of}"))),
        (None, Some(_)) if visit.intake != IntakeProgress::Unfinished => {
            Some(Badge::new("outline", "mail", "Form sent"))
        }
        _ => None,
    }
}

fn intake(visit: &DayVisit, now: &Zoned) -> Badge {
    if let Some(badge) = in_their_hands(visit, now) {
        return badge;
    }
    let Some(brief) = &visit.brief else {
        let look = if visit.is_off() { "plain" } else { "amber" };
        return match visit.intake {
            IntakeProgress::Unfinished => Badge::new(look, "half", "Unfinished"),
            _ => Badge::new(look, "dashed", "No intake"),
        };
    };
    if visit.intake == IntakeProgress::Unfinished && !visit.is_off() {
        return Badge::new("amber", "half", "Unfinished");
    }
    let blanks = attention::blanks(brief);
    if blanks > 0 {
        Badge::new("amber", "half", format!("{blanks} left blank"))
    } else if visit.intake == IntakeProgress::ToConfirm {
        Badge::new("plain", "clock", "From before")
    } else {
        Badge::new("plain", "tick", "Done")
    }
}

/// The button in place of the badge, while the form can still be taken before the visit is over.
fn take_intake(visit: &DayVisit, now: &Zoned) -> Option<&'static str> {
    if visit.is_off() || visit.is_over(now) || in_their_hands(visit, now).is_some() {
        return None;
    }
    match visit.intake {
        IntakeProgress::Missing => Some("Take intake"),
        IntakeProgress::Unfinished => Some("Finish intake"),
        IntakeProgress::ToConfirm => Some("Confirm intake"),
        IntakeProgress::Done => None,
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
    if visit.progress == Progress::InProgress && !visit.is_over(now) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_therapist_is_called_by_the_first_name_on_the_board() {
        let names = ["Theo Lindqvist", "Ines de la Cruz", "Theo L.", "Aoi", ""].map(short);
        assert_eq!(names, ["Theo L.", "Ines d.", "Theo L.", "Aoi", ""]);
    }
}
