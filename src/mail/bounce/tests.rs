use super::*;
use crate::clinic::bounce::{Meaning, meaning};

fn seal() -> Seal {
    Seal::from_key(&[7; 32])
}

fn id() -> EmailId {
    "0199c9a0-0000-7000-8000-000000000001".parse().expect("an id")
}

fn path() -> ReturnPath {
    ReturnPath::signed("bounces@clinic.example".parse().expect("an address")).expect("room")
}

#[test]
fn an_envelope_sender_names_its_email_to_us_alone() {
    let sender = path().of(&seal(), id());
    let (local, domain) = sender.as_str().rsplit_once('@').expect("an address");
    assert!(local.starts_with("bounces+") && local.len() <= LONGEST_LOCAL && domain == "clinic.example");
    for raw in
        [format!("To: <{sender}>\r\n"), format!("x {} y", sender.as_str().to_uppercase()), format!("rfc822;{sender}")]
    {
        assert_eq!(about(&seal(), raw.as_bytes()), Some(id()), "{raw}");
    }
    assert_eq!(path().of(&seal(), id()), sender, "the same each time, so that a retry is the same");
    let plain = ReturnPath::plain("hello@clinic.example".parse().expect("an address"));
    assert_eq!(plain.of(&seal(), id()).as_str(), "hello@clinic.example");
}

#[test]
fn a_token_that_was_made_up_or_cut_is_about_nothing() {
    let sender = path().of(&seal(), id()).to_string();
    assert_eq!(about(&Seal::from_key(&[8; 32]), sender.as_bytes()), None, "another house's key");
    for at in "bounces+".len().."bounces+".len() + TOKEN {
        let mut forged = sender.clone().into_bytes();
        forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
        assert_eq!(about(&seal(), &forged), None, "letter {at}");
    }
    assert_eq!(about(&seal(), sender.split('@').next().expect("a local part").as_bytes()), None);
    assert_eq!(about(&seal(), b"+++++@"), None);
    assert_eq!(
        about(&Seal::from_keys(&[8; 32], &[[7; 32]]), sender.as_bytes()),
        Some(id()),
        "an older key still reads"
    );
}

#[test]
fn a_name_that_leaves_no_room_for_the_token_is_refused() {
    let long = "a-very-long-mailbox-name@clinic.example".parse().expect("an address");
    let problem = ReturnPath::signed(long).expect_err("too long");
    assert!(problem.contains("at most 21 characters"), "{problem}");
}

fn dsn(action: &str, status: &str, diagnostic: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: bounces@clinic.example\r\n\
         Subject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; cleo@example.org\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: hello@clinic.example\r\nSubject: How are you?\r\n\r\nno such user, blocked as spam\r\n--b--\r\n"
    )
}

#[test]
fn a_delivery_notice_is_read_by_its_fields_and_not_by_the_mail_it_returns() {
    let of = |action, status, said| meaning(&read(dsn(action, status, said).as_bytes()).expect("a notice"));
    assert_eq!(of("failed", "5.1.1", "smtp; 550 5.1.1 unknown"), Meaning::NoMailbox);
    assert_eq!(of("Failed", "5.2.2", "smtp; 552 5.2.2 full"), Meaning::NotNow);
    assert_eq!(of("delayed", "4.4.1", "smtp; connection timed out"), Meaning::Delayed);
    assert_eq!(of("failed", "5.7.1", "smtp; 550 5.7.1 policy"), Meaning::OurFault);
    assert_eq!(of("delivered", "2.1.5", "smtp; 250 ok"), Meaning::Arrived);
}

#[test]
fn a_complaint_is_a_complaint_unless_it_takes_one_back() {
    let arf = |kind: &str| {
        format!(
            "From: fbl@provider.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
             Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--b--\r\n"
        )
    };
    assert_eq!(read(arf("abuse").as_bytes()).map(|report| meaning(&report)), Some(Meaning::Complaint));
    assert_eq!(read(arf("not-spam").as_bytes()), None);
}

#[test]
fn servers_that_write_in_their_own_words_are_understood() {
    let letter = |from: &str, more: &str, body: &str| {
        format!(
            "Return-Path: <>\r\nFrom: {from}\r\nTo: bounces@clinic.example\r\n{more}Content-Type: text/plain\r\n\r\n{body}\r\n"
        )
    };
    let of = |raw: String| read(raw.as_bytes()).map(|report| meaning(&report));
    let qmail = "Hi. This is the mail program at mx.example.\r\n<cleo@example.org>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n\
                 --- Below this line is a copy of the message.\r\n\r\nblocked as spam";
    assert_eq!(of(letter("MAILER-DAEMON@mx.example", "", qmail)), Some(Meaning::NoMailbox));
    let exim = "A message that you sent could not be delivered.\r\n  cleo@example.org\r\n    mailbox is full: retry timeout exceeded\r\n\
                ------ This is a copy of the message, including all the headers. ------\r\nuser unknown";
    assert_eq!(
        of(letter("postmaster@mx.example", "X-Failed-Recipients: cleo@example.org\r\n", exim)),
        Some(Meaning::NotNow)
    );
    let marked = letter("noreply@provider.example", "X-Failed-Recipients: cleo@example.org\r\n", "Address not found");
    assert_eq!(of(marked), Some(Meaning::NoMailbox));
    assert_eq!(of(letter("mailer-daemon@mx.example", "", "Something happened.")), Some(Meaning::Unclear));
}

#[test]
fn people_and_answering_machines_are_no_notice() {
    for raw in [
        "From: cleo@example.org\r\nSubject: Re: How are you?\r\n\r\nMy old mailbox does not exist any more, user unknown!\r\n",
        "From: cleo@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am disabled until Monday.\r\n",
        "From: postmaster@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nThe mailbox is inactive in August.\r\n",
        "",
        "\u{0}\u{1}\u{2}",
    ] {
        assert_eq!(read(raw.as_bytes()), None, "{raw:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let _ = read(&raw);
        proptest::prop_assert_eq!(about(&seal(), &raw), None);
    }
}
