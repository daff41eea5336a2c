//! `aftercare bounce < message`: takes in one mail that came back, as a mail server hands it over.

use std::io::Read as _;

use serde_json::json;

use super::setup::ready;
use super::{Common, Stop, print, print_json};
use crate::worker::bounces::{TakenIn, take_in};

/// Longer notices are read up to here: fields and words stand before the returned letter.
const MOST: u64 = 1024 * 1024;

/// `aftercare bounce`. What is no notice of ours is no failure: a mail server would send a notice
/// about the notice.
pub(super) async fn bounce(common: &Common) -> Result<(), Stop> {
    let mut raw = Vec::new();
    std::io::stdin()
        .take(MOST)
        .read_to_end(&mut raw)
        .map_err(|error| Stop::failed(format!("standard input cannot be read ({error})")))?;
    if raw.is_empty() {
        return Err(Stop::wrong("standard input is empty; hand in one mail, such as: aftercare bounce < message.eml"));
    }
    let (store, now) = ready(common).await?;
    let taken = take_in(&store, now, &raw).await.map_err(Stop::failed)?;
    let (id, suppressed, words) = match taken {
        TakenIn::NotOurs => ("not_ours", false, "Not about an email of this installation. Nothing was changed.".into()),
        TakenIn::NoNotice => ("no_notice", false, "No notice of a mail server. Nothing was changed.".into()),
        TakenIn::Known => ("known", false, "Told before. Nothing was changed.".into()),
        TakenIn::Kept { meaning, suppressed } => {
            let then = if suppressed { " The address gets no more mail until staff say so." } else { "" };
            (meaning.id(), suppressed, format!("Kept: {}.{then}", meaning.words()))
        }
    };
    if common.json {
        return print_json(&json!({ "taken_in": id, "suppressed": suppressed }));
    }
    print(&format!("{words}\n"))
}
