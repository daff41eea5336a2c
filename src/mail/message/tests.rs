use mail_parser::{HeaderValue as Parsed, MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const ID: &str = "<0195d5a0-0000-7000-8000-000000000001@clinic.example>";

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

/// A message with these names, subject and bodies.
fn made(from_name: &str, to_name: &str, subject: &str, text: &str, html: &str, stop: Option<&Stop>) -> Vec<u8> {
    let (from, to) = (address("aftercare@clinic.example"), address("cleo@example.org"));
    let reply_to = address("desk@clinic.example");
    bytes(&Parts {
        from_name,
        from: &from,
        to_name,
        to: &to,
        reply_to: Some(&reply_to),
        subject,
        date: "2026-03-28T16:00:00Z".parse().expect("an instant"),
        message_id: ID,
        stop,
        text,
        html,
        logo: None,
    })
    .expect("a message")
}

/// How often a header stands in the head of a message.
fn count(raw: &[u8], name: &str) -> usize {
    let text = std::str::from_utf8(raw).expect("ASCII");
    let head = text.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
    head.split("\r\n").filter(|line| line.starts_with(&format!("{}:", name.to_lowercase()))).count()
}

/// What every receiver wants of every message.
fn well_formed(raw: &[u8]) {
    assert!(raw.is_ascii() && !raw.contains(&0));
    let text = std::str::from_utf8(raw).expect("ASCII");
    assert!(text.ends_with("\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 998, "a line of {}", line.len());
        assert!(!line.contains('\n') && !line.contains('\r'), "a bare line break");
    }
    for name in ["From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Content-Type"] {
        assert_eq!(count(raw, name), 1, "{name}");
    }
    assert_eq!(count(raw, "Bcc") + count(raw, "Cc"), 0);
}

/// The text of a part as the second parser reads it.
fn body(message: &mail_parser::Message<'_>, at: usize) -> String {
    match &message.parts[at].body {
        PartType::Text(text) | PartType::Html(text) => text.replace("\r\n", "\n"),
        other => panic!("not a text: {other:?}"),
    }
}

#[test]
fn a_second_parser_reads_what_was_written() {
    let stop = Stop::Link("https://care.example.org/p/stop-token".into());
    let raw =
        made("Zoë’s Clinic, London", "Cleo \"C\" Okafor", "How are you?", "Hello ☀\n", "<p>Hello ☀</p>\n", Some(&stop));
    well_formed(&raw);
    let message = MessageParser::default().parse(&raw).expect("a message");
    let from = message.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((from.name(), from.address()), (Some("Zoë’s Clinic, London"), Some("aftercare@clinic.example")));
    let to = message.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!((to.name(), to.address()), (Some("Cleo \"C\" Okafor"), Some("cleo@example.org")));
    assert_eq!(message.reply_to().and_then(|to| to.first()).and_then(|to| to.address()), Some("desk@clinic.example"));
    assert_eq!(message.subject(), Some("How are you?"));
    assert_eq!(message.message_id(), Some(ID.trim_matches(['<', '>'])));
    assert_eq!(message.date().map(mail_parser::DateTime::to_timestamp), Some(1_774_713_600));
    assert_eq!(message.header("Auto-Submitted").and_then(Parsed::as_text), Some("auto-generated"));
    assert_eq!(message.header("X-Auto-Response-Suppress").and_then(Parsed::as_text), Some("OOF, AutoReply"));
    let text = String::from_utf8(raw.clone()).expect("ASCII");
    assert!(text.contains("\r\nList-Unsubscribe: <https://care.example.org/p/stop-token>\r\n"), "{text}");
    assert!(text.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
    let kind = message.content_type().expect("a content type");
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    let kinds: Vec<_> =
        message.parts[1..].iter().map(|part| part.content_type().and_then(|kind| kind.subtype())).collect();
    assert_eq!(kinds, [Some("plain"), Some("html")]);
    assert_eq!((body(&message, 1), body(&message, 2)), ("Hello ☀\n".into(), "<p>Hello ☀</p>\n".into()));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let one = || made("Clinic", "Cleo", "Hello", "a", "<p>a</p>", None);
    assert_eq!(one(), one());
}

#[test]
fn one_click_needs_https_and_mail_can_do_without() {
    for (stop, listed, one_click) in [
        (Some(Stop::Link("http://127.0.0.1:8080/p/t".into())), 1, 0),
        (Some(Stop::Link("https://care.example/p/t".into())), 1, 1),
        (Some(Stop::Mail("mailto:desk@clinic.example?subject=unsubscribe%20t".into())), 1, 0),
        (Some(Stop::InPerson), 0, 0),
        (None, 0, 0),
    ] {
        let raw = made("Clinic", "Cleo", "Hello", "a", "b", stop.as_ref());
        well_formed(&raw);
        let found = (count(&raw, "List-Unsubscribe"), count(&raw, "List-Unsubscribe-Post"));
        assert_eq!(found, (listed, one_click), "{stop:?}");
    }
}

#[test]
fn names_cannot_break_out_of_their_header() {
    for name in [
        "Cleo\r\nBcc: all@example.org",
        "Cleo\0",
        "\u{202e}oelC",
        "=?utf-8?q?Bank?=",
        "a@b.example, \"x\" <y@z.example>",
        "\\\"",
        "",
        "\r\n",
        "☀\u{2028}☀",
    ] {
        let raw = made(name, name, name, name, name, None);
        well_formed(&raw);
        let message = MessageParser::default().parse(&raw).expect("a message");
        assert_eq!(message.to().map(|to| to.iter().count()), Some(1), "{name:?}");
        assert_eq!(message.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("cleo@example.org"));
    }
    assert!(!String::from_utf8_lossy(&made("=?utf-8?q?Bank?=", "x", "y", "", "", None)).contains("=?utf-8?q?Bank?="));
}

#[test]
fn what_no_header_can_carry_is_refused() {
    let (from, to) = (address("aftercare@clinic.example"), address("cleo@example.org"));
    let date = Timestamp::UNIX_EPOCH;
    let long = Stop::Link(format!("https://care.example/{}", "x".repeat(1000)));
    let broken = Stop::Link("https://care.example/\r\nBcc: x@y.example".into());
    let good = Parts {
        from_name: "",
        from: &from,
        to_name: "",
        to: &to,
        reply_to: None,
        subject: "",
        date,
        message_id: ID,
        stop: None,
        text: "",
        html: "",
        logo: None,
    };
    assert!(bytes(&good).is_ok());
    for stop in [&long, &broken] {
        assert_eq!(bytes(&Parts { stop: Some(stop), ..good.clone() }), Err(MessageError::Link));
    }
    let before = Timestamp::from_second(-1).expect("an instant");
    assert_eq!(bytes(&Parts { date: before, ..good.clone() }), Err(MessageError::Date));
    for id in ["", "<a@b", "<a>", "<a@b>\r\nX: y", "<a b@c>", "<@@>"] {
        assert_eq!(bytes(&Parts { message_id: id, ..good.clone() }), Err(MessageError::MessageId), "{id}");
    }
}

#[test]
fn a_message_id_is_a_row_and_our_domain() {
    let email = EmailId::from_uuid(Uuid::from_u128(1));
    assert_eq!(message_id(&email, "Clinic.Example"), "<00000000-0000-0000-0000-000000000001@clinic.example>");
    assert_eq!(message_id(&email, "a>\r\nb"), "<00000000-0000-0000-0000-000000000001@ab>");
    assert_eq!(message_id(&email, ""), "<00000000-0000-0000-0000-000000000001@localhost>");
}

/// Names, subjects and bodies that someone could type or paste, long words and odd signs included.
fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,80}",
        "[ -~]{0,200}",
        "[a-zéñ☀\\r\\n\\t\\x00=?<>\"\\\\,;:@. ]{0,120}",
        Just("x".repeat(1200)),
        Just("é".repeat(1200)),
        Just("= ".repeat(600)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_name_subject_and_body_make_a_well_formed_message(
        from in anything(), to in anything(), subject in anything(), text in anything(), html in anything(),
    ) {
        let raw = made(&from, &to, &subject, &text, &html, None);
        well_formed(&raw);
        let message = MessageParser::default().parse(&raw).expect("a message");
        let sender = message.from().and_then(|from| from.first()).and_then(|from| from.address());
        prop_assert_eq!(sender, Some("aftercare@clinic.example"));
        let recipient = message.to().and_then(|to| to.first()).expect("a recipient");
        prop_assert_eq!(recipient.address(), Some("cleo@example.org"));
        prop_assert_eq!(message.to().map(|to| to.iter().count()), Some(1));
        prop_assert_eq!(message.parts.len(), 3);
        // The encoder turns bare line feeds into CR LF and escapes all else, so nothing else changes.
        let same = |written: &str| written.replace("\r\n", "\n").replace('\n', "\r\n").replace("\r\n", "\n");
        prop_assert_eq!(body(&message, 1), same(&text));
        prop_assert_eq!(body(&message, 2), same(&html));
        if subject.chars().all(|c| c.is_ascii_alphanumeric()) && !subject.is_empty() && subject.len() < 200 {
            prop_assert_eq!(message.subject(), Some(subject.as_str()));
        }
    }
}
