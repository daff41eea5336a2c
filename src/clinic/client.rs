//! The register of clients: what the desk types, who is found, and who may be the same person twice.

pub mod alike;
mod birthday;
mod typed;
pub mod words;

pub use birthday::birthday;
pub use typed::{Clash, Field, Merged, Typed, merged};
