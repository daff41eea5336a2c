use super::super::super::catalogue::SourceFile;
use super::super::Letters;
use super::*;

/// A letter that passes.
fn good() -> Letter {
    Letter {
        id: LetterId::DayOne,
        version: 1,
        needs_review: false,
        subject: "How are you feeling after your visit?".into(),
        preheader: "A few short questions.".into(),
        masthead: "Aftercare".into(),
        heading: "How are you, {{ first_name }}?".into(),
        blocks: vec![
            Block::text("## Today\n\nSee [a page](https://example.org). Call {{ clinic_phone }}."),
            Block::WhatIsNormal { heading: "What is normal".into() },
            Block::Advice { heading: Some("What may help".into()), kinds: vec![AdviceKind::Heat] },
            Block::WarningSigns { intro: String::new() },
            Block::Contact,
        ],
    }
}

/// What is said about a letter.
fn said(change: impl FnOnce(&mut Letter)) -> String {
    let mut letter = good();
    change(&mut letter);
    check(&letter).err().into_iter().flatten().map(|found| found.to_string() + "\n").collect()
}

/// What is said about a text block.
fn said_of(body: &str) -> String {
    said(|letter| letter.blocks[0] = Block::text(body))
}

#[test]
fn a_good_letter_passes() {
    assert_eq!(said(|_| {}), "");
    assert_eq!(said_of("Write to [us](mailto:a@b.example), call [us](tel:123) or see <https://example.org>."), "");
}

#[test]
fn warning_signs_stand_there_once() {
    let none = said(|letter| letter.blocks.retain(|block| !matches!(block, Block::WarningSigns { .. })));
    assert!(none.contains("blocks: there are no warning signs"), "{none}");
    let twice = said(|letter| letter.blocks.push(Block::WarningSigns { intro: String::new() }));
    assert!(twice.contains("more than once"), "{twice}");
}

#[test]
fn other_blocks_stand_there_at_most_once_and_one_can_reach_the_clinic() {
    for block in [Block::Contact, Block::WhatIsNormal { heading: "Normal".into() }] {
        assert!(said(|letter| letter.blocks.push(block)).contains("more than once"));
    }
    for block in [
        Block::NextVisit,
        Block::CheckIn { button: "Tell us".into(), note: "Short.".into() },
        Block::Stretches { heading: "Stretches".into(), intro: "Slowly.".into() },
    ] {
        assert!(said(|letter| letter.blocks.extend([block.clone(), block])).contains("more than once"));
    }
    let none = said(|letter| letter.blocks.retain(|block| !matches!(block, Block::Contact)));
    assert!(none.contains("no way to reach the clinic"), "{none}");
    let twice = said(|letter| letter.blocks.push(Block::Advice { heading: None, kinds: vec![AdviceKind::Heat] }));
    assert!(twice.contains("kind Heat would stand there twice"), "{twice}");
    let expectation =
        said(|letter| letter.blocks.push(Block::Advice { heading: None, kinds: vec![AdviceKind::Expectation] }));
    assert!(expectation.contains("Expectation would stand there twice"), "{expectation}");
    let none = said(|letter| letter.blocks.push(Block::Advice { heading: None, kinds: vec![] }));
    assert!(none.contains("block 6: names no kind"), "{none}");
}

#[test]
fn the_letter_without_aftercare_gives_no_advice() {
    let wrong = said(|letter| letter.id = LetterId::EmergencyOnly);
    assert!(wrong.contains("neither advice nor a check-in"), "{wrong}");
}

#[test]
fn fields_are_known_closed_and_there_for_everyone() {
    assert!(
        said_of("Hello {{ frist_name }}")
            .contains("block 1, line 1: there is no field \"frist_name\"; did you mean \"first_name\"?")
    );
    assert!(said_of("Hello {{ first_name").contains("not closed"));
    assert!(said_of("{% if x %}y{% endif %}").contains("template code"));
    assert!(said_of("{# hidden #}").contains("template code"));
    assert!(said(|letter| letter.heading = "Call {{ clinic_phone }}".into()).contains("missing for some clients"));
    let next = |letter: &mut Letter| letter.subject = "Your visit on {{ next_visit_day }}".into();
    assert!(said(next).contains("missing for some clients"));
    let prepared = said(|letter| {
        next(letter);
        letter.id = LetterId::Prepare;
    });
    assert_eq!(prepared, "");
}

