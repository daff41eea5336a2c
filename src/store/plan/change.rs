//! What staff changed about the emails of a visit. Kept for every visit of a series alike, so that
//! nothing is forgotten when one of the visits is cancelled or moved to another day.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::outbox::Act;
use crate::clinic::plan::change::{Changes, StepChange};
use crate::clinic::protocol::Step;
use crate::store::case::{among, json_list};
use crate::store::convert::{bad, instant, open_json, parse, seal_json, small};
use crate::store::{Db, Result};

/// What was changed about one email, and by whom last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What is changed.
    pub change: StepChange,
    /// How many acts there were.
    pub revision: u32,
    /// The last act.
    pub act: Act,
    /// Who did it: an account id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The changes of a visit or a series.
pub type KeptChanges = BTreeMap<Step, Kept>;

/// The changes alone, as the rules look at them.
#[must_use]
pub fn plain(kept: &KeptChanges) -> Changes {
    kept.iter().map(|(step, kept)| (*step, kept.change.clone())).collect()
}

/// The changes of several visits as those of one series: the newer act comes later.
#[must_use]
pub fn joined<'a>(visits: impl Iterator<Item = &'a KeptChanges>) -> KeptChanges {
    let mut all: Vec<(&Step, &Kept)> = visits.flatten().collect();
    all.sort_by_key(|(_, kept)| (kept.at, kept.revision));
    let mut series = KeptChanges::new();
    for (step, newer) in all {
        let joined = match series.remove(step) {
            None => newer.clone(),
            // One act was kept for each visit of the series: the same twice is once.
            Some(older) if older.change == newer.change => newer.clone(),
            Some(older) => Kept { change: older.change.joined_with(newer.change.clone()), ..newer.clone() },
        };
        series.insert(*step, joined);
    }
    series
}

fn context(visit: impl std::fmt::Display, step: &str) -> String {
    format!("plan_change/what/{visit}/{step}")
}

/// Keeps what is changed about one email, for each visit of its series.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn save(
    db: &mut Db,
    clinic: ClinicId,
    visits: impl Iterator<Item = VisitId>,
    step: Step,
    kept: &Kept,
) -> Result<()> {
    let sql = "insert into plan_change (clinic_id, visit_id, step, revision, act, changed_by, changed_at, what)
               values ($1, $2, $3, $4, $5, $6, $7, $8)
               on conflict (visit_id, step) do update set revision = excluded.revision, act = excluded.act,
                  changed_by = excluded.changed_by, changed_at = excluded.changed_at, what = excluded.what
               where plan_change.clinic_id = excluded.clinic_id";
    for visit in visits {
        let what = seal_json(db, &context(visit, step.id()), &kept.change)?;
        on!(db, c => sqlx::query(sql)
            .bind(clinic.to_string())
            .bind(visit.to_string())
            .bind(step.id())
            .bind(i64::from(kept.revision))
            .bind(kept.act.id())
            .bind(&kept.by)
            .bind(kept.at.as_millisecond())
            .bind(what)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// The changes of these visits in one question; visits without any are left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub(in crate::store) async fn of_visits(
    db: &mut Db,
    visits: impl Iterator<Item = VisitId>,
) -> Result<HashMap<VisitId, KeptChanges>> {
    let ids = json_list(visits.map(|id| id.to_string()));
    let sql = format!(
        "select visit_id, step, revision, act, changed_by, changed_at, what from plan_change where visit_id {}",
        among(db)
    );
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await)?;
    let mut all: HashMap<VisitId, KeptChanges> = HashMap::new();
    for row in rows {
        let visit = parse("plan_change", "visit_id", &row.visit_id)?;
        let (step, kept) = row.kept(db)?;
        all.entry(visit).or_default().insert(step, kept);
    }
    Ok(all)
}

#[derive(sqlx::FromRow)]
struct Row {
    visit_id: String,
    step: String,
    revision: i64,
    act: String,
    changed_by: String,
    changed_at: i64,
    what: Vec<u8>,
}

impl Row {
    fn kept(self, db: &Db) -> Result<(Step, Kept)> {
        let step = Step::of(&self.step).ok_or_else(|| bad("plan_change", "step"))?;
        let kept = Kept {
            change: open_json(db, "plan_change", &context(&self.visit_id, &self.step), &self.what)?,
            revision: small("plan_change", "revision", self.revision)?,
            act: Act::of(&self.act).ok_or_else(|| bad("plan_change", "act"))?,
            by: self.changed_by,
            at: instant("plan_change", "changed_at", self.changed_at)?,
        };
        Ok((step, kept))
    }
}
