//! Forms of pages, filled in and sent as a browser would.

use axum::http::StatusCode;

use super::browser::{Answer, Browser};
use crate::bad_input::forms;

/// Names and values, in their order.
pub type Fields = Vec<(String, String)>;

/// The fields of the form with this action on this page.
pub async fn form(browser: &mut Browser, path: &str, action: &str) -> Fields {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    of(&page.body, action)
}

/// The same of a page that one has.
pub fn of(page: &str, action: &str) -> Fields {
    let form = forms(page).into_iter().find(|form| form.action == action);
    let form = form.unwrap_or_else(|| panic!("no form {action}: {page}"));
    form.fields.into_iter().map(|(name, value, _)| (name, value)).collect()
}

/// Gives a field this value alone; an empty one is not sent, as a box without its tick.
pub fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.retain(|(known, _)| known != name);
    if !value.is_empty() {
        fields.push((name.into(), value.into()));
    }
}

/// Sends them.
pub async fn send(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}
