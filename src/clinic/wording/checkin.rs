//! The check-in after a visit and the page that answers it.

use serde::Deserialize;

/// The words of the check-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each text stands in the file with its meaning around it")]
pub struct Checkin {
    /// Whether a native speaker must look before first use.
    #[serde(default)]
    pub needs_review: bool,
    pub title: String,
    /// Holds `{name}`.
    pub child_title: String,
    /// Holds `{name}`.
    pub child_hint: String,
    pub send: String,
    pub skip_hint: String,
    pub again: String,
    pub pain: String,
    pub pain_low: String,
    pub pain_high: String,
    pub compared: String,
    pub better: String,
    pub same: String,
    pub worse: String,
    pub pressure: String,
    pub yes: String,
    pub no: String,
    pub signs: String,
    pub signs_hint: String,
    pub none_of_these: String,
    pub or: String,
    pub urgency: String,
    pub urgency_not: String,
    pub urgency_today: String,
    pub urgency_very: String,
    pub activities: String,
    pub activities_hint: String,
    /// Holds `{number}`.
    pub activity: String,
    pub activity_score: String,
    pub not_said: String,
    pub change: String,
    /// From -5 to 5.
    pub changes: [String; 11],
    pub words: String,
    /// Holds `{most}`.
    pub words_too_long: String,
    pub missing_pain: String,
    pub missing_compared: String,
    pub missing_signs: String,
    pub guidance: String,
    pub guidance_hint: String,
    pub because: String,
    /// Holds `{time}`.
    pub received: String,
    pub clinic_told: String,
    pub read_by_staff: String,
    pub do_not_wait: String,
    pub not_saved_title: String,
    pub not_saved: String,
    pub thanks: String,
    pub thanks_text: String,
    pub fine_text: String,
    pub call_anyway: String,
    /// Holds `{time}`.
    pub open_until: String,
    /// Holds `{day}` and `{time}`.
    pub opens: String,
    pub closed: String,
    pub week: String,
    /// Holds `{from}` and `{to}`.
    pub week_hours: String,
    pub week_closed: String,
    pub withdrawn_title: String,
    pub withdrawn_text: String,
    pub gone_title: String,
    pub gone_text: String,
    pub emergency: Emergency,
    pub same_day: SameDay,
    pub call_clinic: CallClinic,
    pub expected: Expected,
}

/// The emergency card. Every text but the first two holds `{number}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each text stands in the file with its meaning around it")]
pub struct Emergency {
    pub word: String,
    pub answer: String,
    pub own: String,
    pub others: String,
    pub call: String,
}

/// The card of what needs a doctor the same day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each text stands in the file with its meaning around it")]
pub struct SameDay {
    pub word: String,
    pub answer: String,
    pub own: String,
    pub others: String,
    pub advice: String,
}

/// The card of what the clinic wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each text stands in the file with its meaning around it")]
pub struct CallClinic {
    pub word: String,
    pub answer: String,
    pub own: String,
    pub others: String,
    /// Holds `{phone}`.
    pub call: String,
}

/// The card of what is normal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each text stands in the file with its meaning around it")]
pub struct Expected {
    pub word: String,
    pub own: String,
    pub others: String,
}
