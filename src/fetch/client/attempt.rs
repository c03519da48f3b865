//! Times of one attempt, recorded by parts that do not know each other. The resolver, the connector
//! and the TLS client all run inside the attempt's task and find it through a task-local.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Request, Timings};

tokio::task_local! {
    static CURRENT: Arc<Attempt>;
}

/// The recorded facts about the current attempt.
#[derive(Debug)]
pub(in crate::fetch) struct Attempt {
    started: Instant,
    /// The requested port; a resolver receives only the name.
    pub(in crate::fetch) port: u16,
    /// IP address to connect to instead of resolving the name.
    pub(in crate::fetch) address: Option<IpAddr>,
    dial: Mutex<Dialed>,
    /// The local IP address of the connection that carried the request.
    carrier: OnceLock<SocketAddr>,
    /// Whether this process can open no more files, sockets included.
    out_of_files: AtomicBool,
}

/// The progress of the attempt's last dial.
#[derive(Clone, Debug, Default)]
struct Dialed {
    started: Option<Instant>,
    dns: Option<Duration>,
    connecting: Option<Instant>,
    tls_started: Option<Instant>,
    ended: Option<Instant>,
    connected: bool,
    /// The local IP address of the connection that the dial opened.
    local: Option<SocketAddr>,
}

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fetch) enum Phase {
    /// No dial is in progress.
    Idle,
    /// Resolving the name.
    Resolve,
    /// Waiting for the TCP connection.
    Connect,
    /// In the TLS handshake.
    Tls,
}

impl Attempt {
    pub(in crate::fetch) fn start(request: &Request) -> Arc<Attempt> {
        let port = request.url.as_url().port_or_known_default();
        Arc::new(Attempt {
            started: Instant::now(),
            port: port.unwrap_or_default(),
            address: request.address,
            dial: Mutex::default(),
            carrier: OnceLock::new(),
            out_of_files: AtomicBool::new(false),
        })
    }

    /// Returns the attempt of the current task.
    pub(in crate::fetch) fn current() -> Option<Arc<Attempt>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Runs a future as part of the attempt, even if another task drives it.
    pub(super) fn scope<F: Future>(
        self: &Arc<Self>,
        part: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Arc::clone(self), part)
    }

    pub(in crate::fetch) fn started(&self) -> Instant {
        self.started
    }

    // === Recording ===

    pub(super) fn dial_started(&self) {
        let now = Instant::now();
        *self.dial() = Dialed {
            started: Some(now),
            connecting: Some(now),
            ..Dialed::default()
        };
    }

    /// Called when the resolution of a name starts. A host that is an IP address is never resolved:
    /// its dial starts connecting at once.
    pub(in crate::fetch) fn lookup_started(&self) {
        self.dial().connecting = None;
    }

    pub(in crate::fetch) fn name_answered(&self, took: Duration, found: bool) {
        let mut dial = self.dial();
        dial.dns = Some(dial.dns.unwrap_or_default() + took);
        dial.connecting = found.then(Instant::now);
    }

    /// Called when a ClientHello is built. A second one is a retry, or the site's own handshake
    /// after that of a proxy.
    pub(in crate::fetch) fn tls_started(&self) {
        let mut dial = self.dial();
        dial.tls_started.get_or_insert_with(Instant::now);
    }

    /// Called when a dial ends. `local` is the local IP address of the connection, if known.
    pub(super) fn dial_ended(&self, connected: bool, local: Option<SocketAddr>) {
        let mut dial = self.dial();
        dial.ended = Some(Instant::now());
        dial.connected = connected;
        dial.local = local;
    }

    /// Called when the connection that carried the request is known.
    pub(in crate::fetch) fn carried_from(&self, local: SocketAddr) {
        self.carrier.get_or_init(|| local);
    }

    /// Called when no socket could be opened because too many files are open.
    pub(in crate::fetch) fn lacked_files(&self) {
        self.out_of_files.store(true, Ordering::Relaxed);
    }

    // === Results ===

    pub(in crate::fetch) fn is_out_of_files(&self) -> bool {
        self.out_of_files.load(Ordering::Relaxed)
    }

    /// Returns the phase of the connection, and when it began.
    pub(in crate::fetch) fn phase(&self) -> (Phase, Instant) {
        let dial = self.dial();
        match (dial.started, dial.connecting, dial.tls_started, dial.ended) {
            (None, ..) | (.., Some(_)) => (Phase::Idle, self.started),
            (.., Some(since), None) => (Phase::Tls, since),
            (_, Some(since), None, None) => (Phase::Connect, since),
            (Some(since), None, None, None) => (Phase::Resolve, since),
        }
    }

    /// Returns when the request could be sent: at the end of its dial, or at once on an open
    /// connection. `None` while a dial is in progress.
    pub(super) fn ready_since(&self) -> Option<Instant> {
        let dial = self.dial();
        match dial.started {
            None => Some(self.started),
            Some(_) => dial.ended,
        }
    }

    /// Returns whether the last dial reached the TLS handshake.
    pub(in crate::fetch) fn dial_reached_tls(&self) -> bool {
        self.dial().tls_started.is_some()
    }

    /// Returns whether the request used a connection that this attempt did not open. A dial may
    /// have been started, overtaken by a connection that became free, and ended since.
    pub(in crate::fetch) fn reused(&self) -> bool {
        let dial = self.dial();
        match self.carrier.get() {
            Some(carrier) => dial.local != Some(*carrier),
            None => !dial.connected,
        }
    }

    /// Returns whether an unanswered request used a connection that this attempt did not open. A
    /// request that no connection carried failed in its own dial, if there was one.
    pub(super) fn failed_on_reused(&self) -> bool {
        match self.carrier.get() {
            Some(_) => self.reused(),
            None => self.dial().started.is_none(),
        }
    }

    /// Returns the times of the parts that have ended.
    pub(super) fn timings(&self, first_byte: Option<Instant>) -> Timings {
        let dial = self.dial();
        let until = dial.tls_started.or(dial.ended);
        let span = |from: Option<Instant>, to: Option<Instant>| Some(to? - from?);
        Timings {
            dns: dial.dns,
            connect: span(dial.connecting, until),
            tls: span(dial.tls_started, dial.ended),
            first_byte: first_byte.map(|at| at - self.started),
            total: self.started.elapsed(),
        }
    }

    fn dial(&self) -> MutexGuard<'_, Dialed> {
        self.dial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
