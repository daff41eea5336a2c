//! What the demo's clients told after their visits: taken by the same code that takes a form.

use jiff::{SignedDuration, Timestamp};

use super::cast::Told;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::checkin::By;
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::protocol::Step;
use crate::store;
use crate::store::audit::Entry;
use crate::web::check_in::take::Asking;
use crate::worker::Worker;

/// Whoever answers does so a while after the email; the newest answer came this long ago.
const AGO: SignedDuration = SignedDuration::from_mins(25);

/// Takes every answer at the time it was given.
pub(super) async fn write(
    worker: &Worker,
    catalogue: &Catalogue,
    clinic: ClinicId,
    told: &[(VisitId, Vec<Told>)],
    start: Timestamp,
) -> store::Result<()> {
    let asking = Asking { catalogue, base_url: worker.base_url.as_ref() };
    let latest = start.saturating_sub(AGO).unwrap_or(start);
    for (visit, all) in told {
        for one in all {
            let mut db = worker.store.write().await?;
            let Some(ready) = asking.ready(&mut db, clinic, *visit, one.step).await? else { continue };
            let at = ready.case.visit.ends_at.saturating_add(after(one.step)).unwrap_or(latest).min(latest);
            let entry = Entry {
                who: ready.client.to_string(),
                role: "client".into(),
                ..Entry::system(clinic, at, "check_in.given", "visit", visit.to_string())
            };
            asking.take(&mut db, &ready, one.answers.clone(), (By::Client, &entry)).await?;
            db.commit().await?;
        }
    }
    Ok(())
}

const fn after(step: Step) -> SignedDuration {
    let days = match step {
        Step::DayThree => 3,
        Step::DaySeven => 7,
        Step::SameDay | Step::DayOne | Step::Prepare | Step::Own(_) => 1,
    };
    SignedDuration::from_hours(24 * days + 2)
}
