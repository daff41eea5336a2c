//! Where mail goes: the addresses of `mail.url` and the manners of a connection. Reads settings,
//! never opens anything. A password is never printed, neither by Debug nor in an error.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::clinic::mail_server::{MailServer, Protection};
use crate::clock::Clock;

/// One way out of the house.
#[derive(Clone, Debug)]
pub enum Relay {
    /// A mail server that takes our mail.
    Smtp(SmtpRelay),
    /// A folder that gets one `.eml` a mail.
    Folder(PathBuf),
}

/// A mail server that takes our mail.
#[derive(Clone)]
pub struct SmtpRelay {
    /// Name or address, as its certificate names it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who we sign in as.
    pub login: Option<Credentials>,
}

/// How a connection to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS before anything else; without it nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None: this machine, or a network the operator answers for.
    Plain,
}

/// The manners of a connection.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// How many connections at most, per relay.
    pub connections: u16,
    /// How many messages one connection carries before we say QUIT; relays cut longer ones.
    pub messages_per_connection: u32,
    /// After how long a rest a connection is asked (NOOP) before it carries the next message.
    pub ask_after: Duration,
    /// Certificates to trust besides the machine's own, as PEM: a private relay's authority.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// The name we say in EHLO.
    pub helo_name: String,
    /// How long each stage may take.
    pub timeouts: Stages,
    /// Whether a name that leads to a machine inside the network is refused: for a relay that was named in the
    /// browser and not by whoever runs the machine.
    pub only_outside: bool,
    /// System time, for how long a relay is left alone.
    pub clock: Clock,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            connections: 4,
            messages_per_connection: 100,
            ask_after: Duration::from_secs(30),
            extra_ca_pem: None,
            // An address literal is what RFC 5321 section 4.1.4 asks of a host without a name.
            helo_name: "[127.0.0.1]".into(),
            timeouts: Stages::default(),
            only_outside: false,
            clock: Clock::system(),
        }
    }
}

/// How long each stage of a conversation may take, as a whole: a relay that drips one byte a
/// second is as late as one that says nothing.
///
/// RFC 5321 section 4.5.3.2 would wait for minutes. We do not: a few hanging connections must not
/// stop the mail of everybody else for longer than a minute.
#[derive(Clone, Copy, Debug)]
pub struct Stages {
    /// Finding the host and the TCP handshake.
    pub connect: Duration,
    /// The first line.
    pub greeting: Duration,
    /// One command and its reply; the TLS handshake; MAIL, RCPT and DATA together when pipelined.
    pub command: Duration,
    /// Handing over the body.
    pub data: Duration,
    /// The reply to the dot. Giving up here makes the mail uncertain, so this is the longest.
    pub after_dot: Duration,
}

impl Default for Stages {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(10),
            command: Duration::from_secs(15),
            data: Duration::from_secs(20),
            after_dot: Duration::from_secs(50),
        }
    }
}

impl From<&MailServer> for Relay {
    fn from(server: &MailServer) -> Self {
        let security = match server.protection {
            Protection::Tls => Security::Tls,
            Protection::StartTls => Security::StartTls,
            Protection::Nothing => Security::Plain,
        };
        let login = server.login.as_ref().map(|login| Credentials::new(login.user.clone(), login.password.clone()));
        Self::Smtp(SmtpRelay { host: server.host.clone(), port: server.port, security, login })
    }
}

impl Relay {
    /// What pages, settings and the log call it: never a user or password.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Smtp(relay) => relay.to_string(),
            Self::Folder(path) => format!("the folder {}", path.display()),
        }
    }

    /// Reads one value of `mail.url`.
    ///
    /// # Errors
    /// One sentence that names what is wrong, without the password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|why| {
            format!("mail.url is not an address ({why}); write it like smtps://user:password@smtp.example.org:465")
        })?;
        match url.scheme() {
            "smtp" => smtp(&url, Security::StartTls, 587),
            "smtps" => smtp(&url, Security::Tls, 465),
            "smtp+plain" => smtp(&url, Security::Plain, 25),
            "folder" => folder(&url),
            other => Err(format!("mail.url starts with {other}:, which is none of smtp, smtps, smtp+plain and folder")),
        }
    }

    /// Reads a list of addresses: the first is used as long as it works.
    ///
    /// # Errors
    /// What is wrong with the first wrong one.
    pub fn parse_list<S: AsRef<str>>(texts: &[S]) -> Result<Vec<Self>, String> {
        if texts.is_empty() {
            return Err("mail.url is empty; name at least one relay or folder".into());
        }
        texts.iter().map(|text| Self::parse(text.as_ref())).collect()
    }
}

