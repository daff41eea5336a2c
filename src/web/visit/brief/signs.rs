//! Warning signs by how urgent they are.

use crate::clinic::brief::Sign;
use crate::clinic::catalogue::{Catalogue, Tier};

/// Signs of one tier.
#[derive(Debug)]
pub struct SignGroup {
    /// The class.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// "Emergency: call 999".
    pub title: String,
    /// The signs.
    pub signs: Vec<String>,
}

/// Signs by tier, most urgent first; whole and in the order of the brief.
#[must_use]
pub fn of(all: &[Sign], emergency_number: &str, catalogue: &Catalogue) -> Vec<SignGroup> {
    let group = |tier, look, icon, title: String| {
        let own = all.iter().filter(|sign| sign.tier == tier);
        let text =
            |sign: &Sign| catalogue.warning_sign(&sign.id).map_or_else(|| sign.id.to_string(), |s| s.text.clone());
        SignGroup { look, icon, title, signs: own.map(text).collect() }
    };
    let groups = [
        group(Tier::Emergency, "emergency", "octagon", format!("Emergency: call {emergency_number}")),
        group(Tier::SameDay, "same_day", "triangle", "Same day: send to a doctor".into()),
        group(Tier::CallClinic, "call_clinic", "phone", "Ask them to call us".into()),
        group(Tier::Expected, "expected", "circle-tick", "Expected, no warning".into()),
    ];
    groups.into_iter().filter(|group| !group.signs.is_empty()).collect()
}
