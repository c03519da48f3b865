//! The fetcher over HTTP. Two clients share names, TLS and limits: one keeps connections, one
//! never does.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::ext::ReasonPhrase;
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, RequestBuilder, Response};
use tokio::time::{Instant, sleep_until};

use super::answer;
use super::attempt::Attempt;
use super::body::{self, Limits, Use};
use super::dial::DialLayer;
use super::dns::Names;
use super::fault::{Fault, of_request};
use super::settings::FetchSettings;
use super::{Fetcher, guard, tls};
use crate::model::{Connection, Exchange, Keep, Outcome, Request, Timings, Version};

/// Header fields of an answer; more are refused. Real sites send up to a few dozen.
const HEADER_FIELDS: usize = 512;
/// Header block of an HTTP/2 answer. HTTP/1.1 has the HTTP library's own limit, 400 KiB too.
const HEADER_BYTES: u32 = 400 * 1024;
/// What is kept of an answer that is no page: enough for every error page's fingerprint.
const EXCERPT: usize = 64 * 1024;
/// Idle connections are dropped early: their number has no bound across hosts.
const IDLE: Duration = Duration::from_secs(10);
/// What browsers prefer, with everything else welcome.
const ACCEPTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// What this room can undo.
const CODINGS: &str = "gzip, deflate, br, zstd";
const RUN_HEADER: HeaderName = HeaderName::from_static("x-gatecrawl-run");

/// Performs exchanges over HTTP/1.1 and HTTP/2.
#[derive(Clone)]
pub struct HttpFetcher {
    pooled: Client,
    fresh: Client,
    settings: Arc<FetchSettings>,
    /// Header fields for the site itself only.
    confidential: HeaderMap,
}

impl fmt::Debug for HttpFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients know the password of the proxy.
        f.debug_struct("HttpFetcher")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why a fetcher could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FetchSetupError {
    /// The user agent has characters that no header may have.
    #[error("user agent {0:?} is no header value")]
    UserAgent(String),
    /// The proxy's address is not one. It is not shown, as it may hold a password.
    #[error("proxy address is not valid")]
    Proxy,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] tls::TlsSetupError),
    /// No resolver could be made.
    #[error("could not set up name resolution: {0}")]
    Dns(String),
    /// The HTTP client could not be made.
    #[error("could not set up the HTTP client")]
    Client(#[source] reqwest::Error),
}

impl HttpFetcher {
    /// A fetcher with these settings.
    pub fn new(settings: FetchSettings) -> Result<HttpFetcher, FetchSetupError> {
        let names = Names::new(&settings, proxy_host(&settings))
            .map_err(|error| FetchSetupError::Dns(error.to_string()))?;
        let names = Arc::new(names);
        let tls = tls::client_config(&settings)?;
        let client = |idle_per_host| client(&settings, &names, tls.clone(), idle_per_host);
        Ok(HttpFetcher {
            pooled: client(settings.pool_per_host)?,
            fresh: client(0)?,
            confidential: confidential(&settings),
            settings: Arc::new(settings),
        })
    }

    async fn exchange(&self, request: &Request, attempt: &Attempt) -> Exchange {
        let mut exchange = Exchange {
            outcome: Outcome::EmptyReply,
            fault: String::new(),
            status: None,
            reason: None,
            headers: HeaderMap::new(),
            body: Vec::new(),
            wire_bytes: 0,
            decoded_bytes: 0,
            timings: Timings::default(),
            remote: None,
            version: None,
            reused: false,
        };
        let mut first_byte = None;
        let asking = match self.prepare(request) {
            Ok(asking) => asking,
            Err(fault) => {
                return Exchange {
                    outcome: fault.outcome,
                    fault: fault.words,
                    ..exchange
                };
            }
        };
        match self.head(asking, request, attempt).await {
            Err(fault) => {
                exchange.reused = attempt.never_dialed();
                exchange.outcome = fault.outcome;
                exchange.fault = fault.words;
            }
            Ok(response) => {
                first_byte = Some(Instant::now());
                exchange.reused = attempt.reused();
                self.read(request, attempt, response, &mut exchange).await;
            }
        }
        exchange.timings = attempt.timings(first_byte);
        if exchange.reused {
            // A dial that was overtaken is no part of this exchange.
            exchange.timings = Timings {
                dns: None,
                connect: None,
                tls: None,
                ..exchange.timings
            };
        }
        exchange
    }

    /// What is to be sent, if it may be sent.
    fn prepare(&self, request: &Request) -> Result<RequestBuilder, Fault> {
        if !self.settings.private_addresses {
            guard::check_literal(&request.url)?;
        }
        // Addresses may be longer than requests can say.
        request
            .url
            .as_str()
            .parse::<http::Uri>()
            .map_err(|_| Fault::new(Outcome::WriteFailed, "request could not be made"))?;
        let client = match request.connection {
            Connection::Pooled => &self.pooled,
            Connection::Fresh => &self.fresh,
        };
        let mut asking = client.get(request.url.as_url().clone());
        if self.settings.secrets_for.admits(&request.url) {
            asking = asking.headers(self.confidential.clone());
            if let Some((user, password)) = &self.settings.secrets.basic_auth {
                asking = asking.basic_auth(user, password.as_ref());
            }
        }
        Ok(asking)
    }

