//! Links to the intake form of a visit. Each way to the client has a link of its own, since nobody can read
//! a link again once it is made.

use jiff::Timestamp;

use crate::clinic::ids::ClinicId;
use crate::clinic::link::{Door, Purpose};
use crate::store::client::Registered;
use crate::store::link::NewLink;
use crate::store::visit::Appointment;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// The intake form of one visit.
pub(in crate::web) struct Invitation<'a> {
    pub clinic: ClinicId,
    pub client: &'a Registered,
    pub visit: &'a Appointment,
    pub now: Timestamp,
}

impl Invitation<'_> {
    /// A new link to the form, with its address.
    ///
    /// # Errors
    /// When links cannot work here, the visit is over, or the database refuses.
    pub async fn link(&self, web: &Web, db: &mut Db) -> Result<String, Error> {
        let token = self.token(db).await?;
        self.address(web, &token).ok_or_else(|| {
            Error::Refused("Links cannot work before the clinic’s own web address is set. Ask your admin.".into())
        })
    }

    /// A new link's token.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn token(&self, db: &mut Db) -> Result<String, Error> {
        Ok(store::link::keep(db, self.clinic, self.new_link(), self.now).await?)
    }

    fn new_link(&self) -> NewLink {
        let (client, ends_at) = (self.client.id, self.visit.ends_at);
        NewLink { client, visit: Some(self.visit.id), purpose: Purpose::Intake, ends_at }
    }

    fn address(&self, web: &Web, token: &str) -> Option<String> {
        Some(Door::Form.address(web.base_url.as_ref()?.as_str(), token))
    }
}
