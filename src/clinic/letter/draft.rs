//! What an admin does to the blocks of a draft, one act at a time.

use super::{Block, Field, Letter, When};

/// As many blocks as a letter can have.
const MOST_BLOCKS: usize = 40;

/// One act. Blocks are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// One place up.
    Up(usize),
    /// One place down.
    Down(usize),
    /// The same text once more, below.
    Copy(usize),
    /// Out of the letter.
    Remove(usize),
    /// A new block of this kind, at the end.
    Add(&'static str),
}

impl Act {
    /// The act that a button names, such as `up.3` or `add.text`.
    #[must_use]
    pub fn of(named: &str) -> Option<Self> {
        let (act, what) = named.split_once('.')?;
        let at = || what.parse::<usize>().ok();
        match act {
            "up" => at().map(Self::Up),
            "down" => at().map(Self::Down),
            "copy" => at().map(Self::Copy),
            "remove" => at().map(Self::Remove),
            "add" => Block::KINDS.into_iter().find(|kind| *kind == what).map(Self::Add),
            _ => None,
        }
    }

    /// Does it; `false` when there is nothing to do it to. The warning signs stay whatever is pressed.
    pub fn apply(self, letter: &mut Letter) -> bool {
        let blocks = &mut letter.blocks;
        let is_there = |at: usize| at < blocks.len();
        match self {
            Self::Up(at) if at > 0 && is_there(at) => blocks.swap(at - 1, at),
            Self::Down(at) if is_there(at + 1) => blocks.swap(at, at + 1),
            Self::Copy(at) if is_there(at) && blocks.len() < MOST_BLOCKS => {
                if !matches!(blocks[at], Block::Text { .. }) {
                    return false;
                }
                blocks.insert(at + 1, blocks[at].clone());
            }
            Self::Remove(at) if is_there(at) && !matches!(blocks[at], Block::WarningSigns { .. }) => {
                drop(blocks.remove(at));
            }
            Self::Add(kind) if blocks.len() < MOST_BLOCKS => blocks.extend(Block::fresh(kind)),
            _ => return false,
        }
        true
    }

    /// Where one looks after it.
    #[must_use]
    pub const fn lands_on(self, blocks: usize) -> usize {
        match self {
            Self::Up(at) | Self::Remove(at) => at.saturating_sub(1),
            Self::Down(at) | Self::Copy(at) => at + 1,
            Self::Add(_) => blocks.saturating_sub(1),
        }
    }
}

impl Block {
    /// Every kind, as forms and files name it.
    pub const KINDS: [&'static str; 8] =
        ["text", "advice", "what_is_normal", "stretches", "warning_signs", "check_in", "next_visit", "contact"];

    /// A block of this kind with nothing in it.
    #[must_use]
    pub fn fresh(kind: &str) -> Option<Self> {
        let empty = String::new;
        Some(match kind {
            "text" => Self::Text { body: empty(), when: When::default() },
            "advice" => Self::Advice { heading: None, kinds: Vec::new() },
            "what_is_normal" => Self::WhatIsNormal { heading: empty() },
            "stretches" => Self::Stretches { heading: empty(), intro: empty() },
            "warning_signs" => Self::WarningSigns { intro: empty() },
            "check_in" => Self::CheckIn { button: empty(), note: empty() },
            "next_visit" => Self::NextVisit,
            "contact" => Self::Contact,
            _ => return None,
        })
    }

    /// Its kind, as forms and files name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Advice { .. } => "advice",
            Self::WhatIsNormal { .. } => "what_is_normal",
            Self::Stretches { .. } => "stretches",
            Self::WarningSigns { .. } => "warning_signs",
            Self::CheckIn { .. } => "check_in",
            Self::NextVisit => "next_visit",
            Self::Contact => "contact",
        }
    }

    /// What staff call this kind.
    #[must_use]
    pub fn name_of(kind: &str) -> &'static str {
        match kind {
            "text" => "Text",
            "advice" => "Advice",
            "what_is_normal" => "What is normal",
            "stretches" => "Stretches",
            "warning_signs" => "Warning signs",
            "check_in" => "Check-in button",
            "next_visit" => "Next visit",
            _ => "Contact",
        }
    }
}

