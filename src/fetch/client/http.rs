//! The fetcher over HTTP. Its clients share names, TLS and limits. One keeps connections, one opens a
//! connection for each request, and one does so and speaks only HTTP/1.1.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, COOKIE};
use http::{HeaderMap, HeaderValue};
use hyper::ext::ReasonPhrase;
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, sleep_until};

use super::answer;
use super::attempt::Attempt;
use super::files::{Files, Shortage};
use super::settings::FetchSettings;
use super::setup::{self, FetchSetupError, RUN_HEADER};
use super::sleep::{MOST_SLEEPS, awake, awake_once};
use crate::fetch::body::budget::Budget;
use crate::fetch::body::read::{self, Limits, Use};
use crate::fetch::dns::resolver::Names;
use crate::fetch::dns::witness;
use crate::fetch::fault::chain::of_request;
use crate::fetch::fault::exchange::Fault;
use crate::fetch::guard::public::Refused;
use crate::fetch::secrets::redact::Redactor;
use crate::fetch::secrets::{echoes, packed};
use crate::fetch::{Fetcher, tls};
use crate::model::{
    Coding, Connection, Cookies, CrawlUrl, Exchange, Guise, Keep, Network, Outcome, Protocol,
    Request, Timings, Version, Witnesses,
};

/// Bytes kept of an answer that is not parsed: enough for every error page's fingerprint.
const EXCERPT: usize = 64 * 1024;

/// Performs exchanges over HTTP/1.1 and HTTP/2.
#[derive(Clone)]
pub struct HttpFetcher {
    pooled: Client,
    fresh: Client,
    /// A fresh connection for each request, too.
    http1: Client,
    names: Arc<Names>,
    /// Removes secrets from answers; `None` if there is no secret.
    redactor: Option<Redactor>,
    settings: Arc<FetchSettings>,
    files: Arc<Files>,
    budget: Budget,
}

