//! `/settings/look`: the clinic's colour and its logo. Both are looked at, above a page and above an email, by day and
//! by night, before they count; what was before stays, and one press brings it back.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde::Deserialize;

use super::picture;
use crate::clinic::colour::{Colour, ENOUGH};
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::sample::People;
use crate::clinic::look::{LogoName, Look};
use crate::clinic::plan::{LetterId, Says, content};
use crate::clinic::tailoring::tailor;
use crate::mail::letter::Edition;
use crate::store::look::Version;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::letters::{at_hour, framed};
use crate::web::shell::{Room, Shell};
use crate::web::upload::Upload;
use crate::web::{Here, Web, say, see_other};

/// So many earlier looks are listed.
const MOST_LISTED: u32 = 12;

/// A picture that was handed in and never counted goes after so long, when the next one comes.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/look.html")]
struct LookPage {
    shell: Shell,
    /// The number of the look that counts; 0: the house's.
    version: u32,
    /// The colour as typed.
    colour: String,
    /// What the logo shows, as typed.
    alt: String,
    /// The look that is looked at, or counts.
    look: Look,
    /// Whether it is looked at only.
    is_tried: bool,
    /// Whether its red could be taken for danger.
    is_red: bool,
    /// The nearest colour that would do.
    shade: Option<Colour>,
    /// Where the email is shown, without the words for day or night.
    frame: String,
    earlier: Vec<Line>,
    /// Whether it was saved a moment ago, so that it can be taken back.
    can_undo: bool,
    is_stale: bool,
    errors: FieldErrors,
}

/// One look there was.
#[derive(Debug)]
struct Line {
    number: u32,
    look: Look,
    says: String,
}

/// `?logo=NAME`: with this logo, which was just handed in. `?earlier=3`: one that was before. `?told=4`: after it was
/// saved.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    logo: Option<String>,
    earlier: Option<u32>,
    told: Option<u32>,
}

/// `GET /settings/look`.
///
/// # Errors
/// When there is no such look or logo here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let mut look = here.profile.look.clone();
    if let Some(number) = asked.earlier {
        look = version(&mut db, &here, number).await?;
    }
    if let Some(name) = asked.logo.as_deref() {
        let name: LogoName = name.parse().map_err(|_| Error::NotFound)?;
        let alt = look.logo.map_or_else(|| usual_alt(&here), |logo| logo.alt);
        look.logo = Some(store::look::logo(&mut db, here.id, &name, &alt).await?.ok_or(Error::NotFound)?);
    }
    let is_tried = asked.logo.is_some() || asked.earlier.is_some();
    let mut shown = shown(&mut db, &here, look, is_tried).await?;
    shown.can_undo = asked.told.is_some_and(|told| told == shown.version && told > 0);
    Ok(page(&shown))
}

/// What a logo shows, as long as nobody has said it better.
fn usual_alt(here: &Here) -> String {
    format!("Logo of {}", here.profile.name)
}

/// The look of this number; 0 is the house's.
async fn version(db: &mut Db, here: &Here, number: u32) -> Result<Look, Error> {
    if number == 0 {
        return Ok(Look::default());
    }
    let all = store::look::versions(db, here.id, u32::MAX).await?;
    all.into_iter().find(|one| one.number == number).map(|one| one.look).ok_or(Error::NotFound)
}

async fn shown(db: &mut Db, here: &Here, look: Look, is_tried: bool) -> Result<LookPage, Error> {
    let version = store::look::number(db, here.id).await?;
    let mut earlier = Vec::new();
    for one in store::look::versions(db, here.id, MOST_LISTED).await? {
        if one.number != version {
            earlier.push(line(db, here, one).await?);
        }
    }
    let logo = look.logo.as_ref().map(|logo| logo.name.to_string()).unwrap_or_default();
    let colour = look.colour.map(Colour::digits).unwrap_or_default();
    Ok(LookPage {
        shell: here.shell(Room::Nowhere),
        version,
        colour: look.colour.map(|colour| colour.to_string()).unwrap_or_default(),
        alt: look.logo.as_ref().map(|logo| logo.alt.clone()).unwrap_or_default(),
        is_tried,
        is_red: look.colour.is_some_and(Colour::is_red),
        shade: None,
        frame: format!("/settings/look/html?colour={colour}&logo={logo}"),
        look,
        earlier,
        can_undo: false,
        is_stale: false,
        errors: FieldErrors::new(),
    })
}

async fn line(db: &mut Db, here: &Here, one: Version) -> Result<Line, Error> {
    let name = store::account::find(db, here.id, one.saved_by).await?.map(|account| account.name.to_string());
    let at = say::moment(&one.saved_at.to_zoned(here.now.time_zone().clone()), &here.now);
    Ok(Line {
        number: one.number,
        look: one.look,
        says: format!("{}, {at}", name.unwrap_or_else(|| "Somebody".into())),
    })
}

