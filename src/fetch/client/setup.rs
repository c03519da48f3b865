//! Sets up the HTTP client: what it may do, and above all what it must not.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy};

use super::dial::DialLayer;
use super::settings::FetchSettings;
use crate::fetch::dns::resolver::Names;
use crate::fetch::secrets::redact::TooManySecrets;
use crate::fetch::tls::{self, TlsSetupError};

/// Maximum number of header fields of an answer; more are refused. Real sites send up to a few
/// dozen.
const HEADER_FIELDS: usize = 512;
/// Maximum header block of an HTTP/2 answer. HTTP/1.1 has the HTTP library's own limit, 400 KiB
/// too.
const HEADER_BYTES: u32 = 400 * 1024;
/// Idle connections are dropped early: their number across hosts has no bound, and each keeps a buffer as large as what it
/// received fast, up to 400 KiB. Ours: below Apache's `KeepAliveTimeout` of 5 s, and longer than the pause between two
/// requests at the usual paces.
const IDLE: Duration = Duration::from_secs(2);
/// The types that browsers prefer; everything else is accepted too.
const ACCEPTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// The codings that this room can decode.
const CODINGS: &str = "gzip, deflate, br, zstd";
/// The header that identifies the run.
pub(super) const RUN_HEADER: HeaderName = HeaderName::from_static("x-gatecrawl-run");

/// Why a fetcher could not be created.
#[derive(Debug, thiserror::Error)]
pub enum FetchSetupError {
    /// The user agent has characters that are invalid in a header.
    #[error("user agent {0:?} is not a valid header value")]
    UserAgent(String),
    /// The proxy's URL is not valid. It is not shown, as it may hold a password.
    #[error("proxy address is not valid")]
    Proxy,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// Secrets could not be kept out of the stored data.
    #[error(transparent)]
    Secrets(#[from] TooManySecrets),
    /// No resolver could be created.
    #[error("could not set up name resolution: {0}")]
    Dns(String),
    /// The HTTP client could not be created.
    #[error("could not set up the HTTP client")]
    Client(#[source] reqwest::Error),
}

pub(in crate::fetch) fn client(
    settings: &FetchSettings,
    names: &Arc<Names>,
    tls: rustls::ClientConfig,
    idle_per_host: usize,
) -> Result<Client, FetchSetupError> {
    let mut builder = Client::builder()
        .default_headers(everywhere(settings)?)
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::clone(names))
        .connector_layer(DialLayer {
            limit: settings.connect_timeout,
        })
        // The time is divided among the IP addresses of a name, so that a dead one leaves time for the
        // next.
        .connect_timeout(settings.dns_timeout + settings.connect_timeout)
        .pool_max_idle_per_host(idle_per_host)
        .pool_idle_timeout(IDLE)
        // One exchange is one request on the wire.
        .retry(reqwest::retry::never())
        .redirect(Policy::none())
        .referer(false)
        // As lenient as browsers and search engines are.
        .http1_max_headers(HEADER_FIELDS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_max_header_list_size(HEADER_BYTES)
        // Not to accept such answers: the version then identifies an answer without a status line,
        // while its error would be indistinguishable from a malformed header.
        .http09_responses()
        .no_proxy();
    if settings.http1_only {
        builder = builder.http1_only();
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(Proxy::all(proxy.as_str()).map_err(|_| FetchSetupError::Proxy)?);
    }
    builder.build().map_err(FetchSetupError::Client)
}

/// Creates a client that opens a connection for each request and speaks HTTP/1.1.
pub(super) fn http1_client(
    settings: &FetchSettings,
    names: &Arc<Names>,
    mut tls: rustls::ClientConfig,
) -> Result<Client, FetchSetupError> {
    tls.alpn_protocols = tls::offered(&tls::HTTP1_ONLY);
    let settings = FetchSettings {
        http1_only: true,
        ..settings.clone()
    };
    client(&settings, names, tls, 0)
}

/// Returns the header fields of every request.
fn everywhere(settings: &FetchSettings) -> Result<HeaderMap, FetchSetupError> {
    let user_agent = HeaderValue::from_str(&settings.user_agent)
        .map_err(|_| FetchSetupError::UserAgent(settings.user_agent.clone()))?;
    Ok(HeaderMap::from_iter([
        (USER_AGENT, user_agent),
        (ACCEPT, HeaderValue::from_static(ACCEPTED)),
        (ACCEPT_ENCODING, HeaderValue::from_static(CODINGS)),
    ]))
}

pub(in crate::fetch) fn proxy_host(settings: &FetchSettings) -> Option<String> {
    settings.proxy.as_ref()?.place().map(|(host, _)| host)
}
