//! An SMTP server that does what a test tells it, stage by stage, and remembers what it saw.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// What to do at a stage instead of the usual reply.
#[derive(Clone)]
pub enum Act {
    /// Says exactly this.
    Say(String),
    /// Says exactly this and hangs up.
    SayAndDrop(String),
    /// Says nothing more, but stays.
    Stall,
    /// Hangs up.
    Drop,
    /// One line without end.
    Flood,
    /// Lines without end.
    FloodOfLines,
}

/// Says this line.
pub fn say(line: &str) -> Act {
    Act::Say(format!("{line}\r\n"))
}

/// What a server does. Stages: `connect`, each verb, `body` (while it is sent) and `.`.
#[derive(Default)]
pub struct Script {
    always: HashMap<&'static str, Act>,
    once: HashMap<&'static str, VecDeque<Act>>,
    offers: Vec<&'static str>,
    tls: Option<TlsAcceptor>,
    tls_first: bool,
}

impl Script {
    pub fn new() -> Self {
        Self { offers: vec!["8BITMIME"], ..Self::default() }
    }

    pub fn offering(mut self, keyword: &'static str) -> Self {
        self.offers.push(keyword);
        self
    }

    pub fn pipelining(self, on: bool) -> Self {
        if on { self.offering("PIPELINING") } else { self }
    }

    pub fn at(mut self, stage: &'static str, act: Act) -> Self {
        self.always.insert(stage, act);
        self
    }

    pub fn once(mut self, stage: &'static str, act: Act) -> Self {
        self.once.entry(stage).or_default().push_back(act);
        self
    }

    pub fn starttls(mut self, tls: TlsAcceptor) -> Self {
        self.tls = Some(tls);
        self.offering("STARTTLS")
    }

    pub fn tls(mut self, tls: TlsAcceptor) -> Self {
        (self.tls, self.tls_first) = (Some(tls), true);
        self
    }

    fn act(&mut self, stage: &'static str) -> Option<Act> {
        self.once.get_mut(stage).and_then(VecDeque::pop_front).or_else(|| self.always.get(stage).cloned())
    }
}

/// A message whose dot arrived, whatever was replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub connection: usize,
    pub mail: String,
    pub rcpt: String,
    /// With its dots as they were.
    pub body: Vec<u8>,
}

/// What a server saw.
#[derive(Clone, Default)]
pub struct Seen {
    pub connections: usize,
    pub ended: usize,
    pub most_open: usize,
    pub commands: Vec<String>,
    /// Commands that arrived together with the one before.
    pub queued: Vec<String>,
    /// Body bytes seen, also of messages that never ended.
    pub body_bytes: usize,
    pub taken: Vec<Taken>,
}

impl Seen {
    pub fn count(&self, verb: &str) -> usize {
        self.commands.iter().filter(|command| command.starts_with(verb)).count()
    }
}

pub struct Scripted {
    pub address: SocketAddr,
    seen: watch::Receiver<Seen>,
    listening: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Scripted {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, seen) = watch::channel(Seen::default());
        let (script, tell) = (Arc::new(Mutex::new(script)), Arc::new(tell));
        let listening = tokio::spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mut number = 0;
                tell.send_modify(|seen| {
                    seen.connections += 1;
                    number = seen.connections;
                    seen.most_open = seen.most_open.max(seen.connections - seen.ended);
                });
                let talk = Talk { script: Arc::clone(&script), tell: Arc::clone(&tell), number, ended: false };
                conversations.spawn(talk.run(stream));
            }
        });
        Self { address, seen, listening }
    }

    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until the server has seen this.
    pub async fn wait(&self, what: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.clone();
        let waited = tokio::time::timeout(Duration::from_secs(20), seen.wait_for(what)).await;
        waited.expect("the server sees it in time").expect("the server lives").clone()
    }
}

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

struct Talk {
    script: Arc<Mutex<Script>>,
    tell: Arc<watch::Sender<Seen>>,
    number: usize,
    ended: bool,
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

    async fn run(mut self, stream: TcpStream) {
        stream.set_nodelay(true).expect("nodelay");
        // A client that hangs up ends the conversation, as it may.
        let _ = self.converse(Box::new(stream)).await;
    }

    /// Does what the script says, or says the usual. False ends the conversation.
    async fn act(&self, io: &mut Box<dyn Bytes>, stage: &'static str, usual: &str) -> io::Result<bool> {
        let act = self.script.lock().expect("the script").act(stage);
        match act {
            None => io.write_all(usual.as_bytes()).await?,
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
        let (mut mail, mut rcpt, mut queued) = (String::new(), String::new(), false);
        let mut heard = Vec::new();
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
                "RCPT" => {
                    let refuses = self.refuses("RCPT");
                    rcpt = if refuses { String::new() } else { line };
                    self.act(&mut io, "RCPT", "250 ok\r\n").await?
                }
                "DATA" => {
                    let usual = if rcpt.is_empty() { "554 no valid recipients\r\n" } else { "354 go ahead\r\n" };
                    let takes = !self.refuses("DATA") && (!rcpt.is_empty() || self.says("DATA", "354"));
                    self.act(&mut io, "DATA", usual).await?
                        && (!takes || self.body(&mut io, &mut heard, &mail, &rcpt).await?)
                }
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
            None => {}
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
