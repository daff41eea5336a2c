//! How much of everything a run tries, the chance it tries it with, and where its figures go.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::Value;

/// How much of everything.
pub struct Size {
    /// Emails that wait when processes are killed or stopped.
    pub emails: usize,
    pub kills: usize,
    /// At most so many more leave before the next kill.
    pub between_kills: usize,
    pub stops: usize,
    pub between_stops: usize,
    pub restarts: usize,
    /// Emails that wait for every other fault.
    pub few: usize,
    /// Restarts of PostgreSQL and killed back ends.
    pub breaks: usize,
    /// Backups under load, each put back.
    pub restores: usize,
    /// Kills of a program that brings the schema up to date.
    pub upgrades: usize,
    /// For how many seconds something else holds the database.
    pub busy_seconds: u64,
    /// Worlds of chance.
    pub schedules: u64,
    /// Worlds of chance with the whole worker and a relay in them.
    pub nights: u64,
}

const SHORT: Size = Size {
    emails: 2_000,
    kills: 20,
    between_kills: 70,
    stops: 5,
    between_stops: 200,
    restarts: 10,
    few: 400,
    breaks: 6,
    restores: 3,
    upgrades: 10,
    busy_seconds: 2,
    schedules: 60,
    nights: 4,
};

const FULL: Size = Size {
    emails: 100_000,
    kills: 500,
    between_kills: 380,
    stops: 200,
    between_stops: 900,
    restarts: 100,
    few: 5_000,
    breaks: 100,
    restores: 100,
    upgrades: 100,
    busy_seconds: 10,
    schedules: 4_000,
    nights: 200,
};

/// What this run tries: everything with `AFTERCARE_FAULTS=full`.
pub fn size() -> &'static Size {
    if std::env::var("AFTERCARE_FAULTS").is_ok_and(|form| form == "full") { &FULL } else { &SHORT }
}

/// Says what came out, and keeps it where `AFTERCARE_FAULTS_RESULTS` says.
pub fn tell(result: &Value) {
    println!("{result}");
    if let Some(path) = std::env::var_os("AFTERCARE_FAULTS_RESULTS") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the file of results opens");
        writeln!(file, "{result}").expect("a result is kept");
    }
}

/// Seeded chance, so that a failure can be tried again.
pub struct Chance {
    pub seed: u64,
    state: u64,
}

impl Chance {
    pub fn from_environment() -> Self {
        let given = std::env::var("AFTERCARE_FAULTS_SEED").ok().and_then(|text| text.parse().ok());
        let chance = Self::of(given.unwrap_or_else(|| u64::from(std::process::id())));
        println!("AFTERCARE_FAULTS_SEED={}", chance.seed);
        chance
    }

    pub const fn of(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// From 0 to below this.
    pub fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % end as u64).expect("small")
    }

    /// From 1 to this.
    pub fn up_to(&mut self, most: usize) -> usize {
        1 + self.below(most)
    }

    /// Heads.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}