    /// Sends the request and waits for the header block.
    async fn head(
        &self,
        asking: RequestBuilder,
        request: &Request,
        attempt: &Attempt,
    ) -> Result<Response, Fault> {
        let deadline = self.deadline(request, attempt);
        let mut sending = Box::pin(asking.send());
        let response = loop {
            let patience = first_byte_by(request.first_byte_limit, attempt).min(deadline);
            tokio::select! {
                biased;
                sent = &mut sending => break sent,
                () = sleep_until(patience) => {}
            }
            // The dial may have ended in the meantime, and the wait begun only then.
            let now = Instant::now();
            if now >= deadline {
                return Err(Fault::new(Outcome::TotalTimeout, "exchange took too long"));
            }
            if now >= first_byte_by(request.first_byte_limit, attempt) {
                return Err(Fault::new(
                    Outcome::TtfbTimeout,
                    "no answer within the limit",
                ));
            }
        };
        let response = response.map_err(|error| of_request(&error, attempt))?;
        match response.remote_addr() {
            Some(remote) if !self.may_ask(remote.ip()) => Err(guard::NotPublic(remote.ip()).into()),
            _ => Ok(response),
        }
    }

    /// Reads an answer into the exchange.
    async fn read(
        &self,
        request: &Request,
        attempt: &Attempt,
        response: Response,
        exchange: &mut Exchange,
    ) {
        exchange.remote = response.remote_addr();
        exchange.version = match response.version() {
            http::Version::HTTP_10 => Some(Version::Http10),
            http::Version::HTTP_11 => Some(Version::Http11),
            http::Version::HTTP_2 => Some(Version::Http2),
            _ => {
                // The HTTP library takes an answer without a status line for HTTP/0.9.
                exchange.outcome = Outcome::BadStatusLine;
                exchange.fault.push_str("answer is not http");
                return;
            }
        };
        let status = response.status().as_u16();
        exchange.status = Some(status);
        exchange.reason = response
            .extensions()
            .get::<ReasonPhrase>()
            .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
        exchange.headers = response.headers().clone();

        let success = (200..300).contains(&status);
        let usage = match success {
            false => Use::Excerpt,
            true if request.keep == Keep::All => Use::Page,
            true if answer::may_be_page(&exchange.headers) => Use::Page,
            true => Use::Count,
        };
        let bytes = match usage {
            Use::Excerpt => request.body_limit.min(EXCERPT),
            Use::Page | Use::Count => request.body_limit,
        };
        let limits = Limits {
            bytes,
            idle: self.settings.idle_timeout,
            deadline: self.deadline(request, attempt),
        };
        let received = body::read(response, usage, limits).await;
        exchange.wire_bytes = received.wire_bytes;
        exchange.decoded_bytes = received.decoded_bytes;
        exchange.body = received.body;
        if let Some(fault) = received.fault {
            exchange.outcome = fault.outcome;
            exchange.fault = fault.words;
        } else {
            exchange.outcome =
                answer::outcome(&request.url, status, &exchange.headers, &exchange.body);
        }
    }

    /// The end of an exchange, however well it goes. A longer first-byte limit makes room for
    /// itself.
    fn deadline(&self, request: &Request, attempt: &Attempt) -> Instant {
        attempt.started() + self.settings.total_timeout + request.first_byte_limit
    }

    fn may_ask(&self, address: IpAddr) -> bool {
        let settings = &self.settings;
        let given = || settings.overrides.iter().any(|o| o.address == address);
        // Behind a proxy only the proxy's own address is to be seen.
        settings.private_addresses
            || settings.proxy.is_some()
            || guard::is_public(address)
            || given()
    }
}

impl Fetcher for HttpFetcher {
    async fn fetch(&self, request: Request) -> Exchange {
        let port = request.url.as_url().port_or_known_default();
        let attempt = Attempt::start(port.unwrap_or_default());
        attempt.scope(self.exchange(&request, &attempt)).await
    }
}

/// When the first byte is late. The wait counts from the moment the connection is there: names,
/// TCP and TLS have limits of their own.
fn first_byte_by(limit: Duration, attempt: &Attempt) -> Instant {
    attempt.ready_since().unwrap_or_else(Instant::now) + limit
}

fn client(
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
        // Divided among the addresses of a name, so that a dead one leaves time for the next.
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
        // Not for its sake: an answer without a status line is told by its version, while the
        // error it would be otherwise cannot be told from a malformed header.
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

/// Header fields of every request.
fn everywhere(settings: &FetchSettings) -> Result<HeaderMap, FetchSetupError> {
    let user_agent = HeaderValue::from_str(&settings.user_agent)
        .map_err(|_| FetchSetupError::UserAgent(settings.user_agent.clone()))?;
    Ok(HeaderMap::from_iter([
        (USER_AGENT, user_agent),
        (ACCEPT, HeaderValue::from_static(ACCEPTED)),
        (ACCEPT_ENCODING, HeaderValue::from_static(CODINGS)),
    ]))
}

/// Header fields for the site itself only.
fn confidential(settings: &FetchSettings) -> HeaderMap {
    let mut headers = settings.secrets.headers.clone();
    if let Some(cookies) = &settings.secrets.cookies {
        headers.insert(COOKIE, cookies.clone());
    }
    for value in headers.values_mut() {
        value.set_sensitive(true);
    }
    if let Some(run) = &settings.run {
        headers.insert(RUN_HEADER, run.clone());
    }
    headers
}

fn proxy_host(settings: &FetchSettings) -> Option<String> {
    let proxy = url::Url::parse(settings.proxy.as_ref()?.as_str()).ok()?;
    proxy.host_str().map(str::to_ascii_lowercase)
}
