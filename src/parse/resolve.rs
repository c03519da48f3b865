//! Resolves references to URLs, by the rules of browsers.

use std::borrow::Cow;
use std::io::Write;

use encoding_rs::{Encoding, UTF_8};
use url::{Position, Url};

use crate::model::{CrawlUrl, UrlFault, check_text};

/// Converts a query into bytes of the page's encoding (URL standard, "encoding").
type QueryEncoder<'a> = &'a dyn Fn(&str) -> Cow<'_, [u8]>;

/// A resolver for the references of one page.
#[derive(Clone, Debug)]
pub struct Resolver {
    base: Url,
    /// Length of the base up to the last slash of its path, where relative references start.
    folder: usize,
    /// Whether the path holds a character that the `url` crate may read as a Windows drive, such as `/c:/` or `/c|/`.
    /// It does not leave such a folder, whatever the scheme.
    may_hold_drive: bool,
    encoding: &'static Encoding,
}

impl Resolver {
    /// Creates a resolver for a page at `page` with the `href` of its first `<base>`, in the encoding of its
    /// bytes.
    pub fn new(page: &CrawlUrl, base: Option<&str>, encoding: &'static Encoding) -> Resolver {
        // UTF-16 pages write their URLs in UTF-8 (encoding standard, "output encoding").
        let encoding = encoding.output_encoding();
        let resolver = Resolver::at(page.as_url().clone(), encoding);
        // HTML standard, "frozen base URL": an invalid base, or one of these two schemes, is ignored, and the
        // page's own URL counts.
        match base.map(|base| resolver.join(base)) {
            Some(Ok(url)) if !matches!(url.scheme(), "data" | "javascript") => {
                Resolver::at(url, encoding)
            }
            Some(Err(UrlFault::Scheme(_))) => Resolver::at(nowhere(resolver.base), encoding),
            _ => resolver,
        }
    }

    fn at(base: Url, encoding: &'static Encoding) -> Resolver {
        Resolver {
            folder: to_last_slash(&base[..Position::AfterPath]).len(),
            may_hold_drive: base.path().contains([':', '|']),
            base,
            encoding,
        }
    }

    /// Creates a resolver for references outside HTML, such as those of a header: no `<base>`, UTF-8.
    pub fn of_headers(page: &CrawlUrl) -> Resolver {
        Resolver::new(page, None, UTF_8)
    }

    /// Returns the URL of a reference. An empty one, or only a fragment, means the base itself.
    pub fn resolve(&self, target: &str) -> Result<CrawlUrl, UrlFault> {
        Ok(CrawlUrl::from_url(self.join(target)?)?.without_slack(target))
    }

    /// Writes the absolute form of a reference without its fragment, if plain concatenation gives it. This
    /// form identifies equal references on all pages. Returns false otherwise; then `text` is useless.
    pub fn absolute(&self, target: &str, text: &mut String) -> bool {
        text.clear();
        if self.encoding != UTF_8 || check_text(target).is_err() {
            return false;
        }
        let end = memchr::memchr(b'#', target.as_bytes());
        let target = &target[..end.unwrap_or(target.len())];
        // White space is ignored at the end of a reference, but not before a fragment.
        if target.ends_with(|last| last <= ' ') {
            return false;
        }
        let (beginning, rest) = match target.as_bytes() {
            [] => (&self.base[..Position::AfterQuery], ""),
            [b'/', b'/', ..] => (&self.base.as_str()[..=self.base.scheme().len()], target),
            // The parser reads the first as a slash and removes the others (URL standard, "basic URL
            // parser"): another host may follow.
            [b'/', b'\\' | b'\t' | b'\n' | b'\r', ..] => return false,
            [b'/', ..] => (&self.base[..Position::BeforePath], target),
            [b'h', ..] if target.starts_with("http://") || target.starts_with("https://") => {
                ("", target)
            }
            [first, ..] if first.is_ascii_alphanumeric() || b"._-~%".contains(first) => {
                if names_scheme(target) || (self.may_hold_drive && target.starts_with("..")) {
                    return false;
                }
                self.climb(target)
            }
            _ => return false,
        };
        text.push_str(beginning);
        text.push_str(rest);
        true
    }

