//! The brief as a therapist reads it before the session: banner, questions, map, pressure,
//! technique, position, cautions, stop signs.

pub mod advice;
pub mod signs;

use crate::clinic::body::Region;
use crate::clinic::brief::{Aftercare, Brief, Line, Reason, TaskKind};
use crate::clinic::case::Case;
use crate::clinic::catalogue::{Catalogue, Level, Pressure, TechniqueId, UsualPosition};
use crate::web::because::{self, Because};
use crate::web::bodymap::{self, BodyMap};
use crate::web::say;
use advice::Ruling;
use signs::SignGroup;

/// The whole brief, in words.
#[derive(Debug)]
pub struct BriefView {
    /// The level, first of all.
    pub banner: Banner,
    /// What staff have to do.
    pub tasks: Vec<Said>,
    /// What to ask before starting.
    pub questions: Vec<Said>,
    /// The body map.
    pub map: BodyMap,
    /// The pressure ceiling.
    pub pressure: PressureView,
    /// The technique.
    pub technique: TechniqueView,
    /// Whether something has to be read or asked before "no cautions" can be said.
    pub unclear: bool,
    /// How the client lies or sits.
    pub position: String,
    /// Cautions by their reason.
    pub ledger: Vec<LedgerRow>,
    /// Stop-and-refer signs by tier.
    pub signs: Vec<SignGroup>,
    /// Heat, drinks and stretches.
    pub decisions: Vec<Ruling>,
}

/// A sentence and its reason.
#[derive(Debug)]
pub struct Said {
    /// The sentence.
    pub text: String,
    /// Why.
    pub because: String,
}

/// The level of the visit.
#[derive(Debug)]
pub struct Banner {
    /// The class.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// "Avoid areas: left calf".
    pub title: String,
    /// What to do about it.
    pub text: String,
}

/// The pressure ceiling as a bar of four steps.
#[derive(Debug)]
pub struct PressureView {
    /// "light".
    pub ceiling: &'static str,
    /// Each step: word, whether it is within reach, whether it is the top of what is.
    pub steps: Vec<(String, bool, bool)>,
    /// What was booked, and whether that is too much.
    pub booked: String,
    /// Why.
    pub because: String,
}

/// What was booked and what to use instead.
#[derive(Debug)]
pub struct TechniqueView {
    /// The booked technique.
    pub booked: String,
    /// Whether nothing rules it out.
    pub suitable: bool,
    /// Why it is not.
    pub against: String,
    /// The id of the booked one.
    pub booked_id: String,
    /// What to use instead, best first.
    pub suggested: Vec<Suggested>,
}

/// A technique to use instead.
#[derive(Debug)]
pub struct Suggested {
    /// Its id.
    pub id: String,
    /// Its name.
    pub text: String,
    /// Why.
    pub because: String,
}

/// Lines that share their reasons.
#[derive(Debug)]
pub struct LedgerRow {
    /// The lines.
    pub lines: Vec<String>,
    /// Why, each.
    pub because: Vec<Because>,
}

impl BriefView {
    /// The brief of this visit.
    #[must_use]
    pub fn of(case: &Case, brief: &Brief, catalogue: &Catalogue) -> Self {
        Self {
            banner: banner(case, brief),
            // What was left blank stands among the questions already, one by one.
            tasks: tasks(brief),
            questions: brief.questions.iter().map(|line| said(&line.text, &line.because)).collect(),
            map: BodyMap::of(case, brief),
            pressure: pressure(case, brief, catalogue),
            technique: technique(brief, catalogue),
            unclear: !brief.tasks.is_empty(),
            position: position(brief, catalogue),
            ledger: ledger(&brief.cautions, case, catalogue),
            signs: signs::of(&brief.warning_signs, &case.clinic.emergency_number, catalogue),
            decisions: advice::decisions(brief, catalogue),
        }
    }
}

fn tasks(brief: &Brief) -> Vec<Said> {
    let other = brief.tasks.iter().filter(|task| task.kind != TaskKind::AskUnanswered);
    other.map(|task| said(task_words(task.kind), &task.because)).collect()
}

fn said(text: &str, because: &[Reason]) -> Said {
    Said { text: text.into(), because: because::line(because) }
}

const fn task_words(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::DoNotTreat => "Do not treat. Decide with the client what happens now.",
        TaskKind::RecordClearance => "Needs a doctor’s OK before treatment. None that counts is recorded.",
        TaskKind::Guardian => "Under 18. A guardian has to agree first.",
        TaskKind::ReviewFreeText => "Read what the client wrote in their own words.",
        TaskKind::AskUnanswered => "Ask what was left blank.",
    }
}

fn banner(case: &Case, brief: &Brief) -> Banner {
    let cleared = brief.level >= Level::MedicalClearance && brief.aftercare == Aftercare::Routine;
    let (look, icon, title) = match brief.level {
        Level::None if !brief.tasks.is_empty() => ("unknown", "question", "Not clear yet".to_owned()),
        Level::None => ("none", "circle-tick", "No cautions".to_owned()),
        Level::Caution => ("caution", "triangle", "Caution".into()),
        Level::LocalContraindication => ("local", "hatched", avoid_title(case, brief)),
        Level::MedicalClearance if cleared => ("caution", "clipboard", "Cleared by a doctor".into()),
        Level::MedicalClearance => ("clearance", "clipboard", "Needs clearance".into()),
        Level::Contraindication => ("contra", "stop", "Do not treat today".into()),
    };
    Banner { look, icon, title, text: banner_text(brief) }
}

