//! Families of URLs, learned from a sample of them as the crawl learns its own.

use crate::policy::Families;

/// What is known about the paths of a log.
#[derive(Debug, Default)]
pub(in crate::logs) struct Paths {
    families: Families,
}

impl Paths {
    /// Learns from the key of a URL.
    pub(in crate::logs) fn learn(&mut self, key: &[u8]) {
        let text = String::from_utf8_lossy(key);
        if let Some((host, path, query)) = split(&text) {
            self.families.learn_path(host, path, query);
        }
    }

    /// Returns the family of a URL, with its host if the log names it.
    pub(in crate::logs) fn family(&self, key: &[u8]) -> String {
        let text = String::from_utf8_lossy(key);
        let Some((host, path, query)) = split(&text) else {
            return "(other)".to_owned();
        };
        let mut family = String::with_capacity(text.len());
        family.push_str(host);
        self.families.add_pattern(host, path, query, &mut family);
        family
    }
}

/// Returns host, path and query of a key.
fn split(key: &str) -> Option<(&str, &str, Option<&str>)> {
    let (host, rest) = key.split_at(memchr::memchr(b'/', key.as_bytes())?);
    Some(match memchr::memchr(b'?', rest.as_bytes()) {
        Some(end) => (host, &rest[..end], Some(&rest[end + 1..])),
        None => (host, rest, None),
    })
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
        let mut paths = Paths::default();
        for key in keys {
            paths.learn(key.as_bytes());
        }
        assert_eq!(paths.family(b"/product/item-99"), "/product/item-*");
    }
}
