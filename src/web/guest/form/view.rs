//! A page of the form: where one is, one topic, and the button that goes on.

use askama::Template;
use axum::response::Response;

use super::body::{self, ListRow};
use super::own;
use super::parts::{self, Option3, Tile};
use super::review::{self, Part};
use super::walk::Walked;
use crate::clinic::body::Sensation;
use crate::clinic::catalogue::ConditionId;
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::check::Asked;
use crate::clinic::intake::guest::{Relation, Signature};
use crate::clinic::intake::topics::{RIGHT_NOW, Topic, warned};
use crate::clinic::intake::{Consent, DailyLoad};
use crate::clinic::wording::{FormWords, filled};
use crate::web::Web;
use crate::web::guest::Guest;
use crate::web::headers::page;
use crate::web::intake::map::PressMap;
use crate::web::questions::QuestionView;
use crate::web::{assets, say};

/// Why a page is shown again.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// What is wrong, in the client's words.
    pub errors: FieldErrors,
    /// Whether somebody else changed it meanwhile.
    pub changed_meanwhile: bool,
}

#[derive(Debug, Template)]
#[template(path = "guest/form/topic.html")]
struct TopicPage {
    guest: Guest,
    words: &'static FormWords,
    scripts: [String; 2],
    action: String,
    back: Option<String>,
    at: usize,
    of: usize,
    place: String,
    heading: String,
    over: u32,
    may_be_blank: bool,
    changed_meanwhile: bool,
    errors: FieldErrors,
    body: Body,
}

/// What a page asks.
#[derive(Debug)]
enum Body {
    Warning {
        signs: Vec<String>,
        answer: Option<bool>,
    },
    About {
        whose: String,
        child: Option<String>,
        other: String,
        is_other: bool,
        is_self: bool,
        helper: String,
        relation: String,
        relations: Vec<Option3>,
    },
    Last {
        lines: Vec<String>,
        again: Vec<Tile>,
    },
    Group {
        id: String,
        again: Vec<Tile>,
        others: Vec<Tile>,
        none: bool,
    },
    Words {
        medicines: String,
        allergies: String,
        other: String,
    },
    Where {
        map: PressMap,
        list: Vec<ListRow>,
        pain: Vec<Option3>,
    },
    Feel {
        marks: Vec<Mark>,
    },
    Daily {
        loads: Vec<Option3>,
        goals: String,
    },
    Own {
        questions: Vec<QuestionView>,
    },
    Consents {
        rows: Vec<ConsentRow>,
    },
    Signature {
        lead: String,
        has: bool,
        drawn: Option<String>,
        typed: String,
    },
    Review {
        parts: Vec<Part>,
    },
}

/// A marked place.
#[derive(Debug)]
struct Mark {
    place: String,
    name: String,
    sensations: Vec<Option3>,
    scores: Vec<Option3>,
}

/// One thing to agree to.
#[derive(Debug)]
struct ConsentRow {
    id: &'static str,
    title: String,
    text: String,
    version: String,
    given: Option<bool>,
    is_needed: bool,
    problem: String,
}

