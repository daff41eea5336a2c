//! PostgreSQL's own programs, started for one database. Where it is and the password travel in their
//! environment: what stands in a command line, everybody on the machine can read.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};

use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::{Problem, Result};

/// Their words are read up to here.
const MOST_WORDS: u64 = 64 * 1024;

/// How these programs find the database.
pub(super) struct Tools {
    environment: Vec<(&'static str, OsString)>,
}

impl Tools {
    /// For the database at this address.
    pub(super) fn of(url: &str) -> Result<Self> {
        let options: PgConnectOptions =
            url.parse().map_err(|error| Problem::Wrong(format!("database.url: is not understood: {error}")))?;
        let host = match options.get_socket() {
            Some(socket) => socket.clone().into_os_string(),
            None => options.get_host().into(),
        };
        let mut environment = vec![
            ("PGHOST", host),
            ("PGPORT", options.get_port().to_string().into()),
            ("PGUSER", options.get_username().into()),
            ("PGAPPNAME", "aftercare backup".into()),
            // They are not asked anything: nobody may be there.
            ("PGCONNECT_TIMEOUT", "10".into()),
        ];
        environment.extend(options.get_database().map(|name| ("PGDATABASE", name.into())));
        environment.extend(options.get_options().map(|options| ("PGOPTIONS", options.into())));
        // The address as sqlx understood it, the only place where the password and the certificates are told.
        let whole = options.to_url_lossy();
        if let Some(password) = whole.password() {
            let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
            environment.push(("PGPASSWORD", password.into()));
        }
        for (key, value) in whole.query_pairs() {
            let name = match &*key {
                "sslmode" => "PGSSLMODE",
                "sslrootcert" => "PGSSLROOTCERT",
                "sslcert" => "PGSSLCERT",
                "sslkey" => "PGSSLKEY",
                _ => continue,
            };
            // Certificates are told as files, the mode as it is.
            let value = value.strip_prefix("file: ").unwrap_or(&value);
            environment.push((name, value.into()));
        }
        Ok(Self { environment })
    }

    /// For work on a file alone.
    pub(super) const fn offline() -> Self {
        Self { environment: Vec::new() }
    }

    /// One of the programs; it asks for no password and reads nothing unless told to.
    pub(super) fn command(&self, program: &'static str) -> Command {
        let mut command = Command::new(program);
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.envs(environment).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

/// Why a program did not start.
pub(super) fn did_not_start(program: &str, error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Problem::Failed(format!(
            "{program} is not on this machine; install PostgreSQL's client programs, of the server's version or a later one"
        ));
    }
    Problem::Failed(format!("{program} could not be started ({error})"))
}

/// What a program has to say about its end.
pub(super) fn ended(program: &str, status: std::io::Result<ExitStatus>, words: &str) -> Result<()> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) if !words.trim().is_empty() => Err(Problem::Failed(format!("{program} failed: {}", words.trim()))),
        Ok(status) => Err(Problem::Failed(format!("{program} failed ({status})"))),
        Err(error) => Err(Problem::Failed(format!("{program} failed ({error})"))),
    }
}

/// Everything a program says on its side channel.
pub(super) async fn words(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut words = Vec::new();
    if let Some(mut from) = from {
        // What cannot be read is not said; the program's end tells enough.
        let _ = (&mut from).take(MOST_WORDS).read_to_end(&mut words).await;
        let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&words).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_an_environment_and_the_password_stands_nowhere_else() {
        let url = "postgres://desk:p%40ss%2Fword@db.example.org:5433/clinic%20one?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";
        let tools = Tools::of(url).expect("an address");
        let value = |name: &str| {
            let found = tools.environment.iter().rfind(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_string_lossy().into_owned()).unwrap_or_default()
        };
        assert_eq!((value("PGHOST"), value("PGPORT")), ("db.example.org".into(), "5433".into()));
        assert_eq!((value("PGUSER"), value("PGDATABASE")), ("desk".into(), "clinic one".into()));
        assert_eq!(value("PGPASSWORD"), "p@ss/word");
        assert_eq!(value("PGSSLMODE"), "verify-full");
        assert_eq!(value("PGSSLROOTCERT"), "/etc/ca.pem");
        let command = tools.command("pg_dump");
        assert_eq!(command.as_std().get_args().count(), 0);
        let by_socket = Tools::of("postgres://a@localhost/b?host=/tmp/x").expect("an address");
        assert!(by_socket.environment.contains(&("PGHOST", "/tmp/x".into())));
    }
}
