//! The form of a client, for registering and for correcting.

use askama::Template;
use jiff::Zoned;

use super::{age, full_name};
use crate::clinic::client::alike::Likeness;
use crate::clinic::client::{Field, Typed};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::store::client::Registered;
use crate::web::form::Fields;
use crate::web::say;
use crate::web::shell::Shell;

/// A language in its own words, or the id for one we have no word for.
#[must_use]
pub fn language(id: &str) -> &str {
    match id {
        "en" => "English",
        "es" => "Español",
        "de" => "Deutsch",
        other => other,
    }
}

/// Somebody the typed person may already be.
#[derive(Debug)]
pub struct Alike {
    id: ClientId,
    name: String,
    age: String,
    why: String,
    /// Whether it is more often somebody else.
    soft: bool,
}

impl Alike {
    /// This client, and what they have in common with the typed one.
    #[must_use]
    pub fn of(client: &Registered, why: &[Likeness], now: &Zoned) -> Self {
        let soft = why.iter().all(|one| one.is_soft());
        let why: Vec<String> = why.iter().map(|one| one.words().to_owned()).collect();
        let why = say::capital(&say::list(&why));
        Self { id: client.id, name: full_name(client), age: age(client, now), why, soft }
    }
}

/// What somebody else saved while the form was open.
#[derive(Debug)]
pub struct Overtaken {
    /// "Rosa Brandt, today 14:20".
    pub who: String,
    /// Label and new value of each field that was changed.
    pub changed: Vec<(&'static str, String)>,
    /// Whether a field was changed by both.
    pub clashes: bool,
}

/// A form of a client.
#[derive(Debug, Template)]
#[template(path = "client/form.html")]
pub struct FormPage {
    shell: Shell,
    /// The client that is corrected; nothing for a new one.
    known: Option<(ClientId, String)>,
    /// The id a new client will have, so that a form sent twice registers one.
    fresh: String,
    version: u32,
    typed: Typed,
    /// How the fields stood when the form was opened.
    was: Typed,
    errors: FieldErrors,
    languages: Vec<(String, String)>,
    alike: Vec<Alike>,
    overtaken: Option<Overtaken>,
    /// How many emails wait for the client.
    waiting: usize,
}

impl FormPage {
    /// An empty form for a client of this id.
    #[must_use]
    pub fn new(shell: Shell, fresh: ClientId, languages: &[&str]) -> Self {
        let typed = Typed::read(|field| if field == Field::Aftercare { "email".into() } else { String::new() });
        Self {
            shell,
            known: None,
            fresh: fresh.to_string(),
            version: 1,
            was: typed.clone(),
            typed,
            errors: FieldErrors::new(),
            languages: options(languages),
            alike: Vec::new(),
            overtaken: None,
            waiting: 0,
        }
    }

    /// The form of a registered client, with how many emails wait for them.
    #[must_use]
    pub fn of(shell: Shell, client: &Registered, languages: &[&str], waiting: usize) -> Self {
        let typed = Typed::of(&client.client, &client.phone);
        Self {
            known: Some((client.id, full_name(client))),
            version: client.version,
            was: typed.clone(),
            typed,
            waiting,
            ..Self::new(shell, client.id, languages)
        }
    }

    /// The same form with what was typed.
    #[must_use]
    pub fn with(mut self, typed: Typed, errors: FieldErrors) -> Self {
        self.typed = typed;
        self.errors = errors;
        self
    }

    /// The same form with a question: is it one of these?
    #[must_use]
    pub fn asking(mut self, alike: Vec<Alike>) -> Self {
        self.alike = alike;
        self
    }

    /// The same form with what somebody else saved.
    #[must_use]
    pub fn overtaken(mut self, by: Overtaken) -> Self {
        self.overtaken = Some(by);
        self
    }

    /// Whether everybody who is asked about is more often somebody else.
    fn asks_softly(&self) -> bool {
        self.alike.iter().all(|one| one.soft)
    }

    fn value(&self, field: &str) -> &str {
        Field::of(field).map_or("", |field| self.typed.get(field))
    }

    fn hidden(&self) -> Vec<(&'static str, &str)> {
        Field::ALL.into_iter().map(|field| (field.id(), self.was.get(field))).collect()
    }

    /// What a change of address or of the way means for the mail that waits.
    fn mail_words(&self) -> String {
        match self.waiting {
            0 => "For the intake link, preparation and aftercare.".into(),
            1 => "1 waiting email will go to the new address. Without an address it is called off.".into(),
            many => {
                format!("{many} waiting emails will go to the new address. Without an address they are called off.")
            }
        }
    }
}

fn options(languages: &[&str]) -> Vec<(String, String)> {
    let own = languages.iter().map(|id| ((*id).to_owned(), language(id).to_owned()));
    std::iter::once((String::new(), "The clinic’s language".to_owned())).chain(own).collect()
}

/// What was typed into the fields of a form.
#[must_use]
pub fn typed(fields: &Fields) -> Typed {
    Typed::read(|field| fields.text(field.id()).to_owned())
}

/// How the fields stood when the form was opened.
#[must_use]
pub fn was(fields: &Fields) -> Typed {
    Typed::read(|field| fields.text(&format!("was_{}", field.id())).to_owned())
}
