//! What a measurement was made on, and what it used.

use serde::Serialize;

/// The machine, for whoever reads the figures later.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    cores: usize,
    processor: String,
    system: &'static str,
    build: &'static str,
}

impl Machine {
    pub(super) fn here() -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned()));
        Self {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            processor: model.unwrap_or_else(|| "unknown".into()),
            system: std::env::consts::OS,
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}

/// Processor seconds this process has used so far, where the system tells (Linux).
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // Linux counts these in hundredths of a second on every architecture we build for.
    Some(ticks / 100.0)
}

/// Resident memory in MiB, where the system tells (Linux).
pub(super) fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}
