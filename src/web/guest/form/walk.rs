//! Someone who comes by an intake link: the client, the visit, what they said before, what stands in
//! the form, and whether this browser was let in.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::clinic::intake::check::Asked;
use crate::clinic::intake::guest::Guest as Said;
use crate::clinic::intake::own::OwnForms;
use crate::clinic::intake::topics::{Topic, Walk, red_flags, warned};
use crate::clinic::intake::typed::Typed;
use crate::clinic::wording::FormWords;
use crate::seal::token;
use crate::store::intake::draft::{self, Draft};
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::guest::{Opened, letter_words};
use crate::web::intake::load::{Past, own_forms};

/// The page that says what to do now, below the form's own address.
pub(super) const HELP: &str = "help";

/// What marks a browser as the clinic's own tablet.
const TABLET: &str = "aftercare-tablet";

/// The cookie of a browser that was let in.
const fn pass_name(https: bool) -> &'static str {
    if https { "__Secure-aftercare-form" } else { "aftercare-form" }
}

/// What a browser brings along.
#[derive(Clone, Default)]
pub(super) struct Browser {
    /// Its secret, once it was let in.
    secret: Option<String>,
    /// Whether it was handed over at the desk.
    pub on_tablet: bool,
}

impl Browser {
    /// Of this request.
    pub fn of(web: &Web, headers: &HeaderMap) -> Self {
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut browser = Self::default();
        for (name, value) in pairs.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('=')) {
            if name == pass_name(web.https) && value.len() == 64 {
                browser.secret = Some(value.to_owned());
            }
            browser.on_tablet |= name == TABLET && value == "1";
        }
        browser
    }
}

/// The cookie that lets a browser in, and at this form alone: each link has its own path.
pub(super) fn pass(web: &Web, token: &str, secret: &str) -> HeaderValue {
    cookie(web, pass_name(web.https), token, secret)
}

/// Takes the cookie that let a browser in away again.
pub(super) fn no_pass(web: &Web, token: &str) -> HeaderValue {
    cookie(web, pass_name(web.https), token, "; Max-Age=0")
}

/// The cookie of the clinic's own tablet.
pub(in crate::web) fn tablet(web: &Web, token: &str) -> HeaderValue {
    cookie(web, TABLET, token, "1")
}

