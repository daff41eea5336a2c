//! The form as a client walks through it: one topic a page, in an order of our own. A page changes
//! only the fields of its topic, and those are the fields of the form that staff take, read and
//! checked by the same rules. So an answer can never mean one thing at the desk and another on a phone.

use super::super::catalogue::{Catalogue, Condition, ConditionId, Level};
use super::Consent;
use super::check::Asked;
use super::form::{Form, Group};
use super::guest::Guest;
use super::own::{OwnForms, OwnPage};
use super::typed::{TEXTS, Typed};

/// The category of signs with which nobody goes on to fill in a form.
const RED_FLAG: &str = "red_flag";

/// The group that is asked every time, whatever stayed as it was.
pub const RIGHT_NOW: &str = "right_now";

/// One page of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Signs that need help now. Asked before anything else.
    Warning,
    /// Who fills this in: the client, or someone for them.
    About,
    /// What was said last time.
    Last,
    /// A group of conditions, by id.
    Group(String),
    /// Medicines, allergies, and what no list has.
    Words,
    /// Where it hurts, and how much all in all.
    Where,
    /// What each of those places feels like.
    Feel,
    /// What the client does all day, and what they hope for.
    Daily,
    /// A section of the clinic's own questions.
    Own(OwnPage),
    /// What they agree to, each by itself.
    Consents,
    /// Their name under it.
    Signature,
    /// Everything once more, and the button that sends it.
    Review,
}

/// The topics without a group of conditions, by their ids.
const FIXED: [(&str, Topic); 10] = [
    ("warning", Topic::Warning),
    ("about", Topic::About),
    ("last", Topic::Last),
    ("words", Topic::Words),
    ("where", Topic::Where),
    ("feel", Topic::Feel),
    ("daily", Topic::Daily),
    ("consents", Topic::Consents),
    ("signature", Topic::Signature),
    ("review", Topic::Review),
];

impl Topic {
    /// The id in addresses, and in what is kept of the walk.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Group(id) => id,
            Self::Own(page) => page.id(),
            other => FIXED.iter().find(|(_, topic)| topic == other).map_or("", |(id, _)| id),
        }
    }

    /// The topic of this id on this form.
    #[must_use]
    pub fn find(id: &str, form: &Form, own: &OwnForms) -> Option<Self> {
        let fixed = FIXED.into_iter().find(|(name, _)| *name == id).map(|(_, topic)| topic);
        let group = || form.groups().iter().find(|group| group.id == id).map(|group| Self::Group(group.id.clone()));
        fixed.or_else(group).or_else(|| OwnPage::of(id, own).map(Self::Own))
    }

    /// Whether a client may go on without a word. Whoever signs has said who they are and what they agree to.
    #[must_use]
    pub const fn may_be_blank(&self) -> bool {
        matches!(self, Self::Group(_) | Self::Words | Self::Where | Self::Feel | Self::Daily | Self::Own(_))
    }

    /// Whether this value of this field is answered on this page.
    fn owns(&self, asked: &Asked<'_>, name: &str, value: &str) -> bool {
        match self {
            Self::Warning => {
                let is_flag = |id: &str| asked.catalogue.condition(&id.into()).is_some_and(is_red_flag);
                matches!(name, "yes" | "no") && is_flag(value) || id_in(name).is_some_and(is_flag)
            }
            Self::Last => name.starts_with("again."),
            Self::Group(group) => {
                let is_ours = |id: &str| asked_in(asked, group).iter().any(|one| one.id.as_str() == id);
                match name {
                    "yes" | "no" => is_ours(value),
                    "none" => value == group,
                    _ => id_in(name).is_some_and(is_ours),
                }
            }
            Self::Words => TEXTS[..3].contains(&name),
            Self::Where => matches!(name, "mark" | "pain"),
            Self::Feel => name.starts_with("mark."),
            Self::Daily => matches!(name, "load" | "goals"),
            Self::Own(page) => page.owns(asked.own, name),
            Self::Consents => name == "consent",
            Self::About | Self::Signature | Self::Review => false,
        }
    }
}

/// The condition a field of details belongs to: `at.sciatica.0.side`, `ok.…`, `again.…`.
fn id_in(name: &str) -> Option<&str> {
    let mut parts = name.split('.');
    matches!(parts.next(), Some("at" | "ok" | "again")).then(|| parts.next()).flatten()
}

/// Whether a yes to this stops the form and calls for help.
#[must_use]
pub fn is_red_flag(condition: &Condition) -> bool {
    condition.category == RED_FLAG && condition.massage == Level::Contraindication
}

