use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::pattern::{Pattern, normal_path};

/// One `Allow` or `Disallow`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) line: usize,
    pub(super) allow: bool,
    pub(super) pattern: Pattern,
    pub(super) text: Box<str>,
}

impl Rule {
    /// The greater rank decides: the longer pattern, then permission, then the earlier line.
    fn rank(&self) -> (usize, bool, Reverse<usize>) {
        (self.pattern.weight(), self.allow, Reverse(self.line))
    }
}

/// The rules that hold for one crawler, prepared for many questions.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// By the literal beginning of their patterns; each list from the greatest rank down.
    rules: HashMap<Box<[u8]>, Vec<Arc<Rule>>>,
    /// The lengths of those beginnings, ascending: a path is looked up once for each.
    lengths: Vec<usize>,
    crawl_delay: Option<Duration>,
}

/// What robots.txt says about one URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it may be fetched.
    pub allowed: bool,
    /// The line that decided, counted from 1; none if no rule matches.
    pub line: Option<usize>,
    /// That line as written, white space around it removed, bytes that are not UTF-8 replaced.
    pub rule: Option<&'a str>,
}

impl Group {
    pub(super) fn new(
        all: impl Iterator<Item = Arc<Rule>>,
        crawl_delay: Option<Duration>,
    ) -> Group {
        let mut rules: HashMap<Box<[u8]>, Vec<Arc<Rule>>> = HashMap::new();
        for rule in all {
            let prefix = rule.pattern.prefix();
            if let Some(list) = rules.get_mut(prefix) {
                list.push(rule);
            } else {
                rules.insert(prefix.into(), vec![rule]);
            }
        }
        for list in rules.values_mut() {
            list.sort_by_key(|rule| Reverse(rule.rank()));
            // The same pattern again decides nothing that the first has not decided.
            list.dedup_by(|again, first| again.pattern == first.pattern);
        }
        let mut lengths: Vec<usize> = rules.keys().map(|prefix| prefix.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Group {
            rules,
            lengths,
            crawl_delay,
        }
    }

    /// Whether a path with its query, such as `/shop?page=2`, may be fetched.
    ///
    /// `/robots.txt` itself always may (RFC 9309 section 2.2.2).
    pub fn verdict(&self, path_and_query: &str) -> Verdict<'_> {
        let path = normal_path(path_and_query);
        let rule = if *path == *b"/robots.txt" {
            None
        } else {
            self.deciding(&path)
        };
        Verdict {
            allowed: rule.is_none_or(|rule| rule.allow),
            line: rule.map(|rule| rule.line),
            rule: rule.map(|rule| &*rule.text),
        }
    }

    /// Shortest time between two requests, if the file asks for one. RFC 9309 does not know it and
    /// Google ignores it; of several for the same crawler this is the longest.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Whether no rule holds, so that every path may be fetched.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// About how many bytes of memory the rules take.
    pub fn bytes(&self) -> usize {
        /// What a rule takes besides its texts, which are there twice or three times.
        const RULE: usize = 240;
        let rules = self.rules.values().flatten();
        rules
            .map(|rule| RULE + rule.text.len() + 2 * rule.pattern.weight())
            .sum()
    }

    fn deciding(&self, path: &[u8]) -> Option<&Rule> {
        self.lengths
            .iter()
            .map_while(|length| path.get(..*length))
            .filter_map(|prefix| self.rules.get(prefix))
            .filter_map(|list| list.iter().find(|rule| rule.pattern.matches(path)))
            .map(|rule| &**rule)
            .max_by_key(|rule| rule.rank())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use crate::parse::robots::Robots;

    #[test]
    fn verdicts_quote_their_line() {
        let robots = Robots::parse(b"# shop\nUser-agent: *\n Disallow: /cart # private\n");
        let group = robots.group(&["gatecrawl/1.0"]);
        let verdict = group.verdict("/cart?x=1");
        assert!(!verdict.allowed);
        assert_eq!(verdict.line, Some(3));
        assert_eq!(verdict.rule, Some("Disallow: /cart # private"));
        assert_eq!(group.verdict("/").rule, None);
    }

    #[test]
    fn thousands_of_rules_need_few_lookups() {
        let mut text = "User-agent: *\n".to_owned();
        for n in 0..10_000 {
            let _ = writeln!(text, "Disallow: /p/{n:05}/");
        }
        let group = Robots::parse(text.as_bytes()).group(&["gatecrawl"]);
        assert_eq!(group.lengths.len(), 1);
        assert!(!group.verdict("/p/09999/x").allowed);
        assert!(group.verdict("/p/10000/x").allowed);
    }

    #[test]
    fn the_same_rule_a_thousand_times_is_one() {
        let text = "User-agent: *\n".to_owned() + &"Disallow: /*a\n".repeat(1000);
        let group = Robots::parse(text.as_bytes()).group(&["gatecrawl"]);
        assert_eq!(group.rules.values().map(Vec::len).sum::<usize>(), 1);
        assert_eq!(group.verdict("/a").line, Some(2));
    }

    proptest! {
        #[test]
        fn allow_wins_ties(path in "/[a-z*]{0,8}[$]?", first in any::<bool>()) {
            let (a, b) = if first { ("Allow", "Disallow") } else { ("Disallow", "Allow") };
            let text = format!("User-agent: *\n{a}: {path}\n{b}: {path}\n");
            let group = Robots::parse(text.as_bytes()).group(&["x"]);
            prop_assert!(group.verdict(path.trim_end_matches('$')).allowed);
        }

        #[test]
        fn a_longer_rule_wins(path in "/[a-z]{1,8}", more in "[a-z]{1,4}", allow in any::<bool>()) {
            let (long, short) = if allow { ("Allow", "Disallow") } else { ("Disallow", "Allow") };
            let text = format!("User-agent: *\n{long}: {path}{more}\n{short}: {path}\n");
            let group = Robots::parse(text.as_bytes()).group(&["x"]);
            prop_assert_eq!(group.verdict(&format!("{path}{more}")).allowed, allow);
            prop_assert_eq!(group.verdict(&path).allowed, !allow);
        }
    }
}
