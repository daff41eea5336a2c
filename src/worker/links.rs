//! The links of one email: written into it now, and kept when it begins.

use jiff::Timestamp;

use super::Worker;
use crate::clinic::link::Purpose;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::LetterId;
use crate::mail::letter::Links;
use crate::store::link::{Minted, NewLink};
use crate::store::outbox::Claimed;

/// The links that this email carries, and the rows to keep with its beginning. Without a public address there
/// are no pages, so there are no links.
pub(super) fn of(
    worker: &Worker,
    email: &Claimed,
    letter: LetterId,
    reply_to: &EmailAddress,
    now: Timestamp,
) -> (Links, Vec<Minted>) {
    let mailbox = Some(reply_to.clone());
    let Some(base_url) = worker.base_url.clone() else { return (Links::by_mail(mailbox), Vec::new()) };
    let mint = |purpose: Purpose| {
        let ends_at = purpose.ends_at(now, email.not_after);
        let link = NewLink { client: email.client, visit: Some(email.visit), purpose, ends_at };
        Minted::new(email.clinic, link, now)
    };
    let check_in = letter.home();
    let check_in = check_in.asks_for_check_in().then(|| mint(Purpose::CheckIn(check_in)));
    let minted = [Purpose::Preferences, Purpose::Stop(email.stream), Purpose::Reread(email.step)].map(mint);
    let [preferences, stop, reread] = minted.each_ref().map(|minted| minted.token().to_owned());
    let links = Links {
        base_url: Some(base_url),
        mailbox,
        check_in: check_in.as_ref().map(|minted| minted.token().to_owned()),
        preferences,
        stop,
        reread,
    };
    (links, minted.into_iter().chain(check_in).collect())
}

/// Links that lead nowhere, for a letter that is never sent.
pub(super) fn for_nobody(worker: &Worker) -> Links {
    let mailbox = Some(worker.sender.reply_to.clone());
    match worker.base_url.clone() {
        Some(base_url) => Links { check_in: None, ..Links::placeholders(Some(base_url), mailbox) },
        None => Links::by_mail(mailbox),
    }
}
