//! What a mail that came back says about an address, and what follows from it.
//!
//! A delivery notice is read by its Action *and* its Status (RFC 3464, RFC 3463): `delayed` is no
//! failure, 5.1.x says that there is no such mailbox, 5.7.x refuses *us* and says nothing about the
//! client. Notices without these fields are read by their words. Nothing here ever trusts a notice
//! with more than one address: who it is about is decided by a signed token, elsewhere.

mod words;

use jiff::{SignedDuration, Timestamp};

/// One notice, as far as it can be told apart by machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What happened to the mail, if the notice says so in a field.
    pub action: Option<Action>,
    /// The enhanced status code, if there is one.
    pub status: Option<Status>,
    /// The far server's own words, or the notice's text.
    pub words: String,
    /// Whether it is a complaint: the client pressed "this is spam" (RFC 5965).
    pub complaint: bool,
}

/// RFC 3464, section 2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the RFC")]
pub enum Action {
    Failed,
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

impl Action {
    /// The action of this word, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let known = [
            ("failed", Self::Failed),
            ("delayed", Self::Delayed),
            ("delivered", Self::Delivered),
            ("relayed", Self::Relayed),
            ("expanded", Self::Expanded),
        ];
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, action)| action)
    }
}

/// An enhanced status code, "5.1.1" (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// 2 went well, 4 not now, 5 never.
    pub class: u8,
    /// 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// Which of them.
    pub detail: u16,
}

impl Status {
    /// The first code that stands in a text, such as "550 5.1.1 No such user".
    #[must_use]
    pub fn in_text(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | '#' | '-'))
            .find_map(|word| Self::of(word.trim_end_matches([':', '.'])))
    }

    fn of(word: &str) -> Option<Self> {
        let mut parts = word.split('.');
        let number = |part: Option<&str>| {
            part.filter(|part| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u16>().ok()
        };
        let (class, subject, detail) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
        let class = u8::try_from(class).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        parts.next().is_none().then_some(Self { class, subject, detail })
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What a notice means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// The mail arrived after all, or was passed on.
    Arrived,
    /// It is still being tried. No failure.
    Delayed,
    /// There is no such mailbox: nothing will ever arrive there.
    NoMailbox,
    /// The mailbox is full, switched off or its server cannot be reached: may pass.
    NotNow,
    /// The far server refuses us or this letter. Says nothing about the client's address.
    OurFault,
    /// The client said that this is spam.
    Complaint,
    /// An answering machine, or nothing that can be told.
    Unclear,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 7] =
        [Self::Arrived, Self::Delayed, Self::NoMailbox, Self::NotNow, Self::OurFault, Self::Complaint, Self::Unclear];

    /// The id in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Delayed => "delayed",
            Self::NoMailbox => "no_mailbox",
            Self::NotNow => "not_now",
            Self::OurFault => "our_fault",
            Self::Complaint => "complaint",
            Self::Unclear => "unclear",
        }
    }

    /// The meaning of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }

    /// What staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Arrived => "it arrived",
            Self::Delayed => "the far server is still trying",
            Self::NoMailbox => "there is no such mailbox",
            Self::NotNow => "the mailbox took nothing: full, switched off or out of reach",
            Self::OurFault => "the far server refused our mail, not the address",
            Self::Complaint => "it was marked as spam there",
            Self::Unclear => "an answer that no program can read",
        }
    }

    /// Whether a person should know.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::NoMailbox | Self::NotNow | Self::OurFault | Self::Complaint)
    }
}