/// The signs that are asked about before anything else.
#[must_use]
pub fn red_flags(catalogue: &Catalogue) -> Vec<&Condition> {
    catalogue.conditions().iter().filter(|condition| is_red_flag(condition) && !condition.retired).collect()
}

/// The conditions a group's page asks about: all but those that were asked at the start.
#[must_use]
pub fn asked_in<'a>(asked: &Asked<'a>, group: &str) -> Vec<&'a Condition> {
    let group = asked.form.groups().iter().find(|one| one.id == group);
    let ids = group.into_iter().flat_map(|group| &group.conditions);
    ids.filter_map(|id| asked.catalogue.condition(id)).filter(|condition| !is_red_flag(condition)).collect()
}

/// Someone on their way through the form.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// The form, the questions, and which old answers are asked again.
    pub asked: Asked<'a>,
    /// What stands in it.
    pub typed: &'a Typed,
    /// What the client said besides, and where they have been.
    pub guest: &'a Guest,
    /// Whether they gave answers before this visit.
    pub is_returning: bool,
}

impl Walk<'_> {
    /// The pages of this client, in order.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics = vec![Topic::Warning, Topic::About];
        if red_flags(self.asked.catalogue).is_empty() {
            topics.remove(0);
        }
        let same = self.is_returning && self.guest.same;
        if self.is_returning {
            topics.push(Topic::Last);
        }
        let groups = self.asked.form.groups().iter().filter(|group| !same || self.is_asked_anyway(group));
        topics.extend(groups.map(|group| Topic::Group(group.id.clone())));
        let is_empty = |id: &str| !asked_in(&self.asked, id).iter().any(|one| self.asked.is_asked(self.typed, one));
        topics.retain(|topic| !matches!(topic, Topic::Group(id) if is_empty(id)));
        if !same {
            topics.push(Topic::Words);
        }
        topics.push(Topic::Where);
        if self.typed.has_field("mark") {
            topics.push(Topic::Feel);
        }
        if !same {
            topics.push(Topic::Daily);
        }
        topics.extend(self.asked.own.pages(self.typed, same).into_iter().map(Topic::Own));
        topics.extend([Topic::Consents, Topic::Signature, Topic::Review]);
        topics
    }

    /// What is asked although nothing has changed: today, and what nobody has asked about for too long.
    fn is_asked_anyway(&self, group: &Group) -> bool {
        group.id == RIGHT_NOW || self.asked.again.groups.contains_key(&group.id)
    }

    /// The page after this one.
    #[must_use]
    pub fn after(&self, topic: &Topic) -> Topic {
        let topics = self.topics();
        let at = topics.iter().position(|one| one == topic);
        at.and_then(|at| topics.get(at + 1)).cloned().unwrap_or(Topic::Review)
    }

    /// The page before this one.
    #[must_use]
    pub fn before(&self, topic: &Topic) -> Option<Topic> {
        let topics = self.topics();
        let at = topics.iter().position(|one| one == topic)?;
        at.checked_sub(1).and_then(|at| topics.get(at)).cloned()
    }

    /// Where to go on: the first page nobody has been through.
    #[must_use]
    pub fn resume(&self) -> Topic {
        self.topics().into_iter().find(|topic| !self.guest.seen.contains(topic.id())).unwrap_or(Topic::Review)
    }

    /// How many pages are done, and of how many.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let topics = self.topics();
        (topics.iter().filter(|topic| self.guest.seen.contains(topic.id())).count(), topics.len())
    }

    /// The page on which this field is answered, for a sentence about what is wrong with it.
    #[must_use]
    pub fn topic_of(&self, field: &str) -> Topic {
        let topics = self.topics();
        let owns = |topic: &&Topic| Guest::owns(topic, field) || topic.owns(&self.asked, field, "");
        // What is asked again stands on its group's page too, where that is asked at all.
        let found =
            topics.iter().filter(|topic| **topic != Topic::Last).find(owns).or_else(|| topics.iter().find(owns));
        found.cloned().unwrap_or(Topic::Review)
    }
}

/// Puts the fields of one page in the place of what stood there. What belongs to another page is
/// left alone, whatever was sent.
pub fn put(topic: &Topic, asked: &Asked<'_>, typed: &mut Typed, sent: &Typed) {
    typed.remove(|name, value| topic.owns(asked, name, value));
    for (name, value) in sent.pairs().filter(|(name, value)| topic.owns(asked, name, value)) {
        typed.add(name, value);
    }
    match topic {
        Topic::Group(group) => settle(group, asked, typed),
        Topic::Where => {
            let marked: Vec<String> = typed.all("mark").to_vec();
            typed.remove(|name, _| {
                name.strip_prefix("mark.").is_some_and(|rest| !marked.iter().any(|one| is_of(rest, one)))
            });
        }
        _ => {}
    }
}

