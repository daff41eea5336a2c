//! What we trust: the machine's own roots, and the authority of a private relay when one is set.
//! A certificate that does not fit ends the conversation before AUTH and before any mail.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A connector that checks name, dates and chain. TLS 1.2 and later.
pub(crate) fn connector(extra_ca_pem: Option<&[u8]>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if let Some(pem) = extra_ca_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|why| format!("the extra mail certificate is not PEM: {why}"))?;
            roots.add(certificate).map_err(|why| format!("the extra mail certificate cannot be used: {why}"))?;
        }
        if roots.len() == before {
            return Err("the extra mail certificate file holds no certificate".into());
        }
    }
    if roots.is_empty() {
        return Err("this machine has no root certificates; install ca-certificates or name the relay's own".into());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS cannot be set up: {why}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
