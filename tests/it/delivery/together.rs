//! Several workers on one database.

use std::collections::BTreeSet;

use aftercare::store::Store;

use crate::support::app::TestApp;
use crate::support::cast::at;
use crate::support::engines::seal;
use crate::support::worker::{header, step, worker};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_send_each_email_once() {
    const MANY: usize = 60;
    for app in TestApp::at("2026-01-05T00:00:00Z").await {
        app.owed(MANY, "2026-01-05T10:00:00Z").await;
        app.clock.set(at("2026-01-05T10:30:00Z"));
        let url = app.peer.url();
        let mut stores = Vec::new();
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let store = Store::open(&app.engine.url, seal()).await.expect("opens");
            stores.push(store.clone());
            let worker = worker(store, app.clock.clone(), &url);
            workers.spawn(async move { step(&worker).await });
        }
        let sent: u64 = workers.join_all().await.iter().map(|delivered| delivered.sent).sum();
        for store in stores {
            store.close().await;
        }
        let taken = app.taken();
        let ids: BTreeSet<_> = taken.iter().map(|taken| header(&taken.body, "Message-ID")).collect();
        assert_eq!((sent, taken.len(), ids.len()), (60, MANY, MANY));
        let told = app.ask("select cast(count(*) as text) from audit where action = 'email.sent'").await;
        assert_eq!(told, [MANY.to_string()]);
    }
}
