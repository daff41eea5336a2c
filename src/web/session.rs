//! The cookie and the session behind it.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::Web;
use super::error::Error;
use super::guard::Who;
use crate::clinic::ids::LoginId;
use crate::clinic::signin::Span;
use crate::seal::token;
use crate::store::login::Workplace;
use crate::store::session::NewSession;
use crate::store::{self, Db};

/// The cookie of a house on https. The prefix makes browsers refuse it from anywhere but this host,
/// over TLS, for the whole site.
const STRICT: &str = "__Host-aftercare";

/// The cookie of a house on plain http, such as the demo or a first look on one's own machine.
/// Browsers drop a `Secure` cookie there, and with it the prefix that demands one, so nobody could
/// sign in at all.
const PLAIN: &str = "aftercare";

/// How much of the browser's words for itself is kept.
const DEVICE: usize = 160;

const fn cookie_name(https: bool) -> &'static str {
    if https { STRICT } else { PLAIN }
}

/// The cookie that carries this secret.
pub(super) fn cookie(web: &Web, secret: &str) -> HeaderValue {
    written(web, secret, "")
}

/// The cookie that takes the one before away.
pub(super) fn no_cookie(web: &Web) -> HeaderValue {
    written(web, "", "; Max-Age=0")
}

fn written(web: &Web, value: &str, more: &str) -> HeaderValue {
    let secure = if web.https { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}", cookie_name(web.https));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// The secret that a browser sent, if it is one of ours by its looks.
pub(super) fn secret<'a>(web: &Web, headers: &'a HeaderMap) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let value = pairs
        .flat_map(|pairs| pairs.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(cookie_name(web.https))?.strip_prefix('='))?;
    (value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(value)
}

/// Who is behind a request, and how long the session lasts; whether it still holds is for the
/// caller to ask.
pub(super) async fn of_request(web: &Web, parts: &Parts) -> Result<Option<(Who, Span)>, Error> {
    let Some(secret) = secret(web, &parts.headers) else { return Ok(None) };
    let mut db = web.store.read().await?;
    let Some(session) = store::session::find(&mut db, &token::digest(secret)).await? else { return Ok(None) };
    let who = Who {
        account: session.account,
        clinic: session.clinic,
        name: session.name,
        role: session.role,
        login: session.login,
        session: session.id,
        csrf: token::csrf(secret),
        clinics: session.clinics,
        from_where: from_where(parts),
    };
    Ok(Some((who, session.span)))
}

/// Who is behind a request, while the session holds.
pub(super) async fn who(web: &Web, parts: &Parts) -> Result<Option<Who>, Error> {
    let now = web.clock.system_now();
    Ok(of_request(web, parts).await?.filter(|(_, span)| span.holds(now)).map(|(who, _)| who))
}

/// Begins a session at this workplace and gives its secret.
pub(super) async fn begin(
    web: &Web,
    db: &mut Db,
    login: LoginId,
    at: &Workplace,
    headers: &HeaderMap,
) -> Result<String, Error> {
    let secret = token::fresh();
    let device = headers.get(header::USER_AGENT).and_then(|words| words.to_str().ok()).unwrap_or_default();
    let session = NewSession {
        id: token::digest(&secret),
        login,
        clinic: at.clinic,
        account: at.account,
        device: device.chars().take(DEVICE).collect(),
    };
    store::session::insert(db, &session, web.clock.system_now()).await?;
    Ok(secret)
}

/// The network address of a request, for the audit and for counting wrong tries.
pub(super) fn from_where(parts: &Parts) -> String {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip().to_canonical().to_string())
        .unwrap_or_default()
}

/// The network address of a request, for a handler that asks for nothing else about it.
#[derive(Clone, Debug)]
pub struct Place(pub(super) String);

impl Place {
    /// Of this request.
    pub(super) fn of(parts: &Parts) -> Self {
        Self(from_where(parts))
    }
}

impl FromRequestParts<Web> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Whether a request comes from this machine. Without a peer there is no network at all.
pub(super) fn is_this_machine(parts: &Parts) -> bool {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().is_none_or(|peer| peer.0.ip().to_canonical().is_loopback())
}
