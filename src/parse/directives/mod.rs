//! Directives of a page for search engines, in `<meta name=robots>` and `X-Robots-Tag`.

mod unavailable;

use http::HeaderMap;

use crate::model::Moment;
use unavailable::has_passed;

/// The directives that decide whether a page can be found and whether its links count. Directives
/// of several places add up: none revokes a restriction of another (Google, "Robots meta tag
/// specifications").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RobotsDirectives {
    /// `noindex`, or `none`.
    pub noindex: bool,
    /// `nofollow`, or `none`.
    pub nofollow: bool,
    /// `nosnippet`.
    pub nosnippet: bool,
    /// The dates of `unavailable_after`, as written.
    pub unavailable_after: Vec<String>,
}

impl RobotsDirectives {
    /// Search engines whose own directives count besides the general ones.
    pub const SEARCH_BOTS: [&str; 1] = ["googlebot"];
}

/// Directives with a value of their own, whose colon does not end a crawler's name.
const VALUED: [&str; 4] = [
    "unavailable_after",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
];

impl RobotsDirectives {
    /// Reads the `X-Robots-Tag` fields that apply to all crawlers or to one of `bots` (such as
    /// `googlebot`).
    pub fn of_headers(headers: &HeaderMap, bots: &[&str]) -> RobotsDirectives {
        let mut found = RobotsDirectives::default();
        for value in headers.get_all("x-robots-tag") {
            found.read(&String::from_utf8_lossy(value.as_bytes()), bots);
        }
        found
    }

    /// Reads the meta elements that apply to all crawlers (`robots`) or to one of `bots` (`named`:
    /// name, content).
    pub fn of_meta(robots: &str, named: &[(String, String)], bots: &[&str]) -> RobotsDirectives {
        let mut found = RobotsDirectives::default();
        // In an element no name precedes the directives.
        found.read(robots, &[]);
        for (_, content) in named.iter().filter(|(name, _)| names(bots, name)) {
            found.read(content, &[]);
        }
        found
    }

    /// Combines both.
    #[must_use]
    pub fn and(self, other: RobotsDirectives) -> RobotsDirectives {
        RobotsDirectives {
            noindex: self.noindex || other.noindex,
            nofollow: self.nofollow || other.nofollow,
            nosnippet: self.nosnippet || other.nosnippet,
            unavailable_after: [self.unavailable_after, other.unavailable_after].concat(),
        }
    }

    /// Returns whether a date of `unavailable_after` has passed.
    pub fn is_unavailable(&self, now: Moment) -> bool {
        let mut dates = self.unavailable_after.iter();
        dates.any(|date| has_passed(date, now))
    }

    fn read(&mut self, value: &str, bots: &[&str]) {
        let mut for_us = true;
        let mut in_date = false;
        for part in value.split(',').map(str::trim) {
            let (before, after) = match part.split_once(':') {
                Some((before, after)) => (before.trim_end(), after.trim_start()),
                None => (part, ""),
            };
            let colon = part.contains(':');
            if colon && is_name(before) {
                // The name applies until the next one: "bot: noindex, nofollow" has two directives
                // for that bot.
                for_us = names(bots, before);
                in_date = for_us && self.apply(after);
            } else if in_date && part.starts_with(|c: char| c.is_ascii_digit()) {
                // The comma of "Fri, 25 Jun 2026 15:00:00 GMT" belongs to the date.
                if let Some(date) = self.unavailable_after.last_mut() {
                    date.push_str(", ");
                    date.push_str(part);
                }
                in_date = false;
            } else {
                in_date = for_us && self.apply(part);
            }
        }
    }

    /// Applies one directive. Returns whether it was a date that may continue after a comma.
    fn apply(&mut self, directive: &str) -> bool {
        let (name, value) = match directive.split_once(':') {
            Some((name, value)) => (name.trim_end(), value.trim()),
            None => (directive, ""),
        };
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        self.noindex |= is("noindex") || is("none");
        self.nofollow |= is("nofollow") || is("none");
        self.nosnippet |= is("nosnippet");
        let is_date = is("unavailable_after");
        if is_date {
            self.unavailable_after.push(value.to_owned());
        }
        is_date
    }
}

