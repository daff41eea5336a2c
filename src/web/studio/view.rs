//! The page of one letter: its blocks as fields, whom it can be looked at as, and what the gate says.

use askama::Template;

use super::report::{ReportView, quick};
use super::typed::KINDS;
use super::{Desk, language};
use crate::clinic::body::Region;
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::changes::{between, shown_for};
use crate::clinic::letter::sample::People;
use crate::clinic::letter::{Age, Block, Field, Letter, When};
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, assets, say};

/// `GET /letters/{letter}/{locale}`.
#[derive(Debug, Template)]
#[template(path = "studio/edit.html")]
pub(super) struct EditPage {
    pub shell: Shell,
    pub script: String,
    pub path: String,
    pub name: &'static str,
    pub used: String,
    /// "Draft of version 5", or "Version 4".
    pub state: String,
    /// "Saved by Ada Osei, today 10:41", or nothing.
    pub saved: String,
    /// The version of the draft this page was made from; 0 without one.
    pub draft: u32,
    pub may_undo: bool,
    /// Address and word of each language, and whether it is this one.
    pub languages: Vec<(String, String, bool)>,
    pub lines: Vec<Input>,
    /// Whether somebody who grew up with the language still has to read it.
    pub needs_review: bool,
    pub blocks: Vec<BlockView>,
    /// The kinds one can add: id and name.
    pub more: Vec<(&'static str, &'static str)>,
    pub fields: Vec<String>,
    /// Value and words of everybody it can be looked at as.
    pub people: Vec<(String, String)>,
    pub person: String,
    pub report: ReportView,
    pub errors: FieldErrors,
    /// What was just done.
    pub told: String,
    /// What somebody else saved meanwhile, against what was typed.
    pub theirs: Option<Theirs>,
}

/// Another draft that was saved meanwhile.
#[derive(Debug)]
pub(super) struct Theirs {
    pub by: String,
    pub parts: Vec<PartView>,
}

/// One field of text.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub name: String,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    /// Markdown in several lines.
    pub is_text: bool,
    pub rows: String,
}

/// One box to tick: value, word, ticked.
pub(in crate::web) type Tick = (String, String, bool);

/// One block.
#[derive(Clone, Debug)]
pub(super) struct BlockView {
    pub at: usize,
    pub kind: &'static str,
    pub name: &'static str,
    /// "Always", "Filtered for each client".
    pub setting: String,
    pub inputs: Vec<Input>,
    pub kinds: Vec<Tick>,
    pub when: Option<WhenView>,
    pub may_copy: bool,
    pub may_go: bool,
    pub may_rise: bool,
    pub may_sink: bool,
}

/// For whom a text is shown.
#[derive(Clone, Debug)]
pub(in crate::web) struct WhenView {
    pub techniques: Vec<Tick>,
    pub regions: Vec<Tick>,
    pub groups: Vec<Tick>,
    pub age: &'static str,
    /// "yes" for the first visit alone, "no" for later ones.
    pub first: &'static str,
}

/// What a page shows besides the letter.
#[derive(Default)]
pub(super) struct Shown {
    pub errors: FieldErrors,
    pub told: String,
    pub person: String,
    /// Real visits of today: value and words.
    pub real: Vec<(String, String)>,
    /// The version that the page was made from, when it is not the newest draft's.
    pub draft: Option<u32>,
    pub clash: bool,
}

impl EditPage {
    /// The page of this letter, as typed or saved.
    pub fn of(web: &Web, desk: &Desk, letter: &Letter, shown: Shown) -> Self {
        let draft = desk.draft();
        let theirs = draft.filter(|_| shown.clash).map(|draft| Theirs {
            by: desk.shelf.by_whom(draft.by, draft.at),
            parts: between(&draft.letter, letter).iter().map(PartView::of).collect(),
        });
        let blocks: Vec<BlockView> = letter
            .blocks
            .iter()
            .enumerate()
            .map(|(at, block)| BlockView::of(web, at, block, letter.blocks.len()))
            .collect();
        let people = People::of(&web.catalogue);
        let samples = people.iter().map(|person| (person.id.to_owned(), person.label.clone()));
        Self {
            shell: desk.shelf.here.shell(Room::Letters),
            script: assets::address("studio.js"),
            path: desk.path(),
            name: desk.letter.name(),
            used: desk.shelf.used(desk.letter),
            state: match draft {
                Some(_) => format!("Draft of version {}", desk.next(web, letter).version),
                None => format!("Version {}", desk.current.version),
            },
            saved: draft
                .map(|draft| format!("Saved by {}", desk.shelf.by_whom(draft.by, draft.at)))
                .unwrap_or_default(),
            draft: shown.draft.unwrap_or_else(|| draft.map_or(0, |draft| draft.version)),
            may_undo: draft.is_some_and(|draft| draft.before.is_some()),
            languages: web
                .letters
                .languages()
                .into_iter()
                .map(|locale| {
                    let path = format!("/letters/{}/{locale}", desk.letter.id());
                    (path, language(locale).to_owned(), locale == desk.locale)
                })
                .collect(),
            lines: lines(letter),
            needs_review: letter.needs_review,
            more: Block::KINDS
                .into_iter()
                .filter(|kind| *kind != "warning_signs")
                .map(|kind| (kind, Block::name_of(kind)))
                .collect(),
            fields: Field::ALL.iter().map(|field| format!("{{{{ {} }}}}", field.id())).collect(),
            people: samples.chain(shown.real).collect(),
            person: shown.person,
            report: ReportView::of(&quick(web, desk, letter), ""),
            errors: shown.errors,
            told: shown.told,
            theirs,
            blocks,
        }
    }
}

