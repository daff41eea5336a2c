//! Where a request comes from when a web server stands in front. Limits and the audit go by that
//! place, so only a server that the operator named is believed; anybody else could write what they like.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use super::Web;

/// The servers in front that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// These servers.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn believed(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The first address from our end of the line that is not a server of ours. Each server adds
    /// whom it spoke with at the end of `X-Forwarded-For`; what stands further left came from
    /// outside, and may be made up.
    fn far_end(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default());
        let mut named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut at = peer.to_canonical();
        while self.believed(at) {
            // Unreadable is as good as missing: the last server that is known stands for it.
            let Some(before) = named.pop().and_then(address) else { break };
            at = before;
        }
        at
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let found = bare.parse().ok().or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    found.map(|address: IpAddr| address.to_canonical())
}

/// The layer outside all others: from here on the peer is who stands at the far end.
pub(super) async fn far_end(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let far_end = SocketAddr::new(web.proxies.far_end(peer.ip(), request.headers()), peer.port());
        request.extensions_mut().insert(ConnectInfo(far_end));
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let proxies = Proxies(trusted.iter().map(|net| net.parse().expect("a network")).collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        proxies.far_end(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_named() {
        assert_eq!(found(&[], "127.0.0.1", &["203.0.113.9"]), "127.0.0.1");
        assert_eq!(found(&["10.0.0.0/8"], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn what_a_client_writes_before_the_server_counts_for_nothing() {
        let ours = ["127.0.0.1/32", "10.0.0.0/8"];
        assert_eq!(found(&ours, "127.0.0.1", &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(found(&ours, "127.0.0.1", &["198.51.100.1", "203.0.113.9, 10.0.0.3"]), "203.0.113.9");
        assert_eq!(found(&ours, "::ffff:127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn an_unreadable_word_is_no_address() {
        let ours = ["127.0.0.1/32"];
        for line in ["", "unknown", "203.0.113.9;x", "_hidden", "127.0.0.1, ", "203.0.113.9, nonsense"] {
            assert_eq!(found(&ours, "127.0.0.1", &[line]), "127.0.0.1", "{line}");
        }
        assert_eq!(found(&ours, "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(found(&ours, "127.0.0.1", &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn a_port_or_brackets_do_not_hide_an_address() {
        let ours = ["127.0.0.1/32"];
        assert_eq!(found(&ours, "127.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(found(&ours, "127.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(found(&ours, "127.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(found(&ours, "127.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
    }
}
