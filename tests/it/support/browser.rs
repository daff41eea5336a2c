//! A browser before the real router: it keeps its cookie, fills in its session's token, and sends
//! forms as a page of the house would. Who sits before it is one of the cast.

use std::net::SocketAddr;

use aftercare::clinic::ids::{AccountId, ClinicId};
use aftercare::seal::token;
use aftercare::store::session::NewSession;
use aftercare::store::{self, login};
use aftercare::web::{Web, router};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt as _;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn leads_to(&self) -> &str {
        self.header("location")
    }
}

/// A browser with nobody or one member of staff before it.
#[derive(Clone)]
pub struct Browser {
    web: Web,
    /// The secret of its session.
    pub secret: Option<String>,
    /// More headers for every request.
    pub headers: Vec<(&'static str, String)>,
    /// The network address it stands at; without one there is no network.
    pub peer: Option<SocketAddr>,
}

impl Browser {
    /// Nobody is signed in.
    pub fn new(web: Web) -> Self {
        Self { web, secret: None, headers: Vec::new(), peer: None }
    }

    /// This account is signed in, without the work of a password.
    pub async fn signed_in(web: Web, clinic: ClinicId, account: AccountId) -> Self {
        let secret = token::fresh();
        let mut db = web.store.write().await.expect("a transaction");
        let login = login::of_account(&mut db, clinic, account).await.expect("reads").expect("an account");
        let session = NewSession { id: token::digest(&secret), login, clinic, account, device: "test".into() };
        store::session::insert(&mut db, &session, web.clock.system_now()).await.expect("a session");
        db.commit().await.expect("commits");
        Self { web, secret: Some(secret), headers: Vec::new(), peer: None }
    }

    /// What a form of this session carries.
    pub fn csrf(&self) -> String {
        self.secret.as_deref().map(token::csrf).unwrap_or_default()
    }

    /// The cookie line it sends.
    pub fn cookie(&self) -> Option<String> {
        let name = if self.web.https { "__Host-aftercare" } else { "aftercare" };
        self.secret.as_ref().map(|secret| format!("{name}={secret}"))
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form with the session's token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post_as_is(path, &all).await
    }

    /// Sends a form exactly as given.
    pub async fn post_as_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some(body)).await
    }

    /// One request; a cookie in the answer is kept.
    pub async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let kind = if form.is_some() { "application/x-www-form-urlencoded" } else { "" };
        self.send_as(method, path, kind, &form.unwrap_or_default()).await
    }

    /// Sends a form with a file in it, called this by the browser, with the session's token.
    pub async fn post_file(&mut self, path: &str, (field, called): (&str, &str), file: &[u8]) -> Answer {
        let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n", self.csrf());
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{called}\"\r\n"));
        body.push_str("Content-Type: image/png\r\n\r\n");
        let body = [body.as_bytes(), file, b"\r\n--b--\r\n"].concat();
        self.send_bytes(Method::POST, path, "multipart/form-data; boundary=b", body).await
    }

    /// One request with a body of this kind.
    pub async fn send_as(&mut self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        self.send_bytes(method, path, kind, body.as_bytes().to_vec()).await
    }

    async fn send_bytes(&mut self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "lindenhof.example");
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(peer) = self.peer {
            request = request.extension(ConnectInfo(peer));
        }
        let request = request.body(Body::from(body)).expect("a request");
        let answer = router(self.web.clone()).oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 21).await.expect("a body");
        let answer =
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() };
        self.keep_cookie(&answer);
        answer
    }

    fn keep_cookie(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let value = pair.split_once('=').expect("name=value").1;
            self.secret = (!value.is_empty()).then(|| value.to_owned());
        }
    }
}
