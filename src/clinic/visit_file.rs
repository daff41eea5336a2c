//! The visit file.
