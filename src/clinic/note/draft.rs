//! The generated lines of a note: what the intake and the brief already know, in words a therapist
//! would write. Nothing here is a finding; findings are the therapist's.

use jiff::civil::Date;

use super::line::{LineOrigin, Source, one_line};
use super::{LONGEST_LINE, Section};
use crate::clinic::body::{Region, Side};
use crate::clinic::brief::{Aftercare, Brief, Reason, TaskKind};
use crate::clinic::case::{BookedPressure, Case, LastReaction};
use crate::clinic::catalogue::{Catalogue, ConditionId, Heat, Hydration, Level, Pressure, TechniqueId};
use crate::clinic::intake::{Intake, ReportedCondition};
use crate::clinic::treatment::Done;

/// So many blank answers are named; more are counted.
const NAMED_BLANKS: usize = 6;

/// So many stretches are named: an email shows no more.
const NAMED_STRETCHES: usize = 3;

/// A line as it would be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is about; see [`super::Line::key`].
    pub key: String,
    /// Where it stands.
    pub section: Section,
    /// What it came from.
    pub origin: LineOrigin,
    /// The words.
    pub words: String,
}

/// What lines are made from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// For the names of things.
    pub catalogue: &'a Catalogue,
    /// Client, visit and answers.
    pub case: &'a Case,
    /// What tailoring made of them.
    pub brief: &'a Brief,
    /// The day the answers were given; none without an intake.
    pub given_on: Option<Date>,
    /// The answers that counted at the visit before, and their day.
    pub before: Option<(Date, &'a Intake)>,
    /// What was done, once it is recorded.
    pub done: Option<&'a Done>,
}

/// All lines, in the order they are shown.
#[must_use]
pub fn offers(sources: &Sources<'_>) -> Vec<Offer> {
    let made = [subjective(sources), objective(sources), assessment(sources), plan(sources)];
    let made = Section::ALL.into_iter().zip(made);
    let mut offers: Vec<Offer> =
        made.flat_map(|(section, lines)| lines.into_iter().chain(own(sources, section))).collect();
    for offer in &mut offers {
        offer.words = one_line(&offer.words);
        if let Some((end, _)) = offer.words.char_indices().nth(LONGEST_LINE - 1) {
            offer.words.truncate(end);
            offer.words.push('…');
        }
    }
    offers
}

impl Sources<'_> {
    fn offer(&self, section: Section, key: &str, words: String, source: Source, because: Vec<Reason>) -> Offer {
        let on = if source == Source::Intake { self.given_on } else { None };
        Offer { key: key.to_owned(), section, words, origin: LineOrigin { source, on, because } }
    }

    fn answer(&self, section: Section, key: &str, words: String) -> Offer {
        let because = vec![Reason::answer(key, "As the client answered")];
        self.offer(section, key, words, Source::Intake, because)
    }

    fn condition(&self, id: &ConditionId) -> String {
        self.catalogue.condition(id).map_or_else(|| id.to_string(), |condition| condition.label.clone())
    }

    fn technique(&self, id: &TechniqueId) -> String {
        self.catalogue.technique(id).map_or_else(|| id.to_string(), |technique| technique.label.clone())
    }
}

fn subjective(sources: &Sources<'_>) -> Vec<Offer> {
    let here = Section::Subjective;
    let intake = &sources.case.intake;
    let reaction = last_reaction(sources);
    if sources.given_on.is_none() {
        let because = vec![Reason::visit("intake", "No intake was given by then")];
        let none = sources.offer(here, "no_intake", "No intake was given.".into(), Source::Visit, because);
        return reaction.into_iter().chain([none]).collect();
    }
    let quoted = |key: &str, asked: &str, text: &str| {
        let text = one_line(text);
        (!text.is_empty()).then(|| sources.answer(here, key, format!("{asked}: “{text}”")))
    };
    let load: Vec<&str> = intake.daily_load.iter().map(|load| load.words()).collect();
    let load = (!load.is_empty()).then(|| sources.answer(here, "daily_load", format!("All day: {}.", load.join(", "))));
    let pain = pain(intake).map(|words| sources.answer(here, "pain", words));
    let wishes = [
        quoted("other_conditions", "In their own words", &intake.other_conditions),
        quoted("medicines", "Medicines", &intake.medicines),
        quoted("allergies", "Allergies", &intake.allergies),
        quoted("goals", "Hopes for", &intake.goals),
    ];
    let first = reaction.into_iter().chain(pain).chain(load);
    first.chain(conditions(sources)).chain(wishes.into_iter().flatten()).collect()
}

