//! A plain client for what the program tells others, such as webhooks: nothing of the crawl goes
//! through it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};

use crate::fetch::tls::TlsSetupError;

/// How long a receiver may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long it may take to answer as a whole.
const ANSWER: Duration = Duration::from_secs(30);

/// A client that follows no redirect, so that what is meant for one receiver never reaches another,
/// and that gives up after half a minute. It trusts the public authorities and those of the system.
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
