//! What an origin remembers: its site, and every request to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::request::{Reply, Request};
use super::site::Site;
use crate::nginx::{self, Logged};
use crate::server::Server;

/// A request as the origin saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The status that it got; 0 for none.
    pub(crate) status: u16,
    /// Requests open when it arrived, itself included; 0 if that is not recorded.
    pub(crate) open: usize,
}

/// What nginx recorded, in the order of its answers.
pub(crate) fn seen_by_nginx(server: &Server) -> Vec<Seen> {
    let log = nginx::log(server);
    let seen = |request: Logged| Seen {
        status: request.status,
        open: 0,
    };
    log.into_iter().map(seen).collect()
}

/// The site that is served, and what was requested of it.
pub(crate) struct State {
    site: Arc<Site>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    first: Option<Instant>,
    open: usize,
    visits: HashMap<String, u32>,
    seen: Vec<Seen>,
}

impl State {
    /// A site without a request so far.
    pub(crate) fn new(site: Site) -> State {
        State {
            site: Arc::new(site),
            record: Mutex::default(),
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("a live origin")
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.record().seen.clone()
    }

    /// When the first request came.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.record().first
    }

    /// Counts no request as open: their connections were cut off.
    pub(crate) fn cut_off(&self) {
        self.record().open = 0;
    }

    /// The site.
    pub(crate) fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site)
    }

    /// Records a request, and decides what becomes of it. Returns its number.
    pub(crate) fn begin(&self, site: &Site, path: &str, head: &str) -> (usize, Reply) {
        let mut record = self.record();
        let now = Instant::now();
        let first = *record.first.get_or_insert(now);
        record.open += 1;
        let visits = record.visits.entry(path.to_owned()).or_default();
        let visit = *visits;
        *visits += 1;
        let request = Request {
            path,
            visit,
            at: now - first,
            open: record.open,
            head,
        };
        let missing = Reply::Error {
            status: 404,
            after: Duration::ZERO,
            headers: "",
        };
        let reply = (site.host)(&request)
            .or_else(|| site.decide(path).map(|decide| decide(&request)))
            .unwrap_or(missing);
        let seen = Seen {
            status: 0,
            open: request.open,
        };
        record.seen.push(seen);
        (record.seen.len() - 1, reply)
    }

    /// Records how a request ended.
    pub(crate) fn end(&self, number: usize, status: u16) {
        let mut record = self.record();
        record.open = record.open.saturating_sub(1);
        if let Some(seen) = record.seen.get_mut(number) {
            seen.status = status;
        }
    }
}
