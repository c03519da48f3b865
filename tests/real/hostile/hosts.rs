//! All hosts of the crawl, on this machine, and what is promised of each.

use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::case::Case;
use super::certificates::Certificates;
use super::origin::{self, Requests, listen};
use super::{bombs, faults, http2, markup, private, redirects, statuses, texts, tls};
use crate::server::pause;

const DOMAIN: &str = "hostile.test";

/// All hosts that speak plain HTTP.
static PLAIN: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let all = [
        faults::CASES,
        statuses::CASES,
        statuses::MORE,
        bombs::CASES,
        markup::CASES,
        redirects::CASES,
        private::CASES,
        texts::CASES,
    ];
    all.concat()
});

/// The hosts, running until the test ends.
pub(super) struct Hosts {
    pub(super) plain: SocketAddr,
    tls: SocketAddr,
    http2: SocketAddr,
    /// Where nobody listens, and where somebody listens who never reads.
    refusing: SocketAddr,
    deaf: SocketAddr,
    greeted: Vec<(&'static str, SocketAddr)>,
    /// Who may not be asked, and how often it was.
    pub(super) private: SocketAddr,
    pub(super) private_asked: Arc<AtomicUsize>,
    pub(super) requests: Requests,
    pub(super) certificates: Arc<Certificates>,
}

impl Hosts {
    /// Starts them all.
    pub(super) fn start() -> Hosts {
        let requests = Requests::default();
        let certificates = Arc::new(Certificates::new());
        let (private, private_asked) = origin::count();
        let noted = Arc::clone(&requests);
        let plain = listen(move |mut line| origin::serve(&mut line, &PLAIN, &noted));
        let noted = Arc::clone(&requests);
        let config = certificates.server("http/1.1");
        let tls = listen(move |line| {
            let mut line = origin::over_tls(line, &config)?;
            origin::serve(&mut line, tls::CASES, &noted)
        });
        let config = certificates.server("h2");
        let http2 = listen(move |line| origin::serve_http2(origin::over_tls(line, &config)?));
        let greeted = tls::HANDSHAKES.iter().map(|(label, ..)| {
            (
                *label,
                listen(move |line| origin::serve_greeting(line, label)),
            )
        });
        Hosts {
            plain,
            tls,
            http2,
            refusing: origin::nobody(),
            deaf: listen(|line| {
                pause(Duration::from_mins(10));
                drop(line);
                Ok(())
            }),
            greeted: greeted.collect(),
            private,
            private_asked,
            requests,
            certificates,
        }
    }

    /// Every page with what is to become of it, all hosts together.
    pub(super) fn pages(&self) -> Vec<(String, &'static str)> {
        let plain = PLAIN
            .iter()
            .map(|case| (url("http", case.host, self.plain), case.outcome));
        let tls = tls::CASES
            .iter()
            .map(|case| (url("https", case.host, self.tls), case.outcome));
        let http2 = http2::CASES
            .iter()
            .map(|(host, outcome, _)| (url("https", host, self.http2), *outcome));
        plain.chain(tls).chain(http2).collect()
    }

    /// Every host of which not even robots.txt can be read, with what becomes of that.
    pub(super) fn closed(&self) -> Vec<(String, &'static str)> {
        let certificates = tls::CERTIFICATES
            .iter()
            .map(|(host, outcome)| (url("https", host, self.tls), *outcome));
        let greeted = self.greeted.iter().zip(tls::HANDSHAKES);
        let greeted =
            greeted.map(|((host, at), (_, outcome, _))| (url("https", host, *at), outcome));
        let others = [
            (url("http", "refusing", self.refusing), "connect_refused"),
            (url("http", "deaf", self.deaf), "ttfb_timeout"),
        ];
        certificates.chain(greeted).chain(others).collect()
    }

    /// What is told the crawler about where names lead: the stand-in for the world's name service.
    pub(super) fn resolved(&self) -> Vec<String> {
        let all = self.pages().into_iter().chain(self.closed());
        let host = |(url, _): (String, _)| {
            let url = url::Url::parse(&url).expect("a URL");
            format!(
                "{}:{}:127.0.0.1",
                url.host_str().expect("a host"),
                url.port().expect("a port")
            )
        };
        all.map(host).collect()
    }
}

pub(super) fn url(scheme: &str, label: &str, at: SocketAddr) -> String {
    format!("{scheme}://{label}.{DOMAIN}:{}/", at.port())
}