fn line(name: String, label: &'static str, hint: &'static str, value: &str) -> Input {
    Input { name, label, hint, value: value.into(), is_text: false, rows: String::new() }
}

fn text(name: String, label: &'static str, hint: &'static str, value: &str) -> Input {
    let rows = value.chars().count() / 48 + value.lines().count() + 2;
    Input { name, label, hint, value: value.into(), is_text: true, rows: rows.clamp(3, 16).to_string() }
}

/// The lines that every letter has.
fn lines(letter: &Letter) -> Vec<Input> {
    vec![
        line("subject".into(), "Subject", "No health words: anyone who sees the phone can read it.", &letter.subject),
        line("preheader".into(), "Line after the subject", "Inboxes show it beside the subject.", &letter.preheader),
        line("masthead".into(), "Word at the right of the top", "", &letter.masthead),
        line("heading".into(), "First heading", "", &letter.heading),
    ]
}

impl BlockView {
    fn of(web: &Web, at: usize, block: &Block, count: usize) -> Self {
        let name = |field: &str| format!("b{at}.{field}");
        let (mut kinds, mut when) = (Vec::new(), None);
        let (setting, inputs) = match block {
            Block::Text { body, when: set } => {
                when = Some(WhenView::of(web, set));
                let setting = match shown_for(set) {
                    always if always.is_empty() => "For everyone".to_owned(),
                    some => format!("Only for: {some}"),
                };
                (setting, vec![text(name("body"), "Text", "", body)])
            }
            Block::Advice { heading, kinds: set } => {
                kinds = KINDS
                    .iter()
                    .map(|(kind, id, word)| ((*id).to_owned(), (*word).to_owned(), set.contains(kind)))
                    .collect();
                let heading = heading.as_deref().unwrap_or_default();
                let hint = "Blank: each item has its own heading.";
                ("Filtered for each client".into(), vec![line(name("heading"), "Heading", hint, heading)])
            }
            Block::WhatIsNormal { heading } => {
                ("From the treated regions".into(), vec![line(name("heading"), "Heading", "", heading)])
            }
            Block::Stretches { heading, intro } => (
                "Filtered for each client".into(),
                vec![line(name("heading"), "Heading", "", heading), text(name("intro"), "Text above them", "", intro)],
            ),
            Block::WarningSigns { intro } => (
                "Always whole, cannot be removed".into(),
                vec![text(name("intro"), "Text above them", "May be blank.", intro)],
            ),
            Block::CheckIn { button, note } => (
                "If the client agreed to it".into(),
                vec![line(name("button"), "Button", "", button), line(name("note"), "Line below", "", note)],
            ),
            Block::NextVisit => ("If one is booked".into(), Vec::new()),
            Block::Contact => ("Always".into(), Vec::new()),
        };
        Self {
            at,
            kind: block.kind(),
            name: Block::name_of(block.kind()),
            setting,
            inputs,
            kinds,
            when,
            may_copy: matches!(block, Block::Text { .. }),
            may_go: !matches!(block, Block::WarningSigns { .. }),
            may_rise: at > 0,
            may_sink: at + 1 < count,
        }
    }

    /// Which block, for those who hear the button alone: "Text, block 3".
    fn told(&self) -> String {
        format!("{}, block {}", self.name, self.at + 1)
    }
}

impl WhenView {
    /// The boxes of these conditions.
    pub fn of(web: &Web, when: &When) -> Self {
        let techniques = web.catalogue.techniques().iter();
        let mut groups: Vec<&str> = web.catalogue.conditions().iter().map(|one| one.category.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        Self {
            techniques: techniques
                .map(|one| (one.id.to_string(), one.label.clone(), when.techniques.contains(&one.id)))
                .collect(),
            regions: Region::ALL
                .into_iter()
                .map(|one| (one.id().to_owned(), say::capital(&one.word()), when.regions.contains(&one)))
                .collect(),
            groups: groups
                .into_iter()
                .map(|one| {
                    let set = when.groups.iter().any(|group| group == one);
                    (one.to_owned(), say::capital(&one.replace('_', " ")), set)
                })
                .collect(),
            age: when.age.map_or("", Age::id),
            first: match when.first_visit {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            },
        }
    }
}
