//! Alerts: the list, one of them with everything about it, and what is done. Reception sees that there
//! is one, how urgent, until when, and the telephone; answers are for those who treat.

pub mod acts;
pub mod load;
pub(in crate::web) mod open;
mod view;

use askama::Template;

use crate::clinic::alert::Alert;
use crate::clinic::ids::AccountId;
use crate::web::shell::Shell;
pub use view::{AlertView, Facts, Row, Visit, row};

/// `GET /alerts` and `GET /alerts/{id}`.
#[derive(Debug, Template)]
#[template(path = "alerts/page.html")]
pub struct AlertsPage {
    shell: Shell,
    groups: Vec<Group>,
    /// How fast alerts were taken this week.
    foot: Option<String>,
    alert: Option<AlertView>,
    /// Whether the reader may see how visits were taken.
    outcomes: bool,
    /// Whose alerts stand in the list.
    whose: Whose,
    /// A rule's no, and what was typed.
    refused: Option<String>,
    typed: String,
}

/// Whose alerts stand in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Those that the reader has taken, was handed, or closed.
    Mine,
}

impl Whose {
    /// What `?whose=mine` asks for.
    #[must_use]
    pub fn of(asked: &str) -> Self {
        if asked == "mine" { Self::Mine } else { Self::All }
    }

    /// What follows the address of each alert, so that the list stays as it is.
    #[must_use]
    pub const fn query(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Mine => "?whose=mine",
        }
    }

    /// Whether an alert belongs into the list of this reader.
    #[must_use]
    pub fn takes(self, alert: &Alert, reader: AccountId) -> bool {
        self == Self::All || [alert.owner, alert.closed_by].contains(&Some(reader))
    }
}

/// A part of the list.
#[derive(Debug)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// Its alerts.
    pub rows: Vec<Row>,
}

impl AlertsPage {
    /// The list with one alert open.
    #[must_use]
    pub const fn of(
        shell: Shell,
        groups: Vec<Group>,
        foot: Option<String>,
        alert: Option<AlertView>,
        (outcomes, whose): (bool, Whose),
    ) -> Self {
        Self { shell, groups, foot, alert, outcomes, whose, refused: None, typed: String::new() }
    }

    /// The same, with a rule's no and what was typed.
    #[must_use]
    pub fn refusing(mut self, sentence: &str, typed: &str) -> Self {
        self.refused = Some(sentence.into());
        self.typed = typed.into();
        self
    }
}
