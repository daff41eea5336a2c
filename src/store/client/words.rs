//! The words of clients, kept in step with the register: written with every change, and made again
//! when the rule that makes them has a new edition.

use super::{Registered, Row, columns};
use crate::clinic::client::words;
use crate::clinic::ids::ClinicId;
use crate::store::case::json_list;
use crate::store::convert::parse;
use crate::store::{Db, Result, Store};

/// So many clients share a transaction when their words are made again.
const PORTION: i64 = 500;

/// Keeps the words of a client in place of those kept before.
pub(super) async fn keep(db: &mut Db, clinic: ClinicId, client: &Registered) -> Result<()> {
    let add = match db {
        Db::Sqlite(..) => {
            "insert into client_word (clinic_id, client_id, word) select $1, $2, value from json_each($3)"
        }
        Db::Postgres(..) => {
            "insert into client_word (clinic_id, client_id, word)
             select $1, $2, jsonb_array_elements_text(cast($3 as jsonb))"
        }
    };
    let words = json_list(words::of(&client.client, &client.phone).into_iter());
    let (clinic, id) = (clinic.to_string(), client.id.to_string());
    // By the client alone: SQLite would rather walk all words of the clinic than trust in the key. The
    // id was found in this clinic, and ids are nobody else's.
    let remove = "delete from client_word where client_id = $1";
    let edition = "update client set words_edition = $3 where clinic_id = $1 and id = $2";
    on!(db, c => {
        sqlx::query(remove).bind(&id).execute(&mut *c).await?;
        sqlx::query(add).bind(&clinic).bind(&id).bind(words).execute(&mut *c).await?;
        sqlx::query(edition).bind(&clinic).bind(&id).bind(i64::from(words::EDITION)).execute(c).await?;
    });
    Ok(())
}

/// Makes the words of every client whose words are of another edition.
pub(in crate::store) async fn bring_up_to_date(store: &Store) -> Result<()> {
    loop {
        let mut db = store.write().await?;
        let old = old_ones(&mut db).await?;
        for (clinic, client) in &old {
            keep(&mut db, *clinic, client).await?;
        }
        db.commit().await?;
        if old.is_empty() {
            return Ok(());
        }
    }
}

async fn old_ones(db: &mut Db) -> Result<Vec<(ClinicId, Registered)>> {
    let which = "select id, clinic_id from client where words_edition <> $1 order by id limit $2";
    let ids: Vec<(String, String)> = on!(db, c =>
        sqlx::query_as(which).bind(i64::from(words::EDITION)).bind(PORTION).fetch_all(c).await)?;
    let sql = columns!("where c.clinic_id = $1 and c.id = $2");
    let mut old = Vec::with_capacity(ids.len());
    for (id, clinic) in ids {
        let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(&clinic).bind(id).fetch_optional(c).await)?;
        if let Some(row) = row {
            old.push((parse("client", "clinic_id", &clinic)?, row.registered()?));
        }
    }
    Ok(old)
}
