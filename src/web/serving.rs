//! Listening: one HTTP server that stops taking requests when it is asked to, and lets those under
//! way end.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Web, router};

/// Requests under way may take this long after the word to stop.
const LAST_CALL: Duration = Duration::from_secs(10);

/// Serves until `until` ends, then tells everyone else through `stop`.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    web: Web,
    until: impl Future<Output = ()> + Send + 'static,
    stop: watch::Sender<bool>,
) -> std::io::Result<()> {
    let mut stopped = stop.subscribe();
    let leaving = async move {
        until.await;
        // Nobody listens any more only when everything else has ended already.
        let _ = stop.send(true);
    };
    let serving = axum::serve(listener, router(web).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(leaving);
    tokio::select! {
        served = serving => served,
        () = async {
            // An open connection that never ends its request must not keep the program alive.
            let _ = stopped.wait_for(|stopped| *stopped).await;
            let _ = tokio::time::timeout(LAST_CALL, std::future::pending::<()>()).await;
        } => Ok(()),
    }
}
