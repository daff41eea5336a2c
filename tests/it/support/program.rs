//! Another program before the real router, with a token or without: it sends and reads JSON.

use std::net::SocketAddr;

use aftercare::clinic::api_token::{Scope, Scopes};
use aftercare::clinic::ids::{ClinicId, TokenId};
use aftercare::seal::token;
use aftercare::store::api_token::{self, NewToken};
use aftercare::store::fresh_uuid;
use aftercare::web::{Web, router};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::app::TestApp;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// The document; null where the answer is none.
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The last word of the problem's type.
    pub fn problem(&self) -> &str {
        let kind = self.json["type"].as_str().unwrap_or_default();
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.json["status"], self.status.as_u16(), "{}", self.text);
        kind.strip_prefix("urn:aftercare:problem:").unwrap_or_default()
    }

    /// The names of the fields that are wrong.
    pub fn wrong_fields(&self) -> Vec<&str> {
        let all = self.json["field"].as_array().expect("a list of fields");
        all.iter().filter_map(|one| one["name"].as_str()).collect()
    }
}

/// A program at the door.
#[derive(Clone)]
pub struct Program {
    web: Web,
    pub secret: Option<String>,
    /// More headers for every request.
    pub headers: Vec<(&'static str, String)>,
    pub peer: Option<SocketAddr>,
}

impl Program {
    pub fn new(web: Web, secret: Option<String>) -> Self {
        Self { web, secret, headers: Vec::new(), peer: None }
    }

    /// The same program with one more header.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.to_owned()));
        other
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "lindenhof.example");
        if body.is_some() && !self.headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(secret) = &self.secret {
            request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(peer) = self.peer {
            request = request.extension(ConnectInfo(peer));
        }
        let request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let answer = router(self.web.clone()).oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Reply { status: parts.status, headers: parts.headers, text, json }
    }
}

impl TestApp {
    /// A program of Ada's clinic with a token of these scopes.
    pub async fn program(&self, scopes: &[Scope]) -> Program {
        self.program_at(self.cast.clinic, scopes).await
    }

    /// The same, of any clinic.
    pub async fn program_at(&self, clinic: ClinicId, scopes: &[Scope]) -> Program {
        let secret = token::fresh_for_program();
        let id = TokenId::from_uuid(fresh_uuid(self.now()));
        let scopes: Scopes = scopes.iter().copied().collect();
        let (name, digest) = (format!("Booking {id}"), token::digest(&secret));
        let made_at = self.clock.system_now();
        let new = NewToken { id, name: &name, digest: &digest, scopes: &scopes, made_by: "operator", made_at };
        assert!(self.write(async |db| api_token::insert(db, clinic, &new).await).await);
        Program::new(self.web(), Some(secret))
    }
}
