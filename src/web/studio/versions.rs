//! `GET /letters/{letter}/{locale}/versions`: what was published, what differs, what waits with which version,
//! and an old version as a new draft.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Desk, language};
use crate::clinic::account::Action;
use crate::clinic::ids::ClinicId;
use crate::clinic::letter::Letter;
use crate::clinic::letter::changes::{Difference, Kind, Words, between};
use crate::store::letter::Version;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "studio/versions.html")]
struct VersionsPage {
    shell: Shell,
    path: String,
    name: &'static str,
    language: String,
    /// The newest first.
    versions: Vec<Row>,
    newest: u32,
    has_draft: bool,
    draft: u32,
    waiting: Vec<Waiting>,
    compared: Option<Compared>,
    /// What other clinics of this person have published of this letter.
    elsewhere: Vec<Elsewhere>,
}

/// The newest version of another clinic.
#[derive(Debug)]
struct Elsewhere {
    clinic: ClinicId,
    name: String,
    number: u32,
}

/// A published version.
#[derive(Debug)]
struct Row {
    number: u32,
    /// "Ada Osei, today 10:41", or that it ships.
    by: String,
    note: String,
    /// The version before it, if it can be compared with one.
    before: Option<u32>,
}

/// Emails that wait with an older version.
#[derive(Debug)]
struct Waiting {
    version: u32,
    /// "12 waiting emails".
    emails: String,
}

/// Two versions beside each other.
#[derive(Debug)]
struct Compared {
    from: u32,
    to: u32,
    parts: Vec<PartView>,
    /// How many wait with the older one, when they can be moved to the newer.
    movable: Option<String>,
}

/// One part that differs.
#[derive(Clone, Debug)]
pub(in crate::web) struct PartView {
    pub place: String,
    pub what: &'static str,
    /// "same", "gone" or "new", and the words.
    pub words: Vec<(&'static str, String)>,
}

impl PartView {
    pub fn of(difference: &Difference) -> Self {
        let words = difference.words.iter().map(|words| match words {
            Words::Same(text) => ("same", text.clone()),
            Words::Gone(text) => ("gone", text.clone()),
            Words::New(text) => ("new", text.clone()),
        });
        Self {
            place: difference.place.clone(),
            what: match difference.kind {
                Kind::Changed => "Changed",
                Kind::Added => "Added",
                Kind::Removed => "Removed",
            },
            words: words.collect(),
        }
    }
}

/// `?from=3&to=4`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    from: Option<u32>,
    to: Option<u32>,
}

/// `GET /letters/{letter}/{locale}/versions`.
///
/// # Errors
/// When there is no such letter or version, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    let waiting = store::letter::waiting(&mut db, desk.key()).await?;
    let newest = desk.current.version;
    let emails = |count: &usize| say::count(*count, "waiting email");
    let compared = match (asked.from, asked.to) {
        (Some(from), Some(to)) => {
            let (old, new) = (desk.version(&web, from), desk.version(&web, to));
            let (old, new) = old.zip(new).ok_or(Error::NotFound)?;
            let movable = waiting.iter().find(|(version, _)| *version == from && to == newest && from != newest);
            Some(Compared {
                from,
                to,
                parts: between(&old, &new).iter().map(PartView::of).collect(),
                movable: movable.map(|(_, count)| emails(count)),
            })
        }
        _ => None,
    };
    let old = waiting.iter().filter(|(version, _)| *version != newest && desk.version(&web, *version).is_some());
    Ok(page(&VersionsPage {
        shell: desk.shelf.here.shell(Room::Letters),
        path: desk.path(),
        name: desk.letter.name(),
        language: language(&desk.locale).to_owned(),
        versions: rows(&web, &desk),
        newest,
        has_draft: desk.draft().is_some(),
        draft: desk.draft().map_or(0, |draft| draft.version),
        waiting: old.map(|(version, count)| Waiting { version: *version, emails: emails(count) }).collect(),
        compared,
        elsewhere: elsewhere(&mut db, &desk).await?,
    }))
}

