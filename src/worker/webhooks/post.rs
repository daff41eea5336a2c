//! One call over HTTP/1.1. The name is looked up here and the address connected to is the one that was checked, so that
//! a name cannot lead elsewhere in between. Redirects are not followed, and of the answer only the status is read.

use std::time::Duration;

use axum::body::Body;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Url;

use crate::clinic::mail_server::is_inside;
use crate::mail::smtp::connector;

/// A whole call, from the name to the status.
const WITHIN: Duration = Duration::from_secs(15);

/// Sends a body there. Returns the status of an answer that says yes.
///
/// # Errors
/// In words: why nobody was reached, or what they answered instead.
pub(super) async fn post(
    url: &Url,
    headers: &[(&'static str, String)],
    body: &str,
    inside: bool,
) -> Result<u16, String> {
    let status = timeout(WITHIN, reach(url, headers, body, inside)).await;
    let status = status.map_err(|_| format!("no answer in {} seconds", WITHIN.as_secs()))??;
    match status {
        status if status.is_success() => Ok(status.as_u16()),
        status if status.is_redirection() => Err(format!("answered {}; redirects are not followed", status.as_u16())),
        status => Err(format!("answered {}", status.as_u16())),
    }
}

async fn reach(url: &Url, headers: &[(&'static str, String)], body: &str, inside: bool) -> Result<StatusCode, String> {
    let request = request(url, headers, body)?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let stream = dial(&host, url.port_or_known_default().unwrap_or(443), inside).await?;
    if url.scheme() == "http" {
        // Asked again: what was allowed when it was typed may not be any more.
        return if inside { talk(stream, request).await } else { Err("only https is called".into()) };
    }
    let name = ServerName::try_from(host).map_err(|_| "its name fits no certificate")?;
    let stream = connector(None)?.connect(name, stream).await.map_err(|why| format!("no TLS: {why}"))?;
    talk(stream, request).await
}

fn request(url: &Url, headers: &[(&'static str, String)], body: &str) -> Result<Request<Body>, String> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("aftercare/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.body(Body::from(body.to_owned())).map_err(|why| format!("it cannot be called: {why}"))
}

/// Connects to the first address that may be called.
async fn dial(host: &str, port: u16, inside: bool) -> Result<TcpStream, String> {
    let found = lookup_host((host, port)).await.map_err(|why| format!("its name is not found: {why}"))?;
    let mut last = "its name leads to a machine inside the network".to_owned();
    for address in found.filter(|address| inside || !is_inside(address.ip())).take(3) {
        match timeout(WITHIN / 3, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(why)) => last = format!("no connection: {why}"),
            Err(_) => last = "no connection in time".into(),
        }
    }
    Err(last)
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Body>,
) -> Result<StatusCode, String> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|why| format!("no talk: {why}"))?;
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    tokio::select! {
        answer = &mut answer => answer.map(|answer| answer.status()).map_err(|why| format!("no answer: {why}")),
        ended = &mut connection => {
            ended.map_err(|why| format!("no answer: {why}"))?;
            // The other side may have answered with its last word.
            answer.await.map(|answer| answer.status()).map_err(|why| format!("no answer: {why}"))
        }
    }
}
