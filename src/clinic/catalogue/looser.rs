//! What a changed catalogue allows that the one before it did not: a contraindication that is weaker, a warning sign
//! that fewer people are told, a stretch that is not ruled out any more. Each is one sentence, to be read and agreed
//! to by name. What makes a rule stricter needs no agreement, and neither do words.

use std::fmt::Debug;

use super::entries::{Advice, Basis, Condition, Stretch, StretchScope, Technique, WarningSign};
use super::{AdviceKind, Catalogue, Kind, Level, Pick};

/// One thing that is allowed from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looser {
    /// In what sort of entry.
    pub kind: Kind,
    /// In which one.
    pub id: String,
    /// What, with the name of the entry.
    pub says: String,
}

/// Collects what is looser in one entry.
struct Found<'a> {
    kind: Kind,
    id: String,
    label: String,
    new: &'a Catalogue,
    all: &'a mut Vec<Looser>,
}

impl Found<'_> {
    fn say(&mut self, what: impl AsRef<str>) {
        let says = format!("{}: {}", self.label, what.as_ref());
        self.all.push(Looser { kind: self.kind, id: self.id.clone(), says });
    }

    /// Says each of a list that is gone from it.
    fn gone<I: PartialEq + ToString>(&mut self, old: &[I], new: &[I], pick: Pick, what: impl Fn(&str) -> String) {
        for id in old.iter().filter(|id| !new.contains(id)) {
            let word = pick.word(self.new, &id.to_string());
            self.say(what(&word));
        }
    }

    /// Says each of a list that has come into it. An absent list fits always.
    fn wider<I: PartialEq + Clone>(
        &mut self,
        old: Option<&[I]>,
        new: Option<&[I]>,
        (pick, id): (Pick, impl Fn(&I) -> String),
        what: &str,
    ) {
        match (old, new) {
            (None, _) => {}
            (Some(_), None) => self.say(format!("{what}: always now")),
            (Some(old), Some(new)) => {
                for one in new.iter().filter(|one| !old.contains(one)) {
                    self.say(format!("{what}: also {}", pick.word(self.new, &id(one))));
                }
            }
        }
    }
}

/// Everything that is looser in the newer catalogue, in the order of its kinds.
#[must_use]
pub fn looser(old: &Catalogue, new: &Catalogue) -> Vec<Looser> {
    let mut all = Vec::new();
    for had in old.conditions() {
        let mut found =
            Found { kind: Kind::Condition, id: had.id.to_string(), label: had.label.clone(), new, all: &mut all };
        match new.condition(&had.id) {
            Some(has) => condition(&mut found, had, has),
            None => found.say("is not in the catalogue any more"),
        }
    }
    for has in new.stretches() {
        let mut found =
            Found { kind: Kind::Stretch, id: has.id.to_string(), label: has.label.clone(), new, all: &mut all };
        match old.stretch(&has.id) {
            Some(had) => stretch(&mut found, had, has),
            None if has.retired => {}
            None => found.say("is new and is offered"),
        }
    }
    for had in old.warning_signs() {
        let mut found = Found { kind: Kind::Sign, id: had.id.to_string(), label: had.text.clone(), new, all: &mut all };
        match new.warning_sign(&had.id) {
            Some(has) => sign(&mut found, had, has),
            None => found.say("is not in the catalogue any more"),
        }
    }
    for has in new.advice() {
        let mut found =
            Found { kind: Kind::Advice, id: has.id.to_string(), label: has.title.clone(), new, all: &mut all };
        match old.advice_item(&has.id) {
            Some(had) => advice(&mut found, had, has),
            None if has.retired => {}
            None => found.say("is new and is given"),
        }
    }
    for has in new.techniques() {
        let mut found =
            Found { kind: Kind::Technique, id: has.id.to_string(), label: has.label.clone(), new, all: &mut all };
        match old.technique(&has.id) {
            Some(had) => technique(&mut found, had, has),
            None if has.retired => {}
            None => found.say("is new and can be booked"),
        }
    }
    for had in old.medicines() {
        let id = had.points_to.to_string();
        let label = format!("Medicines that ask again about {}", old.label(Kind::Condition, &id));
        let mut found = Found { kind: Kind::Medicine, id, label, new, all: &mut all };
        let names: Vec<&String> =
            new.medicines().iter().filter(|row| row.points_to == had.points_to).flat_map(|row| &row.names).collect();
        for name in had.names.iter().filter(|name| !names.contains(name)) {
            found.say(format!("“{name}” is not looked for any more"));
        }
    }
    all
}

