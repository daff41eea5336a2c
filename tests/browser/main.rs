//! What only a browser can tell. No page of the clinic is served yet, so there is nothing to try.

fn main() {}
