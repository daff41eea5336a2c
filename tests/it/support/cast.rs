//! The cast: Theo treats Cleo in one clinic; Otto is staff of another and must see nothing.

use aftercare::clinic::account::Role;
use aftercare::clinic::body::Region;
use aftercare::clinic::case::{BookedPressure, Client, LastReaction, Treatment};
use aftercare::clinic::ids::{AccountId, ClientId, ClinicId, EmailId, VisitId};
use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::Uncertainty;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::profile::{ClinicProfile, Zone};
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::account::{self, Account};
use aftercare::store::client::Registered;
use aftercare::store::outbox::NewEmail;
use aftercare::store::visit::{Appointment, VisitState};
use aftercare::store::{Db, client, clinic, consent, fresh_uuid, visit};
use jiff::{SignedDuration, Timestamp};

/// Monday morning, an hour before Cleo's visit.
pub fn start() -> Timestamp {
    at("2026-01-05T08:00:00Z")
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// Who and what is there before a test begins.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    pub clinic: ClinicId,
    /// Otto's.
    pub other_clinic: ClinicId,
    pub ada: AccountId,
    pub theo: AccountId,
    pub rosa: AccountId,
    /// Admin of the other clinic: may do everything there and must see nothing here.
    pub otto: AccountId,
    pub cleo: ClientId,
    pub visit: VisitId,
}

impl Cast {
    pub fn fresh() -> Self {
        Self {
            clinic: ClinicId::from_uuid(fresh_uuid(start())),
            other_clinic: ClinicId::from_uuid(fresh_uuid(start())),
            ada: AccountId::from_uuid(fresh_uuid(start())),
            theo: AccountId::from_uuid(fresh_uuid(start())),
            rosa: AccountId::from_uuid(fresh_uuid(start())),
            otto: AccountId::from_uuid(fresh_uuid(start())),
            cleo: ClientId::from_uuid(fresh_uuid(start())),
            visit: VisitId::from_uuid(fresh_uuid(start())),
        }
    }

    /// Two clinics, Theo, Cleo with her consent to aftercare emails, and her visit.
    pub async fn enter(db: &mut Db) -> Self {
        let cast = Self::fresh();
        clinic::insert(db, cast.clinic, &profile(), start()).await.expect("clinic");
        clinic::insert(db, cast.other_clinic, &ClinicProfile::default(), start()).await.expect("clinic");
        account::insert(db, cast.clinic, &cast.theo(), start()).await.expect("account");
        client::insert(db, cast.clinic, &cast.cleo(), start()).await.expect("client");
        consent::set(db, cast.clinic, cast.cleo, change(Consent::AftercareEmail, true, start()))
            .await
            .expect("consent");
        visit::insert(db, cast.clinic, &cast.appointment(), start()).await.expect("visit");
        cast
    }

    pub fn theo(&self) -> Account {
        Account {
            id: self.theo,
            name: "Theo Lind".parse().expect("a name"),
            email: "theo@example.org".parse().expect("an address"),
            role: Role::Therapist,
        }
    }

    /// Everyone else who works here, and Otto with his clinic.
    pub async fn enter_staff(&self, db: &mut Db) {
        if clinic::find(db, self.other_clinic).await.expect("reads").is_none() {
            let elsewhere = ClinicProfile { name: "Otto’s Rooms".into(), ..profile() };
            clinic::insert(db, self.other_clinic, &elsewhere, start()).await.expect("clinic");
        }
        for (clinic, id, name, role) in [
            (self.clinic, self.ada, "Ada", Role::Admin),
            (self.clinic, self.rosa, "Rosa", Role::Reception),
            (self.other_clinic, self.otto, "Otto", Role::Admin),
        ] {
            let account = Account {
                id,
                name: format!("{name} Muster").parse().expect("a name"),
                email: format!("{}@example.org", name.to_lowercase()).parse().expect("an address"),
                role,
            };
            account::insert(db, clinic, &account, start()).await.expect("account");
        }
    }

    /// The clinic and account of a member of staff, by first name.
    pub fn staff(&self, name: &str) -> (ClinicId, AccountId) {
        match name {
            "Ada" => (self.clinic, self.ada),
            "Theo" => (self.clinic, self.theo),
            "Rosa" => (self.clinic, self.rosa),
            "Otto" => (self.other_clinic, self.otto),
            other => panic!("{other} does not work here"),
        }
    }

    pub fn cleo(&self) -> Registered {
        Registered {
            id: self.cleo,
            client: Client {
                first_name: "Cleo".parse().expect("a name"),
                last_name: Some("Okafor".parse().expect("a name")),
                email: Some("Cleo.Okafor@example.org".parse().expect("an address")),
                locale: Some("de".into()),
                born: Some(jiff::civil::date(1988, 2, 29)),
                on_paper: false,
            },
            phone: "01 234".into(),
            synthetic: false,
            version: 1,
        }
    }

    pub fn appointment(&self) -> Appointment {
        Appointment {
            id: self.visit,
            client: self.cleo,
            therapist: Some(self.theo),
            starts_at: start() + minutes(60),
            ends_at: start() + minutes(120),
            state: VisitState::Booked,
            treatment: Treatment {
                technique: "canary_technique".into(),
                pressure: BookedPressure::Light,
                regions: vec![Region::LowerBack, Region::Calf],
                last_reaction: LastReaction::SoreOneTwoDays,
            },
            completed_at: None,
        }
    }

    /// An aftercare email of this step, due at once and of use for a day.
    pub fn email(&self, step: Step) -> NewEmail {
        let id = EmailId::from_uuid(fresh_uuid(start()));
        NewEmail {
            id,
            clinic: self.clinic,
            client: self.cleo,
            visit: self.visit,
            plan: None,
            step,
            stream: Stream::Aftercare,
            letter: LetterId::of_step(step),
            letter_version: 3,
            recipient: "Cleo.Okafor@example.org".parse().expect("an address"),
            locale: "de".into(),
            due: start().to_zoned(profile().zone.rules().clone()),
            not_after: start() + minutes(24 * 60),
            message_id: format!("<{id}@example.org>"),
            on_uncertain: Uncertainty::Resend,
            protocol: 1,
        }
    }
}

pub fn change(purpose: Consent, given: bool, at: Timestamp) -> consent::Change {
    consent::Change { purpose, given, at, wording_version: 2, lang: "en" }
}

pub fn profile() -> ClinicProfile {
    ClinicProfile {
        name: "Lindenhof".into(),
        phone: "030 1234".into(),
        emergency_number: "112".into(),
        address: "Lindenallee 1".into(),
        zone: Zone::named("Europe/Berlin").expect("a zone"),
        ..ClinicProfile::default()
    }
}
