//! Why a request was not done, as a problem document (RFC 9457): for the program a type that stays the same,
//! for people a sentence, and never a fact about anyone.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::clinic::api_token::Scope;
use crate::clinic::fields::FieldErrors;
use crate::store;
use crate::web::error::{AGAIN, Error};

/// Problem documents are told apart from answers by this.
const KIND: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request was not done.
#[derive(Clone, Debug)]
pub struct Problem(Box<Told>);

/// What is told about it.
#[derive(Clone, Debug)]
struct Told {
    status: StatusCode,
    /// The end of the type: a word that stays the same.
    word: &'static str,
    title: &'static str,
    detail: String,
    field: Vec<Wrong>,
    more: Map<String, Value>,
    again: Option<u64>,
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Wrong {
    /// Which one: its name, or its path in what was sent.
    pub name: String,
    /// What would be right.
    pub detail: String,
}

/// A problem on its way out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// `urn:aftercare:problem:` and a word that stays the same.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem it is, in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The fields that are wrong; empty when it is not about a field.
    pub field: Vec<Wrong>,
    /// What some types tell besides.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Map<String, Value>,
}

impl Problem {
    /// A problem of this type.
    #[must_use]
    pub fn new(status: StatusCode, word: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (detail, field, more) = (detail.into(), Vec::new(), Map::new());
        Self(Box::new(Told { status, word, title, detail, field, more, again: None }))
    }

    /// No token, or one that does not hold.
    #[must_use]
    pub fn unauthorized() -> Self {
        let detail = "Send a token that holds as “Authorization: Bearer aftercare_api_…”. An admin makes one on the page of people, or “aftercare token add” does.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "No token that holds", detail)
    }

    /// The token does not reach so far.
    #[must_use]
    pub fn missing(scope: Scope) -> Self {
        let detail = format!("This token lacks the scope {}.", scope.id());
        Self::new(StatusCode::FORBIDDEN, "missing-scope", "Not for this token", detail).with("scope", scope.id())
    }

    /// There is nothing of this address, or not for this clinic.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not here", "There is nothing at this address.")
    }

    /// A rule says no, in one sentence that says why.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "refused", "This cannot be done", sentence)
    }

    /// What was sent is wrong in these fields.
    #[must_use]
    pub fn wrong(errors: &FieldErrors) -> Self {
        let field = errors.iter().map(|(name, detail)| Wrong { name: name.into(), detail: detail.into() }).collect();
        let detail = "Nothing was changed. Put the fields right that are named, and send it again.";
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-fields", "Some fields are wrong", detail);
        problem.0.field = field;
        problem
    }

    /// One field is wrong.
    #[must_use]
    pub fn wrong_field(name: &str, detail: impl Into<String>) -> Self {
        let mut errors = FieldErrors::new();
        errors.add(name, detail);
        Self::wrong(&errors)
    }

    /// The same, telling this besides.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.into(), value.into());
        self
    }

    /// The same, with another try after so many seconds.
    #[must_use]
    pub fn again_in(mut self, seconds: u64) -> Self {
        self.0.again = Some(seconds);
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::BadAddress => Self::not_found(),
            Error::Refused(sentence) => Self::refused(sentence),
            Error::TooMany(seconds) => {
                let detail = format!("Too many wrong tokens came from there. Try again in {seconds} seconds.");
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", "Too many tries", detail).again_in(seconds)
            }
            Error::NoSuchMethod => {
                let detail =
                    "This address takes no request of this method; the document at /api/v1/openapi.json lists them.";
                Self::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "Not for that", detail)
            }
            Error::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "Too long",
                "Nothing was changed. Send less at once.",
            ),
            Error::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "Too slow", "What was sent did not come in time.")
            }
            Error::WrongKind => {
                let detail = "Send JSON, with “Content-Type: application/json”.";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "No JSON", detail)
            }
            Error::Busy => {
                let detail = "Nothing was changed. Try again in a moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Very busy right now", detail).again_in(AGAIN)
            }
            Error::DeadLink | Error::SetUp | Error::Forbidden | Error::Foreign | Error::SignedOut | Error::Broken => {
                let detail = "Something broke on our side. Try again in a minute.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something broke", detail)
            }
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Told { status, word, title, detail, field, more, again } = *self.0;
        let document = Document {
            kind: format!("urn:aftercare:problem:{word}"),
            title: title.into(),
            status: status.as_u16(),
            detail,
            field,
            more,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, KIND)], body).into_response();
        if let Some(seconds) = again {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"aftercare\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        answer
    }
}
