//! Families of URLs, learned from a sample of them as the crawl learns its own.

use crate::model::CrawlUrl;
use crate::policy::Families;

/// URLs that are learned from. Ours: enough to see which values are names, and few enough to take no time.
const MOST: usize = 20_000;

/// Stands for the host where the log names none.
const NO_HOST: &str = "log.invalid";

/// What is known about the paths of a log.
#[derive(Debug, Default)]
pub(in crate::logs) struct Paths {
    families: Families,
}

impl Paths {
    /// Learns from keys of URLs.
    pub(in crate::logs) fn learn<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Paths {
        let mut families = Families::default();
        for url in keys.take(MOST).filter_map(url) {
            families.learn(&url);
        }
        Paths { families }
    }

    /// Returns the family of a URL, with its host if the log names it.
    pub(in crate::logs) fn family(&self, key: &[u8]) -> String {
        let Some(url) = url(key) else {
            return "(other)".to_owned();
        };
        let pattern = self.families.pattern(&url);
        match host(key) {
            "" => pattern,
            host => format!("{host}{pattern}"),
        }
    }
}

fn host(key: &[u8]) -> &str {
    let end = memchr::memchr(b'/', key).unwrap_or(0);
    std::str::from_utf8(&key[..end]).unwrap_or_default()
}

fn url(key: &[u8]) -> Option<CrawlUrl> {
    let text = String::from_utf8_lossy(key);
    let host = if key.first() == Some(&b'/') {
        NO_HOST
    } else {
        ""
    };
    CrawlUrl::parse(&format!("http://{host}{text}")).ok()
}

/// Returns the section of a URL: the first folder of its path, with its slashes.
pub(in crate::logs) fn section(key: &[u8]) -> &[u8] {
    let start = memchr::memchr(b'/', key).unwrap_or(key.len());
    let path = &key[start..];
    let path = &path[..memchr::memchr(b'?', path).unwrap_or(path.len())];
    let inner = path.get(1..).unwrap_or_default();
    match memchr::memchr(b'/', inner) {
        Some(end) if end > 0 => &path[..end + 2],
        _ => b"/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_first_folders() {
        for (key, expected) in [
            ("/a/b", "/a/"),
            ("/a", "/"),
            ("/a?b=/c/", "/"),
            ("host.test/x/y/z", "/x/"),
            ("//x/y", "/"),
            ("", "/"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(section(key.as_bytes())),
                expected,
                "{key}"
            );
        }
    }

    #[test]
    fn families_are_learned() {
        let keys: Vec<String> = (0..50).map(|at| format!("/product/item-{at}")).collect();
        let paths = Paths::learn(keys.iter().map(String::as_bytes));
        assert_eq!(paths.family(b"/product/item-99"), "/product/item-*");
    }
}
