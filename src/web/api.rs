//! The door for other programs: JSON under `/api/v1`, for whoever holds a token of one clinic. It loads, decides
//! and saves by the same functions as the pages; only what comes in and goes out looks different.

pub mod door;
pub mod problem;
pub mod token;
