//! `/api/v1/openapi.json`: the API described for programs, made of the handlers themselves. What every route has in
//! common, its scope and how it can fail, is added from the table, so that it cannot say anything else.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, Response as Described, ResponseBuilder};
use utoipa::openapi::{ObjectBuilder, Type};

use super::door::Route;
use super::problem::{Document, Problem};
use super::{acts, alerts, booking, clients, health, letters, lists, messages, suppressions, token, visits, webhooks};
use crate::clinic::api_token::Scope;
use crate::web::error::Error;
use crate::web::{Web, api};

/// The name of the one way in.
const TOKEN: &str = "token";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Aftercare",
        description = "What other programs may ask a clinic for and do there. Times are instants (RFC 3339); days go by the \
                       clinic's clock. Errors are problem documents (RFC 9457). A POST with an Idempotency-Key may be \
                       sent again within 24 hours and gets the first answer."
    ),
    paths(
        token::show,
        clients::list,
        clients::create,
        clients::show,
        clients::change,
        visits::list,
        booking::book,
        visits::show,
        booking::change,
        acts::cancel,
        acts::miss,
        acts::complete,
        acts::intake_link,
        lists::therapists,
        lists::techniques,
        health::intakes,
        health::intake,
        health::brief,
        health::note,
        health::plan,
        health::check_ins,
        messages::list,
        messages::show,
        alerts::list,
        alerts::show,
        letters::list,
        suppressions::list,
        suppressions::stop,
        suppressions::resume,
        webhooks::list,
        webhooks::add,
        webhooks::remove,
    ),
    components(schemas(Document))
)]
struct Paths;

/// `GET /api/v1/openapi.json`. It tells nothing about anyone, and takes no token.
///
/// # Errors
/// When it cannot be written, which a test rules out.
pub async fn show(State(web): State<Web>) -> Result<Response, Problem> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let text = TEXT.get_or_init(|| document(api(&web).table()).to_json().ok());
    let text = text.as_deref().ok_or(Error::Broken)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

/// The document of these routes.
#[must_use]
pub fn document(table: &[Route]) -> OpenApi {
    let mut document = Paths::openapi();
    let components = document.components.get_or_insert_default();
    let way_in = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(TOKEN, way_in);
    for route in table {
        let item = document.paths.paths.get_mut(route.path);
        let operation = item.and_then(|item| match route.method {
            Method::GET => item.get.as_mut(),
            Method::POST => item.post.as_mut(),
            Method::PATCH => item.patch.as_mut(),
            Method::DELETE => item.delete.as_mut(),
            _ => None,
        });
        if let Some(operation) = operation {
            complete(operation, route);
        }
    }
    document
}

fn complete(operation: &mut Operation, route: &Route) {
    // The heading is for those who read the code.
    operation.description = operation.description.take().map(|text| text.replace("# Errors\n", "Refused "));
    let scope = route.scope.map(Scope::id);
    operation.security = Some(vec![SecurityRequirement::new(TOKEN, scope)]);
    let mut add = |status: u16, says: &str| {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| RefOr::T(problem(says)));
    };
    add(401, "No token, or none that holds");
    add(429, "Too many wrong tokens came from there; Retry-After says when to try again");
    add(500, "Something broke on our side");
    add(503, "Very busy; nothing was done");
    if let Some(scope) = scope {
        add(403, &format!("The token lacks the scope {scope}"));
    }
    if route.path.contains('{') {
        add(404, "There is no such thing here");
    }
    if route.method == Method::GET {
        add(400, "What stands behind the question mark is not understood");
    }
    if [Method::GET, Method::DELETE].contains(&route.method) {
        return;
    }
    add(400, "The JSON or a header cannot be read");
    add(408, "It did not come in time");
    add(409, "A rule says no, or asks first; the sentence says why");
    add(413, "It is too long");
    add(415, "It is no JSON");
    add(422, "Fields are wrong, each with a sentence");
    if route.method == Method::PATCH {
        add(412, "Somebody changed it since; nothing was done");
    } else {
        operation.parameters.get_or_insert_default().push(RefOr::T(key()));
    }
}

fn problem(says: &str) -> Described {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(says).content("application/problem+json", content).build()
}

fn key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Up to 200 visible characters; the same request under the same key is done once"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
