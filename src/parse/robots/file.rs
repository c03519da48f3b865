use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::group::{Group, Rule};
use super::line::{Key, Line, directive, lines};
use super::pattern::Pattern;
use super::problem::{Problem, ProblemKind, Problems};

/// Bytes of a file that are read: the minimum of RFC 9309 section 2.5, and Google's maximum.
pub const SIZE_LIMIT: usize = 500 * 1024;

/// Maximum number of rules with an inner `*` for one crawler. Each is searched for in every path,
/// while other rules are found at once however many they are.
pub const SEARCH_LIMIT: usize = 2_000;

/// A parsed robots.txt. It does not refer to the bytes it came from.
#[derive(Clone, Debug, Default)]
pub struct Robots {
    sections: Vec<Section>,
    sitemaps: Vec<(usize, String)>,
    problems: Problems,
    /// For each name, `*` included, the number of its rules with an inner `*` in the sections
    /// before the last.
    searches: HashMap<String, usize>,
}

/// A run of `User-agent` lines with the lines after it.
#[derive(Clone, Debug, Default)]
struct Section {
    /// Whether `*` is among the names.
    for_everyone: bool,
    /// The names in lower case.
    names: Vec<String>,
    rules: Vec<Arc<Rule>>,
    crawl_delay: Option<Duration>,
    /// Number of rules with an inner `*`.
    searches: usize,
    /// Maximum number of these rules.
    room: usize,
    /// Whether a rule was seen, so that the next `User-agent` starts a new section. Sitemaps,
    /// delays and unknown lines do not end the run of names: the same holds for Google's parser.
    closed: bool,
}

impl Robots {
    /// Parses a file. The result is usable whatever the file contains: invalid lines are skipped
    /// and reported.
    pub fn parse(bytes: &[u8]) -> Robots {
        let mut robots = Robots::default();
        let kept = within_limit(without_bom(bytes));
        let mut last = 0;
        for line in lines(kept) {
            last = line.number;
            robots.take(&line);
        }
        if kept.len() < without_bom(bytes).len() {
            robots.problems.add(last + 1, ProblemKind::FileTooLong, b"");
        }
        robots
    }

    /// Returns the rules for a crawler with these names: product tokens such as `gatecrawl`. A
    /// version after one does not matter, nor does case.
    ///
    /// Merges all groups that name one of them; if there is none, those for `*`.
    pub fn group(&self, agents: &[&str]) -> Group {
        let tokens: Vec<String> = agents
            .iter()
            .map(|agent| token(agent.as_bytes()))
            .filter(|token| !token.is_empty())
            .collect();
        let named = |section: &&Section| section.names.iter().any(|name| tokens.contains(name));
        let mut chosen: Vec<&Section> = self.sections.iter().filter(named).collect();
        if chosen.is_empty() {
            chosen = self.sections.iter().filter(|s| s.for_everyone).collect();
        }
        let delay = chosen.iter().filter_map(|s| s.crawl_delay).max();
        let rules = chosen.iter().flat_map(|section| &section.rules);
        Group::new(rules.map(Arc::clone), delay)
    }

    /// Returns the sitemaps named anywhere in the file, as written, each with its line, counted
    /// from 1.
    pub fn sitemaps(&self) -> &[(usize, String)] {
        &self.sitemaps
    }

    /// Returns the number of groups: runs of `User-agent` lines.
    pub fn group_count(&self) -> u32 {
        self.sections.len() as u32
    }

    /// Returns the number of allow and disallow lines, over all groups.
    pub fn rule_count(&self) -> u32 {
        self.sections.iter().map(|s| s.rules.len() as u32).sum()
    }

    /// Returns the first [`PROBLEM_LIMIT`](super::PROBLEM_LIMIT) problems in the order of the
    /// lines.
    pub fn problems(&self) -> &[Problem] {
        &self.problems.listed
    }

    /// Returns the number of problems, listed or not.
    pub fn problem_count(&self) -> usize {
        self.problems.count
    }

    fn take(&mut self, line: &Line<'_>) {
        if line.cut {
            self.report(line, ProblemKind::LineTooLong);
        }
        if std::str::from_utf8(line.text).is_err() && !line.cut {
            self.report(line, ProblemKind::NotUtf8);
        }
        let directive = match directive(line.text) {
            Ok(Some(directive)) => directive,
            Ok(None) => return,
            Err(_) if line.text.starts_with(b"<") => {
                return self.report(line, ProblemKind::LooksLikeHtml);
            }
            Err(kind) => return self.report(line, kind),
        };
        if let Some(kind) = directive.forgiven {
            self.report(line, kind);
        }
        let value = directive.value;
        match directive.key {
            Key::UserAgent => self.take_agent(line, value),
            Key::Allow => self.take_rule(line, true, value),
            Key::Disallow => self.take_rule(line, false, value),
            Key::CrawlDelay => self.take_delay(line, value),
            Key::Sitemap if value.is_empty() => self.report(line, ProblemKind::NotADirective),
            Key::Sitemap => {
                let location = String::from_utf8_lossy(value).into_owned();
                self.sitemaps.push((line.number, location));
            }
            Key::Unknown if line.text.starts_with(b"<") => {
                self.report(line, ProblemKind::LooksLikeHtml);
            }
            Key::Unknown => self.report(line, ProblemKind::UnknownDirective),
        }
    }

