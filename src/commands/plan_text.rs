//! A plan as text for a terminal, and as .eml files in a folder.

use std::fmt::{self, Write};
use std::path::Path;

use crate::clinic::case::Case;
use crate::mail::folder;

use super::planned::Planned;

/// The whole plan: when what goes out, what is left out of it, and what does not go at all.
pub(super) fn plan_text(case: &Case, plan: &Planned) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_plan(&mut text, case, plan);
    text
}

fn write_plan(out: &mut String, case: &Case, plan: &Planned) -> fmt::Result {
    writeln!(out, "Emails for {}, by the clock of {}", case.client.first_name, case.clinic.zone.name())?;
    for email in &plan.emails {
        let due = email.due_at.to_zoned(case.clinic.zone.rules().clone());
        writeln!(out, "\n{}  {}", due.strftime("%a %-d %b %Y, %H:%M"), email.subject)?;
        writeln!(
            out,
            "  letter {} version {}, too late after {}",
            email.letter.id(),
            email.letter_version,
            email.not_after
        )?;
        writeln!(out, "  offered: {}", listed(email.offered.iter().map(String::as_str)))?;
        writeln!(out, "  always in: {} warning signs and what is expected", email.warning_signs.len())?;
        for withheld in &email.withheld {
            let because: Vec<&str> = withheld.because.iter().map(|reason| reason.says.as_str()).collect();
            writeln!(
                out,
                "  withheld: {} (the client is not told why)\n      because {}",
                withheld.id,
                because.join("; ")
            )?;
        }
    }
    if !plan.not_sent.is_empty() {
        writeln!(out, "\nNot sent")?;
    }
    for not_sent in &plan.not_sent {
        writeln!(out, "  {}: {}", not_sent.step, not_sent.reason)?;
    }
    Ok(())
}

fn listed<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.collect();
    if items.is_empty() { "nothing".into() } else { items.join(", ") }
}

/// Writes each email as an .eml file, named after its step.
pub(super) fn write_eml(target: &Path, plan: &Planned) -> Result<(), String> {
    let failed = |error: std::io::Error| {
        format!(
            "{}: the emails cannot be written there ({error}); give a folder that you may write to",
            target.display()
        )
    };
    std::fs::create_dir_all(target).map_err(failed)?;
    for email in &plan.emails {
        folder::write(target, email.step.id(), &email.message).map_err(failed)?;
    }
    Ok(())
}
