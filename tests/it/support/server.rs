//! A PostgreSQL that this test process starts and that ends with it, however the process ends.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use aftercare::store::fresh_uuid;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// The address of a fresh database without tables; `None` where there is no server program.
pub async fn database() -> Option<String> {
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    let server = match SERVER.get_or_init(server_url) {
        Ok(url) => url,
        Err(reason) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("PostgreSQL is needed with CI=true: {reason}")
        }
        Err(reason) => {
            println!("skipped: PostgreSQL: {reason}");
            return None;
        }
    };
    let name = format!("t{}", fresh_uuid(Timestamp::UNIX_EPOCH).simple());
    let mut admin = connect(server).await;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.expect("a database");
    let mut url = url::Url::parse(server).expect("an address");
    url.set_path(&name);
    Some(url.into())
}

/// The server may still be starting.
pub async fn connect(url: &str) -> PgConnection {
    let mut tries = 0;
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return connection,
            Err(error) if tries > 200 => panic!("PostgreSQL does not answer: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        tries += 1;
    }
}

fn server_url() -> Result<String, String> {
    if let Ok(url) = std::env::var("AFTERCARE_TEST_POSTGRES") {
        return Ok(url);
    }
    let programs = programs().ok_or("neither initdb on the PATH nor in /usr/lib/postgresql/*/bin")?;
    start(&programs).map_err(|error| format!("it could not be started: {error}"))
}

/// The folder with `initdb` and `postgres`.
pub fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    debian.reverse();
    std::env::split_paths(&path)
        .chain(debian)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// Starts a cluster in a folder of its own, reached by a socket in that folder.
fn start(programs: &Path) -> io::Result<String> {
    let Place { folder, user } = Place::make(programs)?;
    let url = address(folder.path());
    let watchdog = watch(programs, &folder.keep(), user)?;
    // Its stdin stays open exactly as long as this process lives.
    static WATCHDOG: OnceLock<Child> = OnceLock::new();
    WATCHDOG.get_or_init(|| watchdog);
    Ok(url)
}

/// How a server with its socket in this folder is reached.
pub fn address(folder: &Path) -> String {
    format!("postgres://aftercare@localhost/postgres?host={}", folder.display())
}

/// A folder with an empty cluster in `data`, and whose it is.
pub struct Place {
    pub folder: TempDir,
    pub user: Option<(u32, u32)>,
}

impl Place {
    pub fn make(programs: &Path) -> io::Result<Self> {
        // Short, since the path of a socket has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp")?;
        let user = not_root()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let data = folder.path().join("data");
        let template = template(programs)?;
        if template.exists() {
            copy(&template, &data, user)?;
        } else {
            initialise(programs, folder.path(), &data, user)?;
            keep(&data, &template)?;
        }
        Ok(Self { folder, user })
    }
}

/// An empty cluster of this server's version, made once: making one costs more than most tests.
fn template(programs: &Path) -> io::Result<PathBuf> {
    let server = std::fs::canonicalize(programs.join("postgres"))?.display().to_string();
    Ok(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("empty-cluster{}", server.replace('/', "-"))))
}

fn initialise(programs: &Path, folder: &Path, data: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    let made = as_user(Command::new(programs.join("initdb")), user)
        .args(["--username=aftercare", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(data)
        .current_dir(folder)
        .output()?;
    if made.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()))
    }
}

/// Keeps a copy for the tests to come.
fn keep(data: &Path, template: &Path) -> io::Result<()> {
    // Whole under another name first, so that nobody copies half a cluster.
    let name = template.with_extension(std::process::id().to_string());
    copy(data, &name, None)?;
    // Another test may have been quicker.
    std::fs::rename(&name, template).or_else(|_| std::fs::remove_dir_all(&name))
}

/// Copies a folder with all that is in it, for this user.
fn copy(from: &Path, to: &Path, user: Option<(u32, u32)>) -> io::Result<()> {
    let own = |path: &Path| user.map_or(Ok(()), |(uid, gid)| chown(path, Some(uid), Some(gid)));
    // The server takes no folder that others may read.
    std::fs::DirBuilder::new().mode(0o700).create(to)?;
    own(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to, user)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
            own(&to)?;
        }
    }
    Ok(())
}

/// Runs the server below a shell that waits for the end of its stdin, which comes when this
/// process ends for whatever reason, then stops the server and removes the folder.
fn watch(programs: &Path, folder: &Path, user: Option<(u32, u32)>) -> io::Result<Child> {
    let script = r#"
        "$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
            -c shared_buffers=64MB -c max_connections=200 >"$2/log" 2>&1 </dev/null &
        server=$!
        cat >/dev/null
        kill -INT $server
        wait $server
        cd / && rm -rf "$2""#;
    as_user(Command::new("/bin/sh"), user)
        .args(["-c", script, "watchdog"])
        .arg(programs.join("postgres"))
        .arg(folder)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is for the tests; the shell must live on to clean up.
        .process_group(0)
        .spawn()
}

/// As this user, which takes root.
pub fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// PostgreSQL refuses to run as root; then it runs as "postgres" or, failing that, "nobody".
fn not_root() -> io::Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let of = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody")).map(Some).ok_or_else(|| io::Error::other("no user to run it as"))
}
