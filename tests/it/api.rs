//! The door for other programs, over the real router and both databases.

mod tokens;
