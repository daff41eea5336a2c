//! `/look/{file}`: the colour of a clinic as a stylesheet, its logo as a picture. Open to everybody, like the pages
//! above which they stand. Both are named by what they hold, so that a browser may keep them.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::Web;
use super::error::Error;
use crate::clinic::colour::Colour;
use crate::clinic::look::LogoName;
use crate::store;

/// `GET /look/{file}`.
///
/// # Errors
/// When there is no such file, or the database does not answer.
pub async fn file(State(web): State<Web>, Path(file): Path<String>) -> Result<Response, Error> {
    let (name, kind) = file.split_once('.').ok_or(Error::NotFound)?;
    match kind {
        "css" => style(name),
        "png" => picture(&web, name).await,
        _ => Err(Error::NotFound),
    }
}

/// Inline style is not allowed on a page; this says the one thing that differs between clinics.
fn style(digits: &str) -> Result<Response, Error> {
    let colour: Colour = digits.parse().map_err(|_| Error::NotFound)?;
    if colour.digits() != digits || !colour.carries_white() {
        return Err(Error::NotFound);
    }
    Ok(kept("text/css; charset=utf-8", format!(":root {{ --brand: {colour}; }}\n").into_bytes()))
}

async fn picture(web: &Web, name: &str) -> Result<Response, Error> {
    let name: LogoName = name.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.read().await?;
    Ok(kept("image/png", store::look::png(&mut db, &name).await?.ok_or(Error::NotFound)?))
}

fn kept(kind: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, body).into_response()
}
