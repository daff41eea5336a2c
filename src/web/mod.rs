//! The only HTTP. The whole route table stands here; one file per noun. Handlers load, decide and
//! show; pages are built by pure functions from the rules' values. No SQL, no SMTP.

pub mod account;
mod actor;
pub mod alerts;
pub mod api;
pub mod assets;
mod attempts;
pub mod audit;
pub mod badge;
pub mod because;
pub mod bodymap;
pub mod care;
pub mod catalogue;
pub mod check_in;
pub mod client;
pub mod completion;
mod confirm;
pub mod day;
pub mod delivery;
pub mod demo;
pub mod desk;
mod draft;
pub mod error;
pub mod figure;
pub mod form;
pub mod forms;
pub mod guard;
pub mod guest;
pub mod handout;
pub mod headers;
pub mod health;
mod house;
pub mod intake;
mod invite;
pub mod letters;
pub mod look;
pub mod mailbox;
pub mod measures;
pub mod metrics;
pub mod note;
pub mod outcomes;
pub mod outside;
pub mod pain;
pub mod password;
pub mod passwords;
pub mod people;
pub mod protocol;
pub mod proxy;
mod qr;
pub mod questions;
pub mod replan;
mod routes;
pub mod say;
mod second_step;
pub mod sending;
pub mod serving;
pub mod session;
pub mod settings;
pub mod setup;
pub mod shell;
pub mod sign_in;
pub mod studio;
pub mod tokens;
mod trial;
pub mod two_factor;
pub mod upload;
pub mod visit;
pub mod webhooks;
pub mod welcome;

use std::sync::Arc;

use jiff::{SignedDuration, Zoned};
use tokio::sync::Semaphore;
use url::Url;

use crate::clinic::account::{Action, may};
use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::ClinicId;
use crate::clinic::intake::form::Form;
use crate::clinic::profile::ClinicProfile;
use crate::clock::Clock;
use crate::store::catalogue::newest::Newest;
use crate::store::login::Workplace;
use crate::store::{self, Db, Store};
use actor::Actor;
use error::Error;
use guard::Who;
use letters::Letters;
use metrics::Requests;
use proxy::Proxies;
use sending::{Sending, SendingNow};
use shell::{Room, Shell};

pub use headers::see_other;
pub use house::router;
pub use routes::{api, staff};
pub use serving::serve;

/// What every handler can reach.
#[derive(Clone)]
pub struct Web {
    /// The database.
    pub store: Store,
    /// The clinic's clock.
    pub clock: Clock,
    /// The clinical catalogue that this request goes by.
    pub catalogue: Arc<Catalogue>,
    /// The one that the next request goes by: an admin can publish another while this runs.
    pub newest: Newest,
    /// The intake form.
    pub form: Arc<Form>,
    /// The words of letters.
    pub letters: Letters,
    /// Whether this is the demo, which has a mailbox and one-button sign-in.
    pub demo: bool,
    /// Whether people reach this house over https, so that browsers may be told to insist on it.
    pub https: bool,
    /// The scheme, host and port people reach this house at, when they are known.
    pub origin: Option<String>,
    /// The address that links for clients begin with; without one there are none.
    pub base_url: Option<Url>,
    /// Places for hashing passwords.
    pub hashing: Arc<Semaphore>,
    /// How mail leaves, as far as pages tell.
    pub sending: SendingNow,
    /// How long texts of sent emails are kept, for clinics that say nothing; none: for good.
    pub sent_text: Option<SignedDuration>,
    /// Whose word about where a request came from is believed.
    pub proxies: Proxies,
    /// What this process was asked so far, for `/metrics`; none: nobody asks.
    pub metrics: Option<Requests>,
    /// Whether webhooks may be machines of one's own network, and on plain http.
    pub webhooks_inside: bool,
}

/// The clinic one stands in, at this moment of its clock.
pub(crate) struct Here {
    pub id: ClinicId,
    pub profile: ClinicProfile,
    pub now: Zoned,
    pub who: Who,
    places: Vec<Workplace>,
    signed_off: bool,
    to_do: usize,
    alerts: usize,
    demo: bool,
}

impl Web {
    /// The clinic of this member of staff.
    pub(crate) async fn here(&self, db: &mut Db, who: &Who) -> Result<Here, Error> {
        let (profile, now) = self.place(db, who.clinic).await?;
        let signed_off = store::setting::signed_off(db, self.catalogue.version()).await?.is_some();
        // The demo sends to a mailbox of its own and has its people already.
        let asked = who.may(Action::ManageClinic) && !self.demo;
        let to_do = if asked { welcome::left(self, db, who, signed_off).await? } else { 0 };
        let places = if who.clinics > 1 { store::login::workplaces(db, who.login).await? } else { Vec::new() };
        let alerts = store::alert::count_open(db, who.clinic).await?;
        Ok(Here { id: who.clinic, profile, now, who: who.clone(), places, signed_off, to_do, alerts, demo: self.demo })
    }

    /// A clinic as it is set, and the moment by its clock. What is made with letters from here on knows the newest.
    pub(crate) async fn place(&self, db: &mut Db, clinic: ClinicId) -> Result<(ClinicProfile, Zoned), Error> {
        self.sending.look(db).await?;
        let profile = store::clinic::find(db, clinic).await?.ok_or(Error::NotFound)?;
        letters::learn(db, self.letters.compiled()).await?;
        let now = self.clock.now().to_zoned(profile.zone.rules().clone());
        Ok((profile, now))
    }

    /// What emails are made with, as mail leaves now.
    pub(crate) fn made<'a>(&'a self, sending: &'a Sending) -> completion::Made<'a> {
        completion::Made { catalogue: &self.catalogue, letters: self.letters.compiled(), domain: sending.from.domain() }
    }

    /// Writes down that this person looked at a record. Nothing is shown before that is on disk;
    /// the page itself is read without holding up those who write.
    pub(crate) async fn saw(&self, who: &Who, kind: &str, id: impl ToString) -> Result<(), Error> {
        self.seen_by(&who.actor(), kind, id).await
    }

    /// The same of whoever it is that looked: a person or a program.
    pub(crate) async fn seen_by(&self, actor: &Actor, kind: &str, id: impl ToString) -> Result<(), Error> {
        let mut db = self.store.write().await?;
        store::audit::record(&mut db, &actor.saw(self.clock.now(), kind, id)).await?;
        Ok(db.commit().await?)
    }
}

impl Here {
    /// The name and id of each other clinic of this person where their role may do this.
    pub(crate) fn other_places(&self, action: Action) -> Vec<(String, ClinicId)> {
        let fits = |place: &&Workplace| place.clinic != self.id && may(place.role, action);
        self.places.iter().filter(fits).map(|place| (place.clinic_name.clone(), place.clinic)).collect()
    }

    /// The frame of a page in this room.
    pub(crate) fn shell(&self, room: Room) -> Shell {
        Shell::new(self.profile.name.clone(), &self.now, room, self.demo, self.signed_off)
            .signed_in(&self.who, &self.places)
            .with_to_do(self.to_do)
            .with_alerts(self.alerts)
    }
}
