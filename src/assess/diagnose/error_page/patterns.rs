//! Matches many patterns against one text. Nearly every pattern has words without which it cannot match.
//! All words are searched at once, and a pattern is tried only if one of its words is there.

use aho_corasick::{AhoCorasick, BuildError};
use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Patterns and their words.
#[derive(Debug)]
pub(in crate::assess::diagnose) struct Patterns {
    all: Vec<Regex>,
    words: AhoCorasick,
    /// The pattern of each word.
    owners: Vec<usize>,
    /// Whether a pattern has no words and must always be tried.
    wordless: Vec<bool>,
}

/// The patterns that remain to be tried after the search for words.
#[derive(Debug)]
pub(in crate::assess::diagnose) struct Seen<'a> {
    patterns: &'a [Regex],
    text: &'a str,
    possible: Vec<bool>,
}

impl Patterns {
    pub(in crate::assess::diagnose) fn new(patterns: Vec<Regex>) -> Result<Patterns, BuildError> {
        let (mut words, mut owners, mut wordless) = (Vec::new(), Vec::new(), Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            let of_pattern = regex_syntax::parse(pattern.as_str()).ok();
            let of_pattern = of_pattern.as_ref().and_then(required);
            wordless.push(of_pattern.is_none());
            for word in of_pattern.into_iter().flatten() {
                words.push(word);
                owners.push(number);
            }
        }
        Ok(Patterns {
            all: patterns,
            words: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(words)?,
            owners,
            wordless,
        })
    }

    /// Returns the patterns that may match a text.
    pub(super) fn look<'a>(&'a self, text: &'a str) -> Seen<'a> {
        let mut possible = self.wordless.clone();
        for word in self.words.find_overlapping_iter(text) {
            possible[self.owners[word.pattern()]] = true;
        }
        Seen {
            patterns: &self.all,
            text,
            possible,
        }
    }
}

impl Seen<'_> {
    /// Returns whether the pattern with this number matches.
    pub(super) fn matched(&self, number: usize) -> bool {
        self.possible[number] && self.patterns[number].is_match(self.text)
    }
}

/// Returns words of which every match contains one, in any case; `None` if none are known.
fn required(pattern: &Hir) -> Option<Vec<Vec<u8>>> {
    if let Some(word) = exact(pattern) {
        return (!word.is_empty()).then(|| vec![word]);
    }
    match pattern.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(parts) => {
            let words: Option<Vec<_>> = parts.iter().map(required).collect();
            words.map(|words| words.concat())
        }
        HirKind::Concat(parts) => {
            let is_exact = |part: &Hir| exact(part).is_some();
            let runs = parts.chunk_by(|one, next| is_exact(one) && is_exact(next));
            let words = runs.filter_map(|run| match run {
                [part] => required(part),
                run => required(&Hir::concat(run.to_vec())),
            });
            // The longer a word, the fewer texts contain it.
            words.max_by_key(|words| words.iter().map(Vec::len).min())
        }
        _ => None,
    }
}

/// Returns the only text that a pattern matches, in lower case, if there is just one.
fn exact(pattern: &Hir) -> Option<Vec<u8>> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Vec::new()),
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(class) => letter(class).map(|letter| vec![letter]),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(exact).collect();
            parts.map(|parts| parts.concat())
        }
        HirKind::Repetition(_) | HirKind::Alternation(_) => None,
    }
}

/// Returns the letter that a class stands for in both cases. Letters with a third, non-ASCII case are
/// excluded.
fn letter(class: &Class) -> Option<u8> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let mut letters = class.iter().flat_map(|range| range.start()..=range.end());
    let first = letters.next().filter(char::is_ascii)?;
    letters
        .all(|letter| letter.eq_ignore_ascii_case(&first))
        .then(|| first.to_ascii_lowercase() as u8)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::catalogue::catalogue;
    use super::*;

    fn words(pattern: &str) -> Option<Vec<String>> {
        let words = required(&regex_syntax::parse(pattern).expect("a pattern"))?;
        let words = words.into_iter().map(String::from_utf8);
        Some(words.map(|word| word.expect("UTF-8")).collect())
    }

    #[test]
    fn words_are_in_every_match() {
        let cases: [(&str, &[&str]); 9] = [
            ("^Bad Gateway\n?$", &["bad gateway"]),
            (r"(?i)gateway\s+time-?out", &["gateway"]),
            // The long s and the kelvin sign are cases of these letters too.
            (r"(?i)\bskit list\b", &["it li"]),
            ("(?s)<h1>.*by cloud(front|flare)", &["by cloud"]),
            ("(one|three)+ x", &["one", "three"]),
            ("a(bc)?d{2,}é", &["é"]),
            ("x|[0-9]", &[]),
            (r"^\s*$", &[]),
            ("(maybe)?", &[]),
        ];
        for (pattern, expected) in cases {
            let found = words(pattern).unwrap_or_default();
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn only_patterns_that_can_match_are_tried() {
        let patterns = ["(?i)bad gateway", r"^\s*$", "Gateway", r"(?i)\bskit\b"];
        let patterns = patterns.map(|pattern| Regex::new(pattern).expect("a pattern"));
        let patterns = Patterns::new(patterns.to_vec()).expect("words");
        let matched = |text: &str| {
            let seen = patterns.look(text);
            (0..4)
                .filter(|number| seen.matched(*number))
                .collect::<Vec<_>>()
        };
        let cases: [(&str, Vec<usize>); 6] = [
            ("502 BAD GATEWAY", vec![0]),
            ("Bad Gateway", vec![0, 2]),
            ("gateway", vec![]),
            (" \n", vec![1]),
            ("\u{17f}\u{212a}IT", vec![3]),
            ("a page", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(matched(text), expected, "{text}");
        }
    }

    /// Collects every file below a folder.
    fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(std::fs::read(path).expect("a file"));
            }
        }
    }

    #[test]
    fn every_fixture_matches_as_without_the_word_search() {
        let patterns = &catalogue().expect("a catalogue").bodies;
        let mut bodies = Vec::new();
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
        files(Path::new(fixtures), &mut bodies);
        assert!(patterns.wordless.iter().filter(|less| **less).count() < 4);
        for body in bodies {
            let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
            // Captured answers begin with the header block.
            let parts = text.split("\r\n\r\n").chain([&*text]);
            for part in parts.flat_map(|part| [part.to_owned(), part.to_ascii_uppercase()]) {
                let seen = patterns.look(&part);
                for (number, pattern) in patterns.all.iter().enumerate() {
                    assert_eq!(seen.matched(number), pattern.is_match(&part), "{pattern}");
                }
            }
        }
    }
}
