//! What a client wants to be sent. A choice stands beside the consents: stopping takes no consent back, and
//! resuming gives none.

use super::intake::Consent;
use super::protocol::Stream;

/// A kind of email that a client can stop and have again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Advice and warning signs after a visit.
    Aftercare,
    /// The button in these emails that asks how it went.
    CheckIns,
    /// How to prepare for the next visit.
    Preparation,
}

impl Topic {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::Aftercare, Self::CheckIns, Self::Preparation];

    /// The id in forms and tables. That of a stream is the stream's own.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Aftercare => Stream::Aftercare.id(),
            Self::CheckIns => "check_ins",
            Self::Preparation => Stream::Preparation.id(),
        }
    }

    /// The topic of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.id() == id)
    }

    /// The topic that stops a stream; service mail answers what the client did and has none.
    #[must_use]
    pub const fn of_stream(stream: Stream) -> Option<Self> {
        match stream {
            Stream::Aftercare => Some(Self::Aftercare),
            Stream::Preparation => Some(Self::Preparation),
            Stream::Service => None,
        }
    }

    /// The stream whose emails it stops. The check-in is a button, so nothing is called off with it.
    #[must_use]
    pub const fn stream(self) -> Option<Stream> {
        match self {
            Self::Aftercare => Some(Stream::Aftercare),
            Self::Preparation => Some(Stream::Preparation),
            Self::CheckIns => None,
        }
    }

    /// The consent without which none of it is sent, whatever is chosen.
    #[must_use]
    pub const fn consent(self) -> Consent {
        match self {
            Self::Aftercare | Self::Preparation => Consent::AftercareEmail,
            Self::CheckIns => Consent::CheckInEmail,
        }
    }

    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aftercare => "Aftercare emails",
            Self::CheckIns => "Check-in buttons",
            Self::Preparation => "Preparation emails",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read_as_it_was_kept_and_names_its_stream() {
        for topic in Topic::ALL {
            assert_eq!(Topic::of(topic.id()), Some(topic));
            assert!(topic.stream().is_none_or(|stream| Topic::of_stream(stream) == Some(topic)));
            assert!(topic.stream().is_none_or(|stream| stream.id() == topic.id()), "the outbox compares the two");
        }
        assert_eq!((Topic::of("service"), Topic::of_stream(Stream::Service)), (None, None));
    }
}
