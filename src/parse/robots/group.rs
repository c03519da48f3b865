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

/// The rules that hold for one crawler, prepared for many questions. A rule takes some forty bytes besides its
/// texts: a site that links to many hosts can make a crawl read many files of the largest size.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// By the literal beginning of their patterns, and those with the same one from the greatest rank down.
    rules: Box<[Prepared]>,
    /// Their patterns in normal form, one after the other.
    patterns: Box<[u8]>,
    /// Their lines as written, likewise.
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
    /// How much of the pattern is its literal beginning, in bytes.
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
    /// The greater rank decides: the longer pattern, then permission, then the earlier line.
    fn rank(&self) -> (u32, bool, Reverse<u32>) {
        (self.weight, self.allow, Reverse(self.line))
    }
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
        // The same pattern again decides nothing that the first has not decided.
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
            line: rule.map(|rule| rule.line as usize),
            rule: rule.map(|rule| &self.texts[rule.text.range()]),
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

    /// How many bytes of memory the rules take.
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

    /// The rule of greatest rank that matches, of those with this literal beginning.
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
    fn the_same_rule_a_thousand_times_is_one() {
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
