//! TLS is asked for and checked: without it no password and no mail leaves.

use std::sync::Arc;

use aftercare::mail::relay::{Relay, RelayOptions};
use aftercare::mail::smtp::Mailer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{LETTER, kind, options, patient, send};
use crate::support::scripted::{Script, Scripted, say};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "A clinic's own authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn certificate_for(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).expect("a name")
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

fn signed(params: &CertificateParams, by: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    acceptor(params.signed_by(&key, by).expect("signed").der().clone(), &key)
}

fn mailer(scheme: &str, server: &Scripted, trusted: &Authority) -> Mailer {
    let relay = Relay::parse(&format!("{scheme}://clinic:s3cret@{}", server.address)).expect("an address");
    let extra = RelayOptions { extra_ca_pem: Some(trusted.as_ref().pem().into_bytes()), ..options(patient()) };
    Mailer::new(vec![relay], extra).expect("a mailer")
}

#[tokio::test]
async fn mail_goes_over_tls_after_signing_in() {
    let authority = authority();
    for (scheme, mechanisms) in [("smtp", "AUTH PLAIN LOGIN"), ("smtps", "AUTH PLAIN"), ("smtps", "AUTH LOGIN")] {
        let tls = signed(&certificate_for("127.0.0.1"), &authority);
        let script = Script::new().pipelining(true).offering(mechanisms);
        let script = if scheme == "smtp" { script.starttls(tls) } else { script.tls(tls) };
        let server = Scripted::start(script).await;
        let mailer = mailer(scheme, &server, &authority);
        let words = mailer.probe().await.expect("reachable");
        assert!(words.ends_with("answers over TLS, signed in, with pipelining"), "{words}");
        let big = LETTER.repeat(10_000);
        for body in [LETTER, &big, LETTER] {
            let outcome = send(&mailer, body).await;
            assert_eq!(kind(&outcome), "accepted", "{outcome:?}");
        }
        let seen = server.seen();
        assert_eq!((seen.connections, seen.taken.len(), seen.taken[1].body == big), (2, 3, true));
        // "\0clinic\0s3cret", or each by itself.
        let secret = if mechanisms == "AUTH LOGIN" { "czNjcmV0" } else { "AUTH PLAIN AGNsaW5pYwBzM2NyZXQ=" };
        assert_eq!(seen.count(secret), 2);
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_gets_no_password_and_no_mail() {
    let authority = authority();
    let other = self::authority();
    let mut expired = certificate_for("127.0.0.1");
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let key = KeyPair::generate().expect("a key");
    let own = certificate_for("127.0.0.1").self_signed(&key).expect("signed");
    let servers = [
        ("another name", signed(&certificate_for("mail.example.org"), &authority)),
        ("expired", signed(&expired, &authority)),
        ("an unknown authority", signed(&certificate_for("127.0.0.1"), &other)),
        ("signed by itself", acceptor(own.der().clone(), &key)),
    ];
    for (why, tls) in servers {
        for scheme in ["smtp", "smtps"] {
            let script = Script::new().offering("AUTH PLAIN");
            let script = if scheme == "smtp" { script.starttls(tls.clone()) } else { script.tls(tls.clone()) };
            let server = Scripted::start(script).await;
            let mailer = mailer(scheme, &server, &authority);
            let outcome = send(&mailer, LETTER).await;
            assert_eq!(kind(&outcome), "unreachable", "{why}: {outcome:?}");
            assert!(format!("{outcome:?}").contains("TLS failed"), "{why}: {outcome:?}");
            let probed = mailer.probe().await.expect_err(why);
            assert!(!probed.contains("s3cret"), "{probed}");
            let seen = server.seen();
            assert_eq!((seen.count("AUTH"), seen.count("MAIL"), seen.body_bytes), (0, 0, 0), "{why}");
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let authority = authority();
    let tls = signed(&certificate_for("127.0.0.1"), &authority);
    let scripts = [
        ("not offered", Script::new().offering("AUTH PLAIN")),
        ("refused", Script::new().offering("AUTH PLAIN").starttls(tls.clone()).at("STARTTLS", say("454 not now"))),
        // Replies smuggled in ahead of the handshake would be taken for protected ones.
        (
            "injected",
            Script::new().offering("AUTH PLAIN").starttls(tls.clone()).at("STARTTLS", say("220 go\r\n250 evil")),
        ),
        ("no TLS behind it", Script::new().offering("STARTTLS").offering("AUTH PLAIN").at("unknown", say("220 hi"))),
    ];
    for (why, script) in scripts {
        let server = Scripted::start(script).await;
        let limits = aftercare::mail::relay::Stages { command: super::SHORT * 5, ..patient() };
        let relay = Relay::parse(&format!("smtp://clinic:s3cret@{}", server.address)).expect("an address");
        let extra = RelayOptions { extra_ca_pem: Some(authority.as_ref().pem().into_bytes()), ..options(limits) };
        let outcome = send(&Mailer::new(vec![relay], extra).expect("a mailer"), LETTER).await;
        assert_eq!(kind(&outcome), "unreachable", "{why}: {outcome:?}");
        let seen = server.seen();
        assert_eq!((seen.count("AUTH"), seen.count("MAIL"), seen.body_bytes), (0, 0, 0), "{why}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_about_us_and_not_about_the_mail() {
    let authority = authority();
    for reply in ["535 5.7.8 wrong", "454 4.7.0 later", "421 bye", "530 what", "250 hm", "334 !!!"] {
        let tls = signed(&certificate_for("127.0.0.1"), &authority);
        let server = Scripted::start(Script::new().tls(tls).offering("AUTH PLAIN").at("AUTH", say(reply))).await;
        let outcome = send(&mailer("smtps", &server, &authority), LETTER).await;
        assert_eq!(kind(&outcome), "unreachable", "{reply}: {outcome:?}");
        assert_eq!(server.seen().count("MAIL"), 0);
    }
    let tls = signed(&certificate_for("127.0.0.1"), &authority);
    let server = Scripted::start(Script::new().tls(tls)).await;
    let outcome = send(&mailer("smtps", &server, &authority), LETTER).await;
    assert!(format!("{outcome:?}").contains("neither AUTH PLAIN nor AUTH LOGIN"), "{outcome:?}");
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_stops_the_start() {
    let relay = || vec![Relay::parse("smtps://mail.example.org").expect("an address")];
    for bad in [&b""[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let extra = RelayOptions { extra_ca_pem: Some(bad.to_vec()), ..RelayOptions::default() };
        assert!(Mailer::new(relay(), extra).is_err());
    }
}
