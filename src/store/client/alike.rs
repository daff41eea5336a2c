//! Candidates for "is this somebody we know?": found by whole words, judged by the rule.

use super::{Registered, Row, columns};
use crate::clinic::case::Client;
use crate::clinic::client::alike::likeness;
use crate::clinic::client::words;
use crate::clinic::ids::ClinicId;
use crate::store::case::json_list;
use crate::store::{Db, Result};

/// A page can show so many; whoever has more doubles than that has another problem.
const MOST: i64 = 20;

/// So many who were born on one day are looked at. A register that was carried over from another program
/// may have hundreds on a first of January.
const MOST_BORN: i64 = 500;

/// The clients of a clinic whom this person may already be.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn resembling(db: &mut Db, clinic: ClinicId, client: &Client, phone: &str) -> Result<Vec<Registered>> {
    let mut found: Vec<Registered> = Vec::new();
    let born = client.born.map(|born| (vec![born.to_string()], MOST_BORN));
    for (wanted, most) in wanted(client, phone).into_iter().map(|words| (words, MOST)).chain(born) {
        for known in with_all(db, clinic, &wanted, most).await? {
            let alike = !likeness((client, phone), (&known.client, &known.phone)).is_empty();
            if alike && !found.iter().any(|other| other.id == known.id) {
                found.push(known);
            }
        }
    }
    found.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    Ok(found)
}

/// What to look for: the whole name, the address, the telephone in each way it is dialled.
fn wanted(client: &Client, phone: &str) -> Vec<Vec<String>> {
    let names = words::name_key(client).into_iter().map(|mut parts| {
        parts.dedup();
        parts
    });
    let address = client.email.as_ref().map(|email| vec![words::fold(&email.normalised())]);
    let numbers = words::numbers(phone).into_iter().filter(|number| !number.is_empty()).map(|number| vec![number]);
    names.chain(address).chain(numbers).collect()
}

/// Clients with every one of these words, newest first.
async fn with_all(db: &mut Db, clinic: ClinicId, wanted: &[String], most: i64) -> Result<Vec<Registered>> {
    let sql = alike_statement(db);
    let list = json_list(wanted.iter().cloned());
    let many = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(clinic.to_string())
        .bind(list)
        .bind(many)
        .bind(most)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::registered).collect()
}

/// Finds clients with every word of a list: the clinic at 1, the list at 2, how many words it has at 3,
/// how many clients at 4.
#[doc(hidden)]
#[must_use]
pub fn alike_statement(db: &Db) -> String {
    let listed = match db {
        Db::Sqlite(..) => "in (select value from json_each($2))",
        // An array: of a list of rows PostgreSQL expects a hundred, and would rather walk all words.
        Db::Postgres(..) => "= any (array(select jsonb_array_elements_text(cast($2 as jsonb))))",
    };
    format!(
        "{} where c.clinic_id = $1 and c.id in (select w.client_id from client_word w
            where w.clinic_id = $1 and w.word {listed} group by w.client_id having count(*) = $3)
         order by c.id desc limit $4",
        columns!("")
    )
}
