//! From a reference as written to the URL it means, by the rules that browsers follow.

use std::borrow::Cow;
use std::io::Write;

use encoding_rs::{Encoding, UTF_8};
use url::{Position, Url};

use crate::model::{CrawlUrl, QueryEncoder, UrlFault, check_length};

/// Resolves the references of one page.
#[derive(Clone, Debug)]
pub struct Resolver {
    base: Url,
    encoding: &'static Encoding,
}

impl Resolver {
    /// For a page at `page` with the `href` of its first `<base>`, in the encoding of its bytes.
    pub fn new(page: &CrawlUrl, base: Option<&str>, encoding: &'static Encoding) -> Resolver {
        let mut resolver = Resolver {
            base: page.as_url().clone(),
            // UTF-16 pages write their URLs in UTF-8 (encoding standard, "output encoding").
            encoding: encoding.output_encoding(),
        };
        // HTML standard, "frozen base URL": one that does not parse, or is of these two schemes,
        // leaves the page's own address.
        let usable = |url: &Url| !matches!(url.scheme(), "data" | "javascript");
        if let Some(url) = base
            .and_then(|base| resolver.join(base).ok())
            .filter(usable)
        {
            resolver.base = url;
        }
        resolver
    }

    /// For references outside HTML, such as those of a header: no `<base>`, UTF-8.
    pub fn of_headers(page: &CrawlUrl) -> Resolver {
        Resolver::new(page, None, UTF_8)
    }

    /// The URL that a reference means. An empty one, or a fragment alone, means the base itself.
    pub fn resolve(&self, target: &str) -> Result<CrawlUrl, UrlFault> {
        CrawlUrl::from_url(self.join(target)?)
    }

    /// The beginning of the base that decides what a reference means: written alike, references
    /// mean the same wherever it is the same. None where more than that decides.
    pub fn context(&self, target: &str) -> Option<&str> {
        if self.encoding != UTF_8 {
            return None;
        }
        let path = Position::BeforePath;
        match target.as_bytes() {
            [b'/' | b'\\', ..] => Some(&self.base[..path]),
            // `http:?y` is a query of this page.
            [first, ..]
                if (first.is_ascii_alphanumeric() || *first == b'.')
                    && !names_scheme_alone(target) =>
            {
                let start = &self.base[..Position::AfterPath];
                start.rfind('/').map(|end| &start[..=end])
            }
            _ => None,
        }
    }

    fn join(&self, target: &str) -> Result<Url, UrlFault> {
        check_length(target)?;
        let options = Url::options().base_url(Some(&self.base));
        if self.encoding == UTF_8 {
            return Ok(options.parse(target)?);
        }
        let encode: QueryEncoder<'_> = &|query| encode(query, self.encoding);
        Ok(options.encoding_override(Some(encode)).parse(target)?)
    }
}

/// Whether a reference begins with a scheme that no host follows: what comes then may be relative.
fn names_scheme_alone(target: &str) -> bool {
    let end = target.find([':', '/', '\\', '?', '#']);
    let rest = end.map_or("", |end| &target[end..]);
    rest.starts_with(':') && !rest.starts_with("://")
}

/// A query in the bytes of an encoding. What it cannot say becomes a percent-encoded numeric
/// character reference (URL standard, "percent-encode after encoding").
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
    fn what_decides_is_the_directory_or_the_origin_or_more() {
        let page = resolver(None, UTF_8);
        let cases = [
            ("a", Some("http://h/dir/")),
            ("../a", Some("http://h/dir/")),
            ("http://g/a", Some("http://h/dir/")),
            ("http:a", None),
            ("http:?y", None),
            ("http:", None),
            ("a?b:c", Some("http://h/dir/")),
            ("/a", Some("http://h")),
            ("//g/a", Some("http://h")),
            ("?y", None),
            ("#top", None),
            ("", None),
            (" a", None),
        ];
        for (target, expected) in cases {
            assert_eq!(page.context(target), expected, "{target}");
        }
        assert_eq!(resolver(None, SHIFT_JIS).context("a"), None);
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
        let long = "a".repeat(crate::model::LONGEST_URL + 1);
        for encoding in [UTF_8, WINDOWS_1252] {
            let found = resolver(None, encoding).resolve(&long);
            assert_eq!(found, Err(UrlFault::TooLong));
        }
        check(Some(&long), "b", "http://h/dir/b");
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
    fn queries_take_the_encoding_of_the_page() {
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