#[test]
fn template_code_cannot_hide_in_entities_or_emphasis() {
    for body in ["&#123;% if x %}", "\\{% if x %}", "{\\{ debug() }}", "{*{ x }*}", "&lbrace;&lbrace; x }}"] {
        assert_ne!(said_of(body), "", "{body}");
    }
}

#[test]
fn every_line_that_is_wrong_is_named_with_what_would_be_right() {
    let mut letter = good();
    letter.blocks[0] = Block::text("Fine.\n\n{{ clinic_phon }}\n\nIt flushes\n\n<b>x</b> {{ visitday }}");
    let found = check(&letter).expect_err("it is wrong");
    let lines: Vec<_> = found.iter().map(|one| (one.block, one.line, one.instead.as_deref())).collect();
    assert_eq!(
        lines,
        [
            (Some(0), Some(3), Some("{{ clinic_phone }}")),
            (Some(0), Some(5), Some("Drink when you are thirsty, as you usually would.")),
            (Some(0), Some(7), Some("{{ visit_day }}")),
            (Some(0), Some(7), None),
            (Some(0), Some(7), None),
        ]
    );
    assert!(found.iter().all(|one| one.severity == Severity::Refuse));
}

#[test]
fn claims_cannot_hide_in_entities_emphasis_or_line_breaks() {
    for body in ["tox&#105;ns", "to**x**ins", "break down\nknots", "de**t**ox"] {
        assert!(said_of(body).contains("not true"), "{body}: {}", said_of(body));
    }
}

#[test]
fn html_pictures_code_and_wrong_headings_are_refused() {
    assert!(said_of("a <b>bold</b> word").contains("\"<b>\" is HTML"));
    assert!(said_of("<script>x</script>").contains("is HTML"));
    assert!(said_of("![x](https://example.org/x.png)").contains("picture"));
    assert!(said_of("a\n\n    code").contains("four blanks"));
    assert!(said_of("# Big").contains("headings inside a text"));
    assert!(said_of("### Small").contains("headings inside a text"));
    assert!(said_of(" ").contains("is empty"));
    assert!(said(|letter| letter.subject = "<b>Hi</b>".into()).contains("subject: holds HTML"));
    assert!(said(|letter| letter.subject = "Hi\nyou".into()).contains("one line"));
    assert!(said(|letter| letter.preheader = " ".into()).contains("preheader: is empty"));
}

#[test]
fn links_lead_where_they_say() {
    for target in ["http://example.org", "javascript:alert(1)", "ftp://x", "/local", "data:text/html,x"] {
        assert!(said_of(&format!("[x]({target})")).contains("must start with https://"), "{target}");
    }
    assert!(said_of("[{{ clinic_phone }}](tel:1)").contains("cannot stand inside a link"));
    assert!(said_of("[x](https://example.org/{{first_name}})").contains("cannot stand inside a link"));
}

#[test]
fn claims_and_health_words_are_refused() {
    assert!(said_of("Water will flush toxins out.").contains("not true"));
    assert!(said_of("We break down knots.").contains("not true"));
    assert!(said(|letter| letter.subject = "Your lower back check-in".into()).contains("subject: \"back\""));
    assert!(said(|letter| letter.preheader = "After your massage".into()).contains("preheader: \"massage\""));
    let block = |block: Block| said(move |letter| letter.blocks[1] = block);
    assert!(block(Block::WhatIsNormal { heading: "Detox".into() }).contains("not true"));
    assert!(block(Block::Stretches { heading: "x".into(), intro: "cures".into() }).contains("not true"));
    assert!(block(Block::CheckIn { button: "{{ x }}".into(), note: "y".into() }).contains("no field"));
    assert!(said(|letter| letter.blocks[3] = Block::WarningSigns { intro: "<b>".into() }).contains("HTML"));
}

