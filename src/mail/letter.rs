//! Letters for one client. All that can be done once is done at publication: Markdown is parsed,
//! the frame and the blocks are put together, styles are written into their elements. What remains
//! for each message is to fill two templates with this client's data.

mod both;
mod compile;
mod fill;
mod links;
mod shelf;
pub mod trial;
mod views;

pub use links::{Links, Stop};
pub use shelf::Edition;

use std::path::Path;

use minijinja::Environment;
use rust_embed::RustEmbed;

use crate::clinic::case::Case;
use crate::clinic::catalogue::{AdviceKind, Catalogue, SourceFile};
use crate::clinic::letter::{Field, Finding, Letters, When};
use crate::clinic::plan::{Content, LetterId};
use crate::clinic::protocol::Step;

/// The letters the program ships with.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/config/letters"]
struct Shipped;

/// All letters of a clinic, ready to be filled.
pub struct CompiledLetters {
    letters: Letters,
    compiled: compile::Compiled,
    shelves: shelf::Shelves,
}

/// What the templates of a letter are called. The ending decides how they escape.
const HTML: &str = "letter.html";
const TEXT: &str = "letter.txt";
const SHEET: &str = "sheet.html";

/// One letter in one language.
struct CompiledLetter {
    version: u32,
    subject: Vec<Bit>,
    preheader: Vec<Bit>,
    /// Which kinds of advice each advice block shows, in the order of the letter.
    advice_blocks: Vec<Vec<AdviceKind>>,
    /// For whom each text is shown that is not for everyone, in the order of the letter.
    shown: Vec<When>,
    /// The HTML, the text, and the blocks alone as they stand on paper.
    templates: Environment<'static>,
    /// Whether a clinic wrote it.
    is_own: bool,
}

/// A stretch of a subject or preheader.
enum Bit {
    Text(String),
    Field(Field),
}

/// What a letter is filled with.
pub struct Filling<'a> {
    /// The clinic, the client and the visit. For a preparation letter of a first visit, the visit
    /// itself; otherwise the visit before, whose `next_visit_at` is meant.
    pub case: &'a Case,
    /// Where the words of advice, stretches and signs come from.
    pub catalogue: &'a Catalogue,
    /// Which letter.
    pub letter: LetterId,
    /// Which edition of it.
    pub edition: Edition<'a>,
    /// For which step.
    pub step: Step,
    /// What it says, by id.
    pub content: &'a Content,
    /// The client's own links.
    pub links: &'a Links,
    /// A line of the therapist's own, and who wrote it.
    pub personal_line: Option<(&'a str, &'a str)>,
}

/// A letter for one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// What inboxes show after the subject; part of the HTML.
    pub preheader: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Which version of the letter.
    pub letter_version: u32,
    /// In which language.
    pub locale: String,
}

/// A letter that cannot be published or filled. Never holds anything about a client.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The letters say what they must not, or are incomplete.
    #[error("{}", list(.0))]
    Findings(Vec<Finding>),
    /// The folder of letters cannot be read.
    #[error("the letters in {folder} cannot be read: {source}")]
    Folder {
        /// Which folder.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// A letter cannot be put together.
    #[error("the letter {locale}/{letter} cannot be put together: {reason}")]
    Compile {
        /// In which language.
        locale: String,
        /// Which letter.
        letter: &'static str,
        /// Why.
        reason: String,
    },
    /// A letter cannot be filled.
    #[error("the letter {locale}/{letter} cannot be filled: {reason}")]
    Fill {
        /// In which language.
        locale: String,
        /// Which letter.
        letter: &'static str,
        /// Why, by the kind of failure only.
        reason: String,
    },
    /// The plan names an entry that the catalogue does not have. Leaving it out could leave out a warning.
    #[error("the catalogue has no {kind} \"{id}\"")]
    NoSuchEntry {
        /// What kind of entry.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// No letter goes out without warning signs.
    #[error("the letter {0} has no warning signs for this client")]
    NoWarningSigns(&'static str),
    /// No letter goes out with some of its warning signs either.
    #[error("the letter {0} would leave out a warning sign")]
    SignLeftOut(&'static str),
}

/// Findings one below the other.
fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl CompiledLetters {
    /// Publishes letters.
    ///
    /// # Errors
    /// When a letter cannot be put together.
    pub fn compile(letters: Letters) -> Result<Self, LetterError> {
        let compiled = compile::all(&letters)?;
        Ok(Self { letters, compiled, shelves: shelf::Shelves::default() })
    }

    /// Publishes the letters the program ships with.
    ///
    /// # Errors
    /// When one of them is broken, which a test rules out.
    pub fn embedded() -> Result<Self, LetterError> {
        let files: Vec<SourceFile> = Shipped::iter()
            .filter_map(|name| {
                let file = Shipped::get(&name)?;
                Some(SourceFile { name: name.to_string(), text: String::from_utf8_lossy(&file.data).into_owned() })
            })
            .collect();
        Self::compile(Letters::read(&files).map_err(LetterError::Findings)?)
    }

    /// Publishes the letters of a folder, which has one folder per language.
    ///
    /// # Errors
    /// When the folder cannot be read or a letter is broken.
    pub fn from_folder(folder: &Path) -> Result<Self, LetterError> {
        let files =
            files_of(folder).map_err(|source| LetterError::Folder { folder: folder.display().to_string(), source })?;
        Self::compile(Letters::read(&files).map_err(LetterError::Findings)?)
    }

    /// The letters that ship, or lie in the folder of the settings.
    #[must_use]
    pub fn letters(&self) -> &Letters {
        &self.letters
    }

    /// The locale whose letters a client gets: their own, its base language, the clinic's, English.
    #[must_use]
    pub fn locale_for(&self, client: Option<&str>, clinic: &str) -> &str {
        self.letters.locale_for(client, clinic)
    }

    /// Fills a letter for one client.
    ///
    /// # Errors
    /// When the content names what the catalogue does not have, or has no warning sign.
    pub fn render(&self, filling: &Filling<'_>) -> Result<Rendered, LetterError> {
        fill::render(self, filling)
    }

    /// Fills the blocks of a letter alone, for paper: HTML without a frame and without style.
    ///
    /// # Errors
    /// As [`CompiledLetters::render`].
    pub fn sheet(&self, filling: &Filling<'_>) -> Result<String, LetterError> {
        fill::sheet(self, filling)
    }
}

/// The letter files of a folder, by language and name.
fn files_of(folder: &Path) -> std::io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for language in std::fs::read_dir(folder)? {
        let language = language?;
        if !language.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(language.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let stem = path.file_name().unwrap_or_default().to_string_lossy();
                let name = format!("{}/{stem}", language.file_name().to_string_lossy());
                files.push(SourceFile { name, text: std::fs::read_to_string(&path)? });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
