//! A server far away, and a yardstick beside ours: what a measurement stands between.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::Stop;

/// The message size of the yardstick, in bytes.
pub(super) const YARDSTICK_BYTES: usize = 12_000;

/// A way to a server on which every byte takes its time, without hindering those behind it. Dropping it
/// closes it.
pub(super) struct Far {
    pub(super) address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Drop for Far {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Far {
    /// Moves this server so far away that a word and its answer take `round_trip`.
    pub(super) async fn away(server: SocketAddr, round_trip: Duration) -> Result<Self, Stop> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Stop::failed)?;
        let address = listener.local_addr().map_err(Stop::failed)?;
        let one_way = round_trip / 2;
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(server).await else { return };
                    if near.set_nodelay(true).is_err() || far.set_nodelay(true).is_err() {
                        return;
                    }
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::join!(carry(near_in, far_out, one_way), carry(far_in, near_out, one_way));
                });
            }
        });
        Ok(Self { address, listening })
    }
}

/// Carries bytes, each `one_way` after it came.
async fn carry(mut from: impl AsyncRead + Send + Unpin + 'static, mut to: impl AsyncWrite + Unpin, one_way: Duration) {
    let (sent, mut coming) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = tokio::spawn(async move {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(length) = from.read(&mut chunk).await {
            if length == 0 || sent.send((Instant::now() + one_way, chunk[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    while let Some((at, bytes)) = coming.recv().await {
        tokio::time::sleep_until(at).await;
        if to.write_all(&bytes).await.is_err() {
            break;
        }
    }
    // The end of one direction is passed on; who still reads has nobody to read for.
    let _ = to.shutdown().await;
    reading.abort();
}

/// Messages a second of postfix's own `smtp-source -d` with ten sessions to this server, where it is
/// installed.
pub(super) async fn smtp_source(server: SocketAddr, count: u32) -> Result<Option<f64>, Stop> {
    let (sessions, length, many) = ("10", YARDSTICK_BYTES.to_string(), count.to_string());
    let started = Instant::now();
    let ran = Command::new("smtp-source")
        .args([
            "-d",
            "-s",
            sessions,
            "-l",
            &length,
            "-m",
            &many,
            "-f",
            "clinic@example.test",
            "-t",
            "client@example.test",
        ])
        .arg(format!("inet:{}:{}", server.ip(), server.port()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await;
    match ran {
        Ok(status) if status.success() => Ok(Some(f64::from(count) / started.elapsed().as_secs_f64())),
        Ok(status) => Err(Stop::failed(format!("smtp-source ended with {status}"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Stop::failed(format!("smtp-source cannot be started ({error})"))),
    }
}
