//! The form of an entry: what is typed in each of its fields, and the entry with it. A field that is wrong keeps what
//! was typed and gets a sentence.

use serde_json::{Value, json};

use crate::clinic::catalogue::{Catalogue, Entry, Part, Pick, Shape, Spec, links};
use crate::clinic::fields::{self, FieldErrors};
use crate::clinic::letter::Claims;
use crate::web::form::Fields;

/// Lengths that no text of a catalogue needs.
const LONGEST_LINE: usize = 200;
const LONGEST_TEXT: usize = 2000;
const MOST_LINES: usize = 60;

/// One field of the form.
#[derive(Debug)]
pub(super) struct Input {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub shape: &'static str,
    pub value: String,
    /// Further attributes, written by us.
    pub more: &'static str,
    pub rows: String,
    /// Id, word, and whether it is chosen.
    pub options: Vec<(String, String, bool)>,
    /// For an order: the chosen ids, and one place more.
    pub places: Vec<String>,
}

impl Input {
    /// The field as this entry fills it.
    pub fn of(spec: &Spec, entry: &Entry, catalogue: &Catalogue) -> Self {
        let value = entry.get(spec.path);
        let text = match spec.shape {
            Shape::Lines => entry.list(spec.path).join("\n"),
            Shape::Links => {
                let lines = links(value).into_iter().map(|(label, url)| format!("{url} {label}"));
                lines.collect::<Vec<_>>().join("\n")
            }
            Shape::Mirror(_) => spec.words(catalogue, entry).join("; "),
            Shape::Line | Shape::Text | Shape::One(_) => entry.text(spec.path).to_owned(),
            Shape::Many(_) | Shape::Ranked(_) | Shape::Tick => String::new(),
        };
        let chosen: Vec<&str> = entry.list(spec.path).into_iter().chain(value.as_str()).collect();
        let options = |pick: Pick| {
            let all = pick.options(catalogue).into_iter();
            // An entry is never an alternative to itself.
            let others = all.filter(|(id, _)| !matches!(spec.shape, Shape::Ranked(_)) || id != entry.id());
            others.map(|(id, word)| (id.clone(), word, chosen.contains(&id.as_str()))).collect()
        };
        let (shape, options) = match spec.shape {
            Shape::Line => ("line", Vec::new()),
            Shape::Text => ("text", Vec::new()),
            Shape::Lines | Shape::Links => ("lines", Vec::new()),
            Shape::One(pick) => ("one", options(pick)),
            Shape::Many(pick) => ("many", options(pick)),
            Shape::Ranked(pick) => ("ranked", options(pick)),
            Shape::Tick => ("tick", vec![("yes".into(), spec.label.into(), value.as_bool().unwrap_or_default())]),
            Shape::Mirror(_) => ("mirror", Vec::new()),
        };
        let places = match spec.shape {
            Shape::Ranked(_) => chosen.iter().map(|id| (*id).to_owned()).chain(["".into(), "".into()]).collect(),
            _ => Vec::new(),
        };
        let lines = text.lines().map(|line| 1 + line.chars().count() / 60).sum::<usize>();
        let rows = (lines + 1).clamp(2, 16).to_string();
        let more = match (spec.shape, spec.is_spanish()) {
            (Shape::Line, true) => "maxlength=\"200\" lang=\"es\"",
            (Shape::Line, false) => "maxlength=\"200\"",
            (_, true) => "lang=\"es\"",
            (_, false) => "",
        };
        Self { name: spec.path, label: spec.label, hint: spec.hint, shape, value: text, more, rows, options, places }
    }

    /// How many of a list are chosen: "3 of 16".
    pub fn chosen(&self) -> String {
        let chosen = self.options.iter().filter(|(_, _, on)| *on).count();
        format!("{chosen} of {}", self.options.len())
    }
}

