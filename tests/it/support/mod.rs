//! What the tests stand on.

pub mod app;
pub mod browser;
pub mod cast;
pub mod engines;
pub mod english;
pub mod fields;
pub mod program;
pub mod scripted;
pub mod server;
pub mod worker;
