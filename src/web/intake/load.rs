//! Opens the intake form: the client, the last answers, and what someone has begun to change.

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Zoned;
use jiff::civil::Date;

use super::view::Last;
use super::{Facts, IntakePage, Outcome, Over, Taken};
use crate::clinic::ids::{ClientId, ClinicId, IntakeId, VisitId};
use crate::clinic::intake::again::Again;
use crate::clinic::intake::check::Asked;
use crate::clinic::intake::own::OwnForms;
use crate::clinic::intake::typed::Typed;
use crate::clinic::intake::{Consent, Intake};
use crate::clinic::wording::Words;
use crate::store::client::Registered;
use crate::store::intake::Given;
use crate::store::intake::draft::{self, Draft};
use crate::store::visit::Appointment;
use crate::store::{self, Db, fresh_uuid};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web, say};

/// `GET /visits/{id}/intake`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn of_visit(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    show(&web, &who, Taken::Visit(read(&id)?)).await
}

/// `GET /clients/{id}/intake`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn of_client(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    show(&web, &who, Taken::Client(read(&id)?)).await
}

/// A link that holds no id leads nowhere, as one that holds a stranger's.
pub(super) fn read<T: std::str::FromStr>(id: &str) -> Result<T, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn show(web: &Web, who: &Who, taken: Taken) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, who).await?;
    let opened = Opened::find(web, &mut db, &here, taken).await?;
    drop(db);
    web.saw(who, "intake_form", opened.client.id).await?;
    let typed = opened.typed(web);
    Ok(page(&opened.page(web, &here, &typed, Outcome::default())))
}

/// What is there before the form is shown or taken.
pub(super) struct Opened {
    pub taken: Taken,
    pub client: Registered,
    pub visit: Option<Appointment>,
    /// The newest first.
    pub history: Vec<Given>,
    /// What the client agrees to now.
    pub consents: Vec<Consent>,
    pub draft: Option<Draft>,
    /// Who changed the draft last.
    pub draft_by: String,
    pub again: Again,
    /// What the clinic asks besides, for this visit.
    pub own: OwnForms,
    pub today: Date,
}

impl Opened {
    /// Everything the form needs of this clinic.
    pub async fn find(web: &Web, db: &mut Db, here: &Here, taken: Taken) -> Result<Self, Error> {
        let visit = match taken {
            Taken::Visit(id) => Some(store::visit::find(db, here.id, id).await?.ok_or(Error::NotFound)?),
            Taken::Client(_) => None,
        };
        let client: ClientId = match (taken, &visit) {
            (Taken::Client(id), _) => id,
            (Taken::Visit(_), Some(visit)) => visit.client,
            (Taken::Visit(_), None) => return Err(Error::NotFound),
        };
        let client = store::client::find(db, here.id, client).await?.ok_or(Error::NotFound)?;
        let Past { history, consents, again, today } = Past::find(web, db, here.id, &here.now, client.id).await?;
        let own = own_forms(db, here.id, visit.as_ref()).await?;
        let of = draft::Of { client: client.id, visit: visit.as_ref().map(|visit| visit.id) };
        let draft = draft::find(db, here.id, of).await?;
        let draft_by = match &draft {
            Some(draft) => {
                let by = draft.changed_by.map_or_else(|| "client".to_owned(), |account| account.to_string());
                name_of(db, here, &by).await?
            }
            None => String::new(),
        };
        Ok(Self { taken, client, visit, history, consents, draft, draft_by, again, own, today })
    }

    /// Whose draft it is.
    pub fn of(&self) -> draft::Of {
        draft::Of { client: self.client.id, visit: self.visit.as_ref().map(|visit| visit.id) }
    }

