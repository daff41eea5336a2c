//! Letters as a client gets them, from the shipped files: what they look like, and what receivers
//! and promises ask of each.

mod cost;
mod looks;
mod receivers;

use aftercare::clinic::brief::Sign;
use aftercare::clinic::case::Case;
use aftercare::clinic::catalogue::{Advice, AdviceId, Catalogue, StretchId};
use aftercare::clinic::letter::Letters;
use aftercare::clinic::plan::{Content, LetterId, PlannedEmail, for_visit, preparation};
use aftercare::clinic::protocol::{Protocol, Step};
use aftercare::clinic::tailoring::tailor;
use aftercare::clinic::visit_file;
use aftercare::mail::letter::{CompiledLetters, Edition, Filling, Links, Rendered};
use url::Url;

use crate::support::english::left_in;

/// Everything a letter is filled from.
struct Desk {
    catalogue: Catalogue,
    letters: CompiledLetters,
}

impl Desk {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::shipped().expect("the shipped catalogue"),
            letters: CompiledLetters::embedded().expect("the shipped letters"),
        }
    }

    /// A visit of a client with an old disc injury who works at a desk, and has a next visit.
    fn typical(&self) -> Case {
        let mut file: serde_json::Value =
            serde_json::from_str(include_str!("../fixtures/01-past-disc-desk-worker.json")).expect("a visit file");
        file["visit"]["next_visit_at"] = "2026-04-17T15:00:00Z".into();
        file["intake"]["unanswered"] = serde_json::json!([]);
        visit_file::read(&self.catalogue, &file.to_string()).expect("a case")
    }

    /// The emails a plan makes of a case, preparation included.
    fn emails(&self, case: &Case) -> Vec<PlannedEmail> {
        let brief = tailor(&self.catalogue, case);
        let mut emails = for_visit(&self.catalogue, &Protocol::default(), case, &brief, case.visit.ends_at).emails;
        if let Some(next) = case.visit.next_visit_at {
            emails.extend(preparation(&self.catalogue, &Protocol::default(), case, &brief, (next, case.visit.ends_at)));
        }
        emails
    }

    /// One letter with everything a client could be told: every item of the catalogue at once.
    fn largest(&self) -> Content {
        let catalogue = &self.catalogue;
        Content {
            advice: catalogue.advice().iter().map(|entry| entry.id.clone()).collect::<Vec<AdviceId>>(),
            stretches: catalogue.stretches().iter().take(3).map(|entry| entry.id.clone()).collect::<Vec<StretchId>>(),
            withheld: Vec::new(),
            warning_signs: catalogue
                .warning_signs()
                .iter()
                .map(|entry| Sign { id: entry.id.clone(), tier: entry.tier })
                .collect(),
            regions: Vec::new(),
            check_in: true,
        }
    }

    fn render(&self, case: &Case, letter: LetterId, step: Step, content: &Content, links: &Links) -> Rendered {
        let personal_line = Some(("Good to see you. Try a short walk in your lunch break.", "Theo"));
        let filling = Filling {
            case,
            catalogue: &self.catalogue,
            letter,
            edition: Edition::Shipped,
            step,
            content,
            links,
            personal_line,
        };
        self.letters.render(&filling).expect("a letter")
    }

    /// Each of the six letters for this case, with links.
    fn six(&self, case: &Case) -> Vec<(LetterId, Rendered)> {
        let links = links();
        let mut all: Vec<_> = self
            .emails(case)
            .iter()
            .map(|email| (email.letter, self.render(case, email.letter, email.step, &email.content, &links)))
            .collect();
        let mut urgent = self.emails(case)[0].content.clone();
        let is_urgent = |sign: &Sign| matches!(sign.tier as u8, 0 | 1);
        urgent.warning_signs.retain(is_urgent);
        urgent.advice.clear();
        urgent.stretches.clear();
        urgent.check_in = false;
        all.push((LetterId::EmergencyOnly, self.render(case, LetterId::EmergencyOnly, Step::SameDay, &urgent, &links)));
        assert_eq!(all.iter().map(|(letter, _)| *letter).collect::<Vec<_>>(), LetterId::ALL);
        all
    }
}

/// Placeholder links below a public address.
fn links() -> Links {
    Links::placeholders(Url::parse("https://care.example.org").ok(), Some(mailbox()))
}

fn mailbox() -> aftercare::clinic::person::EmailAddress {
    "hello@riverside.example".parse().expect("an address")
}

