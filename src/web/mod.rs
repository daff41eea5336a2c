//! The only HTTP. The whole route table stands here; one file per noun. Handlers load, decide and
//! show; pages are built by pure functions from the rules' values. No SQL, no SMTP.

pub mod assets;
pub mod badge;
pub mod because;
pub mod bodymap;
pub mod completion;
pub mod day;
pub mod demo;
pub mod error;
pub mod figure;
pub mod headers;
pub mod health;
pub mod letters;
pub mod mailbox;
pub mod say;
pub mod serving;
pub mod shell;
pub mod visit;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::get;
use jiff::Zoned;

use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::ClinicId;
use crate::clinic::profile::ClinicProfile;
use crate::clock::Clock;
use crate::store::{self, Db, Store};
use error::Error;
use letters::Letters;
use shell::{Room, Shell};

pub use serving::serve;

/// What every handler can reach.
#[derive(Clone)]
pub struct Web {
    /// The database.
    pub store: Store,
    /// The clinic's clock.
    pub clock: Clock,
    /// The clinical catalogue.
    pub catalogue: Arc<Catalogue>,
    /// The words of letters.
    pub letters: Letters,
    /// Whether this is the demo. Nobody signs in yet, so pages about people exist only there.
    pub demo: bool,
    /// Whether people reach this house over https, so that browsers may be told to insist on it.
    pub https: bool,
}

/// The route table.
pub fn router(web: Web) -> Router {
    let everywhere = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/favicon.ico", get(assets::favicon))
        .route("/static/{edition}/{*name}", get(assets::file));
    let staff = Router::new()
        .route("/", get(|| async { Redirect::to("/day") }))
        .route("/day", get(day::load::show))
        .route("/visits/{id}", get(visit::load::show))
        .route("/visits/{id}/emails/{step}", get(visit::load::email))
        .route("/visits/{id}/emails/{step}/html", get(visit::load::email_html))
        .route("/mailbox", get(mailbox::load::list))
        .route("/mailbox/{id}", get(mailbox::load::one))
        .route("/mailbox/{id}/html", get(mailbox::load::html))
        .route("/demo", get(demo::load::show));
    let routes = if web.demo { everywhere.merge(staff) } else { everywhere };
    let secure = from_fn_with_state(web.clone(), headers::secure);
    routes.fallback(|| async { Error::NotFound }).layer(secure).with_state(web)
}

/// The clinic one stands in, at this moment of its clock.
pub(crate) struct Here {
    pub id: ClinicId,
    pub profile: ClinicProfile,
    pub now: Zoned,
    signed_off: bool,
    demo: bool,
}

impl Web {
    /// The first clinic: the demo has one, and sign-in will say which later.
    pub(crate) async fn here(&self, db: &mut Db) -> Result<Here, Error> {
        let (id, profile) = store::clinic::all(db).await?.into_iter().next().ok_or(Error::NotFound)?;
        let now = self.clock.now().to_zoned(profile.zone.rules().clone());
        let signed_off = store::setting::signed_off(db, self.catalogue.version()).await?.is_some();
        Ok(Here { id, profile, now, signed_off, demo: self.demo })
    }
}

impl Here {
    /// The frame of a page in this room.
    pub(crate) fn shell(&self, room: Room) -> Shell {
        Shell::new(self.profile.name.clone(), &self.now, room, self.demo, self.signed_off)
    }
}