fn is_of(rest: &str, place: &str) -> bool {
    rest.strip_prefix(place).is_some_and(|part| matches!(part, ".sensation" | ".intensity"))
}

/// A page of tiles is read as a whole: with one of them ticked, or "none of these", the others are no.
fn settle(group: &str, asked: &Asked<'_>, typed: &mut Typed) {
    let conditions = asked_in(asked, group);
    let ticked = |id: &ConditionId| typed.has("yes", id.as_str());
    let is_answered =
        conditions.iter().any(|one| ticked(&one.id) || !typed.one(&format!("again.{}", one.id)).is_empty());
    // Details of what is not there any more would come back with the next tick.
    let gone: Vec<ConditionId> = conditions
        .iter()
        .map(|one| one.id.clone())
        .filter(|id| !ticked(id) && !asked.again.conditions.contains_key(id))
        .collect();
    typed.remove(|name, _| {
        !name.starts_with("again.") && id_in(name).is_some_and(|id| gone.iter().any(|one| one.as_str() == id))
    });
    if is_answered && !typed.has("none", group) {
        typed.add("none", group);
    }
}

/// Whether a group's page was answered: everything that is asked again, and a tick or "none of these".
#[must_use]
pub fn is_answered(group: &str, asked: &Asked<'_>, typed: &Typed) -> bool {
    let again = |one: &&&Condition| asked.again.conditions.contains_key(&one.id) && !typed.has("yes", one.id.as_str());
    let conditions = asked_in(asked, group);
    let open = conditions.iter().filter(again).any(|one| typed.one(&format!("again.{}", one.id)).is_empty());
    !open && typed.has("none", group)
}

/// The answer to the signs that need help now: `None` while nobody has given one.
#[must_use]
pub fn warned(asked: &Asked<'_>, typed: &Typed) -> Option<bool> {
    let flags = red_flags(asked.catalogue);
    let is_no =
        |one: &&Condition| typed.has("no", one.id.as_str()) || typed.one(&format!("again.{}", one.id)) == "gone";
    if flags.iter().any(|one| typed.has("yes", one.id.as_str())) {
        return Some(true);
    }
    flags.iter().all(is_no).then_some(false)
}

/// Answers the signs that need help now.
pub fn answer_warning(asked: &Asked<'_>, typed: &mut Typed, yes: bool) {
    typed.remove(|name, value| Topic::Warning.owns(asked, name, value));
    for flag in red_flags(asked.catalogue) {
        match (yes, asked.again.conditions.contains_key(&flag.id)) {
            (true, _) => typed.add("yes", flag.id.as_str()),
            (false, true) => typed.add(&format!("again.{}", flag.id), "gone"),
            (false, false) => typed.add("no", flag.id.as_str()),
        }
    }
}

/// What is asked about a condition once it is ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one more question, and any of them can stand alone")]
pub struct Details {
    /// Where on the body.
    pub region: bool,
    /// On which side.
    pub side: bool,
    /// Since when.
    pub since: bool,
    /// Whether it is over.
    pub status: bool,
    /// Whether a doctor has said that massage is all right.
    pub doctor: bool,
}

impl Details {
    /// The questions that make sense for this condition. Nobody is asked on which side they are diabetic.
    #[must_use]
    pub fn of(condition: &Condition) -> Self {
        let category = condition.category.as_str();
        let has_place = matches!(category, "injury" | "bone" | "surgery" | "inflammatory" | "pain" | "skin");
        let has_side = has_place || matches!(category, "spine" | "regional");
        let is_now = matches!(category, RED_FLAG | "infection" | "pregnancy" | "allergy" | "medicine" | "skin");
        Self {
            region: has_place,
            side: has_side,
            since: !is_now,
            status: has_side && category != "skin",
            doctor: condition.massage == Level::MedicalClearance,
        }
    }

    /// Whether anything is asked.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.region || self.side || self.since || self.status || self.doctor
    }
}

/// The consents a client is asked for, in the order of the form.
#[must_use]
pub fn consents(form: &Form) -> Vec<Consent> {
    form.wordings().iter().map(|wording| wording.purpose).collect()
}

#[cfg(test)]
mod tests;