/// `POST /settings/look`: looks at what was typed, or lets it count; takes the logo away; takes the last change back.
///
/// # Errors
/// When the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let look = match fields.text("do") {
        "undo" => Ok(version(&mut db, &here, over.saturating_sub(1)).await?),
        "take_away" => Ok(Look { logo: None, ..here.profile.look.clone() }),
        _ => typed(&mut db, &here, &fields).await?,
    };
    let look = match look {
        Ok(look) => look,
        Err(wrong) => return again(&mut db, &here, &fields, over, wrong).await,
    };
    if fields.text("do").is_empty() {
        return Ok(page(&shown(&mut db, &here, look, true).await?));
    }
    let now = here.now.timestamp();
    if !store::look::save(&mut db, here.id, &look, over, (who.account, now)).await? {
        let mut shown = shown(&mut db, &here, look, true).await?;
        shown.is_stale = true;
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    store::audit::record(&mut db, &who.did(now, "clinic.changed:look", "clinic", here.id)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/settings/look?told={}", over.saturating_add(1))))
}

/// What is wrong with a look that was typed, and the nearest colour that would do.
struct Wrong {
    errors: FieldErrors,
    shade: Option<Colour>,
}

/// The look as typed.
async fn typed(db: &mut Db, here: &Here, fields: &Fields) -> Result<Result<Look, Wrong>, Error> {
    let mut errors = FieldErrors::new();
    let (mut shade, mut colour) = (None, None);
    // The button with the offered shade comes after what was typed, and is what was meant.
    let written = if fields.has("shade") { fields.text("shade") } else { fields.text("colour").trim() };
    if !written.is_empty() {
        match errors.check("colour", written.parse::<Colour>()) {
            Some(one) if one.carries_white() => colour = Some(one),
            Some(one) => {
                errors.add("colour", too_light(one));
                shade = Some(one.dark_enough());
            }
            None => {}
        }
    }
    let logo = match fields.text("logo") {
        "" => None,
        name => {
            let name: LogoName = name.parse().map_err(|_| Error::NotFound)?;
            let alt = errors.check("alt", alt(fields)).unwrap_or_default();
            Some(store::look::logo(db, here.id, &name, &alt).await?.ok_or(Error::NotFound)?)
        }
    };
    Ok(if errors.is_empty() { Ok(Look { colour, logo }) } else { Err(Wrong { errors, shade }) })
}

fn too_light(colour: Colour) -> String {
    format!(
        "White words on {colour} have a contrast of {}, and need {ENOUGH} to 1 to be read by everybody. The nearest shade that does is {}.",
        colour.contrast_words(Colour::WHITE),
        colour.dark_enough()
    )
}

fn alt(fields: &Fields) -> Result<String, String> {
    match fields.line("alt", "The text", 120)? {
        "" => Err("Say in a few words what the logo shows. It is read to those who do not see it.".into()),
        words => Ok(words.to_owned()),
    }
}

/// The page with what was typed and what is wrong with it.
async fn again(db: &mut Db, here: &Here, fields: &Fields, over: u32, wrong: Wrong) -> Result<Response, Error> {
    let mut look = here.profile.look.clone();
    if let Ok(name) = fields.text("logo").parse() {
        look.logo = store::look::logo(db, here.id, &name, fields.text("alt")).await?;
    }
    let mut again = shown(db, here, look, false).await?;
    (again.version, again.errors, again.shade) = (over, wrong.errors, wrong.shade);
    (again.colour, again.alt) = (fields.text("colour").to_owned(), fields.text("alt").to_owned());
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response())
}

/// `POST /settings/look/logo`: a picture is handed in, made ours, and shown. It does not count yet.
///
/// # Errors
/// When the database does not answer.
pub async fn hand_in(State(web): State<Web>, who: Who, Upload(file): Upload) -> Result<Response, Error> {
    let made = picture::logo_of(file).await?;
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let logo = match made {
        Ok(logo) => logo,
        Err(sentence) => {
            let mut shown = shown(&mut db, &here, here.profile.look.clone(), false).await?;
            shown.errors.add("picture", sentence);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    let now = here.now.timestamp();
    let tried_before = now.saturating_sub(TRIED_FOR).unwrap_or(now);
    store::look::add_logo(&mut db, here.id, &logo, (now, tried_before)).await?;
    store::audit::record(&mut db, &who.did(now, "clinic.logo_handed_in", "clinic", here.id)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/settings/look?logo={}", logo.name)))
}

/// `?colour=0e5a63&logo=NAME&at=night`.
#[derive(Debug, Deserialize)]
pub struct Dressed {
    #[serde(default)]
    colour: String,
    #[serde(default)]
    logo: String,
    #[serde(default)]
    at: String,
}

/// `GET /settings/look/html`: an email with this look, for the frame.
///
/// # Errors
/// When there is no such logo or colour, or the database does not answer.
pub async fn html(State(web): State<Web>, who: Who, Query(dressed): Query<Dressed>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let mut look = Look::default();
    if !dressed.colour.is_empty() {
        look.colour = Some(dressed.colour.parse().map_err(|_| Error::NotFound)?);
    }
    if !dressed.logo.is_empty() {
        let name: LogoName = dressed.logo.parse().map_err(|_| Error::NotFound)?;
        look.logo = store::look::logo(&mut db, here.id, &name, &usual_alt(&here)).await?;
    }
    drop(db);
    let people = People::of(&web.catalogue);
    let mut case = people.iter().next().and_then(|first| people.case(first.id)).ok_or(Error::NotFound)?.clone();
    case.clinic = here.profile.clone();
    case.clinic.look = look;
    let letter = LetterId::DayOne;
    let content = content(&web.catalogue, &case, &tailor(&web.catalogue, &case), Says::of(letter));
    let written = web.letters.preview(&case, (letter, Edition::Newest(here.id)), letter.home(), &content);
    let written = written.ok_or(Error::NotFound)?;
    Ok(framed(&web, at_hour(&written.html, dressed.at == "night")).await)
}