#[test]
fn what_a_typical_client_gets() {
    let desk = Desk::new();
    for (letter, rendered) in desk.six(&desk.typical()) {
        let name = letter.id();
        insta::assert_snapshot!(
            format!("{name}_text"),
            format!("Subject: {}\nPreheader: {}\n\n{}", rendered.subject, rendered.preheader, rendered.text)
        );
        insta::assert_snapshot!(format!("{name}_html"), rendered.html);
    }
}

#[test]
fn what_a_spanish_speaking_client_gets() {
    let desk = Desk::new();
    let mut case = desk.typical();
    case.client.locale = Some("es-MX".into());
    for (letter, rendered) in desk.six(&case) {
        assert_eq!(rendered.locale, "es");
        let text = format!("Subject: {}\nPreheader: {}\n\n{}", rendered.subject, rendered.preheader, rendered.text);
        insta::assert_snapshot!(format!("{}_es_text", letter.id()), text);
        assert!(rendered.html.contains("<html lang=\"es\">"));
    }
}

#[test]
fn every_letter_can_show_every_kind_of_advice_its_step_can_bring() {
    let desk = Desk::new();
    let case = desk.typical();
    let content = desk.largest();
    for (locale, language) in desk.letters.letters().languages() {
        for letter in language.letters().iter().filter(|letter| letter.id != LetterId::EmergencyOnly) {
            let step = Step::of(letter.id.id()).expect("a step");
            let mut case = case.clone();
            case.client.locale = Some(locale.into());
            let rendered = desk.render(&case, letter.id, step, &content, &links());
            let fits = |entry: &&Advice| entry.when.steps.as_ref().is_none_or(|steps| steps.contains(&step));
            for entry in desk.catalogue.advice().iter().filter(fits) {
                let text = if locale == "es" { &entry.text_es } else { &entry.text };
                assert!(rendered.text.contains(text.as_str()), "{locale}/{} leaves out {}", letter.id.id(), entry.id);
            }
        }
    }
}

#[test]
fn the_letters_of_both_languages_are_built_alike() {
    let desk = Desk::new();
    let letters: &Letters = desk.letters.letters();
    let (english, spanish) = (letters.language("en").expect("English"), letters.language("es").expect("Spanish"));
    for (a, b) in english.letters().iter().zip(spanish.letters()) {
        let kinds = |letter: &aftercare::clinic::letter::Letter| {
            letter.blocks.iter().map(std::mem::discriminant).collect::<Vec<_>>()
        };
        assert_eq!(kinds(a), kinds(b), "{}", a.id.id());
        assert!(b.needs_review, "nobody who grew up with Spanish has read {}", b.id.id());
        assert_eq!(desk.letters.shipped_version("es", b.id), b.version);
    }
}

#[test]
fn an_entry_the_catalogue_lacks_stops_the_letter() {
    let desk = Desk::new();
    let case = desk.typical();
    let links = links();
    let good = desk.emails(&case)[0].content.clone();
    let fails = |content: &Content| {
        let filling = Filling {
            case: &case,
            catalogue: &desk.catalogue,
            letter: LetterId::SameDay,
            edition: Edition::Shipped,
            step: Step::SameDay,
            content,
            links: &links,
            personal_line: None,
        };
        desk.letters.render(&filling).expect_err("an entry is missing").to_string()
    };
    let mut unknown = good.clone();
    unknown.advice.push(AdviceId::from("snake_oil"));
    assert_eq!(fails(&unknown), "the catalogue has no advice item \"snake_oil\"");
    let mut none = good.clone();
    none.warning_signs.clear();
    assert_eq!(fails(&none), "the letter same_day has no warning signs for this client");
    let mut sign = good;
    sign.warning_signs[0].id = "no_such_sign".into();
    assert_eq!(fails(&sign), "the catalogue has no warning sign \"no_such_sign\"");
}

#[test]
fn no_letter_in_spanish_holds_english() {
    let desk = Desk::new();
    let mut case = desk.typical();
    case.client.locale = Some("es".into());
    let largest = desk.render(&case, LetterId::DayOne, Step::DayOne, &desk.largest(), &links());
    for (letter, written) in desk.six(&case).into_iter().chain([(LetterId::DayOne, largest)]) {
        for text in [&written.subject, &written.text, &written.html] {
            let left = left_in(text);
            assert!(left.is_empty(), "{letter:?}: {left:?}\n{text}");
        }
    }
}