/// What the notice means.
#[must_use]
pub fn meaning(report: &Report) -> Meaning {
    if report.complaint {
        return Meaning::Complaint;
    }
    match report.action {
        Some(Action::Delayed) => return Meaning::Delayed,
        Some(Action::Delivered | Action::Relayed | Action::Expanded) => return Meaning::Arrived,
        Some(Action::Failed) | None => {}
    }
    let said = words::told(&report.words);
    let status = report.status.or_else(|| Status::in_text(&report.words));
    match (status.and_then(by_status), said) {
        // Refusing us for policy is said with all sorts of codes, "550 5.1.1 blocked by …" among them.
        (_, Some(Meaning::OurFault)) => Meaning::OurFault,
        (Some(told), _) => told,
        (None, Some(told)) => told,
        (None, None) if report.action == Some(Action::Failed) => Meaning::NotNow,
        (None, None) => Meaning::Unclear,
    }
}

/// Whether a relay that was just asked says, with a code of the kind 5.1.x, that there is no such mailbox.
/// Other words for it are too uncertain to stop an address for.
#[must_use]
pub fn is_no_mailbox(reply: &str) -> bool {
    let status = Status::in_text(reply).filter(|status| (status.class, status.subject) == (5, 1));
    let report = Report { action: Some(Action::Failed), status, words: reply.to_owned(), complaint: false };
    status.is_some() && meaning(&report) == Meaning::NoMailbox
}

/// What a code alone says; nothing where providers use it for everything.
fn by_status(status: Status) -> Option<Meaning> {
    Some(match (status.class, status.subject, status.detail) {
        (2, ..) => Meaning::Arrived,
        // The sender's address, ours.
        (_, 1, 7 | 8) => Meaning::OurFault,
        (5, 1, _) => Meaning::NoMailbox,
        // Longer than the mailbox takes.
        (5, 2, 3) => Meaning::OurFault,
        (_, 2 | 3, _) | (4, 1 | 4 | 5, _) => Meaning::NotNow,
        (_, 6 | 7, _) => Meaning::OurFault,
        // 5.0.0, 5.4.1 and 5.5.0 stand for "no such user" at one provider and for a refusal at the next.
        _ => return None,
    })
}

/// How long a mailbox that took nothing is remembered.
const AGES_AFTER: SignedDuration = SignedDuration::from_hours(24 * 30);

/// So many different emails that found a mailbox full, switched off or unreachable are enough.
const ENOUGH: usize = 3;

/// What is done with the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// It gets no more mail from this clinic until staff say so.
    Suppress,
}

