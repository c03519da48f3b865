//! Opens connections under limits. A layer around the HTTP client's own connector records when a
//! dial begins and ends, and gives up on a phase that takes too long.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::{Connected, Connection, HttpInfo};
use tokio::time::{Instant, sleep_until};
use tower::{BoxError, Layer, Service};

use super::attempt::{Attempt, Phase};

/// A layer that times and limits every dial.
#[derive(Clone, Debug)]
pub(in crate::fetch) struct DialLayer {
    /// Maximum time of a TCP connect; also of a TLS handshake.
    pub(in crate::fetch) limit: Duration,
}

impl<S> Layer<S> for DialLayer {
    type Service = Dial<S>;

    fn layer(&self, inner: S) -> Dial<S> {
        Dial {
            inner,
            limit: self.limit,
        }
    }
}

/// A connector whose dials are timed and limited.
#[derive(Clone, Debug)]
pub(in crate::fetch) struct Dial<S> {
    inner: S,
    limit: Duration,
}

/// The error of a dial that exceeded its limit.
#[derive(Debug, thiserror::Error)]
#[error("no progress within the limit while {0:?}")]
pub(in crate::fetch) struct DialTimeout(pub(in crate::fetch) Phase);

impl<S, To> Service<To> for Dial<S>
where
    S: Service<To, Error = BoxError>,
    S::Response: Connection + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: To) -> Self::Future {
        let dialing = self.inner.call(to);
        match Attempt::current() {
            // If a connection becomes free first, another task finishes the dial, so the scope
            // moves with it.
            Some(attempt) => {
                let dial = limited(dialing, Arc::clone(&attempt), self.limit);
                Box::pin(attempt.scope(dial))
            }
            None => Box::pin(dialing),
        }
    }
}

async fn limited<T: Connection>(
    dialing: impl Future<Output = Result<T, BoxError>>,
    attempt: Arc<Attempt>,
    limit: Duration,
) -> Result<T, BoxError> {
    attempt.dial_started();
    let mut dialing = pin!(dialing);
    let mut deadline = Instant::now() + limit;
    let dialed = loop {
        tokio::select! {
            biased;
            dialed = &mut dialing => break dialed,
            () = sleep_until(deadline) => {}
        }
        let (phase, since) = attempt.phase();
        deadline = match phase {
            // The resolver has limits of its own.
            Phase::Idle | Phase::Resolve => Instant::now() + limit,
            Phase::Connect | Phase::Tls => since + limit,
        };
        if deadline <= Instant::now() {
            break Err(Box::<dyn Error + Send + Sync>::from(DialTimeout(phase)));
        }
    };
    let local = dialed.as_ref().ok().and_then(|it| local(&it.connected()));
    attempt.dial_ended(dialed.is_ok(), local);
    dialed
}

/// Returns the local IP address of a connection. No two open connections to one site share it, so it
/// identifies the one that carried a request.
pub(in crate::fetch) fn local(connected: &Connected) -> Option<SocketAddr> {
    let mut facts = http::Extensions::new();
    connected.get_extras(&mut facts);
    facts.get().map(HttpInfo::local_addr)
}
