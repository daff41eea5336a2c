//! One conversation of a scripted server.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::{Act, Script, Seen, Taken};

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

pub(super) struct Talk {
    pub(super) script: Arc<Mutex<Script>>,
    pub(super) tell: Arc<watch::Sender<Seen>>,
    pub(super) number: usize,
    pub(super) ended: bool,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

impl Talk {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.tell.send_modify(|seen| seen.ended += 1);
        }
    }

    pub(super) async fn run(mut self, stream: TcpStream) {
        stream.set_nodelay(true).expect("nodelay");
        // A client that hangs up ends the conversation, as it may.
        let _ = self.converse(Box::new(stream)).await;
    }

    /// Does what the script says, or says the usual. False ends the conversation.
    async fn act(&self, io: &mut Box<dyn Bytes>, stage: &'static str, usual: &str) -> io::Result<bool> {
        let act = self.script.lock().expect("the script").act(stage);
        Self::perform(io, act, usual).await
    }

    async fn perform(io: &mut Box<dyn Bytes>, act: Option<Act>, usual: &str) -> io::Result<bool> {
        match act {
            None | Some(Act::AsUsual) => io.write_all(usual.as_bytes()).await?,
            Some(Act::Wait(mut told)) => {
                told.wait_for(|told| *told).await.expect("the test tells");
                io.write_all(usual.as_bytes()).await?;
            }
            Some(Act::Say(text)) => io.write_all(text.as_bytes()).await?,
            Some(Act::SayAndDrop(text)) => {
                io.write_all(text.as_bytes()).await?;
                return Ok(false);
            }
            Some(Act::Drop) => return Ok(false),
            Some(Act::Stall) => {
                let mut hole = [0; 4096];
                while io.read(&mut hole).await? > 0 {}
                return Ok(false);
            }
            Some(Act::Flood) => loop {
                io.write_all(&[b'x'; 4096]).await?;
            },
            Some(Act::FloodOfLines) => loop {
                io.write_all("250-more\r\n".repeat(400).as_bytes()).await?;
            },
        }
        Ok(true)
    }

    async fn converse(&mut self, mut io: Box<dyn Bytes>) -> io::Result<()> {
        let (tls, tls_first, offers) = {
            let script = self.script.lock().expect("the script");
            (script.tls.clone(), script.tls_first, script.offers.clone())
        };
        if tls_first && let Some(tls) = &tls {
            io = Box::new(tls.accept(io).await?);
        }
        if !self.act(&mut io, "connect", "220 scripted ESMTP\r\n").await? {
            return Ok(());
        }
        let (mut mail, mut rcpt, mut queued, mut heard) = (String::new(), String::new(), false, Vec::new());
        loop {
            let Some(line) = read_line(&mut io, &mut heard).await? else { return Ok(()) };
            let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
            self.tell.send_modify(|seen| {
                seen.commands.push(line.clone());
                if queued {
                    seen.queued.push(verb.clone());
                }
            });
            queued = !heard.is_empty();
            let goes_on = match verb.as_str() {
                "EHLO" => {
                    let offers: String = offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
                    self.act(&mut io, "EHLO", &format!("250-scripted\r\n{offers}250 HELP\r\n")).await?
                }
                "STAR" => {
                    let goes_on = self.act(&mut io, "STARTTLS", "220 go ahead\r\n").await?;
                    if let Some(tls) = tls.as_ref().filter(|_| goes_on) {
                        io = Box::new(tls.accept(io).await?);
                    }
                    goes_on
                }
                "AUTH" if line.ends_with("LOGIN") => self.ask_login(&mut io, &mut heard).await?,
                "AUTH" => self.act(&mut io, "AUTH", "235 welcome\r\n").await?,
                "MAIL" => {
                    (mail, rcpt) = (line, String::new());
                    self.act(&mut io, "MAIL", "250 ok\r\n").await?
                }
                "RCPT" => self.recipient(&mut io, line, &mut rcpt).await?,
                "DATA" => self.data(&mut io, &mut heard, &mail, &rcpt).await?,
                "RSET" => self.act(&mut io, "RSET", "250 ok\r\n").await?,
                "NOOP" => self.act(&mut io, "NOOP", "250 ok\r\n").await?,
                "QUIT" => {
                    self.end();
                    self.act(&mut io, "QUIT", "221 bye\r\n").await?;
                    false
                }
                _ => self.act(&mut io, "unknown", "500 what?\r\n").await?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// An address may be treated in a way of its own.
    async fn recipient(&self, io: &mut Box<dyn Bytes>, line: String, rcpt: &mut String) -> io::Result<bool> {
        let own = self.script.lock().expect("the script").act_to(&line);
        let refuses = own.is_some() || self.refuses("RCPT");
        *rcpt = if refuses { String::new() } else { line };
        match own {
            None => self.act(io, "RCPT", "250 ok\r\n").await,
            own => Self::perform(io, own, "").await,
        }
    }

    /// A refused recipient means a refused DATA, unless the script wants it otherwise.
    async fn data(&self, io: &mut Box<dyn Bytes>, heard: &mut Vec<u8>, mail: &str, rcpt: &str) -> io::Result<bool> {
        let usual = if rcpt.is_empty() { "554 no valid recipients\r\n" } else { "354 go ahead\r\n" };
        let takes = !self.refuses("DATA") && (!rcpt.is_empty() || self.says("DATA", "354"));
        let goes_on = self.act(io, "DATA", usual).await?;
        if goes_on && takes { self.body(io, heard, mail, rcpt).await } else { Ok(goes_on) }
    }

    /// Whether the next act at this stage says something that begins like this.
    fn says(&self, stage: &'static str, start: &str) -> bool {
        let script = self.script.lock().expect("the script");
        let next = script.once.get(stage).and_then(|acts| acts.front()).or_else(|| script.always.get(stage));
        matches!(next, Some(Act::Say(text) | Act::SayAndDrop(text)) if text.starts_with(start))
    }

    fn refuses(&self, stage: &'static str) -> bool {
        ["4", "5"].iter().any(|digit| self.says(stage, digit))
    }

    async fn ask_login(&self, io: &mut Box<dyn Bytes>, heard: &mut Vec<u8>) -> io::Result<bool> {
        for challenge in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
            io.write_all(challenge.as_bytes()).await?;
            let Some(line) = read_line(io, heard).await? else { return Ok(false) };
            self.tell.send_modify(|seen| seen.commands.push(line));
        }
        self.act(io, "AUTH", "235 welcome\r\n").await
    }

    async fn body(&self, io: &mut Box<dyn Bytes>, heard: &mut Vec<u8>, mail: &str, rcpt: &str) -> io::Result<bool> {
        let act = self.script.lock().expect("the script").act("body");
        match act {
            None | Some(Act::AsUsual) => {}
            // Reads a little and hangs up.
            Some(Act::Drop) => return io.read_buf(heard).await.map(|_| false),
            // Takes nothing from the socket, so that the sender has to wait.
            Some(_) => return std::future::pending().await,
        }
        let mut body = Vec::new();
        loop {
            let Some(line) = read_raw(io, heard).await? else { return Ok(false) };
            self.tell.send_modify(|seen| seen.body_bytes += line.len());
            if line == b".\r\n" {
                break;
            }
            body.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let taken = Taken { connection: self.number, mail: mail.into(), rcpt: rcpt.into(), body };
        self.tell.send_modify(|seen| seen.taken.push(taken));
        self.act(io, ".", "250 2.0.0 taken\r\n").await
    }
}

async fn read_line(io: &mut Box<dyn Bytes>, heard: &mut Vec<u8>) -> io::Result<Option<String>> {
    let line = read_raw(io, heard).await?;
    Ok(line.map(|line| String::from_utf8_lossy(&line).trim_end().to_owned()))
}

/// A line with its end; `None` when the client hung up.
async fn read_raw(io: &mut Box<dyn Bytes>, heard: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    loop {
        if let Some(at) = heard.iter().position(|byte| *byte == b'\n') {
            return Ok(Some(heard.drain(..=at).collect()));
        }
        if io.read_buf(heard).await? == 0 {
            return Ok(None);
        }
    }
}
