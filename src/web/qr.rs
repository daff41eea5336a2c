//! A code that a camera reads, drawn as one path.

use qrcode::{Color, EcLevel, QrCode};

use super::error::Error;

/// Four modules wide, as readers want the edge (ISO 18004).
const EDGE: usize = 4;

/// A drawn code.
#[derive(Debug)]
pub(super) struct Drawn {
    /// How many modules it is wide, with its quiet edge.
    pub width: usize,
    /// The dark modules, as path data.
    pub path: String,
}

/// The code of a text.
///
/// # Errors
/// When the text is longer than a code can be.
pub(super) fn drawn(text: &str) -> Result<Drawn, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Error::Broken)?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path: Vec<String> =
        dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + EDGE, at / width + EDGE)).collect();
    Ok(Drawn { width: width + 2 * EDGE, path: path.concat() })
}
