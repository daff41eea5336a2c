//! Pages for when something is missing, refused or broken: plain, kind, and without a fact about
//! anyone.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::headers::{RequestId, page};
use crate::store;

/// After so many seconds a busy house is worth another try.
pub(super) const AGAIN: u64 = 5;

/// Why a page cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such thing here, or not for this clinic.
    NotFound,
    /// The address holds something that is not a day or an id.
    BadAddress,
    /// A link that was used, is too old, or never was.
    DeadLink,
    /// The first set-up is over, or this was never its link.
    SetUp,
    /// The permission table does not let this role.
    Forbidden,
    /// A form that does not come from a page of this session.
    Foreign,
    /// A form without a session.
    SignedOut,
    /// A rule says no, in one sentence that says why.
    Refused(String),
    /// Too many wrong tries: again after so many seconds.
    TooMany(u64),
    /// The address takes no request of this method.
    NoSuchMethod,
    /// What was sent is larger than any form of ours.
    TooLarge,
    /// What was sent did not come in time.
    TooSlow,
    /// What was sent is no form.
    WrongKind,
    /// Too much is going on, and nothing was done.
    Busy,
    /// The world is broken. Logged where it happened.
    Broken,
}

#[derive(Template)]
#[template(path = "sorry.html")]
struct Sorry {
    title: &'static str,
    text: String,
    request: String,
    stylesheet: String,
}

impl Error {
    /// The page, with the id of the request where staff may need it.
    #[must_use]
    pub fn page(self, request: &RequestId) -> Response {
        let (status, title, text) = self.words();
        let text = match &self {
            Self::Refused(sentence) => sentence.clone(),
            Self::TooMany(seconds) => {
                format!("{text} Try again in {}.", super::say::count(minutes(*seconds), "minute"))
            }
            _ => text.into(),
        };
        let request = request.0.clone();
        let sorry = Sorry { title, text, request, stylesheet: assets::address("app.css") };
        let mut answer = (status, page(&sorry)).into_response();
        let again = match self {
            Self::TooMany(seconds) => Some(seconds),
            Self::Busy => Some(AGAIN),
            _ => None,
        };
        if let Some(seconds) = again {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }

    const fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "This page is not here", "The link may be old, or the visit was moved.")
            }
            Self::DeadLink => (
                StatusCode::NOT_FOUND,
                "This link has done its work",
                "It works once and for 24 hours. Ask your admin for a new one, or whoever runs this system.",
            ),
            Self::SetUp => (
                StatusCode::NOT_FOUND,
                "This clinic is set up",
                "Sign in to go on. If it is not and nobody can sign in yet, start the program again: it prints a new link.",
            ),
            Self::BadAddress => (
                StatusCode::BAD_REQUEST,
                "This address does not read right",
                "Check the day or the link. A day looks like 2026-03-27.",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "This is not part of your role",
                "Health details are for those who treat, settings for the admin. Ask your admin if you need this page.",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something broke on our side",
                "Nothing you did is lost. Try again in a minute. If it stays, tell whoever runs this system the number \
                 below.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Very busy right now",
                "Nothing was changed. Wait a few seconds, go back and send it again.",
            ),
            _ => self.about_the_form(),
        }
    }

    /// Those that are about what was sent.
    const fn about_the_form(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "This form cannot be taken",
                "It does not come from a page you have open here, or you signed in again since. Nothing was changed. \
                 Go back, load the page anew and send it again.",
            ),
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "You are signed out",
                "Nothing was changed. Sign in, then go back in your browser and send the form again.",
            ),
            Self::Refused(_) => (StatusCode::CONFLICT, "This cannot be done", ""),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many tries", "The door is closed for a while."),
            Self::NoSuchMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "This address is not for that",
                "It may be the address of a form. Go to the start and open the page from there.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is too long",
                "Nothing was changed. Go back, shorten the text and send it again.",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "That took too long",
                "The form did not arrive in time, and nothing was changed. Go back and send it again.",
            ),
            _ => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This cannot be read",
                "What was sent is not a form of these pages. Nothing was changed.",
            ),
        }
    }
}

fn minutes(seconds: u64) -> usize {
    usize::try_from(seconds.div_ceil(60)).unwrap_or(1).max(1)
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
        if error.is_busy() { Self::Busy } else { Self::Broken }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_house_asks_to_come_again() {
        let answer = Error::Busy.page(&RequestId("7".into()));
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get(header::RETRY_AFTER), Some(&HeaderValue::from(AGAIN)));
        assert_eq!(Error::Broken.page(&RequestId("7".into())).headers().get(header::RETRY_AFTER), None);
    }
}
