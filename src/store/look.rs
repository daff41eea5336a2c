//! The look of a clinic, in versions that are only added to, and its logos, each under a name made of the picture.

use jiff::Timestamp;

use super::convert::{bad, instant, parse, parse_some, small};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::look::{Logo, LogoName, Look};

/// A picture to keep.
#[derive(Clone, Debug)]
pub struct NewLogo {
    /// Its name.
    pub name: LogoName,
    /// How wide it is, in pixels.
    pub width: u32,
    /// How high it is.
    pub height: u32,
    /// The PNG.
    pub png: Vec<u8>,
}

/// One look that a clinic had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which one, from 1.
    pub number: u32,
    /// The look.
    pub look: Look,
    /// Who saved it: an account.
    pub saved_by: AccountId,
    /// When.
    pub saved_at: Timestamp,
}

/// The number of the look that counts; 0: that of the house.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn number(db: &mut Db, clinic: ClinicId) -> Result<u32> {
    let sql = "select look from clinic where id = $1";
    let number: Option<i64> = on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    number.map_or(Ok(0), |number| small("clinic", "look", number))
}

/// The looks of a clinic, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn versions(db: &mut Db, clinic: ClinicId, most: u32) -> Result<Vec<Version>> {
    let sql = "select l.number, l.colour, l.alt, l.saved_by, l.saved_at, p.name as logo, p.width, p.height
               from clinic_look l left join logo p on p.clinic_id = l.clinic_id and p.name = l.logo
               where l.clinic_id = $1 order by l.number desc limit $2";
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(most)).fetch_all(c).await)?;
    rows.into_iter().map(Row::version).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    saved_by: String,
    saved_at: i64,
    #[sqlx(flatten)]
    columns: Columns,
}

impl Row {
    fn version(self) -> Result<Version> {
        Ok(Version {
            number: small("clinic_look", "number", self.number)?,
            look: self.columns.look()?,
            saved_by: parse("clinic_look", "saved_by", &self.saved_by)?,
            saved_at: instant("clinic_look", "saved_at", self.saved_at)?,
        })
    }
}

/// The columns of a look; all empty where there is none.
#[derive(sqlx::FromRow)]
pub(super) struct Columns {
    colour: Option<String>,
    alt: Option<String>,
    logo: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
}

impl Columns {
    pub(super) fn look(self) -> Result<Look> {
        let colour = self.colour.filter(|colour| !colour.is_empty());
        let logo = match (self.logo, self.width, self.height) {
            (Some(name), Some(width), Some(height)) => Some(Logo {
                name: parse("logo", "name", &name)?,
                width: small("logo", "width", width)?,
                height: small("logo", "height", height)?,
                alt: self.alt.unwrap_or_default(),
            }),
            (None, ..) => None,
            _ => return Err(bad("logo", "width")),
        };
        Ok(Look { colour: parse_some("clinic_look", "colour", colour.as_deref())?, logo })
    }
}

/// Lets this look count from now on, over the one that somebody saw. `false` when another counts by now.
///
/// # Errors
/// When the database refuses.
pub async fn save(
    db: &mut Db,
    clinic: ClinicId,
    look: &Look,
    over: u32,
    (who, at): (AccountId, Timestamp),
) -> Result<bool> {
    let sql = "update clinic set look = look + 1 where id = $1 and look = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(i64::from(over))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    let sql = "insert into clinic_look (clinic_id, number, colour, logo, alt, saved_by, saved_at)
               values ($1, $2 + 1, $3, $4, $5, $6, $7)";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(i64::from(over))
        .bind(look.colour.map(|colour| colour.to_string()).unwrap_or_default())
        .bind(look.logo.as_ref().map(|logo| logo.name.to_string()))
        .bind(look.logo.as_ref().map_or("", |logo| logo.alt.as_str()))
        .bind(who.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(true)
}

/// Keeps a picture, so that it can be looked at. It counts once a look names it. Pictures that were handed in
/// before this moment and never counted go.
///
/// # Errors
/// When the database refuses.
pub async fn add_logo(
    db: &mut Db,
    clinic: ClinicId,
    logo: &NewLogo,
    (at, tried_before): (Timestamp, Timestamp),
) -> Result<()> {
    let sql = "delete from logo where clinic_id = $1 and added_at < $2 and not exists
                  (select 1 from clinic_look l where l.clinic_id = logo.clinic_id and l.logo = logo.name)";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(tried_before.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    let sql = "insert into logo (clinic_id, name, width, height, png, added_at) values ($1, $2, $3, $4, $5, $6)
               on conflict (clinic_id, name) do nothing";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(logo.name.to_string())
        .bind(i64::from(logo.width))
        .bind(i64::from(logo.height))
        .bind(&logo.png)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A logo of this clinic with these words, if it has one of this name.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn logo(db: &mut Db, clinic: ClinicId, name: &LogoName, alt: &str) -> Result<Option<Logo>> {
    let sql = "select width, height from logo where clinic_id = $1 and name = $2";
    let row: Option<(i64, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(name.to_string()).fetch_optional(c).await)?;
    row.map(|(width, height)| {
        Ok(Logo {
            name: name.clone(),
            width: small("logo", "width", width)?,
            height: small("logo", "height", height)?,
            alt: alt.to_owned(),
        })
    })
    .transpose()
}

/// The picture of this name. Of whichever clinic: a logo is made to be seen by everybody, and only who has seen
/// it knows its name.
///
/// # Errors
/// When the database refuses.
pub async fn png(db: &mut Db, name: &LogoName) -> Result<Option<Vec<u8>>> {
    let sql = "select png from logo where name = $1 limit 1";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(name.to_string()).fetch_optional(c).await)?)
}
