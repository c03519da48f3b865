//! Families of URLs, learned from a sample of them as the crawl learns its own.

use std::borrow::Cow;

use crate::policy::Families;

/// What is known about the paths of a log.
#[derive(Debug, Default)]
pub(in crate::logs) struct Paths {
    families: Families,
}

impl Paths {
    /// Learns from the key of a URL.
    pub(in crate::logs) fn learn(&mut self, key: &[u8]) {
        if let Some((host, path, query)) = split(&text(key)) {
            self.families.learn_path(host, path, query);
        }
    }

    /// Returns the family of a URL, with its host if the log names it.
    pub(in crate::logs) fn family(&self, key: &[u8]) -> String {
        let mut family = String::with_capacity(key.len());
        self.write_family(key, &mut family);
        family
    }

    /// Replaces a text by the family of a URL.
    pub(in crate::logs) fn write_family(&self, key: &[u8], family: &mut String) {
        family.clear();
        match split(&text(key)) {
            Some((host, path, query)) => {
                family.push_str(host);
                self.families.add_pattern(host, path, query, family);
            }
            None => family.push_str("(other)"),
        }
    }
}

/// Returns a key as a text. Most keys are ASCII, which is checked at once.
pub(in crate::logs) fn text(key: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(key).map_or_else(|_| String::from_utf8_lossy(key), Cow::Borrowed)
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
    host_and_section(key).1
}

/// Returns the host of a URL, empty if the log does not name it, and its section.
pub(in crate::logs) fn host_and_section(key: &[u8]) -> (&[u8], &[u8]) {
    // Both are short: a search for many bytes at once takes longer.
    let Some(start) = key.iter().position(|byte| *byte == b'/') else {
        return (b"", b"/");
    };
    let (host, path) = key.split_at(start);
    let end = path[1..]
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'));
    match end.map(|end| end + 1) {
        Some(end) if end > 1 && path[end] == b'/' => (host, &path[..=end]),
        _ => (host, b"/"),
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
