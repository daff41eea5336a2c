//! Clinics: name, zone and send window, as letters and plans need them.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};

use super::convert::{bad, parse};
use super::{Db, Result};
use crate::clinic::ids::ClinicId;
use crate::clinic::profile::{ClinicProfile, SendWindow, WeekdayName, Zone};

/// Adds a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, id: ClinicId, profile: &ClinicProfile, created_at: Timestamp) -> Result<()> {
    let sql = "insert into clinic (id, name, time_zone, locale, phone, emergency_number, address, window_from,
                  window_to, window_days, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let window = profile.send_window;
    on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(&profile.name)
        .bind(profile.zone.name())
        .bind(&profile.locale)
        .bind(&profile.phone)
        .bind(&profile.emergency_number)
        .bind(&profile.address)
        .bind(clock_text(window.from()))
        .bind(clock_text(window.to()))
        .bind(days_text(window))
        .bind(created_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Changes a clinic; `false` when there is none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, id: ClinicId, profile: &ClinicProfile) -> Result<bool> {
    let sql = "update clinic set name = $2, time_zone = $3, locale = $4, phone = $5, emergency_number = $6,
                  address = $7, window_from = $8, window_to = $9, window_days = $10 where id = $1";
    let window = profile.send_window;
    let changed = on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(&profile.name)
        .bind(profile.zone.name())
        .bind(&profile.locale)
        .bind(&profile.phone)
        .bind(&profile.emergency_number)
        .bind(&profile.address)
        .bind(clock_text(window.from()))
        .bind(clock_text(window.to()))
        .bind(days_text(window))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The clinic of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, id: ClinicId) -> Result<Option<ClinicProfile>> {
    let sql =
        "select id, name, time_zone, locale, phone, emergency_number, address, window_from, window_to, window_days
               from clinic where id = $1";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::profile).transpose()
}

/// Every clinic of this installation, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db) -> Result<Vec<(ClinicId, ClinicProfile)>> {
    let sql =
        "select id, name, time_zone, locale, phone, emergency_number, address, window_from, window_to, window_days
               from clinic order by id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    rows.into_iter().map(|row| Ok((parse("clinic", "id", &row.id)?, row.profile()?))).collect()
}

/// How far a new clinic has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// A client is registered.
    pub client: bool,
    /// A visit is booked.
    pub visit: bool,
    /// Somebody else works there.
    pub colleague: bool,
}

/// How far a clinic has come with what it needs.
///
/// # Errors
/// When the database refuses.
pub async fn begun(db: &mut Db, id: ClinicId) -> Result<Begun> {
    let sql = "select (select count(*) from (select id from client where clinic_id = $1 limit 1) one),
                  (select count(*) from (select id from visit where clinic_id = $1 limit 1) one),
                  (select count(*) from (select id from account where clinic_id = $1 limit 2) two)";
    let (clients, visits, staff): (i64, i64, i64) =
        on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_one(c).await)?;
    Ok(Begun { client: clients > 0, visit: visits > 0, colleague: staff > 1 })
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    time_zone: String,
    locale: String,
    phone: String,
    emergency_number: String,
    address: String,
    window_from: String,
    window_to: String,
    window_days: String,
}

impl Row {
    fn profile(self) -> Result<ClinicProfile> {
        let days = self
            .window_days
            .split(',')
            .map(|word| weekday(word).ok_or_else(|| bad("clinic", "window_days")))
            .collect::<Result<Vec<_>>>()?;
        let send_window = SendWindow::new(
            parse("clinic", "window_from", &self.window_from)?,
            parse("clinic", "window_to", &self.window_to)?,
            &days,
        )
        .map_err(|_| bad("clinic", "window_from"))?;
        Ok(ClinicProfile {
            name: self.name,
            phone: self.phone,
            emergency_number: self.emergency_number,
            address: self.address,
            zone: Zone::named(&self.time_zone).map_err(|_| bad("clinic", "time_zone"))?,
            locale: self.locale,
            send_window,
        })
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    WeekdayName::ALL.into_iter().find(|day| day.id() == text).map(WeekdayName::weekday)
}

fn days_text(window: SendWindow) -> String {
    window.weekdays().map(WeekdayName::id).collect::<Vec<_>>().join(",")
}

fn clock_text(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}
