//! Everything once more, a part each, in the client's words; and what was said last time, in short.

use super::body;
use super::view;
use super::walk::Walked;
use crate::clinic::catalogue::ConditionId;
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::check::is_yes;
use crate::clinic::intake::guest::Signature;
use crate::clinic::intake::topics::{Topic, asked_in, is_answered};
use crate::clinic::intake::{DailyLoad, Intake};
use crate::clinic::wording::filled;
use crate::web::Web;
use crate::web::say;

/// One part of the form, read through.
#[derive(Debug)]
pub(super) struct Part {
    pub title: String,
    pub href: String,
    pub lines: Vec<String>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// Every part but this page itself.
pub(super) fn parts(web: &Web, walked: &Walked, errors: &FieldErrors) -> Vec<Part> {
    let walk = walked.walk(web);
    let part = |topic: Topic| {
        let problems = errors.iter().filter(|(field, _)| walk.topic_of(field) == topic);
        Part {
            title: say::capital(&view::short(web, walked, &topic)),
            href: walked.page_of(&topic),
            lines: lines(web, walked, &topic),
            problems: problems.map(|(_, sentence)| sentence.to_owned()).collect(),
        }
    };
    // What was said last time is told by the answers themselves.
    walk.topics().into_iter().filter(|topic| !matches!(topic, Topic::Review | Topic::Last)).map(part).collect()
}

fn lines(web: &Web, walked: &Walked, topic: &Topic) -> Vec<String> {
    let (words, typed) = (walked.words(), &walked.typed);
    let mut lines: Vec<String> = match topic {
        Topic::Warning => vec![words.warning.no.clone()],
        Topic::About => match &walked.said.helper {
            Some(helper) => vec![filled(&words.review.by, &[("name", &helper.name)])],
            None => vec![filled(&words.review.by, &[("name", &walked.name())])],
        },
        Topic::Group(id) => group(web, walked, id),
        Topic::Words => ["medicines", "allergies", "other_conditions"]
            .map(|name| typed.all(name).join(" / "))
            .into_iter()
            .filter(|text| !text.trim().is_empty())
            .collect(),
        Topic::Where => pain(walked),
        Topic::Feel => feel(walked),
        Topic::Daily => DailyLoad::ALL
            .into_iter()
            .filter(|load| typed.has("load", load.id()))
            .filter_map(|load| words.loads.get(&load).cloned())
            .chain(typed.all("goals").iter().cloned())
            .collect(),
        Topic::Own(page) => super::own::lines(walked, page),
        Topic::Consents => consents(web, walked),
        Topic::Signature => signature(walked),
        Topic::Last | Topic::Review => Vec::new(),
    };
    if lines.is_empty() && topic.may_be_blank() {
        lines.push(words.review.left_blank.clone());
    }
    lines
}

fn label(web: &Web, walked: &Walked, id: &ConditionId) -> String {
    let is_spanish = walked.opened.guest.words.is_spanish();
    let one = web.catalogue.condition(id);
    one.map_or_else(|| id.to_string(), |one| if is_spanish { one.label_es.clone() } else { one.label.clone() })
}

fn group(web: &Web, walked: &Walked, group: &str) -> Vec<String> {
    let (asked, words) = (walked.asked(web), walked.words());
    let yes: Vec<String> = asked_in(&asked, group)
        .into_iter()
        .filter(|condition| is_yes(&walked.typed, asked.again, condition))
        .map(|condition| label(web, walked, &condition.id))
        .collect();
    match (yes.is_empty(), is_answered(group, &asked, &walked.typed)) {
        (true, true) => vec![words.group.none.clone()],
        _ => yes,
    }
}

fn pain(walked: &Walked) -> Vec<String> {
    let words = walked.words();
    let mut lines: Vec<String> =
        body::marked(&walked.typed).into_iter().map(|(_, place)| body::name(words, place)).collect();
    let score = walked.typed.one("pain");
    if !score.is_empty() {
        if lines.is_empty() {
            lines.push(words.review.nothing_hurts.clone());
        }
        lines.push(filled(&words.review.pain, &[("score", score)]));
    }
    lines
}

fn feel(walked: &Walked) -> Vec<String> {
    let (words, typed) = (walked.words(), &walked.typed);
    let line = |(id, place): (String, body::Place)| {
        let feel = typed.one(&format!("mark.{id}.sensation"));
        let feel = words.sensations.iter().find(|(one, _)| one.word() == feel).map(|(_, word)| word.clone());
        let score = typed.one(&format!("mark.{id}.intensity"));
        let score = (!score.is_empty()).then(|| filled(&words.review.score, &[("score", score)]));
        let said: Vec<String> = feel.into_iter().chain(score).collect();
        (!said.is_empty()).then(|| format!("{}: {}", body::name(words, place), said.join(", ")))
    };
    body::marked(typed).into_iter().filter_map(line).collect()
}

fn consents(web: &Web, walked: &Walked) -> Vec<String> {
    let words = walked.words();
    let lang = walked.opened.guest.lang();
    let line = |wording: &crate::clinic::intake::form::Wording| {
        let title = wording.in_language(lang).title;
        let answer = match walked.said.agreed.get(&wording.purpose) {
            Some(true) => &words.yes,
            Some(false) => &words.no,
            None => return None,
        };
        Some(format!("{title}: {}", answer.to_lowercase()))
    };
    web.form.wordings().into_iter().filter_map(line).collect()
}

fn signature(walked: &Walked) -> Vec<String> {
    match &walked.said.signature {
        Some(Signature::Typed(name)) => vec![name.clone()],
        Some(Signature::Drawn(_)) => vec![walked.words().signature.signed.clone()],
        None => Vec::new(),
    }
}

/// What was said last time, in short.
pub(super) fn last(web: &Web, walked: &Walked) -> Vec<String> {
    let words = walked.words();
    let Some(given) = walked.past.history.first() else { return Vec::new() };
    let Intake { conditions, medicines, allergies, other_conditions, .. } = &given.answers;
    let mut lines: Vec<String> = Vec::new();
    for one in conditions.iter().filter(|one| !walked.past.again.conditions.contains_key(&one.id)) {
        let label = label(web, walked, &one.id);
        if !lines.contains(&label) {
            lines.push(label);
        }
    }
    if conditions.is_empty() {
        lines.push(words.last.nothing.clone());
    }
    let texts = [
        (&words.words.medicines, medicines),
        (&words.words.allergies, allergies),
        (&words.words.other_conditions, other_conditions),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    lines.extend(texts.map(|(title, text)| format!("{title}: {}", text.trim().replace('\n', " / "))));
    lines
}
