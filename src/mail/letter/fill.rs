//! Filling a published letter with one client's data. Runs for every message, so it parses nothing.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Object;

use super::both::escape;
use super::{Bit, CompiledLetter, CompiledLetters, Filling, HTML, LetterError, Rendered, SHEET, Stop, TEXT};
use crate::clinic::catalogue::{Advice, AdviceKind, Stretch, Tier};
use crate::clinic::letter::{Field, Words, telephone_link};
use crate::clinic::look::Logo;
use crate::clinic::person::is_unprintable;
use crate::clinic::protocol::Step;

/// Whether the Spanish half of the catalogue is wanted. It has English and Spanish.
#[derive(Clone, Copy)]
struct InSpanish(bool);

impl InSpanish {
    fn pick<'a, T: ?Sized>(self, english: &'a T, spanish: &'a T) -> &'a T {
        if self.0 { spanish } else { english }
    }
}

/// A letter found, with what its templates can name.
struct Ready<'a> {
    locale: &'a str,
    letter: Arc<CompiledLetter>,
    subject: String,
    preheader: String,
    data: Value,
}

fn failed(locale: &str, filling: &Filling<'_>, reason: String) -> LetterError {
    LetterError::Fill { locale: locale.into(), letter: filling.letter.id(), reason }
}

fn ready<'a>(all: &'a CompiledLetters, filling: &Filling<'_>) -> Result<Ready<'a>, LetterError> {
    let case = filling.case;
    let locale = all.locale_for(case.client.locale.as_deref(), &case.clinic.locale);
    let Some(language) = all.letters.language(locale) else {
        return Err(failed(locale, filling, "there is no such language".into()));
    };
    let letter =
        all.edition(filling.edition, locale, filling.letter).map_err(|reason| failed(locale, filling, reason))?;
    made(locale, letter, &language.words, filling)
}

/// A letter with this client's data beside it.
fn made<'a>(
    locale: &'a str,
    letter: Arc<CompiledLetter>,
    words: &Words,
    filling: &Filling<'_>,
) -> Result<Ready<'a>, LetterError> {
    let fields = fields(filling, words);
    let (subject, preheader) = (line(&letter.subject, &fields), line(&letter.preheader, &fields));
    let data = Value::from_object(data(filling, &letter, words, fields, InSpanish(locale.starts_with("es")))?);
    Ok(Ready { locale, letter, subject, preheader, data })
}

fn fill(filling: &Filling<'_>, ready: &Ready<'_>, name: &str) -> Result<String, LetterError> {
    let failed = |reason: String| failed(ready.locale, filling, reason);
    // Only the kind of failure is told: the message of the engine could quote what it was filling in.
    let template = ready.letter.templates.get_template(name).map_err(|wrong| failed(wrong.kind().to_string()))?;
    template.render(ready.data.clone()).map_err(|wrong| failed(format!("{} in line {:?}", wrong.kind(), wrong.line())))
}

/// Fills a letter.
pub(super) fn render(all: &CompiledLetters, filling: &Filling<'_>) -> Result<Rendered, LetterError> {
    written(filling, ready(all, filling)?)
}

/// Fills a letter that nobody has published.
pub(super) fn render_draft(
    locale: &str,
    letter: &Arc<CompiledLetter>,
    words: &Words,
    filling: &Filling<'_>,
) -> Result<Rendered, LetterError> {
    written(filling, made(locale, Arc::clone(letter), words, filling)?)
}

fn written(filling: &Filling<'_>, ready: Ready<'_>) -> Result<Rendered, LetterError> {
    let rendered = Rendered {
        html: fill(filling, &ready, HTML)?,
        text: fill(filling, &ready, TEXT)?,
        letter_version: ready.letter.version,
        locale: ready.locale.to_owned(),
        subject: ready.subject,
        preheader: ready.preheader,
    };
    // What ships is tested; what a clinic wrote is looked at once more before it leaves.
    if ready.letter.is_own {
        every_sign(filling, &rendered.locale, &rendered.html, Some(&rendered.text))?;
    }
    Ok(rendered)
}

/// That every warning sign of this client stands in each part, whatever was edited.
fn every_sign(filling: &Filling<'_>, locale: &str, html: &str, text: Option<&str>) -> Result<(), LetterError> {
    let spanish = InSpanish(locale.starts_with("es"));
    for sign in &filling.content.warning_signs {
        let Some(entry) = filling.catalogue.warning_sign(&sign.id) else { continue };
        let words = spanish.pick(entry.text.as_str(), entry.text_es.as_str());
        let mut escaped = String::with_capacity(words.len() + 16);
        escape(words, &mut escaped);
        if !holds(html, &escaped) || text.is_some_and(|text| !holds(text, words)) {
            return Err(LetterError::SignLeftOut(filling.letter.id()));
        }
    }
    Ok(())
}