/// The entry as typed over this one.
pub(super) fn read(typed: &Fields, over: &Entry, catalogue: &Catalogue) -> (Entry, FieldErrors) {
    let (mut entry, mut errors, claims) = (over.clone(), FieldErrors::new(), Claims::with(&[]));
    for spec in over.kind.specs() {
        let Some(value) = value(typed, spec, over, catalogue) else { continue };
        if let Some(sentence) = wrong(typed, spec, &value) {
            errors.add(spec.path, sentence);
        } else if matches!(spec.part, Part::Clients | Part::Spanish)
            && let Some(claimed) = claims.first_in(typed.text(spec.path))
            && value != *over.get(spec.path)
        {
            let instead = claimed.instead.map(|words| format!(" Write: “{words}”")).unwrap_or_default();
            errors.add(spec.path, format!("“{}” is a claim that is not true.{instead}", claimed.words));
        }
        entry.set(spec.path, value);
    }
    (entry, errors)
}

/// What was typed in a field, as the entry keeps it; nothing for what is not typed at all.
fn value(typed: &Fields, spec: &Spec, over: &Entry, catalogue: &Catalogue) -> Option<Value> {
    let text = typed.text(spec.path).replace("\r\n", "\n");
    Some(match spec.shape {
        Shape::Line | Shape::Text if spec.optional && text.trim().is_empty() => Value::Null,
        Shape::Line | Shape::Text => json!(text.trim()),
        Shape::Lines => json!(lines(&text)),
        Shape::Links if lines(&text).is_empty() => Value::Null,
        Shape::Links => {
            let link = |line: &str| {
                let (url, label) = line.split_once(' ').unwrap_or((line, ""));
                json!({ "label": label.trim(), "url": url })
            };
            Value::from_iter(lines(&text).into_iter().map(link))
        }
        Shape::One(_) => json!(text),
        Shape::Many(pick) => {
            let chosen = typed.all(spec.path);
            let had = over.list(spec.path);
            // What was there keeps its place, so that a form sent as it was changes nothing.
            let kept = had.iter().filter(|id| chosen.contains(id)).map(|id| (*id).to_owned());
            let options = pick.options(catalogue).into_iter().map(|(id, _)| id);
            let came = options.filter(|id| chosen.contains(&id.as_str()) && !had.contains(&id.as_str()));
            match kept.chain(came).collect::<Vec<String>>() {
                none if none.is_empty() && spec.empty_means_always() => Value::Null,
                chosen => json!(chosen),
            }
        }
        Shape::Ranked(_) => {
            let mut chosen: Vec<&str> = Vec::new();
            for id in typed.all(spec.path).into_iter().filter(|id| !id.is_empty()) {
                if !chosen.contains(&id) {
                    chosen.push(id);
                }
            }
            json!(chosen)
        }
        Shape::Tick => json!(typed.text(spec.path) == "yes"),
        Shape::Mirror(_) => return None,
    })
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// What is wrong with a field by itself.
fn wrong(typed: &Fields, spec: &Spec, value: &Value) -> Option<String> {
    let text = typed.text(spec.path);
    let found = match spec.shape {
        Shape::Line => fields::line(text, spec.label, LONGEST_LINE).map(drop),
        Shape::Text => fields::line(&text.replace(['\r', '\n'], " "), spec.label, LONGEST_TEXT).map(drop),
        Shape::Lines | Shape::Links => fields::block(text, spec.label, LONGEST_TEXT * 4).map(drop),
        _ => Ok(()),
    };
    if let Err(sentence) = found {
        return Some(sentence);
    }
    match spec.shape {
        Shape::Line | Shape::Text if !spec.optional && text.trim().is_empty() => {
            Some(format!("{} is empty. Write it in each language.", spec.label))
        }
        Shape::Text if text.trim().contains('\n') => {
            Some(format!("{} has several lines. Write it as one paragraph.", spec.label))
        }
        Shape::Lines | Shape::Links if lines(text).len() > MOST_LINES => {
            Some(format!("{} has too many lines. Write at most {MOST_LINES}.", spec.label))
        }
        Shape::Links if links(value).iter().any(|(label, _)| label.is_empty()) => {
            Some("Write each page as its address, a space, and its name.".into())
        }
        Shape::Lines if spec.path == "names" && text != text.to_lowercase() => {
            Some("Write the names in lower case: they are found whatever somebody writes.".into())
        }
        _ => None,
    }
}
