//! Fields of an answer's header: values of `Link`, `Refresh` and `X-Robots-Tag`, with NUL between them.

use gatecrawl::model::MAX_REL;
use gatecrawl::parse::{RobotsDirectives, link_references, refresh_header};
use http::{HeaderMap, HeaderValue};

/// However many links a header has, those that are kept are bounded in number and in size.
pub fn check(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    let mut size = 0;
    // Nobody accepts a header of more than some hundred kilobytes.
    for value in bytes.split(|byte| *byte == 0).take(1_000) {
        let Ok(value) = HeaderValue::from_bytes(value) else {
            continue;
        };
        size += value.len();
        for name in ["link", "refresh", "x-robots-tag"] {
            headers.append(name, value.clone());
        }
    }
    let references = link_references(&headers);
    assert!(references.len() <= 1_000);
    for reference in &references {
        assert!(!reference.target.trim().is_empty());
        // A byte that is not UTF-8 becomes three.
        assert!(reference.target.len() <= 3 * size);
        assert!(reference.rel.chars().count() <= MAX_REL);
        assert!(reference.anchor.is_empty());
    }
    if let Some(refresh) = refresh_header(&headers) {
        assert!(refresh.target.is_none_or(|target| target.len() <= 3 * size));
    }
    let everybody = RobotsDirectives::of_headers(&headers, &[]);
    let bot = RobotsDirectives::of_headers(&headers, &["googlebot"]);
    // What is forbidden to everybody is forbidden to each.
    assert!(bot.noindex || !everybody.noindex);
    assert!(bot.nofollow || !everybody.nofollow);
}