/// What the other clinics of this person have published of this letter in this language.
async fn elsewhere(db: &mut Db, desk: &Desk) -> Result<Vec<Elsewhere>, Error> {
    let mut found = Vec::new();
    for (name, clinic) in desk.shelf.here.other_places(Action::EditLetters) {
        if let Some(newest) = newest_of(db, clinic, desk).await? {
            found.push(Elsewhere { clinic, name, number: newest.version });
        }
    }
    Ok(found)
}

/// The newest version of this letter that another clinic has published.
async fn newest_of(db: &mut Db, clinic: ClinicId, desk: &Desk) -> Result<Option<Letter>, Error> {
    let versions = store::letter::versions(db, clinic).await?;
    let same = |one: &&Version| one.locale == desk.locale && one.letter.id == desk.letter;
    Ok(versions.iter().rfind(same).map(|version| version.letter.clone()))
}

/// Every version, the newest first; the one that ships is the oldest.
fn rows(web: &Web, desk: &Desk) -> Vec<Row> {
    let shipped = web.letters.compiled().shipped_version(&desk.locale, desk.letter);
    let own: Vec<_> = desk.shelf.own(&desk.locale, desk.letter).collect();
    let mut rows = Vec::new();
    if own.iter().all(|version| version.letter.version != shipped) {
        rows.push(Row { number: shipped, by: "As it ships".into(), note: String::new(), before: None });
    }
    for version in own {
        rows.push(Row {
            number: version.letter.version,
            by: desk.shelf.by_whom(version.by, version.at),
            note: version.note.clone(),
            before: rows.last().map(|row: &Row| row.number),
        });
    }
    rows.reverse();
    rows
}

/// `POST /letters/{letter}/{locale}/versions`: an old version, or another clinic's, as a new draft. A draft that is there can be had back
/// with "Undo".
///
/// # Errors
/// When there is no such version, somebody else saved the draft meanwhile, or the database does not answer.
pub async fn restore(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    let number: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    // As it was here, or as another clinic of this person has it.
    let (old, deed) = match fields.text("clinic") {
        "" => (desk.version(&web, number), "letter.version_restored"),
        id => {
            let mine = desk.shelf.here.other_places(Action::EditLetters);
            let (_, clinic) = mine.into_iter().find(|(_, clinic)| clinic.to_string() == id).ok_or(Error::NotFound)?;
            let newest = newest_of(&mut db, clinic, &desk).await?;
            (newest.filter(|letter| letter.version == number), "letter.taken_over")
        }
    };
    let old = old.ok_or(Error::NotFound)?;
    let now = desk.shelf.here.now.timestamp();
    let before = desk.draft().map(|draft| &draft.letter);
    if store::letter::save_draft(&mut db, desk.key(), (&old, before), over, (who.account, now)).await?.is_none() {
        let sentence = "Somebody else changed the draft of this letter since you opened the page. Open it again.";
        return Err(Error::Refused(sentence.into()));
    }
    let entry = who.did(now, deed, "letter", format!("{}/{number}", desk.record()));
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other(&desk.path()))
}

/// `POST /letters/{letter}/{locale}/waiting`: what waits with an older version gets the newest.
///
/// # Errors
/// When that is not the newest any more, or the database does not answer.
pub async fn move_waiting(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    let number = |name: &str| fields.text(name).parse::<u32>().map_err(|_| Error::BadAddress);
    let (from, to) = (number("from")?, number("to")?);
    if to != desk.current.version || from == to {
        let sentence = format!("Version {to} is not the newest any more. Look at the differences again.");
        return Err(Error::Refused(sentence));
    }
    let entry = who.did(desk.shelf.here.now.timestamp(), "email.letter_moved", "email", "");
    if store::letter::move_waiting(&mut db, desk.key(), (from, to), &entry).await? > 0 {
        db.commit().await?;
    }
    Ok(see_other(&format!("{}/versions", desk.path())))
}
