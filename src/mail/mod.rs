//! The only SMTP. Turns a letter into a message and hands it to a relay or a folder.
//!
//! Nothing here knows the database or a web page: the worker gives a message and gets an
//! [`Outcome`](crate::clinic::outbox::Outcome) back. No address and no body is ever logged.

pub mod bounce;
pub mod breaker;
pub mod folder;
pub mod frozen;
pub mod inbox;
pub mod letter;
pub mod message;
pub mod records;
pub mod relay;
pub mod sink;
pub mod smtp;
