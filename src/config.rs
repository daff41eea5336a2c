//! Settings: read once, checked at the start, handed on as values. A setting nobody knows, or one
//! of the wrong kind, stops the start with its name, because a mistyped key that is quietly ignored
//! shows only when a mail is missing. Nothing here opens a database, a socket or a letter.

mod sources;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Toml};
use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

pub use self::sources::ConfigError;
pub use self::values::Secret;

/// Everything an operator can set, with its defaults.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where clients, visits and emails are kept.
    pub database: Database,
    /// How emails leave.
    pub mail: Mail,
    /// The pages.
    pub web: Web,
    /// Keys.
    pub secrets: Secrets,
    /// What happens without a click.
    pub worker: Worker,
    /// The clinical catalogue.
    pub catalogue: Folder,
    /// The letters.
    pub letters: Folder,
    /// How long things are kept.
    pub retention: Retention,
}

/// `[database]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`; may carry a password.
    pub url: Secret,
    url_file: Option<PathBuf>,
}

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The relays in the order they are tried; may carry passwords. Empty: nothing can leave.
    #[serde(deserialize_with = "values::one_or_many")]
    pub url: Vec<Secret>,
    url_file: Option<PathBuf>,
    /// The sender, for clinics without one of their own.
    #[serde(deserialize_with = "values::mailbox")]
    pub from: Option<String>,
    /// Where bounces go.
    #[serde(deserialize_with = "values::address")]
    pub bounce_address: Option<String>,
    /// The mailbox where bounces arrive, over IMAP; carries a password.
    pub bounce_mailbox: Option<Secret>,
    bounce_mailbox_file: Option<PathBuf>,
    /// Where answers go, read by people.
    #[serde(deserialize_with = "values::mailbox")]
    pub reply_to: Option<String>,
    /// Mails on the wire at once, for each worker.
    #[serde(deserialize_with = "values::connections")]
    pub connections: u32,
    /// Mails over one connection, then a new one is made.
    #[serde(deserialize_with = "values::one_or_more")]
    pub messages_per_connection: u32,
    /// The most mails in any minute, of all workers together; none: no limit of ours.
    #[serde(deserialize_with = "values::at_least_one")]
    pub rate_per_minute: Option<u32>,
    /// Limits for the mailboxes of one provider, by one of the endings of its addresses.
    pub providers: BTreeMap<String, Provider>,
    /// One more certificate authority, as PEM, for a relay inside the house.
    pub extra_ca_file: Option<PathBuf>,
    /// Whether an admin may name a mail server in the browser that stands inside this network.
    pub allow_inside: bool,
}

/// `[mail.providers."…"]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Mails to it on the wire at once, for each worker.
    #[serde(deserialize_with = "values::at_least_one")]
    pub connections: Option<u32>,
    /// Mails to it over one connection.
    #[serde(deserialize_with = "values::at_least_one")]
    pub messages_per_connection: Option<u32>,
    /// The most mails to it in any minute, of all workers together.
    #[serde(deserialize_with = "values::at_least_one")]
    pub rate_per_minute: Option<u32>,
}

/// `[web]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The address clients reach; without it letters carry the clinic's phone instead of buttons.
    #[serde(deserialize_with = "values::base_url")]
    pub base_url: Option<Url>,
    /// Reverse proxies whose forwarded headers are believed.
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether `/metrics` answers a token with the scope `metrics`.
    pub metrics: bool,
}

/// `[secrets]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// The key for sealed fields and link tokens.
    pub key_file: PathBuf,
}

/// `[worker]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    /// Whether `serve` also delivers.
    pub enabled: bool,
    /// How often to look for due mail when nothing woke the worker.
    #[serde(deserialize_with = "values::pause")]
    pub poll: Duration,
    /// Whether webhooks may call machines inside this network, and over plain http.
    pub webhooks_inside: bool,
}

/// `[catalogue]` and `[letters]`: a folder that replaces what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Folder {
    /// The folder; none: the built-in files.
    pub folder: Option<PathBuf>,
}

/// `[retention]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// How long the text of a sent email is kept, for clinics that set nothing themselves; none: for good.
    #[serde(deserialize_with = "values::keep")]
    pub sent_text: Option<Duration>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: Secret::new("sqlite://aftercare.db"), url_file: None }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            url: Vec::new(),
            url_file: None,
            from: None,
            bounce_address: None,
            bounce_mailbox: None,
            bounce_mailbox_file: None,
            reply_to: None,
            connections: 4,
            messages_per_connection: 100,
            rate_per_minute: None,
            providers: BTreeMap::new(),
            extra_ca_file: None,
            allow_inside: false,
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { listen, base_url: None, trusted_proxies: Vec::new(), metrics: false }
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self { key_file: PathBuf::from("aftercare.key") }
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self { enabled: true, poll: Duration::from_secs(5), webhooks_inside: false }
    }
}