impl Letter {
    /// The same with every line that holds a broken field made harmless, so that a preview can show the rest.
    #[must_use]
    pub fn mended(mut self) -> Self {
        for text in self.texts_mut() {
            let lines: Vec<String> = text.split('\n').map(mended_line).collect();
            *text = lines.join("\n");
        }
        self
    }

    /// Every text in it.
    fn texts_mut(&mut self) -> Vec<&mut String> {
        let mut all = vec![&mut self.subject, &mut self.preheader, &mut self.masthead, &mut self.heading];
        for block in &mut self.blocks {
            match block {
                Block::Text { body, .. } => all.push(body),
                Block::Advice { heading, .. } => all.extend(heading),
                Block::WhatIsNormal { heading } => all.push(heading),
                Block::Stretches { heading, intro } => all.extend([heading, intro]),
                Block::WarningSigns { intro } => all.push(intro),
                Block::CheckIn { button, note } => all.extend([button, note]),
                Block::NextVisit | Block::Contact => {}
            }
        }
        all
    }
}

/// A line with the fields we know, and without any other brace.
fn mended_line(line: &str) -> String {
    if super::pieces(line).is_ok() {
        return line.to_owned();
    }
    let bare = |text: &str| text.replace(['{', '}'], "");
    let (mut mended, mut rest) = (String::with_capacity(line.len()), line);
    while let Some((before, after)) = rest.split_once("{{") {
        mended.push_str(&bare(before));
        let known = after.split_once("}}").and_then(|(inside, tail)| Some((Field::of(inside.trim())?, tail)));
        rest = match known {
            Some((field, tail)) => {
                mended.push_str(&format!("{{{{ {} }}}}", field.id()));
                tail
            }
            None => after,
        };
    }
    mended + &bare(rest)
}

#[cfg(test)]
mod tests {
    use super::super::sample::shipped_letter;
    use super::*;
    use crate::clinic::plan::LetterId;

    fn letter() -> Letter {
        shipped_letter("en", LetterId::DayOne)
    }

    fn kinds(letter: &Letter) -> Vec<&'static str> {
        letter.blocks.iter().map(Block::kind).collect()
    }

    #[test]
    fn blocks_are_moved_copied_added_and_removed() {
        let mut letter = letter();
        let before = kinds(&letter);
        assert!(Act::Down(0).apply(&mut letter) && Act::Up(1).apply(&mut letter));
        assert_eq!(kinds(&letter), before);
        assert!(Act::Copy(0).apply(&mut letter));
        assert_eq!(kinds(&letter)[..2], ["text", "text"]);
        assert!(Act::Remove(1).apply(&mut letter));
        assert_eq!(kinds(&letter), before);
        for kind in Block::KINDS {
            assert!(Act::Add(kind).apply(&mut letter));
            assert_eq!(kinds(&letter).last(), Some(&kind));
        }
        while Act::Add("text").apply(&mut letter) {}
        assert_eq!(letter.blocks.len(), MOST_BLOCKS);
    }

    #[test]
    fn what_cannot_be_done_changes_nothing_and_signs_stay() {
        let mut changed = letter();
        let signs = kinds(&changed).iter().position(|kind| *kind == "warning_signs").expect("signs");
        for act in
            [Act::Up(0), Act::Down(10), Act::Up(99), Act::Copy(1), Act::Copy(99), Act::Remove(99), Act::Remove(signs)]
        {
            assert!(!act.apply(&mut changed), "{act:?}");
        }
        assert_eq!(changed, letter());
    }

    #[test]
    fn buttons_name_acts() {
        assert_eq!([Act::of("up.3"), Act::of("add.text")], [Some(Act::Up(3)), Some(Act::Add("text"))]);
        for named in ["", "up", "up.", "up.x", "add.script", "publish.1"] {
            assert_eq!(Act::of(named), None, "{named}");
        }
    }

    #[test]
    fn a_mended_letter_holds_no_broken_field_and_a_good_one_is_as_it_was() {
        assert_eq!(letter().mended(), letter());
        let mut broken = letter();
        broken.blocks[0] =
            Block::text("Dear {{ nick }}\n\n{% if x %}\n\n{{ first_name }}\n\n{{ open {{ clinic_name }} }}");
        let Block::Text { body, .. } = &broken.mended().blocks[0] else { panic!("a text") };
        assert_eq!(body, "Dear  nick \n\n% if x %\n\n{{ first_name }}\n\n open {{ clinic_name }} ");
    }
}
