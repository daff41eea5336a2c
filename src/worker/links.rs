//! The links of one email: written into it now, and kept when it begins.

use jiff::Timestamp;

use super::Worker;
use crate::clinic::link::Purpose;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::LetterId;
use crate::mail::letter::Links;
use crate::store::link::EmailLinks;
use crate::store::outbox::Claimed;

/// The links that this email carries, and the row to keep with its beginning. Without a public address there
/// are no pages, so there are no links.
pub(super) fn of(
    worker: &Worker,
    email: &Claimed,
    letter: LetterId,
    reply_to: &EmailAddress,
    now: Timestamp,
) -> (Links, Option<EmailLinks>) {
    let mailbox = Some(reply_to.clone());
    let Some(base_url) = worker.base_url.clone() else { return (Links::by_mail(mailbox), None) };
    let mut minted = EmailLinks::new(email.id, now);
    let home = letter.home();
    let links = Links {
        base_url: Some(base_url),
        mailbox,
        preferences: minted.mint(Purpose::Preferences),
        stop: minted.mint(Purpose::Stop(email.stream)),
        reread: minted.mint(Purpose::Reread(email.step)),
        check_in: home.asks_for_check_in().then(|| minted.mint(Purpose::CheckIn(home))),
    };
    (links, Some(minted))
}

/// Links that lead nowhere, for a letter that is never sent.
pub(super) fn for_nobody(worker: &Worker) -> Links {
    let mailbox = Some(worker.sender.reply_to.clone());
    match worker.base_url.clone() {
        Some(base_url) => Links { check_in: None, ..Links::placeholders(Some(base_url), mailbox) },
        None => Links::by_mail(mailbox),
    }
}