impl Settings {
    /// The settings of this process: defaults, then the file if one is named, then the environment.
    ///
    /// # Errors
    ///
    /// A sentence that names the file or variable, the key, its value and what would be right.
    pub fn load(config: Option<&Path>) -> Result<Self, ConfigError> {
        // A variable that is no UTF-8 cannot be one of ours: all of ours are ASCII names.
        let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let readable = ours
            .filter(|(name, _)| name.starts_with(sources::PREFIX))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()));
        Self::from_sources(config, readable)
    }

    /// As [`Settings::load`], with the environment handed in.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`].
    pub fn from_sources(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = config {
            figment = figment.merge(Toml::string(&sources::read_toml(file)?));
        }
        let environment = sources::Environment::from_pairs(environment)?;
        figment = figment.merge(&environment);
        let place = sources::Places { file: config, environment: &environment };
        let mut settings: Self = figment.extract().map_err(|error| place.explain(&figment, &error))?;
        settings.read_secret_files(&figment, &place)?;
        Ok(settings)
    }

    /// Secrets may stand in files of their own, as container platforms hand them out.
    fn read_secret_files(&mut self, figment: &Figment, place: &sources::Places<'_>) -> Result<(), ConfigError> {
        if let Some(file) = self.database.url_file.take() {
            place.only_one_of(figment, "database.url")?;
            self.database.url = Secret::new(place.secret_from("database.url_file", &file)?.trim());
        }
        if let Some(file) = self.mail.bounce_mailbox_file.take() {
            place.only_one_of(figment, "mail.bounce_mailbox")?;
            self.mail.bounce_mailbox = Some(Secret::new(place.secret_from("mail.bounce_mailbox_file", &file)?.trim()));
        }
        if let Some(file) = self.mail.url_file.take() {
            place.only_one_of(figment, "mail.url")?;
            let text = place.secret_from("mail.url_file", &file)?;
            self.mail.url = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new).collect();
        }
        Ok(())
    }
}

/// Every key there is, with what would be right for it, in the order of `config/aftercare.toml`.
const KEYS: &[(&str, &str)] = &[
    ("database.url", "an address such as \"sqlite:///var/lib/aftercare/aftercare.db\" or \"postgres://…\""),
    ("database.url_file", "the path of a file that holds the address"),
    ("mail.url", "an address such as \"smtps://host:465\", or a list of them"),
    ("mail.url_file", "the path of a file that holds one address a line"),
    ("mail.from", "a sender such as \"Riverside Massage <hello@example.org>\""),
    ("mail.bounce_address", "an email address such as \"bounces@example.org\""),
    ("mail.bounce_mailbox", "an address such as \"imaps://user:password@mail.example.org/INBOX\""),
    ("mail.bounce_mailbox_file", "the path of a file that holds the address"),
    ("mail.reply_to", "an email address such as \"hello@example.org\""),
    ("mail.connections", "a whole number from 1 to 256"),
    ("mail.messages_per_connection", "a whole number of 1 or more"),
    ("mail.rate_per_minute", "a whole number of 1 or more"),
    ("mail.providers", "limits by provider, such as { \"gmail.com\" = { rate_per_minute = 60 } }"),
    ("mail.extra_ca_file", "the path of a PEM file"),
    ("mail.allow_inside", "true or false"),
    ("web.listen", "an address and port such as \"127.0.0.1:8080\""),
    ("web.base_url", "an address of its own such as \"https://aftercare.example.org\", without a path or a query"),
    ("web.trusted_proxies", "a list of addresses or networks such as [\"127.0.0.1\", \"10.0.0.0/8\"]"),
    ("web.metrics", "true or false"),
    ("secrets.key_file", "the path of the key file"),
    ("worker.enabled", "true or false"),
    ("worker.poll", "a time such as \"5s\" or \"1m\", from 100ms to 1h"),
    ("worker.webhooks_inside", "true or false"),
    ("catalogue.folder", "the path of a folder"),
    ("letters.folder", "the path of a folder"),
    ("retention.sent_text", "a time of 90 days or more, such as \"3650d\""),
];

fn sections() -> BTreeSet<&'static str> {
    KEYS.iter().filter_map(|(key, _)| key.split_once('.')).map(|(section, _)| section).collect()
}

#[cfg(test)]
mod tests;
