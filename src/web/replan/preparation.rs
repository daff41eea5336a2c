//! The email before a visit, reckoned anew: it belongs to the first visit of a day.

use jiff::Timestamp;

use super::{Cause, Reckoning, owed_row};
use crate::clinic::plan::revise::{CALLED_OFF, Owed, Revision, revise};
use crate::clinic::plan::since::{Change, What};
use crate::clinic::plan::{self, Plan, change};
use crate::clinic::protocol::Step;
use crate::store::email::Email;
use crate::store::plan::change::plain;
use crate::store::{self, Db};

impl Reckoning<'_> {
    /// The email before the first visit of the day, while that has not begun.
    pub(super) async fn preparation(&self, db: &mut Db) -> store::Result<Vec<Change>> {
        let first = self.filed.series.first();
        if first.completed || first.starts_at <= self.now {
            return Ok(Vec::new());
        }
        for email in self.emails.iter().filter(|email| email.visit != first.id && email.step == Step::Prepare) {
            if owed_row(email).waits() && !store::outbox::go_with(db, self.clinic, email.id, first.id, None).await? {
                store::outbox::call_off(db, self.clinic, email.id, CALLED_OFF[0]).await?;
            }
        }
        let emails = store::email::of_visit(db, self.clinic, first.id).await?;
        let row = emails.iter().find(|email| email.step == Step::Prepare);
        // It may have gone out with a visit of that day which starts later, or was first until now.
        let sent = |email: &&Email| email.step == Step::Prepare && email.sending_at.is_some();
        let row = self.emails.iter().find(sent).or(row).map(owed_row);
        // What waits already keeps the protocol it was planned by; the plan after the visit has one of its own.
        let protocol = match emails.iter().find(|email| email.step == Step::Prepare) {
            Some(row) => store::protocol::version(db, self.clinic, row.protocol).await?,
            None => store::protocol::newest(db, self.clinic).await?,
        };
        let reckon = |not_before: Timestamp| {
            let times = (first.starts_at, not_before);
            let email = plan::preparation(self.made.catalogue, &protocol, &self.case, &self.brief, times);
            let email = email.and_then(|email| change::one(email, &plain(&self.filed.changes), &self.case));
            match email {
                Ok(email) => Plan { emails: vec![email], not_sent: Vec::new() },
                Err(not_sent) => Plan { emails: Vec::new(), not_sent: vec![not_sent] },
            }
        };
        let rows: Vec<Owed> = row.into_iter().collect();
        let revised = revise(&rows, &reckon(Timestamp::MIN), &reckon(self.now), self.now);
        let mut changes = Vec::new();
        for revision in revised {
            self.write(db, &revision, (first.id, None), &protocol, Cause::Act).await?;
            let what = match revision {
                Revision::Change(email) => {
                    What::Moved { from: rows.first().map_or(self.now, |row| row.due_at), to: email.due.timestamp() }
                }
                Revision::Return(email) => What::Sent { at: email.due.timestamp() },
                // It is made by the booking, and nothing is different about it.
                Revision::Owe(_) => continue,
                Revision::CallOff(not_sent) => What::NotSent { reason: not_sent.reason },
            };
            changes.push(Change { step: Step::Prepare, what });
        }
        Ok(changes)
    }
}
