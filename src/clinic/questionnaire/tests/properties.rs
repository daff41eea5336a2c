use proptest::prelude::*;

use super::super::check::{MOST_QUESTIONS, MOST_SECTIONS};
use super::super::draft::{Act, Thing};
use super::*;

fn any_act() -> impl Strategy<Value = Act> {
    let thing = prop_oneof![(0..8_usize).prop_map(Thing::Section), (0..12_usize).prop_map(Thing::Question)];
    prop_oneof![
        thing.clone().prop_map(Act::Up),
        thing.clone().prop_map(Act::Down),
        thing.prop_map(Act::Remove),
        (0..12_usize).prop_map(Act::Copy),
        Just(Act::AddSection),
        (0..6_usize, 0..Kind::ALL.len()).prop_map(|(section, kind)| Act::Add(section, Kind::ALL[kind])),
    ]
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let value = prop_oneof![
        Just("yes"),
        Just("no"),
        Just("unsure"),
        Just("20"),
        Just("-3"),
        Just("almond"),
        Just("\0"),
        Just("")
    ];
    let id = prop_oneof![Just("smokes"), Just("many"), Just("veins"), Just("oils"), Just("why"), Just("gone")];
    prop::collection::vec((id, value), 0..8).prop_map(|pairs| answers(&pairs))
}

proptest! {
    #[test]
    fn no_act_gives_two_questions_one_name(acts in prop::collection::vec(any_act(), 0..60)) {
        let mut form = sample();
        for act in acts {
            act.apply(&mut form);
        }
        let mut ids: Vec<&str> = form.questions().map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        prop_assert_eq!(count, ids.len());
        prop_assert!(count <= MOST_QUESTIONS && form.sections.len() <= MOST_SECTIONS);
    }

    /// Whatever somebody does to a form, looking it through and asking it never panics, and what the check lets
    /// through can be asked: a question is visible only where its rules look back at one that is visible or blank.
    #[test]
    fn what_is_asked_depends_on_what_was_asked_before_it(acts in prop::collection::vec(any_act(), 0..30), given in any_answers()) {
        let mut form = sample();
        for act in acts {
            act.apply(&mut form);
        }
        let _ = refusals(&form);
        let visible: Vec<String> = form.visible(&given).into_iter().map(str::to_owned).collect();
        // Answers to what is not asked change nothing.
        let heard: Answers = given.iter().filter(|(id, _)| visible.contains(id)).map(|(id, values)| (id.clone(), values.clone())).collect();
        let again: Vec<String> = form.visible(&heard).into_iter().map(str::to_owned).collect();
        prop_assert_eq!(&visible, &again);
        for (question, _) in form.faults(&given) {
            prop_assert!(visible.contains(&question.id));
        }
    }
}
