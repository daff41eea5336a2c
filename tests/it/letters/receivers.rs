//! What receivers want, and what a letter must never say where others can see it.

use super::{Desk, links, mailbox};
use aftercare::clinic::catalogue::Tier;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::profile::LOCAL_EMERGENCY_NUMBER;
use aftercare::clinic::protocol::Step;
use aftercare::mail::letter::{Links, Stop};
use aftercare::mail::message::{Parts, bytes, message_id};
use mail_parser::{MessageParser, PartType};
use url::Url;

/// What a reader of the HTML part sees, without markup.
fn shown(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap_or(html);
    let mut text = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_parts_carry_every_sign_tier_and_link() {
    let desk = Desk::new();
    for locale in ["en", "es"] {
        let mut case = desk.typical();
        case.client.locale = Some(locale.into());
        for step in Step::ALL {
            let content = desk.largest();
            let rendered = desk.render(&case, LetterId::of_step(step), step, &content, &links());
            let html = shown(&rendered.html);
            for entry in desk.catalogue.warning_signs() {
                let sign = if locale == "es" { &entry.text_es } else { &entry.text };
                assert!(html.contains(sign.as_str()), "{locale}/{step} HTML leaves out {}", entry.id);
                assert!(rendered.text.contains(&format!("- {sign}\n")), "{locale}/{step} text leaves out {}", entry.id);
            }
            let words = &desk.letters.letters().language(locale).expect("a language").words;
            let urgent = words.emergency_heading.replace("{{ emergency_number }}", "999");
            for heading in [&urgent, &words.same_day_heading, &words.call_us_heading] {
                assert!(rendered.text.contains(heading.as_str()), "{locale}/{step} text: {heading}");
                assert!(html.contains(heading.as_str()), "{locale}/{step} HTML: {heading}");
            }
            for target in rendered.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let dialled = target.strip_prefix("tel:").map(|number| match number {
                    "999" => "999",
                    _ => "+44 20 7946 0000",
                });
                assert!(rendered.text.contains(dialled.unwrap_or(target)), "{locale}/{step} text lacks {target}");
            }
        }
    }
}

#[test]
fn expected_signs_stand_apart_from_warnings_and_danger_comes_first() {
    let desk = Desk::new();
    for (letter, rendered) in desk.six(&desk.typical()) {
        let place = |words: &str| rendered.text.find(words);
        let urgent = place("*** Call 999 now").expect("the emergency tier");
        assert!(urgent < place("*** Get medical help the same day").expect("the same-day tier"));
        let block = &rendered.text[urgent..];
        assert!(!block.split("***").nth(2).unwrap_or_default().contains("dull ache"), "{}", letter.id());
        let comfort = ["warm pack", "Gentle", "normal", "dull ache", "doctor, nurse"];
        if letter == LetterId::EmergencyOnly {
            assert!(comfort.iter().all(|words| place(words).is_none()), "{}", rendered.text);
            assert!(place("check-in-token").is_none() && place("lunch").is_none());
        }
    }
}

#[test]
fn odd_names_print_as_they_are_in_both_parts() {
    let desk = Desk::new();
    for name in ["<b>", "{{ x }}", "{% if x %}", "&amp;", "O'Neil \"Z\"", "[[ x ]]"] {
        let mut case = desk.typical();
        case.client.first_name = name.parse().expect("a name");
        case.clinic.name = format!("Clinic {name}");
        case.clinic.address = format!("{name} Street");
        for email in desk.emails(&case) {
            let rendered = desk.render(&case, email.letter, email.step, &email.content, &links());
            assert!(rendered.text.contains(&format!("Hello {name},")), "{}", rendered.text);
            let html = shown(&rendered.html);
            assert!(html.contains(&format!("Hello {name},")), "{html}");
            assert!(html.contains(&format!("Clinic {name}, {name} Street.")), "{html}");
            assert!(!rendered.html.contains("<b>"));
        }
    }
}

#[test]
fn an_emergency_number_that_is_a_phrase_reads_well_and_is_not_dialled() {
    let desk = Desk::new();
    let mut case = desk.typical();
    case.clinic.emergency_number = LOCAL_EMERGENCY_NUMBER.into();
    case.clinic.phone = String::new();
    for (locale, heading) in [
        ("en", "Call your local emergency number now if you have any of these"),
        ("es", "Llame ahora al número de emergencias de su zona si tiene algo de esto"),
    ] {
        case.client.locale = Some(locale.into());
        for (letter, rendered) in desk.six(&case) {
            assert!(rendered.text.contains(heading) && shown(&rendered.html).contains(heading), "{}", rendered.text);
            assert!(!rendered.html.contains("tel:"), "{}", letter.id());
            assert!(!rendered.text.contains(" on ."), "{}", rendered.text);
        }
    }
}

