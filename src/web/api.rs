//! The door for other programs: JSON under `/api/v1`, for whoever holds a token of one clinic. It loads, decides
//! and saves by the same functions as the pages; only what comes in and goes out looks different.

pub mod acts;
pub mod alerts;
pub mod booking;
pub mod clients;
mod cursor;
pub mod document;
pub mod door;
pub mod health;
pub mod letters;
pub mod lists;
pub mod messages;
pub mod problem;
pub mod sent;
pub mod suppressions;
pub mod token;
pub mod visits;
pub mod webhooks;
