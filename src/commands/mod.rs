//! The commands: what each reads, calls and prints. Exit 0 is done, 1 is "the work failed", 2 is
//! "the input or the settings are wrong". Errors go to stderr as one sentence.

mod backup;
mod bench;
mod bounce;
mod brief_text;
mod check;
mod demo;
mod erase;
mod export;
mod import;
mod plan_text;
mod planned;
mod rules;
mod sending;
mod serve;
mod setup;
mod suppress;
mod token;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Intake, tailored session notes and safe aftercare emails for massage and manual-therapy clinics.
#[derive(Debug, Parser)]
#[command(name = "aftercare", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a seeded clinic with a built-in mailbox, to look around. Nothing leaves the machine.
    Demo(demo::Demo),
    /// Tailor one visit: a visit file in, the brief out. Needs no database.
    Tailor(Tailor),
    /// Plan one visit: a visit file in, every email that client would get. Needs no database.
    Plan(Plan),
    /// Run the pages and the delivery of emails.
    Serve(Common),
    /// Run the delivery of emails alone; on PostgreSQL any number beside each other.
    Worker(Common),
    /// Bring the database up to date.
    Migrate(Common),
    /// Look at settings, catalogue, letters, database and SMTP, one line each.
    Check(Common),
    /// Take in one mail that came back, from standard input; a mail server can hand it over.
    Bounce(Common),
    /// Copy the whole database into one file while the program runs.
    ///
    /// The file holds everything but the key file (secrets.key_file): without that key nobody reads the
    /// clinical text in it, so keep a copy of the key somewhere else. It is looked through before it gets its
    /// name, and only its owner can read it. On PostgreSQL this takes pg_dump and pg_restore.
    Backup(backup::Backup),
    /// Put a backup in the place of the database. Sending is on hold afterwards.
    ///
    /// Stop "serve" and every "worker" first. A backup of an earlier version is brought up to date. Everybody
    /// is signed out. No email leaves until you have looked at what would go out: "aftercare sending list",
    /// then "aftercare sending release". On PostgreSQL this takes pg_dump, pg_restore and psql.
    Restore(backup::Restore),
    /// What waits after a restore, and letting it go.
    #[command(subcommand)]
    Sending(sending::Sending),
    /// Bring data in from another program.
    #[command(subcommand)]
    Import(import::Import),
    /// Hand data out.
    #[command(subcommand)]
    Export(export::Export),
    /// Erase data for good.
    #[command(subcommand)]
    Erase(erase::Erase),
    /// Addresses that get no mail.
    #[command(subcommand)]
    Suppress(SuppressCommand),
    /// Clinics.
    #[command(subcommand)]
    Clinic(ClinicCommand),
    /// Accounts of staff.
    #[command(subcommand)]
    User(UserCommand),
    /// Tokens, by which other programs come in.
    #[command(subcommand)]
    Token(token::Token),
    /// The clinical catalogue.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Measure the program on this machine; prints JSON lines.
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// The settings file; without it the defaults and the environment count.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SuppressCommand {
    /// Bring in a list from another system: an address a line, and why if the second column says so.
    Import(SuppressImport),
}

