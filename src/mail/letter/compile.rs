//! Publication: from blocks to two templates per letter in which only the client's data is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use css_inline::CSSInliner;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::both::{Both, escape};
use super::{Bit, CompiledLetter, HTML, LetterError, SHEET, TEXT, views};
use crate::clinic::catalogue::AdviceKind;
use crate::clinic::letter::{Block, Letter, Letters, Piece, When, Words, pieces};
use crate::clinic::plan::LetterId;

/// No letter comes near this; a template that does is stopped.
const FUEL: u64 = 200_000;

/// Styles that only some screens use. They cannot be written into elements, so they stay together.
const SCREENS: &str = include_str!("../../../templates/email/screens.css");

/// Where the style of the masthead begins, once styles are written into their elements, and what goes before it: the
/// colour of a clinic is known only when a letter is filled, and a condition cannot stand inside a tag before that.
const MASTHEAD: &str = "class=\"masthead\" style=\"";
const BAND: &str = "{% if band %}background-color: {{ band }};{% endif %}";

/// Every letter of every language, by both.
pub(super) type Compiled = BTreeMap<(String, LetterId), Arc<CompiledLetter>>;

/// Publishes every letter of every language.
pub(super) fn all(letters: &Letters) -> Result<Compiled, LetterError> {
    let mut compiled = Compiled::new();
    for (locale, language) in letters.languages() {
        for letter in language.letters() {
            let one = one(locale, letter, &language.words).map_err(|reason| LetterError::Compile {
                locale: locale.into(),
                letter: letter.id.id(),
                reason,
            })?;
            compiled.insert((locale.to_owned(), letter.id), Arc::new(one));
        }
    }
    Ok(compiled)
}

/// The template engine: no functions, no filters, no tests, nothing undefined passes.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::empty();
    // A block on a line of its own leaves no line behind: line breaks count in the text part.
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(20);
    env.set_auto_escape_callback(|name| if name.ends_with("html") { AutoEscape::Html } else { AutoEscape::None });
    // The default also writes "/" as an entity, which makes links of mails hard to read for scanners.
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if *state.auto_escape() == AutoEscape::None => Ok(out.write_str(text)?),
        Some(text) => Ok(escaped(text, out)?),
        None if value.kind() == ValueKind::Number => Ok(out.write_str(&value.to_string())?),
        None => Err(minijinja::Error::new(minijinja::ErrorKind::BadEscape, "only text and numbers are printed")),
    });
    Ok(env)
}

