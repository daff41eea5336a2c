//! One message over one connection: MAIL, RCPT, DATA, body and dot, and what each reply means.

use tokio::time::{Duration, Instant};

use super::Message;
use super::session::Session;
use super::wire::Reply;
use crate::clinic::outbox::Outcome;

/// A message as it goes on the wire, made once for every try.
pub(super) struct Prepared {
    mail: String,
    rcpt: String,
    /// MAIL, RCPT and DATA, to be said at once.
    together: String,
    /// The body with its dots doubled, and the dot.
    body: Vec<u8>,
}

/// How a try over one connection ended.
pub(super) enum Ended {
    /// The relay's word about the message; the connection can go on.
    Settled(Outcome),
    /// This is how it ended, and the connection is done for.
    Closed(Outcome),
    /// Nothing was delivered and it was not the message's fault: it may be tried elsewhere.
    Lost(String),
    /// The relay says itself that it takes nothing from us now.
    Declined(String),
}

impl Prepared {
    /// Refuses what must not go on the wire. A line feed or carriage return of its own ends lines
    /// for some servers and not for others, which lets a body smuggle in a second message
    /// (RFC 5321 section 2.3.8); letters beyond ASCII would need 8BITMIME or SMTPUTF8, and our
    /// messages are built without.
    pub(super) fn new(message: &Message<'_>) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii() && !c.is_ascii_control() && c != ' ';
        let (from, to) = (message.from.as_str(), message.to.as_str());
        if !from.chars().all(plain) || !to.chars().all(plain) {
            return Err("an address is not plain ASCII".into());
        }
        let mail = format!("MAIL FROM:<{from}>\r\n");
        let rcpt = format!("RCPT TO:<{to}>\r\n");
        let together = format!("{mail}{rcpt}DATA\r\n");
        Ok(Self { mail, rcpt, together, body: stuffed(message.bytes)? })
    }
}

/// The body with a second dot before each that starts a line, and the final dot
/// (RFC 5321 section 4.5.2). A line end is added when the last line has none.
fn stuffed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if !bytes.is_ascii() || memchr::memchr(0, bytes).is_some() {
        return Err("the message is not plain ASCII".into());
    }
    let mut body = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    let mut rest = bytes;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            body.push(b'.');
        }
        let Some(end) = memchr::memchr2(b'\r', b'\n', rest) else {
            body.extend_from_slice(rest);
            break;
        };
        let Some(after) = rest[end..].strip_prefix(b"\r\n") else {
            return Err("the message has a line that does not end in CR LF".into());
        };
        body.extend_from_slice(&rest[..end + 2]);
        rest = after;
    }
    if !body.is_empty() && !body.ends_with(b"\r\n") {
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b".\r\n");
    Ok(body)
}

impl Session {
    /// Hands the message over.
    pub(super) async fn deliver(&mut self, letter: &Prepared) -> Ended {
        self.carried += 1;
        let opened = if self.pipelining { self.pipelined(letter).await } else { self.stepwise(letter).await };
        let ended = match opened {
            Ok(()) => self.body(letter).await,
            Err(ended) => ended,
        };
        self.used = Instant::now();
        ended
    }

    /// MAIL, RCPT and DATA in one write (RFC 2920): one round trip instead of three. Each reply
    /// is still read and matched.
    async fn pipelined(&mut self, letter: &Prepared) -> Result<(), Ended> {
        let until = Instant::now() + self.stages.command;
        self.wire.say(letter.together.as_bytes(), self.stages.command, "MAIL").await.map_err(Ended::Lost)?;
        let mut refused = None;
        for (what, wanted) in [("MAIL", Wanted::Yes), ("RCPT", Wanted::Yes)] {
            match self.wire.hear(left(until), what).await {
                Ok(reply) => refused = refused.or(wanted.refusal(what, &reply)?),
                Err(why) => return Err(refused.map_or(Ended::Lost(why), Ended::Closed)),
            }
        }
        let data = match self.wire.hear(left(until), "DATA").await {
            Ok(reply) => reply,
            Err(why) => return Err(refused.map_or(Ended::Lost(why), Ended::Closed)),
        };
        match refused {
            None => self.settle(Wanted::GoAhead.refusal("DATA", &data)?),
            // It waits for a body whose envelope it refused. Hanging up delivers nothing; a lone
            // dot would deliver an empty mail to whomever it did accept.
            Some(outcome) if (300..400).contains(&data.code) => Err(Ended::Closed(outcome)),
            Some(outcome) => self.settle(Some(outcome)),
        }
    }