    fn take_agent(&mut self, line: &Line<'_>, value: &[u8]) {
        if self.sections.last().is_none_or(|section| section.closed) {
            if let Some(section) = self.sections.last() {
                for name in section.all_names() {
                    *self.searches.entry(name.to_owned()).or_default() += section.searches;
                }
            }
            self.sections.push(Section::default());
        }
        let name = token(value);
        // "*" counts if no other character follows it directly.
        let for_everyone = matches!(value, [b'*'] | [b'*', b' ' | b'\t', ..]);
        if name.is_empty() && !for_everyone {
            return self.report(line, ProblemKind::NamelessAgent);
        }
        if let Some(section) = self.sections.last_mut() {
            section.for_everyone |= for_everyone;
            section.names.extend(Some(name).filter(|_| !for_everyone));
        }
    }

    fn take_rule(&mut self, line: &Line<'_>, allow: bool, value: &[u8]) {
        let Some(section) = self.sections.last_mut() else {
            return self.report(line, ProblemKind::OutsideGroup);
        };
        if !section.closed {
            section.closed = true;
            let before = section
                .all_names()
                .filter_map(|name| self.searches.get(name));
            section.room = SEARCH_LIMIT.saturating_sub(before.copied().max().unwrap_or(0));
        }
        match value.first() {
            // An empty rule restricts nothing (RFC 9309 section 2.2.2).
            None => {}
            Some(b'/' | b'*') => {
                let pattern = Pattern::new(value);
                if pattern.searches() {
                    if section.searches == section.room {
                        return self.report(line, ProblemKind::TooManyWildcards);
                    }
                    section.searches += 1;
                }
                let folded = Pattern::folded_index(value).filter(|_| allow);
                for pattern in [Some(pattern), folded].into_iter().flatten() {
                    section.rules.push(Arc::new(Rule {
                        line: line.number,
                        allow,
                        pattern,
                        text: String::from_utf8_lossy(line.text).into(),
                    }));
                }
            }
            Some(_) => self.report(line, ProblemKind::RelativePath),
        }
    }

    fn take_delay(&mut self, line: &Line<'_>, value: &[u8]) {
        let Some(section) = self.sections.last_mut() else {
            return self.report(line, ProblemKind::OutsideGroup);
        };
        let seconds = std::str::from_utf8(value).ok();
        let seconds = seconds.and_then(|text| text.parse::<f64>().ok());
        match seconds.map(Duration::try_from_secs_f64) {
            // Of several delays, the longest.
            Some(Ok(delay)) => section.crawl_delay = section.crawl_delay.max(Some(delay)),
            _ => self.report(line, ProblemKind::BadDelay),
        }
    }

    fn report(&mut self, line: &Line<'_>, kind: ProblemKind) {
        self.problems.add(line.number, kind, line.text);
    }
}

impl Section {
    /// Returns its names, including `*`.
    fn all_names(&self) -> impl Iterator<Item = &str> {
        let for_everyone = self.for_everyone.then_some("*");
        self.names.iter().map(String::as_str).chain(for_everyone)
    }
}

/// Returns the significant part of a name: letters, `-` and `_` (RFC 9309 section 2.2.1), in lower
/// case.
fn token(name: &[u8]) -> String {
    name.iter()
        .take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'))
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect()
}

/// Skips the byte order mark of UTF-8, even if its end is missing.
fn without_bom(bytes: &[u8]) -> &[u8] {
    let mark = [0xEF, 0xBB, 0xBF];
    let same = bytes.iter().zip(mark).take_while(|(a, b)| **a == *b);
    &bytes[same.count()..]
}