/// Writes text so that HTML shows it as it is.
fn escaped(text: &str, out: &mut minijinja::Output<'_>) -> std::fmt::Result {
    // All octets are asked, without stopping early: the compiler turns that into a few wide instructions.
    let special = |byte: &u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    if !text.as_bytes().iter().fold(false, |some, byte| some | special(byte)) {
        return out.write_str(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    escape(text, &mut safe);
    out.write_str(&safe)
}

/// Publishes one letter.
pub(super) fn one(locale: &str, letter: &Letter, words: &Words) -> Result<CompiledLetter, String> {
    let say = |wrong: &dyn std::error::Error| wrong.to_string();
    let mut templates = environment().map_err(|wrong| say(&wrong))?;
    let mut advice_blocks = Vec::new();
    let blocks = blocks(letter, words, &mut advice_blocks)?;
    let line = |text: &str| Both::line(text).map_err(|wrong| say(&wrong));
    let whole = |text: &str| Both::words(text).map_err(|wrong| say(&wrong));
    let framed = views::frame(
        &Both::name(locale),
        &line(&letter.subject)?,
        &line(&letter.preheader)?,
        &line(&letter.masthead)?,
        &line(&letter.heading)?,
        &line(&words.hello)?,
        &blocks,
        &whole(&words.why_you_get_this)?,
        &line(&words.change)?,
        &line(&words.or)?,
        &line(&words.stop)?,
        &line(&words.stop_by_mail)?,
        &whole(&words.stop_by_phone)?,
        &whole(&words.stop_by_reply)?,
        &line(&words.reread)?,
    )
    .map_err(|wrong| say(&wrong))?;
    let inlined = CSSInliner::options()
        .load_remote_stylesheets(false)
        .build()
        .inline(&framed.html)
        .map_err(|wrong| say(&wrong))?
        .replacen("</head>", &format!("<style>\n{SCREENS}</style>\n</head>"), 1)
        .replacen(MASTHEAD, &format!("{MASTHEAD}{BAND}"), 1);
    for (name, source) in [(HTML, tight(&inlined)), (TEXT, framed.text), (SHEET, tight(&blocks.html))] {
        templates.add_template_owned(name, source).map_err(|wrong| say(&wrong))?;
    }
    Ok(CompiledLetter {
        version: letter.version,
        subject: bits(&letter.subject)?,
        preheader: bits(&letter.preheader)?,
        advice_blocks,
        shown: letter.blocks.iter().filter_map(conditional).cloned().collect(),
        templates,
        is_own: false,
    })
}

/// HTML without the empty lines that template blocks leave behind.
fn tight(html: &str) -> String {
    html.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A line in its pieces, so that filling it needs no template.
fn bits(line: &str) -> Result<Vec<Bit>, String> {
    let pieces = pieces(line).map_err(|wrong| wrong.to_string())?;
    Ok(pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Bit::Text(text.to_owned()),
            Piece::Field(field) => Bit::Field(field),
        })
        .collect())
}

/// All blocks, one after the other. The therapist's line follows the check-in or else the first
/// text; the letter that gives no advice has none, because a line could hold some.
fn blocks(letter: &Letter, words: &Words, advice_blocks: &mut Vec<Vec<AdviceKind>>) -> Result<Both, String> {
    let is_check_in = |block: &Block| matches!(block, Block::CheckIn { .. });
    let is_text = |block: &Block| matches!(block, Block::Text { .. });
    let personal_after =
        letter.blocks.iter().position(is_check_in).or_else(|| letter.blocks.iter().position(is_text)).unwrap_or(0);
    let mut all = Both::default();
    for (at, block) in letter.blocks.iter().enumerate() {
        let both = one_block(letter, at, block, words, advice_blocks)?;
        for part in [
            Some(both),
            (at == personal_after && letter.id != LetterId::EmergencyOnly).then(personal_line).transpose()?,
        ]
        .into_iter()
        .flatten()
        {
            all.html.push_str(&part.html);
            all.html.push('\n');
            all.text.push_str(part.text.trim_matches('\n'));
            // A block ends with a blank line; one that is left out leaves none behind.
            all.text.push_str(if part.text.trim_end().ends_with("{% endif %}") { "\n" } else { "\n\n" });
        }
    }
    // The frame ends the last line; after a condition that line end is eaten.
    let end = if all.text.trim_end().ends_with("{% endif %}") { "" } else { "\n" };
    all.text.truncate(all.text.trim_end().len());
    all.text.push_str(end);
    Ok(all)
}

/// The therapist's line.
fn personal_line() -> Result<Both, String> {
    views::personal_line(&Both::name("personal_text"), &Both::name("personal_who")).map_err(|wrong| wrong.to_string())
}

/// One block.
fn one_block(
    letter: &Letter,
    at: usize,
    block: &Block,
    words: &Words,
    advice_blocks: &mut Vec<Vec<AdviceKind>>,
) -> Result<Both, String> {
    let line = |text: &str| Both::line(text).map_err(|wrong| wrong.to_string());
    let whole = |text: &str| Both::words(text).map_err(|wrong| wrong.to_string());
    let markdown = |text: &str| Both::markdown(text).map_err(|wrong| wrong.to_string());
    let mut items = |kinds: &[AdviceKind]| {
        advice_blocks.push(kinds.to_vec());
        Both::name(&list_name(advice_blocks.len() - 1))
    };
    match block {
        Block::Text { body, .. } => text(letter, at, &markdown(body)?),
        Block::Advice { heading, kinds } => {
            views::advice(&items(kinds), &line(heading.as_deref().unwrap_or_default())?)
        }
        Block::Stretches { heading, intro } => views::stretches(&line(heading)?, &markdown(intro)?),
        Block::WhatIsNormal { heading } => {
            views::what_is_normal(&items(&[AdviceKind::Expectation]), &line(heading)?, &whole(&words.normal_signs)?)
        }
        Block::WarningSigns { intro } => {
            let has_place = letter.blocks.iter().any(|block| matches!(block, Block::WhatIsNormal { .. }));
            let normal = if has_place {
                Both::default()
            } else {
                views::what_is_normal(&items(&[]), &line(&words.normal_heading)?, &whole(&words.normal_signs)?)
                    .map_err(|wrong| wrong.to_string())?
            };
            views::warning_signs(
                &normal,
                &markdown(intro)?,
                &whole(&words.emergency_heading)?,
                &whole(&words.same_day_heading)?,
                &whole(&words.call_us_heading)?,
                &whole(&words.call_us_signs)?,
            )
        }
        Block::CheckIn { button, note } => views::check_in(
            &line(button)?,
            &line(note)?,
            &whole(&words.not_watched)?,
            &whole(&words.check_in_by_phone)?,
            &whole(&words.check_in_by_reply)?,
        ),
        Block::NextVisit => views::next_visit(
            &whole(&words.next_visit_heading)?,
            &whole(&words.next_visit)?,
            &whole(&words.next_visit_place)?,
        ),
        Block::Contact => {
            let follows_signs = at > 0 && matches!(letter.blocks[at - 1], Block::WarningSigns { .. });
            views::contact(
                &Both::name(if follows_signs { "yes" } else { "" }),
                &whole(&words.call_us_heading)?,
                &whole(&words.contact_by_phone)?,
                &whole(&words.contact_by_reply)?,
                &whole(&words.not_for_urgent_news)?,
            )
        }
    }
    .map_err(|wrong| wrong.to_string())
}

/// Text, for those it is for.
fn text(letter: &Letter, at: usize, body: &Both) -> askama::Result<Both> {
    match letter.blocks[..=at].iter().filter_map(conditional).count() {
        number if conditional(&letter.blocks[at]).is_some() => Ok(only_if(&format!("shown[{}]", number - 1), body)),
        _ => views::text(body),
    }
}

/// For whom a block is shown, when not for everyone.
fn conditional(block: &Block) -> Option<&When> {
    match block {
        Block::Text { when, .. } if !when.is_always() => Some(when),
        _ => None,
    }
}

/// A text that some clients do not get. It leaves no empty line behind for them.
fn only_if(condition: &str, body: &Both) -> Both {
    let around = |text: &str, end: &str| format!("{{% if {condition} %}}\n{text}{end}{{% endif %}}\n");
    // A paragraph that is conditional by itself ends its own line.
    let end = if body.text.ends_with("{% endif %}") { "\n" } else { "\n\n" };
    Both { html: around(&body.html, "\n"), text: around(&body.text, end) }
}

/// The list that an advice block shows, as templates name it.
fn list_name(number: usize) -> String {
    format!("advice[{number}]")
}
