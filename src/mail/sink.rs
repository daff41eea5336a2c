//! The other end of the line for benchmarks and tests: a server that takes every message and
//! counts, and the yardstick that pushes one message over bare lettre connections.
//!
//! The program's own sending never comes here.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Called with the Message-ID of every message that was taken, before the reply.
pub type Journal = Arc<dyn Fn(&str) + Send + Sync>;

/// How a sink behaves.
#[derive(Clone)]
pub struct SinkOptions {
    /// Where it listens; port 0 takes any.
    pub bind: SocketAddr,
    /// Whether it offers PIPELINING.
    pub pipelining: bool,
    /// How long it waits before each write, like a relay that is this far away.
    pub latency: Duration,
    /// Who is told the Message-IDs.
    pub journal: Option<Journal>,
}

impl Default for SinkOptions {
    fn default() -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { bind, pipelining: true, latency: Duration::ZERO, journal: None }
    }
}

/// A running sink; dropping it closes it.
pub struct Sink {
    address: SocketAddr,
    seen: Arc<Seen>,
    listening: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    messages: AtomicU64,
    bytes: AtomicU64,
    open: AtomicUsize,
    most_open: AtomicUsize,
    connections: AtomicU64,
}

impl Sink {
    /// Opens the port and takes connections from then on.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(options: SinkOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.bind).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let listening = tokio::spawn(listen(listener, options, Arc::clone(&seen)));
        Ok(Self { address, seen, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Messages taken.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.seen.messages.load(Ordering::SeqCst)
    }

    /// Bytes of the messages taken, dots still doubled.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.seen.bytes.load(Ordering::SeqCst)
    }

    /// Connections taken, ever.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most connections at one time.
    #[must_use]
    pub fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, options: SinkOptions, seen: Arc<Seen>) {
    // Conversations end with the listener, which owns them.
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while conversations.try_join_next().is_some() {}
        let (options, seen) = (options.clone(), Arc::clone(&seen));
        conversations.spawn(async move {
            // A client that hangs up is no news here.
            let _ = converse(stream, &options, &seen).await;
        });
    }
}

/// Counts a connection for as long as it is there.
struct Open<'a>(&'a Seen);

impl<'a> Open<'a> {
    fn counted(seen: &'a Seen) -> Self {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let now_open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_open.fetch_max(now_open, Ordering::SeqCst);
        Self(seen)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers whatever has arrived with one write, so that pipelined commands get one packet.
async fn converse(mut stream: TcpStream, options: &SinkOptions, seen: &Seen) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut open = Some(Open::counted(seen));
    let mut heard = Vec::with_capacity(64 * 1024);
    let mut replies = b"220 sink ESMTP\r\n".to_vec();
    let mut next = Next::Command;
    // How much of a body was searched for its end.
    let mut searched = 0;
    loop {
        if !replies.is_empty() {
            if !options.latency.is_zero() {
                tokio::time::sleep(options.latency).await;
            }
            // Gone before the goodbye is heard: the client may dial again at once.
            open = open.filter(|_| next != Next::Goodbye);
            stream.write_all(&replies).await?;
            replies.clear();
        }
        if next == Next::Goodbye {
            return Ok(());
        }
        if stream.read_buf(&mut heard).await? == 0 {
            return Ok(());
        }
        let mut done = 0;
        loop {
            let rest = &heard[done..];
            if next == Next::Goodbye {
                break;
            } else if next == Next::Body {
                let Some(end) = end_of_body(rest, searched) else {
                    searched = rest.len().saturating_sub(4);
                    break;
                };
                taken(&rest[..end], options, seen);
                replies.extend_from_slice(b"250 2.0.0 taken\r\n");
                (done, searched, next) = (done + end, 0, Next::Command);
            } else {
                let Some(end) = memchr::memchr(b'\n', rest) else { break };
                next = answer(&rest[..end], options.pipelining, &mut replies);
                done += end + 1;
            }
        }
        heard.drain(..done);
    }
}

/// Where the final dot's line ends.
fn end_of_body(rest: &[u8], from: usize) -> Option<usize> {
    if rest.starts_with(b".\r\n") {
        return Some(3);
    }
    memchr::memmem::find(&rest[from..], b"\r\n.\r\n").map(|at| from + at + 5)
}

fn taken(body: &[u8], options: &SinkOptions, seen: &Seen) {
    if let Some(journal) = &options.journal {
        journal(message_id(body).unwrap_or_default());
    }
    seen.bytes.fetch_add(body.len() as u64, Ordering::SeqCst);
    seen.messages.fetch_add(1, Ordering::SeqCst);
}

/// The Message-ID of a header, with its brackets.
#[must_use]
pub fn message_id(body: &[u8]) -> Option<&str> {
    let head = memchr::memmem::find(body, b"\r\n\r\n").map_or(body, |end| &body[..end]);
    let head = std::str::from_utf8(head).ok()?;
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("message-id").then(|| value.trim())
    })
}

/// What the client says next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    Body,
    Goodbye,
}

/// Answers one command and tells what follows it.
fn answer(line: &[u8], pipelining: bool, replies: &mut Vec<u8>) -> Next {
    let verb = line.get(..4).unwrap_or(line).to_ascii_uppercase();
    let reply: &[u8] = match verb.as_slice() {
        b"EHLO" if pipelining => b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
        b"EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
        b"DATA" => b"354 go ahead\r\n",
        b"QUIT" => b"221 bye\r\n",
        b"HELO" | b"MAIL" | b"RCPT" | b"RSET" | b"NOOP" => b"250 ok\r\n",
        _ => b"500 what?\r\n",
    };
    replies.extend_from_slice(reply);
    match verb.as_slice() {
        b"DATA" => Next::Body,
        b"QUIT" => Next::Goodbye,
        _ => Next::Command,
    }
}

/// The yardstick: `count` copies of one prepared message over lettre's own connections, each
/// with TCP_NODELAY, as fast as the other end takes them. Returns messages a second.
///
/// # Errors
/// When a connection or a message fails.
pub async fn bare_loop(address: SocketAddr, connections: usize, count: usize, bytes: &[u8]) -> io::Result<f64> {
    let address_of = |text: &str| text.parse().map_err(io::Error::other);
    let envelope = Envelope::new(Some(address_of("clinic@example.test")?), vec![address_of("client@example.test")?])
        .map_err(io::Error::other)?;
    let left = Arc::new(AtomicUsize::new(count));
    let mut open = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ClientId::Domain("localhost".into());
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await;
        open.push(connection.map_err(io::Error::other)?);
    }
    let started = std::time::Instant::now();
    let mut loops = JoinSet::new();
    for mut connection in open {
        let (envelope, bytes, left) = (envelope.clone(), bytes.to_vec(), Arc::clone(&left));
        loops.spawn(async move {
            let one_less = |n: usize| n.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                connection.send(&envelope, &bytes).await.map_err(io::Error::other)?;
            }
            connection.quit().await.map(|_| ()).map_err(io::Error::other)
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of messages, as a rate")]
    Ok(count as f64 / started.elapsed().as_secs_f64())
}