fn cookie(web: &Web, name: &str, token: &str, value: &str) -> HeaderValue {
    let secure = if web.https { "; Secure" } else { "" };
    // "Lax": whoever opens the link in their mail again is still let in.
    let text = format!("{name}={value}; Path=/f/{token}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Where someone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is no visit any more.
    CalledOff,
    /// The form was sent.
    Sent(Timestamp),
    /// Too many wrong dates of birth.
    Locked,
    /// Before the question at the door, with so many tries left.
    Outside { left: u32 },
    /// In the form.
    In,
}

/// Someone who came by a link.
pub(super) struct Walked {
    pub opened: Opened,
    pub visit: Appointment,
    pub past: Past,
    /// What the clinic asks besides, for this visit.
    pub own: OwnForms,
    pub draft: Option<Draft>,
    /// What stands in the form: what was begun, or the last answers.
    pub typed: Typed,
    /// What was said besides.
    pub said: Said,
    pub standing: Standing,
    pub on_tablet: bool,
}

impl Walked {
    /// Everything a page of the form needs.
    pub async fn load(web: &Web, db: &mut Db, opened: Opened, browser: &Browser) -> Result<Self, Error> {
        let (clinic, client) = (opened.link.clinic, opened.client.id);
        let visit = opened.link.visit.ok_or(Error::NotFound)?;
        let visit = store::visit::find(db, clinic, visit).await?.ok_or(Error::NotFound)?;
        let past = Past::find(web, db, clinic, &opened.now, client).await?;
        let own = own_forms(db, clinic, Some(&visit)).await?;
        let draft = draft::find(db, clinic, draft::Of { client, visit: Some(visit.id) }).await?;
        let typed = draft.as_ref().map_or_else(|| past.typed(web, &own), |draft| draft.typed.clone());
        let said = draft.as_ref().and_then(|draft| draft.guest.clone()).unwrap_or_else(|| Said {
            // What was agreed to at the desk stands there as a yes; nobody is asked to say no again.
            agreed: past.consents.iter().map(|purpose| (*purpose, true)).collect(),
            ..Said::default()
        });
        let standing = standing(db, &opened, &visit, browser).await?;
        Ok(Self { opened, visit, past, own, draft, typed, said, standing, on_tablet: browser.on_tablet })
    }

    /// What the rules check against.
    pub fn asked<'a>(&'a self, web: &'a Web) -> Asked<'a> {
        Asked {
            form: &web.form,
            catalogue: &web.catalogue,
            again: &self.past.again,
            own: &self.own,
            today: self.past.today,
        }
    }

    /// The way through the form.
    pub fn walk<'a>(&'a self, web: &'a Web) -> Walk<'a> {
        Walk {
            asked: self.asked(web),
            typed: &self.typed,
            guest: &self.said,
            is_returning: !self.past.history.is_empty(),
        }
    }

    /// The page to go on with. A sign that needs help stops everything else.
    pub fn next(&self, web: &Web) -> String {
        if warned(&self.asked(web), &self.typed) == Some(true) {
            return self.opened.path(&format!("/{HELP}"));
        }
        self.page_of(&self.walk(web).resume())
    }

    /// The address of a page.
    pub fn page_of(&self, topic: &Topic) -> String {
        self.opened.path(&format!("/{}", topic.id()))
    }

    /// Whether the catalogue has no signs to ask about first.
    pub fn has_no_warning(&self, web: &Web) -> bool {
        red_flags(&web.catalogue).is_empty()
    }

    /// Whose draft it is.
    pub fn of(&self) -> draft::Of {
        draft::Of { client: self.opened.client.id, visit: Some(self.visit.id) }
    }

    /// The version this form is filled in over.
    pub fn over(&self) -> u32 {
        self.draft.as_ref().map_or(0, |draft| draft.version)
    }

    /// The client's date of birth, as we have it or as they gave it at the door.
    pub fn born(&self) -> Option<Date> {
        self.opened.client.client.born.or(self.said.born)
    }

    /// Whether the client is under 18 on the day of the visit.
    pub fn is_minor(&self) -> bool {
        let day = self.visit.starts_at.to_zoned(self.opened.now.time_zone().clone()).date();
        let latest = day.saturating_sub(jiff::Span::new().years(18));
        self.born().is_some_and(|born| born > latest)
    }

    /// The words of the form, in the language of the page.
    pub fn words(&self) -> &'static FormWords {
        &self.opened.guest.words.form
    }

    /// The client's first name.
    pub fn name(&self) -> String {
        self.opened.client.client.first_name.to_string()
    }

    /// The day the last answers were given, in the language of the page.
    pub fn last_day(&self, web: &Web) -> String {
        self.past.history.first().map_or_else(String::new, |given| self.when(web, given.given_at).0)
    }

    /// The day and time of a moment at the clinic, in the language of the page.
    pub fn when(&self, web: &Web, at: Timestamp) -> (String, String) {
        letter_words(web, self.opened.guest.words)
            .map_or_else(Default::default, |words| words.day_and_time(at, &self.opened.clinic))
    }
}

async fn standing(db: &mut Db, opened: &Opened, visit: &Appointment, browser: &Browser) -> Result<Standing, Error> {
    let (clinic, link) = (opened.link.clinic, opened.link.name.as_str());
    // Sending lets every browser out. Asked in this order, a form that is sent between the two questions is
    // found to be sent; the other way round, whoever pressed twice would stand before the door again.
    let is_in = match &browser.secret {
        Some(secret) => store::form::is_in(db, clinic, link, &token::digest(secret)).await?,
        None => false,
    };
    if let Some(at) = store::form::sent_at(db, clinic, visit.id).await? {
        return Ok(Standing::Sent(at));
    }
    if matches!(visit.state, VisitState::Cancelled | VisitState::NoShow) {
        return Ok(Standing::CalledOff);
    }
    if is_in {
        return Ok(Standing::In);
    }
    Ok(match store::form::tries_left(db, clinic, link).await? {
        0 => Standing::Locked,
        left => Standing::Outside { left },
    })
}
