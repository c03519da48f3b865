//! A series of experiments on one URL: requests that each differ from the crawl's own in one thing, one after
//! the other with pauses, so that none causes the result of another.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::fetch::Fetcher;
use crate::frontier::Lease;
use crate::model::{
    Attempt, ClientPreset, Coding, Connection, Cookies, CrawlUrl, Experiment, Guise, Moment,
    Outcome, Protocol, Purpose, Request, Role,
};
use crate::policy::{
    CAREFUL, Failing, Made, Step, Subject, check, is_worth, leads_on, opening, rest,
};

use super::attempt::{Circumstances, record};
use super::judged;
use crate::crawl::clock::Clock;
use crate::crawl::site::Site;
use crate::crawl::stop::Stop;

/// Maximum `Retry-After` that is waited for between two requests. A longer one ends the series, unless it was
/// known before, or the page never failed until it was requested at one IP address. Then the series is as short as
/// possible.
pub(in crate::crawl) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Maximum time of a series: two answers as late as a gateway's timer. After two, it is known what each request
/// of a series waits for.
pub(in crate::crawl) const LONGEST_SERIES: Duration = Duration::from_secs(150);

/// The query parameter that makes a URL new to every cache.
const PARAMETER: &str = "gatecrawl-probe";

/// The results of a series.
#[derive(Debug)]
pub(in crate::crawl) struct Probed {
    pub(in crate::crawl) lease: Lease,
    pub(in crate::crawl) attempts: Vec<Attempt>,
}

/// What a series of experiments may do: with which URL, until when, and in which order.
#[derive(Clone, Debug)]
pub(in crate::crawl) struct Allowed {
    pub(in crate::crawl) subject: Subject,
    /// How long a request waits for the first byte.
    pub(in crate::crawl) patience: Duration,
    /// No request begins after it.
    pub(in crate::crawl) deadline: Moment,
    /// Chooses the order of the compared requests.
    pub(in crate::crawl) dice: fastrand::Rng,
}

/// A request that a series is about to make, to be shown to people.
#[derive(Debug)]
pub(in crate::crawl) struct NextStep {
    pub(in crate::crawl) url: CrawlUrl,
    pub(in crate::crawl) experiment: Experiment,
    pub(in crate::crawl) at: Moment,
}

/// A series to be made.
#[derive(Debug)]
pub(in crate::crawl) struct Series<F> {
    pub(in crate::crawl) fetcher: Arc<F>,
    pub(in crate::crawl) site: Arc<Site>,
    pub(in crate::crawl) clock: Clock,
    pub(in crate::crawl) stop: Stop,
    pub(in crate::crawl) lease: Lease,
    pub(in crate::crawl) allowed: Allowed,
    pub(in crate::crawl) attempts: Vec<Attempt>,
    /// When the next request may begin.
    pub(in crate::crawl) next: Moment,
    /// Where each request is announced.
    pub(in crate::crawl) announce: mpsc::Sender<NextStep>,
}

impl<F: Fetcher> Series<F> {
    /// Makes the series. Returns the results so far if it is cut short.
    pub(in crate::crawl) async fn run(mut self) -> Probed {
        let allowed = &mut self.allowed;
        allowed.deadline = allowed.deadline.min(self.clock.now() + LONGEST_SERIES);
        let failing = allowed.subject.failing;
        let first = opening(failing, &mut allowed.dice);
        if self.make(&first).await
            && let Some(outcome) = self.last_outcome()
            && leads_on(failing, outcome)
        {
            let addresses = self.fetcher.addresses(&self.lease.found.url).await;
            if self.fetcher.sends_cookies(&self.lease.found.url) {
                self.allowed.subject.ways.push(Experiment::WithoutCookies);
            }
            for step in rest(&self.allowed.subject, outcome, &addresses) {
                if !is_worth(step, &self.made()) {
                    continue;
                }
                if !self.make(&[step]).await || !self.make(&check(&self.made())).await {
                    break;
                }
            }
        }
        Probed {
            lease: self.lease,
            attempts: self.attempts,
        }
    }

    /// Makes these steps. Returns false if the series must end before all are made.
    async fn make(&mut self, steps: &[Step]) -> bool {
        for step in steps {
            let Some(request) = self.request(*step) else {
                continue;
            };
            self.announce(step.experiment);
            if !self.pause().await {
                return false;
            }
            let started = self.clock.now();
            let announced = self.request_once(*step, request).await.unwrap_or_default();
            let mut pause = self.lease.pace.interval;
            if self.last_outcome().is_some_and(Outcome::is_failure) {
                pause = pause.max(CAREFUL.interval);
            }
            if announced <= LONGEST_WAIT {
                pause = pause.max(announced);
            } else if !matches!(
                self.allowed.subject.failing,
                Failing::Announced | Failing::Never
            ) {
                return false;
            }
            self.next = match step.pause {
                Some(quick) if announced.is_zero() => started + quick,
                _ => self.clock.now() + pause,
            };
        }
        true
    }

    /// Announces the next request, for people only: if nobody reads the announcements, it is dropped.
    fn announce(&self, experiment: Experiment) {
        let _ = self.announce.try_send(NextStep {
            url: self.lease.found.url.clone(),
            experiment,
            at: self.next,
        });
    }

    /// Returns the outcome of the last request to the URL: by the crawl, if it never failed.
    fn last_outcome(&self) -> Option<Outcome> {
        let made = self.attempts.last().map(|last| last.outcome);
        let never_failed = self.allowed.subject.failing == Failing::Never;
        made.or(never_failed.then_some(Outcome::OkHtml))
    }