    /// The language the client reads.
    pub fn lang(&self, here: &Here) -> &'static str {
        Words::for_locale(self.client.client.locale.as_deref(), &here.profile.locale).lang
    }

    /// What a form shown now is filled in over.
    pub fn over(&self) -> Over {
        Over {
            draft: self.draft.as_ref().map_or(0, |draft| draft.version),
            latest: self.history.first().map(|one| one.id),
        }
    }

    /// What the rules check against.
    pub fn asked<'a>(&'a self, web: &'a Web) -> Asked<'a> {
        Asked { form: &web.form, catalogue: &web.catalogue, again: &self.again, own: &self.own, today: self.today }
    }

    /// What stands in the form when it is opened: what was begun, or the last answers with the
    /// consents that count today, or nothing.
    pub fn typed(&self, web: &Web) -> Typed {
        self.draft.as_ref().map_or_else(|| self.last_typed(web), |draft| draft.typed.clone())
    }

    /// The last answers as the form shows them.
    pub fn last_typed(&self, web: &Web) -> Typed {
        last_typed(web, &self.history, &self.consents, &self.again, &self.own)
    }

    /// The page with this typed in.
    pub fn page(&self, web: &Web, here: &Here, typed: &Typed, outcome: Outcome) -> IntakePage {
        let client = &self.client.client;
        let last_name = client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let last = self
            .history
            .first()
            .map(|given| Last::of(&given.answers, say::birthday(day_of(here, given)), &web.catalogue, &self.again));
        let saved = self.draft.as_ref().map(|draft| {
            let at = draft.changed_at.to_zoned(here.profile.zone.rules().clone());
            format!("Saved for later {} by {}", say::moment(&at, &here.now), self.draft_by)
        });
        let facts = Facts {
            taken: self.taken,
            name: format!("{}{last_name}", client.first_name),
            facts: self.facts(here),
            back: self.back(here),
            emergency: here.profile.emergency_number.clone(),
            asked: self.asked(web),
            last,
            untouched: self.draft.is_none(),
            saved: saved.unwrap_or_default(),
            over: self.over(),
            lang: self.lang(here),
            intake: IntakeId::from_uuid(fresh_uuid(here.now.timestamp())),
        };
        IntakePage::of(here.shell(Room::Day), &facts, typed, outcome)
    }

    fn facts(&self, here: &Here) -> Vec<String> {
        let born = self.client.client.born.map_or_else(
            || "Date of birth not known".to_owned(),
            |born| {
                let age = born.until((jiff::Unit::Year, self.today)).map_or(0, |span| span.get_years());
                format!("{age}, born {}", say::birthday(born))
            },
        );
        let visit = self.visit.as_ref().map(|visit| {
            let starts = visit.starts_at.to_zoned(here.profile.zone.rules().clone());
            format!("Visit {}", say::moment(&starts, &here.now))
        });
        std::iter::once(born).chain(visit).collect()
    }

    /// Reception comes from the board, and so does everyone else who takes an intake.
    fn back(&self, here: &Here) -> (String, String) {
        match &self.visit {
            Some(visit) => {
                let day = visit.starts_at.to_zoned(here.profile.zone.rules().clone()).date();
                (format!("/day?on={day}"), "Back to the day".into())
            }
            None => (format!("/clients/{}", self.client.id), "Back to the client".into()),
        }
    }
}

/// What a client said before.
pub(in crate::web) struct Past {
    /// Their intakes, the newest first.
    pub history: Vec<Given>,
    /// What they agree to now.
    pub consents: Vec<Consent>,
    /// What is too old to go by.
    pub again: Again,
    /// The clinic's day.
    pub today: Date,
}

impl Past {
    /// Everything a client of this clinic said until now.
    pub async fn find(web: &Web, db: &mut Db, clinic: ClinicId, now: &Zoned, client: ClientId) -> Result<Self, Error> {
        let history = store::intake::of_client(db, clinic, client).await?;
        let consents = store::consent::of_client(db, clinic, client).await?;
        let today = now.date();
        let day = |given: &Given| given.given_at.to_zoned(now.time_zone().clone()).date();
        let dated: Vec<(Date, Intake)> = history.iter().map(|given| (day(given), given.answers.clone())).collect();
        let again = Again::of(&web.form, &dated, today);
        Ok(Self { history, consents, again, today })
    }

    /// The last answers as a form shows them.
    pub fn typed(&self, web: &Web, own: &OwnForms) -> Typed {
        last_typed(web, &self.history, &self.consents, &self.again, own)
    }
}

/// The last answers with the consents that count today, and what has to be asked again left open.
fn last_typed(web: &Web, history: &[Given], consents: &[Consent], again: &Again, own: &OwnForms) -> Typed {
    let mut typed = medical_typed(web, history, consents, again);
    own.begin(&mut typed);
    typed
}

/// What a clinic asks of its own at this visit, or without one.
pub(in crate::web) async fn own_forms(
    db: &mut Db,
    clinic: ClinicId,
    visit: Option<&Appointment>,
) -> Result<OwnForms, Error> {
    let technique = visit.map(|visit| &visit.treatment.technique);
    let mut own = store::questionnaire::in_use(db, clinic).await?;
    own.0.retain(|one| one.form.is_asked_for(technique));
    Ok(own)
}

fn medical_typed(web: &Web, history: &[Given], consents: &[Consent], again: &Again) -> Typed {
    let Some(last) = history.first() else {
        // Nobody has been asked: every group is open, none is "none of these".
        let mut typed = Typed::default();
        for purpose in consents {
            typed.add("consent", purpose.id());
        }
        return typed;
    };
    let answers = Intake { consents: consents.to_vec(), ..last.answers.clone() };
    Typed::of(&answers, &web.form, again)
}

/// The clinic's day on which an intake was given.
pub(super) fn day_of(here: &Here, given: &Given) -> Date {
    given.given_at.to_zoned(here.profile.zone.rules().clone()).date()
}

/// The name behind "client" or the id of an account.
pub(super) async fn name_of(db: &mut Db, here: &Here, entered_by: &str) -> Result<String, Error> {
    let Ok(id) = entered_by.parse() else { return Ok("the client".into()) };
    let account = store::account::find(db, here.id, id).await?;
    Ok(account.map_or_else(|| "someone who no longer works here".into(), |account| account.name.to_string()))
}

/// The first booked visit of a client from now on, for what a brief is tailored to.
pub(super) async fn next_visit(db: &mut Db, here: &Here, client: ClientId) -> Result<Option<VisitId>, Error> {
    use crate::store::visit::VisitState;
    let now = here.now.timestamp();
    let visits = store::visit::of_client(db, here.id, client).await?;
    let open = visits
        .into_iter()
        .filter(|visit| matches!(visit.state, VisitState::Booked | VisitState::InProgress) && visit.ends_at >= now);
    Ok(open.min_by_key(|visit| visit.starts_at).map(|visit| visit.id))
}
