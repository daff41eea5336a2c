//! The link to the intake form on its way to the client: with the booking, by hand, and once more the
//! day before while the form is not finished. Each is a notice with a link of its own, since nobody can
//! read a link again once it is made.

use jiff::Timestamp;
use jiff::civil::time;

use crate::clinic::ids::ClinicId;
use crate::clinic::link::{Door, Purpose};
use crate::clinic::notice::{Kind, Notice};
use crate::clinic::outbox::State;
use crate::clinic::person::EmailAddress;
use crate::clinic::profile::ClinicProfile;
use crate::clinic::schedule;
use crate::clinic::wording::{Words, filled};
use crate::store::client::Registered;
use crate::store::intake::Progress;
use crate::store::link::{Minted, NewLink};
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db, fresh_uuid};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::guest::letter_words;

/// When the reminder leaves, the day before.
const NUDGE_AT: jiff::civil::Time = time(9, 0, 0, 0);

/// Why a link or a reminder is not needed any more.
const NOT_NEEDED: &str = "the form is not needed any more";

/// A visit was booked: its client gets the link, where they need it.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn booked(
    web: &Web,
    db: &mut Db,
    clinic: ClinicId,
    visit: &Appointment,
    now: Timestamp,
) -> Result<(), Error> {
    let (profile, client) = whose(db, clinic, visit).await?;
    Invitation { clinic, profile: &profile, client: &client, visit, now }.with_booking(web, db).await
}

/// A visit was moved, called off or taken back: links and reminder follow. `before` is when it began
/// until now.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn changed(
    web: &Web,
    db: &mut Db,
    clinic: ClinicId,
    (visit, before): (&Appointment, Timestamp),
    now: Timestamp,
) -> Result<(), Error> {
    let (profile, client) = whose(db, clinic, visit).await?;
    Invitation { clinic, profile: &profile, client: &client, visit, now }.follow(web, db, before).await
}

/// The clinic sends at other hours, or has another clock: a reminder that waits goes by them.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn hours_changed(
    web: &Web,
    db: &mut Db,
    clinic: ClinicId,
    visit: &Appointment,
    now: Timestamp,
) -> Result<(), Error> {
    // Whatever the moment was before: it counts as another one, so that the reminder is reckoned anew.
    changed(web, db, clinic, (visit, Timestamp::MIN), now).await
}

/// There are answers for this visit: what still waits is called off.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn answered(
    db: &mut Db,
    clinic: ClinicId,
    visit: &Appointment,
    now: Timestamp,
) -> Result<(), Error> {
    let (profile, client) = whose(db, clinic, visit).await?;
    Invitation { clinic, profile: &profile, client: &client, visit, now }.done(db).await
}

async fn whose(db: &mut Db, clinic: ClinicId, visit: &Appointment) -> Result<(ClinicProfile, Registered), Error> {
    let profile = store::clinic::find(db, clinic).await?.ok_or(Error::NotFound)?;
    let client = store::client::find(db, clinic, visit.client).await?.ok_or(Error::NotFound)?;
    Ok((profile, client))
}

