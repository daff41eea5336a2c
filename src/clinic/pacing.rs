//! Manners: how many emails may leave in a minute, and how a provider that says "not so fast" is left
//! in peace. All instants here are system time: a relay counts real minutes, also in a demo that runs
//! fast.

mod line;
mod rate;

pub use line::{Limits, Line, Turn};
pub use rate::{Granted, Rate};
