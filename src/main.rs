//! The program: parses the command line, runs one command, says how it ended.

use std::process::ExitCode;

use clap::Parser;

use aftercare::commands::{Cli, run};

/// Filling letters and talking to the database make many short-lived pieces of text; the system's
/// allocator spent an eighth of the delivery's processor time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Cli::parse())
}
