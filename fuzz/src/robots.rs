//! A robots.txt; and rules made of its bytes, judged by regular expressions.

use gatecrawl::parse::robots::{PROBLEM_LIMIT, Robots};
use regex::bytes::RegexBuilder;

use super::parts::text;

/// Any file can be asked about any path, and points to a line of its own; rules mean what regular
/// expressions make of them.
pub fn check(bytes: &[u8]) {
    any_file(bytes);
    wildcards(bytes);
}

fn any_file(bytes: &[u8]) {
    let robots = Robots::parse(bytes);
    assert!(robots.problems().len() <= PROBLEM_LIMIT.min(robots.problem_count()));
    let lines = bytes.iter().filter(|byte| b"\r\n".contains(byte)).count() + 1;
    let group = robots.group(&["gatecrawl"]);
    let path = format!("/{}", text(&bytes[..bytes.len().min(100)]));
    for path in ["/", "/robots.txt", "/a/b.html?c=d", &path] {
        let verdict = group.verdict(path);
        assert!(verdict.line.is_none_or(|line| (1..=lines).contains(&line)));
        assert!(verdict.allowed || verdict.rule.is_some());
    }
    assert!(group.verdict("/robots.txt").allowed);
    for (line, sitemap) in robots.sitemaps() {
        assert!((1..=lines).contains(line) && !sitemap.is_empty());
    }
}

/// What paths and rules are made of here: nothing that is written in several ways.
const LETTERS: &[u8; 16] = b"/ab*/a.?=*b/c$-*";

/// One rule, and how it decides: allow or not, by the pattern's length.
struct Rule {
    allow: bool,
    pattern: Vec<u8>,
}

impl Rule {
    /// RFC 9309 section 2.2.3: `*` is any characters, `$` at the end is the end.
    fn matches(&self, path: &str) -> bool {
        let (body, end) = match self.pattern.strip_suffix(b"$") {
            Some(body) => (body, "$"),
            None => (&*self.pattern, ""),
        };
        let pieces = body.split(|byte| *byte == b'*');
        let pieces: Vec<_> = pieces.map(|piece| regex::escape(&text(piece))).collect();
        let regex = RegexBuilder::new(&format!("^{}{end}", pieces.join(".*")))
            .unicode(false)
            .build()
            .expect("a regular expression");
        regex.is_match(path.as_bytes())
    }
}

/// Half a byte is a letter; the first 16 letters are the path, each 8 further ones a rule.
fn wildcards(bytes: &[u8]) {
    let letters: Vec<u8> = bytes
        .iter()
        .take(24)
        .flat_map(|byte| [byte & 15, byte >> 4])
        .map(|at| LETTERS[usize::from(at)])
        .collect();
    let Some((path, rules)) = letters.split_at_checked(16) else {
        return;
    };
    // A "*" in a path is a letter like others, but is written as "%2A".
    let path = format!("/{}", text(path).replace('*', "x"));
    let rules: Vec<Rule> = rules
        .chunks_exact(8)
        .map(|rule| Rule {
            allow: rule[0] == b'a',
            pattern: [b"/", &rule[1..]].concat(),
        })
        .collect();
    let lines = rules.iter().map(|rule| {
        let name = if rule.allow { "allow" } else { "disallow" };
        format!("{name}: {}", text(&rule.pattern))
    });
    let file = [String::from("user-agent: *")].into_iter().chain(lines);
    let file = file.collect::<Vec<_>>().join("\n");
    let matching = rules.iter().filter(|rule| rule.matches(&path));
    // The longest decides, and of two as long the permission (RFC 9309 section 2.2.2).
    let deciding = matching.max_by_key(|rule| (rule.pattern.len(), rule.allow));
    let expected = deciding.is_none_or(|rule| rule.allow);
    let group = Robots::parse(file.as_bytes()).group(&["gatecrawl"]);
    let verdict = group.verdict(&path);
    assert_eq!(verdict.allowed, expected, "{path} by\n{file}");
}