/// "was 'Avoid' and is 'Fine'".
fn from_to<T: serde::Serialize + Debug>(pick: Pick, catalogue: &Catalogue, old: &T, new: &T) -> String {
    let word = |one: &T| match serde_json::to_value(one) {
        Ok(serde_json::Value::String(id)) => pick.word(catalogue, &id),
        Ok(_) | Err(_) => format!("{one:?}"),
    };
    format!("was “{}” and is “{}”", word(old), word(new))
}

fn condition(found: &mut Found<'_>, had: &Condition, has: &Condition) {
    let new = found.new;
    if has.retired && !had.retired {
        found.say("is not asked any more; a client who has it and has not said so is treated as if not");
    }
    if has.massage < had.massage {
        found.say(format!("the session {}", from_to(Pick::Level, new, &had.massage, &has.massage)));
    }
    if has.pressure > had.pressure {
        found.say(format!("the highest pressure {}", from_to(Pick::Pressure, new, &had.pressure, &has.pressure)));
    }
    if has.heat < had.heat {
        found.say(format!("heat {}", from_to(Pick::Heat, new, &had.heat, &has.heat)));
    }
    if has.hydration < had.hydration {
        found.say(format!("drinking {}", from_to(Pick::Hydration, new, &had.hydration, &has.hydration)));
    }
    found.gone(&had.avoid_stretches, &has.avoid_stretches, Pick::Of(Kind::Stretch), |word| {
        format!("does not rule out “{word}” any more")
    });
    found.gone(&had.extra_warning_signs, &has.extra_warning_signs, Pick::Of(Kind::Sign), |word| {
        format!("does not add the warning sign “{word}” any more")
    });
    if has.category != had.category {
        found.say("stands in another group of the form, which may ask again later");
    }
    // A place is left out for that level alone: a doctor's word then allows what was forbidden there.
    if has.massage > had.massage && had.massage == Level::LocalContraindication {
        found.say("its place is not left out any more; the whole session is decided instead");
    }
    if has.therapist.len() < had.therapist.len() {
        found.say("says fewer lines to the therapist");
    }
}

fn stretch(found: &mut Found<'_>, had: &Stretch, has: &Stretch) {
    if had.retired && !has.retired {
        found.say("is offered again");
    }
    if has.region != had.region {
        let word = from_to(Pick::Scope, found.new, &had.region, &has.region);
        found.say(format!("the place it is offered for {word}"));
    }
}

fn sign(found: &mut Found<'_>, had: &WarningSign, has: &WarningSign) {
    let new = found.new;
    if has.retired && !had.retired {
        found.say("nobody is told of it any more");
    }
    if has.tier > had.tier {
        found.say(format!("how urgent it is {}", from_to(Pick::Tier, new, &had.tier, &has.tier)));
    }
    let reach = |basis: Basis| match basis {
        Basis::Condition => 0,
        Basis::Region => 1,
        Basis::Everyone => 2,
    };
    if reach(has.basis) < reach(had.basis) {
        found.say(format!("who is told {}", from_to(Pick::Basis, new, &had.basis, &has.basis)));
    }
    let is_any = |scope: &StretchScope| matches!(scope, StretchScope::Any(_));
    if had.basis == Basis::Region && has.basis == Basis::Region && !has.applies_to.iter().any(is_any) {
        for place in had.applies_to.iter().filter(|place| !has.applies_to.contains(place)) {
            let word = scope_word(place);
            found.say(format!("is not told after work on: {word}"));
        }
    }
}

fn scope_word(scope: &StretchScope) -> String {
    match scope {
        StretchScope::Any(_) => "any place".into(),
        StretchScope::Of(region) => region.word(),
    }
}

