//! A PostgreSQL of a test's own, which may be stopped and started, and a line to it that can be cut.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sqlx::{AssertSqlSafe, Connection as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::rig::signal;
use crate::support::server::{self, Place};

/// The port in the name of its socket; it listens to no network.
const PORT: u16 = 5432;

/// A server with its data.
pub struct Cluster {
    programs: PathBuf,
    server: Child,
    place: Place,
    /// Below its data, when that has a disk of its own; it goes before its folder does.
    disk: Option<Disk>,
}

/// A small disk in memory.
struct Disk(PathBuf);

impl Disk {
    /// Puts the data of a place on a disk of this size; `None` where this user may not.
    fn below(place: &Place, size: &str) -> Option<Self> {
        let data = place.folder.path().join("data");
        let before = place.folder.path().join("before");
        std::fs::rename(&data, &before).expect("moved aside");
        std::fs::create_dir(&data).expect("a folder");
        let whose = place.user.map(|(uid, gid)| format!(",uid={uid},gid={gid}")).unwrap_or_default();
        let options = format!("size={size},mode=0700{whose}");
        let mount =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&data).output();
        if !mount.is_ok_and(|mounted| mounted.status.success()) {
            return None;
        }
        let disk = Self(data.clone());
        let copied = std::process::Command::new("cp").arg("-a").arg(before.join(".")).arg(&data).status();
        assert!(copied.expect("cp runs").success(), "the cluster fits");
        Some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl Cluster {
    /// Starts one; `None` where there is no server program.
    pub async fn start() -> Option<Self> {
        let Some(programs) = server::programs() else {
            assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "PostgreSQL is needed with CI=true");
            println!("skipped: PostgreSQL is not here");
            return None;
        };
        let place = Place::make(&programs).expect("an empty cluster");
        Some(Self::started(programs, place, None).await)
    }

    /// Starts one on a disk of this size; `None` where there is no server program, or no disk to be had.
    pub async fn on_a_small_disk(size: &str) -> Option<Self> {
        let programs = server::programs()?;
        let place = Place::make(&programs).expect("an empty cluster");
        let Some(disk) = Disk::below(&place, size) else {
            assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "the right to mount is needed with CI=true");
            println!("skipped: no small disk can be mounted here");
            return None;
        };
        Some(Self::started(programs, place, Some(disk)).await)
    }

    async fn started(programs: PathBuf, place: Place, disk: Option<Disk>) -> Self {
        let server = run(&programs, &place);
        let cluster = Self { programs, server, place, disk };
        cluster.answers().await;
        cluster
    }

    /// Fills its disk to the last byte, until the file that is handed back is removed.
    pub fn fill_the_disk(&self) -> PathBuf {
        let disk = self.disk.as_ref().expect("it has a disk of its own");
        let ballast = disk.0.join("ballast");
        let mut file = std::fs::File::create(&ballast).expect("a file");
        let bytes = vec![b'x'; 1 << 16];
        while std::io::Write::write(&mut file, &bytes).is_ok_and(|written| written > 0) {}
        ballast
    }

    /// Starts it again if it ended by itself.
    pub async fn revive(&mut self) -> bool {
        let ended = self.server.try_wait().expect("looks").is_some();
        if ended {
            self.server = run(&self.programs, &self.place);
        }
        self.answers().await;
        ended
    }

    async fn answers(&self) {
        let admin = server::connect(&server::address(self.place.folder.path())).await;
        admin.close().await.expect("closes");
    }

    /// A fresh database.
    pub async fn database(&self) -> String {
        self.tell("create database faults").await;
        self.url()
    }

    fn url(&self) -> String {
        server::address(self.place.folder.path()).replace("/postgres?", "/faults?")
    }

    /// Runs a statement as the operator.
    pub async fn tell(&self, sql: &str) {
        let mut admin = server::connect(&server::address(self.place.folder.path())).await;
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut admin).await.expect("the operator's statement");
        admin.close().await.expect("closes");
    }

    /// Stops it by this signal (`-INT`: connections are ended; `-QUIT`: it stops at once, as in a
    /// crash) and starts it again.
    pub async fn restart(&mut self, name: &str) {
        signal(&self.server, name).await;
        self.server.wait().await.expect("it ends");
        self.server = run(&self.programs, &self.place);
        self.answers().await;
    }

    /// Ends every connection to the database but the operator's.
    pub async fn kill_back_ends(&self) {
        self.tell("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'faults'").await;
    }

    fn socket(&self) -> PathBuf {
        self.place.folder.path().join(format!(".s.PGSQL.{PORT}"))
    }

    /// A line to it over the network.
    pub async fn line(&self) -> Line {
        Line::to(self.socket()).await
    }
}

fn run(programs: &Path, place: &Place) -> Child {
    let folder = place.folder.path();
    let mut command = std::process::Command::new(programs.join("postgres"));
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-p", &PORT.to_string(), "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Command::from(server::as_user(command, place.user)).kill_on_drop(true).spawn().expect("PostgreSQL starts")
}

/// A way through which everything to the database passes, until it is cut.
pub struct Line {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Line {
    async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (cut, is_cut) = watch::channel(false);
        let listening = tokio::spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = UnixStream::connect(&socket).await else { continue };
                let (near_reads, near_writes) = near.into_split();
                let (far_reads, far_writes) = far.into_split();
                talks.spawn(pass(near_reads, far_writes, is_cut.clone()));
                talks.spawn(pass(far_reads, near_writes, is_cut.clone()));
            }
        });
        Self { address, cut, listening }
    }

    /// The database behind this line.
    pub fn url(&self) -> String {
        format!("postgres://aftercare@{}/faults?sslmode=disable", self.address)
    }

    /// Nothing passes from now on, and nobody is told.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Everything passes again, also what was on its way.
    pub fn mend(&self) {
        self.cut.send_replace(false);
    }
}

async fn pass(
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
    mut cut: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if cut.wait_for(|cut| !cut).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
}
