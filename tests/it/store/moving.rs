//! Data of the version before is brought along, on both engines.

use sqlx::AssertSqlSafe;

use crate::support::engines::{Engine, ask, postgres, run, sqlite};

async fn apply(engine: &Engine, step: &str) {
    let folder = if engine.file.is_some() { "sqlite" } else { "postgres" };
    let path = format!("{}/migrations/{folder}/{step}.sql", env!("CARGO_MANIFEST_DIR"));
    let sql = std::fs::read_to_string(path).expect("a migration");
    let mut db = engine.store.write().await.expect("a transaction");
    match &mut db {
        aftercare::store::Db::Sqlite(tx, _) => {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await.map(|_| ()).expect("applies");
        }
        aftercare::store::Db::Postgres(tx, _) => {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await.map(|_| ()).expect("applies");
        }
    }
    db.commit().await.expect("commits");
}

#[tokio::test]
async fn accounts_of_before_get_one_login_a_person() {
    let mut engines = vec![sqlite().await];
    engines.extend(postgres().await);
    for engine in engines {
        apply(&engine, "0001_first").await;
        let mut db = engine.store.write().await.expect("a transaction");
        for clinic in ["a", "b"] {
            let sql = format!(
                "insert into clinic (id, name, time_zone, locale, phone, emergency_number, address, window_from,
                    window_to, window_days, created_at)
                 values ('{clinic}', 'Clinic', 'UTC', 'en', '', '999', '', '08:00', '20:00', 'mon', 1)"
            );
            run(&mut db, &sql).await.expect("a clinic");
        }
        for (id, clinic, email) in
            [("1", "a", "Theo@example.org"), ("2", "b", "theo@example.org"), ("3", "a", "rosa@example.org")]
        {
            let sql = format!(
                "insert into account (id, clinic_id, name, email, role, created_at)
                 values ('{id}', '{clinic}', 'Name', '{email}', 'therapist', {id})"
            );
            run(&mut db, &sql).await.expect("an account");
        }
        db.commit().await.expect("commits");
        apply(&engine, "0002_signing_in").await;
        let mut db = engine.store.read().await.expect("reads");
        let logins = ask(&mut db, "select email from login order by email").await;
        assert_eq!(logins, ["rosa@example.org", "theo@example.org"]);
        let own = "select account.id || ' ' || login.email from account
                   join login on login.id = account.login_id order by account.id";
        assert_eq!(ask(&mut db, own).await, ["1 theo@example.org", "2 theo@example.org", "3 rosa@example.org"]);
    }
}
