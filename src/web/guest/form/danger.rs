//! A yes to a sign that needs help now: the client is told what to do at once, and the staff get an alert that
//! somebody has to take. Whatever the client answers next, that stays.

use super::walk::Walked;
use crate::clinic::catalogue::Tier;
use crate::clinic::checkin::Triage;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::alerts::open::{Alarm, alarm};
use crate::web::error::Error;

/// What staff read in the alert.
const TOLD: &str = "In the intake form, before the visit: yes to at least one sign that needs help now.";

/// Tells the staff, in the transaction that keeps the answer.
pub(super) async fn tell(web: &Web, db: &mut Db, walked: &Walked) -> Result<(), Error> {
    let (clinic, client) = (walked.opened.link.clinic, walked.opened.client.id);
    store::outbox::one_at_a_time(db, clinic, client).await?;
    let entry = walked.opened.did("intake.danger", "visit", walked.visit.id.to_string());
    store::audit::record(db, &entry).await?;
    let triage = Triage {
        tier: Tier::Emergency,
        raised: Vec::new(),
        read: None,
        reassure: false,
        hold: true,
        alert: Some(Tier::Emergency),
        urgency: None,
    };
    let visits = [walked.visit.id];
    let told = Alarm { clinic, client, visits: &visits, check_in: None, triage: &triage, told: TOLD, entry: &entry };
    alarm(web.base_url.as_ref(), db, &told).await?;
    Ok(())
}
