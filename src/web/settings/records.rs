//! `/settings/records`: what the public records of the sender's domain say, and what to write where something is
//! missing. The page asks, the worker looks.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;

use crate::clinic::sender_records::{Advice, Look, Records, Verdict, dmarc, dmarc_advice, spf, spf_advice};
use crate::store;
use crate::store::sender_records::Asked;
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::sending::Sending;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say, see_other};

/// An answer that has not come by then does not come.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/records.html")]
struct RecordsPage {
    shell: Shell,
    sending: Sending,
    /// Whether the answer is still to come.
    is_waiting: bool,
    /// Whether nothing took the question up.
    is_lost: bool,
    /// When it was looked up: "today 14:05".
    looked: Option<String>,
    parts: Vec<Part>,
}

/// One kind of record.
#[derive(Debug)]
struct Part {
    title: &'static str,
    /// What it is for, for people who have never heard of it.
    what: &'static str,
    state: Badge,
    says: String,
    advice: Option<Advice>,
}

impl Part {
    fn of(title: &'static str, what: &'static str, look: &Look, verdict: &Verdict, advice: Option<Advice>) -> Self {
        let state = match (look, verdict.is_trouble, &advice) {
            (Look::Unknown(_), ..) => Badge::new("outline", "question", "Not known"),
            (_, true, _) => Badge::new("amber", "triangle", "To mend"),
            (_, false, Some(_)) => Badge::new("amber", "triangle", "Missing"),
            (_, false, None) => Badge::new("plain", "circle-tick", "There"),
        };
        Self { title, what, state, says: format!("{}.", say::capital(&verdict.says)), advice }
    }
}

/// `GET /settings/records`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let asked = store::sender_records::find(&mut db).await?;
    let now = web.clock.system_now();
    let open = asked.as_ref().is_some_and(Asked::is_open);
    let late = asked.as_ref().is_some_and(|asked| now.duration_since(asked.asked_at) >= PATIENCE);
    let found = asked.and_then(|asked| asked.found);
    let zone = here.now.time_zone();
    Ok(page(&RecordsPage {
        shell: here.shell(Room::Nowhere),
        sending: Sending::clone(&web.sending.get()),
        is_waiting: open && !late,
        is_lost: open && late,
        looked: found.as_ref().map(|(_, at)| say::moment(&at.to_zoned(zone.clone()), &now.to_zoned(zone.clone()))),
        parts: found.map(|(records, _)| parts(&records)).unwrap_or_default(),
    }))
}

fn parts(records: &Records) -> Vec<Part> {
    let Records { envelope, sender, spf: of_spf, dmarc: of_dmarc } = records;
    vec![
        Part::of(
            "SPF",
            "Says which servers may send mail for your domain.",
            of_spf,
            &spf(envelope, of_spf),
            spf_advice(envelope, of_spf),
        ),
        Part::of(
            "DMARC",
            "Says what other providers do with mail that only claims to be yours.",
            of_dmarc,
            &dmarc(sender, of_dmarc),
            dmarc_advice(sender, of_dmarc),
        ),
        Part {
            title: "DKIM",
            what: "A signature under each email, which your mail provider makes.",
            state: Badge::new("outline", "question", "Not checked"),
            says:
                "It stands under a name that only your mail provider knows, so it cannot be looked up from here. Ask \
                   them to sign for your domain. A test mail to a mailbox elsewhere shows “dkim=pass” in its headers."
                    .into(),
            advice: None,
        },
    ]
}

/// `POST /settings/records`: asks for a look.
///
/// # Errors
/// When one is under way, or the database does not answer.
pub async fn ask(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let now = web.clock.system_now();
    let asked = store::sender_records::find(&mut db).await?;
    if asked.is_some_and(|asked| asked.is_open() && now.duration_since(asked.asked_at) < PATIENCE) {
        return Err(Error::Refused("A look is under way. Its answer shows up within a minute.".into()));
    }
    store::sender_records::ask(&mut db, now).await?;
    store::audit::record(&mut db, &who.did(web.clock.now(), "mail.records_asked", "clinic", who.clinic)).await?;
    db.commit().await?;
    Ok(see_other("/settings/records"))
}
