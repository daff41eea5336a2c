//! Encryption at rest for clinical text.
