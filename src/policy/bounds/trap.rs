//! Groups of URLs that never end: queries of one path (calendars, filters that combine, session
//! numbers), and paths that differ in numbers alone and link from one to the next.

use std::collections::HashMap;

use crate::model::CrawlUrl;
use xxhash_rust::xxh3::xxh3_64;

/// Maximum number of watched paths, and of watched path shapes. A site with more of them is watched
/// in part. Ours.
const MAX_PATHS: usize = 200_000;

/// How many times as many URLs a shape of paths may have as a path may have queries: 5,000 URLs by
/// default. Ours: no reader clicks through that many pages of a list one by one.
const PATHS_PER_QUERY: u32 = 5;

/// Clicks from a start page below which no shape of paths counts as endless: there are other ways
/// to a closer page than from one to the next. Ours.
const DEEP: u32 = 50;

/// The counts of distinct queries per path, and of URLs per shape of paths.
#[derive(Debug)]
pub struct Traps {
    limit: u32,
    queries: HashMap<u64, u32>,
    shapes: HashMap<u64, u32>,
}

/// Where the crawl found a URL.
#[derive(Clone, Copy, Debug)]
pub struct FoundOn<'a> {
    /// The page that links to it.
    pub page: &'a CrawlUrl,
    /// Clicks from a start page.
    pub depth: u32,
}

impl Traps {
    /// Returns counts that allow this many distinct queries per path.
    pub fn new(limit: u32) -> Traps {
        Traps {
            limit,
            queries: HashMap::new(),
            shapes: HashMap::new(),
        }
    }

    /// Counts a new URL. Returns why it belongs to an endless group, if it does.
    pub fn trap(&mut self, url: &CrawlUrl, found: Option<FoundOn<'_>>) -> Option<String> {
        if let Some(query) = url.as_url().query() {
            let path = &url.as_str()[..url.as_str().len() - query.len()];
            let counted = count(&mut self.queries, xxh3_64(path.as_bytes()), self.limit);
            return (!counted).then(|| {
                let limit = self.limit;
                format!("the site seems endless here: more than {limit} queries of one path")
            });
        }
        let shape = shape(url)?;
        let most = self.limit.saturating_mul(PATHS_PER_QUERY);
        let counted = count(&mut self.shapes, xxh3_64(shape.as_bytes()), most);
        let leads_on = || {
            let on = found.filter(|found| found.depth > DEEP);
            on.is_some_and(|on| self::shape(on.page).as_deref() == Some(&shape))
        };
        (!counted && leads_on()).then(|| {
            format!(
                "the site seems endless here: more than {most} paths that differ in numbers alone, each \
                 found on the one before"
            )
        })
    }
}

/// Counts one more. Returns false if there are `most` already.
fn count(counts: &mut HashMap<u64, u32>, key: u64, most: u32) -> bool {
    if counts.len() >= MAX_PATHS && !counts.contains_key(&key) {
        return true;
    }
    let count = counts.entry(key).or_default();
    if *count >= most {
        return false;
    }
    *count += 1;
    true
}

/// Returns origin and path with `#` for each number, or `None` if the path has no number.
fn shape(url: &CrawlUrl) -> Option<String> {
    let path = url.as_url().path();
    if !path.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let origin = &url.as_url()[..url::Position::BeforePath];
    let mut shape = String::with_capacity(origin.len() + path.len());
    shape.push_str(origin);
    let mut before = ' ';
    for letter in path.chars() {
        match (letter.is_ascii_digit(), before.is_ascii_digit()) {
            (true, true) => {}
            (true, false) => shape.push('#'),
            (false, _) => shape.push(letter),
        }
        before = letter;
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("valid")
    }

    #[test]
    fn the_queries_of_a_path_have_a_limit() {
        let mut traps = Traps::new(2);
        let mut is_trap = |text| traps.trap(&url(text), None).is_some();
        assert!(!is_trap("http://h/cal?d=1"));
        assert!(!is_trap("http://h/cal?d=2"));
        assert!(is_trap("http://h/cal?d=3"));
        assert!(!is_trap("http://h/cal"));
        assert!(!is_trap("http://h/other?d=1"));
    }

    #[test]
    fn numbered_paths_that_link_from_one_to_the_next_end() {
        let mut traps = Traps::new(100);
        let mut chain = |from: &str, to: &str, depth| {
            let page = url(&format!("http://h{from}"));
            let found = FoundOn { page: &page, depth };
            let found = Some(found).filter(|_| !from.is_empty());
            traps.trap(&url(&format!("http://h{to}")), found).is_some()
        };
        let ended = (0..2_000).find(|n| {
            let (from, to) = (format!("/cal/{n}/"), format!("/cal/{}/", n + 1));
            chain(&from, &to, *n)
        });
        assert_eq!(ended, Some(500));
        // Another family, a list of products, a sitemap and close pages are still admitted.
        assert!(!chain("/news/1", "/news/2", 900));
        assert!(!chain("/list/60", "/cal/5000/", 900));
        assert!(!chain("", "/cal/5001/", 900));
        assert!(!chain("/cal/3/", "/cal/5002/", 50));
        assert!(chain("/cal/3/", "/cal/5003/", 51));
    }

    #[test]
    fn a_shape_has_a_mark_for_each_number() {
        let shape = |text| shape(&url(text));
        assert_eq!(
            shape("http://h/cal/2031/05/"),
            Some("http://h/cal/#/#/".to_owned())
        );
        assert_eq!(shape("http://h/p12-x3"), Some("http://h/p#-x#".to_owned()));
        assert_eq!(shape("http://h1/about"), None);
    }
}
