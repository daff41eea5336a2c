//! Pages for when something is missing or broken: plain, kind, and without a fact about anyone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::assets;
use super::headers::{RequestId, page};
use crate::store;

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such thing here, or not for this clinic.
    NotFound,
    /// The address holds something that is not a day or an id.
    BadAddress,
    /// The world is broken. Logged where it happened.
    Broken,
}

#[derive(Template)]
#[template(path = "sorry.html")]
struct Sorry {
    title: &'static str,
    text: &'static str,
    request: String,
    stylesheet: String,
}

impl Error {
    /// The page, with the id of the request where staff may need it.
    #[must_use]
    pub fn page(self, request: &RequestId) -> Response {
        let (status, title, text) = match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "This page is not here", "The link may be old, or the visit was moved.")
            }
            Self::BadAddress => (
                StatusCode::BAD_REQUEST,
                "This address does not read right",
                "Check the day or the link. A day looks like 2026-03-27.",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something broke on our side",
                "Nothing you did is lost. Try again in a minute. If it stays, tell whoever runs this system the number below.",
            ),
        };
        let request = request.0.clone();
        (status, page(&Sorry { title, text, request, stylesheet: assets::address("app.css") })).into_response()
    }
}

/// The layer around all routes knows the id of the request and draws the page.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        axum::Extension(self).into_response()
    }
}

/// Logged here, once, and never shown.
impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "a page could not be loaded");
        Self::Broken
    }
}
