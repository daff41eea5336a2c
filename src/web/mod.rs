//! The only HTTP.
