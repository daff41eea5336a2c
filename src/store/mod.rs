//! The only SQL. One file per noun; every function takes an open [`Db`], so that the caller owns
//! the transaction, and the clinic, so that one clinic never sees another's rows.
//!
//! Nothing here decides, sends or asks for the time: instants come in as values. Clinical text is
//! sealed on its way in and opened on its way out, so no other room handles ciphertext.

#[macro_use]
mod engine;
pub mod account;
pub mod address_change;
pub mod alert;
pub mod api_answer;
pub mod api_token;
pub mod attempt;
pub mod audit;
pub mod audit_chain;
pub mod backup;
pub mod beat;
pub mod board;
pub mod bounce;
pub mod care;
pub mod case;
pub mod catalogue;
pub mod check_in;
pub mod choice;
pub mod client;
pub mod clinic;
pub mod consent;
mod convert;
pub mod delivery;
pub mod email;
mod file;
pub mod form;
pub mod hold;
pub mod intake;
mod lane;
pub mod letter;
pub mod link;
pub mod login;
pub mod look;
pub mod mail_server;
pub mod mail_trial;
pub mod note;
pub mod notice;
pub mod outbox;
pub mod pace;
pub mod password_link;
pub mod pause;
pub mod person;
pub mod plan;
pub mod protocol;
pub mod questionnaire;
pub mod recurring;
pub mod retention;
pub mod second_factor;
pub mod sender_records;
pub mod series;
pub mod session;
pub mod setting;
pub mod suppression;
pub mod treatment;
pub mod usual;
pub mod visit;
pub mod wake;
pub mod webhook;
pub mod wish;

pub use convert::fresh_uuid;
pub use engine::{Db, Store, Writer};
pub use lane::Tx;

use crate::seal::SealError;

/// What goes wrong between us and the database. A missing row is no error but `None`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or is not there.
    #[error("the database says: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The address or file of the database is of no use, with what to do about it.
    #[error("{0}")]
    Unusable(String),
    /// A row holds what no version of this program writes.
    #[error("a row of table {table} cannot be read: {problem}")]
    BadRow {
        /// Which table.
        table: &'static str,
        /// What is wrong; never the content.
        problem: String,
    },
    /// A sealed column did not open.
    #[error("a sealed value could not be opened: {0}")]
    Seal(#[from] SealError),
}

impl Error {
    /// Whether the database was only busy for too long: nothing was done, and it may work in a moment.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::PoolTimedOut))
    }
}

/// The result of every function here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_that_was_too_long_is_busy() {
        assert!(Error::from(sqlx::Error::PoolTimedOut).is_busy());
        assert!(!Error::from(sqlx::Error::PoolClosed).is_busy());
        assert!(!Error::Unusable("no address".into()).is_busy());
    }
}
