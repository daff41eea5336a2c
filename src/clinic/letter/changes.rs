//! What differs between two versions of a letter, word by word.

use similar::{Algorithm, ChangeTag, DiffTag, TextDiff, capture_diff_slices};

use super::{Block, Letter, When};

/// A part of a letter that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which part: "Subject", "Block 3, text".
    pub place: String,
    /// What became of it.
    pub kind: Kind,
    /// Its words, in order.
    pub words: Vec<Words>,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each kind is its own name")]
pub enum Kind {
    Changed,
    Added,
    Removed,
}

/// Words that stayed, went or came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each kind is its own name")]
pub enum Words {
    Same(String),
    Gone(String),
    New(String),
}

/// A part as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Part {
    title: String,
    text: String,
}

/// Every part that differs, in the order of the newer one.
#[must_use]
pub fn between(old: &Letter, new: &Letter) -> Vec<Difference> {
    let mut found: Vec<Difference> =
        head(old).into_iter().zip(head(new)).filter_map(|((title, old), (_, new))| changed(title, old, new)).collect();
    let (old, new) = (parts(old), parts(new));
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (gone, came) = (&old[op.old_range()], &new[op.new_range()]);
        for at in 0..gone.len().max(came.len()) {
            match (gone.get(at), came.get(at)) {
                (Some(old), Some(new)) if old.title == new.title => {
                    found.extend(changed(&place(new, op.new_range().start + at), &old.text, &new.text));
                }
                (old, new) => {
                    found.extend(old.map(|part| Difference {
                        place: place(part, op.old_range().start + at),
                        kind: Kind::Removed,
                        words: vec![Words::Gone(part.text.clone())],
                    }));
                    found.extend(new.map(|part| Difference {
                        place: place(part, op.new_range().start + at),
                        kind: Kind::Added,
                        words: vec![Words::New(part.text.clone())],
                    }));
                }
            }
        }
    }
    found
}

/// Everything a letter says, a part each: its place as [`between`] names it, and its words.
#[must_use]
pub fn all_of(letter: &Letter) -> Vec<(String, String)> {
    let head = head(letter).map(|(title, text)| (title.to_owned(), text.to_owned()));
    let blocks = parts(letter).into_iter().enumerate().map(|(at, part)| (place(&part, at), part.text));
    head.into_iter().chain(blocks).collect()
}

fn place(part: &Part, at: usize) -> String {
    format!("Block {}, {}", at + 1, part.title.to_lowercase())
}

/// The lines every letter has.
fn head(letter: &Letter) -> [(&'static str, &str); 4] {
    [
        ("Subject", &letter.subject),
        ("Line after the subject", &letter.preheader),
        ("Word at the right", &letter.masthead),
        ("First heading", &letter.heading),
    ]
}

/// A text in two versions; nothing when they are equal.
#[must_use]
pub fn changed(place: &str, old: &str, new: &str) -> Option<Difference> {
    if old == new {
        return None;
    }
    let mut words: Vec<Words> = Vec::new();
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        let value = change.value();
        match (change.tag(), words.last_mut()) {
            (ChangeTag::Equal, Some(Words::Same(text)))
            | (ChangeTag::Delete, Some(Words::Gone(text)))
            | (ChangeTag::Insert, Some(Words::New(text))) => text.push_str(value),
            (ChangeTag::Equal, _) => words.push(Words::Same(value.into())),
            (ChangeTag::Delete, _) => words.push(Words::Gone(value.into())),
            (ChangeTag::Insert, _) => words.push(Words::New(value.into())),
        }
    }
    Some(Difference { place: place.into(), kind: Kind::Changed, words })
}

/// The blocks as words.
fn parts(letter: &Letter) -> Vec<Part> {
    letter
        .blocks
        .iter()
        .map(|block| Part { title: Block::name_of(block.kind()).into(), text: text_of(block) })
        .collect()
}

/// What a block says and how it is set, as one text.
fn text_of(block: &Block) -> String {
    match block {
        Block::Text { body, when } if when.is_always() => body.trim().into(),
        Block::Text { body, when } => format!("{}\n\nShown for: {}", body.trim(), shown_for(when)),
        Block::Advice { heading, kinds } => {
            // Which kinds counts, and not in which order: the catalogue has one of its own.
            let mut kinds = kinds.clone();
            kinds.sort_unstable();
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
            format!("{} ({})", heading.as_deref().unwrap_or("No heading"), kinds.join(", "))
        }
        Block::WhatIsNormal { heading } => heading.clone(),
        Block::Stretches { heading, intro } => format!("{heading}\n\n{}", intro.trim()),
        Block::WarningSigns { intro } => intro.trim().into(),
        Block::CheckIn { button, note } => format!("{button}\n\n{note}"),
        Block::NextVisit | Block::Contact => String::new(),
    }
}

/// For whom a text is shown, in words; empty for everyone.
#[must_use]
pub fn shown_for(when: &When) -> String {
    let mut parts = Vec::new();
    let list = |name: &str, ids: Vec<String>| (!ids.is_empty()).then(|| format!("{name} {}", ids.join(" or ")));
    let plain = |id: &str| id.replace('_', " ");
    parts.extend(list("technique", when.techniques.iter().map(|id| plain(id.as_str())).collect()));
    parts.extend(list("region", when.regions.iter().map(|region| region.word()).collect()));
    parts.extend(list("condition of", when.groups.iter().map(|id| plain(id)).collect()));
    parts.extend(
        when.age.map(|age| if age == super::Age::Minor { "under 18".into() } else { "18 and over".to_owned() }),
    );
    let first = when.first_visit.map(|first| if first { "first visit" } else { "not a first visit" });
    parts.extend(first.map(str::to_owned));
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::sample::shipped_letter;
    use super::*;
    use crate::clinic::plan::LetterId;

    #[test]
    fn words_that_differ_are_told_with_their_place() {
        let old = shipped_letter("en", LetterId::DayOne);
        assert_eq!(between(&old, &old), []);
        let mut new = old.clone();
        new.subject = "How are you today after your visit?".into();
        new.blocks[0] = Block::text("It was good to see you again on {{ visit_day }}.");
        new.blocks.remove(7);
        new.blocks.push(Block::text("Bye."));
        let found = between(&old, &new);
        let told: Vec<_> = found.iter().map(|one| (one.place.as_str(), one.kind)).collect();
        assert_eq!(
            told,
            [
                ("Subject", Kind::Changed),
                ("Block 1, text", Kind::Changed),
                ("Block 8, contact", Kind::Removed),
                ("Block 11, text", Kind::Added),
            ]
        );
        let words = &found[0].words;
        assert!(
            words.contains(&Words::Gone("feeling".into())) && words.contains(&Words::New("today".into())),
            "{words:?}"
        );
        let whole = |keep: fn(&Words) -> Option<&str>| words.iter().filter_map(keep).collect::<String>();
        let old_words = |one: &Words| match one {
            Words::Same(text) | Words::Gone(text) => Some(text.clone()),
            Words::New(_) => None,
        };
        assert_eq!(words.iter().filter_map(old_words).collect::<String>(), old.subject);
        assert_eq!(
            whole(|one| match one {
                Words::Same(text) | Words::New(text) => Some(text),
                Words::Gone(_) => None,
            }),
            new.subject
        );
    }
}
