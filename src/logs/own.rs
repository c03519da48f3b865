//! The requests of this program's own crawls, which count for nobody: recognised by the header that they carry, by
//! the user agent, or, where a crawl used another agent, by that agent in the time of the crawl.

use crate::model::Moment;
use crate::parse::log::Entry;
use crate::store::RunRow;

use super::bots::agents::Agent;

/// The clocks of a crawl and of a server may differ by this much, in milliseconds.
pub(super) const CLOCKS: i64 = 5_000;

/// A crawl with a user agent that others have too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawlTime {
    /// Its user agent.
    pub agent: String,
    /// When it began.
    pub from: Moment,
    /// When it ended.
    pub until: Moment,
}

impl CrawlTime {
    /// Returns the times of runs.
    pub fn of(runs: &[RunRow], now: Moment) -> Vec<CrawlTime> {
        let times = runs.iter().map(|run| CrawlTime {
            agent: run.plan.requests.user_agent.clone(),
            from: run.started,
            until: run.ended.unwrap_or(now),
        });
        times.filter(|crawl| !crawl.agent.is_empty()).collect()
    }

    fn has(&self, entry: &Entry<'_>) -> bool {
        let (from, until) = (self.from.millis() - CLOCKS, self.until.millis() + CLOCKS);
        self.agent.as_bytes() == entry.agent
            && entry
                .time
                .is_some_and(|time| (from..=until).contains(&time))
    }
}

/// Returns whether a request is one of a crawl of this program.
pub(super) fn is_own(entry: &Entry<'_>, agent: Agent, crawls: &[CrawlTime]) -> bool {
    !entry.run.is_empty() || agent == Agent::Own || crawls.iter().any(|crawl| crawl.has(entry))
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
            let found = is_own(&entry, agent, std::slice::from_ref(&crawl));
            assert_eq!(found, expected, "{entry:?}");
        }
    }
}
