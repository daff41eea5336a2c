//! One click in a mail program (RFC 8058): the program sends a fixed form to the address in the header, without
//! cookie, origin or a page. It stops the kind of email the link stands in, as often as it is sent.

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::super::act::not_here;
use super::super::{Visitor, broken, closed, find, open};
use super::acts::stop_topic;
use crate::clinic::choice::Topic;
use crate::clinic::link::{Door, Purpose};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::form::Fields;

/// The whole form is 26 bytes; as multipart a few hundred.
const MOST_BYTES: usize = 16 * 1024;

/// The one field of the form, and its value.
const FIELD: (&str, &str) = ("List-Unsubscribe", "One-Click");

/// `POST /p/{token}`.
pub async fn stop(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    let opened = match open(&web, &visitor, &token, Door::Preferences).await {
        Ok(opened) => opened,
        Err(page) => return page,
    };
    if !is_one_click(&parts.headers, body).await {
        return not_here(&opened);
    }
    let stopped = async {
        let mut db = web.store.write().await?;
        let opened = match find(&web, &mut db, &visitor, &token, Door::Preferences).await? {
            Ok(opened) => opened,
            Err(dead) => {
                drop(db);
                return Ok(closed(&web, &visitor, dead).await);
            }
        };
        let Purpose::Stop(stream) = opened.link.purpose else { return Ok(not_here(&opened)) };
        let Some(topic) = Topic::of_stream(stream) else { return Ok(not_here(&opened)) };
        stop_topic(&web, &mut db, &opened, topic).await?;
        db.commit().await?;
        Ok::<_, Error>((StatusCode::OK, "").into_response())
    };
    stopped.await.unwrap_or_else(|_| broken(&web, &visitor))
}

/// Whether this is that form, in either of the two ways that mail programs send it.
async fn is_one_click(headers: &HeaderMap, body: Body) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else { return false };
    let (name, options) = kind.split_once(';').unwrap_or((kind, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => Fields::parse(&bytes).text(FIELD.0) == FIELD.1,
        "multipart/form-data" => {
            boundary(options).is_some_and(|boundary| holds(&String::from_utf8_lossy(&bytes), boundary))
        }
        _ => false,
    }
}

fn boundary(options: &str) -> Option<&str> {
    let mut pairs = options.split(';').filter_map(|option| option.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    Some(value.trim().trim_matches('"')).filter(|value| !value.is_empty())
}

/// Whether one of the parts is the field with its value.
fn holds(body: &str, boundary: &str) -> bool {
    let line = format!("--{boundary}");
    let named = format!("name=\"{}\"", FIELD.0);
    body.split(line.as_str()).filter_map(|part| part.split_once("\r\n\r\n")).any(|(head, value)| {
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        disposition.is_some_and(|line| line.contains(&named)) && value.trim() == FIELD.1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &str =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";

    #[test]
    fn the_form_is_found_in_parts() {
        assert!(holds(PARTS, "x"));
        assert!(!holds(PARTS, "y") && !holds(&PARTS.replace("One-Click", "No"), "x") && !holds("", "x"));
        assert!(!holds(&PARTS.replace("List-Unsubscribe", "Other"), "x"));
    }

    #[test]
    fn the_boundary_is_read_with_and_without_quotes() {
        assert_eq!(boundary(" charset=utf-8; Boundary=\"a b\""), Some("a b"));
        assert_eq!((boundary(" boundary=ab"), boundary(" boundary="), boundary("")), (Some("ab"), None, None));
    }
}
