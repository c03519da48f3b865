//! The requests of this program's own crawls, which the counts leave out. They are recognised by their
//! `X-Gatecrawl-Run` header or by the user agent. If a crawl used another user agent, requests with that agent during
//! the crawl are left out.

use std::collections::HashMap;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Moment;
use crate::parse::log::Entry;
use crate::store::RunRow;

use super::bots::agents::{Agent, OWN};
use super::tally::by_hash::ByHash;

/// The clocks of a crawl and of a server may differ by this much, in milliseconds.
pub(super) const CLOCKS: i64 = 5_000;

/// A crawl that has no end was in progress no longer than this: its process may have been killed. Ours.
const LONGEST: Duration = Duration::from_hours(24);

/// A crawl with a user agent that others have too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawlTime {
    /// The user agent of the crawl.
    pub agent: String,
    /// When it began.
    pub from: Moment,
    /// When it ended.
    pub until: Moment,
}

impl CrawlTime {
    /// Returns the times of runs whose agent is not this program's own.
    pub fn of(runs: &[RunRow], now: Moment) -> Vec<CrawlTime> {
        let times = runs.iter().map(|run| CrawlTime {
            agent: run.plan.requests.user_agent.clone(),
            from: run.started,
            until: run.ended.unwrap_or_else(|| now.min(run.started + LONGEST)),
        });
        times
            .filter(|crawl| !crawl.agent.is_empty() && !crawl.agent.contains(OWN))
            .collect()
    }
}

/// Recognises the requests of crawls.
#[derive(Debug)]
pub(super) struct Own {
    /// Begins and ends of crawls by the hash of their agent.
    times: HashMap<u64, Vec<(i64, i64)>, ByHash>,
}

impl Own {
    pub(super) fn new(crawls: &[CrawlTime]) -> Own {
        let mut times: HashMap<u64, Vec<(i64, i64)>, ByHash> = HashMap::default();
        for crawl in crawls {
            let time = (crawl.from.millis() - CLOCKS, crawl.until.millis() + CLOCKS);
            let of_agent = times.entry(xxh3_64(crawl.agent.as_bytes())).or_default();
            of_agent.push(time);
        }
        Own { times }
    }

    /// Returns whether a request is one of a crawl of this program.
    pub(super) fn has(&self, entry: &Entry<'_>, agent: Agent) -> bool {
        !entry.run.is_empty() || agent == Agent::Own || self.is_in_time(entry)
    }

    fn is_in_time(&self, entry: &Entry<'_>) -> bool {
        if self.times.is_empty() {
            return false;
        }
        let times = self.times.get(&xxh3_64(entry.agent));
        let is_in = |time: i64| {
            let mut times = times.into_iter().flatten();
            times.any(|(from, until)| (*from..=*until).contains(&time))
        };
        entry.time.is_some_and(is_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawls_are_recognised_by_header_agent_or_time() {
        let crawl = CrawlTime {
            agent: "Browser/1".to_owned(),
            from: Moment::from_millis(100_000),
            until: Moment::from_millis(200_000),
        };
        for (run, agent, text, time, expected) in [
            ("", Agent::User, "Browser/1", Some(150_000), true),
            ("", Agent::User, "Browser/1", Some(203_000), true),
            ("", Agent::User, "Browser/1", Some(206_000), false),
            ("", Agent::User, "Browser/1", None, false),
            ("", Agent::User, "Browser/2", Some(150_000), false),
            ("", Agent::Own, "gatecrawl/1", None, true),
            ("0a1b", Agent::User, "Browser/2", None, true),
        ] {
            let entry = Entry {
                run: run.as_bytes(),
                agent: text.as_bytes(),
                time,
                ..Entry::default()
            };
            let found = Own::new(std::slice::from_ref(&crawl)).has(&entry, agent);
            assert_eq!(found, expected, "{entry:?}");
        }
    }
}
