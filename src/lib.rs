//! Aftercare: clinic intake, tailored session notes and safe aftercare emails.
//!
//! The rooms, in the order a visit happens. `main → app → {web, worker} → {store, mail, clock, seal}
//! → clinic`: a room only knows the rooms to its right, and a test reads the source to keep it so.

pub mod app;
pub mod clinic;
pub mod clock;
pub mod commands;
pub mod config;
pub mod mail;
pub mod seal;
pub mod store;
pub mod web;
pub mod worker;