/// Answers to the clinic's own questions that belong in this section.
fn own(sources: &Sources<'_>, section: Section) -> Vec<Offer> {
    let forms = sources.case.intake.own.iter();
    let answers = forms.flat_map(|form| form.answers.iter().map(move |one| (form.form, one)));
    answers
        .filter(|(_, one)| one.note == Some(section))
        .map(|(form, one)| {
            let said = one.said.iter().map(|said| one_line(said)).collect::<Vec<_>>().join(", ");
            let words = format!("{} {said}.", ended(&one_line(&one.asked)));
            sources.answer(section, &format!("own/{form}/{}", one.id), words)
        })
        .collect()
}

/// A question as the beginning of a line.
fn ended(asked: &str) -> String {
    if asked.ends_with(['?', ':', '.', '!']) { asked.to_owned() } else { format!("{asked}:") }
}

fn last_reaction(sources: &Sources<'_>) -> Option<Offer> {
    let words = match sources.case.visit.treatment.last_reaction {
        LastReaction::None => return None,
        LastReaction::SoreOneTwoDays => "After the last visit: sore for a day or two.",
        LastReaction::SoreLonger => "After the last visit: sore for longer than two days.",
        LastReaction::TooStrong => "After the last visit: the pressure was too much.",
    };
    let because = vec![Reason::visit("last_reaction", "How the visit before was taken")];
    Some(sources.offer(Section::Subjective, "last_reaction", words.into(), Source::Visit, because))
}

fn pain(intake: &Intake) -> Option<String> {
    let now = intake.pain_now.map(|pain| format!("Pain now {} of 10", pain.score()));
    let marks = intake.marks.iter().map(|mark| {
        let feel = mark.sensation.map(|sensation| format!(" {}", sensation.word())).unwrap_or_default();
        let much = mark.intensity.map(|pain| format!(", {} of 10", pain.score())).unwrap_or_default();
        format!("{}{feel}{much}", place(mark.region, mark.side))
    });
    let parts: Vec<String> = now.into_iter().chain(marks).collect();
    (!parts.is_empty()).then(|| format!("{}.", capital(&parts.join("; "))))
}

/// One line a condition, however many places were named.
fn conditions(sources: &Sources<'_>) -> Vec<Offer> {
    let intake = &sources.case.intake;
    let mut seen: Vec<&ConditionId> = Vec::new();
    let mut lines = Vec::new();
    for reported in &intake.conditions {
        if seen.contains(&&reported.id) {
            continue;
        }
        seen.push(&reported.id);
        let label = sources.condition(&reported.id);
        let details: Vec<String> = intake
            .conditions
            .iter()
            .filter(|one| one.id == reported.id)
            .map(details)
            .filter(|d| !d.is_empty())
            .collect();
        let what = if details.is_empty() { label } else { format!("{label}: {}", details.join("; ")) };
        let fresh = sources.before.filter(|(_, before)| !before.conditions.iter().any(|one| one.id == reported.id));
        let words = match fresh {
            Some((on, _)) => format!("New since {}: {}.", on.strftime("%-d %B"), small(&what)),
            None => format!("{what}."),
        };
        let key = format!("condition/{}", reported.id);
        let because = sources.brief.cautions.iter().flat_map(|line| &line.because);
        let because = because.into_iter().find(|reason| reason.id == reported.id.as_str()).cloned();
        let because = because.unwrap_or_else(|| Reason::answer(reported.id.as_str(), "As the client answered"));
        lines.push(sources.offer(Section::Subjective, &key, words, Source::Intake, vec![because]));
    }
    lines
}