    /// Returns the experiments so far with their outcomes.
    fn made(&self) -> Vec<Made> {
        let tried = self.attempts.iter();
        tried
            .filter_map(|attempt| match attempt.purpose {
                Purpose::Experiment(experiment) => Some(Made {
                    experiment,
                    address: attempt.remote,
                    outcome: attempt.outcome,
                }),
                _ => None,
            })
            .collect()
    }

    /// Waits until the next request may begin. Returns false if it must not.
    async fn pause(&mut self) -> bool {
        if self.next > self.allowed.deadline {
            return false;
        }
        self.stop.pause(&self.clock, self.next).await
    }

    /// Makes one request. Returns the pause that its answer announces, if it fails.
    async fn request_once(&mut self, step: Step, request: Request) -> Option<Duration> {
        let started = self.clock.now();
        let agent = request.guise.as_ref().map(|guise| &guise.user_agent);
        let agent = agent.unwrap_or(&self.site.user_agent);
        let mut circumstances = Circumstances::of(&self.lease, started, agent);
        let last = self.attempts.last().map(|last| last.started);
        if step.pause.is_some() {
            let since = last.map(|last| started.since(last).as_secs_f64());
            circumstances.pressure.rate =
                since.filter(|since| *since > 0.0).map(|since| 1.0 / since);
        }
        circumstances.waited = self
            .attempts
            .last()
            .map(|last| started.since(last.started + last.timings.total));
        let exchange = self.fetcher.fetch(request).await;
        let exchange = judged(Role::Page, self.site.plan.requests.first_byte, exchange);
        let recorded = record(&exchange, circumstances);
        let attempt = Attempt {
            purpose: Purpose::Experiment(step.experiment),
            // The IP address is known even without an answer.
            remote: step.address.or(recorded.remote),
            ..recorded
        };
        let announced = attempt.announced.filter(|_| attempt.outcome.is_failure());
        self.attempts.push(attempt);
        announced
    }

    /// Returns whether no gateway is to be waited for: the URL was fine within the limit of the crawl, or nothing
    /// answered in the longer time either.
    fn is_silent(&self) -> bool {
        let failing = self.allowed.subject.failing;
        let hung = |attempt: &Attempt| attempt.outcome.is_time_limit();
        matches!(failing, Failing::Never | Failing::Silently) || self.attempts.iter().any(hung)
    }

    /// Returns the request of a step; `None` if this URL allows none.
    fn request(&self, step: Step) -> Option<Request> {
        let requests = &self.site.plan.requests;
        let url = &self.lease.found.url;
        let own = Request {
            first_byte_limit: if self.is_silent() {
                self.allowed.patience.min(requests.first_byte)
            } else {
                self.allowed.patience
            },
            body_limit: requests.max_body,
            ..Request::page(url.clone())
        };
        Some(match step.experiment {
            Experiment::Alone | Experiment::Burst => own,
            Experiment::Browser => Request {
                guise: Some(Guise::from(ClientPreset::BROWSER)),
                ..own
            },
            Experiment::FreshConnection => Request {
                connection: Connection::Fresh,
                ..own
            },
            Experiment::Http1 => Request {
                protocol: Protocol::Http1,
                ..own
            },
            Experiment::Address => at(step.address?, own),
            Experiment::CacheBusting => Request {
                url: past_caches(url, self.clock.now())?,
                ..own
            },
            Experiment::Uncompressed => Request {
                coding: Coding::Identity,
                ..own
            },
            Experiment::WithoutQuery => Request {
                url: without_query(url)?,
                ..own
            },
            Experiment::WithoutCookies => Request {
                cookies: Cookies::Without,
                ..own
            },
            Experiment::Respelled => {
                let made = self.made().into_iter();
                let number = 1 + made
                    .filter(|made| made.experiment == step.experiment)
                    .count();
                Request {
                    url: url.respelled(number)?,
                    ..own
                }
            }
        })
    }
}

fn at(address: IpAddr, own: Request) -> Request {
    Request {
        address: Some(address),
        ..own
    }
}

/// Returns the URL with a parameter that no cache has seen.
pub(in crate::crawl) fn past_caches(url: &CrawlUrl, now: Moment) -> Option<CrawlUrl> {
    let mut url = url.as_url().clone();
    let value = now.millis().to_string();
    // Without the library, which would encode the whole query again.
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{PARAMETER}={value}"),
        _ => format!("{PARAMETER}={value}"),
    };
    url.set_query(Some(&query));
    CrawlUrl::from_url(url).ok()
}

/// Returns the URL without its query; `None` if it has none.
pub(in crate::crawl) fn without_query(url: &CrawlUrl) -> Option<CrawlUrl> {
    let mut url = url.as_url().clone();
    url.query()?;
    url.set_query(None);
    CrawlUrl::from_url(url).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_url_with_a_query_can_be_requested_without_it() {
        let stripped = |text: &str| {
            let url = CrawlUrl::parse(text).expect("a URL");
            without_query(&url).map(|url| url.to_string())
        };
        assert_eq!(stripped("http://a.example/x"), None);
        let found = stripped("http://a.example/x?a=1&b=2");
        assert_eq!(found.as_deref(), Some("http://a.example/x"));
    }

    #[test]
    fn a_query_stays_as_it_is_before_what_caches_have_not_seen() {
        let busted = |text: &str| {
            let url = CrawlUrl::parse(text).expect("a URL");
            let busted = past_caches(&url, Moment::from_millis(7)).expect("a URL");
            busted.path_and_query().to_owned()
        };
        assert_eq!(busted("http://a.example/x"), "/x?gatecrawl-probe=7");
        assert_eq!(
            busted("http://a.example/x?a=%20b+c"),
            "/x?a=%20b+c&gatecrawl-probe=7"
        );
    }
}
