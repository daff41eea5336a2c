//! Tokens of programs: what one may be called, what it may do, and how one looks. A program is no
//! member of staff and has no role: it may do what its scopes say and nothing else.

use std::collections::BTreeSet;

use super::fields;

/// What every token begins with, so that a search for secrets that were left lying about finds it.
pub const PREFIX: &str = "aftercare_api_";

/// Hexadecimal digits behind the prefix: 256 random bits.
const DIGITS: usize = 64;

/// The longest name of a program.
const LONGEST_NAME: usize = 60;

/// One thing that a program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// See names, contact and birthdays.
    ReadClients,
    /// Register and correct clients.
    WriteClients,
    /// See who comes when, to whom and for what technique.
    ReadVisits,
    /// Book, move, call off and complete visits.
    WriteVisits,
    /// Read answers of intakes. Health.
    ReadIntakes,
    /// Hand out the link to the intake form, which shows what the client said before.
    WriteIntakes,
    /// Read briefs. Health.
    ReadBriefs,
    /// Read session notes. Health.
    ReadNotes,
    /// Read plans: which emails follow a visit with what, and which do not and why. Health.
    ReadPlans,
    /// See emails and how they stand, without what they say.
    ReadMessages,
    /// Read how clients said it went. Health.
    ReadCheckIns,
    /// Read alerts. Health.
    ReadAlerts,
    /// See which letters there are, in which versions.
    ReadLetters,
    /// See which addresses get no mail, and why.
    ReadSuppressions,
    /// Stop mail to an address, and let it go again.
    WriteSuppressions,
    /// See which addresses hear what happens.
    ReadWebhooks,
    /// Add and remove such addresses.
    WriteWebhooks,
    /// Read how mail, alerts and pages stand, in numbers.
    Metrics,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 18] = [
        Self::ReadClients,
        Self::WriteClients,
        Self::ReadVisits,
        Self::WriteVisits,
        Self::ReadIntakes,
        Self::WriteIntakes,
        Self::ReadBriefs,
        Self::ReadNotes,
        Self::ReadPlans,
        Self::ReadMessages,
        Self::ReadCheckIns,
        Self::ReadAlerts,
        Self::ReadLetters,
        Self::ReadSuppressions,
        Self::WriteSuppressions,
        Self::ReadWebhooks,
        Self::WriteWebhooks,
        Self::Metrics,
    ];

    /// The id used in commands, tables and forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ReadClients => "read:clients",
            Self::WriteClients => "write:clients",
            Self::ReadVisits => "read:visits",
            Self::WriteVisits => "write:visits",
            Self::ReadIntakes => "read:intakes",
            Self::WriteIntakes => "write:intakes",
            Self::ReadBriefs => "read:briefs",
            Self::ReadNotes => "read:notes",
            Self::ReadPlans => "read:plans",
            Self::ReadMessages => "read:messages",
            Self::ReadCheckIns => "read:check-ins",
            Self::ReadAlerts => "read:alerts",
            Self::ReadLetters => "read:letters",
            Self::ReadSuppressions => "read:suppressions",
            Self::WriteSuppressions => "write:suppressions",
            Self::ReadWebhooks => "read:webhooks",
            Self::WriteWebhooks => "write:webhooks",
            Self::Metrics => "metrics",
        }
    }

    /// The scope of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == id)
    }

    /// What it lets a program do, for the admin who ticks it.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::ReadClients => "See clients: names, contact, birthday",
            Self::WriteClients => "Register and correct clients",
            Self::ReadVisits => "See visits: who comes when, to whom, for which technique",
            Self::WriteVisits => "Book, move, cancel and complete visits",
            Self::ReadIntakes => "Read intakes (health)",
            Self::WriteIntakes => "Hand out links to intake forms (health: a form shows earlier answers)",
            Self::ReadBriefs => "Read briefs (health)",
            Self::ReadNotes => "Read session notes (health)",
            Self::ReadPlans => "Read plans of emails, and what was withheld and why (health)",
            Self::ReadMessages => "See emails and how they stand, without their text",
            Self::ReadCheckIns => "Read check-ins (health)",
            Self::ReadAlerts => "Read alerts (health)",
            Self::ReadLetters => "See which letters there are",
            Self::ReadSuppressions => "See addresses that get no mail",
            Self::WriteSuppressions => "Stop mail to an address, and let it go again",
            Self::ReadWebhooks => "See which addresses hear what happens",
            Self::WriteWebhooks => "Add and remove addresses that hear what happens",
            Self::Metrics => "Watch how mail, alerts and pages stand, in numbers",
        }
    }
}

/// What a token may do, in the order of [`Scope::ALL`].
pub type Scopes = BTreeSet<Scope>;

/// The scopes of these ids.
///
/// # Errors
/// A sentence that names the first that is none, or says that there are none at all.
pub fn scopes<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Scopes, String> {
    let all = ids.into_iter().map(|id| {
        Scope::of(id).ok_or_else(|| {
            let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::id).collect();
            format!("“{id}” is no scope. There are {}.", known.join(", "))
        })
    });
    let all: Scopes = all.collect::<Result<_, _>>()?;
    if all.is_empty() { Err("Pick at least one thing that the program may do.".into()) } else { Ok(all) }
}

/// The name of a program.
///
/// # Errors
/// A sentence, when it is empty, too long or holds what cannot be shown.
pub fn name(text: &str) -> Result<&str, String> {
    match fields::line(text, "The name", LONGEST_NAME)? {
        "" => Err("Give the program a name, such as “Online booking”.".into()),
        name => Ok(name),
    }
}

/// Whether this looks like a token of ours; what does not is not looked up.
#[must_use]
pub fn looks_right(secret: &str) -> bool {
    let digits = secret.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_found_by_its_id_and_each_has_one() {
        let ids: BTreeSet<&str> = Scope::ALL.into_iter().map(Scope::id).collect();
        assert_eq!(ids.len(), Scope::ALL.len());
        assert!(Scope::ALL.into_iter().all(|scope| Scope::of(scope.id()) == Some(scope)));
        assert!(Scope::ALL.is_sorted(), "in the order of the list");
        assert_eq!((Scope::of("read:everything"), Scope::of("")), (None, None));
    }

    #[test]
    fn an_unknown_scope_is_named_and_none_at_all_is_told() {
        let twice = scopes(["write:visits", "read:clients", "read:clients"]).expect("scopes");
        assert_eq!(twice.into_iter().collect::<Vec<_>>(), [Scope::ReadClients, Scope::WriteVisits]);
        let wrong = scopes(["read:clients", "admin"]).expect_err("no scope");
        assert!(wrong.starts_with("“admin” is no scope. There are read:clients, "), "{wrong}");
        assert_eq!(scopes([]), Err("Pick at least one thing that the program may do.".into()));
    }

    #[test]
    fn a_name_is_one_line_and_a_token_looks_like_one() {
        assert_eq!(name("  Online booking "), Ok("Online booking"));
        assert!(["", " ", "a\nb", &"x".repeat(61)].into_iter().all(|text| name(text).is_err()));
        let digits = "0123456789abcdef".repeat(4);
        assert!(looks_right(&format!("{PREFIX}{digits}")));
        for wrong in ["", &digits, PREFIX, &format!("{PREFIX}{digits}0"), &format!("{PREFIX}{}", "g".repeat(64))] {
            assert!(!looks_right(wrong), "{wrong}");
        }
    }
}
