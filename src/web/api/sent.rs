//! What a program sends: JSON that says nothing we do not know, and a key under which it may send it again.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::door::Caller;
use super::problem::Problem;
use crate::seal::token;
use crate::store::api_answer::{Asked as Under, Taken};
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// No document of ours is longer.
const MOST_BYTES: usize = 64 * 1024;

/// A document that has not come by then is somebody dawdling on purpose.
const PATIENCE: Duration = Duration::from_secs(30);

/// The header with the key.
const KEY: &str = "idempotency-key";

/// The longest key.
const LONGEST_KEY: usize = 200;

/// So long a first answer is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A document, and the key it was sent under.
#[derive(Debug)]
pub struct Sent<T> {
    /// What it says.
    pub value: T,
    /// Whether it was sent before.
    pub once: Once,
}

impl<T: DeserializeOwned> FromRequest<Web> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = whole(&parts.headers, body).await?;
        Ok(Self { value: read(&bytes)?, once: Once::of(&parts, &bytes)? })
    }
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let bytes = tokio::time::timeout(PATIENCE, to_bytes(body, MOST_BYTES)).await;
    let bytes = bytes.map_err(|_| Error::TooSlow)?.map_err(|_| Error::TooLarge)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_json = ["application/json", "application/merge-patch+json"].iter().any(|one| kind.eq_ignore_ascii_case(one));
    if is_json || bytes.is_empty() { Ok(bytes) } else { Err(Error::WrongKind.into()) }
}

/// Nothing sent is as good as an empty document.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    // A list would be read as the fields in their order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(unreadable("a document begins with a brace"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let wrong = error.into_inner();
        if !wrong.is_data() {
            return not_json(&wrong);
        }
        // Where it stands in the text is of no use to a program that wrote it by machine.
        let says = wrong.to_string();
        let says = says.split(" at line ").next().unwrap_or_default();
        // Of a field that is unknown or missing the sentence knows the name.
        let quoted = ["unknown field `", "missing field `", "duplicate field `"]
            .iter()
            .find_map(|begins| says.strip_prefix(begins)?.split_once('`'));
        let name = match (quoted, path.as_str()) {
            (Some((name, _)), "." | "?") => name.to_owned(),
            (Some((name, _)), path) if !path.ends_with(name) => format!("{path}.{name}"),
            _ => path,
        };
        Problem::wrong_field(&name, format!("{}.", super::super::say::capital(says)))
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    unreadable(&error.to_string())
}

fn unreadable(why: &str) -> Problem {
    let detail = format!("This is not the JSON of one document: {why}.");
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "Not to be read", detail)
}

/// What the address asks for behind its question mark.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let Query(asked) = Query::try_from_uri(&parts.uri).map_err(|error| bad_query(&error.body_text()))?;
        Ok(Self(asked))
    }
}

/// A question that is not understood.
pub(super) fn bad_query(says: &str) -> Problem {
    let detail = format!("What stands behind the question mark is not understood: {says}.");
    Problem::new(StatusCode::BAD_REQUEST, "bad-query", "Not understood", detail)
}

/// The id in an address; what is none leads nowhere, as one that holds a stranger's.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: std::str::FromStr + Send> FromRequestParts<Web> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let found = Path::<String>::from_request_parts(parts, web).await;
        let Path(text) = found.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The key of a request that may be sent again.
#[derive(Debug)]
pub struct Once {
    /// The digest of the key, when there is one.
    key: Option<String>,
    /// The digest of what is asked.
    request: String,
}

impl Once {
    fn of(parts: &Parts, body: &[u8]) -> Result<Self, Problem> {
        let mut all = parts.headers.get_all(KEY).iter();
        let key = match (all.next(), all.next()) {
            (None, _) => None,
            (Some(one), None) => Some(one.to_str().ok().filter(|key| is_key(key)).ok_or_else(bad_key)?),
            (Some(_), Some(_)) => return Err(bad_key()),
        };
        // Length before content: no two requests are written the same way.
        let path = parts.uri.path();
        let mut asked = format!("{} {} {path} {} ", parts.method, path.len(), body.len()).into_bytes();
        asked.extend_from_slice(body);
        Ok(Self { key: key.map(token::digest), request: token::digest_of(&asked) })
    }

