//! Tailoring.
