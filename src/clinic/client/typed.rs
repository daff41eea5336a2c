//! What is typed into the form of a client: checked, and put together with what somebody else saved
//! in the meantime, so that neither is lost.

use std::fmt;

use jiff::civil::Date;

use super::super::case::Client;
use super::super::fields::{self, FieldErrors};
use super::super::person::{EmailAddress, PersonName};
use super::birthday;

/// More characters than any name or number has.
const MOST: usize = 120;
const MOST_IN_A_NUMBER: usize = 40;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each field is its own name")]
pub enum Field {
    FirstName,
    LastName,
    Born,
    Phone,
    Email,
    Aftercare,
    Locale,
}

impl Field {
    /// In the order of the form.
    pub const ALL: [Self; 7] =
        [Self::FirstName, Self::LastName, Self::Born, Self::Phone, Self::Email, Self::Aftercare, Self::Locale];

    /// The name in forms, and in the audit when it was changed.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Born => "born",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Aftercare => "aftercare",
            Self::Locale => "locale",
        }
    }

    /// The field of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == id)
    }

    /// What stands above it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::FirstName => "First name",
            Self::LastName => "Last name",
            Self::Born => "Date of birth",
            Self::Phone => "Phone",
            Self::Email => "Email",
            Self::Aftercare => "Aftercare",
            Self::Locale => "Language of letters",
        }
    }
}

/// The values of the form, as typed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Typed([String; 7]);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

impl Typed {
    /// Takes each field from somewhere.
    #[must_use]
    pub fn read(of: impl Fn(Field) -> String) -> Self {
        Self(Field::ALL.map(of))
    }

    /// How the form shows a registered client.
    #[must_use]
    pub fn of(client: &Client, phone: &str) -> Self {
        Self::read(|field| match field {
            Field::FirstName => client.first_name.to_string(),
            Field::LastName => client.last_name.as_ref().map(ToString::to_string).unwrap_or_default(),
            Field::Born => client.born.map(|born| born.strftime("%-d %b %Y").to_string()).unwrap_or_default(),
            Field::Phone => phone.to_owned(),
            Field::Email => client.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            Field::Aftercare => if client.on_paper { "paper" } else { "email" }.to_owned(),
            Field::Locale => client.locale.clone().unwrap_or_default(),
        })
    }

    /// One field.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        &self.0[field as usize]
    }

    /// The client and the telephone that are meant. `languages` are those that letters have.
    ///
    /// # Errors
    /// A sentence for each field that cannot be taken.
    pub fn check(&self, languages: &[&str], today: Date) -> Result<(Client, String), FieldErrors> {
        let mut errors = FieldErrors::new();
        let first_name = errors.check(Field::FirstName.id(), self.name(Field::FirstName));
        let last_name = errors.check(Field::LastName.id(), self.name(Field::LastName));
        let born = errors.check(Field::Born.id(), self.some(Field::Born, |text| birthday(text, today)));
        let phone = errors.check(Field::Phone.id(), self.phone());
        let email = errors.check(
            Field::Email.id(),
            self.some(Field::Email, |text| {
                text.parse::<EmailAddress>().map_err(|wrong| format!("This cannot be taken: {wrong}."))
            }),
        );
        let on_paper = match self.get(Field::Aftercare) {
            "paper" => Some(true),
            "email" => Some(false),
            _ => {
                errors.add(Field::Aftercare.id(), "Choose how the aftercare reaches this client.");
                None
            }
        };
        if let (Some(None), Some(false)) = (&email, on_paper) {
            errors.add(Field::Email.id(), "Write an email address, or choose the printed sheet below.");
        }
        let locale = errors.check(
            Field::Locale.id(),
            self.some(Field::Locale, |text| {
                languages.contains(&text).then(|| text.to_owned()).ok_or("Choose a language from the list.".to_owned())
            }),
        );
        let client = first_name.zip(last_name).zip(born).zip(email).zip(on_paper).zip(locale).zip(phone);
        errors.done(client.map(|((((((first_name, last_name), born), email), on_paper), locale), phone)| {
            (Client { first_name, last_name: Some(last_name), email, locale, born, on_paper }, phone)
        }))
    }

    fn name(&self, field: Field) -> Result<PersonName, String> {
        let text = fields::line(self.get(field), field.label(), MOST)?;
        if text.is_empty() {
            return Err(format!("{} is missing. Write it as the client does.", field.label()));
        }
        text.parse()
    }

    /// A field that may be left empty.
    fn some<T>(&self, field: Field, of: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        // No longer than an address can be.
        let text = fields::line(self.get(field), field.label(), 254)?;
        if text.is_empty() { Ok(None) } else { of(text).map(Some) }
    }

    fn phone(&self) -> Result<String, String> {
        let text = fields::line(self.get(Field::Phone), Field::Phone.label(), MOST_IN_A_NUMBER)?;
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        if !text.is_empty() && (!is_number || digits < 3) {
            return Err("A phone number has digits, spaces and a plus sign, like 020 7946 0000.".into());
        }
        Ok(text.to_owned())
    }
}

/// A field that two people changed to different values.
#[derive(Clone, PartialEq, Eq)]
pub struct Clash {
    /// Which one.
    pub field: Field,
    /// What the other one saved.
    pub saved: String,
}