    /// Returns the folder in which a relative reference starts, and the rest after its `../`.
    fn climb<'a>(&'a self, mut target: &'a str) -> (&'a str, &'a str) {
        let mut folder = &self.base.as_str()[..self.folder];
        if !target.starts_with("../") {
            return (folder, target);
        }
        let origin = self.base[..Position::BeforePath].len();
        while let Some(rest) = target.strip_prefix("../") {
            target = rest;
            if folder.len() > origin + 1 {
                folder = to_last_slash(&folder[..folder.len() - 1]);
            }
        }
        (folder, target)
    }

    fn join(&self, target: &str) -> Result<Url, UrlFault> {
        check_text(target)?;
        let target = two_slashes(target, &self.base);
        let target = target.as_ref();
        let options = Url::options().base_url(Some(&self.base));
        if self.encoding == UTF_8 {
            return Ok(options.parse(target)?);
        }
        let encode: QueryEncoder<'_> = &|query| encode(query, self.encoding);
        Ok(options.encoding_override(Some(encode)).parse(target)?)
    }
}

/// Reduces more than two leading slashes of a reference to two (URL standard, "special authority ignore
/// slashes state"); the `url` crate finds an empty host in it.
fn two_slashes<'a>(target: &'a str, base: &Url) -> Cow<'a, str> {
    let text = target.trim_start_matches(|c| c <= ' ');
    let host = text.trim_start_matches(['/', '\\']);
    if text.len() - host.len() > 2 && matches!(base.scheme(), "http" | "https") {
        Cow::Owned(format!("//{host}"))
    } else {
        Cow::Borrowed(target)
    }
}

/// Returns a base for which no relative reference has a meaning, as for a file on the reader's disk.
fn nowhere(page: Url) -> Url {
    Url::parse("about:invalid").unwrap_or(page)
}

fn to_last_slash(text: &str) -> &str {
    memchr::memrchr(b'/', text.as_bytes()).map_or(text, |end| &text[..=end])
}

/// Returns whether a reference may begin with a scheme.
fn names_scheme(target: &str) -> bool {
    let is_end = |byte: &u8| matches!(byte, b':' | b'/' | b'\\' | b'?');
    target.bytes().find(is_end) == Some(b':')
}

