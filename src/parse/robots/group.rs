use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::pattern::{Pattern, matches, normal_path};

/// One `Allow` or `Disallow`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) line: usize,
    pub(super) allow: bool,
    pub(super) pattern: Pattern,
    pub(super) text: Box<str>,
}

/// The rules for one crawler, prepared for many lookups. A rule takes only about forty bytes
/// besides its texts: a site that links to many hosts can make a crawl read many files of the
/// largest size.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Sorted by the literal beginning of their patterns; equal beginnings by rank, greatest first.
    rules: Box<[Prepared]>,
    /// Their patterns in normal form, concatenated.
    patterns: Box<[u8]>,
    /// Their lines as written, concatenated.
    texts: Box<str>,
    /// The lengths of the literal beginnings, ascending: a path is looked up once for each.
    lengths: Box<[u32]>,
    crawl_delay: Option<Duration>,
}

/// A rule without its texts.
#[derive(Clone, Copy, Debug)]
struct Prepared {
    line: u32,
    allow: bool,
    anchored: bool,
    weight: u32,
    pattern: Span,
    /// Length of the literal beginning of the pattern, in bytes.
    literal: u32,
    text: Span,
}

/// A part of one of the texts. Files are read up to 500 KiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Prepared {
    /// Returns the rank; the greater one decides: the longer pattern, then permission, then the earlier line.
    fn rank(&self) -> (u32, bool, Reverse<u32>) {
        (self.weight, self.allow, Reverse(self.line))
    }
}

/// The verdict of robots.txt on one URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it may be fetched.
    pub allowed: bool,
    /// The line that decided, counted from 1; `None` if no rule matches.
    pub line: Option<usize>,
    /// The deciding line as written, without surrounding white space; bytes that are not UTF-8 are replaced.
    pub rule: Option<&'a str>,
}

impl Group {
    pub(super) fn new(
        all: impl Iterator<Item = Arc<Rule>>,
        crawl_delay: Option<Duration>,
    ) -> Group {
        let (mut patterns, mut texts) = (Vec::new(), String::new());
        let mut rules: Vec<Prepared> = all
            .map(|rule| {
                let pattern = &rule.pattern;
                let prepared = Prepared {
                    line: rule.line as u32,
                    allow: rule.allow,
                    anchored: pattern.is_anchored(),
                    weight: pattern.weight() as u32,
                    pattern: span(patterns.len(), pattern.text().len()),
                    literal: pattern.prefix().len() as u32,
                    text: span(texts.len(), rule.text.len()),
                };
                patterns.extend_from_slice(pattern.text());
                texts.push_str(&rule.text);
                prepared
            })
            .collect();
        let text = |rule: &Prepared| &patterns[rule.pattern.range()];
        let literal = |rule: &Prepared| &text(rule)[..rule.literal as usize];
        rules.sort_by(|one, other| {
            let by_rank = || other.rank().cmp(&one.rank());
            literal(one).cmp(literal(other)).then_with(by_rank)
        });
        // A repeated pattern changes nothing.
        rules.dedup_by(|again, first| {
            again.anchored == first.anchored && text(again) == text(first)
        });
        let mut lengths: Vec<u32> = rules.iter().map(|rule| rule.literal).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Group {
            rules: rules.into(),
            patterns: patterns.into(),
            texts: texts.into(),
            lengths: lengths.into(),
            crawl_delay,
        }
    }

    /// Returns whether a path with its query, such as `/shop?page=2`, may be fetched.
    ///
    /// `/robots.txt` itself is always allowed (RFC 9309 section 2.2.2).
    pub fn verdict(&self, path_and_query: &str) -> Verdict<'_> {
        let path = normal_path(path_and_query);
        let rule = if *path == *b"/robots.txt" {
            None
        } else {
            self.deciding(&path)
        };
        Verdict {
            allowed: rule.is_none_or(|rule| rule.allow),
            line: rule.map(|rule| rule.line as usize),
            rule: rule.map(|rule| &self.texts[rule.text.range()]),
        }
    }

    /// Returns the minimum time between two requests, if the file sets one. RFC 9309 does not define it and
    /// Google ignores it. Of several for the same crawler this is the longest.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Returns whether there are no rules, so that every path may be fetched.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the bytes of memory that the rules take.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.rules) + self.patterns.len() + self.texts.len()
    }

    fn deciding(&self, path: &[u8]) -> Option<&Prepared> {
        self.lengths
            .iter()
            .map_while(|length| path.get(..*length as usize))
            .filter_map(|beginning| self.matching(beginning, path))
            .max_by_key(|rule| rule.rank())
    }

    /// Returns the matching rule of greatest rank among those with this literal beginning.
    fn matching(&self, beginning: &[u8], path: &[u8]) -> Option<&Prepared> {
        let text = |rule: &Prepared| &self.patterns[rule.pattern.range()];
        let literal = |rule: &Prepared| &text(rule)[..rule.literal as usize];
        let first = self.rules.partition_point(|rule| literal(rule) < beginning);
        self.rules[first..]
            .iter()
            .take_while(|rule| literal(rule) == beginning)
            .find(|rule| matches(text(rule), rule.anchored, path))
    }
}

fn span(start: usize, length: usize) -> Span {
    Span {
        start: start as u32,
        end: (start + length) as u32,
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
        assert!(group.bytes() < 5 * text.len(), "{}", group.bytes());
        assert!(!group.verdict("/p/09999/x").allowed);
        assert!(group.verdict("/p/10000/x").allowed);
    }

    #[test]
    fn a_repeated_rule_is_kept_once() {
        let text = "User-agent: *\n".to_owned() + &"Disallow: /*a\n".repeat(1000);
        let group = Robots::parse(text.as_bytes()).group(&["gatecrawl"]);
        assert_eq!(group.rules.len(), 1);
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
