//! The commands: what each reads, calls and prints. Exit 0 is done, 1 is "the work failed", 2 is
//! "the input or the settings are wrong". Errors go to stderr as one sentence.

mod brief_text;
mod plan_text;
mod planned;
mod rules;

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
    /// Tailor one visit: a visit file in, the brief out. Needs no database.
    Tailor(Tailor),
    /// Plan one visit: a visit file in, every email that client would get. Needs no database.
    Plan(Plan),
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
