//! Listening: one HTTP server that keeps nobody waiting for those who dawdle, stops taking requests
//! when it is asked to, and lets those under way end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::{Web, router};

/// Requests under way may take this long after the word to stop.
const LAST_CALL: Duration = Duration::from_secs(10);

/// The head of a request must have come by then, on a fresh connection and on a kept one: who sends
/// a letter a second would otherwise hold a place for ever.
const HEAD: Duration = Duration::from_secs(15);

/// Connections at once; more wait in the system's queue until one of these ends.
const MOST: usize = 1024;

/// No head of a request is larger, cookies and all.
const LARGEST_HEAD: usize = 32 * 1024;

/// How long to wait when the system has no more handles, which closing connections give back.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `until` ends, then tells everyone else through `stop`.
///
/// # Errors
/// None so far: a connection that breaks is the business of whoever was on it.
pub async fn serve(
    listener: TcpListener,
    web: Web,
    until: impl Future<Output = ()> + Send + 'static,
    stop: watch::Sender<bool>,
) -> std::io::Result<()> {
    let app = router(web);
    let places = Arc::new(Semaphore::new(MOST));
    let mut connections = JoinSet::new();
    let mut until = pin!(until);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        tokio::select! {
            () = &mut until => break,
            Some((place, accepted)) = next => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, app.clone(), stop.subscribe(), place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    // Nobody listens any more only when everything else has ended already.
    let _ = stop.send(true);
    // An open connection that never ends its request must not keep the program alive.
    let _ = tokio::time::timeout(LAST_CALL, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    mut stopped: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // Small answers leave at once. A system that cannot do that is only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LARGEST_HEAD);
    let mut talk = pin!(server.serve_connection(TokioIo::new(stream), service));
    // What it watches may not be kept over a wait.
    let told = async move { stopped.wait_for(|stopped| *stopped).await.map(drop) };
    let mut told = pin!(told);
    let ended = tokio::select! {
        ended = talk.as_mut() => ended,
        _ = told.as_mut() => {
            talk.as_mut().graceful_shutdown();
            talk.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}
