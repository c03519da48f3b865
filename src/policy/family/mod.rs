//! Families: groups of URLs of one host that are likely served by the same code, learned from paths
//! and query keys. A place is a position in a path, such as the second segment below `/shop/`. A
//! value that many URLs share at one place is a name. Any other value is a variable, written `*`.
//! So `/infoschema-tables.html` and its neighbours are one family on a flat site, and so are
//! `/product/4711` and `/product/4712`.
//!
//! The number of places and of values counted at each is bounded. On a very large site a family is
//! at worst too wide.

pub(super) mod controls;
mod place;
pub(super) mod suspects;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::{AsIs, CrawlUrl};

use self::place::Place;

/// Maximum places (directories, with variables in them) whose values are counted. Each takes a few
/// kilobytes at most. Ours.
const MOST_PLACES: usize = 4_096;

/// Maximum bytes of an ending, with its dot. Ours: `.xhtml` has as many.
const LONGEST_ENDING: usize = 6;

/// A family of one host. It is the hash of its pattern: equal patterns of two hosts are two
/// families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(u64);

impl Family {
    /// Returns the number that identifies it.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The knowledge about the paths of all hosts.
#[derive(Debug, Default)]
pub struct Families {
    places: HashMap<u64, Place, BuildHasherDefault<AsIs>>,
}

impl Families {
    /// Learns from a new URL.
    pub fn learn(&mut self, url: &CrawlUrl) {
        let url = url.as_url();
        self.learn_path(origin(url), url.path(), url.query());
    }

    /// Learns from a new URL in parts.
    pub fn learn_path(&mut self, origin: &str, path: &str, query: Option<&str>) {
        let parts = Parts::new(path, query);
        let mut place = host_seed(origin);
        for folder in parts.folders() {
            let value = self.count(place, &[folder]);
            place = step(place, value.unwrap_or("*"));
        }
        let (stem, _) = parts.stem();
        self.count(place, &[parts.leaf, stem]);
    }

    /// Returns the family of a URL, from the URLs known so far.
    pub fn of(&self, url: &CrawlUrl) -> Family {
        Family(xxh3_64_with_seed(
            self.pattern(url).as_bytes(),
            host_seed(origin(url.as_url())),
        ))
    }

    /// Returns the pattern of a URL's family: path with `*` for variables, then the query's keys,
    /// such as `/shop/*.html?page`.
    pub fn pattern(&self, url: &CrawlUrl) -> String {
        let url = url.as_url();
        let mut pattern = String::with_capacity(url.path().len() + 1);
        self.add_pattern(origin(url), url.path(), url.query(), &mut pattern);
        pattern
    }

    /// Appends the pattern of a URL in parts.
    pub fn add_pattern(&self, origin: &str, path: &str, query: Option<&str>, pattern: &mut String) {
        let parts = Parts::new(path, query);
        let mut place = host_seed(origin);
        for folder in parts.folders() {
            let known = self.places.get(&place);
            let value = match known {
                Some(known) if known.is_name(folder) => folder,
                _ => "*",
            };
            place = step(place, value);
            pattern.push('/');
            pattern.push_str(value);
        }
        pattern.push('/');
        let known = self.places.get(&place);
        let is_name = |value: &str| known.is_some_and(|known| known.is_name(value));
        let (stem, ending) = parts.stem();
        if parts.leaf.is_empty() || is_name(parts.leaf) {
            pattern.push_str(parts.leaf);
        } else if is_name(stem) {
            pattern.extend([stem, "*", ending]);
        } else {
            pattern.extend(["*", ending]);
        }
        parts.add_query(pattern);
    }

    /// Counts the values at a place. Returns the first if it is a name there.
    fn count<'v>(&mut self, place: u64, values: &[&'v str]) -> Option<&'v str> {
        let is_full = self.places.len() >= MOST_PLACES;
        if is_full && !self.places.contains_key(&place) {
            return None;
        }
        let place = self.places.entry(place).or_default();
        for value in values.iter().filter(|value| !value.is_empty()) {
            place.count(value);
        }
        values.first().copied().filter(|value| place.is_name(value))
    }
}

/// The parts of a path that make up a family.
struct Parts<'u> {
    path: &'u str,
    /// The text after the last slash that is not at the end, including a slash at the end.
    leaf: &'u str,
    query: Option<&'u str>,
}

