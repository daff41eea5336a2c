//! The only HTTP. The whole route table stands here; one file per noun. Handlers load, decide and
//! show; pages are built by pure functions from the rules' values. No SQL, no SMTP.

pub mod assets;
pub mod badge;
pub mod because;
pub mod bodymap;
pub mod completion;
pub mod day;
pub mod demo;
pub mod error;
pub mod figure;
pub mod headers;
pub mod mailbox;
pub mod say;
pub mod shell;
pub mod visit;