/// Returns whether the text before a colon names a crawler: a product token that is not a directive.
fn is_name(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '/');
    let valued = VALUED.iter().any(|v| text.eq_ignore_ascii_case(v));
    !text.is_empty() && !valued && text.chars().all(is_token)
}

fn names(bots: &[&str], name: &str) -> bool {
    name == "*" || bots.iter().any(|bot| bot.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTS: [&str; 2] = ["gatecrawl", "googlebot"];

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-robots-tag", value.parse().expect("a header value"));
        }
        headers
    }

    fn check(values: &[&str], noindex: bool, nofollow: bool) {
        let found = RobotsDirectives::of_headers(&headers(values), &BOTS);
        assert_eq!(
            (found.noindex, found.nofollow),
            (noindex, nofollow),
            "{values:?}"
        );
    }

    #[test]
    fn directives_of_all_fields_add_up() {
        check(&[], false, false);
        check(&["all"], false, false);
        check(&["NoIndex"], true, false);
        check(&["noarchive", " nofollow ,noindex"], true, true);
        check(&["none"], true, true);
        check(&["max-snippet: 20, noindex"], true, false);
    }

    #[test]
    fn a_name_limits_directives_to_that_crawler() {
        check(&["googlebot: noindex"], true, false);
        check(&["GoogleBot: noindex, nofollow"], true, true);
        check(&["otherbot: noindex, nofollow"], false, false);
        check(&["otherbot: noindex, googlebot: nofollow"], false, true);
        check(&["otherbot: noindex", "nofollow"], false, true);
        check(&["*: noindex"], true, false);
    }

    #[test]
    fn a_date_is_neither_a_name_nor_a_directive() {
        let cases = [
            (
                "unavailable_after: 25 Jun 2026 15:00:00 GST",
                "25 Jun 2026 15:00:00 GST",
            ),
            (
                "unavailable_after: Thu, 25 Jun 2026 15:00:00 GMT, nofollow",
                "Thu, 25 Jun 2026 15:00:00 GMT",
            ),
            (
                "googlebot: unavailable_after: 2026-06-25, nofollow",
                "2026-06-25",
            ),
        ];
        for (value, date) in cases {
            let found = RobotsDirectives::of_headers(&headers(&[value]), &BOTS);
            assert_eq!(found.unavailable_after, [date], "{value}");
            assert!(!found.noindex);
            assert_eq!(found.nofollow, value.contains("nofollow"), "{value}");
        }
    }

    #[test]
    fn a_page_is_unavailable_after_any_date_that_is_for_us() {
        let now = Moment::from_millis(1_800_000_000_000);
        let (past, future) = ("Thu, 25 Jun 2026 15:00:00 GMT", "2126-06-25");
        let unavailable = |header: &str, meta: &str| {
            let header = RobotsDirectives::of_headers(&headers(&[header]), &BOTS);
            header
                .and(RobotsDirectives::of_meta(meta, &[], &BOTS))
                .is_unavailable(now)
        };
        let after = |date: &str| format!("unavailable_after: {date}");
        assert!(unavailable("all", &after(past)));
        assert!(unavailable(&after(past), ""));
        assert!(unavailable(
            &format!("googlebot: {}", after(past)),
            &after(future)
        ));
        assert!(unavailable(
            &format!("{}, {}", after(future), after(past)),
            ""
        ));
        assert!(!unavailable(&format!("otherbot: {}", after(past)), ""));
        assert!(!unavailable(&after(future), &after("soon")));
    }

    #[test]
    fn meta_elements_and_headers_add_up() {
        let named = [
            ("googlebot".to_owned(), "nosnippet".to_owned()),
            ("otherbot".to_owned(), "noindex".to_owned()),
        ];
        let meta = RobotsDirectives::of_meta("index, NOFOLLOW", &named, &BOTS);
        assert!(!meta.noindex && meta.nofollow && meta.nosnippet);
        let both = meta.and(RobotsDirectives::of_headers(&headers(&["noindex"]), &BOTS));
        assert!(both.noindex && both.nofollow);
    }
}
