//! The mailbox that undeliverable mail comes back to, read over IMAP. Reads what is new, hands it on
//! and marks what was taken as read; deletes nothing, so that a person can still look.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use async_imap::{Client, Session};
use futures_util::TryStreamExt as _;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use super::relay::is_loopback;
use super::smtp::connector;

/// No question to the server takes longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many mails are taken in one look.
const MOST: usize = 200;

/// So much of each is fetched: fields and words of a notice stand before the letter it returns.
const PART: &str = "(UID BODY.PEEK[]<0.1048576>)";

/// Where notices arrive.
pub struct Inbox {
    host: String,
    port: u16,
    user: String,
    password: String,
    folder: String,
    tls: Option<TlsConnector>,
}

/// A connection of either kind.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

impl Inbox {
    /// Reads `imaps://user:password@host/folder`; without a folder it is INBOX. `imap+plain://` is for
    /// a server on this machine.
    ///
    /// # Errors
    /// One sentence that says what is wrong, without the password.
    pub fn parse(text: &str, extra_ca_pem: Option<&[u8]>) -> Result<Self, String> {
        let like = "write it like imaps://user:password@mail.example.org/INBOX";
        let url = Url::parse(text.trim()).map_err(|why| format!("not an address ({why}); {like}"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| format!("names no host; {like}"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match url.scheme() {
            "imaps" => Some(connector(extra_ca_pem)?),
            "imap+plain" if is_loopback(&host) => None,
            "imap+plain" => return Err(format!("would send a password to {host} in the clear; use imaps://")),
            other => return Err(format!("starts with {other}:, which is neither imaps nor imap+plain; {like}")),
        };
        let plain = |part: &str, what: &str| {
            let text = percent_decode_str(part).decode_utf8().map_err(|_| format!("the {what} is not UTF-8"))?;
            if text.contains(char::is_control) {
                Err(format!("the {what} holds a control character"))
            } else {
                Ok(text.into_owned())
            }
        };
        let user = plain(url.username(), "user")?;
        let password = plain(url.password().unwrap_or_default(), "password")?;
        if user.is_empty() || password.is_empty() {
            return Err(format!("needs a user and a password; {like}"));
        }
        let folder = plain(url.path().trim_start_matches('/'), "folder")?;
        let folder = if folder.is_empty() { "INBOX".to_owned() } else { folder };
        let port = url.port().unwrap_or(if tls.is_some() { 993 } else { 143 });
        Ok(Self { host, port, user, password, folder, tls })
    }

    /// Looks what is new.
    ///
    /// # Errors
    /// What the server said or did not say; never a password or a mail.
    pub async fn look(&self) -> Result<Look, String> {
        in_time(async {
            let mut session = self.sign_in().await?;
            session.select(&self.folder).await.map_err(|why| said("the folder cannot be opened", &why))?;
            let new = session.uid_search("UNSEEN").await.map_err(|why| said("no list of new mail", &why))?;
            let mut new: Vec<u32> = new.into_iter().collect();
            new.sort_unstable();
            new.truncate(MOST);
            Ok(Look { session, new: new.into() })
        })
        .await
    }

    async fn sign_in(&self) -> Result<Session<Box<dyn Stream>>, String> {
        let tcp =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|why| format!("no connection: {why}"))?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let name =
                    ServerName::try_from(self.host.clone()).map_err(|_| "its name fits no certificate".to_owned())?;
                Box::new(tls.connect(name, tcp).await.map_err(|why| format!("TLS failed: {why}"))?)
            }
        };
        let mut client = Client::new(stream);
        let greeting = client.read_response().await.map_err(|why| format!("no greeting: {why}"))?;
        greeting.ok_or("it hung up before its greeting")?;
        client.login(&self.user, &self.password).await.map_err(|(why, _)| said("it refused the login", &why))
    }
}

/// One look at the mailbox.
pub struct Look {
    session: Session<Box<dyn Stream>>,
    new: VecDeque<u32>,
}

impl Look {
    /// The next mail that nobody has read, the oldest first, with its number.
    ///
    /// # Errors
    /// As [`Inbox::look`].
    pub async fn next(&mut self) -> Result<Option<(u32, Vec<u8>)>, String> {
        while let Some(uid) = self.new.pop_front() {
            let found = in_time(async {
                let fetched = self.session.uid_fetch(uid.to_string(), PART).await;
                let fetched = fetched.map_err(|why| said("a mail cannot be read", &why))?;
                fetched.try_collect::<Vec<_>>().await.map_err(|why| said("a mail cannot be read", &why))
            });
            // Somebody may have taken it away meanwhile.
            if let Some(raw) = found.await?.iter().find_map(|mail| mail.body()) {
                return Ok(Some((uid, raw.to_vec())));
            }
        }
        Ok(None)
    }

    /// Marks a mail as read: it was taken.
    ///
    /// # Errors
    /// As [`Inbox::look`]. It then comes again, and is known.
    pub async fn taken(&mut self, uid: u32) -> Result<(), String> {
        in_time(async {
            let marked = self.session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)").await;
            let marked = marked.map_err(|why| said("a mail cannot be marked as read", &why))?;
            marked.try_collect::<Vec<_>>().await.map_err(|why| said("a mail cannot be marked as read", &why))?;
            Ok(())
        })
        .await
    }

    /// Says goodbye. Whether it is heard changes nothing.
    pub async fn end(mut self) {
        let _ = timeout(Duration::from_secs(2), self.session.logout()).await;
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err("it did not answer in time".into()))
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({}:{})", self.host, self.port)
    }
}

/// The server's words, which can repeat what we sent, are left out.
fn said(what: &str, why: &async_imap::error::Error) -> String {
    use async_imap::error::Error;
    let kind = match why {
        Error::Io(why) => return format!("{what}: {why}"),
        Error::No(_) | Error::Bad(_) => "the server said no",
        Error::ConnectionLost => "the server hung up",
        _ => "its answer is not understood",
    };
    format!("{what}: {kind}")
}
