//! One connection to a relay, from the greeting to QUIT. It is owned by whoever uses it, so a
//! cancelled or failed use drops it, and a half-used connection can never come back.

use std::collections::HashMap;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::response::Response;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::wire::{Reply, Wire, clean};
use crate::clinic::mail_server::is_inside;
use crate::mail::relay::{RelayOptions, Security, SmtpRelay, Stages};

/// A connection that idled longer is not worth asking: relays close after five minutes.
const DROP_AFTER: Duration = Duration::from_secs(240);

/// One connection, greeted, protected and signed in.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) stages: Stages,
    pub(super) pipelining: bool,
    /// Messages begun on it.
    pub(super) carried: u32,
    /// Of these, how many to a provider that wants few on one connection.
    pub(super) carried_to: HashMap<String, u32>,
    /// Whether a refused envelope is still open on the other side.
    pub(super) reset_due: bool,
    pub(super) used: Instant,
}

impl Session {
    /// Dials, greets, protects and signs in; the reason when any of it fails.
    pub(super) async fn open(
        relay: &SmtpRelay,
        tls: Option<&TlsConnector>,
        options: &RelayOptions,
    ) -> Result<Self, String> {
        let stages = options.timeouts;
        // Each step has its own limit; this one is for the relay that uses up every one of them.
        let whole = stages.connect + stages.greeting + stages.command;
        match timeout(whole, Self::open_unhurried(relay, tls, options)).await {
            Ok(opened) => opened,
            Err(_) => Err("opening the connection took too long".into()),
        }
    }

    async fn open_unhurried(
        relay: &SmtpRelay,
        tls: Option<&TlsConnector>,
        options: &RelayOptions,
    ) -> Result<Self, String> {
        let stages = options.timeouts;
        let name = || ServerName::try_from(relay.host.clone()).map_err(|_| "its name fits no certificate".to_owned());
        let mut wire = Wire::new(dial(relay, stages.connect, options.only_outside).await?);
        if relay.security == Security::Tls {
            wire = wire.encrypt(tls.ok_or("TLS is not set up")?, name()?, stages.command).await?;
        }
        expect(&wire.hear(stages.greeting, "the greeting").await?, 220, "the greeting")?;
        let mut offers = ehlo(&mut wire, options).await?;
        if relay.security == Security::StartTls {
            // Never in the clear instead: a missing offer may be someone in between.
            if offered(&offers, "STARTTLS").is_none() {
                return Err("the relay does not offer STARTTLS".into());
            }
            let reply = ask(&mut wire, "STARTTLS\r\n", stages.command, "STARTTLS").await?;
            expect(&reply, 220, "STARTTLS")?;
            wire = wire.encrypt(tls.ok_or("TLS is not set up")?, name()?, stages.command).await?;
            // What was offered in the clear counts for nothing (RFC 3207 section 4.2).
            offers = ehlo(&mut wire, options).await?;
        }
        if let Some(login) = &relay.login {
            sign_in(&mut wire, &offers, login, stages.command).await?;
        }
        let pipelining = offered(&offers, "PIPELINING").is_some();
        Ok(Self {
            wire,
            stages,
            pipelining,
            carried: 0,
            carried_to: HashMap::new(),
            reset_due: false,
            used: Instant::now(),
        })
    }

    /// Whether it can carry another message. Costs a round trip only after a refused envelope
    /// (RSET) or a rest (NOOP); a false here means: drop it.
    pub(super) async fn is_fit(&mut self, ask_after: Duration) -> bool {
        let rested = self.used.elapsed();
        if rested > DROP_AFTER || !self.wire.is_quiet() {
            return false;
        }
        let command = match (self.reset_due, rested > ask_after) {
            (true, _) => "RSET",
            (false, true) => "NOOP",
            (false, false) => return true,
        };
        self.reset_due = false;
        let within = self.stages.command.min(Duration::from_secs(5));
        let reply = ask(&mut self.wire, &format!("{command}\r\n"), within, command).await;
        reply.is_ok_and(|reply| reply.code == 250)
    }

    /// Says goodbye. Whether it is heard changes nothing.
    pub(super) async fn quit(mut self) {
        let within = self.stages.command.min(Duration::from_secs(2));
        let _ = ask(&mut self.wire, "QUIT\r\n", within, "QUIT").await;
    }
}

