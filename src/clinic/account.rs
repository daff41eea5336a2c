//! Who may do what: the one permission table, role by act. Every route of the staff pages names
//! its act, and nothing else decides.

/// What a member of staff is at one clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each role is its own name")]
pub enum Role {
    Reception,
    Therapist,
    Admin,
}

impl Role {
    /// In the order of a visit: the desk, the room, the office.
    pub const ALL: [Self; 3] = [Self::Reception, Self::Therapist, Self::Admin];

    /// The id used in tables, commands and forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Reception => "reception",
            Self::Therapist => "therapist",
            Self::Admin => "admin",
        }
    }

    /// The role of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// The word on a page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reception => "Reception",
            Self::Therapist => "Therapist",
            Self::Admin => "Admin",
        }
    }
}

/// An act of the staff pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// See who comes when, for what technique, with which level, and how the mail stands.
    SeeDay,
    /// See names, contact and the message log without bodies.
    SeeClients,
    /// Register and correct clients.
    EditClients,
    /// Book, move and cancel visits, and mark a no-show.
    BookVisits,
    /// Open and fill the intake form.
    TakeIntake,
    /// See answers, brief, plan contents, letter bodies and notes.
    SeeHealth,
    /// Close a visit, which starts its plan. Everyone may: a visit left open delays warning signs.
    CompleteVisits,
    /// Write the session note.
    WriteNotes,
    /// Sign a note, which locks it.
    SignNotes,
    /// Change what emails follow a visit.
    ChangePlans,
    /// Hold or cancel waiting mail. Everyone may stop an email.
    HoldMail,
    /// Ask a client on the telephone how it went. Everyone may: a warning sign must not wait for
    /// somebody else.
    TakeCheckIns,
    /// Take alerts, hand them on and close them. The answers behind them are [`Action::SeeHealth`].
    HandleAlerts,
    /// See how mail leaves and what went wrong with it.
    SeeDelivery,
    /// Stop all mail to clients and let it go on, and decide about an email that may have arrived.
    HandleDelivery,
    /// Say that free text was read, and what it means.
    ReviewText,
    /// Write down a doctor's word.
    RecordClearance,
    /// Erase a client for good.
    EraseClients,
    /// Write letters and publish them.
    EditLetters,
    /// Write the clinic's own questions and publish them.
    EditForms,
    /// See who works here and end their sessions.
    ManageStaff,
    /// See who did what, and take it out as a file. It holds ids, never health text.
    SeeAudit,
    /// Change the clinic's settings and sign the catalogue off.
    ManageClinic,
    /// One's own password, sessions and choice of clinic.
    OwnAccount,
}

impl Action {
    /// Every act.
    pub const ALL: [Self; 24] = [
        Self::SeeDay,
        Self::SeeClients,
        Self::EditClients,
        Self::BookVisits,
        Self::TakeIntake,
        Self::SeeHealth,
        Self::CompleteVisits,
        Self::WriteNotes,
        Self::SignNotes,
        Self::ChangePlans,
        Self::HoldMail,
        Self::TakeCheckIns,
        Self::HandleAlerts,
        Self::SeeDelivery,
        Self::HandleDelivery,
        Self::ReviewText,
        Self::RecordClearance,
        Self::EraseClients,
        Self::EditLetters,
        Self::EditForms,
        Self::ManageStaff,
        Self::SeeAudit,
        Self::ManageClinic,
        Self::OwnAccount,
    ];
}

/// The permission table.
///
/// Reception sees who, when, technique, the level's word, whether the intake is done, and mail
/// states. Answers, conditions, reasons, letter bodies and notes are for those who treat and for
/// the admin who answers for the system. The intake form and a check-in by telephone, while they are
/// being taken, are the exception.
#[must_use]
pub const fn may(role: Role, action: Action) -> bool {
    match action {
        Action::SeeDay
        | Action::SeeClients
        | Action::EditClients
        | Action::BookVisits
        | Action::TakeIntake
        | Action::CompleteVisits
        | Action::HoldMail
        | Action::TakeCheckIns
        | Action::HandleAlerts
        | Action::RecordClearance
        | Action::OwnAccount => true,
        Action::SeeHealth | Action::WriteNotes | Action::SignNotes | Action::ChangePlans | Action::ReviewText => {
            matches!(role, Role::Therapist | Role::Admin)
        }
        Action::SeeDelivery | Action::HandleDelivery => matches!(role, Role::Reception | Role::Admin),
        Action::EraseClients
        | Action::EditLetters
        | Action::EditForms
        | Action::ManageStaff
        | Action::SeeAudit
        | Action::ManageClinic => {
            matches!(role, Role::Admin)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out a second time, so that a change of the table is a change of two places.
    #[test]
    fn the_permission_table_is_as_written_here() {
        let table = [
            (Action::SeeDay, "RTA"),
            (Action::SeeClients, "RTA"),
            (Action::EditClients, "RTA"),
            (Action::BookVisits, "RTA"),
            (Action::TakeIntake, "RTA"),
            (Action::SeeHealth, "-TA"),
            (Action::CompleteVisits, "RTA"),
            (Action::WriteNotes, "-TA"),
            (Action::SignNotes, "-TA"),
            (Action::ChangePlans, "-TA"),
            (Action::HoldMail, "RTA"),
            (Action::TakeCheckIns, "RTA"),
            (Action::HandleAlerts, "RTA"),
            (Action::SeeDelivery, "R-A"),
            (Action::HandleDelivery, "R-A"),
            (Action::ReviewText, "-TA"),
            (Action::RecordClearance, "RTA"),
            (Action::EraseClients, "--A"),
            (Action::EditLetters, "--A"),
            (Action::EditForms, "--A"),
            (Action::ManageStaff, "--A"),
            (Action::SeeAudit, "--A"),
            (Action::ManageClinic, "--A"),
            (Action::OwnAccount, "RTA"),
        ];
        assert_eq!(table.map(|(action, _)| action), Action::ALL, "every act has its line");
        for (action, marks) in table {
            let of = |role, mark| if may(role, action) { mark } else { '-' };
            let found: String = Role::ALL.into_iter().zip("RTA".chars()).map(|(role, mark)| of(role, mark)).collect();
            assert_eq!(found, marks, "{action:?}");
        }
    }

    #[test]
    fn a_role_is_found_by_its_id_alone() {
        assert!(Role::ALL.into_iter().all(|role| Role::of(role.id()) == Some(role)));
        assert_eq!((Role::of("Admin"), Role::of("")), (None, None));
    }
}
