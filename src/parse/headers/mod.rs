//! References in the HTTP header: `Link` (RFC 8288) and `Refresh`.

pub(super) mod refresh;
pub(super) mod rel;
pub(super) mod retry_after;

use compact_str::CompactString;
use http::HeaderMap;

use crate::model::{LinkKind, MAX_REL, Position, Reference, beginning};

use super::html::MetaRefresh;
use refresh::parse_refresh;
use rel::{is_nofollow, link_kinds};

/// Maximum number of references in the header; more are dropped. Servers and proxies refuse headers
/// of some tens of kilobytes, so no honest one has as many.
const MAX_HEADER_REFERENCES: usize = 1_000;

/// Returns the references of all `Link` fields whose kind the crawl knows.
pub fn link_references(headers: &HeaderMap) -> Vec<Reference<'static>> {
    let mut found = Vec::new();
    for value in headers.get_all("link") {
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut rest = value.as_ref();
        while let Some(link) = next_link(&mut rest) {
            found.extend(link.references());
            if found.len() >= MAX_HEADER_REFERENCES {
                found.truncate(MAX_HEADER_REFERENCES);
                return found;
            }
        }
    }
    found
}

/// Returns the first `Refresh` field, which browsers read like the meta element.
pub fn refresh_header(headers: &HeaderMap) -> Option<MetaRefresh> {
    let value = String::from_utf8_lossy(headers.get("refresh")?.as_bytes());
    let (delay, target) = parse_refresh(&value)?;
    Some(MetaRefresh {
        delay,
        target: target.map(str::to_owned),
    })
}

/// One link of a field, with its relevant parameters.
#[derive(Default)]
struct Link<'a> {
    target: &'a str,
    rel: Option<String>,
    hreflang: Option<String>,
    of_another_page: bool,
}

impl Link<'_> {
    fn references(self) -> impl Iterator<Item = Reference<'static>> {
        let rel = self.rel.unwrap_or_default();
        let language = self.hreflang.filter(|language| !language.is_empty());
        let target = self.target.trim();
        let counts = !self.of_another_page && !target.is_empty();
        let kinds: Vec<LinkKind> = link_kinds(&rel, language.is_some())
            .filter(|_| counts)
            .collect();
        kinds.into_iter().map(move |kind| Reference {
            kind,
            target: target.to_owned().into(),
            anchor: CompactString::default(),
            rel: match (&language, kind) {
                (Some(language), LinkKind::Hreflang) => beginning(language, MAX_REL).into(),
                _ => beginning(&rel, MAX_REL).into(),
            },
            position: Position::HttpHeader,
            nofollow: is_nofollow(&rel),
        })
    }
}

/// Reads the next link. Invalid text is skipped up to the next comma.
fn next_link<'a>(rest: &mut &'a str) -> Option<Link<'a>> {
    loop {
        *rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        if rest.is_empty() {
            return None;
        }
        if let Some((target, parameters)) = rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            let mut link = Link {
                target,
                ..Link::default()
            };
            *rest = parameters;
            while let Some((name, value)) = next_parameter(rest) {
                link.take(name, value);
            }
            return Some(link);
        }
        *rest = rest.find(',').map_or("", |at| &rest[at..]);
    }
}

impl Link<'_> {
    /// Sets a parameter. Of a repeated one the first counts (RFC 8288 section 3.3).
    fn take(&mut self, name: &str, value: String) {
        if name.eq_ignore_ascii_case("rel") {
            self.rel.get_or_insert(value);
        } else if name.eq_ignore_ascii_case("hreflang") {
            self.hreflang.get_or_insert(value);
        } else if name.eq_ignore_ascii_case("anchor") {
            // The link then starts from another page than this one.
            self.of_another_page = !value.is_empty();
        }
    }
}

/// Reads `; name=value`, or `; name="va,lue"`. Returns `None` at a comma or the end.
fn next_parameter<'a>(rest: &mut &'a str) -> Option<(&'a str, String)> {
    let trimmed = rest.trim_start_matches(|c: char| c == ';' || c.is_ascii_whitespace());
    if trimmed.is_empty() || trimmed.starts_with(',') {
        *rest = trimmed;
        return None;
    }
    let end = trimmed.find([';', ',', '=']).unwrap_or(trimmed.len());
    let name = trimmed[..end].trim();
    let Some(after) = trimmed[end..].strip_prefix('=') else {
        *rest = &trimmed[end..];
        return Some((name, String::new()));
    };
    let after = after.trim_ascii_start();
    let (value, remaining) = if let Some(quoted) = after.strip_prefix('"') {
        unquote(quoted)
    } else {
        let end = after.find([';', ',']).unwrap_or(after.len());
        (after[..end].trim().to_owned(), &after[end..])
    };
    *rest = remaining;
    Some((name, value))
}

/// Returns the content of a quoted string and the text after it. Without a closing quote it ends
/// with the field.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(values: &[&str], expected: &[(LinkKind, &str, &str)]) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("link", value.parse().expect("a header value"));
        }
        let found = link_references(&headers);
        let found: Vec<_> = found
            .iter()
            .map(|r| (r.kind, &*r.target, r.rel.as_str()))
            .collect();
        assert_eq!(found, expected, "{values:?}");
    }

    #[test]
    fn a_long_rel_is_cut_but_read_to_its_end() {
        let rel = format!("{} next nofollow", "x".repeat(300));
        check(
            &[&format!("</n>; rel=\"{rel}\"")],
            &[(LinkKind::Next, "/n", &rel[..MAX_REL])],
        );
    }

    #[test]
    fn links_of_all_fields_are_read() {
        use LinkKind as K;
        check(&[], &[]);
        check(
            &["</c>; rel=canonical"],
            &[(K::Canonical, "/c", "canonical")],
        );
        check(
            &[
                "</a,b>; rel=\"next\" , </p>;rel=prev",
                "</s.css>; as=style; rel=preload",
            ],
            &[
                (K::Next, "/a,b", "next"),
                (K::Prev, "/p", "prev"),
                (K::Preload, "/s.css", "preload"),
            ],
        );
        check(
            &["</de>; rel=alternate; hreflang=\"de-AT\"; title=\"a, \\\"b; c\""],
            &[(K::Hreflang, "/de", "de-AT")],
        );
        check(
            &["</x>; rel=\"canonical next\"; rel=prev"],
            &[
                (K::Canonical, "/x", "canonical next"),
                (K::Next, "/x", "canonical next"),
            ],
        );
    }

    #[test]
    fn invalid_links_and_links_of_other_pages_are_skipped() {
        check(&["</x>; rel=canonical; anchor=\"/other\""], &[]);
        check(&["</x>; rel=preconnect, </y>"], &[]);
        check(
            &["nonsense; rel=next, </n>; rel=next"],
            &[(LinkKind::Next, "/n", "next")],
        );
        check(
            &[
                "<>; rel=canonical",
                "<unclosed; rel=next",
                ",,;",
                "</x>; rel=\"ne",
            ],
            &[],
        );
        check(&["</x>; rel=\"next"], &[(LinkKind::Next, "/x", "next")]);
    }

    #[test]
    fn a_refresh_field_is_read_like_the_element() {
        let mut headers = HeaderMap::new();
        headers.insert("refresh", "3; url=/next".parse().expect("a header value"));
        let expected = MetaRefresh {
            delay: Duration::from_secs(3),
            target: Some("/next".to_owned()),
        };
        assert_eq!(refresh_header(&headers), Some(expected));
    }
}
