//! User agents to crawlers and people. Agents repeat, so each is examined once.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use xxhash_rust::xxh3::xxh3_64;

use super::table::BOTS;
use crate::logs::tally::by_hash::ByHash;

/// Maximum user agents that are remembered. Ours.
const MOST: usize = 1 << 16;

/// Words that programs write into their user agents, and browsers do not.
const PROGRAMS: [&str; 22] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "curl/",
    "wget/",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "libwww",
    "httpclient",
    "scrapy",
    "monitor",
    "uptime",
    "pingdom",
    "headless",
    "lighthouse",
    "facebookexternalhit",
    "fetch",
    "node-fetch",
    "axios",
];

/// The beginning of this program's own user agent.
pub(in crate::logs) const OWN: &str = "gatecrawl/";

/// The kind of client that sends a user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Agent {
    /// A browser, or unknown.
    User,
    /// A crawler of the table, by its number.
    Bot(u8),
    /// A crawl of this program.
    Own,
    /// Another program.
    Program,
}

static TOKENS: LazyLock<Option<(AhoCorasick, Vec<Agent>)>> = LazyLock::new(|| {
    let mut words: Vec<&str> = Vec::new();
    let mut agents = Vec::new();
    for (number, bot) in BOTS.iter().enumerate() {
        for token in &bot.tokens {
            words.push(token);
            agents.push(Agent::Bot(number as u8));
        }
    }
    words.push(OWN);
    agents.push(Agent::Own);
    for word in PROGRAMS {
        words.push(word);
        agents.push(Agent::Program);
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(&words);
    automaton.ok().map(|automaton| (automaton, agents))
});

/// The agents seen so far.
#[derive(Debug, Default)]
pub(in crate::logs) struct Agents {
    known: HashMap<u64, Agent, ByHash>,
}

impl Agents {
    /// Returns who sends an agent.
    pub(in crate::logs) fn of(&mut self, agent: &[u8]) -> Agent {
        if agent.is_empty() {
            return Agent::User;
        }
        let hash = xxh3_64(agent);
        if let Some(known) = self.known.get(&hash) {
            return *known;
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let found = recognise(agent);
        self.known.insert(hash, found);
        found
    }
}

fn recognise(agent: &[u8]) -> Agent {
    let Some((automaton, agents)) = TOKENS.as_ref() else {
        return Agent::User;
    };
    let mut found = Agent::User;
    for hit in automaton.find_iter(agent) {
        match agents.get(hit.pattern().as_usize()) {
            Some(named @ (Agent::Bot(_) | Agent::Own)) => return *named,
            Some(Agent::Program) => found = Agent::Program,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::bots::table::GOOGLEBOT;

    #[test]
    fn agents_are_told_apart() {
        let mut agents = Agents::default();
        for (agent, expected) in [
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Agent::Bot(GOOGLEBOT),
            ),
            (
                "Mozilla/5.0+(compatible;+Googlebot/2.1;++http://www.google.com/bot.html)",
                Agent::Bot(GOOGLEBOT),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36",
                Agent::User,
            ),
            ("curl/7.88.1", Agent::Program),
            (
                "gatecrawl/0.1.0 (+https://example.org/gatecrawl)",
                Agent::Own,
            ),
            ("", Agent::User),
        ] {
            assert_eq!(agents.of(agent.as_bytes()), expected, "{agent}");
            assert_eq!(agents.of(agent.as_bytes()), expected, "{agent}");
        }
        let Agent::Bot(bing) = agents.of(b"Mozilla/5.0 (compatible; bingbot/2.0)") else {
            panic!("bingbot is in the table");
        };
        assert_eq!(BOTS[usize::from(bing)].engine, "bing");
    }
}
