//! What every answer carries: the security headers, no caching of pages, an id for the log.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::Web;
use super::api::problem::Problem;
use super::error::Error;

/// Names one request in the log and on an error page.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Pages take scripts, style, type and pictures from this house only and stand in no frame. Nothing
/// inline, nothing evaluated; a script may ask this house for parts of a page and nobody else.
const STRICT: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// A letter is shown as mail programs show it, and those know only inline style. So this one kind of
/// answer allows style attributes (a policy cannot hash them), a picture that stands in the answer itself (the logo
/// that travels inside the email) and nothing else: no script, type or form from anywhere. It stands in a frame of our own pages only, and `sandbox` takes away
/// its origin even when someone opens the address directly, so it can reach nothing of this house.
const LETTER: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     object-src 'none'; frame-ancestors 'self'; sandbox";

/// From here on only over TLS. Said only by a clinic whose own address is https: over plain HTTP the
/// words mean nothing (RFC 6797, 7.2), and a clinic at home on http must not lock itself out.
const ONLY_TLS: &str = "max-age=31536000; includeSubDomains";

/// The layer around every route.
pub async fn secure(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let id = RequestId(uuid::Uuid::now_v7().simple().to_string());
    request.extensions_mut().insert(id.clone());
    let is_program = request.uri().path().starts_with("/api/");
    let mut answer = next.run(request).await;
    if let Some(error) = answer.extensions_mut().remove::<Error>() {
        // Programs read problem documents, also of an address that is none.
        answer = if is_program { Problem::from(error).into_response() } else { error.page(&id) };
    }
    let headers = answer.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if web.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    // What an answer says about itself stays: a letter's own policy, a stylesheet's long life.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(STRICT));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// A page from its template.
pub fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "Something broke on our side. Try again in a minute.").into_response()
        }
    }
}

/// After a form was taken: to the page that shows what it did.
#[must_use]
pub fn see_other(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
        Err(_) => Error::BadAddress.into_response(),
    }
}

/// The HTML of a letter, for the frame it is shown in.
pub fn letter(html: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LETTER)),
    ];
    (headers, html).into_response()
}
