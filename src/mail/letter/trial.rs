//! A letter that nobody has published yet: filled for a preview, and tried out on everything the catalogue
//! knows before it may go to anybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{CompiledLetter, CompiledLetters, Edition, Filling, LetterError, Links, Rendered, compile, fill};
use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::letter::gate::{LARGE, Report, TOO_LARGE};
use crate::clinic::letter::sample::one_of_each;
use crate::clinic::letter::{Finding, Letter, Words};
use crate::clinic::plan::{LetterId, Says, content};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::tailoring::tailor;

/// So many failures are told; a letter that fails for everybody says the same sixty times.
const MOST_TOLD: usize = 5;

/// A draft, put together.
pub struct Draft<'a> {
    letter: LetterId,
    compiled: Arc<CompiledLetter>,
    words: &'a Words,
    locale: &'a str,
    catalogue: &'a Catalogue,
}

impl<'a> Draft<'a> {
    /// Puts a draft together.
    ///
    /// # Errors
    /// Why that is not possible, in words for staff.
    pub fn of(
        letters: &'a CompiledLetters,
        catalogue: &'a Catalogue,
        locale: &'a str,
        letter: &Letter,
    ) -> Result<Self, String> {
        let language = letters.letters().language(locale).ok_or("there is no such language")?;
        let words = &language.words;
        let compiled = CompiledLetter { is_own: true, ..compile::one(locale, letter, words)? };
        Ok(Self { letter: letter.id, compiled: Arc::new(compiled), words, locale, catalogue })
    }

    /// The letter as this client would get it.
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn render(&self, case: &Case, links: &Links, line: Option<(&str, &str)>) -> Result<Rendered, LetterError> {
        let content = content(self.catalogue, case, &tailor(self.catalogue, case), Says::of(self.letter));
        let filling = Filling {
            case,
            catalogue: self.catalogue,
            letter: self.letter,
            edition: Edition::Shipped,
            step: self.letter.home(),
            content: &content,
            links,
            personal_line: line,
        };
        fill::render_draft(self.locale, &self.compiled, self.words, &filling)
    }

    /// Fills it for one client of each kind there is, with links and without: whether each can be filled, holds
    /// every sign of theirs, and how large it becomes.
    #[must_use]
    pub fn try_out(&self, clinic: &ClinicProfile, links: &Links) -> Report {
        let (mut failures, mut largest, mut signs) = (Vec::new(), 0, BTreeSet::new());
        let all = one_of_each(self.catalogue);
        for (of, mut case) in all.iter().cloned() {
            case.clinic = clinic.clone();
            case.client.locale = Some(self.locale.to_owned());
            signs.extend(tailor(self.catalogue, &case).warning_signs.into_iter().map(|sign| sign.id));
            for links in [links, &Links::by_mail(None)] {
                match self.render(&case, links, None) {
                    Ok(rendered) => largest = largest.max(rendered.html.len()),
                    Err(problem) => failures.push(format!("cannot be sent to a client with {of}: {problem}")),
                }
            }
        }
        let mut report = Report::default();
        report.findings.extend(failures.iter().take(MOST_TOLD).map(|says| Finding::new("letter", says)));
        if failures.len() > MOST_TOLD {
            report.findings.push(Finding::new("letter", format!("and {} more like this", failures.len() - MOST_TOLD)));
        }
        let size = format!("{} KB at its largest, limit {} KB", largest.div_ceil(1024), TOO_LARGE / 1024);
        match largest {
            large if large > TOO_LARGE => report
                .findings
                .push(Finding::new("letter", format!("has {size}: mail programs would cut it off. Shorten the text"))),
            large if large > LARGE => report.findings.push(Finding::warning("letter", format!("has {size}"))),
            _ => report.passed.push(size),
        }
        if failures.is_empty() {
            let (conditions, people) = (self.catalogue.conditions().len(), all.len());
            report
                .passed
                .push(format!("Filled for {people} people: {conditions} conditions, 16 regions, each technique"));
            report.passed.push(format!("Each had their warning signs in both parts, of {} signs", signs.len()));
        }
        report
    }
}
