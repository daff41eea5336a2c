//! Everything that needs more than one room: real databases, whole flows.

mod store;
mod support;
