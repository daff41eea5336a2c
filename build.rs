//! The migrations are embedded by a macro that only sees the files it embedded last time.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
