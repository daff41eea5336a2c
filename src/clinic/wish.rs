//! What a client asks of the staff by their pages, and what follows for the staff from a choice of theirs.
//! Each stands on the list of what needs a person until somebody saw to it.

/// One wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// A copy of what is kept.
    Data,
    /// That it is erased.
    Erasure,
    /// The printed sheet: the client stopped the emails that carry the warning signs.
    Paper,
    /// That somebody reads what they wrote in a check-in.
    Words,
}

impl Wish {
    /// Every wish.
    pub const ALL: [Self; 4] = [Self::Data, Self::Erasure, Self::Paper, Self::Words];

    /// What a client asks for in so many words; the sheet follows from a stop, and to read from what was written.
    pub const ASKED: [Self; 2] = [Self::Data, Self::Erasure];

    /// The id in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Erasure => "erasure",
            Self::Paper => "paper",
            Self::Words => "words",
        }
    }

    /// The wish of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.id() == id)
    }

    /// What stands on the list beside the client's name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Data => "asks for their data",
            Self::Erasure => "asks to be erased",
            Self::Paper => "stopped aftercare emails",
            Self::Words => "wrote something in a check-in",
        }
    }

    /// What there is to do.
    #[must_use]
    pub const fn task(self) -> &'static str {
        match self {
            Self::Data => "Give them a copy of everything that is kept, within a month.",
            Self::Erasure => "Talk to them, then ask your admin. Tell them within a month what was erased.",
            Self::Paper => "Hand over the printed sheet at the next visit: no email brings the warning signs.",
            Self::Words => "Nothing in it sounds urgent to the program. A person reads it on the visit’s page.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_as_it_was_kept() {
        assert!(Wish::ALL.into_iter().all(|wish| Wish::of(wish.id()) == Some(wish)));
        assert_eq!(Wish::of(""), None);
    }
}
