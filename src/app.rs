//! Wiring: builds the parts from the settings and hands each what it needs.

use std::path::Path;

use crate::clinic::catalogue::{Catalogue, SourceFile};
use crate::mail::letter::CompiledLetters;

/// The catalogue in a folder, or the one that ships with the program.
///
/// # Errors
/// One sentence that names the folder or the file, the entry and the reason.
pub fn catalogue(folder: Option<&Path>) -> Result<Catalogue, String> {
    let Some(folder) = folder else {
        return Catalogue::shipped().map_err(|error| error.to_string());
    };
    let unreadable = |path: &Path, error: &std::io::Error| {
        format!("{}: cannot be read ({error}); give a folder with the .toml files of a catalogue", path.display())
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let files = paths
        .iter()
        .map(|path| match std::fs::read_to_string(path) {
            Ok(text) => Ok(SourceFile { name: path.display().to_string(), text }),
            Err(error) => Err(unreadable(path, &error)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Catalogue::load(&files).map_err(|error| match error.file.as_str() {
        "catalogue" => format!("{}: {}: {}", folder.display(), error.entry, error.reason),
        _ => error.to_string(),
    })
}

/// The letters in a folder, or those that ship with the program.
///
/// # Errors
/// What is wrong with which letter.
pub fn letters(folder: Option<&Path>) -> Result<CompiledLetters, String> {
    match folder {
        Some(folder) => CompiledLetters::from_folder(folder),
        None => CompiledLetters::embedded(),
    }
    .map_err(|error| error.to_string())
}
