//! A form with a file in it. The file is bytes and nothing else: what it was called and what it claims to be are
//! not even read.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::stream::once;
use multer::Multipart;

use super::Web;
use super::error::Error;
use super::form::{self, Fields};

/// A file may have 2 MiB. A little more is read, so that somebody whose file is a little too large is told so by the
/// field.
pub const MOST_BYTES: usize = 2 << 20;

/// So much of a form is read: the file, and what stands around it.
const MOST_READ: usize = MOST_BYTES + (1 << 20);

/// More parts than any form of ours has.
const MOST_PARTS: usize = 20;

/// The file of a form that the guard has read; empty when none was chosen.
#[derive(Clone, Debug, Default)]
pub struct Upload(pub Bytes);

impl FromRequestParts<Web> for Upload {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a handler asks for a file on a route that takes none");
            Error::Broken
        })
    }
}

/// Reads the body of a request as a form that may hold a file.
///
/// # Errors
/// When it is no form, or too long.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<(Fields, Upload), Error> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Ok(boundary) = multer::parse_boundary(kind) else {
        // As a browser sends it that was told nothing of files.
        return Ok((form::read(headers, body).await?, Upload::default()));
    };
    let whole = form::whole(body, MOST_READ).await?;
    let mut parts = Multipart::new(once(ready(Ok::<_, Infallible>(whole))), boundary);
    let (mut fields, mut upload, mut count) = (Vec::new(), Upload::default(), 0);
    while let Some(part) = parts.next_field().await.map_err(|_| Error::WrongKind)? {
        count += 1;
        if count > MOST_PARTS {
            return Err(Error::TooLarge);
        }
        let (name, is_file) = (part.name().unwrap_or_default().to_owned(), part.file_name().is_some());
        let bytes = part.bytes().await.map_err(|_| Error::WrongKind)?;
        if is_file {
            upload = Upload(bytes);
        } else {
            fields.push((name, String::from_utf8(bytes.to_vec()).map_err(|_| Error::WrongKind)?));
        }
    }
    Ok((fields.into(), upload))
}
