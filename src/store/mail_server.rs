//! The mail server that an admin named in the browser: one for the installation. User and password are
//! sealed.

use jiff::Timestamp;

use super::convert::{bad, open_json, parse, seal_json, small};
use super::{Db, Result, wake};
use crate::clinic::mail_server::{MailServer, Protection};

const CONTEXT: &str = "mail_server/login/house";

/// The server with the version it was read at; nothing while none was named.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db) -> Result<Option<(MailServer, u32)>> {
    let sql = "select host, port, protection, login, sender, version from mail_server where id = 'house'";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    row.map(|row| row.server(db)).transpose()
}

#[derive(sqlx::FromRow)]
struct Row {
    host: String,
    port: i64,
    protection: String,
    login: Option<Vec<u8>>,
    sender: String,
    version: i64,
}

impl Row {
    fn server(self, db: &Db) -> Result<(MailServer, u32)> {
        let login = self.login.map(|sealed| open_json(db, "mail_server", CONTEXT, &sealed)).transpose()?;
        let server = MailServer {
            host: self.host,
            port: u16::try_from(self.port).map_err(|_| bad("mail_server", "port"))?,
            protection: Protection::of(&self.protection).ok_or_else(|| bad("mail_server", "protection"))?,
            login,
            sender: parse("mail_server", "sender", &self.sender)?,
        };
        Ok((server, small("mail_server", "version", self.version)?))
    }
}

/// The version alone, for whoever looks often; 0 while none was named.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn version(db: &mut Db) -> Result<u32> {
    let sql = "select version from mail_server where id = 'house'";
    let version: Option<i64> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    version.map_or(Ok(0), |version| small("mail_server", "version", version))
}

/// Names the server, over the version that somebody saw (0: none was named). `false` when another was named
/// meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, server: &MailServer, over: u32, now: Timestamp) -> Result<bool> {
    wake::soon(db).await?;
    let login = server.login.as_ref().map(|login| seal_json(db, CONTEXT, login)).transpose()?;
    let sql = if over == 0 {
        "insert into mail_server (id, host, port, protection, login, sender, changed_at, version)
         values ('house', $1, $2, $3, $4, $5, $6, $7 + 1) on conflict (id) do nothing"
    } else {
        "update mail_server set host = $1, port = $2, protection = $3, login = $4, sender = $5, changed_at = $6,
            version = version + 1 where id = 'house' and version = $7"
    };
    let rows = on!(db, c => sqlx::query(sql)
        .bind(&server.host)
        .bind(i64::from(server.port))
        .bind(server.protection.id())
        .bind(login)
        .bind(server.sender.as_str())
        .bind(now.as_millisecond())
        .bind(i64::from(over))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
