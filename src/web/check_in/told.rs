//! What a client told after a visit, answer by answer, for those who treat. The calm ones too: whatever
//! somebody wrote, a person has to be able to read it.

use super::questions::sign_text;
use crate::clinic::checkin::{Answers, By, Compared, Submission, Urgency};
use crate::clinic::ids::{AlertId, VisitId};
use crate::clinic::wording::Words;
use crate::store::check_in::CheckIn;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::measures::in_words;
use crate::web::{Here, Web, say};

/// One answer.
#[derive(Clone, Debug)]
pub struct Told {
    /// "Day 1, yesterday 10:05, by phone".
    pub title: String,
    /// What was asked, and what was answered. What was left blank is left out.
    pub lines: Vec<(&'static str, String)>,
    /// The alert of this check-in.
    pub alert: Option<AlertId>,
}

/// Every answer to the check-ins of a visit, newest first.
pub(in crate::web) async fn of_visit(web: &Web, db: &mut Db, here: &Here, visit: VisitId) -> Result<Vec<Told>, Error> {
    let kept = store::check_in::of_visit(db, here.id, visit).await?;
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let alerts = store::alert::of_visits(db, here.id, &[visit]).await?;
    let mut all: Vec<(jiff::Timestamp, Told)> = Vec::new();
    for check_in in &kept {
        let alert = alerts.iter().rev().find(|alert| alert.check_in == Some(check_in.id)).map(|alert| alert.id);
        for one in &check_in.record.submissions {
            let lines = lines(web, &one.answers);
            all.push((one.at, Told { title: title(here, check_in, one), lines, alert }));
        }
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(all.into_iter().map(|(_, told)| told).collect())
}

fn title(here: &Here, check_in: &CheckIn, one: &Submission) -> String {
    let at = say::moment(&one.at.to_zoned(here.now.time_zone().clone()), &here.now);
    let how = match one.by {
        By::Client => "by the link",
        By::Staff(_) => "by phone",
    };
    format!("{}, {at}, {how}", check_in.step.name())
}

fn lines(web: &Web, answers: &Answers) -> Vec<(&'static str, String)> {
    let words = Words::for_locale(None, "en");
    let signs: Vec<String> = answers.signs.iter().map(|sign| sign_text(&web.catalogue, sign, words)).collect();
    let mut lines = Vec::new();
    if !signs.is_empty() {
        lines.push(("Warning signs", signs.join("; ")));
    } else if answers.none_of_these {
        lines.push(("Warning signs", "None of these".into()));
    }
    if let Some(pain) = answers.pain {
        lines.push(("Pain", format!("{} of 10", pain.score())));
    }
    lines.extend(answers.compared.map(|one| ("Compared", compared(one).to_owned())));
    lines.extend(answers.too_strong.map(|yes| ("Pressure", if yes { "Too much" } else { "Not too much" }.to_owned())));
    lines.extend(answers.urgency.map(|one| ("Feels urgent", urgency(one).to_owned())));
    if !answers.words.is_empty() {
        lines.push(("Own words", format!("“{}”", answers.words)));
    }
    for activity in &answers.activities {
        lines.push(("Hard to do", format!("{}: goes {} of 10", activity.name, activity.score.score())));
    }
    lines.extend(answers.change.map(|change| ("All in all", in_words(change))));
    lines
}

/// The word for staff.
pub(in crate::web) const fn compared(one: Compared) -> &'static str {
    match one {
        Compared::Better => "Better",
        Compared::Same => "Same",
        Compared::Worse => "Worse",
    }
}

/// The words for staff.
pub(in crate::web) const fn urgency(one: Urgency) -> &'static str {
    match one {
        Urgency::Not => "Not urgent. It stays as urgent as its signs.",
        Urgency::Today => "Would like a call today",
        Urgency::Very => "Yes, very",
    }
}