/// Returns the whole lines within the limit: half a path would be a rule that does not exist.
fn within_limit(bytes: &[u8]) -> &[u8] {
    let Some(kept) = bytes.get(..SIZE_LIMIT).filter(|_| bytes.len() > SIZE_LIMIT) else {
        return bytes;
    };
    if matches!(bytes[SIZE_LIMIT], b'\r' | b'\n') {
        return kept;
    }
    let end = kept.iter().rposition(|b| matches!(b, b'\r' | b'\n'));
    &kept[..end.map_or(kept.len(), |at| at + 1)]
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<(usize, ProblemKind)> {
        let robots = Robots::parse(bytes);
        robots.problems().iter().map(|p| (p.line, p.kind)).collect()
    }

    #[test]
    fn problems_name_their_line() {
        type Found = &'static [(usize, ProblemKind)];
        use ProblemKind as K;
        let cases: [(&[u8], Found); 12] = [
            (b"User-agent: *\nDisallow: /a\n", &[]),
            (b"Disallow: /a\n", &[(1, K::OutsideGroup)]),
            (b"Crawl-delay: 1\n", &[(1, K::OutsideGroup)]),
            (b"User-agent: *\nDisalow: /a", &[(2, K::TypoAccepted)]),
            (b"User-agent *\n", &[(1, K::MissingColon)]),
            (b"hello there you\n", &[(1, K::NotADirective)]),
            (b"\nNoindex: /a\n", &[(2, K::UnknownDirective)]),
            (b"User-agent: 360\n", &[(1, K::NamelessAgent)]),
            (b"User-agent: *\nDisallow: a", &[(2, K::RelativePath)]),
            (b"User-agent: *\nCrawl-delay: -1", &[(2, K::BadDelay)]),
            (b"# caf\xE9\n", &[(1, K::NotUtf8)]),
            (b"<!DOCTYPE html>\n", &[(1, K::LooksLikeHtml)]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(kinds(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_page_instead_of_a_file_allows_everything() {
        let robots = Robots::parse(include_bytes!("../../../fixtures/robots/html-page.txt"));
        assert_eq!(robots.problems()[0].kind, ProblemKind::LooksLikeHtml);
        assert!(robots.group(&["gatecrawl"]).verdict("/x").allowed);
    }

    #[test]
    fn lines_beyond_the_limit_are_not_read() {
        let mut text = "User-agent: *\nDisallow: /first\n".to_owned();
        while text.len() < SIZE_LIMIT {
            let _ = writeln!(text, "Disallow: /filler/{}", text.len());
        }
        text.push_str("Disallow: /last\n");
        let robots = Robots::parse(text.as_bytes());
        let group = robots.group(&["gatecrawl"]);
        assert!(!group.verdict("/first").allowed);
        assert!(group.verdict("/last").allowed);
        let problem = robots.problems().last().expect("one problem");
        assert_eq!(problem.kind, ProblemKind::FileTooLong);
        // The line across the limit is left out as a whole.
        assert!(group.verdict("/f").allowed);
        assert!(group.verdict("/filler/").allowed);
    }

    #[test]
    fn problems_are_listed_up_to_a_limit_and_counted_beyond() {
        let robots = Robots::parse("nonsense\n".repeat(500).as_bytes());
        assert_eq!(robots.problems().len(), crate::parse::robots::PROBLEM_LIMIT);
        assert_eq!(robots.problem_count(), 500);
    }

    #[test]
    fn rules_that_must_be_searched_for_have_a_limit_for_each_crawler() {
        let rules = |from: usize, to: usize| -> String {
            let rule = |n| format!("Disallow: *x{n}x\n");
            (from..to).map(rule).collect()
        };
        // In several groups of the same name, too; those of others do not count.
        let text = format!(
            "User-agent: *\n{}User-agent: other\n{}User-agent: *\nDisallow: /plain/*\n{}",
            rules(0, 1_500),
            rules(0, 1_000),
            rules(1_500, 2_100),
        );
        let robots = Robots::parse(text.as_bytes());
        assert_eq!(robots.problem_count(), 100);
        let problem = &robots.problems()[0];
        assert_eq!(problem.kind, ProblemKind::TooManyWildcards);
        assert_eq!(problem.text, "Disallow: *x2000x");
        let group = robots.group(&["gatecrawl"]);
        let allowed = |path| group.verdict(path).allowed;
        assert!(!allowed("/x1999x") && allowed("/x2000x") && !allowed("/plain/a"));
        assert!(!robots.group(&["other"]).verdict("/x999x").allowed);
    }

    #[test]
    fn sitemaps_and_delays_are_found() {
        let text = include_bytes!("../../../fixtures/robots/shop.txt");
        let robots = Robots::parse(text);
        let found: Vec<&str> = robots.sitemaps().iter().map(|(_, s)| s.as_str()).collect();
        assert_eq!(
            found,
            [
                "https://shop.example/sitemap_index.xml",
                "https://shop.example/news.xml.gz"
            ]
        );
        let delay = |agent| robots.group(&[agent]).crawl_delay();
        assert_eq!(delay("slowbot"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("gatecrawl"), Some(Duration::from_secs(1)));
        assert_eq!(delay("googlebot"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_verdict(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            path in "\\PC{0,40}",
        ) {
            let _ = Robots::parse(&bytes).group(&["a"]).verdict(&path);
        }

        #[test]
        fn any_arrangement_of_pieces_gives_a_verdict(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("User-agent: "), Just("Allow: "), Just("Disallow"), Just(":"), Just("*"),
                    Just("/"), Just("$"), Just("%"), Just("\r"), Just("\n"), Just("#"), Just("a"),
                    Just("index.html"), Just("Crawl-delay: 1e400"), Just("é"), Just(" "),
                ],
                0..60,
            ),
            path in "[/a*$%#]{0,20}",
        ) {
            let _ = Robots::parse(pieces.concat().as_bytes()).group(&["a"]).verdict(&path);
        }
    }
}
