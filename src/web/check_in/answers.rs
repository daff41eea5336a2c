//! From the fields of a form to answers. Nothing that was ticked is dropped, and nothing that is wrong
//! with one field keeps a warning from getting through: what cannot be read counts as left blank.

use crate::clinic::body::Pain;
use crate::clinic::catalogue::{Catalogue, SignId};
use crate::clinic::checkin::{Activity, Answers, Change, Compared, Missing, Triage, Urgency};
use crate::clinic::fields::FieldErrors;
use crate::clinic::person::is_unprintable;
use crate::clinic::wording::Checkin;
use crate::web::form::Fields;

/// So many characters of free text are kept.
pub const MOST_WORDS: usize = 2000;

/// So many characters of an activity's name.
const MOST_NAME: usize = 120;

/// So many activities are asked about.
pub const ACTIVITIES: usize = 3;

/// More signs than anybody is asked about.
const MOST_SIGNS: usize = 100;

/// The answers of a form.
#[must_use]
pub fn read(fields: &Fields, catalogue: &Catalogue) -> Answers {
    let mut signs: Vec<SignId> = Vec::new();
    for id in fields.all("sign").into_iter().filter(|id| is_an_id(id)).take(MOST_SIGNS) {
        let sign = SignId::from(id);
        // One that an older page asked about counts too; triage takes what it does not know seriously.
        if !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    signs.sort_by_key(|sign| catalogue.warning_sign(sign).map(|known| known.tier));
    Answers {
        pain: pain(fields.text("pain")),
        compared: Compared::of(fields.text("compared")),
        too_strong: match fields.text("pressure") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        none_of_these: fields.has("none") && signs.is_empty(),
        signs,
        urgency: Urgency::of(fields.text("urgency")),
        words: words(fields.text("words"), MOST_WORDS),
        activities: (1..=ACTIVITIES).filter_map(|number| activity(fields, number)).collect(),
        change: fields.text("change").parse::<i8>().ok().and_then(|score| Change::try_from(score).ok()),
    }
}

fn is_an_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 60
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn pain(text: &str) -> Option<Pain> {
    text.parse::<i64>().ok().and_then(|score| Pain::try_from(score).ok())
}

/// Free text without what cannot be shown, cut to size. The page lets nobody type more.
fn words(text: &str, most: usize) -> String {
    let plain = text.replace("\r\n", "\n");
    plain.trim().chars().filter(|c| *c == '\n' || !is_unprintable(*c)).take(most).collect()
}

fn activity(fields: &Fields, number: usize) -> Option<Activity> {
    let name = words(fields.text(&format!("activity_{number}")), MOST_NAME).replace('\n', " ");
    let score = pain(fields.text(&format!("score_{number}")))?;
    (!name.is_empty()).then_some(Activity { name, score })
}

/// What is missing, a sentence by its field. Empty for answers that give alarm.
#[must_use]
pub fn missing(answers: &Answers, triage: &Triage, words: &Checkin) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for one in answers.missing(triage) {
        match one {
            Missing::Pain => errors.add("pain", words.missing_pain.as_str()),
            Missing::Compared => errors.add("compared", words.missing_compared.as_str()),
            Missing::Signs => errors.add("signs", words.missing_signs.as_str()),
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Answers {
        read(&Fields::parse(body.as_bytes()), &Catalogue::shipped().expect("the shipped catalogue"))
    }

    #[test]
    fn a_form_becomes_answers_and_nonsense_is_blank() {
        let answers = of("pain=6&compared=worse&pressure=yes&sign=new_swelling&sign=saddle_numbness&sign=new_swelling\
                          &none=1&urgency=today&words=%20sore%0D%0Aand%00stiff%20&activity_1=Lifting&score_1=4&activity_2=\
                          &score_2=3&activity_3=Sleep&change=-2");
        assert_eq!(answers.pain.map(Pain::score), Some(6));
        assert_eq!(answers.signs.iter().map(SignId::as_str).collect::<Vec<_>>(), ["saddle_numbness", "new_swelling"]);
        assert!(!answers.none_of_these, "a sign counts more than “none of these”");
        assert_eq!((answers.words.as_str(), answers.activities.len()), ("sore\nandstiff", 1));
        assert_eq!((answers.too_strong, answers.change.map(Change::score)), (Some(true), Some(-2)));
        let nonsense = of("pain=11&compared=maybe&pressure=&sign=%3Cscript%3E&urgency=9&change=99&none=");
        assert_eq!(nonsense, Answers { none_of_these: true, ..Answers::default() });
    }

    #[test]
    fn a_sign_nobody_asked_about_is_kept() {
        assert_eq!(of("sign=of_an_older_page").signs.len(), 1);
    }
}