/// Connects to the first address that answers. Without delay: body and replies are small and
/// each waits for the other, which Nagle's algorithm and delayed acknowledgements turn into 40 ms.
async fn dial(relay: &SmtpRelay, within: Duration, only_outside: bool) -> Result<TcpStream, String> {
    let found = timeout(within, lookup_host((relay.host.as_str(), relay.port))).await;
    let mut addresses: Vec<_> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(why)) => return Err(clean(&format!("its name is not found: {why}"))),
        Err(_) => return Err("finding its name took too long".into()),
    };
    if only_outside && addresses.iter().any(|address| is_inside(address.ip())) {
        // Asked here and not only when it was typed: a name can lead elsewhere a moment later.
        addresses.retain(|address| !is_inside(address.ip()));
        if addresses.is_empty() {
            return Err("its name leads to a machine inside the network".into());
        }
    }
    // A dead address (often IPv6) must not use up the time of a living one.
    let tries = u32::try_from(addresses.len().clamp(1, 2)).unwrap_or(1);
    let mut last = "its name has no address".to_owned();
    for address in addresses.into_iter().take(4) {
        match timeout(within / tries, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true).map_err(|why| why.to_string())?;
                return Ok(stream);
            }
            Ok(Err(why)) => last = clean(&format!("no connection: {why}")),
            Err(_) => last = "no connection in time".into(),
        }
    }
    Err(last)
}

async fn ask(wire: &mut Wire, line: &str, within: Duration, what: &str) -> Result<Reply, String> {
    wire.say(line.as_bytes(), within, what).await?;
    wire.hear(within, what).await
}

async fn ehlo(wire: &mut Wire, options: &RelayOptions) -> Result<String, String> {
    let reply = ask(wire, &format!("EHLO {}\r\n", options.helo_name), options.timeouts.command, "EHLO").await?;
    expect(&reply, 250, "EHLO")?;
    Ok(reply.text)
}

fn expect(reply: &Reply, code: u16, what: &str) -> Result<(), String> {
    if reply.code == code { Ok(()) } else { Err(format!("{what} was answered with {}", reply.words())) }
}

/// The parameters of an offered extension. The first line of EHLO's reply is a name, no offer.
fn offered<'a>(offers: &'a str, keyword: &str) -> Option<&'a str> {
    offers.lines().skip(1).find_map(|line| {
        let line = line.trim();
        let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
        word.eq_ignore_ascii_case(keyword).then_some(rest)
    })
}

/// AUTH PLAIN (RFC 4616), or LOGIN for relays that know nothing else.
async fn sign_in(wire: &mut Wire, offers: &str, login: &Credentials, within: Duration) -> Result<(), String> {
    let known = offered(offers, "AUTH").unwrap_or_default();
    let knows = |name: &str| known.split_whitespace().any(|word| word.eq_ignore_ascii_case(name));
    let mechanism = if knows("PLAIN") {
        Mechanism::Plain
    } else if knows("LOGIN") {
        Mechanism::Login
    } else {
        return Err("the relay offers neither AUTH PLAIN nor AUTH LOGIN".into());
    };
    let unusable = |_| "the relay's AUTH challenge makes no sense".to_owned();
    let mut line = Auth::new(mechanism, login.clone(), None).map_err(unusable)?.to_string();
    // LOGIN asks twice, PLAIN not at all; more is no conversation we know.
    for _ in 0..3 {
        let reply = ask(wire, &line, within, "AUTH").await?;
        if reply.code != 334 {
            return expect(&reply, 235, "AUTH");
        }
        let challenge: Response = format!("334 {}\r\n", reply.text).parse().map_err(unusable)?;
        line = Auth::new_from_response(mechanism, login.clone(), &challenge).map_err(unusable)?.to_string();
    }
    Err("the relay's AUTH never ends".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_whatever_their_case() {
        let offers = "relay.example Hello\nPipelining\nAUTH=PLAIN\nauth login\nSIZE 100";
        assert_eq!(offered(offers, "PIPELINING"), Some(""));
        assert_eq!(offered(offers, "AUTH"), Some("PLAIN"));
        assert_eq!(offered(offers, "STARTTLS"), None);
        assert_eq!(offered("STARTTLS", "STARTTLS"), None);
    }
}
