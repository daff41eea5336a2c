//! Bytes to and from a relay: one write a step, replies read with limits on line, size and time.
//!
//! lettre's own connection is not used for this. It shows neither PIPELINING nor how far a write
//! came, sends body and dot in two writes, reads a line of any length into memory, and keeps
//! what came in plain text behind the reply to STARTTLS, where an attacker could put replies that
//! we would take for protected ones (CVE-2011-0411).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// The longest line of a reply. RFC 5321 section 4.5.3.1.5 allows 512.
const LONGEST_LINE: usize = 2048;
/// The longest reply, over all its lines.
const LONGEST_REPLY: usize = 64 * 1024;
/// How much of a reply's text is kept; the rest is read and forgotten.
const KEPT: usize = 4096;

/// What a relay said.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The three digits.
    pub(super) code: u16,
    /// The words, a line each.
    pub(super) text: String,
}

impl Reply {
    /// The reply as one line that is safe to store and show. It may name the recipient, as many
    /// relays do: it is kept with the mail and never logged.
    pub(super) fn words(&self) -> String {
        clean(&format!("{} {}", self.code, self.text))
    }
}

/// One line without control characters, at most 500 characters.
pub(super) fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
    line.trim().to_owned()
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection's bytes.
pub(super) struct Wire {
    stream: Stream,
    unread: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), unread: Vec::new() }
    }

    /// Encrypts what follows. Nothing may have been heard ahead of it.
    pub(super) async fn encrypt(
        self,
        tls: &TlsConnector,
        name: ServerName<'static>,
        within: Duration,
    ) -> Result<Self, String> {
        if !self.unread.is_empty() {
            return Err("the relay spoke out of turn before TLS began".into());
        }
        let Stream::Plain(stream) = self.stream else { return Err("TLS was begun twice".into()) };
        match timeout(within, tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Self { stream: Stream::Tls(Box::new(stream)), unread: Vec::new() }),
            Ok(Err(why)) => Err(clean(&format!("TLS failed: {why}"))),
            Err(_) => Err("TLS took too long".into()),
        }
    }

    /// Whether the bytes are encrypted.
    pub(super) const fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Whether the other side is still there and has said nothing out of turn. Asks the socket
    /// only, so it costs no round trip.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        self.unread.is_empty() && self.stream.read(&mut byte).now_or_never().is_none()
    }

    /// Says all of this in one write. An error means that the last byte did not leave.
    pub(super) async fn say(&mut self, bytes: &[u8], within: Duration, what: &str) -> Result<(), String> {
        // A reply that came before its command would be taken for the answer to it.
        if !self.unread.is_empty() {
            return Err(format!("the relay spoke out of turn before {what}"));
        }
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(within, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(broken(&why, what)),
            Err(_) => Err(format!("sending {what} took too long")),
        }
    }

    /// Hears one whole reply.
    pub(super) async fn hear(&mut self, within: Duration, what: &str) -> Result<Reply, String> {
        match timeout(within, self.reply(what)).await {
            Ok(heard) => heard,
            Err(_) => Err(format!("no reply to {what} in time")),
        }
    }

    async fn reply(&mut self, what: &str) -> Result<Reply, String> {
        let mut reply: Option<Reply> = None;
        let mut read = 0;
        loop {
            let end = self.line_end(what).await?;
            read += end;
            if read > LONGEST_REPLY {
                return Err(format!("the reply to {what} is too long"));
            }
            let (code, last, text) =
                parse(&self.unread[..end]).ok_or_else(|| format!("the reply to {what} makes no sense"))?;
            let so_far = reply.get_or_insert_with(|| Reply { code, text: String::new() });
            if so_far.code != code {
                return Err(format!("the reply to {what} changes its mind"));
            }
            if so_far.text.len() + text.len() < KEPT {
                if !so_far.text.is_empty() {
                    so_far.text.push('\n');
                }
                so_far.text.push_str(&String::from_utf8_lossy(text));
            }
            self.unread.drain(..end);
            if last && let Some(reply) = reply {
                return Ok(reply);
            }
        }
    }

    /// Reads until a line is complete and tells where it ends. Keeps at most a line and a read.
    async fn line_end(&mut self, what: &str) -> Result<usize, String> {
        let mut looked_at = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.unread[looked_at..]) {
                let end = looked_at + at + 1;
                return if end > LONGEST_LINE {
                    Err(format!("a line of the reply to {what} is too long"))
                } else {
                    Ok(end)
                };
            }
            looked_at = self.unread.len();
            if looked_at > LONGEST_LINE {
                return Err(format!("a line of the reply to {what} is too long"));
            }
            let mut chunk = [0; 1024];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(format!("the relay closed the connection instead of replying to {what}")),
                Ok(n) => self.unread.extend_from_slice(&chunk[..n]),
                Err(why) => return Err(broken(&why, what)),
            }
        }
    }
}

fn broken(why: &io::Error, what: &str) -> String {
    clean(&format!("the connection broke at {what}: {why}"))
}

/// One line of a reply (RFC 5321 section 4.2): code, whether it is the last, text.
fn parse(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(3)?;
    if !matches!(digits[0], b'2'..=b'5') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_reply_is_read_as_the_rfc_writes_it() {
        assert_eq!(parse(b"250-SIZE 100\r\n"), Some((250, false, &b"SIZE 100"[..])));
        assert_eq!(parse(b"354\r\n"), Some((354, true, &b""[..])));
        assert_eq!(parse(b"421 bye\n"), Some((421, true, &b"bye"[..])));
        for bad in
            [&b"\r\n"[..], b"25\r\n", b"2x0 a\r\n", b"250_a\r\n", b"950 a\r\n", b"HTTP/1.1 400\r\n", b"150 a\r\n"]
        {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn words_are_one_short_line() {
        let reply = Reply { code: 550, text: format!("5.1.1 no\u{7}\nsuch {}", "x".repeat(900)) };
        let words = reply.words();
        assert!(words.starts_with("550 5.1.1 no  such x") && words.chars().count() == 500);
    }
}