fn details(one: &ReportedCondition) -> String {
    let where_ = match (one.region, one.side) {
        (Some(region), side) => Some(place(region, side)),
        (None, Some(side)) => Some(side.word().to_owned()),
        (None, None) => None,
    };
    let since = one.since.map(|since| format!("since {since}"));
    let status = one.status.map(|status| status.word().to_owned());
    [where_, since, status].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn objective(sources: &Sources<'_>) -> Vec<Offer> {
    if sources.given_on.is_none() {
        return Vec::new();
    }
    let because: Vec<Reason> = sources.brief.questions.iter().flat_map(|line| line.because.clone()).collect();
    let labels = because.iter().map(|reason| sources.condition(&ConditionId::from(reason.id.as_str())));
    let pain = sources.case.intake.pain_now.is_none().then(|| "pain 0 to 10".to_owned());
    let mut open: Vec<String> = pain.into_iter().chain(labels.map(|label| small(&label))).collect();
    let more = open.len().saturating_sub(NAMED_BLANKS);
    open.truncate(NAMED_BLANKS);
    if open.is_empty() {
        return Vec::new();
    }
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let words = format!("Not asked yet: {}{more}.", open.join(", "));
    vec![sources.offer(Section::Objective, "blank", words, Source::Brief, because)]
}

fn assessment(sources: &Sources<'_>) -> Vec<Offer> {
    let here = Section::Assessment;
    let brief = sources.brief;
    let mut because: Vec<Reason> = Vec::new();
    for reason in brief.cautions.iter().flat_map(|line| &line.because) {
        if !because.iter().any(|other| other.id == reason.id) {
            because.push(reason.clone());
        }
    }
    let labels: Vec<String> =
        because.iter().map(|reason| small(&sources.condition(&ConditionId::from(reason.id.as_str())))).collect();
    let cleared = brief.aftercare == Aftercare::Routine;
    let level = match brief.level {
        Level::Contraindication => "Not to be treated today",
        Level::MedicalClearance if cleared => "Cleared by a doctor",
        Level::MedicalClearance => "Needs a doctor’s OK first; none that counts is recorded",
        Level::None | Level::Caution | Level::LocalContraindication => "Care needed",
    };
    let level = (brief.level > Level::None).then(|| {
        let words = format!("{level}: {}.", labels.join(", "));
        sources.offer(here, "level", words, Source::Brief, because)
    });
    let places: Vec<String> =
        brief.avoid_regions.iter().map(|avoid| place(avoid.region, side_of(sources, avoid.region))).collect();
    let avoid = (!places.is_empty()).then(|| {
        let because = brief.avoid_regions.iter().flat_map(|avoid| avoid.because.clone()).collect();
        sources.offer(here, "avoid", format!("Areas to leave alone: {}.", places.join(", ")), Source::Brief, because)
    });
    level.into_iter().chain(avoid).collect()
}

/// The side a client named for a place to avoid; several answers that differ mean both.
fn side_of(sources: &Sources<'_>, region: Region) -> Option<Side> {
    let avoid = sources.brief.avoid_regions.iter().find(|avoid| avoid.region == region)?;
    let named = sources.case.intake.conditions.iter().filter(|one| {
        avoid.because.iter().any(|why| why.id == one.id.as_str()) && one.region.is_none_or(|named| named == region)
    });
    let mut sides = named.map(|one| one.side);
    let first = sides.next()??;
    sides.all(|other| other == Some(first)).then_some(first)
}

fn plan(sources: &Sources<'_>) -> Vec<Offer> {
    let here = Section::Plan;
    let stopped = sources.brief.aftercare == Aftercare::EmergencyOnly;
    let signs = stopped.then(|| {
        let because = stopping(sources.brief);
        sources.offer(
            here,
            "signs_only",
            "Only the email with the urgent signs goes out.".into(),
            Source::Brief,
            because,
        )
    });
    let home = (!stopped).then(|| home_care(sources));
    let next = sources.case.visit.next_visit_at.map(|at| {
        let at = at.to_zoned(sources.case.clinic.zone.rules().clone());
        let because = vec![Reason::visit("next_visit_at", "As booked")];
        let words = format!("Next visit: {}.", at.strftime("%A %-d %B %Y, %H:%M"));
        sources.offer(here, "next_visit", words, Source::Visit, because)
    });
    [Some(session(sources, stopped)), home, signs, next].into_iter().flatten().collect()
}

fn stopping(brief: &Brief) -> Vec<Reason> {
    let stops = |kind: TaskKind| matches!(kind, TaskKind::DoNotTreat | TaskKind::RecordClearance);
    brief.tasks.iter().filter(|task| stops(task.kind)).flat_map(|task| task.because.clone()).collect()
}

/// What was done; until that is recorded, what the brief suggests.
fn session(sources: &Sources<'_>, stopped: bool) -> Offer {
    let here = Section::Plan;
    if let Some(done) = sources.done {
        let used: Vec<String> = done.techniques.iter().map(|id| sources.technique(id)).collect();
        let places: Vec<String> = done.regions.iter().map(|region| region.word()).collect();
        let (used, force, places) = (used.join(", "), done.pressure.word(), places.join(", "));
        let because = vec![Reason::visit("treatment", "As recorded for this visit")];
        return sources.offer(
            here,
            "session",
            format!("Done: {used}. {force} pressure: {places}.", force = capital(force)),
            Source::Visit,
            because,
        );
    }
    if stopped {
        let words = "No session today.".to_owned();
        return sources.offer(here, "session", words, Source::Brief, stopping(sources.brief));
    }
    let (brief, booked) = (sources.brief, &sources.case.visit.treatment);
    let suggested = brief.techniques.suggested.first();
    let used = suggested.map_or(&booked.technique, |line| &line.id);
    let places: Vec<String> = booked.regions.iter().map(|region| region.word()).collect();
    let places = if places.is_empty() { String::new() } else { format!(", {}", places.join(", ")) };
    let instead = match suggested {
        Some(_) => format!(" instead of {}", small(&sources.technique(&booked.technique))),
        None => String::new(),
    };
    let force = lighter(booked.pressure, brief.pressure.ceiling);
    let words = format!("{}{instead}, {force} pressure{places}.", sources.technique(used));
    let because = suggested.map(|line| line.because.clone()).unwrap_or_default();
    let because = because.into_iter().chain(brief.pressure.because.clone()).collect::<Vec<_>>();
    if because.is_empty() {
        return sources.offer(here, "session", words, Source::Visit, vec![Reason::visit("treatment", "As booked")]);
    }
    sources.offer(here, "session", words, Source::Brief, because)
}

const fn lighter(booked: BookedPressure, ceiling: Pressure) -> &'static str {
    match (booked, ceiling) {
        (_, Pressure::None) => "no",
        (_, Pressure::Light) | (BookedPressure::Light, _) => "light",
        (_, Pressure::Moderate) | (BookedPressure::Moderate, _) => "moderate",
        (BookedPressure::Firm, Pressure::Any) => "firm",
    }
}

