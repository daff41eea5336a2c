//! The mail server that an admin names in the browser. It is somebody else's machine on the network: what may
//! be named is narrow, so that a form can never be made to knock at doors inside the house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::person::EmailAddress;

/// The ports on which mail is handed over.
pub const PORTS: [u16; 4] = [587, 465, 25, 2525];

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS; without it nothing is sent.
    StartTls,
    /// None: only where the operator lets a server of the house's own network be named.
    Nothing,
}

impl Protection {
    /// All of them, the usual first.
    pub const ALL: [Self; 3] = [Self::StartTls, Self::Tls, Self::Nothing];

    /// The id in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::Nothing => "nothing",
        }
    }

    /// The words on a page.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Tls => "TLS from the start (port 465)",
            Self::StartTls => "STARTTLS (port 587)",
            Self::Nothing => "None: a server inside this network",
        }
    }

    /// The protection of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }
}

/// Who we sign in as; the password never prints itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLogin {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for MailLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("‹redacted›")
    }
}

/// A mail server with what is needed to hand mail over to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// Who we sign in as, if the server asks.
    pub login: Option<MailLogin>,
    /// The address that emails come from.
    pub sender: EmailAddress,
}

/// A host as somebody typed it.
///
/// # Errors
/// A sentence for the field: no name of a machine, or one inside the house while `inside` is not allowed.
pub fn host(typed: &str, inside: bool) -> Result<String, String> {
    let typed = typed.trim().trim_end_matches('.');
    let wrong = || "Write the server's name alone, such as mail.example.org.".to_owned();
    if let Ok(address) = typed.trim_matches(['[', ']']).parse::<IpAddr>() {
        return if inside || !is_inside(address) { Ok(address.to_string()) } else { Err(NOT_INSIDE.into()) };
    }
    let name = idna::domain_to_ascii_strict(typed).map_err(|_| wrong())?;
    let last = name.rsplit('.').next().unwrap_or_default();
    // A name of digits alone is an address in another spelling, such as 127.1 or 2130706433.
    if name.is_empty() || name.len() > 253 || last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
        return Err(wrong());
    }
    let is_local = name == "localhost"
        || !name.contains('.')
        || [".localhost", ".local", ".internal", ".lan"].iter().any(|end| name.ends_with(end));
    if is_local && !inside { Err(NOT_INSIDE.into()) } else { Ok(name) }
}

/// What is said of a server inside the house.
pub const NOT_INSIDE: &str =
    "This is a machine inside your own network. Whoever runs this system can name it in the settings file.";

/// Whether an address is inside the house or otherwise no server of the open network.
#[must_use]
pub fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => is_inside_v6(address),
    }
}

fn is_inside_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by providers (RFC 6598), for measuring (RFC 2544), for protocols (RFC 6890).
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && address.octets()[2] == 0)
}

fn is_inside_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let [.., high, low] = parts;
    let embedded = || Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        // Site-local of old, and addresses of the other kind in this one's clothes (RFC 6052, RFC 4291, RFC 3056).
        || parts[0] & 0xffc0 == 0xfec0
        // What a network translates for itself (RFC 8215): where that leads is not to be seen from here.
        || parts[..3] == [0x64, 0xff9b, 1]
        || (parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] && is_inside_v4(embedded()))
        || (parts[..6] == [0; 6] && is_inside_v4(embedded()))
        || (parts[0] == 0x2002 && is_inside_v4(Ipv4Addr::from(u32::from(parts[1]) << 16 | u32::from(parts[2]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_the_open_network_can_be_named() {
        for (typed, is) in [
            ("mail.example.org", "mail.example.org"),
            (" Mail.Example.ORG. ", "mail.example.org"),
            ("post.münchen.example", "post.xn--mnchen-3ya.example"),
            ("93.184.215.14", "93.184.215.14"),
            ("[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
        ] {
            assert_eq!(host(typed, false).as_deref(), Ok(is));
        }
    }

    #[test]
    fn a_door_inside_the_house_and_what_is_no_host_are_refused() {
        for typed in [
            "",
            " ",
            "file:///etc/passwd",
            "gopher://x.example",
            "http://mail.example.org",
            "mail.example.org:25",
            "a b.example",
            "user@mail.example.org",
            "mail.example.org/x",
            "127.1",
            "2130706433",
            "0x7f.1",
            "mail..example",
            "a.example\r\nRCPT TO",
        ] {
            assert!(host(typed, true).is_err(), "{typed:?} is no host");
        }
        for typed in [
            "localhost",
            "LOCALHOST",
            "printer",
            "nas.local",
            "mail.internal",
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.8",
            "192.168.1.4",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "[::1]",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "::7f00:1",
            "ff02::1",
        ] {
            assert!(host(typed, false).is_err(), "{typed} is inside");
            assert!(host(typed, true).is_ok(), "{typed} when the operator says so");
        }
    }

    #[test]
    fn a_password_does_not_print_itself() {
        let login = MailLogin { user: "clinic".into(), password: "s3cret".into() };
        assert!(!format!("{login:?}").contains("s3cret"));
        assert!(Protection::ALL.into_iter().all(|one| Protection::of(one.id()) == Some(one)));
    }
}