    fn under<'a>(&'a self, caller: &Caller) -> Option<Under<'a>> {
        self.key.as_deref().map(|key| Under { token: caller.token, key, request: &self.request })
    }

    /// The first answer, if this was sent before; otherwise the work is to be done in this transaction, and of two
    /// at once the second waits for it.
    ///
    /// # Errors
    /// When something else was sent under the same key, or the database does not answer.
    pub async fn had(&self, web: &Web, db: &mut Db, caller: &Caller) -> Result<Option<Response>, Problem> {
        let Some(under) = self.under(caller) else { return Ok(None) };
        let now = web.clock.system_now();
        let forgotten = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        match store::api_answer::take(db, caller.clinic, under, (now, forgotten)).await? {
            Taken::Now => Ok(None),
            Taken::Before(status, body) => {
                let status = StatusCode::from_u16(status).map_err(|_| Error::Broken)?;
                Ok(Some((status, [("idempotent-replayed", "true")], Json(body)).into_response()))
            }
            Taken::Otherwise => {
                let detail = "This Idempotency-Key was sent with another request. Use a new key for each request.";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Err(Problem::new(status, "key-used", "The key is used", detail))
            }
        }
    }

    /// Keeps the answer, makes the work last, and answers.
    ///
    /// # Errors
    /// When the database does not answer; then nothing was done.
    pub async fn answer(
        &self,
        mut db: Db,
        caller: &Caller,
        status: StatusCode,
        body: &impl Serialize,
    ) -> Result<Response, Problem> {
        let body = serde_json::to_value(body).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Error::Broken
        })?;
        if let Some(under) = self.under(caller) {
            store::api_answer::keep(&mut db, under, status.as_u16(), &body).await?;
        }
        db.commit().await?;
        Ok((status, Json(body)).into_response())
    }
}

fn is_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

fn bad_key() -> Problem {
    let detail = "Send one Idempotency-Key of 1 to 200 visible characters, such as a UUID.";
    Problem::new(StatusCode::BAD_REQUEST, "bad-key", "No such key", detail)
}

/// Something that was made, and is not kept for a second answer.
pub(super) fn created(body: &impl Serialize) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

/// An answer that tells the version of what it shows.
pub(super) fn tagged(version: u32, body: &impl Serialize) -> Response {
    let mut answer = Json(body).into_response();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// Whether somebody changed it since the program looked, as far as the program says which version it saw.
///
/// # Errors
/// When they did.
pub(super) fn still(headers: &HeaderMap, version: u32) -> Result<(), Problem> {
    let Some(seen) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let ours = format!("\"{version}\"");
    let fits = seen.to_str().is_ok_and(|seen| seen.split(',').any(|one| [ours.as_str(), "*"].contains(&one.trim())));
    if fits { Ok(()) } else { Err(changed_meanwhile(StatusCode::PRECONDITION_FAILED)) }
}

/// Somebody else was faster.
pub(super) fn changed_meanwhile(status: StatusCode) -> Problem {
    let detail = "Somebody else changed this meanwhile, and nothing of yours was done. Read it again, then decide.";
    Problem::new(status, "changed-meanwhile", "Changed meanwhile", detail)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[serde(default)]
        minutes: Option<u32>,
        #[serde(default)]
        inner: Option<Box<Small>>,
    }

    fn answered(text: &str) -> (u16, String) {
        match read::<Small>(text.as_bytes()) {
            Ok(small) => (200, format!("{:?} {}", small.minutes, small.inner.is_some())),
            Err(problem) => {
                let text = format!("{problem:?}");
                (problem.into_response().status().as_u16(), text)
            }
        }
    }

    #[test]
    fn a_document_says_only_what_is_known() {
        assert_eq!(answered(""), (200, "None false".into()), "nothing is an empty document");
        assert_eq!(answered("{\"minutes\":60}"), (200, "Some(60) false".into()));
        let (status, told) = answered("{\"hours\":1}");
        assert!(status == 422 && told.contains("name: \"hours\"") && told.contains("expected"), "{told}");
        let (status, told) = answered("{\"inner\":{\"minutes\":\"x\"}}");
        assert!(status == 422 && told.contains("name: \"inner.minutes\""), "{told}");
        let (status, told) = answered("{\"minutes\":1,\"minutes\":2}");
        assert!(status == 422 && told.contains("name: \"minutes\""), "{told}");
    }

    #[test]
    fn what_is_no_json_or_deeper_than_any_document_is_refused() {
        let deep = format!("{}1{}", "{\"inner\":".repeat(10_000), "}".repeat(10_000));
        for text in ["{", "nonsense", "{} {}", "[1", "[]", "null", &deep] {
            assert_eq!(answered(text).0, 400, "{}", &text[..text.len().min(20)]);
        }
    }

    #[test]
    fn a_key_is_visible_and_short() {
        assert!(is_key("a") && is_key(&"x".repeat(200)));
        assert!(!is_key("") && !is_key("a b") && !is_key(&"x".repeat(201)));
    }
}