fn smtp(url: &Url, security: Security, usual_port: u16) -> Result<Relay, String> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("mail.url names no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(format!("mail.url has something behind {host}; in a password write / ? and # as %2F, %3F and %23"));
    }
    let mut insecure = false;
    for (key, value) in url.query_pairs() {
        match (&*key, &*value) {
            ("insecure", "yes") if security == Security::Plain => insecure = true,
            ("insecure", _) => return Err("mail.url: only smtp+plain knows insecure, and only as insecure=yes".into()),
            (other, _) => return Err(format!("mail.url has the unknown option {other}")),
        }
    }
    if security == Security::Plain && !insecure && !is_loopback(&host) {
        return Err(format!(
            "mail.url would send unprotected mail to {host}; use smtp:// or smtps://, or add ?insecure=yes"
        ));
    }
    let port = url.port().unwrap_or(usual_port);
    Ok(Relay::Smtp(SmtpRelay { host, port, security, login: login(url)? }))
}

fn login(url: &Url) -> Result<Option<Credentials>, String> {
    let Some(password) = url.password() else {
        return if url.username().is_empty() { Ok(None) } else { Err("mail.url has a user but no password".into()) };
    };
    let plain = |part: &str, which: &str| {
        let text = percent_decode_str(part).decode_utf8().map_err(|_| format!("mail.url: the {which} is not UTF-8"))?;
        // SASL PLAIN (RFC 4616) separates its fields by NUL.
        if text.contains(char::is_control) {
            return Err(format!("mail.url: the {which} holds a control character"));
        }
        Ok(text.into_owned())
    };
    let user = plain(url.username(), "user")?;
    if user.is_empty() {
        return Err("mail.url has a password but no user".into());
    }
    Ok(Some(Credentials::new(user, plain(password, "password")?)))
}

fn folder(url: &Url) -> Result<Relay, String> {
    if url.host_str().is_some_and(|host| !host.is_empty()) {
        return Err("mail.url: a folder is written with three slashes, like folder:///var/mail/out".into());
    }
    let path = percent_decode_str(url.path()).decode_utf8().map_err(|_| "mail.url: the folder's name is not UTF-8")?;
    if !path.starts_with('/') || path.len() < 2 {
        return Err("mail.url names no folder; write it like folder:///var/mail/out".into());
    }
    Ok(Relay::Folder(PathBuf::from(&*path)))
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for SmtpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for SmtpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = if self.login.is_some() { " with a login" } else { "" };
        write!(f, "{self} ({:?}{login})", self.security)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpRelay {
        match Relay::parse(text) {
            Ok(Relay::Smtp(relay)) => relay,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn each_kind_of_address_is_read() {
        let relay = server("smtp://clinic%40example.org:p%40ss%2Fword@mail.example.org");
        assert_eq!((relay.to_string().as_str(), relay.security), ("mail.example.org:587", Security::StartTls));
        assert_eq!(relay.login, Some(Credentials::new("clinic@example.org".into(), "p@ss/word".into())));
        let relay = server("smtps://mail.example.org");
        assert_eq!((relay.port, relay.security, relay.login), (465, Security::Tls, None));
        assert_eq!(server("smtp+plain://127.0.0.1:2525").port, 2525);
        assert_eq!(server("smtp+plain://[::1]:2525").to_string(), "[::1]:2525");
        assert_eq!(server("smtp+plain://LOCALHOST:2525").port, 2525);
        assert_eq!(server("smtp+plain://relay.lan?insecure=yes").port, 25);
        assert!(matches!(Relay::parse("folder:///tmp/a%20b"), Ok(Relay::Folder(path)) if path.ends_with("a b")));
    }

    #[test]
    fn a_wrong_address_is_refused_without_showing_the_password() {
        for bad in [
            "",
            "mail.example.org",
            "http://u:s3cret@mail.example.org",
            "smtp://u:s3cret@",
            "smtp://u:s3cret@mail.example.org:99999",
            "smtp://u:s3/cret@mail.example.org",
            "smtp://u:s3cret@mail.example.org/inbox",
            "smtp://u:s3cret@mail.example.org?insecure=yes",
            "smtp+plain://u:s3cret@mail.example.org",
            "smtp+plain://u:s3cret@192.168.1.4?insecure=no",
            "smtps://u:s3cret@mail.example.org?tls=off",
            "smtps://u@mail.example.org",
            "smtps://:s3cret@mail.example.org",
            "smtps://u:s3cret%00@mail.example.org",
            "folder://var/mail",
            "folder:///",
        ] {
            let why = Relay::parse(bad).expect_err(bad);
            assert!(!why.contains("s3") && !why.contains('\n'), "{bad}: {why}");
        }
        assert!(Relay::parse_list::<&str>(&[]).is_err());
    }

    #[test]
    fn debug_shows_no_login() {
        let shown = format!("{:?}", server("smtps://clinic:s3cret@mail.example.org"));
        assert_eq!(shown, "mail.example.org:465 (Tls with a login)");
    }
}