#[test]
fn without_a_public_address_the_phone_stands_in_for_links() {
    let desk = Desk::new();
    let case = desk.typical();
    for mailbox in [Some(mailbox()), None] {
        let links = Links::placeholders(None, mailbox.clone());
        for email in desk.emails(&case) {
            let rendered = desk.render(&case, email.letter, email.step, &email.content, &links);
            for part in [&rendered.html, &rendered.text] {
                assert!(!part.contains("token") || mailbox.is_some(), "{part}");
                assert!(!part.contains("https://care") && !part.contains("Tell us how you are:"));
                assert_eq!(
                    part.contains("mailto:hello@riverside.example?subject=unsubscribe%20stop-token"),
                    mailbox.is_some()
                );
            }
            assert!(rendered.html.contains("href=\"tel:+442079460000\""));
            let asks = rendered.text.contains("call us on +44 20 7946 0000 and tell us how you are");
            assert_eq!(asks, email.step.asks_for_check_in(), "{}", rendered.text);
        }
    }
}

#[test]
fn without_consent_there_is_no_check_in() {
    let desk = Desk::new();
    let case = desk.typical();
    for email in desk.emails(&case) {
        let mut content = email.content.clone();
        content.check_in = false;
        let rendered = desk.render(&case, email.letter, email.step, &content, &links());
        assert!(!rendered.html.contains("check-in-token") && !rendered.text.contains("around the clock"));
    }
    let asked = desk.emails(&case).into_iter().filter(|email| email.content.check_in).count();
    assert_eq!(asked, 3);
}

#[test]
fn nothing_of_the_treatment_stands_where_others_can_see_it() {
    let desk = Desk::new();
    let private = [
        "massage", "tissue", "back", "disc", "hernia", "pain", "sore", "ache", "stretch", "heat", "emergenc", "dolor",
        "espalda", "masaje",
    ];
    for locale in ["en", "es"] {
        let mut case = desk.typical();
        case.clinic.name = "Riverside".into();
        case.client.locale = Some(locale.into());
        for (letter, rendered) in desk.six(&case) {
            let email = uuid::Uuid::from_u128(7);
            let id = message_id(&aftercare::clinic::ids::EmailId::from_uuid(email), "riverside.example");
            let links = links();
            let urls =
                [links.check_in_url(), links.preferences_url(), links.reread_url()].map(Option::unwrap_or_default);
            for seen in [&rendered.subject, &rendered.preheader, &id].into_iter().chain(&urls) {
                let seen = seen.to_lowercase();
                for word in private {
                    assert!(!seen.contains(word), "{locale}/{}: {word} in {seen}", letter.id());
                }
            }
            // What a condition is called never stands in a letter at all.
            for part in [&rendered.text, &rendered.html] {
                assert!(!part.to_lowercase().contains("herniated"), "{locale}/{}", letter.id());
            }
        }
    }
}

#[test]
fn a_letter_becomes_a_message_that_another_parser_reads_back() {
    let desk = Desk::new();
    let case = desk.typical();
    let from = "aftercare@riverside.example".parse().expect("an address");
    let to = case.client.email.clone().expect("an address");
    for (_, rendered) in desk.six(&case) {
        let stop = links().stop();
        assert_eq!(stop, Stop::Link("https://care.example.org/p/stop-token".into()));
        let raw = bytes(&Parts {
            from_name: &case.clinic.name,
            from: &from,
            to_name: "Cleo Okafor",
            to: &to,
            reply_to: Some(&mailbox()),
            subject: &rendered.subject,
            date: case.visit.ends_at,
            message_id: "<7@riverside.example>",
            stop: Some(&stop),
            text: &rendered.text,
            html: &rendered.html,
            logo: None,
        })
        .expect("a message");
        assert!(raw.len() <= 102_400, "{} bytes", raw.len());
        let message = MessageParser::default().parse(&raw).expect("a message");
        assert_eq!(message.subject(), Some(rendered.subject.as_str()));
        let bodies: Vec<_> = message.parts[1..]
            .iter()
            .map(|part| match &part.body {
                PartType::Text(text) | PartType::Html(text) => text.replace("\r\n", "\n"),
                other => panic!("not a text: {other:?}"),
            })
            .collect();
        assert_eq!(bodies, [rendered.text, rendered.html]);
    }
}

#[test]
fn a_preparation_letter_of_a_first_visit_names_that_visit() {
    let desk = Desk::new();
    let mut case = desk.typical();
    let content = desk.emails(&case).pop().expect("a preparation letter").content;
    case.visit.next_visit_at = None;
    let base = Links::placeholders(Url::parse("http://127.0.0.1:8080").ok(), None);
    let rendered = desk.render(&case, LetterId::Prepare, Step::Prepare, &content, &base);
    assert_eq!(rendered.subject, "Your visit on Friday 27 March");
    assert!(rendered.text.contains("We look forward to seeing you on Friday 27 March at 15:00."), "{}", rendered.text);
    assert!(content.warning_signs.iter().any(|sign| sign.tier == Tier::Emergency));
}
