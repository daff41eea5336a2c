//! Reading a catalogue from its files.

/// A broken catalogue.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {entry}: {reason}")]
pub struct CatalogueError {
    /// The file, as named to the loader.
    pub file: String,
    /// The entry, such as `condition "sciatica"`.
    pub entry: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// One file of a catalogue.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}
