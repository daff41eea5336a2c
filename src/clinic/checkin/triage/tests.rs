//! Every combination of the classes of answers, against the table written out a second time.

use super::*;
use crate::clinic::checkin::Missing;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("the shipped catalogue"))
}

fn pain(score: i64) -> Option<Pain> {
    Some(Pain::try_from(score).expect("0 to 10"))
}

const SIGNS: [&str; 4] = ["saddle_numbness", "fever_chills", "new_swelling", SMALL_BRUISE];
const WORDS: [&str; 4] = ["", "thank you", "my foot is numb", "un moretón"];

/// Every answer of these classes: pain, comparison, each set of four signs, urgency, words.
fn all_answers() -> Vec<Answers> {
    let mut all = Vec::new();
    let pains = [None, pain(0), pain(3), pain(4), pain(5), pain(7), pain(8), pain(10)];
    let compared = [None, Some(Compared::Better), Some(Compared::Same), Some(Compared::Worse)];
    let urgencies = [None, Some(Urgency::Not), Some(Urgency::Today), Some(Urgency::Very)];
    for pain in pains {
        for compared in compared {
            for set in 0..16_u8 {
                for urgency in urgencies {
                    for words in WORDS {
                        let signs = (0..4).filter(|bit| set & (1 << bit) != 0).map(|bit| SignId::from(SIGNS[bit]));
                        all.push(Answers {
                            pain,
                            compared,
                            signs: signs.collect(),
                            none_of_these: set == 0,
                            urgency,
                            words: words.into(),
                            ..Answers::default()
                        });
                    }
                }
            }
        }
    }
    all
}

fn histories() -> Vec<History> {
    let mut all = Vec::new();
    for step in [Step::DayOne, Step::DayThree, Step::DaySeven] {
        for (before, lowest_since) in [(None, None), (None, pain(3)), (pain(3), None), (pain(6), pain(1))] {
            for bleeds in [false, true] {
                all.push(History { step, before, lowest_since, bleeds });
            }
        }
    }
    all
}

/// The table of the clinical facts, in other words than the rules: the tier and the signs.
fn by_the_table(answers: &Answers, history: &History) -> (Tier, Vec<&'static str>) {
    let has = |sign: &str| answers.signs.iter().any(|one| one.as_str() == sign);
    let late = history.step != Step::DayOne;
    let now = answers.pain.map(|pain| i64::from(pain.score()));
    let before = history.before.map(|pain| i64::from(pain.score()));
    let base = before.or(history.lowest_since.map(|pain| i64::from(pain.score()))).unwrap_or(0);
    let up = late && before.is_some_and(|before| now.is_some_and(|now| now - before >= 2));
    let table = [
        (has("saddle_numbness"), "saddle_numbness", Tier::Emergency),
        (has("fever_chills"), "fever_chills", Tier::SameDay),
        (now.is_some_and(|now| (8..=10).contains(&now)), "severe_constant_pain", Tier::SameDay),
        (has("new_swelling"), "new_swelling", Tier::CallClinic),
        (answers.compared == Some(Compared::Worse) || up, "pain_worsening", Tier::CallClinic),
        (late && now.is_some_and(|now| now - base > 1), "soreness_past_three_days", Tier::CallClinic),
        (history.bleeds && (has(SMALL_BRUISE) || answers.words.contains("moret")), SMALL_BRUISE, Tier::CallClinic),
    ];
    let raised: Vec<_> = table.into_iter().filter(|(raised, ..)| *raised).collect();
    let tier = raised.iter().map(|(_, _, tier)| *tier).min().unwrap_or(Tier::Expected);
    let mut signs: Vec<_> = raised.into_iter().map(|(_, sign, _)| sign).collect();
    signs.sort_unstable();
    (tier, signs)
}

#[test]
fn every_combination_of_answers_comes_out_as_the_table_says() {
    let (answers, histories) = (all_answers(), histories());
    for history in &histories {
        for one in &answers {
            let found = triage(catalogue(), one, history);
            let mut signs: Vec<&str> = found.raised.iter().map(|raised| raised.sign.as_str()).collect();
            signs.sort_unstable();
            let at = || format!("{one:?} {history:?}");
            assert_eq!((found.tier, signs), by_the_table(one, history), "{}", at());
            assert_eq!(found.hold, found.tier <= Tier::SameDay, "{}", at());
            let numb = one.words.contains("numb");
            let wish = one.urgency >= Some(Urgency::Today);
            let expected = match found.tier {
                Tier::Emergency => Some(Tier::Emergency),
                Tier::SameDay => Some(Tier::SameDay),
                _ if numb || wish => Some(Tier::SameDay),
                Tier::CallClinic => Some(Tier::CallClinic),
                Tier::Expected => None,
            };
            assert_eq!(found.alert, expected, "{}", at());
            let blank = one.pain.is_none() || one.compared.is_none() || !one.none_of_these;
            assert!(!found.reassure || !(blank || !one.words.is_empty() || found.alert.is_some()), "{}", at());
        }
    }
}

