//! Synthetic clients with due emails. They are marked as such in the database, and a database that
//! holds anyone else is refused, so that no measurement ever mails a person.

use jiff::civil::{Time, Weekday};
use jiff::{SignedDuration, Timestamp};

use crate::app::Rules;
use crate::clinic::account::Role;
use crate::clinic::body::Region;
use crate::clinic::case::{BookedPressure, Client, LastReaction, Treatment};
use crate::clinic::ids::{AccountId, ClientId, ClinicId, EmailId, IntakeId, VisitId};
use crate::clinic::intake::{Consent, DailyLoad, Intake, ReportedCondition};
use crate::clinic::letter::Block;
use crate::clinic::outbox::Uncertainty;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::LetterId;
use crate::clinic::profile::{ClinicProfile, SendWindow};
use crate::clinic::protocol::{Step, Stream};
use crate::mail::message::message_id;
use crate::store::account::Account;
use crate::store::audit::Entry;
use crate::store::client::Registered;
use crate::store::intake::Given;
use crate::store::outbox::NewEmail;
use crate::store::setting::SignOff;
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db, Store, consent, fresh_uuid};

/// The domain of synthetic addresses (RFC 2606: nobody has it).
const DOMAIN: &str = "example.test";

/// So many clients share a transaction.
const PORTION: u32 = 2_000;

/// Which letter goes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The one that ships.
    Everything,
    /// A version of the clinic's own without the tips, so that an email is as long as what others are measured with.
    Less,
}

/// Fills the database with `count` clients who each have one email due now.
pub(super) async fn load(
    store: &Store,
    rules: &Rules,
    (count, says): (u32, Says),
    now: Timestamp,
) -> Result<ClinicId, String> {
    store.migrate().await.map_err(|error| error.to_string())?;
    let mut db = store.read().await.map_err(|error| error.to_string())?;
    if store::client::real_ones(&mut db).await.map_err(|error| error.to_string())? > 0 {
        return Err("database.url: this database holds real clients; name an empty one to measure on".into());
    }
    drop(db);
    let clinic = ClinicId::from_uuid(fresh_uuid(now));
    fill(store, rules, clinic, (count, says), now).await.map_err(|error| error.to_string())?;
    Ok(clinic)
}

async fn fill(
    store: &Store,
    rules: &Rules,
    clinic: ClinicId,
    (count, says): (u32, Says),
    now: Timestamp,
) -> store::Result<()> {
    let mut db = store.write().await?;
    store::clinic::insert(&mut db, clinic, &always_open(), now).await?;
    let signature = SignOff {
        version: rules.catalogue.version().to_owned(),
        signed_by: "nobody: synthetic clients only".into(),
        signed_at: now,
    };
    store::setting::sign_off(&mut db, &signature).await?;
    let version = match says {
        Says::Everything => rules.letters.shipped_version("en", LetterId::SameDay),
        Says::Less => say_less(&mut db, rules, clinic, now).await?,
    };
    db.commit().await?;
    for first in (0..count).step_by(usize::try_from(PORTION).unwrap_or(1)) {
        let mut db = store.write().await?;
        let mut emails = Vec::new();
        for number in first..count.min(first.saturating_add(PORTION)) {
            let (client, address) = client(&mut db, clinic, number, now).await?;
            let visit = visit(&mut db, clinic, client, now).await?;
            let email = email(rules, (clinic, client, visit), address, now);
            emails.push(NewEmail { letter_version: version, ..email });
        }
        store::outbox::insert(&mut db, &emails, now).await?;
        db.commit().await?;
    }
    Ok(())
}

/// Publishes a version of the letter that leaves out the tips and what is normal. Returns its number.
async fn say_less(db: &mut Db, rules: &Rules, clinic: ClinicId, now: Timestamp) -> store::Result<u32> {
    let bad = |problem: String| store::Error::Unusable(problem);
    let author = Account {
        id: AccountId::from_uuid(fresh_uuid(now)),
        name: "Measured Author".parse().map_err(bad)?,
        email: format!("author@{DOMAIN}").parse().map_err(bad)?,
        role: Role::Admin,
    };
    store::account::insert(db, clinic, &author, now).await?;
    let english = rules.letters.letters().language("en").ok_or_else(|| bad("there are no English letters".into()))?;
    let mut letter = english.letter(LetterId::SameDay).clone();
    letter.version += 1;
    letter
        .blocks
        .retain(|block| !matches!(block, Block::Advice { .. } | Block::Stretches { .. } | Block::WhatIsNormal { .. }));
    let key = store::letter::Key { clinic, locale: "en", letter: LetterId::SameDay };
    let entry = Entry::system(clinic, now, "letter.published", "clinic", clinic.to_string());
    store::letter::publish(db, key, &letter, "", &entry, author.id).await?;
    Ok(letter.version)
}

