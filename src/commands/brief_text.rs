//! A brief as text for a terminal: what a therapist reads first, with its reasons.

use std::fmt::{self, Write};

use crate::clinic::brief::{Aftercare, Brief, Reason, TaskKind};
use crate::clinic::case::Case;
use crate::clinic::catalogue::{Catalogue, Heat, Hydration, Level, StretchId, TechniqueId, Tier};

/// The whole brief.
pub(super) fn brief_text(catalogue: &Catalogue, case: &Case, brief: &Brief) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_brief(&mut text, catalogue, case, brief);
    text
}

fn write_brief(out: &mut String, catalogue: &Catalogue, case: &Case, brief: &Brief) -> fmt::Result {
    let starts = case.visit.starts_at.to_zoned(case.clinic.zone.rules().clone());
    writeln!(out, "Brief for {}, {}", case.client.first_name, starts.strftime("%A %-d %B %Y, %H:%M"))?;
    writeln!(out, "Catalogue {} (a draft until a clinician of the clinic signs it off)\n", brief.catalogue_version)?;
    writeln!(out, "Level: {}", level_words(brief.level))?;
    writeln!(out, "Pressure ceiling: {}", brief.pressure.ceiling.word())?;
    write_reasons(out, &brief.pressure.because)?;
    write_techniques(out, catalogue, brief)?;
    for avoid in &brief.avoid_regions {
        writeln!(out, "Avoid: {}", avoid.region.word())?;
        write_reasons(out, &avoid.because)?;
    }
    for (heading, lines) in [("Ask before you start", &brief.questions), ("Cautions", &brief.cautions)] {
        if !lines.is_empty() {
            writeln!(out, "\n{heading}")?;
        }
        for line in lines {
            writeln!(out, "  - {}", line.text)?;
            write_reasons(out, &line.because)?;
        }
    }
    write_advice(out, brief)?;
    write_signs(out, catalogue, brief)?;
    if !brief.tasks.is_empty() {
        writeln!(out, "\nTo do")?;
    }
    for task in &brief.tasks {
        writeln!(out, "  - {}", task_words(task.kind))?;
        write_reasons(out, &task.because)?;
    }
    if brief.aftercare == Aftercare::EmergencyOnly {
        writeln!(out, "\nAftercare: only the urgent signs go out, in one email.")?;
    }
    Ok(())
}

fn write_techniques(out: &mut String, catalogue: &Catalogue, brief: &Brief) -> fmt::Result {
    let label = |id: &TechniqueId| catalogue.technique(id).map_or_else(|| id.to_string(), |entry| entry.label.clone());
    let booked = &brief.techniques.booked;
    let verdict = if booked.suitable { "suitable" } else { "not suitable" };
    writeln!(out, "Booked: {} ({verdict})", label(&booked.id))?;
    if let Some(line) = brief.techniques.unsuitable.iter().find(|line| line.id == booked.id) {
        write_reasons(out, &line.because)?;
    }
    for line in &brief.techniques.suggested {
        writeln!(out, "Suggested: {}", label(&line.id))?;
        write_reasons(out, &line.because)?;
    }
    Ok(())
}

fn write_advice(out: &mut String, brief: &Brief) -> fmt::Result {
    let advice = &brief.advice;
    let drinks = match advice.hydration.decision {
        Hydration::Ok => "ok",
        Hydration::DoNotPush => "do not push",
    };
    let heat = match advice.heat.decision {
        Heat::Ok => "ok",
        Heat::Caution => "gentle warmth only",
        Heat::Avoid => "avoid",
    };
    writeln!(out, "\nAdvice by email\n  Heat: {heat}")?;
    write_reasons(out, &advice.heat.because)?;
    writeln!(out, "  Drinks: {drinks}")?;
    write_reasons(out, &advice.hydration.because)?;
    let offered: Vec<&str> = advice.stretches.offered.iter().map(StretchId::as_str).collect();
    writeln!(out, "  Stretches: {}", if offered.is_empty() { "none".into() } else { offered.join(", ") })?;
    for withheld in &advice.stretches.withheld {
        writeln!(out, "  Withheld: {}", withheld.id)?;
        write_reasons(out, &withheld.because)?;
    }
    Ok(())
}

fn write_signs(out: &mut String, catalogue: &Catalogue, brief: &Brief) -> fmt::Result {
    for (tier, heading) in [
        (Tier::Emergency, "Stop and refer: emergency"),
        (Tier::SameDay, "Stop and refer: see a doctor the same day"),
        (Tier::CallClinic, "The client calls the clinic"),
        (Tier::Expected, "Expected, no warning"),
    ] {
        writeln!(out, "\n{heading}")?;
        let of_tier = brief.warning_signs.iter().filter(|sign| sign.tier == tier);
        for sign in of_tier.filter_map(|sign| catalogue.warning_sign(&sign.id)) {
            writeln!(out, "  - {}", sign.text)?;
        }
    }
    Ok(())
}

fn write_reasons(out: &mut String, reasons: &[Reason]) -> fmt::Result {
    for reason in reasons {
        let sources = match reason.references.len() {
            0 => String::new(),
            1 => " [1 source]".into(),
            more => format!(" [{more} sources]"),
        };
        writeln!(out, "      because {}{sources}", reason.says)?;
    }
    Ok(())
}

fn level_words(level: Level) -> &'static str {
    match level {
        Level::None => "no cautions",
        Level::Caution => "caution",
        Level::LocalContraindication => "avoid areas",
        Level::MedicalClearance => "needs clearance",
        Level::Contraindication => "do not treat",
    }
}

fn task_words(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::DoNotTreat => "Do not treat; agree with the client what happens now",
        TaskKind::RecordClearance => "Get and record a doctor's word",
        TaskKind::Guardian => "A guardian has to agree",
        TaskKind::ReviewFreeText => "Read what the client wrote",
        TaskKind::AskUnanswered => "Ask what was left blank",
    }
}
