//! Listening: who dawdles takes nobody's place.

use std::net::SocketAddr;
use std::time::Duration;

use aftercare::web::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::support::app::TestApp;

/// A wait that only a server which hangs reaches.
const PATIENT: Duration = Duration::from_secs(60);

async fn said(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is cut has said what it said.
    let _ = timeout(PATIENT, stream.read_to_end(&mut all)).await.expect("an end");
    String::from_utf8_lossy(&all).into_owned()
}

async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = b"GET /healthz HTTP/1.1\r\nHost: lindenhof.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("it listens");
    said(stream).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_who_never_end_their_request_keep_nobody_waiting_and_are_sent_away() {
    let app = TestApp::at("2026-01-05T08:00:00Z").await.remove(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (end, ended) = oneshot::channel::<()>();
    let (stop, _stopped) = watch::channel(false);
    let until = async move {
        let _ = ended.await;
    };
    let serving = tokio::spawn(serve(listener, app.web(), until, stop));
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: lindenhof.example\r\nX-Slow: a").await.expect("it listens");
        slow.push(stream);
    }
    let answer = ask(address).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for stream in slow {
        let answer = said(stream).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "nobody asked to the end: {answer}");
    }
    end.send(()).expect("it runs");
    serving.await.expect("it ends").expect("and well");
}