#[derive(Debug, clap::Args)]
struct SuppressImport {
    /// A CSV file; "-" reads it from standard input.
    file: PathBuf,
    /// At which clinic, by its id; may be left out while there is one.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    /// Why, where the file does not say so.
    #[arg(long, default_value = "brought in from another system")]
    reason: String,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum ClinicCommand {
    /// Add a clinic.
    Add(ClinicAdd),
}

#[derive(Debug, clap::Args)]
struct ClinicAdd {
    /// Its name, as it stands on letters.
    name: String,
    /// Its time zone, such as Europe/London.
    #[arg(long)]
    zone: String,
    /// The number clients call.
    #[arg(long)]
    phone: Option<String>,
    /// What letters say to call in an emergency, such as 999.
    #[arg(long, value_name = "NUMBER")]
    emergency_number: Option<String>,
    /// Its postal address on one line.
    #[arg(long)]
    address: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a member of staff; prints a link for the first password.
    Add(UserAdd),
    /// Name everyone, with role and clinic.
    List(Common),
    /// Make a link for a new password.
    Reset(UserReset),
}

#[derive(Debug, clap::Args)]
struct UserAdd {
    /// The address to sign in with.
    email: String,
    /// What the person does there.
    #[arg(long, value_enum)]
    role: RoleArg,
    /// At which clinic, by its id; may be left out while there is one.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    /// The name colleagues see; without it, made from the address.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct UserReset {
    /// The address the person signs in with.
    email: String,
    /// Take the second factor away instead, when phone and codes on paper are lost.
    #[arg(long)]
    two_factor: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleArg {
    Reception,
    Therapist,
    Admin,
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// A named clinician takes responsibility for this version of the catalogue.
    SignOff(SignOff),
}

#[derive(Debug, clap::Args)]
struct SignOff {
    /// Who signs.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Tailor {
    /// The visit file; "-" reads it from standard input.
    visit: PathBuf,
    /// A folder with a clinical catalogue, instead of the one that ships with the program.
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Plan {
    #[command(flatten)]
    tailor: Tailor,
    /// Also write each email as an .eml file into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Why a command stopped.
#[derive(Debug)]
enum Stop {
    /// The work failed: exit 1.
    Failed(String),
    /// The input or the settings are wrong: exit 2.
    Wrong(String),
}

impl Stop {
    fn failed(problem: impl std::fmt::Display) -> Self {
        Self::Failed(problem.to_string())
    }

    fn wrong(problem: impl std::fmt::Display) -> Self {
        Self::Wrong(problem.to_string())
    }
}

/// Runs one command and says how it ended.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let ended = match cli.command {
        Command::Tailor(args) => rules::tailor(&args),
        Command::Plan(args) => rules::plan(&args),
        Command::Demo(args) => wait_for(demo::demo(&args)),
        Command::Serve(common) => wait_for(serve::serve(&common)),
        Command::Worker(common) => wait_for(serve::worker(&common)),
        Command::Migrate(common) => wait_for(setup::migrate(&common)),
        Command::Check(common) => wait_for(check::check(&common)),
        Command::Bounce(common) => wait_for(bounce::bounce(&common)),
        Command::Backup(args) => wait_for(backup::backup(&args)),
        Command::Restore(args) => wait_for(backup::restore(&args)),
        Command::Sending(command) => wait_for(sending::sending(&command)),
        Command::Import(command) => wait_for(import::import(&command)),
        Command::Export(command) => wait_for(export::export(&command)),
        Command::Erase(command) => wait_for(erase::erase(&command)),
        Command::Suppress(command) => wait_for(suppress::suppress(&command)),
        Command::Clinic(command) => wait_for(setup::clinic(&command)),
        Command::User(command) => wait_for(user::user(&command)),
        Command::Token(command) => wait_for(token::token(&command)),
        Command::Catalogue(command) => wait_for(setup::catalogue(&command)),
        Command::Bench(command) => bench::bench(&command),
    };
    let (code, problem) = match ended {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Stop::Failed(problem)) => (1, problem),
        Err(Stop::Wrong(problem)) => (2, problem),
    };
    // Nothing is left to tell if stderr itself is gone.
    let _ = writeln!(std::io::stderr(), "aftercare: {}", one_line(&problem));
    ExitCode::from(code)
}

/// Runs what needs more than one thing at a time.
fn wait_for(work: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    // Logs go to stderr: stdout belongs to what a command prints.
    let filter = tracing_subscriber::EnvFilter::try_from_env("AFTERCARE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,aftercare=info"));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).try_init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Stop::failed)?.block_on(work)
}

/// An error is one sentence on one line, whatever a library put into it.
fn one_line(problem: &str) -> String {
    problem.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints to stdout. A reader that went away (`| head`) is no failure of ours.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON document.
fn print_json<T: serde::Serialize>(document: &T) -> Result<(), Stop> {
    let mut text = serde_json::to_string_pretty(document).map_err(Stop::failed)?;
    text.push('\n');
    print(&text)
}
