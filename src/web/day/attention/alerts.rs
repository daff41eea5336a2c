//! Alerts without an outcome. Nothing on the list is more urgent, and no answer stands here.

use jiff::Zoned;

use super::{Item, Kind};
use crate::clinic::alert::{Alert, Standing, word};
use crate::clinic::catalogue::Tier;
use crate::web::say;

/// An alert that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The alert.
    pub alert: Alert,
    /// Whose.
    pub client: String,
    /// Who has it.
    pub owner: Option<String>,
}

pub(super) fn item(waiting: &Waiting, now: &Zoned) -> (u8, Item) {
    let alert = &waiting.alert;
    let due = say::moment(&alert.due_at.to_zoned(now.time_zone().clone()), now);
    let text = match (&waiting.owner, alert.standing) {
        (Some(owner), Standing::Taken) => format!("{owner} has it. It closes when an outcome is written down."),
        _ if alert.is_overdue(now.timestamp()) => format!("Nobody has taken it. It was due by {due}."),
        _ => format!("Nobody has taken it. Take it by {due}."),
    };
    let (look, icon) = match (alert.tier, alert.standing) {
        (Tier::Emergency, Standing::Open) => ("red", "octagon"),
        (Tier::Emergency, _) => ("amber", "octagon"),
        (Tier::SameDay, _) => ("amber", "triangle"),
        _ => ("", "phone"),
    };
    let rank = if alert.standing == Standing::Open || alert.tier == Tier::Emergency { 0 } else { 2 };
    let item = Item {
        kind: Kind::Alert,
        look,
        icon,
        title: format!("{}: {}", word(alert.tier), waiting.client),
        texts: vec![text],
        links: vec![(format!("/alerts/{}", alert.id), "Open the alert")],
        press: None,
    };
    (rank, item)
}
