//! The fingerprints of error pages, read once from `fingerprints.toml` into matchers.
//!
//! The file is compiled into the program; a test keeps it valid.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::HeaderMap;
use http::header::HeaderName;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::maker::Maker;
use super::patterns::Patterns;
use crate::assess::diagnose::causes::shares::Shares;
use crate::model::Cause;

/// Maximum memory of one compiled pattern, in bytes.
const PATTERN_SIZE: usize = 1 << 18;

static CATALOGUE: LazyLock<Option<Catalogue>> =
    LazyLock::new(|| Catalogue::parse(include_str!("fingerprints.toml")).ok());

/// The properties of one kind of error page.
#[derive(Debug)]
pub struct Fingerprint {
    /// Its name in the file, such as `nginx-502`.
    pub id: String,
    /// The product that makes such a page.
    pub product: String,
    /// The kind of machine that makes such a page.
    pub layer: Maker,
    /// Causes with weights; empty if the page only shows who passed it on.
    pub causes: Shares,
    /// Probability, from 0 to 1, that this product made a page that matches.
    pub confidence: f64,
    /// Whether the page says that the application cannot use its database.
    pub database: bool,
    pub(in crate::assess::diagnose) status: Vec<u16>,
    pub(in crate::assess::diagnose) headers: Vec<(HeaderName, Regex)>,
    pub(super) absent: Vec<HeaderName>,
    /// The body patterns of this entry: a range of the catalogue's set.
    pub(super) bodies: std::ops::Range<usize>,
}

/// An error in the file.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFault {
    /// It is not TOML of the right shape.
    #[error("not readable: {0}")]
    Toml(#[from] toml::de::Error),
    /// A pattern does not compile within its bound.
    #[error("pattern of {id}: {source}")]
    Pattern {
        /// The entry.
        id: String,
        /// The error.
        #[source]
        source: Box<regex::Error>,
    },
    /// The patterns have too many words.
    #[error("words: {0}")]
    Words(#[from] aho_corasick::BuildError),
    /// A value of an entry is not in the vocabulary, or not in range.
    #[error("{id}: {what}")]
    Entry {
        /// The entry.
        id: String,
        /// The error.
        what: String,
    },
}

/// All fingerprints, the best first, and their body patterns.
#[derive(Debug)]
pub(in crate::assess::diagnose) struct Catalogue {
    pub(super) entries: Vec<Fingerprint>,
    pub(super) bodies: Patterns,
}

/// Returns the fingerprint with this identity.
pub fn fingerprint(id: &str) -> Option<&'static Fingerprint> {
    fingerprints().iter().find(|entry| entry.id == id)
}

/// Returns all fingerprints, the best first.
pub fn fingerprints() -> &'static [Fingerprint] {
    catalogue().map_or(&[], |catalogue| &catalogue.entries)
}

pub(in crate::assess::diagnose) fn catalogue() -> Option<&'static Catalogue> {
    CATALOGUE.as_ref()
}

#[derive(Deserialize)]
struct File {
    fp: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    product: String,
    layer: String,
    priority: u16,
    status: Vec<u16>,
    headers: Vec<HeaderRow>,
    #[serde(default)]
    absent: Vec<String>,
    body: Vec<String>,
    causes: BTreeMap<String, f64>,
    confidence: f64,
    #[serde(default)]
    database: bool,
}

#[derive(Deserialize)]
struct HeaderRow {
    name: String,
    re: String,
}

impl Catalogue {
    fn parse(text: &str) -> Result<Catalogue, CatalogueFault> {
        let mut rows = toml::from_str::<File>(text)?.fp;
        rows.sort_by(|a, b| {
            let by_priority = b.priority.cmp(&a.priority);
            by_priority.then(b.confidence.total_cmp(&a.confidence))
        });
        let mut bodies: Vec<Regex> = Vec::new();
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let from = bodies.len();
            for pattern in &row.body {
                bodies.push(compiled(&row.id, pattern)?);
            }
            entries.push(entry(row, from..bodies.len())?);
        }
        let bodies = Patterns::new(bodies)?;
        Ok(Catalogue { entries, bodies })
    }
}

