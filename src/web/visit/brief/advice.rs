//! What is decided about heat, drinks and stretches, a line each.

use crate::clinic::brief::{Brief, Reason};
use crate::clinic::catalogue::{Catalogue, Heat, Hydration};
use crate::web::{because, say};

/// A decision about one kind of advice.
#[derive(Debug)]
pub struct Ruling {
    /// `ok`, `warn` or `no`.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// "Heat: avoid".
    pub title: String,
    /// Why.
    pub because: String,
}

/// Every decision of this brief.
#[must_use]
pub fn decisions(brief: &Brief, catalogue: &Catalogue) -> Vec<Ruling> {
    let heat = match brief.advice.heat.decision {
        Heat::Ok => ("ok", "circle-tick", "Heat: fine"),
        Heat::Caution => ("warn", "triangle", "Heat: with care"),
        Heat::Avoid => ("no", "no", "Heat: avoid"),
    };
    let drinks = match brief.advice.hydration.decision {
        Hydration::Ok => ("ok", "circle-tick", "Drinks: fine"),
        Hydration::DoNotPush => ("warn", "triangle", "Drinks: do not push"),
    };
    let ruling = |(look, icon, title): (&'static str, &'static str, &str), reasons: &[Reason]| {
        let because = because::line(reasons);
        Ruling { look, icon, title: title.into(), because }
    };
    let stretch = |id| catalogue.stretch(id).map_or_else(|| id.to_string(), |stretch| stretch.label.clone());
    let stretches = &brief.advice.stretches;
    let names: Vec<String> = stretches.offered.iter().map(|id| say::small(&stretch(id))).collect();
    let offered = if names.is_empty() {
        ("warn", "triangle", "Stretches: none fit this visit".to_owned())
    } else {
        ("ok", "walk", format!("Stretches that may be offered: {}", say::list(&names)))
    };
    let mut offered = ruling((offered.0, offered.1, &offered.2), &[]);
    if names.is_empty() {
        offered.because = "no stretch for the treated regions passed every rule".into();
    }
    // Stretches that are out for the same reasons stand on one line.
    let mut withheld: Vec<(&[Reason], Vec<String>)> = Vec::new();
    for line in &stretches.withheld {
        let name = say::small(&stretch(&line.id));
        match withheld.iter_mut().find(|(because, _)| *because == line.because.as_slice()) {
            Some((_, names)) => names.push(name),
            None => withheld.push((&line.because, vec![name])),
        }
    }
    let withheld = withheld
        .into_iter()
        .map(|(because, names)| ruling(("no", "no", &format!("Withheld: {}", say::list(&names))), because));
    [ruling(heat, &brief.advice.heat.because), ruling(drinks, &brief.advice.hydration.because), offered]
        .into_iter()
        .chain(withheld)
        .collect()
}
