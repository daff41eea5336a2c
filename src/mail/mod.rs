//! The only SMTP. Turns a letter into a message and hands it to a relay or a folder.

pub mod letter;
pub mod message;
