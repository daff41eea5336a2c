//! An SMTP server that does what a test tells it, stage by stage, and remembers what it saw.

mod talk;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use self::talk::Talk;

/// What to do at a stage instead of the usual reply.
#[derive(Clone)]
pub enum Act {
    /// The usual reply after all.
    AsUsual,
    /// The usual reply once this is true.
    Wait(watch::Receiver<bool>),
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
    to: Vec<(&'static str, Act)>,
    offers: Vec<&'static str>,
    tls: Option<TlsAcceptor>,
    tls_first: bool,
}

impl Script {
    pub fn new() -> Self {
        Self { offers: vec!["8BITMIME"], ..Self::default() }
    }

    /// Offers nothing at all.
    pub fn bare() -> Self {
        Self::default()
    }

    /// Does this at RCPT whenever the address holds this text.
    pub fn to(mut self, part: &'static str, act: Act) -> Self {
        self.to.push((part, act));
        self
    }

    /// Treats every address like the others again.
    pub fn forgive(&mut self) {
        self.to.clear();
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

    fn act_to(&self, line: &str) -> Option<Act> {
        self.to.iter().find(|(part, _)| line.contains(part)).map(|(_, act)| act.clone())
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
    script: Arc<Mutex<Script>>,
    listening: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Scripted {
    pub async fn start(script: Script) -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", 0)).await.expect("a port"), script)
    }

    /// On a port that is taken already.
    pub fn on(listener: TcpListener, script: Script) -> Self {
        let address = listener.local_addr().expect("an address");
        let (tell, seen) = watch::channel(Seen::default());
        let (script, tell) = (Arc::new(Mutex::new(script)), Arc::new(tell));
        let kept = Arc::clone(&script);
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
        Self { address, seen, script: kept, listening }
    }

    /// Does something else from now on.
    pub fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().expect("the script"));
    }

    /// As `mail.url` names it.
    pub fn url(&self) -> String {
        format!("smtp+plain://{}", self.address)
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
