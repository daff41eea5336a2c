//! The rig: the real program on a bad night. Processes are killed, stopped and put to sleep, databases
//! restart, disks fill up, clocks jump, relays lie. After each of them the same is asked: nothing is
//! lost, what is repeated is bounded by what was on the wire and bears the same Message-ID, and
//! everything that happened is told.
//!
//! The short form is part of every run of the tests. `tests/faults/full` runs the long one, against a
//! release build, and keeps its figures in `tests/faults/results.jsonl`.

mod clocks;
mod cluster;
mod database;
mod disk;
mod kills;
mod relays;
mod restore;
mod rig;
mod schedules;
pub mod size;
mod upgrade;
mod workers;