fn entry(row: Row, bodies: std::ops::Range<usize>) -> Result<Fingerprint, CatalogueFault> {
    let fault = |what: String| CatalogueFault::Entry {
        id: row.id.clone(),
        what,
    };
    let name =
        |name: &str| HeaderName::try_from(name).map_err(|_| fault(format!("header name {name:?}")));
    let mut headers = Vec::new();
    for header in &row.headers {
        headers.push((name(&header.name)?, compiled(&row.id, &header.re)?));
    }
    let absent = row
        .absent
        .iter()
        .map(|absent| name(absent))
        .collect::<Result<_, _>>()?;
    let mut causes = Shares::default();
    for (id, weight) in row.causes.iter().filter(|(id, _)| *id != "unknown") {
        let cause = Cause::from_id(id).ok_or_else(|| fault(format!("cause {id:?}")))?;
        causes.add(cause, *weight);
    }
    let layer =
        Maker::from_id(&row.layer).ok_or_else(|| fault(format!("layer {:?}", row.layer)))?;
    if !(0.0..=1.0).contains(&row.confidence) {
        return Err(fault(format!("confidence {}", row.confidence)));
    }
    if bodies.is_empty() && headers.is_empty() && row.status.is_empty() {
        return Err(fault("matches every answer".to_owned()));
    }
    Ok(Fingerprint {
        layer,
        causes: causes.normalised(),
        confidence: row.confidence,
        database: row.database,
        status: row.status,
        headers,
        absent,
        bodies,
        id: row.id,
        product: row.product,
    })
}

fn compiled(id: &str, pattern: &str) -> Result<Regex, CatalogueFault> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_SIZE)
        .build()
        .map_err(|source| CatalogueFault::Pattern {
            id: id.to_owned(),
            source: Box::new(source),
        })
}

impl Fingerprint {
    /// Returns whether the header fields match the fingerprint; any value of a repeated one counts.
    pub(super) fn fits_headers(&self, headers: &HeaderMap) -> bool {
        let fits = |(name, pattern): &(HeaderName, Regex)| {
            let mut values = headers.get_all(name).iter();
            values.any(|value| pattern.is_match(&String::from_utf8_lossy(value.as_bytes())))
        };
        self.headers.iter().all(fits) && !self.absent.iter().any(|name| headers.contains_key(name))
    }
}

/// Returns the first fingerprint whose text is in a body, with any status. Entries that match an empty
/// body are left out. So are messages of programs: with a success status they are judged by their
/// position.
pub(super) fn by_text(body: &str) -> Option<&'static Fingerprint> {
    let catalogue = catalogue()?;
    let seen = catalogue.bodies.look(body);
    let fits = |entry: &&Fingerprint| {
        entry.headers.is_empty() && entry.bodies.clone().any(|at| seen.matched(at))
    };
    catalogue
        .entries
        .iter()
        .filter(|entry| !matches!(&*entry.id, "generic-empty-500" | "php-fatal-200-or-500"))
        .find(fits)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TEXT: &str = include_str!("fingerprints.toml");

    #[test]
    fn every_entry_is_valid() {
        let catalogue = Catalogue::parse(TEXT).expect("a valid file");
        assert_eq!(catalogue.entries.len(), TEXT.matches("[[fp]]").count());
        let ids: HashSet<&str> = catalogue.entries.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids.len(), catalogue.entries.len(), "identities are unique");
        for row in toml::from_str::<File>(TEXT).expect("TOML").fp {
            let sum: f64 = row.causes.values().sum();
            assert!(
                (sum - 1.0).abs() < 0.011,
                "{}: weights sum to {sum}",
                row.id
            );
            assert!(
                row.status.iter().all(|s| (200..=599).contains(s)),
                "{}",
                row.id
            );
        }
    }

    #[test]
    fn errors_name_the_entry() {
        let entry = |body: &str, cause: &str| {
            format!(
                "[[fp]]\nid='x'\nproduct='p'\nlayer='edge'\npriority=1\nstatus=[502]\n\
                 headers=[]\nbody=['{body}']\ncauses={{{cause}=1.0}}\nconfidence=1.0\n"
            )
        };
        assert!(Catalogue::parse(&entry("a", "dns")).is_ok());
        let cases = [
            (entry("(", "dns"), "pattern of x"),
            (entry(&"(a{1000}){1000}".repeat(2), "dns"), "pattern of x"),
            (entry("a", "ghosts"), "cause \"ghosts\""),
        ];
        for (text, words) in cases {
            let fault = Catalogue::parse(&text).expect_err("a fault").to_string();
            assert!(fault.contains(words), "{fault}");
        }
    }
}
