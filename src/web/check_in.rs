//! A check-in: asked by a link in an email or on the telephone, answered in one transaction, and
//! answered back at once with what to do.

pub mod answers;
pub mod guest;
pub mod questions;
pub mod safety;
pub mod staff;
pub mod take;
pub mod told;