/// As [`str::contains`], which takes as long for these as filling the letter does.
fn holds(text: &str, words: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some()
}

/// Fills the blocks alone. Paper is held to what mail is held to.
pub(super) fn sheet(all: &CompiledLetters, filling: &Filling<'_>) -> Result<String, LetterError> {
    let ready = ready(all, filling)?;
    let html = fill(filling, &ready, SHEET)?;
    if ready.letter.is_own {
        every_sign(filling, ready.locale, &html, None)?;
    }
    Ok(html)
}

/// What stands for each merge field.
fn fields(filling: &Filling<'_>, words: &Words) -> [(Field, String); 8] {
    let (clinic, visit) = (&filling.case.clinic, &filling.case.visit);
    let next = visit.next_visit_at.or_else(|| (filling.step == Step::Prepare).then_some(visit.starts_at));
    let (next_day, next_time) = next.map(|at| words.day_and_time(at, clinic)).unwrap_or_default();
    let value = |field: Field| match field {
        Field::FirstName => clean(filling.case.client.first_name.as_str()),
        Field::ClinicName => clean(&clinic.name),
        Field::ClinicPhone => clean(&clinic.phone),
        Field::ClinicAddress => clean(clinic.address.trim_end_matches('.')),
        Field::EmergencyNumber => clean(words.emergency_number(clinic)),
        Field::VisitDay => words.day(filling.case.visit_day()),
        Field::NextVisitDay => next_day.clone(),
        Field::NextVisitTime => next_time.clone(),
    };
    Field::ALL.map(|field| (field, value(field)))
}

/// One line without control characters, whoever wrote it.
fn clean(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || is_unprintable(c)).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A subject or preheader.
fn line(bits: &[Bit], fields: &[(Field, String)]) -> String {
    bits.iter().fold(String::new(), |mut line, bit| {
        match bit {
            Bit::Text(text) => line.push_str(text),
            Bit::Field(wanted) => {
                line.extend(fields.iter().filter(|(field, _)| field == wanted).map(|(_, value)| value.as_str()));
            }
        }
        line
    })
}

/// Everything that templates can name.
fn data(
    filling: &Filling<'_>,
    letter: &CompiledLetter,
    words: &Words,
    fields: [(Field, String); 8],
    spanish: InSpanish,
) -> Result<Data, LetterError> {
    let href = |written: &str| Value::from(telephone_link(written).unwrap_or_default());
    let optional = |value: Option<String>| Value::from(value.unwrap_or_default());
    let links = filling.links;
    let (stop_url, stop_mail) = match links.stop() {
        Stop::Link(url) => (url, String::new()),
        Stop::Mail(mailto) => (String::new(), mailto),
        Stop::InPerson => Default::default(),
    };
    let (said, who) = filling.personal_line.unwrap_or_default();
    let mut data: HashMap<&'static str, Value> = HashMap::with_capacity(32);
    data.extend([
        ("phone_href", href(&filling.case.clinic.phone)),
        ("emergency_href", href(words.emergency_number(&filling.case.clinic))),
        ("check_in", Value::from(filling.content.check_in)),
        ("check_in_url", optional(links.check_in_url())),
        ("preferences_url", optional(links.preferences_url())),
        ("reread_url", optional(links.reread_url())),
        ("stop_url", Value::from(stop_url)),
        ("stop_mail", Value::from(stop_mail)),
        ("personal_text", Value::from(clean(said))),
        ("personal_who", Value::from(clean(who))),
        ("band", optional(filling.case.clinic.look.colour.map(|colour| colour.to_string()))),
        ("has_logo", Value::from(filling.case.clinic.look.logo.is_some())),
        ("logo", filling.case.clinic.look.logo.as_ref().map_or_else(|| Value::from(""), logo)),
        ("advice", advice(filling, &letter.advice_blocks, spanish)?),
        ("stretches", stretches(filling, spanish)?),
        ("shown", letter.shown.iter().map(|when| when.holds(filling.case, filling.catalogue)).collect::<Value>()),
    ]);
    data.extend(signs(filling, spanish)?);
    data.extend(fields.map(|(field, value)| (field.id(), Value::from(value))));
    Ok(Data(data))
}

