//! The door for other programs, over the real router and both databases.

mod clients;
mod document;
mod doors;
mod health;
mod metrics;
mod tokens;
mod visits;
mod webhooks;