/// The intake form of one visit.
pub(in crate::web) struct Invitation<'a> {
    pub clinic: ClinicId,
    pub profile: &'a ClinicProfile,
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

    /// Sends the link with a booking, and the reminder the day before: to clients with an address whose
    /// answers are missing or from before their last visit.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn with_booking(&self, web: &Web, db: &mut Db) -> Result<(), Error> {
        if web.base_url.is_none() || self.visit.ends_at <= self.now || !self.is_needed(db).await? {
            return Ok(());
        }
        let Some(to) = &self.client.client.email else { return Ok(()) };
        self.owe(web, db, to, (Kind::IntakeLink, self.visit.id.to_string(), self.now)).await?;
        self.owe_nudge(web, db, to).await
    }

    /// Sends the link once more, because somebody asked for it. `false` when there is no way to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn by_hand(&self, web: &Web, db: &mut Db) -> Result<bool, Error> {
        let Some(to) = self.client.client.email.as_ref().filter(|_| web.base_url.is_some()) else { return Ok(false) };
        let cause = format!("{}/{}", self.visit.id, fresh_uuid(self.now));
        self.owe(web, db, to, (Kind::IntakeLink, cause, self.now)).await?;
        Ok(true)
    }

    /// Lets links and reminder follow a visit that was moved, called off or taken back. `before` is when
    /// it began until now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn follow(&self, web: &Web, db: &mut Db, before: Timestamp) -> Result<(), Error> {
        store::form::follow(db, self.clinic, self.visit.id, self.visit.ends_at).await?;
        let is_off = matches!(self.visit.state, VisitState::Cancelled | VisitState::NoShow);
        if is_off || before != self.visit.starts_at {
            self.call_off(db, Kind::IntakeNudge).await?;
        }
        if is_off {
            return self.call_off(db, Kind::IntakeLink).await;
        }
        match self.client.client.email.as_ref().filter(|_| web.base_url.is_some()) {
            Some(to) if self.is_needed(db).await? => {
                // A link that was called off before it left has to leave after all.
                let links = self.owed(db, Kind::IntakeLink).await?;
                if !links.is_empty() && links.iter().all(|(_, state)| *state == State::Cancelled) {
                    let cause = format!("{}/{}", self.visit.id, links.len());
                    self.owe(web, db, to, (Kind::IntakeLink, cause, self.now)).await?;
                }
                self.owe_nudge(web, db, to).await
            }
            _ => Ok(()),
        }
    }

    /// Calls off what still waits, once there are answers.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn done(&self, db: &mut Db) -> Result<(), Error> {
        self.call_off(db, Kind::IntakeNudge).await?;
        self.call_off(db, Kind::IntakeLink).await
    }

    async fn call_off(&self, db: &mut Db, kind: Kind) -> Result<(), Error> {
        for (cause, _) in self.owed(db, kind).await?.iter().filter(|(_, state)| *state == State::Scheduled) {
            store::notice::call_off(db, self.clinic, kind, cause, (NOT_NEEDED, self.now)).await?;
        }
        Ok(())
    }

    /// The links or reminders of this visit so far.
    async fn owed(&self, db: &mut Db, kind: Kind) -> Result<Vec<(String, State)>, Error> {
        Ok(store::notice::about(db, self.clinic, kind, &self.visit.id.to_string()).await?)
    }

    async fn is_needed(&self, db: &mut Db) -> Result<bool, Error> {
        let progress = store::intake::progress(db, self.clinic, &[self.visit.id]).await?;
        Ok(progress.get(&self.visit.id) != Some(&Progress::Done))
    }

    /// One reminder a visit, however often it is moved, called off and taken back: another is owed only
    /// while every one before was called off unsent.
    async fn owe_nudge(&self, web: &Web, db: &mut Db, to: &EmailAddress) -> Result<(), Error> {
        let before = self.owed(db, Kind::IntakeNudge).await?;
        if before.iter().any(|(_, state)| *state != State::Cancelled) {
            return Ok(());
        }
        let starts = self.visit.starts_at.to_zoned(self.profile.zone.rules().clone());
        let window = &self.profile.send_window;
        // The day before, or the last day before it on which emails may leave.
        let days = (1..=7).map(|days| schedule::days_after(starts.date(), -days));
        let Some(day) = days.into_iter().find(|day| window.opens_on(*day)) else { return Ok(()) };
        let due = schedule::at(&self.profile.zone, day, NUDGE_AT).timestamp();
        // A link that leaves with a booking of the last moment needs no reminder.
        if due <= self.now {
            return Ok(());
        }
        let cause = format!("{}/{}", self.visit.id, before.len());
        self.owe(web, db, to, (Kind::IntakeNudge, cause, due)).await
    }

    async fn owe(
        &self,
        web: &Web,
        db: &mut Db,
        to: &EmailAddress,
        (kind, cause, due_at): (Kind, String, Timestamp),
    ) -> Result<(), Error> {
        let minted = Minted::new(self.clinic, self.new_link(), self.now);
        let Some(address) = self.address(web, minted.token()) else { return Ok(()) };
        let (subject, text) = self.words(web, kind, &address);
        let notice = Notice {
            clinic: self.clinic,
            client: Some(self.client.id),
            kind,
            cause,
            to: to.clone(),
            subject,
            text,
            html: None,
            due_at,
            not_after: self.visit.starts_at,
        };
        // Of each cause one is owed: another link would open nothing that anybody was sent.
        if store::notice::put(db, &notice).await? {
            store::link::keep_all(db, &[minted]).await?;
        }
        Ok(())
    }

    fn words(&self, web: &Web, kind: Kind, address: &str) -> (String, String) {
        let words = Words::for_locale(self.client.client.locale.as_deref(), &self.profile.locale);
        let mail = &words.form.mail;
        let (day, time) = letter_words(web, words)
            .map_or_else(Default::default, |letter| letter.day_and_time(self.visit.starts_at, self.profile));
        let name = self.client.client.first_name.to_string();
        let fields = [("name", name.as_str()), ("day", day.as_str()), ("time", time.as_str())];
        let (subject, text) = match kind {
            Kind::IntakeNudge => (&mail.nudge_subject, &mail.nudge_text),
            _ => (&mail.subject, &mail.text),
        };
        let questions = if self.profile.phone.trim().is_empty() {
            words.common.questions_by_reply.clone()
        } else {
            filled(&words.common.questions_by_phone, &[("phone", self.profile.phone.trim())])
        };
        let parts = [
            filled(&mail.hello, &fields),
            filled(text, &fields),
            format!("{}\n{address}", mail.link),
            mail.private.clone(),
            questions,
            self.profile.name.clone(),
        ];
        (filled(subject, &fields), parts.join("\n\n"))
    }
}
