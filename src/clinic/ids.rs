//! Names for rows. Every id is a UUIDv7, so that ids sort by the time they were made and
//! inserts stay at one end of an index. A catalogue id is a word and lives with the catalogue.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id made of this UUID.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID behind the id.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One clinic (one location).
    ClinicId,
    /// One person who comes for treatment.
    ClientId,
    /// One appointment.
    VisitId,
    /// One client's answers at one time.
    IntakeId,
    /// The SOAP note of one visit.
    NoteId,
    /// One addendum to a signed note.
    AddendumId,
    /// A protocol applied to one visit.
    PlanId,
    /// One email that we owe or sent.
    EmailId,
    /// One member of staff at one clinic.
    AccountId,
    /// One person who signs in, at one clinic or several.
    LoginId,
    /// One audit entry.
    AuditId,
    /// What one client asks of the staff.
    WishId,
    /// One notice that we owe or sent: service mail.
    NoticeId,
    /// One check-in of one visit and step.
    CheckInId,
    /// One alert for staff.
    AlertId,
    /// One thing that happened to an alert.
    AlertEventId,
    /// One notice about a mail that came back.
    BounceId,
    /// One token of a program.
    TokenId,
    /// One address that hears what happens.
    WebhookId,
    /// One call to it.
    WebhookCallId,
}