/// One more tick, a word, a higher wish or a higher score never makes it milder.
#[test]
fn more_is_never_milder() {
    let (answers, histories) = (all_answers(), histories());
    for history in &histories {
        for one in &answers {
            let before = triage(catalogue(), one, history);
            let mut more: Vec<Answers> = Vec::new();
            for sign in SIGNS {
                let mut signs = one.signs.clone();
                signs.push(SignId::from(sign));
                more.push(Answers { signs, ..one.clone() });
            }
            more.push(Answers { urgency: one.urgency.max(Some(Urgency::Not)), ..one.clone() });
            more.push(Answers { urgency: Some(Urgency::Very), ..one.clone() });
            more.push(Answers { words: format!("{} numb", one.words), ..one.clone() });
            more.push(Answers { compared: Some(Compared::Worse), ..one.clone() });
            more.push(Answers { pain: pain(10), ..one.clone() });
            for later in more {
                let after = triage(catalogue(), &later, history);
                let milder = |tier: Option<Tier>| tier.unwrap_or(Tier::Expected);
                let lower = after.tier > before.tier || milder(after.alert) > milder(before.alert);
                assert!(!lower && (after.hold || !before.hold), "{one:?} to {later:?}");
            }
        }
    }
}

#[test]
fn silence_and_words_are_never_fine() {
    let history = History { step: Step::DayOne, before: pain(3), lowest_since: None, bleeds: false };
    let fine = Answers { pain: pain(2), compared: Some(Compared::Better), none_of_these: true, ..Answers::default() };
    assert!(triage(catalogue(), &fine, &history).reassure);
    let blank = triage(catalogue(), &Answers::default(), &history);
    assert!(!blank.reassure);
    assert_eq!(Answers::default().missing(&blank), [Missing::Pain, Missing::Compared, Missing::Signs]);
    let thanks = Answers { words: "All good, thank you".into(), ..fine };
    assert!(!triage(catalogue(), &thanks, &history).reassure);
}

#[test]
fn a_sign_that_is_not_known_any_more_is_looked_at_today() {
    let history = History { step: Step::DayOne, before: None, lowest_since: None, bleeds: false };
    let old = Answers { signs: vec![SignId::from("of_an_older_catalogue")], ..Answers::default() };
    let found = triage(catalogue(), &old, &history);
    assert_eq!((found.tier, found.alert), (Tier::SameDay, Some(Tier::SameDay)));
    assert!(old.missing(&found).is_empty(), "nobody with a sign is held up by a blank");
}

#[test]
fn two_answers_together_are_as_urgent_as_the_worse() {
    let history = History { step: Step::DayOne, before: None, lowest_since: None, bleeds: false };
    let of = |signs: &[&str]| {
        let signs = signs.iter().map(|sign| SignId::from(*sign)).collect();
        triage(catalogue(), &Answers { signs, ..Answers::default() }, &history)
    };
    let (first, second) = (of(&["saddle_numbness"]), of(&["new_swelling"]));
    for both in [first.clone().and(&second), second.and(&first)] {
        assert_eq!((both.tier, both.alert, both.hold), (Tier::Emergency, Some(Tier::Emergency), true));
        assert!(both.raises("saddle_numbness") && both.raises("new_swelling") && !both.reassure);
    }
}

#[test]
fn the_rules_name_what_the_catalogue_knows() {
    use crate::clinic::catalogue::ConditionId;
    for id in super::super::asked::BLEEDING {
        assert!(catalogue().condition(&ConditionId::from(id)).is_some(), "{id}");
    }
    for sign in ["severe_constant_pain", "pain_worsening", "soreness_past_three_days", SMALL_BRUISE] {
        assert!(catalogue().warning_sign(&SignId::from(sign)).is_some(), "{sign}");
    }
}
