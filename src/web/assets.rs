//! The files that never change while the program runs: stylesheet, script, fonts, icon. They are part of
//! the binary. An address carries a digest of the content, so a browser may keep it for a year.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Files;

/// The address of a file under `static/`: `/static/1f2e3d4c5b6a/app.css`. The digest is that of
/// stylesheet, icon and scripts for all of them, so that its relative font addresses hold.
#[must_use]
pub fn address(name: &str) -> String {
    format!("/static/{}/{name}", edition())
}

/// Names this set of files and no other.
fn edition() -> String {
    let digest = |name: &str| Files::get(name).map(|file| file.metadata.sha256_hash()).unwrap_or_default();
    let digests = ["app.css", "icon.svg", "app.js", "body_map.js", "check_in.js", "form.js", "studio.js"].map(digest);
    (0..6).map(|at| format!("{:02x}", digests.iter().fold(0, |all, one| all ^ one[at]))).collect()
}

/// `GET /static/{edition}/{*name}`.
pub async fn file(Path((asked, name)): Path<(String, String)>) -> Response {
    let Some(file) = Files::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    // An old page may ask for its old edition: it gets today's file, but must not keep it.
    let keep = if asked == edition() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(&name))),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, file.data).into_response()
}

/// `GET /favicon.ico`: browsers ask for it beside pages that name no icon, such as a letter's frame.
pub async fn favicon() -> Response {
    file(Path((String::new(), "icon.svg".into()))).await
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}
