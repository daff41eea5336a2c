//! Commands: thin, one line of work each.

fn main() {}