impl<'u> Parts<'u> {
    fn new(path: &'u str, query: Option<&'u str>) -> Parts<'u> {
        let inner = path.strip_suffix('/').unwrap_or(path);
        // The path "/" has nothing inside: its leaf is empty.
        let start = memchr::memrchr(b'/', inner.as_bytes()).map_or(path.len(), |slash| slash + 1);
        Parts {
            path,
            leaf: &path[start..],
            query,
        }
    }

    /// Returns the directories before the leaf.
    fn folders(&self) -> impl Iterator<Item = &'u str> {
        let before = &self.path[..self.path.len() - self.leaf.len()];
        before.split('/').filter(|folder| !folder.is_empty())
    }

    /// Returns the first word of the leaf with the mark that ends it, and the leaf's ending
    /// (`.html`, `/`). For `infoschema-tables.html` the word is `infoschema-`, for `p123` it is
    /// `p`.
    fn stem(&self) -> (&'u str, &'u str) {
        let last = self.leaf.len().saturating_sub(LONGEST_ENDING);
        let dot = self.leaf.as_bytes()[last..]
            .iter()
            .rposition(|byte| *byte == b'.');
        let (name, ending) = match dot.map(|dot| last + dot) {
            Some(dot) if dot > 0 => self.leaf.split_at(dot),
            _ => match self.leaf.strip_suffix('/') {
                Some(name) => (name, "/"),
                None => (self.leaf, ""),
            },
        };
        let end = name.find(|letter: char| !letter.is_alphabetic());
        let end = end.map_or(name.len(), |at| match name.as_bytes()[at] {
            b'-' | b'_' | b'.' | b'~' | b'+' => at + 1,
            _ => at,
        });
        (&name[..end], ending)
    }

    /// Appends the sorted keys of the query.
    fn add_query(&self, pattern: &mut String) {
        let Some(query) = self.query else { return };
        let keys = query.split('&').map(|pair| pair.split('=').next());
        let mut keys: Vec<&str> = keys.flatten().collect();
        keys.sort_unstable();
        keys.dedup();
        pattern.push('?');
        for (number, key) in keys.into_iter().enumerate() {
            if number > 0 {
                pattern.push('&');
            }
            pattern.push_str(key);
        }
    }
}

fn origin(url: &url::Url) -> &str {
    &url[..url::Position::BeforePath]
}

fn host_seed(origin: &str) -> u64 {
    xxh3_64_with_seed(origin.as_bytes(), 0)
}

fn step(place: u64, value: &str) -> u64 {
    xxh3_64_with_seed(value.as_bytes(), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL")
    }

    fn learned(paths: impl IntoIterator<Item = String>) -> Families {
        let mut families = Families::default();
        for path in paths {
            families.learn(&url(&path));
        }
        families
    }

    #[test]
    fn a_value_that_many_urls_share_is_a_name_and_any_other_a_variable() {
        let flat = (0..30).map(|n| format!("/infoschema-t{n}.html"));
        let single = ["/about.html", "/bookindex.html", "/"].map(str::to_owned);
        let product = (0..30).map(|n| format!("/product/{n}"));
        let shop = (0..12).map(|n| format!("/shop/brand{n}/item{n}.html?page={n}&sort=a"));
        let word = |n: usize| "abcdefghijklmnopqrstuvwxyz".split_at(n).1;
        let blog = (0..24).map(|n| format!("/blog/2026/{}-and-more/", word(n)));
        let families = learned(flat.chain(single).chain(product).chain(shop).chain(blog));
        let cases = [
            ("/infoschema-columns.html", "/infoschema-*.html"),
            ("/about.html", "/*.html"),
            ("/imprint.html", "/*.html"),
            ("/", "/"),
            ("/product/4711", "/product/*"),
            (
                "/shop/brand3/item7.html?sort=b&page=1",
                "/shop/*/*.html?page&sort",
            ),
            ("/blog/2026/something-new/", "/blog/2026/*/"),
            ("/elsewhere/x", "/*/*"),
        ];
        for (path, expected) in cases {
            assert_eq!(families.pattern(&url(path)), expected, "{path}");
        }
    }

    #[test]
    fn two_hosts_have_different_families() {
        let families = Families::default();
        let other = CrawlUrl::parse("http://other.test/a").expect("a URL");
        assert_eq!(families.of(&url("/a")), families.of(&url("/b")));
        assert_ne!(families.of(&url("/a")), families.of(&other));
    }

    #[test]
    fn a_site_of_any_size_is_learned_within_bounds() {
        let many = (0..50_000).map(|n| format!("/a{n}/b{n}/c-{n}.html"));
        let families = learned(many);
        assert!(families.places.len() <= MOST_PLACES);
        assert_eq!(families.pattern(&url("/a9/b9/c-x.html")), "/*/*/c-*.html");
    }
}
