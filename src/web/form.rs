//! Forms as browsers send them. The guard reads a form before any handler does: it must come from
//! a page of this house, be of the right kind and size, and carry the token of its session.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Web;
use super::error::Error;
use crate::clinic::fields;

/// No form of ours is longer: an intake with every box filled takes a tenth.
const MOST_BYTES: usize = 512 * 1024;

/// A form that has not come by then is somebody dawdling on purpose.
const PATIENCE: Duration = Duration::from_secs(30);

/// More fields than any form of ours has.
const MOST_FIELDS: usize = 2000;

/// The name of the field with the session's token.
pub const TOKEN: &str = "csrf";

/// The fields of a form, in the order they were sent; a name may stand more than once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// What was typed is personal and must not reach a log by accident.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fields({})", self.0.len())
    }
}

impl Fields {
    /// The fields of a body of `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first field of this name, as typed; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Every field of this name, in order.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether there is a field of this name, such as a ticked box.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Name and value of every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// One line of text, trimmed, of at most this many characters.
    ///
    /// # Errors
    /// The sentence for beside the field.
    pub fn line(&self, name: &str, label: &str, most: usize) -> Result<&str, String> {
        fields::line(self.text(name), label, most)
    }

    /// Text of several lines, of at most this many characters.
    ///
    /// # Errors
    /// The sentence for beside the field.
    pub fn block(&self, name: &str, label: &str, most: usize) -> Result<&str, String> {
        fields::block(self.text(name), label, most)
    }

    /// Without the session's token: what a page may show again or a draft may keep.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.0.retain(|(name, _)| name != TOKEN);
        self
    }
}

impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

/// A form that the guard has read and checked.
#[derive(Clone, Debug)]
pub struct Form(pub Fields);

impl FromRequestParts<Web> for Form {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Error> {
        parts.extensions.get::<Fields>().cloned().map(Self).ok_or_else(|| {
            tracing::error!("a handler asks for a form on a route that reads none");
            Error::Broken
        })
    }
}

/// Reads the body of a request as a form.
///
/// # Errors
/// When it is no form, too long, or no text.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Fields, Error> {
    read_up_to(headers, body, MOST_BYTES).await
}

/// As [`read`], with a limit of its own.
///
/// # Errors
/// As [`read`].
pub async fn read_up_to(headers: &HeaderMap, body: Body, most: usize) -> Result<Fields, Error> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Error::WrongKind);
    }
    let bytes = whole(body, most).await?;
    if bytes.iter().filter(|byte| **byte == b'&').count() >= MOST_FIELDS {
        return Err(Error::TooLarge);
    }
    Ok(Fields::parse(&bytes))
}

/// The bytes of a body, as long as they are no more than this and come in time.
pub(super) async fn whole(body: Body, most: usize) -> Result<Bytes, Error> {
    let whole = tokio::time::timeout(PATIENCE, to_bytes(body, most)).await;
    whole.map_err(|_| Error::TooSlow)?.map_err(|_| Error::TooLarge)
}

/// Whether a request that changes something comes from a page of this house, as far as the browser
/// says. Programs that are no browser say nothing and hold no one's cookies by accident.
#[must_use]
pub fn is_from_here(headers: &HeaderMap, web: &Web) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some((_, host)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    text("host").is_some_and(|asked| asked.eq_ignore_ascii_case(host))
        || web.origin.as_deref().is_some_and(|ours| origin.as_bytes().eq_ignore_ascii_case(ours.as_bytes()))
}

/// As [`is_from_here`], for pages with a secret in their address: they send no referrer, and browsers
/// then call the origin "null". The secret is what no other site knows.
#[must_use]
pub fn is_not_from_elsewhere(headers: &HeaderMap, web: &Web) -> bool {
    let hidden = headers.get(header::ORIGIN).is_some_and(|origin| origin == "null");
    is_from_here(headers, web) || hidden && !headers.contains_key("sec-fetch-site")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_their_doubles() {
        let fields = Fields::parse(b"region=hip&first_name=Zo%C3%AB+&region=knee&csrf=1");
        assert_eq!(fields.all("region"), ["hip", "knee"]);
        assert_eq!((fields.text("first_name"), fields.text("none")), ("Zoë ", ""));
        assert_eq!(fields.line("first_name", "First name", 10), Ok("Zoë"));
        assert!(fields.has("csrf") && !fields.clone().without_token().has("csrf"));
        assert_eq!(format!("{fields:?}"), "Fields(4)");
    }
}
