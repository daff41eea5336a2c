//! The desk: what reception does to visits.

pub mod toast;

use jiff::Zoned;

use super::say;
use crate::store::client::Registered;
use crate::store::visit::Appointment;

/// "Cleo Okafor".
fn name_of(client: &Registered) -> String {
    let last = client.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{}{last}", client.client.first_name)
}

/// "Cleo Okafor, today 15:00 to 16:00".
fn headline(name: &str, visit: &Appointment, now: &Zoned) -> String {
    let local = |at: jiff::Timestamp| at.to_zoned(now.time_zone().clone());
    format!("{name}, {} to {}", say::moment(&local(visit.starts_at), now), say::clock(&local(visit.ends_at)))
}
