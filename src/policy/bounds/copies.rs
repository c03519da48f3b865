//! Pages with the same content. A server that gives every path the same answer, or writes a session
//! into each link, has no last page. Its pages repeat, whatever their paths look like. The pages of
//! a catalogue of any size differ in text or title.
//!
//! Limits: a site whose endless pages all differ, because a machine writes their text, is not
//! recognised. It ends by `--max-pages` and `--max-disk`. Pages without any text, such as
//! galleries, are never counted.

use std::collections::HashMap;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::model::{CrawlUrl, HtmlFacts};

/// Pages of one host with the same title and text after which the links of such a page count as not
/// new. If a path may have more queries than this, that number applies. Sites that repeat their
/// pages for each country or currency have some dozens of each; a shop's empty categories may be
/// hundreds. Ours.
const MOST_COPIES: u32 = 1_000;

/// Maximum texts counted at a time. Ours.
const MOST_TEXTS: usize = 100_000;

/// Counts of the pages of a run that have the same content. Takes about 2 MB at most.
#[derive(Debug)]
pub struct Copies {
    most: u32,
    counts: HashMap<u64, u32>,
}

impl Copies {
    /// Returns the counts for a run with this limit of queries per path.
    pub fn new(max_queries_per_path: u32) -> Copies {
        Copies {
            most: max_queries_per_path.max(MOST_COPIES),
            counts: HashMap::new(),
        }
    }

    /// Counts a fetched page. Returns why the new links on it lead nowhere new, if too many pages
    /// of its host have the same content.
    pub fn count(&mut self, url: &CrawlUrl, page: &HtmlFacts) -> Option<String> {
        if page.text_hash == xxh3_64(b"") {
            return None;
        }
        let title = page.title.as_deref().unwrap_or_default();
        let of_host = xxh3_64_with_seed(url.host_key().as_str().as_bytes(), page.text_hash);
        let key = xxh3_64_with_seed(title.as_bytes(), of_host);
        if self.counts.len() >= MOST_TEXTS && !self.counts.contains_key(&key) {
            self.forget();
        }
        let (most, count) = (self.most, self.counts.entry(key).or_default());
        *count = count.saturating_add(1);
        (*count > most).then(|| {
            format!(
                "the site seems endless here: found on one of more than {most} pages with the same title and text"
            )
        })
    }

    /// Makes room: most texts of any site occur once.
    fn forget(&mut self) {
        self.counts.retain(|_, count| *count > 1);
        if self.counts.len() > MOST_TEXTS / 2 {
            self.counts.retain(|_, count| *count > MOST_COPIES / 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> CrawlUrl {
        CrawlUrl::parse(text).expect("valid")
    }

    fn page(title: &str, text: &str) -> HtmlFacts {
        HtmlFacts {
            title: Some(title.to_owned()),
            text_hash: xxh3_64(text.as_bytes()),
            ..HtmlFacts::default()
        }
    }

    #[test]
    fn a_thousand_pages_may_have_the_same_content() {
        let mut copies = Copies::new(5);
        let welcome = page("Welcome", "Hello.");
        let mut add = |n: u32, page: &HtmlFacts| {
            let url = url(&format!("http://h/{n}"));
            copies.count(&url, page).is_some()
        };
        assert!((0..MOST_COPIES).all(|n| !add(n, &welcome)));
        assert!(add(7, &welcome));
        // Another title, another text, and no text at all.
        assert!(!add(8, &page("Welcome 2", "Hello.")));
        assert!(!add(9, &page("Welcome", "Hello again.")));
        assert!((0..2 * MOST_COPIES).all(|n| !add(n, &page("Welcome", ""))));
        assert_eq!(copies.count(&url("http://other/"), &welcome), None);
        let mut more = Copies::new(2 * MOST_COPIES);
        let page = url("http://h/");
        assert!((0..2 * MOST_COPIES).all(|_| more.count(&page, &welcome).is_none()));
        assert!(more.count(&page, &welcome).is_some());
    }

    #[test]
    fn a_catalogue_of_any_size_is_no_trap_and_costs_no_memory() {
        let mut copies = Copies::new(5);
        for n in 0..300_000_u32 {
            let article = page("Shop", &n.to_string());
            assert_eq!(copies.count(&url("http://h/"), &article), None);
        }
        assert!(copies.counts.len() <= MOST_TEXTS);
    }

    #[test]
    fn a_trap_behind_a_large_site_is_recognised() {
        let mut copies = Copies::new(5);
        let mut trapped = false;
        for n in 0..300_000_u32 {
            copies.count(&url("http://h/"), &page("Shop", &n.to_string()));
            let same = page("Shop", "no such page");
            trapped |= copies.count(&url("http://h/"), &same).is_some();
        }
        assert!(trapped);
    }
}