fn advice(found: &mut Found<'_>, had: &Advice, has: &Advice) {
    fn id<T: serde::Serialize>(one: &T) -> String {
        match serde_json::to_value(one) {
            Ok(serde_json::Value::String(id)) => id,
            Ok(_) | Err(_) => String::new(),
        }
    }
    if had.retired && !has.retired {
        found.say("is given again");
    }
    let (old, new) = (&had.when, &has.when);
    found.wider(old.steps.as_deref(), new.steps.as_deref(), (Pick::Step, id), "in these emails");
    found.wider(old.regions.as_deref(), new.regions.as_deref(), (Pick::Region, id), "after work on");
    found.wider(old.daily_load.as_deref(), new.daily_load.as_deref(), (Pick::Load, id), "for people who do");
    found.wider(old.heat.as_deref(), new.heat.as_deref(), (Pick::Heat, id), "given when heat is");
    found.wider(old.hydration.as_deref(), new.hydration.as_deref(), (Pick::Hydration, id), "given when drinking is");
    found.wider(old.conditions.as_deref(), new.conditions.as_deref(), (Pick::Of(Kind::Condition), id), "given with");
    let (old, new) = (&had.withheld_when, &has.withheld_when);
    let words = |list: &[_]| list.iter().map(id).collect::<Vec<String>>();
    found.gone(&words(&old.heat), &words(&new.heat), Pick::Heat, |word| {
        format!("is not withheld any more when heat is “{word}”")
    });
    let words = |list: &[_]| list.iter().map(id).collect::<Vec<String>>();
    found.gone(&words(&old.hydration), &words(&new.hydration), Pick::Hydration, |word| {
        format!("is not withheld any more when drinking is “{word}”")
    });
    found.gone(&old.stretches, &new.stretches, Pick::Of(Kind::Stretch), |word| {
        format!("is not withheld any more where “{word}” is ruled out")
    });
    found.gone(&old.conditions, &new.conditions, Pick::Of(Kind::Condition), |word| {
        format!("is not withheld any more with “{word}”")
    });
    if old.free_text && !new.free_text {
        found.say("is not withheld any more while free text was not read");
    }
    if has.kind != had.kind {
        let word = from_to(Pick::AdviceKind, found.new, &had.kind, &has.kind);
        found.say(format!("what it is about {word}, so letters show it in other places"));
    }
    disclaimer(found, had, has);
}

/// Where to turn when the advice does not fit is the one item that must not grow rarer.
fn disclaimer(found: &mut Found<'_>, had: &Advice, has: &Advice) {
    if had.kind != AdviceKind::Disclaimer {
        return;
    }
    if has.retired && !had.retired {
        found.say("says where to turn, and is in no email any more");
    }
    if has.kind != AdviceKind::Disclaimer {
        found.say("staff may leave it out of an email now");
    }
    if (&has.when, &has.withheld_when) != (&had.when, &had.withheld_when) {
        found.say("says where to turn, and may be in fewer emails now");
    }
}

fn technique(found: &mut Found<'_>, had: &Technique, has: &Technique) {
    let new = found.new;
    if had.retired && !has.retired {
        found.say("can be booked again");
    }
    let (old, limits) = (&had.unsuitable_when, &has.unsuitable_when);
    if limits.needs_pressure_at_least < old.needs_pressure_at_least {
        let word = from_to(Pick::Pressure, new, &old.needs_pressure_at_least, &limits.needs_pressure_at_least);
        found.say(format!("the pressure it needs {word}"));
    }
    if old.heat_must_be_ok && !limits.heat_must_be_ok {
        found.say("may be used where heat is not fine");
    }
    if had.uses_heat && !has.uses_heat {
        found.say("does not count as warming the skin any more");
    }
    found.gone(&old.conditions, &limits.conditions, Pick::Of(Kind::Condition), |word| {
        format!("is not ruled out by “{word}” any more")
    });
    found.gone(&has.called_for_by, &had.called_for_by, Pick::Of(Kind::Condition), |word| {
        format!("is suggested with “{word}”")
    });
    if had.only_when_called_for && !has.only_when_called_for {
        found.say("is suggested to everybody");
    }
}

#[cfg(test)]
mod tests;
