//! What changed since a plan was made, in words.

use jiff::{Timestamp, Zoned};

use super::open::title;
use crate::clinic::catalogue::{Catalogue, SignId};
use crate::clinic::plan::LetterId;
use crate::clinic::plan::since::{Change, What};
use crate::web::{because, say};

/// Each change: which email, and a sentence.
#[must_use]
pub fn told(changes: &[Change], catalogue: &Catalogue, now: &Zoned) -> Vec<(String, String)> {
    changes.iter().map(|change| (change.step.name().to_owned(), sentence(&change.what, catalogue, now))).collect()
}

fn sentence(what: &What, catalogue: &Catalogue, now: &Zoned) -> String {
    let when = |at: &Timestamp| say::moment(&at.to_zoned(now.time_zone().clone()), now);
    let sign = |id: &str| {
        let sign = catalogue.warning_sign(&SignId::from(id));
        sign.map_or_else(|| id.to_owned(), |sign| sign.text.trim_end_matches('.').to_owned())
    };
    match what {
        What::Moved { from, to } => format!("Goes {}, not {}", when(to), when(from)),
        What::NotSent { reason } => format!("Does not go out, because {}", say::small(reason)),
        What::Sent { at } => format!("Goes out {}", when(at)),
        What::Letter(LetterId::EmergencyOnly) => {
            "Carries the urgent signs and the clinic’s contact alone, until a doctor’s word is recorded".into()
        }
        What::Letter(_) => "Is the usual letter again".into(),
        What::Offered(id) => format!("Offers {}", title(id, catalogue)),
        What::Withheld { id, because } if because.is_empty() => {
            format!("Leaves out {}, which has no place in it", title(id, catalogue))
        }
        What::Withheld { id, because } => {
            format!("Leaves out {}, because {}", title(id, catalogue), because::line(because))
        }
        What::Sign(id) => format!("Warns of: {}", sign(id)),
        What::NoSign(id) => format!("No longer warns of: {}", sign(id)),
    }
}
