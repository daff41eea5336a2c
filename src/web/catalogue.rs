//! `/catalogue`: conditions, stretches, warning signs, advice and techniques as the rules go by them. A look changes
//! nothing. What is changed is a draft, an entry each; the drafts become a version once somebody has seen what they
//! change, what they allow and what they would do to past visits, and a clinician signs that version off.

mod desk;
pub mod edit;
pub mod entry;
mod figures;
pub mod list;
pub mod new;
pub mod publish;
pub mod rehearse;
pub mod shipped;
mod typed;
pub mod versions;

use super::badge::Badge;
use super::say;
use crate::clinic::catalogue::{Catalogue, Entry, Kind, Level};

/// How well an entry is backed, and whether somebody has to look at it.
fn review(entry: &Entry) -> Badge {
    if entry.is_retired() {
        return Badge::new("outline", "no", "Retired");
    }
    if entry.needs_review() {
        return Badge::new("amber", "half", "To be looked at");
    }
    Badge::new("plain", "circle-tick", "Backed by a source")
}

/// "3 sources", or that none backs it.
fn backing(entry: &Entry) -> String {
    match entry.sources().len() {
        0 => "Expert opinion".to_owned(),
        many => say::count(many, "source"),
    }
}

/// What an entry comes to, in a word.
fn gist(catalogue: &Catalogue, entry: &Entry) -> String {
    let word = |path: &str| {
        let spec = entry.kind.specs().iter().find(|spec| spec.path == path);
        spec.map(|spec| spec.words(catalogue, entry).join(", ")).unwrap_or_default()
    };
    match entry.kind {
        Kind::Condition => {
            let level = catalogue.condition(&entry.id().into()).map_or(Level::None, |row| row.massage);
            Badge::of_level(level).word
        }
        Kind::Stretch => word("region"),
        Kind::Sign => word("tier").split(':').next().unwrap_or_default().to_owned(),
        Kind::Advice => word("kind"),
        Kind::Technique => format!("{} pressure", word("pressure")),
        Kind::Medicine => word("points_to"),
    }
}
