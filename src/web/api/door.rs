//! The door of the API. A route names the scope it takes; the door asks whether the token holds and has it, before
//! any handler runs. Only a header opens it: no cookie, and no word in the address, which would end in logs. The
//! table of routes is data too, so that a test can walk it.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post};
use jiff::{SignedDuration, Timestamp};

use super::problem::Problem;
use crate::clinic::api_token::{Scope, looks_right};
use crate::clinic::ids::{ClinicId, TokenId};
use crate::seal::token;
use crate::store;
use crate::web::actor::{Actor, PROGRAM};
use crate::web::error::Error;
use crate::web::{Web, attempts, session};

/// A use is noted once in so long.
const NEWS: SignedDuration = SignedDuration::from_mins(1);

/// The program behind a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// By which token.
    pub token: TokenId,
    /// What it is called.
    pub name: String,
    /// At which clinic; every query takes it.
    pub clinic: ClinicId,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// The network address of the request, when it is known.
    pub from_where: String,
}

impl Caller {
    /// This program, as whoever acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            clinic: self.clinic,
            who: self.token.to_string(),
            role: PROGRAM.into(),
            from_where: self.from_where.clone(),
        }
    }
}

impl FromRequestParts<Web> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a handler asks for a program on a route without a door");
            Error::Broken.into()
        })
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: Method,
    /// The path, with `{id}` for what varies.
    pub path: &'static str,
    /// The scope it takes; none: every token that holds comes in.
    pub scope: Option<Scope>,
}

/// The routes of the API, as a router and as data.
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

    /// Something to read.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, scope: impl Into<Option<Scope>>, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::GET, path, scope.into(), get(handler))
    }

    /// Something to do.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, scope: Scope, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::POST, path, Some(scope), post(handler))
    }

    /// Something to change.
    #[must_use]
    pub fn patch<H, T>(self, path: &'static str, scope: Scope, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::PATCH, path, Some(scope), patch(handler))
    }

    /// Something to take away.
    #[must_use]
    pub fn delete<H, T>(self, path: &'static str, scope: Scope, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.add(Method::DELETE, path, Some(scope), delete(handler))
    }

    fn add(mut self, method: Method, path: &'static str, scope: Option<Scope>, handlers: MethodRouter<Web>) -> Self {
        let door = from_fn_with_state(Door { web: self.web.clone(), scope }, check);
        self.router = self.router.route(path, handlers.route_layer(door));
        self.table.push(Route { method, path, scope });
        self
    }

    /// Every route with its scope.
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
    scope: Option<Scope>,
}

async fn check(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match enter(&door, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn enter(door: &Door, parts: &Parts) -> Result<Caller, Problem> {
    let Door { web, scope } = door;
    let from_where = session::from_where(parts);
    let found = match secret(&parts.headers) {
        Some(secret) if looks_right(secret) => {
            let mut db = web.store.read().await?;
            store::api_token::by_digest(&mut db, &token::digest(secret)).await?
        }
        Some(_) => None,
        None => return Err(Problem::unauthorized()),
    };
    let Some(found) = found else {
        attempts::missed(web, &from_where).await?;
        return Err(Problem::unauthorized());
    };
    let now = web.clock.system_now();
    if is_news(found.used_at, now) {
        let mut db = web.store.write().await?;
        store::api_token::touch(&mut db, found.clinic, found.id, now).await?;
        db.commit().await?;
    }
    if let Some(scope) = scope.filter(|scope| !found.scopes.contains(scope)) {
        return Err(Problem::missing(scope));
    }
    Ok(Caller { token: found.id, name: found.name, clinic: found.clinic, scopes: found.scopes, from_where })
}

/// The secret of the one `Authorization` header. Two of them may be read differently by a server in front.
fn secret(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(line), None) = (all.next(), all.next()) else { return None };
    let (scheme, secret) = line.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn is_news(used_at: Option<Timestamp>, now: Timestamp) -> bool {
    used_at.is_none_or(|used_at| now.duration_since(used_at) >= NEWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AUTHORIZATION, line.parse().expect("a header"));
        }
        secret(&headers).map(str::to_owned)
    }

    #[test]
    fn one_header_of_the_one_scheme_brings_a_secret() {
        assert_eq!(found(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(found(&["bearer  abc "]).as_deref(), Some("abc"), "schemes know no case");
        for wrong in [&[][..], &["abc"], &["Basic abc"], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(found(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let now: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        assert!(is_news(None, now) && !is_news(Some(now), now));
        assert!(!is_news(Some(now - SignedDuration::from_secs(59)), now));
        assert!(is_news(Some(now - SignedDuration::from_secs(60)), now));
    }
}