/// The English letters as files.
fn english() -> Vec<SourceFile> {
    let file = |name: &str, text: &str| SourceFile { name: format!("en/{name}.toml"), text: text.into() };
    vec![
        file("words", include_str!("../../../../config/letters/en/words.toml")),
        file("same_day", include_str!("../../../../config/letters/en/same_day.toml")),
        file("day_1", include_str!("../../../../config/letters/en/day_1.toml")),
        file("day_3", include_str!("../../../../config/letters/en/day_3.toml")),
        file("day_7", include_str!("../../../../config/letters/en/day_7.toml")),
        file("prepare", include_str!("../../../../config/letters/en/prepare.toml")),
        file("emergency_only", include_str!("../../../../config/letters/en/emergency_only.toml")),
    ]
}

/// What is said about a set of files.
fn said_of_files(change: impl FnOnce(&mut Vec<SourceFile>)) -> String {
    let mut files = english();
    change(&mut files);
    Letters::read(&files).err().into_iter().flatten().map(|found| found.to_string() + "\n").collect()
}

#[test]
fn a_set_is_complete_and_names_the_file_that_is_not() {
    assert_eq!(said_of_files(|_| {}), "");
    assert_eq!(said_of_files(|files| drop(files.remove(2))), "en/day_1.toml: is missing\n");
    assert_eq!(said_of_files(|files| drop(files.remove(0))), "en/words.toml: is missing\n");
    assert!(said_of_files(Vec::clear).contains("no folder \"en\""));
    assert!(said_of_files(|files| files[1].name = "en/day_1.toml".into()).contains("must be the name of the file"));
    assert!(said_of_files(|files| files[1].name = "en/day_2.toml".into()).contains("is no letter of ours"));
    assert!(said_of_files(|files| files[1].name = "same_day.toml".into()).contains("outside a language folder"));
    assert!(said_of_files(|files| files[1].text = "subjekt = 1".into()).starts_with("en/same_day.toml: "));
    let unknown = |files: &mut Vec<SourceFile>| files[1].text = files[1].text.replace("visit_day", "visitday");
    assert!(said_of_files(unknown).starts_with("en/same_day.toml, block 1, line 1: there is no field"));
}

#[test]
fn fixed_words_are_checked_too() {
    let words = |from: &'static str, to: &'static str| {
        said_of_files(move |files| files[0].text = files[0].text.replacen(from, to, 1))
    };
    assert!(words("Call {{ emergency_number }} now", "Call now").contains("must say whom to call"));
    assert!(words("\"or\"", "\"\"").contains("or: is empty"));
    assert!(words("{month}\"", "\"").contains("day: must hold {month}"));
    assert!(words("{{ clinic_phone }}", "{{ phone }}").contains("no field \"phone\""));
}

#[test]
fn a_client_gets_their_language_or_the_nearest_we_have() {
    let mut files = english();
    let spanish = |file: &SourceFile| SourceFile { name: file.name.replace("en/", "es/"), text: file.text.clone() };
    files.extend(english().iter().map(spanish));
    let letters = Letters::read(&files).expect("letters");
    assert_eq!(letters.languages().map(|(locale, _)| locale).collect::<Vec<_>>(), ["en", "es"]);
    for (client, clinic, served) in [
        (Some("es"), "en", "es"),
        (Some("es-MX"), "en", "es"),
        (Some("ES_419"), "en", "es"),
        (Some("fr"), "es", "es"),
        (Some("fr"), "es-AR", "es"),
        (Some("fr"), "de", "en"),
        (None, "es", "es"),
        (None, "", "en"),
        (Some(""), "en-GB", "en"),
    ] {
        assert_eq!(letters.locale_for(client, clinic), served, "{client:?} {clinic}");
    }
}
