//! Every function of the store, on both engines.

mod backup;
mod chain;
mod claim;
mod clients;
mod clinics;
mod intakes;
mod life;
mod moving;
mod notes;
mod nouns;
mod opening;
mod questionnaires;
mod recovery;
mod sealing;
mod stopping;

use aftercare::clinic::ids::EmailId;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::outbox::{self, Begin, ClaimRequest, Claimed, Finish, Finished, Kept, NewEmail, Owner};
use aftercare::store::{Db, audit, email};
use jiff::Timestamp;

use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::seal;

pub const ALL_STREAMS: [Stream; 3] = [Stream::Service, Stream::Aftercare, Stream::Preparation];

/// Claims what is due at `now`, under a lease of one minute.
async fn claim_at(db: &mut Db, owner: &Owner, now: Timestamp) -> Vec<Claimed> {
    let request = ClaimRequest { owner, now, lease_until: now + minutes(1), limit: 100, streams: &ALL_STREAMS };
    outbox::claim(db, &request).await.expect("claims")
}

/// Owes one email of this step and claims it.
async fn claimed(db: &mut Db, cast: &Cast, owner: &Owner, step: Step) -> Claimed {
    claimed_as(db, owner, cast.email(step)).await
}

async fn claimed_as(db: &mut Db, owner: &Owner, email: NewEmail) -> Claimed {
    let id = email.id;
    outbox::insert(db, &[email], start()).await.expect("inserts");
    let mut taken = claim_at(db, owner, start()).await;
    taken.retain(|taken| taken.id == id);
    taken.pop().expect("the email is claimed")
}

fn begin(email: &Claimed) -> Begin {
    Begin {
        id: email.id,
        fence: email.fence,
        content: (!email.has_content).then(|| Kept::of(&seal(), email.id, &b"frozen canary_content".repeat(50), None)),
        links: None,
        at: start(),
    }
}

fn finish(email: &Claimed, outcome: Finished) -> Finish {
    Finish { id: email.id, fence: email.fence, outcome }
}

/// Begins these, one answer each.
async fn begun_all(db: &mut Db, owner: &Owner, begins: &[Begin]) -> Vec<outbox::Begun> {
    let at = begins[0].at;
    let begins = outbox::before_begins(db, begins).await.expect("asks");
    outbox::begin(db, owner, begins, at).await.expect("begins")
}

/// Begins one alone.
async fn begun(db: &mut Db, owner: &Owner, email: &Claimed) -> outbox::Begun {
    begun_all(db, owner, &[begin(email)]).await[0]
}

/// Finishes one alone.
async fn finished(db: &mut Db, owner: &Owner, email: &Claimed, outcome: Finished) {
    outbox::finish(db, owner, &[finish(email, outcome)], start()).await.expect("finishes");
}

async fn found(db: &mut Db, cast: &Cast, id: EmailId) -> email::Email {
    email::find(db, cast.clinic, id).await.expect("reads").expect("is there")
}

async fn state(db: &mut Db, cast: &Cast, id: EmailId) -> State {
    found(db, cast, id).await.state
}

/// The actions in the audit of one email.
async fn deeds(db: &mut Db, cast: &Cast, id: EmailId) -> Vec<String> {
    let entries = audit::of_record(db, cast.clinic, &id.to_string()).await.expect("reads");
    entries.into_iter().map(|entry| entry.action).collect()
}
