//! The gate over everything that ships, and promise 2 over what an admin may do to it.

use std::time::{Duration, Instant};

use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::letter::gate::examine;
use aftercare::clinic::letter::sample::People;
use aftercare::clinic::letter::{Act, Block, Claims, Letter, When, check};
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::profile::ClinicProfile;
use aftercare::mail::letter::trial::Draft;
use aftercare::mail::letter::{CompiledLetters, Links};
use proptest::prelude::*;

struct House {
    catalogue: Catalogue,
    letters: CompiledLetters,
    links: Links,
}

impl House {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::shipped().expect("the shipped catalogue"),
            letters: CompiledLetters::embedded().expect("the shipped letters"),
            links: Links::placeholders("https://care.example.org".parse().ok(), None),
        }
    }

    fn shipped(&self, locale: &str, id: LetterId) -> Letter {
        self.letters.letters().language(locale).expect("a language").letter(id).clone()
    }

    fn draft<'a>(&'a self, locale: &'a str, letter: &Letter) -> Draft<'a> {
        Draft::of(&self.letters, &self.catalogue, locale, letter).expect("it can be put together")
    }
}

#[test]
fn everything_that_ships_passes_the_whole_gate_in_both_languages_in_time() {
    let house = House::new();
    let begun = Instant::now();
    for locale in ["en", "es"] {
        for id in LetterId::ALL {
            let letter = house.shipped(locale, id);
            let report = examine(&letter, locale, &house.catalogue, &Claims::with(&[]))
                .and(house.draft(locale, &letter).try_out(&ClinicProfile::default(), &house.links));
            assert!(report.may_be_published(), "{locale}/{}: {:?}", id.id(), report.findings);
            assert!(report.passed.iter().any(|line| line.contains("64 conditions, 16 regions")), "{:?}", report.passed);
        }
    }
    println!("the gate over six letters and two languages: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}; ten seconds in a release build", begun.elapsed());
}

#[test]
fn a_letter_that_leaves_signs_out_or_grows_too_large_is_refused() {
    let house = House::new();
    let clinic = ClinicProfile::default();
    let mut letter = house.shipped("en", LetterId::DayOne);
    letter.blocks.retain(|block| !matches!(block, Block::WarningSigns { .. }));
    let report = house.draft("en", &letter).try_out(&clinic, &house.links);
    assert!(!report.may_be_published() && report.findings.len() == 6, "{:?}", report.findings);
    assert!(report.findings[0].says.contains("would leave out a warning sign"), "{:?}", report.findings);
    assert!(report.findings[5].says.starts_with("and "), "{:?}", report.findings);

    let mut letter = house.shipped("en", LetterId::DayOne);
    letter.blocks.extend((0..12).map(|_| Block::text(&"Go slow. Stop if it hurts. ".repeat(330))));
    let report = house.draft("en", &letter).try_out(&clinic, &house.links);
    assert!(
        report.findings.iter().any(|one| one.says.contains("mail programs would cut it off")),
        "{:?}",
        report.findings
    );
}

#[test]
fn a_text_is_shown_to_those_it_is_for_in_both_parts() {
    let house = House::new();
    let people = People::of(&house.catalogue);
    let mut letter = house.shipped("en", LetterId::DayOne);
    let when = When { groups: vec!["pregnancy".into()], ..When::default() };
    let for_some = Block::Text { body: "Rest on your side.\n\nCall {{ clinic_phone }}.".into(), when };
    letter.blocks.insert(1, for_some);
    letter.blocks.insert(2, Block::text("This is for all."));
    let draft = house.draft("en", &letter);
    for (id, is_for) in [("pregnant", true), ("plain", false)] {
        let rendered = draft.render(people.case(id).expect("a sample"), &house.links, None).expect("a letter");
        for part in [&rendered.html, &rendered.text] {
            assert_eq!(part.contains("Rest on your side."), is_for, "{id}: {part}");
            assert!(part.contains("This is for all.") && !part.contains("Call ."), "{id}: {part}");
        }
        assert!(!rendered.text.contains("\n\n\n"), "{id}: no gap where a text is left out: {}", rendered.text);
    }
}

/// What an admin may press.
fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..14_usize).prop_map(Act::Up),
        (0..14_usize).prop_map(Act::Down),
        (0..14_usize).prop_map(Act::Copy),
        (0..14_usize).prop_map(Act::Remove),
        proptest::sample::select(Block::KINDS.as_slice()).prop_map(Act::Add),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_is_pressed_what_passes_the_check_holds_every_sign(
        acts in prop::collection::vec(act(), 0..12), at in 0..6_usize, body in "[a-z <>*_{}\\[\\]()!#&;-]{0,60}",
    ) {
        let house = House::new();
        let mut letter = house.shipped("en", LetterId::ALL[at]);
        for act in acts {
            act.apply(&mut letter);
        }
        letter.blocks.insert(0, Block::text(&body));
        if check(&letter).is_ok() {
            let report = house.draft("en", &letter).try_out(&ClinicProfile::default(), &house.links);
            prop_assert!(report.may_be_published(), "{:?}", report.findings);
        }
    }
}