/// The picture above a letter: where it is, how large, and what it shows.
fn logo(logo: &Logo) -> Value {
    let (width, height) = logo.shown();
    Value::from_object(Picture([
        ("src", Value::from(logo.name.source())),
        ("width", Value::from(width)),
        ("height", Value::from(height)),
        ("alt", Value::from(clean(&logo.alt))),
    ]))
}

/// The warning signs by tier.
fn signs(filling: &Filling<'_>, spanish: InSpanish) -> Result<[(&'static str, Value); 4], LetterError> {
    let mut tiers: [Vec<Value>; 4] = Default::default();
    for sign in &filling.content.warning_signs {
        let entry = filling
            .catalogue
            .warning_sign(&sign.id)
            .ok_or_else(|| LetterError::NoSuchEntry { kind: "warning sign", id: sign.id.to_string() })?;
        tiers[sign.tier as usize].push(Value::from(spanish.pick(entry.text.as_str(), entry.text_es.as_str())));
    }
    let [emergency, same_day, call_clinic, expected] = tiers;
    if emergency.is_empty() && same_day.is_empty() && call_clinic.is_empty() {
        return Err(LetterError::NoWarningSigns(filling.letter.id()));
    }
    Ok([
        (tier_name(Tier::Emergency), emergency.into()),
        (tier_name(Tier::SameDay), same_day.into()),
        (tier_name(Tier::CallClinic), call_clinic.into()),
        (tier_name(Tier::Expected), expected.into()),
    ])
}

/// What templates call a tier.
const fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Emergency => "emergency",
        Tier::SameDay => "same_day",
        Tier::CallClinic => "call_clinic",
        Tier::Expected => "expected",
    }
}

/// The items of each advice block.
fn advice(filling: &Filling<'_>, blocks: &[Vec<AdviceKind>], spanish: InSpanish) -> Result<Value, LetterError> {
    let mut lists: Vec<Vec<Value>> = vec![Vec::new(); blocks.len()];
    for id in &filling.content.advice {
        let entry = filling
            .catalogue
            .advice_item(id)
            .ok_or_else(|| LetterError::NoSuchEntry { kind: "advice item", id: id.to_string() })?;
        for (list, kinds) in lists.iter_mut().zip(blocks) {
            if kinds.contains(&entry.kind) {
                list.push(Value::from_object(Item::advice(entry, spanish)));
            }
        }
    }
    Ok(lists.into_iter().map(Value::from).collect::<Vec<_>>().into())
}

/// The stretches.
fn stretches(filling: &Filling<'_>, spanish: InSpanish) -> Result<Value, LetterError> {
    let mut list = Vec::with_capacity(filling.content.stretches.len());
    for id in &filling.content.stretches {
        let entry = filling
            .catalogue
            .stretch(id)
            .ok_or_else(|| LetterError::NoSuchEntry { kind: "stretch", id: id.to_string() })?;
        list.push(Value::from_object(Item::stretch(entry, spanish)));
    }
    Ok(list.into())
}

/// What the templates can name.
#[derive(Debug)]
struct Data(HashMap<&'static str, Value>);

impl Object for Data {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned()
    }
}

/// A piece of advice, a link or a stretch: a few named values.
#[derive(Debug)]
struct Item([(&'static str, Value); 3]);

impl Object for Item {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }
}

/// A logo's named values.
#[derive(Debug)]
struct Picture([(&'static str, Value); 4]);

impl Object for Picture {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }
}

impl Item {
    fn advice(entry: &Advice, spanish: InSpanish) -> Self {
        let link = |link: &crate::clinic::catalogue::Link| {
            let (label, url) = (Value::from(link.label.as_str()), Value::from(link.url.as_str()));
            Value::from_object(Self([("label", label), ("url", url), ("", Value::UNDEFINED)]))
        };
        Self([
            ("title", Value::from(spanish.pick(entry.title.as_str(), entry.title_es.as_str()))),
            ("text", Value::from(spanish.pick(entry.text.as_str(), entry.text_es.as_str()))),
            ("links", entry.links.iter().map(link).collect::<Vec<_>>().into()),
        ])
    }

    fn stretch(entry: &Stretch, spanish: InSpanish) -> Self {
        let steps = spanish.pick(&entry.steps, &entry.steps_es);
        Self([
            ("label", Value::from(spanish.pick(entry.label.as_str(), entry.label_es.as_str()))),
            ("steps", steps.iter().map(|step| Value::from(step.as_str())).collect::<Vec<_>>().into()),
            ("dose", Value::from(spanish.pick(entry.dose.as_str(), entry.dose_es.as_str()))),
        ])
    }
}
