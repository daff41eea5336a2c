//! Clinics: name, zone and send window, as letters and plans need them.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use sqlx::AssertSqlSafe;

use super::convert::{bad, parse, small};
use super::{Db, Result, look};
use crate::clinic::ids::{ClientId, ClinicId, VisitId};
use crate::clinic::person::EmailAddress;
use crate::clinic::profile::{ClinicProfile, SendWindow, WeekdayName, Zone};

/// The columns of a profile, as [`Row`] has them, and where they stand.
const PROFILE: &str =
    "clinic.id, clinic.name, time_zone, locale, phone, emergency_number, address, window_from, window_to,
    window_days, window_closed, sender_name, reply_to, l.colour, l.alt, p.name as logo, p.width, p.height
    from clinic left join clinic_look l on l.clinic_id = clinic.id and l.number = clinic.look
    left join logo p on p.clinic_id = clinic.id and p.name = l.logo";

/// Adds a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, id: ClinicId, profile: &ClinicProfile, created_at: Timestamp) -> Result<()> {
    let sql = "insert into clinic (id, name, time_zone, locale, phone, emergency_number, address, window_from,
                  window_to, window_days, window_closed, sender_name, reply_to, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    write(db, sql, id, profile, created_at.as_millisecond()).await.map(drop)
}

/// Changes a clinic over the version that somebody saw; `false` when there is none of this id, or another
/// was saved meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, id: ClinicId, profile: &ClinicProfile, over: u32) -> Result<bool> {
    let sql = "update clinic set name = $2, time_zone = $3, locale = $4, phone = $5, emergency_number = $6,
                  address = $7, window_from = $8, window_to = $9, window_days = $10, window_closed = $11,
                  sender_name = $12, reply_to = $13, version = version + 1
               where id = $1 and version = $14";
    Ok(write(db, sql, id, profile, i64::from(over)).await? == 1)
}

async fn write(db: &mut Db, sql: &'static str, id: ClinicId, profile: &ClinicProfile, last: i64) -> Result<u64> {
    let window = &profile.send_window;
    Ok(on!(db, c => sqlx::query(sql)
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
        .bind(dates_text(window))
        .bind(&profile.sender_name)
        .bind(profile.reply_to.as_ref().map_or("", EmailAddress::as_str))
        .bind(last)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// The clinic of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, id: ClinicId) -> Result<Option<ClinicProfile>> {
    let sql = format!("select {PROFILE} where clinic.id = $1");
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::profile).transpose()
}

/// How often the settings of a clinic were changed, and once more: what a form carries, so that the second
/// of two admins is told. `None`: there is no such clinic.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn version(db: &mut Db, id: ClinicId) -> Result<Option<u32>> {
    let sql = "select version from clinic where id = $1";
    let version: Option<i64> = on!(db, c => sqlx::query_scalar(sql).bind(id.to_string()).fetch_optional(c).await)?;
    version.map(|version| small("clinic", "version", version)).transpose()
}

/// The clients of a clinic whose emails its hours and zone decide about: with an email that waits, or a
/// visit that ends at this moment or later. In the order of their ids.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn with_mail_ahead(db: &mut Db, id: ClinicId, now: Timestamp) -> Result<Vec<ClientId>> {
    let sql = "select client_id from email where clinic_id = $1 and state in ('scheduled', 'claimed', 'held')
               union select client_id from visit
                  where clinic_id = $1 and ends_at >= $2 and state in ('booked', 'in_progress')
               order by client_id";
    let ids: Vec<String> = on!(db, c =>
        sqlx::query_scalar(sql).bind(id.to_string()).bind(now.as_millisecond()).fetch_all(c).await)?;
    ids.iter().map(|id| parse("client", "id", id)).collect()
}

/// The visits of a clinic that are booked and begin after this moment, earliest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn visits_ahead(db: &mut Db, id: ClinicId, now: Timestamp) -> Result<Vec<VisitId>> {
    let sql =
        "select id from visit where clinic_id = $1 and starts_at > $2 and state = 'booked' order by starts_at, id";
    let ids: Vec<String> = on!(db, c =>
        sqlx::query_scalar(sql).bind(id.to_string()).bind(now.as_millisecond()).fetch_all(c).await)?;
    ids.iter().map(|id| parse("visit", "id", id)).collect()
}

/// Every clinic of this installation, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db) -> Result<Vec<(ClinicId, ClinicProfile)>> {
    let sql = format!("select {PROFILE} order by clinic.id");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).fetch_all(c).await)?;
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
    window_closed: String,
    sender_name: String,
    reply_to: String,
    #[sqlx(flatten)]
    look: look::Columns,
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
        let closed = self.window_closed.split(',').filter(|date| !date.is_empty());
        let closed = closed.map(|date| parse("clinic", "window_closed", date)).collect::<Result<Vec<Date>>>()?;
        let reply_to = Some(self.reply_to.as_str()).filter(|address| !address.is_empty());
        Ok(ClinicProfile {
            name: self.name,
            phone: self.phone,
            emergency_number: self.emergency_number,
            address: self.address,
            zone: Zone::named(&self.time_zone).map_err(|_| bad("clinic", "time_zone"))?,
            locale: self.locale,
            send_window: send_window.closed_on(closed),
            sender_name: self.sender_name,
            reply_to: reply_to.map(|address| parse("clinic", "reply_to", address)).transpose()?,
            look: self.look.look()?,
        })
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    WeekdayName::ALL.into_iter().find(|day| day.id() == text).map(WeekdayName::weekday)
}

fn days_text(window: &SendWindow) -> String {
    window.weekdays().map(WeekdayName::id).collect::<Vec<_>>().join(",")
}

fn dates_text(window: &SendWindow) -> String {
    window.closed().iter().map(Date::to_string).collect::<Vec<_>>().join(",")
}

fn clock_text(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}
