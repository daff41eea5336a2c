//! What a note of a technique begins with: headings for what only the therapist can see or feel.
//! They are prompts, not findings: one that nobody fills is not part of the signed note.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Section;
use crate::clinic::catalogue::TechniqueId;

/// The outlines that ship with the program.
static SHIPPED: LazyLock<Outlines> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../config/notes/outlines.toml")).expect("a test reads the shipped outlines")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outlines {
    outline: Vec<Outline>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outline {
    /// For these techniques; the one without any is for all others.
    #[serde(default)]
    techniques: Vec<TechniqueId>,
    headings: BTreeMap<Section, Vec<String>>,
}

/// The section texts that a note of this technique begins with.
#[must_use]
pub fn of(technique: &TechniqueId) -> BTreeMap<Section, String> {
    let outlines = &SHIPPED.outline;
    let own = outlines.iter().find(|outline| outline.techniques.contains(technique));
    let usual = outlines.iter().find(|outline| outline.techniques.is_empty());
    let headings = own.or(usual).map(|outline| &outline.headings);
    headings.into_iter().flatten().map(|(section, lines)| (*section, lines.join("\n"))).collect()
}

/// Whether a line is a heading that nobody filled.
#[must_use]
pub fn is_heading(line: &str) -> bool {
    let line = line.trim();
    SHIPPED.outline.iter().flat_map(|outline| outline.headings.values()).flatten().any(|heading| heading == line)
}

/// A text without the headings that nobody filled.
pub(super) fn without_empty_headings(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !is_heading(line)).collect();
    kept.join("\n").trim().to_owned()
}
