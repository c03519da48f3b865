//! Other spellings of a URL: they name the same resource (RFC 3986, section 6.2.2.2), and differ in their bytes.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{CrawlUrl, LONGEST_URL, last_escape};

/// Characters that are escaped or not: eight spellings.
const CHOSEN: usize = 3;

impl CrawlUrl {
    /// Returns the same URL with some letters or digits of its path escaped. Each number from 1 to 7 selects other
    /// characters. Returns `None` for other numbers, or if no part of the path has enough letters or digits. It is
    /// not a normal form: it is only requested, and not stored as a known URL.
    #[must_use]
    pub fn respelled(&self, number: usize) -> Option<CrawlUrl> {
        let path = self.0.path();
        let places = Places::of(path).filter(|_| (1..1 << CHOSEN).contains(&number))?;
        let mut respelled = String::with_capacity(path.len() + 2 * CHOSEN + 2);
        for (at, character) in path.char_indices() {
            let nth = places.chosen.iter().position(|chosen| *chosen == at);
            let is_chosen = nth.is_some_and(|nth| number >> nth & 1 == 1);
            if is_chosen || places.always == Some(at) {
                let _ = write!(respelled, "%{:02X}", u32::from(character));
            } else {
                respelled.push(character);
            }
        }
        let mut url = self.0.as_ref().clone();
        url.set_path(&respelled);
        CrawlUrl(Arc::new(url)).no_longer_than(LONGEST_URL).ok()
    }
}

/// The byte offsets of the characters that may be escaped, all in one part of the path. A server may choose the
/// backend by the beginning or the end of the path. Then it sends all spellings to the same backend.
struct Places {
    /// Escaped in every spelling.
    always: Option<usize>,
    chosen: [usize; CHOSEN],
}

impl Places {
    /// Returns the byte offsets in the page's name, so that its folder and its extension stay as they are; or else in
    /// its extension, or in the last folder with enough of them.
    fn of(path: &str) -> Option<Places> {
        let bytes = path.as_bytes();
        let is_escape = |at: usize| {
            (at.saturating_sub(2)..=at).any(|from| {
                let escape = bytes.get(from..from + 3);
                escape.is_some_and(|escape| last_escape(escape).is_some())
            })
        };
        let is_plain = |at: &usize| bytes[*at].is_ascii_alphanumeric() && !is_escape(*at);
        let chosen = |places: &mut dyn Iterator<Item = usize>| -> Option<[usize; CHOSEN]> {
            let found: Vec<usize> = places.take(CHOSEN).collect();
            found.try_into().ok()
        };
        let end = path.trim_end_matches('/').len();
        let name = path[..end].rfind('/')? + 1;
        let dot = path[name..end].find('.').map_or(end, |dot| name + dot);
        if let Some(chosen) = chosen(&mut (name..dot).filter(is_plain)) {
            let always = None;
            return Some(Places { always, chosen });
        }
        let always = (dot..end).find(is_plain);
        let others = |at: &usize| Some(*at) != always && is_plain(at);
        if let Some(chosen) = chosen(&mut (name..end).filter(others)) {
            return Some(Places { always, chosen });
        }
        let mut folders = path[..name].split_terminator('/').rev();
        let mut end = name;
        folders.find_map(|folder| {
            end -= 1;
            let from = end - folder.len();
            let chosen = chosen(&mut (from..end).filter(is_plain));
            end = from;
            chosen.map(|chosen| Places {
                always: None,
                chosen,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_differ_and_name_the_same_resource() {
        let cases = [
            ("/shop/shoes.html?a=1", "/shop/%73hoes.html?a=1"),
            ("/app/1.html", "/app/%31.%68tml"),
            ("/blog/", "/%62log/"),
            ("/caf%C3%A9/1/12", "/%63af%C3%A9/1/12"),
        ];
        for (path, first) in cases {
            let url = CrawlUrl::parse(&format!("http://a.test{path}")).expect("a URL");
            let spellings: Vec<CrawlUrl> =
                (1..8).filter_map(|number| url.respelled(number)).collect();
            assert_eq!(spellings[0].path_and_query(), first);
            for (at, spelling) in spellings.iter().enumerate() {
                assert!(!spellings[..at].contains(spelling) && *spelling != url);
                assert_eq!(CrawlUrl::parse(spelling.as_str()).expect("a URL"), url);
            }
            assert_eq!(spellings.len(), 7, "{path}");
            assert!(url.respelled(0).is_none() && url.respelled(8).is_none());
        }
        for short in ["/", "/a/1.js", "/%C3%A9/"] {
            let url = CrawlUrl::parse(&format!("http://a.test{short}")).expect("a URL");
            assert_eq!(url.respelled(1), None, "{short}");
        }
    }
}
