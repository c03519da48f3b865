//! A plain client for the program's own messages, such as webhooks. The crawl does not use it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};

use crate::fetch::tls::TlsSetupError;

/// Maximum time for a receiver to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Maximum time for a receiver's whole answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Creates a client that follows no redirect, so that a message for one receiver never reaches
/// another. It gives up after half a minute. It trusts the public authorities and those of the
/// system.
pub fn outbound_client() -> Result<Client, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |fault: String| TlsSetupError::Config(fault);
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| unusable(fault.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .user_agent(concat!("gatecrawl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|fault| unusable(fault.to_string()))
}
