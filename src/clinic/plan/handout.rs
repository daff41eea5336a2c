//! The printed sheet: everything the emails after a visit would say, said once.

use super::super::brief::{Aftercare, Brief};
use super::super::case::Case;
use super::super::catalogue::Catalogue;
use super::super::protocol::Step;
use super::{Content, LetterId, Says, content};

/// The letter whose blocks the sheet is made of, and what stands in them: what any of the emails
/// after this visit offers, in the order of the catalogue, and all warning signs. Whether emails may
/// be sent does not matter to paper.
#[must_use]
pub fn handout(catalogue: &Catalogue, case: &Case, brief: &Brief) -> (LetterId, Content) {
    let letter = match brief.aftercare {
        Aftercare::Routine => LetterId::SameDay,
        Aftercare::EmergencyOnly => LetterId::EmergencyOnly,
    };
    let mut all = content(catalogue, case, brief, Says::of(LetterId::SameDay));
    // Nobody can press a button on paper; the sheet says whom to call.
    all.check_in = false;
    for step in Step::AFTER {
        let Content { advice, stretches, withheld, .. } =
            content(catalogue, case, brief, Says::of(LetterId::of_step(step)));
        all.advice.extend(advice);
        if all.stretches.is_empty() {
            all.stretches = stretches;
        }
        all.withheld.extend(withheld);
    }
    let offered = std::mem::take(&mut all.advice);
    all.advice = catalogue.advice().iter().map(|item| item.id.clone()).filter(|id| offered.contains(id)).collect();
    all.withheld.sort_by(|a, b| a.id.cmp(&b.id));
    all.withheld.dedup_by(|a, b| a.id == b.id);
    (letter, all)
}