fn always_open() -> ClinicProfile {
    let every_day = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let window = SendWindow::new(Time::midnight(), Time::constant(23, 59, 0, 0), &every_day);
    ClinicProfile {
        name: "Measured Clinic".into(),
        phone: "020 7946 0148".into(),
        emergency_number: "999".into(),
        address: "1 Example Street".into(),
        send_window: window.unwrap_or_default(),
        ..ClinicProfile::default()
    }
}

pub(super) async fn client(
    db: &mut Db,
    clinic: ClinicId,
    number: u32,
    now: Timestamp,
) -> store::Result<(ClientId, EmailAddress)> {
    let id = ClientId::from_uuid(fresh_uuid(now));
    let bad = |problem: String| store::Error::Unusable(problem);
    let address: EmailAddress = format!("client-{number}@{DOMAIN}").parse().map_err(bad)?;
    let person = Client {
        first_name: "Sam".parse().map_err(bad)?,
        last_name: Some("Example".parse().map_err(bad)?),
        email: Some(address.clone()),
        locale: None,
        born: None,
        on_paper: false,
    };
    let registered = Registered { id, client: person, phone: String::new(), synthetic: true, version: 1 };
    store::client::insert(db, clinic, &registered, now).await?;
    let answers = Intake {
        conditions: vec![ReportedCondition {
            id: "herniated_disc_history".into(),
            region: Some(Region::LowerBack),
            side: None,
            since: None,
            status: None,
        }],
        daily_load: vec![DailyLoad::DeskWork],
        consents: vec![Consent::AftercareEmail, Consent::CheckInEmail],
        ..Intake::default()
    };
    for purpose in &answers.consents {
        let change = consent::Change { purpose: *purpose, given: true, at: now, wording_version: 1, lang: "en" };
        consent::set(db, clinic, id, change).await?;
    }
    let given = Given {
        id: IntakeId::from_uuid(fresh_uuid(now)),
        client: id,
        given_at: now,
        form_version: 1,
        answers,
        entered_by: "bench".into(),
    };
    store::intake::insert(db, clinic, &given).await?;
    Ok((id, address))
}

async fn visit(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> store::Result<VisitId> {
    let hours = |hours| now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
    let visit = Appointment {
        id: VisitId::from_uuid(fresh_uuid(now)),
        client,
        therapist: None,
        starts_at: hours(4),
        ends_at: hours(3),
        state: VisitState::Completed,
        treatment: Treatment {
            technique: "swedish".into(),
            pressure: BookedPressure::Moderate,
            regions: vec![Region::LowerBack],
            last_reaction: LastReaction::None,
        },
        completed_at: Some(hours(3)),
    };
    store::visit::insert(db, clinic, &visit, now).await?;
    Ok(visit.id)
}

/// One email that is due now.
pub(super) fn email(
    rules: &Rules,
    (clinic, client, visit): (ClinicId, ClientId, VisitId),
    recipient: EmailAddress,
    now: Timestamp,
) -> NewEmail {
    let id = EmailId::from_uuid(fresh_uuid(now));
    let step = Step::SameDay;
    // A minute ago: the window has no last minute of the day, and what was due before it may still leave then.
    let due = now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(now);
    NewEmail {
        id,
        clinic,
        client,
        visit,
        plan: None,
        step,
        stream: Stream::Aftercare,
        letter: LetterId::SameDay,
        letter_version: rules.letters.shipped_version("en", LetterId::SameDay),
        recipient,
        locale: "en".into(),
        due: due.to_zoned(jiff::tz::TimeZone::UTC),
        not_after: now.saturating_add(SignedDuration::from_hours(18)).unwrap_or(now),
        message_id: message_id(&id, DOMAIN),
        on_uncertain: Uncertainty::Resend,
        protocol: 1,
    }
}
