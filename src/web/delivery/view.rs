//! From what the database tells to what the page says. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, Zoned};

use super::{Item, Paused, Provider, RelayRow, Verdict, Waiting};
use crate::clinic::delivery::{Beat, Relay, Standing, refusal};
use crate::clinic::letter::telephone_link;
use crate::clinic::mail_trial;
use crate::clinic::outbox::State;
use crate::clinic::person::EmailAddress;
use crate::clinic::provider::Providers;
use crate::store::delivery::{InLine, Wrong};
use crate::store::outbox::{TURN, is_unsure};
use crate::store::pause::PAUSED;
use crate::web::badge::Badge;
use crate::web::say;

/// An email that has been due for longer is late; a worker looks more often than that.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// Everything the page is made from.
pub(super) struct Facts<'a> {
    pub now: &'a Zoned,
    /// System time, in which workers tell of themselves.
    pub system_now: Timestamp,
    pub line: &'a [InLine],
    pub left: &'a [(EmailAddress, Timestamp)],
    pub open: &'a [Wrong],
    pub ended: &'a [Wrong],
    pub beats: &'a [Beat],
    pub paused: Option<&'a Paused>,
    pub providers: &'a Providers,
    /// Whether mail can leave at all.
    pub has_relay: bool,
}

impl Facts<'_> {
    /// What is due, by what it waits for; what waits longest first.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let mut by_cause: BTreeMap<String, Vec<&InLine>> = BTreeMap::new();
        for email in self.due() {
            by_cause.entry(self.cause(email)).or_default().push(email);
        }
        let mut all: Vec<(Timestamp, Waiting)> = by_cause
            .into_iter()
            .filter_map(|(why, emails)| {
                let oldest = emails.iter().map(|email| email.due_at).min()?;
                let next = emails.iter().map(|email| email.next_at).min()?;
                let next = if next <= self.now.timestamp() { "at once".into() } else { self.say(next) };
                Some((oldest, Waiting { why, count: emails.len(), oldest: self.say(oldest), next }))
            })
            .collect();
        all.sort_by_key(|(oldest, _)| *oldest);
        all.into_iter().map(|(_, waiting)| waiting).collect()
    }

    pub(super) fn due(&self) -> impl Iterator<Item = &InLine> {
        let now = self.now.timestamp();
        self.line.iter().filter(move |email| email.due_at <= now)
    }

    fn cause(&self, email: &InLine) -> String {
        match email.reason.as_deref() {
            Some(PAUSED) => "Sending is stopped".into(),
            Some("waits for the send window") => "The send window is closed".into(),
            Some(words) if words.starts_with(TURN) => {
                let provider = words.trim_start_matches(TURN).trim_start_matches(" at ");
                format!("Its turn: {provider} takes mail only so fast")
            }
            Some(_) => "Tried before, and tried again".into(),
            None => "Nothing: it is about to go".into(),
        }
    }

    /// The facts beside each other.
    pub(super) fn facts(&self, most_left: usize) -> Vec<(&'static str, String)> {
        let hour = self.now.timestamp().saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        let in_hour = self.left.iter().filter(|(_, at)| *at >= hour).count();
        let many = |count: usize| if count >= most_left { format!("{count} or more") } else { count.to_string() };
        let oldest = self.due().map(|email| email.due_at).min();
        vec![
            ("Due and waiting", self.due().count().to_string()),
            ("Oldest due", oldest.map_or_else(|| "nothing waits".into(), |at| self.say(at))),
            ("Sent in the last hour", many(in_hour)),
            ("Sent in the last 24 hours", many(self.left.len())),
            ("Last one sent", self.left.first().map_or_else(|| "none in 24 hours".into(), |(_, at)| self.say(*at))),
        ]
    }

    /// How many are in each state that somebody may have to do with.
    pub(super) fn states(&self) -> Vec<(Badge, String)> {
        let mut states = vec![(Badge::new("plain", "clock", "Waiting, due"), self.due().count().to_string())];
        let all = || self.open.iter().chain(self.ended);
        for state in [State::Uncertain, State::Held, State::Failed, State::Suppressed, State::Expired] {
            let count = all().filter(|email| email.state == state).count();
            let badge = Badge::of_state(Some(state));
            // None of them is nothing to look at.
            let look = if count == 0 { "plain" } else { badge.look };
            states.push((Badge { look, ..badge }, count.to_string()));
        }
        states.push((Badge::of_state(Some(State::Sent)), format!("{} in 24 hours", self.left.len())));
        states
    }

    /// The mail of each provider, the busiest first.
    pub(super) fn providers(&self) -> Vec<Provider> {
        let mut all: BTreeMap<String, Provider> = BTreeMap::new();
        let mut of = |address: &EmailAddress, count: fn(&mut Provider)| {
            let name = self.providers.of(address).to_string();
            count(all.entry(name.clone()).or_insert_with(|| Provider { name, ..Provider::default() }));
        };
        self.left.iter().for_each(|(address, _)| of(address, |one| one.sent += 1));
        self.due().for_each(|email| of(&email.recipient, |one| one.waiting += 1));
        self.open.iter().chain(self.ended).for_each(|email| of(&email.recipient, |one| one.wrong += 1));
        for resting in self.alive().flat_map(|beat| &beat.health.resting) {
            if let Some(one) = all.get_mut(&resting.provider) {
                one.note = format!(
                    "Said “not so fast”, so it is left in peace until {}. Its words: {}",
                    self.say_system(resting.until),
                    resting.why
                );
            }
        }
        let mut all: Vec<Provider> = all.into_values().collect();
        all.sort_by_key(|one| std::cmp::Reverse((one.waiting + one.wrong > 0, one.waiting + one.sent + one.wrong)));
        all
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = &Beat> {
        self.beats.iter().filter(|beat| beat.is_alive(self.system_now))
    }

    /// Each mail server as the worker saw it that had to do with it last.
    pub(super) fn relays(&self) -> Vec<RelayRow> {
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for server in self.beats.iter().flat_map(|beat| &beat.health.relays) {
            if seen.insert(&server.name) {
                let all = self.alive().flat_map(|beat| &beat.health.relays).filter(|one| one.name == server.name);
                rows.push(self.server(server, all));
            }
        }
        rows
    }

    fn server<'b>(&self, first: &'b Relay, all: impl Iterator<Item = &'b Relay>) -> RelayRow {
        let all: Vec<&Relay> = all.collect();
        let standing = if all.is_empty() {
            Badge::new("outline", "question", "No worker uses it now")
        } else if all.iter().all(|one| one.standing == Standing::Works) {
            Badge::new("plain", "circle-tick", "Works")
        } else if all.iter().any(|one| one.standing == Standing::Works) {
            Badge::new("amber", "triangle", "Works for some workers")
        } else if all.iter().any(|one| one.standing == Standing::Tried) {
            Badge::new("amber", "clock", "About to be tried again")
        } else {
            Badge::new("red-line", "mail-x", "Left alone for a moment")
        };
        let known = || all.iter().copied().chain([first]);
        let worked = known().filter_map(|one| one.worked_at).max();
        let trouble = known().filter_map(|one| Some((one.trouble_at?, one.trouble.as_deref()?))).max();
        RelayRow {
            name: first.name.clone(),
            state: standing,
            worked: worked.map_or_else(|| "not since the start".into(), |at| self.say_system(at)),
            trouble: trouble.map_or_else(String::new, |(at, words)| {
                format!("{}: {}", self.say_system(at), mail_trial::explain(words))
            }),
            said: trouble.map_or_else(String::new, |(_, words)| words.to_owned()),
        }
    }

    /// Each worker in a line.
    pub(super) fn workers(&self) -> Vec<String> {
        let line = |beat: &Beat| {
            let heard = if beat.is_alive(self.system_now) { "at work" } else { "not heard of" };
            format!(
                "Version {}, started {}, {heard} since {}",
                beat.version,
                self.say_system(beat.started_at),
                self.say_system(if beat.is_alive(self.system_now) { beat.started_at } else { beat.beat_at })
            )
        };
        self.beats.iter().map(line).collect()
    }

    /// How it stands, the worst first.
    pub(super) fn verdict(&self) -> Verdict {
        let verdict = |look, icon, title: &str, texts: Vec<String>| Verdict { look, icon, title: title.into(), texts };
        if self.paused.is_some_and(|paused| paused.restored) {
            let text = "A backup was put back, so nothing leaves until somebody has looked at what would go out.";
            return verdict("caution", "pause", "Sending is on hold", vec![text.into()]);
        }
        if self.paused.is_some() {
            return verdict("caution", "pause", "Sending is stopped", vec!["No email to a client leaves.".into()]);
        }
        if !self.has_relay {
            let text = "Whoever runs this system names a mail server in the settings (mail.url).";
            return verdict("clearance", "mail-x", "Mail cannot leave", vec![text.into()]);
        }
        if self.alive().next().is_none() {
            let text =
                "No worker has been heard of for three minutes, so nothing leaves. Tell whoever runs this system.";
            return verdict("clearance", "mail-x", "Nothing is delivering mail", vec![text.into()]);
        }
        let mut texts = Vec::new();
        let relays = self.relays();
        if !relays.is_empty()
            && self.alive().flat_map(|beat| &beat.health.relays).all(|one| one.standing != Standing::Works)
        {
            texts.push(
                "No mail server takes mail at the moment. It is tried again every minute, and nothing is lost.".into(),
            );
        }
        let late = self.now.timestamp().saturating_sub(LATE).unwrap_or(Timestamp::MIN);
        let late = self.due().filter(|email| email.reason.is_none() && email.due_at < late).count();
        if late > 0 {
            texts.push(format!("{} late.", if late == 1 { "1 email is".into() } else { format!("{late} emails are") }));
        }
        let unsure = self.open.iter().filter(|email| is_unsure(email.state, &email.reason)).count();
        if unsure > 0 {
            texts.push(format!("{} may have arrived, and waits for your word.", say::count(unsure, "email")));
        }
        let ended = self.ended.iter().filter(|email| email.state == State::Failed).count();
        if ended > 0 {
            texts.push(format!("{} could not be delivered this week.", say::count(ended, "email")));
        }
        if texts.is_empty() {
            return verdict("none", "circle-tick", "All is well", vec!["Mail leaves when it is due.".into()]);
        }
        verdict("caution", "triangle", "Something needs a look", texts)
    }

    /// One that did not go as it should.
    pub(super) fn item(&self, email: &Wrong) -> Item {
        let (what, then) = self.words(email);
        let last = email.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        Item {
            id: email.id.to_string(),
            client: format!("{}{last}", email.first_name),
            client_id: email.client.to_string(),
            dial: telephone_link(&email.phone),
            phone: email.phone.clone(),
            to: email.recipient.to_string(),
            letter: format!("{}, due {}", crate::web::visit::plan::name(email.step), self.say(email.due_at)),
            state: Badge::of_state(Some(email.state)),
            what,
            then,
            said: if email.state == State::Failed || is_unsure(email.state, &email.reason) {
                email.reason.clone()
            } else {
                String::new()
            },
        }
    }

    fn words(&self, email: &Wrong) -> (String, String) {
        let said = |what: &str, then: &str| (what.to_owned(), then.to_owned());
        match email.state {
            _ if is_unsure(email.state, &email.reason) => {
                let when = email.sending_at.map_or_else(String::new, |at| format!(" {}", self.say(at)));
                said(
                    &format!("It was handed over{when}, and no answer came. It may have arrived."),
                    "Ask the client, or send it again: it bears the same number, and most mailboxes show it once.",
                )
            }
            State::Suppressed => {
                said("This address gets no more mail.", "Phone the client and ask for another address.")
            }
            State::Expired => said("It became too late to be of use.", "Tell the client what matters by phone."),
            _ => {
                let refused = refusal(&email.reason);
                said(refused.what, refused.then)
            }
        }
    }

    fn say(&self, at: Timestamp) -> String {
        say::moment(&at.to_zoned(self.now.time_zone().clone()), self.now)
    }

    /// A moment of system time, which in the demo is not the clinic's.
    fn say_system(&self, at: Timestamp) -> String {
        let now = self.system_now.to_zoned(self.now.time_zone().clone());
        say::moment(&at.to_zoned(self.now.time_zone().clone()), &now)
    }
}
