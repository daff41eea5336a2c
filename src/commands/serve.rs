//! `serve` and `worker`: the long-running commands. Both stop cleanly on SIGTERM and Ctrl-C.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::{self, Rules};
use crate::clock::Clock;
use crate::config::Settings;
use crate::mail::inbox::Inbox;
use crate::store::catalogue::newest::Newest;
use crate::web::letters::Letters;
use crate::web::metrics::Requests;
use crate::web::proxy::Proxies;
use crate::web::{self, Web};
use crate::worker::{WayOut, Worker, bounces};

use super::setup::settings;
use super::user::house;
use super::{Common, Stop, print};

/// `aftercare serve`: pages and, unless it is turned off, delivery.
pub(super) async fn serve(common: &Common) -> Result<(), Stop> {
    let settings = settings(common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    let clock = Clock::system();
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    let worker = app::worker(&settings, store.clone(), clock.clone(), &rules).map_err(Stop::wrong)?;
    let sent_text = worker.sent_text;
    let inbox = app::inbox(&settings.mail).map_err(Stop::wrong)?;
    let listener = listen(settings.web.listen).await?;
    store.migrate().await.map_err(Stop::failed)?;
    app::key_fits(&settings, &store).await.map_err(Stop::failed)?;
    let sending = app::sending(&settings.mail, &worker.sender);
    let (stop, stopped) = watch::channel(false);
    let delivery = settings.worker.enabled.then(|| {
        collect(inbox, &worker, &stopped);
        tokio::spawn(deliver(settings.clone(), worker, stopped.clone()))
    });
    let base = settings.web.base_url.as_ref();
    let letters = Letters::new(rules.letters.clone(), rules.catalogue.clone()).reached_at(base.cloned());
    let web = Web {
        store: store.clone(),
        clock,
        catalogue: rules.catalogue.clone(),
        newest: Newest::over(rules.catalogue.clone()),
        form: rules.form.clone(),
        letters,
        demo: false,
        https: base.is_some_and(|url| url.scheme() == "https"),
        origin: base.map(|url| url.origin().ascii_serialization()),
        base_url: base.cloned(),
        hashing: web::passwords::places(),
        sending,
        proxies: Proxies::new(settings.web.trusted_proxies.clone()),
        sent_text,
        metrics: settings.web.metrics.then(Requests::new),
        webhooks_inside: settings.worker.webhooks_inside,
    };
    web.sending.look(&mut web.store.read().await.map_err(Stop::failed)?).await.map_err(Stop::failed)?;
    say_set_up(&web, &settings).await?;
    tracing::info!(address = %listener.local_addr().map_err(Stop::failed)?, "listening");
    let served = web::serve(listener, web, until(stopped), stop).await;
    if let Some(delivery) = delivery {
        delivery.await.map_err(Stop::failed)?;
    }
    store.close().await;
    served.map_err(Stop::failed)
}

/// `aftercare worker`: delivery only.
pub(super) async fn worker(common: &Common) -> Result<(), Stop> {
    let settings = settings(common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    let worker = app::worker(&settings, store.clone(), Clock::system(), &rules).map_err(Stop::wrong)?;
    let inbox = app::inbox(&settings.mail).map_err(Stop::wrong)?;
    store.migrate().await.map_err(Stop::failed)?;
    app::key_fits(&settings, &store).await.map_err(Stop::failed)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        asked_to_stop().await;
        let _ = stop.send(true);
    });
    collect(inbox, &worker, &stopped);
    deliver(settings, worker, stopped).await;
    store.close().await;
    Ok(())
}

/// Delivers by the mail servers of the settings, or by the one that an admin names in the browser.
async fn deliver(settings: Settings, worker: Worker, stopped: watch::Receiver<bool>) {
    let poll = settings.worker.poll;
    if worker.mailer.is_some() {
        return worker.run(poll, stopped).await;
    }
    tracing::info!("mail.url is not set: mail leaves once an admin names a mail server in the browser");
    let clock = worker.clock.clone();
    let way_out: WayOut = Arc::new(move |server| app::named(&settings.mail, server, clock.clone()));
    worker.run_as_named(way_out, poll, stopped).await;
}

/// Reads the bounce mailbox beside the delivery, if there is one.
fn collect(inbox: Option<Arc<Inbox>>, worker: &Worker, stopped: &watch::Receiver<bool>) {
    if let Some(inbox) = inbox {
        tokio::spawn(bounces::collect(worker.store.clone(), worker.clock.clone(), inbox, stopped.clone()));
    }
}

/// While nobody works here, the first set-up in the browser: a new link at each start, on stdout
/// alone, since a log may be read by many.
async fn say_set_up(web: &Web, settings: &Settings) -> Result<(), Stop> {
    let secret = web::setup::new_link(&web.store, web.clock.system_now()).await.map_err(Stop::failed)?;
    let Some(secret) = secret else { return Ok(()) };
    print(&format!(
        "Nobody works here yet. Set the clinic up in a browser, once and within 24 hours:\n{}/setup/{secret}\n",
        house(settings)
    ))
}

/// Takes the address before anything else is begun, so that a taken port leaves nothing half done.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Stop> {
    TcpListener::bind(address).await.map_err(|error| {
        Stop::Failed(format!(
            "{address}: cannot listen there ({error}); choose another address with web.listen, or with --listen for the demo"
        ))
    })
}

/// Ends when the program is asked to stop, by SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    // Without either signal the program is ended by force, and leases settle what was open.
    let _ = interrupt.await;
}

/// Ends when the program is asked to stop or was told to by someone else.
pub(super) async fn until(mut stopped: watch::Receiver<bool>) {
    tokio::select! { () = asked_to_stop() => {}, _ = stopped.changed() => {} }
}
