//! The pattern of each letter: the letter as a client who does not exist would get it. Copies of
//! what went out are packed against it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::prepare::{Logos, Wanted};
use super::{Worker, links};
use crate::clinic::body::Region;
use crate::clinic::case::{BookedPressure, Case, Client, LastReaction, Treatment, Visit};
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::intake::{Consent, DailyLoad, Intake};
use crate::clinic::outbox::Uncertainty;
use crate::clinic::plan::LetterId;
use crate::clinic::plan::change::StepChange;
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::{Protocol, Step, Stream};
use crate::store;
use crate::store::outbox::{Claimed, Pattern, keep_patterns};

/// The patterns of a worker's letters, by language and step.
#[derive(Clone, Default)]
pub struct Patterns(Arc<OnceCell<HashMap<(String, Step), Pattern>>>);

impl Patterns {
    /// Writes the pattern of every letter and keeps those the database does not have; once.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn prepare(&self, worker: &Worker) -> store::Result<()> {
        self.0.get_or_try_init(|| kept(worker)).await.map(|_| ())
    }

    /// The pattern of this letter; a copy without one is kept whole.
    pub(super) fn of(&self, locale: &str, step: Step) -> Option<&Pattern> {
        self.0.get()?.get(&(locale.to_owned(), step))
    }
}

async fn kept(worker: &Worker) -> store::Result<HashMap<(String, Step), Pattern>> {
    let mut made = HashMap::new();
    for (locale, _) in worker.letters.letters().languages() {
        for step in Step::ALL {
            made.extend(pattern(worker, locale, step).map(|pattern| ((locale.to_owned(), step), pattern)));
        }
    }
    let mut db = worker.store.write().await?;
    keep_patterns(&mut db, made.values()).await?;
    db.commit().await?;
    Ok(made)
}

/// The letter of this step for nobody; `None` when it cannot be written, which costs only space.
fn pattern(worker: &Worker, locale: &str, step: Step) -> Option<Pattern> {
    let nobody = Claimed {
        id: EmailId::from_uuid(uuid::Uuid::nil()),
        clinic: ClinicId::from_uuid(uuid::Uuid::nil()),
        client: ClientId::from_uuid(uuid::Uuid::nil()),
        visit: VisitId::from_uuid(uuid::Uuid::nil()),
        step,
        stream: Stream::Aftercare,
        letter: LetterId::of_step(step),
        letter_version: 0,
        recipient: "nobody@example.invalid".parse().ok()?,
        locale: locale.to_owned(),
        due_at: Timestamp::UNIX_EPOCH,
        not_after: Timestamp::UNIX_EPOCH,
        attempts: 0,
        resends: 0,
        fence: 0,
        message_id: "<pattern@example.invalid>".into(),
        on_uncertain: Uncertainty::Hold,
        protocol: 1,
        has_content: false,
        waited: false,
    };
    let case = Case {
        clinic: ClinicProfile::default(),
        client: Client {
            first_name: "Nobody".parse().ok()?,
            last_name: None,
            email: Some(nobody.recipient.clone()),
            locale: Some(locale.to_owned()),
            born: None,
            on_paper: false,
        },
        visit: Visit {
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: Timestamp::UNIX_EPOCH,
            treatment: usual(),
            next_visit_at: None,
        },
        intake: Intake {
            daily_load: vec![DailyLoad::DeskWork],
            consents: vec![Consent::AftercareEmail, Consent::CheckInEmail],
            ..Intake::default()
        },
        free_text_read: false,
        is_first_visit: false,
        stopped: Vec::new(),
    };
    // The same tokens at every start: a pattern is kept for good, and a new one would be another.
    let links = links::for_nobody(worker);
    let written = Wanted::now(worker, &nobody, case, StepChange::default(), &Protocol::default())
        .and_then(|wanted| wanted.write_with(worker, &nobody, (nobody.due_at, &Logos::new()), (links, None)));
    match written {
        Ok(message) => message.copy.map(Pattern::of),
        Err(problem) => {
            tracing::warn!(?problem, locale, step = step.id(), "this letter has no pattern; its copies are kept whole");
            None
        }
    }
}

/// What most people come for.
fn usual() -> Treatment {
    Treatment {
        technique: "swedish".into(),
        pressure: BookedPressure::Moderate,
        regions: vec![Region::Neck, Region::Shoulder, Region::UpperBack, Region::LowerBack],
        last_reaction: LastReaction::None,
    }
}
