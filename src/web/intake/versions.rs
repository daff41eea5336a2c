//! Two people, one form: what each wrote, field by field, and which of the two to keep. The second
//! to save is shown both; nothing of either is lost.

use super::load::{Opened, name_of};
use super::{Over, map};
use crate::clinic::catalogue::ConditionId;
use crate::clinic::intake::Consent;
use crate::clinic::intake::own::OwnForms;
use crate::clinic::intake::typed::{Typed, differing};
use crate::store::Db;
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::{Here, Web, say};

/// What another person saved while this form was open.
#[derive(Clone, Debug)]
pub struct Versions {
    /// "Rosa Marin saved this form at 14:49."
    pub sentence: String,
    /// Who it was.
    pub who: String,
    /// The fields that differ.
    pub fields: Vec<Differing>,
}

/// One field in two versions.
#[derive(Clone, Debug)]
pub struct Differing {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub label: String,
    /// What this form says.
    pub mine: String,
    /// What the other says.
    pub theirs: String,
    /// Whether theirs is proposed: where this form says nothing.
    pub prefer_theirs: bool,
}

impl Versions {
    /// The versions, when another was saved than the one this form was filled in over.
    pub(super) async fn between(
        web: &Web,
        db: &mut Db,
        here: &Here,
        opened: &Opened,
        over: &Over,
        mine: &Typed,
    ) -> Result<Option<Self>, Error> {
        let now = opened.over();
        let (who, at) = match (&opened.draft, opened.history.first()) {
            (Some(draft), _) if now.draft != over.draft => (opened.draft_by.clone(), draft.changed_at),
            (_, Some(latest)) if now.latest != over.latest => {
                (name_of(db, here, &latest.entered_by).await?, latest.given_at)
            }
            _ => return Ok(None),
        };
        let theirs = opened.typed(web);
        let names = differing(mine, &theirs);
        if names.is_empty() {
            // Both wrote the same: there is nothing to choose.
            return Ok(None);
        }
        let at = at.to_zoned(here.profile.zone.rules().clone());
        let fields = names
            .into_iter()
            .map(|name| Differing {
                label: label(web, &opened.own, &name),
                mine: words(web, &opened.own, &name, mine),
                theirs: words(web, &opened.own, &name, &theirs),
                prefer_theirs: !mine.has_field(&name),
                name,
            })
            .collect();
        let sentence = format!("{} saved this form {}.", say::capital(&who), say::moment(&at, &here.now));
        Ok(Some(Self { sentence, who, fields }))
    }
}

/// Puts theirs in the place of mine where that was chosen.
pub(super) fn pick(web: &Web, opened: &Opened, fields: &Fields, typed: &mut Typed) {
    let theirs = opened.typed(web);
    for name in fields.all("theirs") {
        typed.set(name, theirs.all(name));
    }
}

fn condition(web: &Web, id: &str) -> String {
    web.catalogue.condition(&ConditionId::from(id)).map_or_else(|| id.to_owned(), |one| one.label.clone())
}

fn label(web: &Web, own: &OwnForms, name: &str) -> String {
    if let Some((_, question)) = own.question(name) {
        return question.text.clone();
    }
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["yes"] => "Conditions ticked".into(),
        ["no"] => "Conditions answered with no".into(),
        ["none"] => "None of these".into(),
        ["mark"] => "Where it hurts".into(),
        ["pain"] => "Pain now".into(),
        ["load"] => "What they do all day".into(),
        ["consent"] => "Agreements".into(),
        ["medicines"] => "Medicines".into(),
        ["allergies"] => "Allergies".into(),
        ["other_conditions"] => "Any other condition".into(),
        ["goals"] => "What they hope for".into(),
        ["again", id] => format!("{}: still there?", condition(web, id)),
        ["ok", id, part] => format!("{}: doctor’s OK, {part}", condition(web, id)),
        ["at", id, number, part] => {
            let number = number.parse::<usize>().map_or(1, |number| number + 1);
            format!("{}, place {number}: {part}", condition(web, id))
        }
        ["mark", place @ .., part] => format!("{}: {part}", map::name_of(&place.join("."))),
        _ => name.to_owned(),
    }
}

fn words(web: &Web, own: &OwnForms, name: &str, typed: &Typed) -> String {
    let own = own.question(name).map(|(_, question)| question);
    let one = |value: &String| match name {
        _ if own.is_some() => own.map_or_else(String::new, |question| question.said(value)),
        "yes" | "no" => condition(web, value),
        "none" => web
            .form
            .groups()
            .iter()
            .find(|group| &group.id == value)
            .map_or_else(|| value.clone(), |group| group.title.clone()),
        "mark" => map::name_of(value),
        "consent" => Consent::ALL
            .into_iter()
            .find(|purpose| purpose.id() == value)
            .and_then(|purpose| web.form.wording(purpose))
            .map_or_else(|| value.clone(), |wording| wording.title.clone()),
        _ if name.starts_with("again.") => if value == "same" { "Still there" } else { "No longer" }.to_owned(),
        "load" => value.replace('_', " "),
        _ => value.clone(),
    };
    let all: Vec<String> = typed.all(name).iter().map(one).collect();
    if all.is_empty() { "Blank".into() } else { all.join("; ") }
}