impl fmt::Debug for HttpFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients know the password of the proxy.
        f.debug_struct("HttpFetcher")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl HttpFetcher {
    /// Creates a fetcher with these settings.
    pub fn new(settings: FetchSettings) -> Result<HttpFetcher, FetchSetupError> {
        let names = Names::new(&settings, setup::proxy_host(&settings))
            .map_err(|error| FetchSetupError::Dns(error.to_string()))?;
        let names = Arc::new(names);
        let tls = tls::client_config(&settings)?;
        let client = |idle_per_host| setup::client(&settings, &names, tls.clone(), idle_per_host);
        Ok(HttpFetcher {
            pooled: client(settings.pool_per_host)?,
            fresh: client(0)?,
            http1: setup::http1_client(&settings, &names, tls.clone())?,
            redactor: Redactor::new(&echoes::of(&settings), &settings.secrets.public)?,
            names,
            settings: Arc::new(settings),
            files: Arc::default(),
            budget: Budget::of_process(),
        })
    }

    /// Waits until requests have failed for long because too many files are open.
    pub async fn starved(&self) {
        self.files.starved().await;
    }

    async fn exchange(&self, request: &Request, attempt: &Attempt) -> Exchange {
        let asking = match self.prepare(request) {
            Ok(asking) => asking,
            Err(fault) => return unanswered(fault),
        };
        let mut first_byte = None;
        let mut exchange = match self.head(asking, request, attempt).await {
            Err(fault) => Exchange {
                reused: attempt.failed_on_reused(),
                ..unanswered(fault)
            },
            Ok(response) => {
                first_byte = Some(Instant::now());
                Exchange {
                    reused: attempt.reused(),
                    ..self.read(request, attempt, response).await
                }
            }
        };
        if let Some(redactor) = &self.redactor {
            redactor.clean(&request.url, &mut exchange);
            // Readers that want every kind of file also unpack it.
            if matches!(request.keep, Keep::All | Keep::Packed)
                && let Some(cleaned) = packed::cleaned(redactor, &exchange.body)
            {
                exchange.packed = exchange.packed.map(|_| cleaned.fingerprint);
                exchange.body = cleaned.file;
            }
        }
        exchange.timings = attempt.timings(first_byte);
        if exchange.reused {
            // A dial that was overtaken is not part of this exchange.
            exchange.timings = Timings {
                dns: None,
                connect: None,
                tls: None,
                ..exchange.timings
            };
        }
        exchange
    }

    /// Builds the request, if it may be sent.
    fn prepare(&self, request: &Request) -> Result<RequestBuilder, Fault> {
        if !self.is_given(&request.url) {
            self.names.neighbours().check_host(&request.url)?;
        }
        // URLs may be longer than a request allows.
        request.url.as_str().parse::<http::Uri>().map_err(|_| {
            let words = "the URL does not fit into a request";
            Fault::new(Outcome::WriteFailed, words)
        })?;
        if let Some(address) = request.address {
            self.check_address(&request.url, address)?;
        }
        let client = match (request.protocol, request.connection, request.address) {
            (Protocol::Http1, ..) => &self.http1,
            (Protocol::Any, Connection::Pooled, None) => &self.pooled,
            (Protocol::Any, ..) => &self.fresh,
        };
        let mut asking = client.get(request.url.as_url().clone());
        if let Some(guise) = &request.guise {
            asking = asking.headers(guise_headers(guise)?);
        }
        if self.settings.secrets_for.admits(&request.url) {
            let (mut headers, login) = self.settings.secrets.confided(&request.url);
            if let Some(run) = &self.settings.run {
                headers.insert(RUN_HEADER, run.clone());
            }
            if request.cookies == Cookies::Without {
                headers.remove(COOKIE);
            }
            asking = asking.headers(headers);
            if let Some((user, password)) = login {
                asking = asking.basic_auth(user, password);
            }
        }
        if request.coding == Coding::Identity {
            let identity = (ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            asking = asking.headers(HeaderMap::from_iter([identity]));
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
            // The dial may have ended in the meantime, and the wait started only then.
            let now = Instant::now();
            if now >= deadline {
                return Err(read::too_slow(self.total(request)));
            }
            if now >= first_byte_by(request.first_byte_limit, attempt) {
                return Err(Fault::new(
                    Outcome::TtfbTimeout,
                    "no answer within the limit",
                ));
            }
        };
        let response = response.map_err(|error| of_request(&error, attempt))?;
        if let Some(carrier) = response.extensions().get::<HttpInfo>() {
            attempt.carried_from(carrier.local_addr());
        }
        match response.remote_addr() {
            Some(remote) if !self.may_answer(&request.url, remote.ip()) => {
                Err(Refused::of(remote.ip()).into())
            }
            _ => Ok(response),
        }
    }

    /// Reads an answer.
    async fn read(&self, request: &Request, attempt: &Attempt, mut response: Response) -> Exchange {
        let remote = response.remote_addr();
        let Some(version) = version(&response) else {
            // The HTTP library reports an answer without a status line as HTTP/0.9.
            let fault = Fault::new(Outcome::BadStatusLine, "the answer is not HTTP");
            return Exchange {
                remote,
                ..unanswered(fault)
            };
        };
        let status = response.status().as_u16();
        let reason = response.extensions().get::<ReasonPhrase>();
        let reason = reason.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        let headers = std::mem::take(response.headers_mut());

        let success = (200..300).contains(&status);
        let usage = match success {
            false => Use::Excerpt,
            true if request.keep == Keep::All => Use::Page,
            true if request.keep == Keep::Packed => Use::Packed,
            true if answer::may_be_page(&headers) => Use::Page,
            true => Use::Count,
        };
        let bytes = match usage {
            Use::Excerpt => request.body_limit.min(EXCERPT),
            Use::Page | Use::Packed | Use::Count => request.body_limit,
        };
        let limits = Limits {
            bytes,
            kept: match request.keep {
                Keep::Excerpts => bytes.min(EXCERPT),
                Keep::Pages | Keep::All | Keep::Packed => bytes,
            },
            idle: self.settings.idle_timeout,
            total: self.total(request),
            deadline: self.deadline(request, attempt),
        };
        let received = read::read(response, &headers, usage, limits, self.budget.share()).await;
        let fault = received.fault.unwrap_or_else(|| {
            let head = received.kept.head();
            let outcome = answer::outcome(&request.url, status, &headers, head);
            Fault::new(outcome, "")
        });
        Exchange {
            status: Some(status),
            reason,
            headers,
            body: received.kept.bytes,
            packed: received.kept.packed.map(|packed| packed.fingerprint),
            wire_bytes: received.wire_bytes,
            decoded_bytes: received.decoded_bytes,
            remote,
            version: Some(version),
            held: received.held,
            ..unanswered(fault)
        }
    }

    /// Checks once whether the network works.
    async fn ask(&self, witnesses: &Witnesses) -> Network {
        match &self.settings.proxy {
            Some(proxy) => witness::ask_proxy(&self.names, proxy).await,
            None => witness::ask(&self.names, witnesses).await,
        }
    }

    /// Returns the time limit of a whole exchange. A longer first-byte limit extends it.
    fn total(&self, request: &Request) -> Duration {
        self.settings.total_timeout + request.first_byte_limit
    }

    /// Returns the latest end of an exchange.
    fn deadline(&self, request: &Request, attempt: &Attempt) -> Instant {
        attempt.started() + self.total(request)
    }

    /// Returns whether the user gave an IP address for the host.
    fn is_given(&self, url: &CrawlUrl) -> bool {
        self.given(url).next().is_some()
    }

    /// Returns the IP addresses that the user gave for the host.
    fn given(&self, url: &CrawlUrl) -> impl Iterator<Item = IpAddr> {
        let place = (
            url.as_url().host_str(),
            url.as_url().port_or_known_default(),
        );
        let overrides = self.settings.overrides.iter();
        overrides
            .filter(move |given| (Some(given.host.as_str()), Some(given.port)) == place)
            .map(|given| given.address)
    }

    /// Refuses an IP address that this URL must not be requested at.
    fn check_address(&self, url: &CrawlUrl, address: IpAddr) -> Result<(), Fault> {
        if self.settings.proxy.is_some() {
            let words =
                "cannot connect to a given IP address through a proxy: the proxy resolves the name";
            return Err(Fault::new(Outcome::AddressRefused, words));
        }
        if self.names.neighbours().admit(url, address)
            || self.given(url).any(|given| given == address)
        {
            return Ok(());
        }
        Err(Refused::of(address).into())
    }

    /// Returns whether a URL may be answered from an IP address. Behind a proxy only the proxy's own IP address
    /// is visible.
    fn may_answer(&self, url: &CrawlUrl, address: IpAddr) -> bool {
        self.settings.proxy.is_some()
            || self.names.neighbours().admit(url, address)
            || self.is_given_address(address)
    }

    fn is_given_address(&self, address: IpAddr) -> bool {
        let mut given = self.settings.overrides.iter();
        given.any(|given| given.address == address)
    }
}

impl Fetcher for HttpFetcher {
    async fn fetch(&self, request: Request) -> Exchange {
        let (mut sleeps, mut shortage) = (0, Shortage::default());
        loop {
            let attempt = Attempt::start(&request);
            // Its state has some kilobytes, which would be copied each time its task is moved.
            let exchange = Box::pin(attempt.scope(self.exchange(&request, &attempt)));
            let (exchange, slept) = awake(exchange).await;
            // A failure caused by this machine says nothing about the site.
            if slept && sleeps < MOST_SLEEPS {
                sleeps += 1;
            } else if !attempt.is_out_of_files() {
                if !exchange.reused {
                    self.files.opened();
                }
                return exchange;
            } else if !self.files.wait(&mut shortage).await {
                return exchange;
            }
        }
    }

    async fn addresses(&self, url: &CrawlUrl) -> Vec<IpAddr> {
        if self.settings.proxy.is_some() {
            return Vec::new();
        }
        let host = url.host().to_string();
        let port = url.as_url().port_or_known_default();
        self.names.of(&host, port).await.unwrap_or_default()
    }

    fn led(&self, from: &CrawlUrl, to: &CrawlUrl) {
        // A given IP address says nothing about the host's network.
        if !self.is_given(from) {
            self.names.neighbours().led(from, to);
        }
    }

    fn was_at(&self, url: &CrawlUrl, addresses: &[IpAddr]) -> bool {
        let says_nothing = self.settings.proxy.is_some() || self.is_given(url);
        says_nothing || self.names.neighbours().was_at(url, addresses)
    }

    fn sends_cookies(&self, url: &CrawlUrl) -> bool {
        let settings = &self.settings;
        settings.secrets_for.admits(url) && settings.secrets.confided(url).0.contains_key(COOKIE)
    }

    fn redactor(&self) -> Option<&Redactor> {
        self.redactor.as_ref()
    }

    async fn network(&self, mut witnesses: Witnesses) -> Network {
        witnesses.others.retain(|place| {
            let address = place.ip();
            self.settings.proxy.is_some()
                || self.names.neighbours().admit_for_any_host(address)
                || self.is_given_address(address)
        });
        // During sleep no witness can answer.
        let network = awake_once(|| self.ask(&witnesses)).await;
        network.unwrap_or(Network::Unknown)
    }
}

/// Returns the headers of a guise, in place of our own.
fn guise_headers(guise: &Guise) -> Result<HeaderMap, Fault> {
    let own = [("user-agent", &*guise.user_agent)];
    let fields = own.into_iter().chain(guise.headers.iter().copied());
    fields
        .map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?)))
        .collect::<Option<HeaderMap>>()
        .ok_or_else(|| {
            let words = "a header of the client profile is not valid";
            Fault::new(Outcome::WriteFailed, words)
        })
}

/// Returns when the first byte is late. The wait counts from the moment the connection exists: names, TCP
/// and TLS have limits of their own.
fn first_byte_by(limit: Duration, attempt: &Attempt) -> Instant {
    attempt.ready_since().unwrap_or_else(Instant::now) + limit
}

fn version(response: &Response) -> Option<Version> {
    match response.version() {
        http::Version::HTTP_10 => Some(Version::Http10),
        http::Version::HTTP_11 => Some(Version::Http11),
        http::Version::HTTP_2 => Some(Version::Http2),
        _ => None,
    }
}

/// Returns an exchange without an answer.
fn unanswered(fault: Fault) -> Exchange {
    Exchange::unanswered(fault.outcome, fault.words)
}
