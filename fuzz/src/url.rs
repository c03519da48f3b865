//! A page, a base and a reference, with NUL between them; or a reference alone.

use encoding_rs::{SHIFT_JIS, UTF_8, WINDOWS_1252};
use gatecrawl::model::{CrawlUrl, LONGEST_URL};
use gatecrawl::parse::Resolver;

use super::parts::{halves, text};

/// Whatever a URL was written as, its normal form is stable, plain ASCII, without a login and without
/// a fragment; and the short ways to know a URL say what the long one says.
pub fn check(bytes: &[u8]) {
    let (page, rest) = halves(bytes);
    let (base, target) = halves(rest);
    let (page, base, target) = (page.map(text), base.map(text), text(target));
    let page = page.and_then(|page| CrawlUrl::parse(&page).ok());
    let page = page.unwrap_or_else(|| CrawlUrl::parse("http://h.example/a/b?c").expect("a URL"));
    is_normal(&page);
    if let Ok(url) = CrawlUrl::parse(&target) {
        is_normal(&url);
    }
    for encoding in [UTF_8, WINDOWS_1252, SHIFT_JIS] {
        let resolver = Resolver::new(&page, base.as_deref(), encoding);
        let Ok(url) = resolver.resolve(&target) else {
            continue;
        };
        is_normal(&url);
        let mut absolute = String::new();
        if resolver.absolute(&target, &mut absolute) {
            assert_eq!(page.join(&absolute).as_ref(), Ok(&url), "{absolute:?}");
            if let Some(known) = page.fingerprint_of_plain(&absolute) {
                assert_eq!(known, url.fingerprint(), "{absolute:?}");
            }
        }
    }
}

fn is_normal(url: &CrawlUrl) {
    let written = url.as_str();
    assert_eq!(CrawlUrl::parse(written).as_ref(), Ok(url), "{written:?}");
    assert!(written.len() <= LONGEST_URL);
    assert!(
        written.bytes().all(|byte| (b'!'..=b'~').contains(&byte)),
        "{written:?}"
    );
    let parsed = url.as_url();
    assert!(matches!(parsed.scheme(), "http" | "https"));
    assert!(parsed.username().is_empty() && parsed.password().is_none());
    assert_eq!(parsed.fragment(), None);
    assert!(!parsed.host_str().unwrap_or_default().is_empty());
    let robots = url.host_key().robots_txt();
    assert_eq!(robots.host_key(), url.host_key());
}
