//! What was typed when the session ended. It travels through the sign-in page as one sealed field,
//! since whoever stands at the screen then may be somebody else, and is handed back to the same
//! person only.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::form::Fields;
use super::outside::Outside;
use crate::clinic::ids::AccountId;
use crate::seal::token;
use crate::store::Db;

/// Longer drafts are not carried along; the browser still has them behind its back button.
const MOST_BYTES: usize = 600 * 1024;

const CONTEXT: &str = "draft of a lost session";

/// One form that came too late.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Draft {
    /// Whose.
    pub account: AccountId,
    /// Where it was going.
    path: String,
    fields: Vec<(String, String)>,
}

impl Draft {
    /// The draft of a form, unless it is none to keep: passwords are typed again.
    pub(super) fn of(account: AccountId, path: &str, fields: Fields) -> Option<Self> {
        let fields = fields.without_token();
        let secret = fields.iter().any(|(name, _)| name.contains("password")) || path == "/sign-out";
        let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| (name.into(), value.into())).collect();
        (!secret && !fields.is_empty()).then(|| Self { account, path: path.into(), fields })
    }

    /// As one field of a form; nothing when it is too long.
    pub(super) fn sealed(&self, db: &Db) -> Option<String> {
        let plain = serde_json::to_vec(self).ok().filter(|plain| plain.len() <= MOST_BYTES)?;
        Some(token::hex(&db.seal().seal(CONTEXT, &plain)))
    }

    /// Opened again; nothing when the field is no draft of ours.
    pub(super) fn open(db: &Db, sealed: &str) -> Option<Self> {
        let plain = db.seal().open(CONTEXT, &token::unhex(sealed)?).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// The page that hands it back, with one button.
#[derive(Debug, Template)]
#[template(path = "sign_in/draft.html")]
pub(super) struct DraftPage {
    outside: Outside,
    name: String,
    path: String,
    csrf: String,
    fields: Vec<(String, String)>,
}

impl DraftPage {
    /// The page for the session with this token.
    pub(super) fn of(draft: Draft, csrf: String, name: String) -> Self {
        Self { outside: Outside::new(), name, path: draft.path, csrf, fields: draft.fields }
    }
}

/// The draft of a form, sealed; empty when there is nothing to keep.
pub(super) async fn keep(web: &super::Web, account: AccountId, path: &str, fields: Fields) -> Result<String, Error> {
    let Some(draft) = Draft::of(account, path, fields) else { return Ok(String::new()) };
    let db = web.store.read().await?;
    Ok(draft.sealed(&db).unwrap_or_default())
}
