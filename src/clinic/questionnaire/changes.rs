//! What differs between two versions of a clinic's own questions, and a question in words.

use super::super::catalogue::TechniqueId;
use super::super::letter::changes::{Difference, Kind as Became, Words, changed};
use super::{Question, Questionnaire, Rule, When};

/// Every part that differs, in the order of the newer one. A question is known by its id, wherever it stands.
#[must_use]
pub fn between(old: &Questionnaire, new: &Questionnaire) -> Vec<Difference> {
    let mut found: Vec<Difference> = head(old)
        .into_iter()
        .zip(head(new))
        .filter_map(|((place, old), (_, new))| changed(place, &old, &new))
        .collect();
    let (was, is) = (parts(old), parts(new));
    for (place, id, text) in &is {
        match was.iter().find(|(_, known, _)| known == id) {
            Some((_, _, before)) => found.extend(changed(place, before, text)),
            None => found.push(Difference {
                place: place.clone(),
                kind: Became::Added,
                words: vec![Words::New(text.clone())],
            }),
        }
    }
    for (place, id, text) in &was {
        if is.iter().all(|(_, known, _)| known != id) {
            found.push(Difference {
                place: place.clone(),
                kind: Became::Removed,
                words: vec![Words::Gone(text.clone())],
            });
        }
    }
    let order = |parts: &[(String, String, String)], others: &[(String, String, String)]| -> String {
        let both = parts.iter().filter(|(_, id, _)| others.iter().any(|(_, other, _)| other == id));
        both.map(|(_, id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
    };
    found.extend(changed("Order", &order(&was, &is), &order(&is, &was)));
    found
}

fn head(form: &Questionnaire) -> [(&'static str, String); 4] {
    let techniques: Vec<&str> = form.techniques.iter().map(TechniqueId::as_str).collect();
    [
        ("Title", form.title.clone()),
        ("Language", form.lang.clone()),
        ("Asked for", if techniques.is_empty() { "every technique".into() } else { techniques.join(", ") }),
        ("In use", if form.retired { "nobody is asked".into() } else { "asked".into() }),
    ]
}

/// Place, name and words of every section and question.
fn parts(form: &Questionnaire) -> Vec<(String, String, String)> {
    let mut parts = Vec::new();
    let mut at = 0;
    for (number, section) in form.sections.iter().enumerate() {
        let when = section.shown_when.as_ref().map(|when| format!("\n\nShown when {}", when.words(form)));
        let text = format!("{}{}", section.heading, when.unwrap_or_default());
        parts.push((format!("Section {}", number + 1), format!("section {}", number + 1), text));
        for question in &section.questions {
            at += 1;
            parts.push((format!("Question {at}"), question.id.clone(), question.words(form)));
        }
    }
    parts
}

impl When {
    /// "“Do you smoke?” is Yes and …", for those who write and take forms.
    #[must_use]
    pub fn words(&self, form: &Questionnaire) -> String {
        let rules: Vec<String> = self.rules.iter().map(|rule| rule.words(form)).collect();
        rules.join(if self.all { " and " } else { " or " })
    }
}

impl Rule {
    fn words(&self, form: &Questionnaire) -> String {
        let question = form.question(&self.question);
        let asked = question.map_or(self.question.as_str(), |question| &question.text);
        let value = question.map_or_else(|| self.value.clone(), |question| question.said(&self.value));
        let value = if self.is.compares() { format!(" “{value}”") } else { String::new() };
        format!("“{asked}” {}{value}", self.is.word())
    }
}

impl Question {
    /// Everything about it, as one text.
    fn words(&self, form: &Questionnaire) -> String {
        let mut lines = vec![self.text.clone()];
        let mut say = |label: &str, text: String| {
            if !text.is_empty() {
                lines.push(format!("{label}: {text}"));
            }
        };
        say("Help", self.help.clone());
        say("Answer", self.kind.word().to_lowercase());
        say("Choices", self.options.iter().map(|one| one.words.as_str()).collect::<Vec<_>>().join(", "));
        say("From the start", self.initial.iter().map(|one| self.said(one)).collect::<Vec<_>>().join(", "));
        say("At least", self.least.clone());
        say("At most", self.most.clone());
        say("Unit", self.unit.clone());
        say("Needed", if self.required { "yes".into() } else { String::new() });
        say("Several answers", if self.repeats { "yes".into() } else { String::new() });
        say("Shown when", self.shown_when.as_ref().map(|when| when.words(form)).unwrap_or_default());
        say("A yes means", self.condition.as_ref().map(ToString::to_string).unwrap_or_default());
        say("In the note", self.note.map(|note| note.word().to_lowercase()).unwrap_or_default());
        lines.join("\n\n")
    }
}