/// What the emails may say about heat, drinks and stretches.
fn home_care(sources: &Sources<'_>) -> Offer {
    let advice = &sources.brief.advice;
    let heat = match advice.heat.decision {
        Heat::Ok => "warmth if it feels good",
        Heat::Caution => "warmth only with care",
        Heat::Avoid => "no warmth",
    };
    let drinks = match advice.hydration.decision {
        Hydration::Ok => "drink as usual",
        Hydration::DoNotPush => "do not push drinks",
    };
    let stretches: Vec<String> = advice
        .stretches
        .offered
        .iter()
        .filter_map(|id| sources.catalogue.stretch(id))
        .take(NAMED_STRETCHES)
        .map(|stretch| small(&stretch.label))
        .collect();
    let stretches =
        if stretches.is_empty() { "no stretches".to_owned() } else { format!("stretches: {}", stretches.join(", ")) };
    let mut because: Vec<Reason> = Vec::new();
    let withheld = advice.stretches.withheld.iter().flat_map(|stretch| &stretch.because);
    for reason in advice.heat.because.iter().chain(&advice.hydration.because).chain(withheld) {
        if !because.iter().any(|other| other.id == reason.id) {
            because.push(reason.clone());
        }
    }
    if because.is_empty() {
        because.push(Reason::rule("advice", "Nothing in the answers rules advice out".into(), &[]));
    }
    let words = format!("At home, by email: {heat}; {drinks}; {stretches}.");
    sources.offer(Section::Plan, "home_care", words, Source::Brief, because)
}

fn place(region: Region, side: Option<Side>) -> String {
    match side {
        Some(Side::Left) => format!("left {}", region.word()),
        Some(Side::Right) => format!("right {}", region.word()),
        Some(Side::Both) => format!("{}, both sides", region.word()),
        None => region.word(),
    }
}

/// With a small first letter, unless the first word is all capitals ("DVT").
fn small(words: &str) -> String {
    let mut letters = words.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(_), Some(second)) if second.is_uppercase() => words.to_owned(),
        (Some(first), _) => first.to_lowercase().chain(letters).collect(),
        (None, _) => String::new(),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
