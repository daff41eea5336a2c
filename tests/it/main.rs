//! One binary for everything that is tried from outside the rooms.

mod real_mta;
mod smtp;
mod support;
