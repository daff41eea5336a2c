//! What is shown when there is nothing to fill in: after it was sent, for a visit that was called off,
//! after too many wrong dates, and when someone needs help first.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::walk::Walked;
use crate::clinic::intake::topics::red_flags;
use crate::clinic::wording::{FormWords, filled};
use crate::web::Web;
use crate::web::guest::{Guest, NoticePage};
use crate::web::headers::page;

#[derive(Debug, Template)]
#[template(path = "guest/form/sent.html")]
struct SentPage {
    guest: Guest,
    words: &'static FormWords,
    text: String,
    on_tablet: bool,
}

/// After it was sent, however often and from wherever.
pub(super) fn shown(web: &Web, walked: &Walked, at: Timestamp) -> Response {
    let words = walked.words();
    let (day, time) = walked.when(web, at);
    let mut guest = walked.opened.guest.clone();
    if walked.on_tablet {
        guest.others.clear();
    }
    page(&SentPage {
        guest,
        words,
        text: filled(&words.sent.text, &[("day", &day), ("time", &time)]),
        on_tablet: walked.on_tablet,
    })
}

/// For a visit that was called off.
pub(super) fn called_off(walked: &Walked) -> Response {
    said(walked, StatusCode::GONE, &walked.words().called_off)
}

/// After too many wrong dates of birth.
pub(super) fn locked(walked: &Walked) -> Response {
    said(walked, StatusCode::LOCKED, &walked.words().locked)
}

fn said(walked: &Walked, status: StatusCode, notice: &'static crate::clinic::wording::Notice) -> Response {
    (status, page(&NoticePage::new(walked.opened.guest.clone(), notice))).into_response()
}

#[derive(Debug, Template)]
#[template(path = "guest/form/help.html")]
struct HelpPage {
    guest: Guest,
    words: &'static FormWords,
    told: String,
    answered: String,
    signs: Vec<String>,
    change: String,
    on_tablet: bool,
}

/// What to do now.
pub(super) fn help(web: &Web, walked: &Walked) -> Response {
    let words = walked.words();
    let at = walked.draft.as_ref().map_or_else(|| walked.opened.now.timestamp(), |draft| draft.changed_at);
    let (day, time) = walked.when(web, at);
    page(&HelpPage {
        guest: walked.opened.guest.clone(),
        words,
        told: filled(&words.emergency.told, &[("time", &time)]),
        answered: filled(&words.emergency.answered, &[("day", &day), ("time", &time)]),
        signs: signs(web, walked),
        change: walked.opened.path("/warning"),
        on_tablet: walked.on_tablet,
    })
}

/// The signs that are asked about first, a line each.
pub(super) fn signs(web: &Web, walked: &Walked) -> Vec<String> {
    let is_spanish = walked.opened.guest.words.is_spanish();
    let ids = red_flags(&web.catalogue).into_iter().flat_map(|flag| &flag.extra_warning_signs);
    let signs = ids.filter_map(|id| web.catalogue.warning_sign(id));
    signs.map(|sign| if is_spanish { sign.text_es.clone() } else { sign.text.clone() }).collect()
}
