//! The shape of a visit file. Every key but three may be left out; an unknown one is refused.

use serde::Deserialize;

use super::super::body::Region;
use super::super::case::{BookedPressure, LastReaction};
use super::super::catalogue::TechniqueId;
use super::super::intake::Intake;
use super::super::person::PersonName;
use super::super::profile::WeekdayName;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitFile {
    #[serde(default)]
    pub(super) clinic: Clinic,
    pub(super) client: Client,
    pub(super) visit: Visit,
    pub(super) intake: Intake,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Clinic {
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) emergency_number: Option<String>,
    pub(super) address: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) send_window: Option<SendWindow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendWindow {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) weekdays: Option<Vec<WeekdayName>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    pub(super) first_name: PersonName,
    #[serde(default)]
    pub(super) last_name: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) locale: Option<String>,
    #[serde(default)]
    pub(super) born: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Visit {
    pub(super) starts_at: String,
    #[serde(default)]
    pub(super) ends_at: Option<String>,
    #[serde(default)]
    pub(super) technique: Option<TechniqueId>,
    #[serde(default)]
    pub(super) pressure: Option<BookedPressure>,
    #[serde(default)]
    pub(super) regions: Vec<Region>,
    #[serde(default)]
    pub(super) next_visit_at: Option<String>,
    #[serde(default)]
    pub(super) last_reaction: Option<LastReaction>,
}
