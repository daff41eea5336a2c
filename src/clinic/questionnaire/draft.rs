//! What an admin does to the sections and questions of a draft, one act at a time.

use super::check::{MOST_QUESTIONS, MOST_SECTIONS};
use super::{Choice, Kind, Question, Questionnaire, Section, slug, unused};

/// What is moved or removed: counted from 0, questions over all sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are their own names")]
pub enum Thing {
    Section(usize),
    Question(usize),
}

/// One act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// One place up; the first question of a section goes to the end of the one before.
    Up(Thing),
    /// One place down.
    Down(Thing),
    /// The same question once more, below, under another name.
    Copy(usize),
    /// Out of it.
    Remove(Thing),
    /// A new section at the end, with a question in it.
    AddSection,
    /// A new question of this kind at the end of a section.
    Add(usize, Kind),
}

impl Act {
    /// The act that a button names, such as `up.q.3`, `remove.s.0` or `add.q.1.yes_no`.
    #[must_use]
    pub fn of(named: &str) -> Option<Self> {
        let parts: Vec<&str> = named.split('.').collect();
        let at = |text: &str| text.parse::<usize>().ok();
        let thing = |kind: &str, text: &str| match kind {
            "s" => at(text).map(Thing::Section),
            "q" => at(text).map(Thing::Question),
            _ => None,
        };
        match parts.as_slice() {
            ["up", kind, number] => thing(kind, number).map(Self::Up),
            ["down", kind, number] => thing(kind, number).map(Self::Down),
            ["remove", kind, number] => thing(kind, number).map(Self::Remove),
            ["copy", "q", number] => at(number).map(Self::Copy),
            ["add", "s"] => Some(Self::AddSection),
            ["add", "q", section, kind] => {
                at(section).zip(Kind::of(kind)).map(|(section, kind)| Self::Add(section, kind))
            }
            _ => None,
        }
    }

    /// Does it; `false` when there is nothing to do it to.
    pub fn apply(self, form: &mut Questionnaire) -> bool {
        let sections = form.sections.len();
        match self {
            Self::Up(Thing::Section(at)) if at > 0 && at < sections => form.sections.swap(at - 1, at),
            Self::Down(Thing::Section(at)) if at + 1 < sections => form.sections.swap(at, at + 1),
            Self::Remove(Thing::Section(at)) if at < sections => drop(form.sections.remove(at)),
            Self::AddSection if sections < MOST_SECTIONS => {
                form.sections.push(Section::default());
                return Self::Add(sections, Kind::YesNo).apply(form);
            }
            Self::Add(at, kind) if at < sections && form.questions().count() < MOST_QUESTIONS => {
                let question = form.fresh(kind);
                form.sections[at].questions.push(question);
            }
            Self::Up(Thing::Question(at)) => return form.rise(at),
            Self::Down(Thing::Question(at)) => return form.sink(at),
            Self::Remove(Thing::Question(at)) => {
                let Some((section, place)) = form.place(at) else { return false };
                drop(form.sections[section].questions.remove(place));
            }
            Self::Copy(at) if form.questions().count() < MOST_QUESTIONS => {
                let Some((section, place)) = form.place(at) else { return false };
                let mut copy = form.sections[section].questions[place].clone();
                copy.id = unused(&copy.id, |id| form.question(id).is_some());
                form.sections[section].questions.insert(place + 1, copy);
            }
            _ => return false,
        }
        true
    }

    /// The part of the page one looks at after it.
    #[must_use]
    pub fn lands_on(self, form: &Questionnaire) -> String {
        let question = |at: usize| format!("#block-{at}");
        match self {
            Self::Up(Thing::Question(at)) | Self::Remove(Thing::Question(at)) => question(at.saturating_sub(1)),
            Self::Down(Thing::Question(at)) | Self::Copy(at) => question(at + 1),
            Self::Up(Thing::Section(at)) | Self::Remove(Thing::Section(at)) => {
                format!("#section-{}", at.saturating_sub(1))
            }
            Self::Down(Thing::Section(at)) => format!("#section-{}", at + 1),
            Self::AddSection => format!("#section-{}", form.sections.len().saturating_sub(1)),
            Self::Add(section, _) => {
                let before: usize = form.sections.iter().take(section + 1).map(|one| one.questions.len()).sum();
                question(before.saturating_sub(1))
            }
        }
    }
}

impl Questionnaire {
    /// One with a section and a question in it, to begin with.
    #[must_use]
    pub fn begun(title: &str, lang: &str) -> Self {
        let mut form = Self { title: title.to_owned(), lang: lang.to_owned(), ..Self::default() };
        Act::AddSection.apply(&mut form);
        form
    }

    /// A question of this kind with nothing in it but a name nobody has.
    fn fresh(&self, kind: Kind) -> Question {
        let number = self.questions().count() + 1;
        let id = unused(&format!("question_{number}"), |id| self.question(id).is_some());
        Question { id, kind, ..Question::default() }
    }

    /// The section and place of a question counted over all sections.
    #[must_use]
    pub fn place(&self, at: usize) -> Option<(usize, usize)> {
        let places = self.sections.iter().enumerate();
        places.flat_map(|(section, one)| (0..one.questions.len()).map(move |place| (section, place))).nth(at)
    }

    fn rise(&mut self, at: usize) -> bool {
        match self.place(at) {
            Some((section, 0)) if section > 0 => {
                let question = self.sections[section].questions.remove(0);
                self.sections[section - 1].questions.push(question);
                true
            }
            Some((section, place)) if place > 0 => {
                self.sections[section].questions.swap(place - 1, place);
                true
            }
            _ => false,
        }
    }

    fn sink(&mut self, at: usize) -> bool {
        let Some((section, place)) = self.place(at) else { return false };
        if place + 1 < self.sections[section].questions.len() {
            self.sections[section].questions.swap(place, place + 1);
            return true;
        }
        if section + 1 == self.sections.len() {
            return false;
        }
        let question = self.sections[section].questions.remove(place);
        self.sections[section + 1].questions.insert(0, question);
        true
    }
}

/// The choices of these lines, one a line. A choice whose words stay keeps its code; so does one that is only
/// reworded where it stands.
#[must_use]
pub fn choices(lines: &str, before: &[Choice]) -> Vec<Choice> {
    let lines: Vec<&str> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_reworded = lines.len() == before.len();
    let mut made: Vec<Choice> = Vec::new();
    for (at, words) in lines.iter().enumerate() {
        let known = before.iter().find(|choice| choice.words == *words);
        let here = before.get(at).filter(|choice| is_reworded && !lines.contains(&choice.words.as_str()));
        let known = known.or(here).filter(|choice| made.iter().all(|one| one.code != choice.code));
        made.push(match known {
            Some(choice) => Choice { words: (*words).to_owned(), ..choice.clone() },
            None => {
                let is_taken = |code: &str| made.iter().chain(before).any(|choice| choice.code == code);
                let code = unused(&slug(words, &format!("choice_{}", at + 1)), is_taken);
                Choice { code, system: String::new(), words: (*words).to_owned() }
            }
        });
    }
    made
}