    async fn stepwise(&mut self, letter: &Prepared) -> Result<(), Ended> {
        let within = self.stages.command;
        for (what, line, wanted) in [
            ("MAIL", letter.mail.as_str(), Wanted::Yes),
            ("RCPT", &letter.rcpt, Wanted::Yes),
            ("DATA", "DATA\r\n", Wanted::GoAhead),
        ] {
            self.wire.say(line.as_bytes(), within, what).await.map_err(Ended::Lost)?;
            let reply = self.wire.hear(within, what).await.map_err(Ended::Lost)?;
            let refused = wanted.refusal(what, &reply)?;
            self.settle(refused)?;
        }
        Ok(())
    }

    /// A refused envelope stays open at the relay until RSET, which is said before the next use.
    fn settle(&mut self, refused: Option<Outcome>) -> Result<(), Ended> {
        match refused {
            None => Ok(()),
            Some(outcome) => {
                self.reset_due = true;
                Err(Ended::Settled(outcome))
            }
        }
    }

    /// Body and dot in one write, then the reply that decides. Once the dot has left, the message
    /// may be delivered whatever happens to us: only a clear reply tells.
    async fn body(&mut self, letter: &Prepared) -> Ended {
        if let Err(why) = self.wire.say(&letter.body, self.stages.data, "the body").await {
            return Ended::Lost(why);
        }
        let reply = match self.wire.hear(self.stages.after_dot, "the dot").await {
            Ok(reply) => reply,
            Err(reason) => return Ended::Closed(Outcome::Uncertain { reason }),
        };
        match reply.code {
            250 => Ended::Settled(Outcome::Accepted { reply: reply.words() }),
            code if about_us(code) => Ended::Declined(told("the dot", &reply)),
            code if slows_down(code) => Ended::Closed(Outcome::Throttled { reply: reply.words() }),
            400..500 => Ended::Settled(Outcome::Deferred { reply: reply.words() }),
            500..600 => Ended::Settled(Outcome::Refused { reply: reply.words() }),
            _ => Ended::Closed(Outcome::Uncertain { reason: told("the dot", &reply) }),
        }
    }
}

/// What a command before the body has to be answered with.
#[derive(Clone, Copy)]
enum Wanted {
    /// 2xx.
    Yes,
    /// 354 and nothing else.
    GoAhead,
}

impl Wanted {
    /// What a reply says against the message; an error when it says nothing about the message.
    fn refusal(self, what: &str, reply: &Reply) -> Result<Option<Outcome>, Ended> {
        match (self, reply.code) {
            (Self::Yes, 200..300) | (Self::GoAhead, 354) => Ok(None),
            (_, code) if about_us(code) => Err(Ended::Declined(told(what, reply))),
            // Before a recipient was named it is about the relay, and after that about the recipient's provider.
            (_, code) if slows_down(code) && what == "MAIL" => Err(Ended::Declined(told(what, reply))),
            (_, code) if slows_down(code) => Err(Ended::Closed(Outcome::Throttled { reply: reply.words() })),
            (_, 400..500) => Ok(Some(Outcome::Deferred { reply: reply.words() })),
            (_, 500..600) => Ok(Some(Outcome::Refused { reply: reply.words() })),
            _ => Err(Ended::Lost(told(what, reply))),
        }
    }
}

/// Replies about our account whichever command they answer: sign in first, wrong or too weak (530, 534,
/// 535, 538 of RFC 4954). A mail must not fail for good because a password expired.
const fn about_us(code: u16) -> bool {
    matches!(code, 530 | 534 | 535 | 538)
}

/// "Not now, and not so fast": closing down (421), temporarily not (454).
const fn slows_down(code: u16) -> bool {
    matches!(code, 421 | 454)
}

fn told(what: &str, reply: &Reply) -> String {
    format!("{what} was answered with {}", reply.words())
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_last_line_ends() {
        let text = |bytes: &[u8]| stuffed(bytes).map(|body| String::from_utf8_lossy(&body).into_owned());
        assert_eq!(text(b"a\r\n.\r\n..b\r\nc.d\r\n"), Ok("a\r\n..\r\n...b\r\nc.d\r\n.\r\n".into()));
        assert_eq!(text(b".a\r\n\r\n\r\nb"), Ok("..a\r\n\r\n\r\nb\r\n.\r\n".into()));
        assert_eq!(text(b""), Ok(".\r\n".into()));
    }

    #[test]
    fn a_body_that_could_be_read_in_two_ways_is_refused() {
        for bad in [&b"a\nb\r\n"[..], b"a\rb\r\n", b"a\r\n.\n", b"a\r", b"a\r\r\n", b"a\0\r\n", "ä\r\n".as_bytes()] {
            assert!(stuffed(bad).is_err(), "{bad:?}");
        }
    }
}
