//! The frame of pages for people who are not signed in, and what their forms share.

use askama::Template;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::error::Error;
use super::form::{self, Fields};
use super::headers::page;
use super::{Web, assets};

/// A sign-in may bring a sealed draft along.
const MOST_BYTES: usize = 1536 * 1024;

/// The frame.
#[derive(Clone, Debug)]
pub struct Outside {
    /// The stylesheet's address.
    pub stylesheet: String,
    /// The icon's address.
    pub icon: String,
}

impl Outside {
    /// The frame of this program's edition.
    #[must_use]
    pub fn new() -> Self {
        Self { stylesheet: assets::address("app.css"), icon: assets::address("icon.svg") }
    }
}

impl Default for Outside {
    fn default() -> Self {
        Self::new()
    }
}

/// A form of a page that needs no session. Only a page of this house may send it.
pub(super) async fn form(web: &Web, parts: &Parts, body: Body) -> Result<Fields, Error> {
    if !form::is_from_here(&parts.headers, web) {
        return Err(Error::Foreign);
    }
    form::read_up_to(&parts.headers, body, MOST_BYTES).await
}

/// A page with a form but without a session tells its own house where it was sent from: over plain
/// http nothing else does.
pub(super) fn shown(template: &impl Template) -> Response {
    let mut answer = page(template);
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}