/// Encodes a query in the bytes of an encoding. Characters that it lacks become percent-encoded numeric
/// character references (URL standard, "percent-encode after encoding").
fn encode<'q>(query: &'q str, encoding: &'static Encoding) -> Cow<'q, [u8]> {
    let (bytes, _, unmappable) = encoding.encode(query);
    if !unmappable {
        return bytes;
    }
    let mut out = Vec::with_capacity(query.len());
    for c in query.chars() {
        let mut utf8 = [0; 4];
        let (bytes, _, unmappable) = encoding.encode(c.encode_utf8(&mut utf8));
        if unmappable {
            // Writing to a vector cannot fail.
            let _ = write!(out, "%26%23{}%3B", u32::from(c));
        } else {
            out.extend_from_slice(&bytes);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{SHIFT_JIS, UTF_16LE, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    fn resolver(base: Option<&str>, encoding: &'static Encoding) -> Resolver {
        let page = CrawlUrl::parse("http://h/dir/page?x=1").expect("a valid URL");
        Resolver::new(&page, base, encoding)
    }

    fn check(base: Option<&str>, target: &str, expected: &str) {
        let url = resolver(base, UTF_8).resolve(target).expect("resolvable");
        assert_eq!(url.as_str(), expected, "{target:?} with base {base:?}");
    }

    #[test]
    fn references_are_resolved_as_browsers_do() {
        check(None, "a", "http://h/dir/a");
        check(None, "/a", "http://h/a");
        check(None, "//g/a", "http://g/a");
        check(None, "?y", "http://h/dir/page?y");
        check(None, "", "http://h/dir/page?x=1");
        check(None, "#top", "http://h/dir/page?x=1");
        check(None, " /a\n\t/b\r ", "http://h/a/b");
        check(None, "ht\ntp://g/", "http://g/");
        check(None, "\\a\\b", "http://h/a/b");
    }

    #[test]
    fn a_base_on_the_readers_disk_allows_only_absolute_references() {
        let page = resolver(Some("file:///C:/site/"), UTF_8);
        for relative in ["a", "/a", "../a", "?y", "#top", "", "//g/a"] {
            assert!(page.resolve(relative).is_err(), "{relative}");
        }
        let found = page.resolve("http://g/a").expect("absolute");
        assert_eq!(found.as_str(), "http://g/a");
    }

    #[test]
    fn equal_references_have_one_absolute_text() {
        let page = resolver(None, UTF_8);
        let cases = [
            ("a", Some("http://h/dir/a")),
            ("../dir/a", Some("http://h/dir/a")),
            ("/dir/a#top", Some("http://h/dir/a")),
            ("http://h/dir/a", Some("http://h/dir/a")),
            ("../../../a/", Some("http://h/a/")),
            ("../", Some("http://h/")),
            ("a?b:c", Some("http://h/dir/a?b:c")),
            ("a#b:c", Some("http://h/dir/a")),
            ("//g/a", Some("http://g/a")),
            ("#top", Some("http://h/dir/page?x=1")),
            ("", Some("http://h/dir/page?x=1")),
            ("http:a", None),
            ("http:?y", None),
            ("http:", None),
            ("mailto:a@b", None),
            ("?y", None),
            ("/\\a", None),
            ("/\r/g/a", None),
            ("/\t\n\\g/a", None),
            (" a", None),
        ];
        let mut text = String::new();
        for (target, expected) in cases {
            let found = page.absolute(target, &mut text).then_some(text.as_str());
            assert_eq!(found, expected, "{target}");
        }
        assert!(!resolver(None, SHIFT_JIS).absolute("a", &mut text));
        assert!(!resolver(Some("/c:/x/"), UTF_8).absolute("../../a", &mut text));
    }

    proptest! {
        #[test]
        fn an_absolute_text_resolves_like_its_reference(
            base in "(http|ftp)://(u@)?h(:8)?(/[ab%.]{0,3}){0,4}(\\?[ab/]{0,3})?",
            target in "(\\.\\./){0,3}(\\.|/|http:|https://|a|:|\\\\|%2e|%2f|\\?|#|\t| |@|é){0,8}",
        ) {
            let page = CrawlUrl::parse("http://h/dir/page?x=1").expect("a valid URL");
            let resolver = Resolver::new(&page, Some(&base), UTF_8);
            let mut text = String::new();
            if let (Ok(url), true) = (resolver.resolve(&target), resolver.absolute(&target, &mut text)) {
                prop_assert_eq!(CrawlUrl::parse(&text), Ok(url), "{} on {}", target, base);
            }
        }
    }

    #[test]
    fn a_base_moves_every_relative_reference() {
        check(Some("/other/"), "a", "http://h/other/a");
        check(Some("//cdn/x/y"), "a", "http://cdn/x/a");
        check(Some("/other/"), "#top", "http://h/other/");
        check(Some("javascript:0"), "a", "http://h/dir/a");
        check(Some("data:,x"), "a", "http://h/dir/a");
        check(Some("http://[bad"), "a", "http://h/dir/a");
    }

    #[test]
    fn references_beyond_the_limit_are_refused_and_move_nothing() {
        let long = "a".repeat(64 * 1024 + 1);
        for encoding in [UTF_8, WINDOWS_1252] {
            let found = resolver(None, encoding).resolve(&long);
            assert!(matches!(found, Err(UrlFault::TooLong { .. })), "{found:?}");
        }
        check(Some(&long), "b", "http://h/dir/b");
    }

    #[test]
    fn a_base_beyond_the_url_limit_is_ignored_by_references_that_leave_it() {
        let base = "/a".repeat(5_000);
        check(Some(&base), "/b", "http://h/b");
        let found = resolver(Some(&base), UTF_8).resolve("b");
        assert!(matches!(found, Err(UrlFault::TooLong { .. })), "{found:?}");
    }

    #[test]
    fn a_base_of_another_scheme_makes_relative_references_of_that_scheme() {
        let resolver = resolver(Some("ftp://files/pub/"), UTF_8);
        assert_eq!(
            resolver.resolve("a"),
            Err(UrlFault::Scheme("ftp".to_owned()))
        );
        assert!(resolver.resolve("http://g/").is_ok());
    }

    #[test]
    fn more_than_two_slashes_count_as_two() {
        for target in ["///other/x", "////other/x", " \\\\/other/x", "/\\/other/x"] {
            let found = resolver(None, UTF_8).resolve(target).expect(target);
            assert_eq!(found.path_and_query(), "/x", "{target}");
            assert_eq!(found.as_url().host_str(), Some("other"), "{target}");
        }
    }

    #[test]
    fn queries_use_the_encoding_of_the_page() {
        let cases = [
            (WINDOWS_1252, "/é?é", "http://h/%C3%A9?%E9"),
            (
                WINDOWS_1252,
                "?a=…б&b",
                "http://h/dir/page?a=%85%26%231073%3B&b",
            ),
            (SHIFT_JIS, "?日", "http://h/dir/page?%93%FA"),
            (UTF_16LE, "?é", "http://h/dir/page?%C3%A9"),
            (UTF_8, "?é", "http://h/dir/page?%C3%A9"),
        ];
        for (encoding, target, expected) in cases {
            let url = resolver(None, encoding).resolve(target).expect("valid");
            assert_eq!(url.as_str(), expected, "{}", encoding.name());
        }
    }
}