/// What follows for the address. `before` are the times at which *other* emails to it came back as
/// [`Meaning::NotNow`].
#[must_use]
pub fn follows(meaning: Meaning, before: &[Timestamp], now: Timestamp) -> Follows {
    let young = |at: &&Timestamp| now.duration_since(**at) < AGES_AFTER;
    let enough = || before.iter().filter(young).count() + 1 >= ENOUGH;
    match meaning {
        Meaning::NoMailbox | Meaning::Complaint => Follows::Suppress,
        Meaning::NotNow if enough() => Follows::Suppress,
        _ => Follows::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(action: &str, status: &str, words: &str) -> Meaning {
        let report = Report {
            action: Action::of(action),
            status: Status::in_text(status),
            words: words.into(),
            complaint: false,
        };
        meaning(&report)
    }

    #[test]
    fn an_action_and_a_status_are_read_together() {
        let table = [
            ("failed", "5.1.1", "", Meaning::NoMailbox),
            ("failed", "5.1.2", "", Meaning::NoMailbox),
            ("failed", "5.1.10", "", Meaning::NoMailbox),
            ("failed", "5.1.7", "", Meaning::OurFault),
            ("failed", "5.1.8", "", Meaning::OurFault),
            ("failed", "5.2.1", "", Meaning::NotNow),
            ("failed", "5.2.2", "", Meaning::NotNow),
            ("failed", "5.2.3", "", Meaning::OurFault),
            ("failed", "4.2.2", "", Meaning::NotNow),
            ("failed", "4.4.7", "", Meaning::NotNow),
            ("failed", "5.3.4", "", Meaning::NotNow),
            ("failed", "5.6.0", "", Meaning::OurFault),
            ("failed", "5.7.1", "", Meaning::OurFault),
            ("failed", "5.7.26", "", Meaning::OurFault),
            ("failed", "5.1.1", "550 5.1.1 blocked, listed by a blocklist", Meaning::OurFault),
            ("failed", "5.4.1", "Recipient address rejected: Access denied", Meaning::OurFault),
            ("failed", "5.5.0", "Requested action not taken: mailbox unavailable", Meaning::NoMailbox),
            ("failed", "5.0.0", "550 No such user here", Meaning::NoMailbox),
            ("failed", "5.0.0", "", Meaning::NotNow),
            ("delayed", "5.1.1", "", Meaning::Delayed),
            ("delayed", "4.4.1", "", Meaning::Delayed),
            ("delivered", "2.0.0", "", Meaning::Arrived),
            ("relayed", "", "", Meaning::Arrived),
            ("", "", "550 5.1.1 <…>: unknown", Meaning::NoMailbox),
            ("", "", "I am away until Monday.", Meaning::Unclear),
            ("", "", "", Meaning::Unclear),
        ];
        for (action, status, words, wanted) in table {
            assert_eq!(of(action, status, words), wanted, "{action} {status} {words}");
        }
        let complaint = Report { complaint: true, action: Some(Action::Delivered), ..Report::default() };
        assert_eq!(meaning(&complaint), Meaning::Complaint);
    }

    #[test]
    fn only_a_plain_code_at_the_door_stops_an_address() {
        for (reply, is) in [
            ("550 5.1.1 <cleo@example.org>: user unknown", true),
            ("550 5.1.10 null MX", true),
            ("553 5.1.3 bad address", true),
            ("550 5.1.8 sender refused", false),
            ("550 5.1.1 blocked, listed by a blocklist", false),
            ("450 4.1.1 unknown for now", false),
            ("550 5.7.1 no such user", false),
            ("550 no such user here", false),
            ("552 5.2.2 full", false),
            ("", false),
        ] {
            assert_eq!(is_no_mailbox(reply), is, "{reply}");
        }
    }

    #[test]
    fn a_code_is_found_in_the_words_around_it() {
        let found = |text| Status::in_text(text).map(|status| status.to_string());
        assert_eq!(found("smtp; 550-5.1.1 The email account").as_deref(), Some("5.1.1"));
        assert_eq!(found("(#5.7.1)").as_deref(), Some("5.7.1"));
        assert_eq!(found("5.7.26: not here").as_deref(), Some("5.7.26"));
        for none in ["192.168.1.1", "1.2.3", "5.1", "5.1.1.1", "5.1.1111", "version 3.2.1", ""] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn only_a_missing_mailbox_a_complaint_or_the_third_soft_bounce_in_a_month_suppresses() {
        let now: Timestamp = "2026-03-30T08:00:00Z".parse().expect("an instant");
        let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
        for meaning in Meaning::ALL {
            let wanted = match meaning {
                Meaning::NoMailbox | Meaning::Complaint => Follows::Suppress,
                _ => Follows::Nothing,
            };
            assert_eq!(follows(meaning, &[], now), wanted, "{meaning:?}");
        }
        assert_eq!(follows(Meaning::NotNow, &[ago(1)], now), Follows::Nothing);
        assert_eq!(follows(Meaning::NotNow, &[ago(1), ago(29)], now), Follows::Suppress);
        assert_eq!(follows(Meaning::NotNow, &[ago(1), ago(30)], now), Follows::Nothing, "the older one has aged");
        assert_eq!(follows(Meaning::OurFault, &[ago(1), ago(2), ago(3)], now), Follows::Nothing);
    }

    #[test]
    fn a_meaning_is_found_by_its_id_alone() {
        assert!(Meaning::ALL.into_iter().all(|one| Meaning::of(one.id()) == Some(one)));
        assert_eq!(Meaning::of("hard"), None);
    }
}
