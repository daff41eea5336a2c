//! The door to every staff page. A route names its act; the guard asks who is there, whether the
//! permission table lets that role, and, for a form, whether it comes from a page of this session.
//! The table of routes is data too, so that a test can walk it.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use jiff::Timestamp;

use super::actor::Actor;
use super::error::Error;
use super::sign_in::SignInPage;
use super::{Web, draft, form, outside, see_other, session, upload};
use crate::clinic::account::{Action, Role, may};
use crate::clinic::ids::{AccountId, ClinicId, LoginId};
use crate::clinic::person::PersonName;
use crate::seal::token;
use crate::store;
use crate::store::audit::Entry;

/// The member of staff behind a request.
#[derive(Clone, Debug)]
pub struct Who {
    /// As which account.
    pub account: AccountId,
    /// At which clinic; every query takes it.
    pub clinic: ClinicId,
    /// The person's name.
    pub name: PersonName,
    /// In which role.
    pub role: Role,
    /// The login behind the account.
    pub login: LoginId,
    /// The digest that names the session.
    pub session: String,
    /// What every form of this session carries.
    pub csrf: String,
    /// At how many clinics the person works.
    pub clinics: u32,
    /// The network address of the request, when it is known.
    pub from_where: String,
}

impl Who {
    /// Whether the permission table lets this person.
    #[must_use]
    pub const fn may(&self, action: Action) -> bool {
        may(self.role, action)
    }

    /// This person, for what a program may do as well.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            clinic: self.clinic,
            who: self.account.to_string(),
            role: self.role.id().into(),
            from_where: self.from_where.clone(),
        }
    }

    /// A deed of this person, for the audit.
    #[must_use]
    pub fn did(&self, at: Timestamp, action: &str, kind: &str, id: impl ToString) -> Entry {
        self.actor().did(at, action, kind, id)
    }
}

impl FromRequestParts<Web> for Who {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a handler asks who is there on a route without a guard");
            Error::Broken
        })
    }
}

/// One line of the route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path, with `{id}` for what varies.
    pub path: &'static str,
    /// The act it takes.
    pub action: Action,
}

/// The guarded routes, as a router and as data.
pub struct Routes {
    web: Web,
    router: Router<Web>,
    table: Vec<Route>,
}

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new(web: Web) -> Self {
        Self { web, router: Router::new(), table: Vec::new() }
    }

    /// A page to look at.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::GET, path, action, get(handler))
    }

    /// A form to send.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::POST, path, action, post(handler))
    }

    /// A form to send that may hold a file.
    #[must_use]
    pub fn post_file<H, T>(self, path: &'static str, action: Action, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        let door = Door { web: self.web.clone(), action, takes_file: true };
        self.behind(door, Method::POST, path, post(handler))
    }

    fn add(self, method: Method, path: &'static str, action: Action, handlers: MethodRouter<Web>) -> Self {
        let door = Door { web: self.web.clone(), action, takes_file: false };
        self.behind(door, method, path, handlers)
    }

    fn behind(mut self, door: Door, method: Method, path: &'static str, handlers: MethodRouter<Web>) -> Self {
        let action = door.action;
        let guard = from_fn_with_state(door, check);
        self.router = self.router.route(path, handlers.route_layer(guard));
        self.table.push(Route { method, path, action });
        self
    }

    /// Every route with its act.
    #[must_use]
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The router.
    pub fn into_router(self) -> Router<Web> {
        self.router
    }
}

#[derive(Clone)]
struct Door {
    web: Web,
    action: Action,
    /// Whether its form may hold a file.
    takes_file: bool,
}

async fn check(State(door): State<Door>, request: Request, next: Next) -> Result<Response, Error> {
    let Door { web, action, takes_file } = door;
    let (mut parts, body) = request.into_parts();
    let changes = parts.method == Method::POST;
    if changes && !form::is_from_here(&parts.headers, &web) {
        return Err(Error::Foreign);
    }
    let now = web.clock.system_now();
    let found = session::of_request(&web, &parts).await?;
    let Some((who, span)) = found else { return Ok(signed_out(&parts)) };
    if !span.holds(now) {
        // A file does not travel through signing in.
        return if takes_file { Ok(signed_out(&parts)) } else { lapsed(&web, &who, &parts, body).await };
    }
    if !who.may(action) {
        return Err(Error::Forbidden);
    }
    let body = if changes {
        let fields = if takes_file {
            let (fields, upload) = upload::read(&parts.headers, body).await?;
            parts.extensions.insert(upload);
            fields
        } else {
            form::read(&parts.headers, body).await?
        };
        if !token::same(fields.text(form::TOKEN), &who.csrf) {
            return Err(Error::Foreign);
        }
        parts.extensions.insert(fields);
        Body::empty()
    } else {
        body
    };
    if span.is_news(now) && !is_polling(&parts) {
        let mut db = web.store.write().await?;
        store::session::touch(&mut db, &who.session, now).await?;
        db.commit().await?;
    }
    parts.extensions.insert(who);
    let mut answer = next.run(Request::from_parts(parts, body)).await;
    // Browsers send no origin with forms of pages that send no referrer at all; the paths of staff
    // pages hold ids only, and stay in this house.
    answer.headers_mut().entry(header::REFERRER_POLICY).or_insert(header::HeaderValue::from_static("same-origin"));
    Ok(answer)
}

/// The session ended while somebody typed: the form goes along through signing in. It must carry the
/// token of the session that was, or another site could slip a form of its own in here.
async fn lapsed(web: &Web, who: &Who, parts: &Parts, body: Body) -> Result<Response, Error> {
    if parts.method != Method::POST || is_partial(&parts.headers) {
        return Ok(signed_out(parts));
    }
    let fields = form::read(&parts.headers, body).await?;
    if !token::same(fields.text(form::TOKEN), &who.csrf) {
        return Err(Error::Foreign);
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let draft = draft::keep(web, who.account, path, fields).await?;
    let page = SignInPage::of("", "/day", None).with_draft(draft);
    Ok((StatusCode::UNAUTHORIZED, outside::shown(&page)).into_response())
}

/// A page that looks for news by itself must not keep a session alive that nobody uses.
fn is_polling(parts: &Parts) -> bool {
    parts.headers.contains_key("hx-polling")
        || parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "poll=1"))
}

/// Whether a script of ours asks for a part of a page.
pub(crate) fn is_partial(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

fn signed_out(parts: &Parts) -> Response {
    if is_partial(&parts.headers) {
        // The page stays as it is, with all that was typed; app.js says what to do.
        return (StatusCode::UNAUTHORIZED, "You are signed out.").into_response();
    }
    if parts.method == Method::POST {
        return Error::SignedOut.into_response();
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    see_other(&format!("/sign-in?next={}", form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>()))
}