/// A form put together with what was saved since it was opened.
pub struct Merged {
    /// What was typed, with what only the other one changed.
    pub typed: Typed,
    /// What the other one changed.
    pub changed: Vec<Field>,
    /// Where both changed the same field.
    pub clashes: Vec<Clash>,
}

/// Puts together what stood in the form when it was opened, what is saved now, and what was typed.
#[must_use]
pub fn merged(was: &Typed, saved: &Typed, typed: &Typed) -> Merged {
    let mine = |field: Field| typed.get(field).trim() != was.get(field);
    let theirs = |field: &Field| saved.get(*field) != was.get(*field);
    let changed: Vec<Field> = Field::ALL.into_iter().filter(theirs).collect();
    let clash = |field: &&Field| mine(**field) && typed.get(**field).trim() != saved.get(**field);
    Merged {
        typed: Typed::read(|field| if mine(field) { typed.get(field) } else { saved.get(field) }.to_owned()),
        clashes: changed
            .iter()
            .filter(clash)
            .map(|field| Clash { field: *field, saved: saved.get(*field).to_owned() })
            .collect(),
        changed,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const LANGUAGES: [&str; 2] = ["en", "es"];

    fn cleo() -> Typed {
        with(&[])
    }

    /// Cleo's form with these fields typed differently.
    fn with(changes: &[(Field, &str)]) -> Typed {
        let standard = ["Cleo", "Okafor", "1 Feb 1980", "020 7946 0201", "cleo@example.org", "email", ""];
        Typed::read(|field| {
            let changed = changes.iter().find(|(other, _)| *other == field).map(|(_, value)| *value);
            changed.unwrap_or(standard[field as usize]).to_owned()
        })
    }

    fn sentences(changes: &[(Field, &str)]) -> Vec<(String, String)> {
        let errors = with(changes).check(&LANGUAGES, date(2026, 1, 5)).expect_err("a mistake");
        errors.iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
    }

    #[test]
    fn a_form_becomes_a_client_and_back() {
        let (client, phone) = cleo().check(&LANGUAGES, date(2026, 1, 5)).expect("all is well");
        assert_eq!((client.born, client.on_paper, phone.as_str()), (Some(date(1980, 2, 1)), false, "020 7946 0201"));
        assert_eq!(Typed::of(&client, &phone), cleo());
        let paper = with(&[(Field::Email, ""), (Field::Born, ""), (Field::Aftercare, "paper"), (Field::Locale, "es")]);
        let (client, _) = paper.check(&LANGUAGES, date(2026, 1, 5)).expect("all is well");
        assert!(client.on_paper && client.email.is_none() && client.born.is_none());
        assert_eq!(client.locale.as_deref(), Some("es"));
    }

    #[test]
    fn each_mistake_has_its_sentence_and_all_are_told_at_once() {
        let found = sentences(&[
            (Field::FirstName, " "),
            (Field::LastName, "Oka\u{202e}for"),
            (Field::Born, "31.2.1980"),
            (Field::Phone, "call me"),
            (Field::Email, "cleo@"),
            (Field::Aftercare, ""),
            (Field::Locale, "xx"),
        ]);
        let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["first_name", "last_name", "born", "phone", "email", "aftercare", "locale"]);
        assert_eq!(found[0].1, "First name is missing. Write it as the client does.");
        assert_eq!(found[2].1, "31 February does not exist. Check the day.");
        assert!(found[4].1.contains("name@example.org"), "{}", found[4].1);
        let nowhere = sentences(&[(Field::Email, "")]);
        assert_eq!(nowhere[0].1, "Write an email address, or choose the printed sheet below.");
        assert_eq!(sentences(&[(Field::Phone, "+")])[0].0, "phone");
        assert_eq!(sentences(&[(Field::FirstName, &"x".repeat(121))])[0].0, "first_name");
    }

    #[test]
    fn what_two_people_type_is_put_together_and_clashes_are_told() {
        let saved = with(&[(Field::Phone, "1234"), (Field::Email, "new@example.org")]);
        let typed = with(&[(Field::LastName, "Adeyemi"), (Field::Email, "other@example.org")]);
        let merged = merged(&cleo(), &saved, &typed);
        assert_eq!(merged.changed, [Field::Phone, Field::Email]);
        assert_eq!(merged.typed.get(Field::LastName), "Adeyemi", "mine stays");
        assert_eq!(merged.typed.get(Field::Phone), "1234", "theirs is taken where I changed nothing");
        assert_eq!(merged.typed.get(Field::Email), "other@example.org", "nothing typed is lost");
        let clashes: Vec<_> = merged.clashes.iter().map(|clash| (clash.field, clash.saved.as_str())).collect();
        assert_eq!(clashes, [(Field::Email, "new@example.org")]);
    }

    #[test]
    fn typing_the_same_as_the_other_one_is_no_clash() {
        let same = with(&[(Field::Phone, "1234")]);
        let merged = merged(&cleo(), &same, &same);
        assert_eq!((merged.changed.len(), merged.clashes.len()), (1, 0));
        assert_eq!(merged.typed, same);
    }
}
