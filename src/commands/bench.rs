//! `aftercare bench`: the program's own measurements, as JSON lines. Read them as ratios within
//! one run: a machine's speed drifts more from hour to hour than one version does from the next.

mod claim;
mod delivery;
mod far;
mod load;
mod machine;
mod posts;
mod search;
mod workers;

use clap::Subcommand;

use super::{Common, Stop, wait_for};

#[derive(Debug, Subcommand)]
pub(super) enum Bench {
    /// Emails a second on the whole way: claim, tailor, write, commit, send, commit.
    Delivery(Delivery),
    /// What claiming a hundred emails costs, with few and with many waiting.
    Claim(Claim),
    /// What a search costs while somebody types, with many clients.
    Search(Search),
    /// How long a form takes that writes, alone and while delivery runs at its full rate.
    Posts(Posts),
    /// The SMTP server that `bench delivery` sends to; prints its address and takes everything.
    #[command(hide = true)]
    Sink,
}

#[derive(Debug, clap::Args)]
pub(super) struct Delivery {
    /// How many emails.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    count: u32,
    /// How many connections, for the program and for the bare loop alike.
    #[arg(long, value_name = "K", default_value_t = 128)]
    connections: u32,
    /// Put the server so many milliseconds away, there and back; 0 is beside us.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    round_trip: u32,
    /// Deliver with so many processes beside each other (PostgreSQL alone) instead of in this one, each with K connections.
    #[arg(long, value_name = "N", default_value_t = 0)]
    workers: u32,
    /// Send the letter that ships, some 18 KB, instead of a shorter one: as long as the messages that it is held against.
    #[arg(long)]
    whole_letter: bool,
    /// Only fill the configured database with N due emails to synthetic clients, for a worker to send.
    #[arg(long)]
    load_only: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Claim {
    /// How many emails wait in the larger of the two measurements.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    count: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// How many clients are registered.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    count: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Posts {
    /// How many emails leave meanwhile.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    count: u32,
    #[command(flatten)]
    common: Common,
}

/// Runs one measurement.
pub(super) fn bench(bench: &Bench) -> Result<(), Stop> {
    match bench {
        Bench::Delivery(args) => wait_for(delivery::delivery(args)),
        Bench::Claim(args) => wait_for(claim::claim(args)),
        Bench::Search(args) => wait_for(search::search(args)),
        Bench::Posts(args) => wait_for(posts::posts(args)),
        Bench::Sink => wait_for(delivery::sink()),
    }
}
