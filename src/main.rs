//! The program: parses the command line, runs one command, says how it ended.

use std::process::ExitCode;

use clap::Parser;

use aftercare::commands::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
