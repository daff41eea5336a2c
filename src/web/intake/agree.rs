//! What changed in what a client agrees to, kept with the words that were shown; and the mail that is no
//! longer agreed to is called off.

use jiff::Timestamp;

use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::intake::Consent;
use crate::clinic::protocol::Stream;
use crate::store::audit::Entry;
use crate::store::consent::Change;
use crate::store::{self, Db, outbox};
use crate::web::Web;
use crate::web::error::Error;

/// Whose consents change, from what to what, and when.
pub(in crate::web) struct Agreement<'a> {
    pub clinic: ClinicId,
    pub client: ClientId,
    pub had: &'a [Consent],
    pub given: &'a [Consent],
    /// The language they were read in.
    pub lang: &'a str,
    pub now: Timestamp,
}

/// Keeps what changed. `did` makes the entry of the audit for a deed done to the client.
pub(in crate::web) async fn agree(
    web: &Web,
    db: &mut Db,
    agreement: &Agreement<'_>,
    did: &(dyn Fn(&str) -> Entry + Sync),
) -> Result<(), Error> {
    let Agreement { clinic, client, had, given, lang, now } = *agreement;
    let before = store::consent::history(db, clinic, client).await?;
    for wording in web.form.wordings() {
        let purpose = wording.purpose;
        let (was, given) = (had.contains(&purpose), given.contains(&purpose));
        let last = before.iter().rev().find(|change| change.purpose == purpose).map(|change| change.wording_version);
        if was == given && (!given || last.is_some_and(|last| last >= wording.version)) {
            continue;
        }
        let shown = wording.in_language(lang);
        store::consent::keep_words(db, clinic, purpose, shown).await?;
        let change = Change { purpose, given, at: now, wording_version: shown.version, lang: shown.lang };
        store::consent::set(db, clinic, client, change).await?;
        let deed = if given { "consent.given" } else { "consent.withdrawn" };
        store::audit::record(db, &did(&format!("{deed}.{}", purpose.id()))).await?;
        if !given && purpose == Consent::AftercareEmail {
            let streams = [Stream::Aftercare, Stream::Preparation];
            let reason = "the client no longer wants these emails";
            outbox::cancel_waiting(db, clinic, client, &streams, reason, now).await?;
        }
    }
    Ok(())
}