/// The page of this topic.
pub(super) fn shown(web: &Web, walked: &Walked, topic: &Topic, again: &Again) -> Response {
    let walk = walked.walk(web);
    let topics = walk.topics();
    let at = topics.iter().position(|one| one == topic).map_or(1, |at| at + 1);
    let (words, mut guest) = (walked.words(), walked.opened.guest.clone());
    if walked.on_tablet {
        // Nothing on it leads anywhere but through the form.
        guest.phone_href = None;
    }
    let short = short(web, walked, topic);
    let fields = [("at", at.to_string()), ("of", topics.len().to_string()), ("topic", short)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    page(&TopicPage {
        place: filled(&words.progress, &fields),
        guest,
        words,
        scripts: ["body_map.js", "form.js"].map(assets::address),
        action: walked.page_of(topic),
        back: walk.before(topic).map(|before| walked.page_of(&before)),
        at,
        of: topics.len(),
        heading: heading(web, walked, topic),
        over: walked.over(),
        may_be_blank: topic.may_be_blank() && !own::is_needed(walked, topic),
        changed_meanwhile: again.changed_meanwhile,
        body: body_of(web, walked, topic, &again.errors),
        errors: again.errors.clone(),
    })
}

/// Whether an answer that is too old is asked on the page of last time: what is of today has its own page.
pub(super) fn is_asked_on_last(asked: &Asked<'_>, id: &ConditionId) -> bool {
    asked.form.group_of(id).is_some_and(|group| group.id != RIGHT_NOW)
}

/// A topic in a word or two, beside the progress.
pub(super) fn short(web: &Web, walked: &Walked, topic: &Topic) -> String {
    let topics = &walked.words().topics;
    match topic {
        Topic::Warning => topics.warning.clone(),
        Topic::About => topics.about.clone(),
        Topic::Last => topics.last.clone(),
        Topic::Group(id) => say::small(&group_title(web, walked, id)),
        Topic::Words => topics.words.clone(),
        Topic::Where => topics.places.clone(),
        Topic::Feel => topics.feel.clone(),
        Topic::Daily => topics.daily.clone(),
        Topic::Own(page) => say::small(&own::heading(walked, page)),
        Topic::Consents => topics.consents.clone(),
        Topic::Signature => topics.signature.clone(),
        Topic::Review => topics.review.clone(),
    }
}

fn group_title(web: &Web, walked: &Walked, id: &str) -> String {
    let group = web.form.groups().iter().find(|group| group.id == id);
    let is_spanish = walked.opened.guest.words.is_spanish();
    group.map_or_else(String::new, |group| if is_spanish { group.title_es.clone() } else { group.title.clone() })
}

/// The heading of a page.
pub(super) fn heading(web: &Web, walked: &Walked, topic: &Topic) -> String {
    let words = walked.words();
    match topic {
        Topic::Warning => words.warning.heading.clone(),
        Topic::About => words.about.heading.clone(),
        Topic::Last => filled(&words.last.heading, &[("day", &walked.last_day(web))]),
        Topic::Group(id) => group_title(web, walked, id),
        Topic::Words => words.words.heading.clone(),
        Topic::Where => words.places.heading.clone(),
        Topic::Feel => words.feel.heading.clone(),
        Topic::Daily => words.daily.heading.clone(),
        Topic::Own(page) => own::heading(walked, page),
        Topic::Consents => words.consents.heading.clone(),
        Topic::Signature => words.signature.heading.clone(),
        Topic::Review => words.review.heading.clone(),
    }
}

fn body_of(web: &Web, walked: &Walked, topic: &Topic, errors: &FieldErrors) -> Body {
    let (words, typed, asked) = (walked.words(), &walked.typed, walked.asked(web));
    match topic {
        Topic::Warning => Body::Warning { signs: super::sent::signs(web, walked), answer: warned(&asked, typed) },
        Topic::About => about(web, walked),
        Topic::Last => {
            let ids = asked.again.conditions.keys().filter(|id| is_asked_on_last(&asked, id));
            let conditions = ids.filter_map(|id| asked.catalogue.condition(id));
            let again = conditions.map(|one| parts::tile(web, walked, one, errors)).collect();
            Body::Last { lines: review::last(web, walked), again }
        }
        Topic::Group(id) => {
            let (again, others) = parts::tiles(web, walked, id, errors);
            let none = typed.has("none", id) && others.iter().all(|tile| !tile.yes);
            Body::Group { id: id.clone(), again, others, none }
        }
        Topic::Words => {
            let [medicines, allergies, other] =
                ["medicines", "allergies", "other_conditions"].map(|name| typed.all(name).join("\n"));
            Body::Words { medicines, allergies, other }
        }
        Topic::Where => Body::Where {
            map: body::map(typed, words),
            list: body::list(typed, words),
            pain: scores(typed.one("pain")),
        },
        Topic::Feel => Body::Feel { marks: marks(walked) },
        Topic::Daily => {
            let word = |load: DailyLoad| words.loads.get(&load).cloned().unwrap_or_default();
            let loads = DailyLoad::ALL.map(|load| (load.id().to_owned(), word(load), typed.has("load", load.id())));
            Body::Daily { loads: loads.into(), goals: typed.all("goals").join("\n") }
        }
        Topic::Own(page) => Body::Own { questions: own::questions(walked, page) },
        Topic::Consents => Body::Consents { rows: consents(web, walked, errors) },
        Topic::Signature => signature(walked),
        Topic::Review => Body::Review { parts: review::parts(web, walked, errors) },
    }
}

fn about(web: &Web, walked: &Walked) -> Body {
    let (words, name, helper) = (walked.words(), walked.name(), walked.said.helper.as_ref());
    let (day, time) = walked.when(web, walked.visit.starts_at);
    let chosen = helper.and_then(|helper| helper.relation);
    let offered = Relation::ALL.into_iter().filter(|one| !walked.is_minor() || one.signs_for_a_child());
    let relation = |one: Relation| {
        (one.id().to_owned(), words.relations.get(&one).cloned().unwrap_or_default(), chosen == Some(one))
    };
    Body::About {
        whose: filled(&words.about.whose, &[("name", &name), ("day", &day), ("time", &time)]),
        child: walked.is_minor().then(|| filled(&words.about.child, &[("name", &name)])),
        other: filled(&words.about.other, &[("name", &name)]),
        is_other: helper.is_some(),
        is_self: helper.is_none() && walked.said.seen.contains("about"),
        helper: helper.map(|helper| helper.name.clone()).unwrap_or_default(),
        relation: filled(&words.about.relation, &[("name", &name)]),
        relations: offered.map(relation).collect(),
    }
}

fn scores(chosen: &str) -> Vec<Option3> {
    (0..=10).map(|score| score.to_string()).map(|score| (score.clone(), score.clone(), score == chosen)).collect()
}

fn marks(walked: &Walked) -> Vec<Mark> {
    let (words, typed) = (walked.words(), &walked.typed);
    let word = |one: Sensation| words.sensations.get(&one).cloned().unwrap_or_default();
    let mark = |(id, place): (String, body::Place)| {
        let feel = typed.one(&format!("mark.{id}.sensation"));
        let sensations = Sensation::ALL.map(|one| (one.word().to_owned(), word(one), feel == one.word()));
        let scores = scores(typed.one(&format!("mark.{id}.intensity")));
        Mark { name: body::name(words, place), place: id, sensations: sensations.into(), scores }
    };
    body::marked(typed).into_iter().map(mark).collect()
}

fn consents(web: &Web, walked: &Walked, errors: &FieldErrors) -> Vec<ConsentRow> {
    let words = walked.words();
    let lang = walked.opened.guest.lang();
    let row = |wording: &crate::clinic::intake::form::Wording| ConsentRow {
        id: wording.purpose.id(),
        title: wording.in_language(lang).title.to_owned(),
        text: wording.in_language(lang).words.to_owned(),
        version: filled(&words.consents.version, &[("version", &wording.version.to_string())]),
        given: walked.said.agreed.get(&wording.purpose).copied(),
        is_needed: wording.purpose == Consent::HealthData,
        problem: errors.of(&format!("agree.{}", wording.purpose.id())).unwrap_or_default().to_owned(),
    };
    web.form.wordings().into_iter().map(row).collect()
}

fn signature(walked: &Walked) -> Body {
    let words = &walked.words().signature;
    let lead = if walked.said.helper.is_some() {
        format!("{} {}", words.lead, filled(&words.for_other, &[("name", &walked.name())]))
    } else {
        words.lead.clone()
    };
    let (drawn, typed) = match &walked.said.signature {
        Some(Signature::Drawn(path)) => (Some(path.clone()), String::new()),
        Some(Signature::Typed(name)) => (None, name.clone()),
        None => (None, String::new()),
    };
    Body::Signature { lead, has: walked.said.signature.is_some(), drawn, typed }
}
