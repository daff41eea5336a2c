//! Wiring: builds the parts from the settings and hands each what it needs.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::clinic::catalogue::{Catalogue, SourceFile};
use crate::clinic::intake::form::Form;
use crate::clinic::mail_server::MailServer;
use crate::clinic::pacing::{Limits, Rate};
use crate::clinic::person::EmailAddress;
use crate::clinic::provider::Providers;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::mail::bounce::ReturnPath;
use crate::mail::inbox::Inbox;
use crate::mail::letter::CompiledLetters;
use crate::mail::relay::{Relay, RelayOptions};
use crate::mail::smtp::Mailer;
use crate::seal::Seal;
use crate::store::catalogue::newest::Newest;
use crate::store::outbox::Owner;
use crate::store::{self, Store};
use crate::web::sending::{Sending, SendingNow};
use crate::worker::{Manners, Patterns, Sender, Worker};

/// The catalogue in a folder, or the one that ships with the program.
///
/// # Errors
/// One sentence that names the folder or the file, the entry and the reason.
pub fn catalogue(folder: Option<&Path>) -> Result<Catalogue, String> {
    let Some(folder) = folder else {
        return Catalogue::shipped().map_err(|error| error.to_string());
    };
    let unreadable = |path: &Path, error: &std::io::Error| {
        if error.kind() == std::io::ErrorKind::InvalidData {
            return format!("{}: is not UTF-8 text; save it as UTF-8", path.display());
        }
        format!("{}: cannot be read ({error}); give a folder with the .toml files of a catalogue", path.display())
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let files = paths
        .iter()
        .map(|path| match std::fs::read_to_string(path) {
            Ok(text) => Ok(SourceFile { name: path.display().to_string(), text }),
            Err(error) => Err(unreadable(path, &error)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Catalogue::load(&files).map_err(|error| match error.file.as_str() {
        "catalogue" => format!("{}: {}: {}", folder.display(), error.entry, error.reason),
        _ => error.to_string(),
    })
}

/// The letters in a folder, or those that ship with the program.
///
/// # Errors
/// What is wrong with which letter.
pub fn letters(folder: Option<&Path>) -> Result<CompiledLetters, String> {
    match folder {
        Some(folder) => CompiledLetters::from_folder(folder),
        None => CompiledLetters::embedded(),
    }
    .map_err(|error| error.to_string())
}

/// What the rules work with: the catalogue, the letters and the intake form.
#[derive(Clone)]
pub struct Rules {
    /// What advice comes from.
    pub catalogue: Arc<Catalogue>,
    /// What it is told in.
    pub letters: Arc<CompiledLetters>,
    /// What clients are asked.
    pub form: Arc<Form>,
}

impl Rules {
    /// The catalogue and letters that the settings name.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn of(settings: &Settings) -> Result<Self, String> {
        let catalogue = catalogue(settings.catalogue.folder.as_deref())?;
        let form = Form::shipped(&catalogue)?;
        Ok(Self {
            catalogue: Arc::new(catalogue),
            letters: Arc::new(letters(settings.letters.folder.as_deref())?),
            form: Arc::new(form),
        })
    }
}

/// Opens the database with the key for its sealed columns.
///
/// # Errors
/// A sentence that says what to change.
pub async fn store(settings: &Settings) -> Result<Store, String> {
    let key_file = &settings.secrets.key_file;
    let seal = Seal::open_or_create(key_file).map_err(|error| error.to_string())?;
    Store::open(settings.database.url.expose(), seal).await.map_err(|error| format!("database.url: {error}"))
}

/// Whether the key file is the one that belongs to the database. With another one no visit can be read, every email
/// that is due would be given up, and what is written from now on would need both.
///
/// # Errors
/// A sentence that says what to change.
pub async fn key_fits(settings: &Settings, store: &Store) -> Result<(), String> {
    let missing = async { store::visit::missing_key(&mut store.read().await?).await };
    match missing.await {
        Ok(None) => Ok(()),
        Ok(Some(key)) => Err(format!(
            "secrets.key_file: {} does not hold the key {key} that this database was sealed with; bring back the key file \
             that belongs to it",
            settings.secrets.key_file.display()
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// The ways out that `mail.url` names; none when it is left out.
///
/// # Errors
/// A sentence that says what to change, without any password.
pub fn mailer(mail: &config::Mail, clock: Clock) -> Result<Option<Mailer>, String> {
    if mail.url.is_empty() {
        return Ok(None);
    }
    let urls: Vec<&str> = mail.url.iter().map(config::Secret::expose).collect();
    Mailer::new(Relay::parse_list(&urls)?, relay_options(mail, clock)?).map(Some)
}

/// The way out that an admin named in the browser, and who mail comes from by it.
///
/// # Errors
/// A sentence that says what to change, without any password.
pub fn named(mail: &config::Mail, server: &MailServer, clock: Clock) -> Result<(Mailer, Sender), String> {
    let mut mail = mail.clone();
    mail.from = Some(server.sender.to_string());
    let options = RelayOptions { only_outside: !mail.allow_inside, ..relay_options(&mail, clock)? };
    Ok((Mailer::new(vec![Relay::from(server)], options)?, sender(&mail)?))
}

fn relay_options(mail: &config::Mail, clock: Clock) -> Result<RelayOptions, String> {
    let extra_ca_pem = extra_ca(mail)?;
    let helo_name = mail.from.as_deref().and_then(|from| Some(bare(from).rsplit_once('@')?.1.to_owned()));
    let usual = RelayOptions::default();
    Ok(RelayOptions {
        connections: u16::try_from(mail.connections).unwrap_or(u16::MAX),
        messages_per_connection: mail.messages_per_connection,
        extra_ca_pem,
        helo_name: helo_name.unwrap_or_else(|| usual.helo_name.clone()),
        clock,
        ..usual
    })
}

/// How fast mail may leave, and what is set for providers.
///
/// # Errors
/// A sentence that says what to change.
pub fn manners(mail: &config::Mail) -> Result<Manners, String> {
    let rate = |a_minute: Option<u32>| a_minute.and_then(NonZeroU32::new).map(Rate::a_minute);
    let limits = mail.providers.iter().map(|(named, set)| {
        let limits = Limits {
            connections: set.connections.and_then(NonZeroU32::new),
            messages_per_connection: set.messages_per_connection.and_then(NonZeroU32::new),
            rate: rate(set.rate_per_minute),
        };
        (named.clone(), limits)
    });
    Manners::new(Providers::shipped()?, rate(mail.rate_per_minute), limits)
        .map_err(|problem| format!("mail.providers: {problem}"))
}

/// The mailbox that bounces come back to, if Aftercare reads it itself.
///
/// # Errors
/// A sentence that says what to change, without the password.
pub fn inbox(mail: &config::Mail) -> Result<Option<Arc<Inbox>>, String> {
    let Some(url) = &mail.bounce_mailbox else { return Ok(None) };
    let extra_ca_pem = extra_ca(mail)?;
    let inbox = Inbox::parse(url.expose(), extra_ca_pem.as_deref());
    inbox.map(|inbox| Some(Arc::new(inbox))).map_err(|problem| format!("mail.bounce_mailbox: {problem}"))
}

/// The authority of the house, for mail servers with a certificate of their own.
fn extra_ca(mail: &config::Mail) -> Result<Option<Vec<u8>>, String> {
    let Some(path) = &mail.extra_ca_file else { return Ok(None) };
    let read = std::fs::read(path);
    read.map(Some)
        .map_err(|error| format!("mail.extra_ca_file: {} cannot be read ({error}); give a PEM file", path.display()))
}

/// How mail leaves, for pages: hosts and folders, never a user or password.
#[must_use]
pub fn sending(mail: &config::Mail, sender: &Sender) -> SendingNow {
    let ways = mail.url.iter().filter_map(|url| Some(Relay::parse(url.expose()).ok()?.name()));
    SendingNow::from(Sending {
        ways: ways.collect(),
        from: sender.from.clone(),
        reply_to: sender.reply_to.clone(),
        is_fixed: !mail.url.is_empty(),
        inside: mail.allow_inside,
    })
}

/// Who emails come from. `mail.from` is needed as soon as mail can leave.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn sender(mail: &config::Mail) -> Result<Sender, String> {
    let read = |key: &str, text: &str| -> Result<EmailAddress, String> {
        bare(text).parse().map_err(|problem| format!("{key}: \"{text}\" is {problem}"))
    };
    let from = match &mail.from {
        Some(text) => read("mail.from", text)?,
        None if mail.url.is_empty() => read("mail.from", "aftercare@localhost.invalid")?,
        None => return Err("mail.from is missing; name the sender of emails, such as \"hello@example.org\"".into()),
    };
    let or_from = |key: &str, text: &Option<String>| text.as_ref().map_or(Ok(from.clone()), |text| read(key, text));
    let bounce = match &mail.bounce_address {
        None => ReturnPath::plain(from.clone()),
        Some(text) => ReturnPath::signed(read("mail.bounce_address", text)?)
            .map_err(|problem| format!("mail.bounce_address: \"{text}\": {problem}"))?,
    };
    Ok(Sender { bounce, reply_to: or_from("mail.reply_to", &mail.reply_to)?, from })
}

/// The address of `Name <address>` or of a bare address.
fn bare(text: &str) -> &str {
    text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end().trim_end_matches('>')).trim()
}

/// The worker of this process.
///
/// # Errors
/// A sentence that says which setting is missing or wrong.
pub fn worker(settings: &Settings, store: Store, clock: Clock, rules: &Rules) -> Result<Worker, String> {
    Ok(Worker {
        store,
        mailer: mailer(&settings.mail, clock.clone())?,
        manners: manners(&settings.mail)?,
        clock,
        catalogue: Arc::clone(&rules.catalogue),
        newest: Newest::over(Arc::clone(&rules.catalogue)),
        letters: Arc::clone(&rules.letters),
        sender: sender(&settings.mail)?,
        base_url: settings.web.base_url.clone(),
        owner: Owner::fresh(),
        unsigned_may_leave: false,
        patterns: Patterns::default(),
        sent_text: settings.retention.sent_text.and_then(|keep| SignedDuration::try_from(keep).ok()),
        webhooks_inside: settings.worker.webhooks_inside,
    })
}
