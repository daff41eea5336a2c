//! `/settings/texts`: the medical texts as clients and staff read them, and the clinician who answers for them.
//! Until somebody does, no aftercare email leaves.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::is_admin_everywhere;
use crate::clinic::catalogue::{Catalogue, Tier};
use crate::clinic::fields::FieldErrors;
use crate::clinic::person::PersonName;
use crate::store::setting::SignOff;
use crate::store::{self, Db};
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say, see_other};

/// Who records a signature where there are several clinics.
const SHARED: &str = "All clinics of this system share these texts. Somebody who is an admin of every one of them records the signature here, or whoever runs this system: aftercare catalogue sign-off --by NAME.";

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/texts.html")]
struct TextsPage {
    shell: Shell,
    version: String,
    /// Who answers for this version, and since when.
    signed: Option<String>,
    /// Emails that wait for that, in words; nothing when none does.
    waiting: Option<String>,
    /// Why it is somebody else's to sign, if it is.
    not_yours: Option<&'static str>,
    parts: Vec<Part>,
    /// Label, level, and whether a clinician has to look.
    conditions: Vec<(String, String, bool)>,
    /// What the clinician says.
    promise: String,
    drafts: usize,
    typed: Fields,
    errors: FieldErrors,
}

/// Texts of one kind.
#[derive(Debug)]
struct Part {
    title: &'static str,
    texts: Vec<Text>,
}

/// One text as clients read it.
#[derive(Debug)]
struct Text {
    title: String,
    text: String,
    /// What it is founded on.
    sources: String,
    is_draft: bool,
}

/// `GET /settings/texts`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who) -> Result<TextsPage, Error> {
    let here = web.here(db, who).await?;
    let catalogue = &web.catalogue;
    let signed = store::setting::signed_off(db, catalogue.version()).await?;
    let signed = signed.map(|signed| {
        let at = signed.signed_at.to_zoned(here.now.time_zone().clone());
        format!("{}, {}", signed.signed_by, say::full_day(at.date()))
    });
    let waiting = match signed {
        Some(_) => None,
        None => match store::setting::waits_for_sign_off(db, here.id).await? {
            0 => None,
            1 => Some("1 email waits for it.".to_owned()),
            many => Some(format!("{many} emails wait for it.")),
        },
    };
    let not_yours = (!is_admin_everywhere(db, who).await?).then_some(SHARED);
    let parts = parts(catalogue);
    let conditions: Vec<(String, String, bool)> = catalogue
        .conditions()
        .iter()
        .map(|one| (one.label.clone(), Badge::of_level(one.massage).word, one.needs_review))
        .collect();
    let drafts = parts.iter().flat_map(|part| &part.texts).filter(|text| text.is_draft).count()
        + conditions.iter().filter(|(_, _, is_draft)| *is_draft).count();
    Ok(TextsPage {
        shell: here.shell(Room::Nowhere),
        version: catalogue.version().to_owned(),
        signed,
        waiting,
        not_yours,
        parts,
        conditions,
        promise: format!(
            "This person has read the texts below and takes responsibility for version {}.",
            catalogue.version()
        ),
        drafts,
        typed: Fields::default(),
        errors: FieldErrors::new(),
    })
}

fn parts(catalogue: &Catalogue) -> Vec<Part> {
    let signs = |title, tier: Tier| Part {
        title,
        texts: catalogue
            .warning_signs()
            .iter()
            .filter(|sign| sign.tier == tier && !sign.retired)
            .map(|sign| text(String::new(), sign.text.clone(), &sign.sources, sign.needs_review))
            .collect(),
    };
    let advice = catalogue.advice().iter().filter(|one| !one.retired);
    let stretches = catalogue.stretches().iter().filter(|one| !one.retired);
    vec![
        signs("Warning signs: emergency", Tier::Emergency),
        signs("Warning signs: a doctor the same day", Tier::SameDay),
        signs("Warning signs: call the clinic", Tier::CallClinic),
        signs("What is normal", Tier::Expected),
        Part {
            title: "Advice",
            texts: advice
                .map(|one| text(one.title.clone(), one.text.clone(), &one.sources, one.needs_review))
                .collect(),
        },
        Part {
            title: "Stretches",
            texts: stretches
                .map(|one| {
                    let words = format!("{} {}", one.steps.join(" "), one.dose);
                    text(one.label.clone(), words, &one.sources, one.needs_review)
                })
                .collect(),
        },
    ]
}

fn text(title: String, text: String, sources: &[String], is_draft: bool) -> Text {
    let sources = match sources.len() {
        0 => "Expert opinion".to_owned(),
        many => say::count(many, "source"),
    };
    Text { title, text, sources, is_draft }
}

/// `POST /settings/texts/sign-off`: a named clinician answers for this version.
///
/// # Errors
/// When somebody has before, or the database does not answer.
pub async fn sign_off(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    let name = fields.text("signed_by").parse::<PersonName>();
    let name = errors.check("signed_by", name.map_err(|_| "Write the clinician’s name, on one line."));
    if fields.text("read") != "yes" {
        errors.add("read", "Tick this once that person has read the texts of this version.");
    }
    let version = web.catalogue.version().to_owned();
    if fields.text("version") != version {
        errors.add("version", "The texts changed since you opened this page. Read them again before somebody signs.");
    }
    let mut db = web.store.write().await?;
    if !is_admin_everywhere(&mut db, &who).await? {
        return Err(Error::Refused(SHARED.into()));
    }
    let name = match errors.done(name) {
        Ok(name) => name,
        Err(errors) => {
            let mut shown = load(&web, &mut db, &who).await?;
            (shown.typed, shown.errors) = (fields.without_token(), errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    let now = web.clock.now();
    let signature = SignOff { version: version.clone(), signed_by: name.into(), signed_at: now };
    if !store::setting::sign_off(&mut db, &signature).await? {
        return Err(Error::Refused("Somebody has signed these texts off already. The first name stays.".into()));
    }
    store::audit::record(&mut db, &who.did(now, "catalogue.signed_off", "catalogue", version)).await?;
    db.commit().await?;
    Ok(see_other("/settings/texts"))
}