fn avoid_title(case: &Case, brief: &Brief) -> String {
    let names: Vec<String> =
        bodymap::avoided(case, brief).into_iter().map(|(region, sides)| sides.name(region)).collect();
    if names.is_empty() { "Avoid areas".into() } else { format!("Avoid areas: {}", say::list(&names)) }
}

fn banner_text(brief: &Brief) -> String {
    let first = match (brief.level, brief.aftercare) {
        (Level::Contraindication, _) => "Do not start the session. Emails carry only the urgent signs.",
        (Level::MedicalClearance, Aftercare::EmergencyOnly) => {
            "No doctor’s OK is recorded. Record it or rebook. Emails carry only the urgent signs."
        }
        (Level::None, _) if !brief.tasks.is_empty() => {
            "Nothing that was ticked limits the session. The rest has to be read or asked."
        }
        (Level::None, _) => "Nothing in the answers limits the session.",
        _ => "",
    };
    if brief.level == Level::Contraindication {
        return first.into();
    }
    let pressure = match brief.pressure.ceiling {
        Pressure::None => "No pressure at all.",
        Pressure::Light => "Light pressure everywhere.",
        Pressure::Moderate => "Moderate pressure at most.",
        Pressure::Any => "",
    };
    let technique = if brief.techniques.booked.suitable { "" } else { "Change the technique." };
    let questions = match brief.questions.len() {
        0 => String::new(),
        number => format!("Ask {} first.", say::count(number, "question")),
    };
    let parts = [first, pressure, technique, questions.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn pressure(case: &Case, brief: &Brief, catalogue: &Catalogue) -> PressureView {
    let ceiling = brief.pressure.ceiling;
    let steps = [Pressure::None, Pressure::Light, Pressure::Moderate, Pressure::Any];
    let booked = case.visit.treatment.pressure;
    let over = booked.needs() > ceiling;
    PressureView {
        ceiling: ceiling.word(),
        steps: steps.map(|step| (say::capital(step.word()), step <= ceiling, step == ceiling)).into(),
        booked: format!("Booked: {}{}.", booked.word(), if over { ", which is too much" } else { ", which is fine" }),
        because: because::short_line(&brief.pressure.because, catalogue),
    }
}

fn label(catalogue: &Catalogue, id: &TechniqueId) -> String {
    catalogue.technique(id).map_or_else(|| id.to_string(), |technique| technique.label.clone())
}

fn technique(brief: &Brief, catalogue: &Catalogue) -> TechniqueView {
    let techniques = &brief.techniques;
    let against = techniques.unsuitable.iter().find(|line| line.id == techniques.booked.id);
    TechniqueView {
        booked: label(catalogue, &techniques.booked.id),
        booked_id: techniques.booked.id.to_string(),
        suitable: techniques.booked.suitable,
        against: against.map(|line| because::short_line(&line.because, catalogue)).unwrap_or_default(),
        suggested: techniques
            .suggested
            .iter()
            .map(|line| Suggested {
                id: line.id.to_string(),
                text: label(catalogue, &line.id),
                because: because::short_line(&line.because, catalogue),
            })
            .collect(),
    }
}

/// The position of the technique that will be used: the first suggestion when the booked one is out.
fn position(brief: &Brief, catalogue: &Catalogue) -> String {
    if brief.level == Level::Contraindication {
        return "None. The session does not take place.".into();
    }
    let used = brief.techniques.suggested.first().map_or(&brief.techniques.booked.id, |line| &line.id);
    let name = label(catalogue, used);
    let usual = catalogue.technique(used).map(|technique| technique.usual_position);
    let words = match usual {
        Some(UsualPosition::FaceDownThenFaceUp) => "Face down, then face up",
        Some(UsualPosition::FaceUp) => "Face up",
        Some(UsualPosition::SideLying) => "Lying on the side",
        Some(UsualPosition::Seated) => "Seated",
        Some(UsualPosition::Varies) | None => "As it suits the work",
    };
    format!("{words}, the usual for {name}.")
}

/// Lines with the same reasons share one row, in the order in which the reasons first appear.
fn ledger(cautions: &[Line], case: &Case, catalogue: &Catalogue) -> Vec<LedgerRow> {
    let mut rows: Vec<(&[Reason], Vec<String>)> = Vec::new();
    for line in cautions {
        match rows.iter_mut().find(|(because, _)| *because == line.because.as_slice()) {
            Some((_, lines)) => lines.push(line.text.clone()),
            None => rows.push((&line.because, vec![line.text.clone()])),
        }
    }
    let explain = |because: &[Reason]| because.iter().map(|reason| Because::of(reason, case, catalogue)).collect();
    rows.into_iter().map(|(because, lines)| LedgerRow { lines, because: explain(because) }).collect()
}

/// "Lower back, hip" or that none was named.
#[must_use]
pub fn regions(regions: &[Region]) -> String {
    if regions.is_empty() {
        return "no region named".into();
    }
    regions.iter().map(|region| region.word()).collect::<Vec<_>>().join(", ")
}
