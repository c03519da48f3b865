//! A URL in the one form that the crawl uses.

pub(super) mod fingerprint;
pub(super) mod readable;
mod spelling;
pub(super) mod table;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};
use xxhash_rust::xxh3::xxh3_64;

use super::excerpt::marked_excerpt;
use readable::readable;

/// Maximum length of a requested URL in bytes, whether the user named it or a redirect leads to it. Servers accept
/// request lines of about 8 KiB (nginx: 8 KiB, Apache: 8,190 bytes; RFC 9110 section 4.1 recommends 8,000).
pub const LONGEST_URL: usize = 8 * 1024;

/// Maximum length of a text that is parsed as a URL or as a reference to one, in bytes. Its normal form may
/// be shorter, and the work on it grows with its length.
const LONGEST_TEXT: usize = 64 * 1024;

/// Maximum unused bytes that a URL may keep allocated after its text.
const SLACK: usize = 256;

/// Characters kept of a URL that is too long, or of a text that is not a URL. Ours.
pub const EXCERPT: usize = 200;

/// An absolute `http` or `https` URL in normal form: WHATWG parsing, no fragment, no user info, no default
/// port, unreserved characters decoded, other percent-escapes in upper-case hex. Normalising is idempotent.
/// Cloning is cheap: the text is shared.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrawlUrl(Arc<Url>);

/// 63 bits that represent a URL where only equality matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u64);

/// Scheme, host and port: the owner of a robots.txt and a pace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostKey(Box<str>);

/// Why a text is not a URL that can be crawled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// A scheme other than http and https. The link itself may be correct.
    #[error("scheme {0:?} is not crawled")]
    Scheme(String),
    /// Longer than the maximum.
    #[error("longer than {most} bytes")]
    TooLong {
        /// Its beginning, its length and a hash that distinguishes it from others with the same beginning.
        excerpt: String,
        /// Its length in bytes.
        length: usize,
        /// The maximum length in bytes.
        most: usize,
    },
    /// Not a URL at all.
    #[error("not a valid URL: {0}")]
    Invalid(#[from] url::ParseError),
}

impl CrawlUrl {
    /// Parses an absolute URL.
    pub fn parse(text: &str) -> Result<CrawlUrl, UrlFault> {
        let text = text.trim();
        check_text(text)?;
        Ok(CrawlUrl::from_url(Url::parse(text)?)?.without_slack(text))
    }

    /// Resolves a reference found on this page, its query in UTF-8.
    pub fn join(&self, reference: &str) -> Result<CrawlUrl, UrlFault> {
        check_text(reference)?;
        Ok(CrawlUrl::from_url(self.0.join(reference)?)?.without_slack(reference))
    }

    /// Returns the normal form of a parsed URL.
    pub fn from_url(mut url: Url) -> Result<CrawlUrl, UrlFault> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlFault::Scheme(url.scheme().to_owned()));
        }
        url.set_fragment(None);
        // Escaping and a base make a text longer.
        check_text(url.as_str())?;
        if !url.username().is_empty() || url.password().is_some() {
            // An http URL has a host, so neither call can fail.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        // The parser leaves it unchanged; the URL standard escapes it in paths.
        if url.path().contains('^') {
            let path = url.path().replace('^', "%5E");
            url.set_path(&path);
            check_text(url.as_str())?;
        }
        if url.as_str().contains('%') {
            if let Cow::Owned(path) = normal_escapes(url.path()) {
                url.set_path(&path);
            }
            if let Some(Cow::Owned(query)) = url.query().map(normal_escapes) {
                url.set_query(Some(&query));
            }
        }
        CrawlUrl(Arc::new(url)).no_longer_than(LONGEST_URL)
    }

    /// Returns the same URL, if it has at most `most` bytes.
    pub fn no_longer_than(self, most: usize) -> Result<CrawlUrl, UrlFault> {
        if self.as_str().len() > most {
            return Err(too_long(self.as_str(), most));
        }
        Ok(self)
    }

    /// Returns the same URL without the memory that a longer text took during parsing: a fragment, or
    /// escapes.
    #[must_use]
    pub fn without_slack(self, written: &str) -> CrawlUrl {
        if written.len() <= self.as_str().len() + SLACK {
            return self;
        }
        CrawlUrl(Arc::new(Url::clone(&self.0)))
    }

    /// Returns the same URL without the query parameters that `ignored` names.
    #[must_use]
    pub fn without_params(&self, ignored: impl Fn(&str) -> bool) -> CrawlUrl {
        let Some(query) = self.0.query() else {
            return self.clone();
        };
        let is_ignored = |pair: &&str| ignored(pair.split('=').next().unwrap_or_default());
        if !query.split('&').any(|pair| is_ignored(&pair)) {
            return self.clone();
        }
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_ignored(pair)).collect();
        let mut url = Url::clone(&self.0);
        url.set_query(Some(kept.join("&").as_str()).filter(|q| !q.is_empty()));
        CrawlUrl(Arc::new(url))
    }

    /// Returns the text as it is sent: ASCII only.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the parsed form.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Returns the fingerprint of this URL, for where only equality matters.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(xxh3_64(self.as_str().as_bytes()) >> 1)
    }

    /// Returns the fingerprint of the URL with this absolute text, if the text is plainly in normal form: it
    /// has this URL's origin, and contains nothing that the normal form would change.
    pub fn fingerprint_of_plain(&self, text: &str) -> Option<Fingerprint> {
        let path = text.strip_prefix(&self.0[..url::Position::BeforePath])?;
        let is_plain = |byte: u8| is_unreserved(byte) || byte == b'/';
        let names_folder = |pair: &[u8]| pair == b"/.";
        (path.starts_with('/')
            && path.bytes().all(is_plain)
            && !path.as_bytes().windows(2).any(names_folder))
        .then(|| Fingerprint(xxh3_64(text.as_bytes()) >> 1))
    }

    /// Returns its origin.
    pub fn host_key(&self) -> HostKey {
        HostKey(self.0[..url::Position::BeforePath].into())
    }

    /// Returns the host: a domain in lower case and punycode, or an IP address.
    pub fn host(&self) -> Host<&str> {
        // `from_url` admits only http and https, and these always have a host.
        self.0.host().unwrap_or(Host::Domain(""))
    }

    /// Returns whether the host is this machine, by its IP address or as `localhost`.
    pub fn is_this_machine(&self) -> bool {
        match self.host() {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    /// Returns path and query, as in a request line and in robots.txt.
    pub fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// Returns the number of folders in the path: `/a/b/c.html` is in two.
    pub fn folder_depth(&self) -> u32 {
        self.0.path().matches('/').count().saturating_sub(1) as u32
    }

    /// Returns the first folder of the path with its slashes, or `/`.
    pub fn section(&self) -> &str {
        let path = self.0.path();
        match path.get(1..).and_then(|rest| rest.find('/')) {
            Some(end) => &path[..end + 2],
            None => "/",
        }
    }

    /// Returns the readable form: an internationalised host in its own script, if that is safe.
    pub fn readable(&self) -> Cow<'_, str> {
        readable(self.as_str())
    }
}

/// Refuses a text that must not be parsed as a URL or as a reference to one. Either it is too long, or it has
/// the scheme `file`, for which the parser has rules of its own that some texts break.
pub fn check_text(text: &str) -> Result<(), UrlFault> {
    if text.len() > LONGEST_TEXT {
        return Err(too_long(text, LONGEST_TEXT));
    }
    if names_file(text) {
        return Err(UrlFault::Scheme("file".to_owned()));
    }
    Ok(())
}

fn too_long(text: &str, most: usize) -> UrlFault {
    let excerpt = marked_excerpt(text, EXCERPT);
    let length = text.len();
    UrlFault::TooLong {
        excerpt,
        length,
        most,
    }
}

/// Returns whether the parser reads the scheme `file` here (URL standard, "basic URL parser": characters that
/// it skips before and within).
fn names_file(text: &str) -> bool {
    let text = text.trim_start_matches(|first| first <= ' ');
    let written = text.bytes().filter(|byte| !b"\t\n\r".contains(byte));
    written
        .take(5)
        .map(|byte| byte.to_ascii_lowercase())
        .eq(*b"file:")
}

/// Decodes escaped unreserved characters (RFC 3986 section 2.3), upper-cases the hex of the rest.
fn normal_escapes(text: &str) -> Cow<'_, str> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        out.push(byte);
        // A decoded character may complete an escape: "%%34%31" is "%41" and then "A".
        while let Some(escaped) = last_escape(&out) {
            let start = out.len() - 3;
            if !is_unreserved(escaped) {
                out[start + 1..].make_ascii_uppercase();
                break;
            }
            out.truncate(start);
            out.push(escaped);
        }
    }
    if out == text.as_bytes() {
        return Cow::Borrowed(text);
    }
    // ASCII replaces ASCII, so it stays UTF-8.
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Returns the byte that the last three bytes represent, if they are an escape.
fn last_escape(bytes: &[u8]) -> Option<u8> {
    let start = bytes.len().checked_sub(3)?;
    if bytes[start] != b'%' {
        return None;
    }
    Some(hex(bytes, start + 1)? * 16 + hex(bytes, start + 2)?)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hex(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = char::from(*bytes.get(at)?).to_digit(16)?;
    u8::try_from(digit).ok()
}

impl fmt::Display for CrawlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CrawlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{self}>")
    }
}

impl Serialize for CrawlUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CrawlUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CrawlUrl, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        CrawlUrl::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl Fingerprint {
    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the fingerprint with this number, as returned by [`Fingerprint::get`].
    pub const fn from_number(number: u64) -> Fingerprint {
        Fingerprint(number & (u64::MAX >> 1))
    }

    /// Returns the fingerprint of the URL in one pass; in the first, that of the URL itself.
    #[must_use]
    pub const fn in_pass(self, pass: u8) -> Fingerprint {
        // An odd factor near 2^64 divided by the golden ratio keeps passes distinct.
        let salt = (pass as u64)
            .wrapping_sub(1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Fingerprint((self.0 ^ salt) & (u64::MAX >> 1))
    }

    /// Returns the fingerprint of the URL as a sitemap, which may turn out to be a page.
    #[must_use]
    pub const fn as_sitemap(self) -> Fingerprint {
        Fingerprint(!self.0 & (u64::MAX >> 1))
    }
}

impl HostKey {
    /// Returns the text: `https://example.com`, `http://127.0.0.1:8080`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the URL of this origin's robots.txt.
    pub fn robots_txt(&self) -> CrawlUrl {
        self.at("/robots.txt")
    }

    /// Returns the page that people see first.
    pub fn home_page(&self) -> CrawlUrl {
        self.at("/")
    }

    /// Returns the fingerprint of the URL with this path and query at this origin, both in the form of a
    /// [`CrawlUrl`].
    pub fn fingerprint_at(&self, path_and_query: &str) -> Fingerprint {
        Fingerprint(xxh3_64([self.as_str(), path_and_query].concat().as_bytes()) >> 1)
    }

    /// Returns a URL at this origin.
    fn at(&self, path: &str) -> CrawlUrl {
        let url = Url::parse(&format!("{}{path}", self.0));
        CrawlUrl(Arc::new(
            url.expect("an origin followed by a path is a URL"),
        ))
    }

    /// Returns the default URL of a sitemap, for a robots.txt that names none.
    pub fn default_sitemap(&self) -> CrawlUrl {
        self.at("/sitemap.xml")
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_caret_is_escaped_in_a_path_as_browsers_do() {
        let url = CrawlUrl::parse("http://h/a^b?c^d").expect("valid");
        assert_eq!(url.as_str(), "http://h/a%5Eb?c^d");
        assert_eq!(CrawlUrl::parse("http://h/a%5eb?c^d"), Ok(url));
    }

    fn normal(text: &str) -> String {
        CrawlUrl::parse(text)
            .expect("a valid URL")
            .as_str()
            .to_owned()
    }

    #[test]
    fn plain_texts_have_one_origin_and_need_no_change() {
        let page = CrawlUrl::parse("http://h/a/b?c").expect("a valid URL");
        let is_plain = |text: &str| page.fingerprint_of_plain(text).is_some();
        assert!(
            ["http://h/", "http://h/a.b/~c-d_e//"]
                .into_iter()
                .all(is_plain)
        );
        let others = [
            "http://h",
            "http://h.x/",
            "http://h:8/",
            "http://h/?a",
            "http://h/./",
            "http://h/a%41",
        ];
        assert!(!others.into_iter().any(is_plain));
    }

    #[test]
    fn one_form_for_all_spellings() {
        let cases = [
            ("HTTP://Example.COM:80/a#frag", "http://example.com/a"),
            ("https://example.com:443", "https://example.com/"),
            ("http://h/a/./b/../c", "http://h/a/c"),
            ("http://h/%7euser/%41%2f", "http://h/~user/A%2F"),
            ("http://h/?q=%c3%a9&r=%41", "http://h/?q=%C3%A9&r=A"),
            ("http://h/%%34%31", "http://h/A"),
            ("http://h/100%", "http://h/100%"),
            (
                "http://bücher.example/ä",
                "http://xn--bcher-kva.example/%C3%A4",
            ),
            ("http://user:secret@h/x", "http://h/x"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("  http://h/a b\n", "http://h/a%20b"),
            ("http://h/a/%2e%2E/b", "http://h/b"),
        ];
        for (text, expected) in cases {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    #[test]
    fn escapes_within_escapes_take_one_pass() {
        // Each decoded "%33" completes the escape before it.
        let levels = LONGEST_TEXT / 2 - 50;
        let text = format!("http://h/{}{}", "%".repeat(levels), "3".repeat(levels + 1));
        let start = std::time::Instant::now();
        assert_eq!(normal(&text), "http://h/3");
        assert!(start.elapsed().as_secs() < 2);
    }

    #[test]
    fn files_are_refused_before_they_are_read() {
        let base = CrawlUrl::parse("http://h/").expect("valid");
        let fault = Err(UrlFault::Scheme("file".to_owned()));
        for text in ["file:///etc/passwd", " \u{1}fi\nLE:y*/../y./s:#a", "FILE:"] {
            assert_eq!(CrawlUrl::parse(text), fault, "{text:?}");
            assert_eq!(base.join(text), fault, "{text:?}");
        }
        assert!(base.join("files:").is_err());
        assert!(base.join("file").is_ok());
    }

    fn length_fault(found: &Result<CrawlUrl, UrlFault>) -> &str {
        match found {
            Err(UrlFault::TooLong { excerpt, .. }) => excerpt,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn urls_beyond_the_limit_are_refused_with_a_distinctive_excerpt() {
        let base = CrawlUrl::parse("http://h/").expect("valid");
        let fits = "a".repeat(LONGEST_URL - base.as_str().len());
        assert!(base.join(&fits).is_ok());
        let (b, c) = (
            base.join(&format!("{fits}b")),
            base.join(&format!("{fits}c")),
        );
        let (b, c) = (length_fault(&b), length_fault(&c));
        assert!(b.starts_with("http://h/aaaaaa"), "{b}");
        assert!(b.contains("... (8193 bytes, fingerprint "), "{b}");
        assert!(b.len() < 300 && b != c);
        length_fault(&CrawlUrl::parse(&format!("http://h/{fits}b")));
        // Short as written, long once it is escaped.
        length_fault(&base.join(&"é".repeat(LONGEST_URL / 2)));
    }

    #[test]
    fn texts_beyond_the_limit_are_not_read_even_if_the_url_would_be_short() {
        let base = CrawlUrl::parse("http://h/").expect("valid");
        let text = |length: usize| format!("a#{}", "b".repeat(length - 2));
        let fits = base.join(&text(LONGEST_TEXT)).expect("a URL");
        assert_eq!(fits.as_str(), "http://h/a");
        let excerpt = base.join(&text(LONGEST_TEXT + 1));
        assert!(length_fault(&excerpt).starts_with("a#bbb"));
    }

    #[test]
    fn a_url_does_not_keep_the_memory_of_its_longer_text() {
        let base = CrawlUrl::parse("http://h/").expect("valid");
        let long = "b".repeat(60_000);
        let texts = [
            format!("http://h/a#{long}"),
            format!("http://h/{long}/../a"),
            format!("http://h/{}{}", "%".repeat(20_000), "3".repeat(20_001)),
        ];
        for text in &texts {
            for url in [CrawlUrl::parse(text), base.join(text)] {
                let url = Arc::into_inner(url.expect("a URL").0).expect("one owner");
                let capacity = String::from(url).capacity();
                assert!(capacity < 1_000, "{capacity} bytes");
            }
        }
    }

    #[test]
    fn other_schemes_differ_from_invalid_texts() {
        assert_eq!(
            CrawlUrl::parse("mailto:a@b"),
            Err(UrlFault::Scheme("mailto".to_owned()))
        );
        assert!(matches!(
            CrawlUrl::parse("http://[::"),
            Err(UrlFault::Invalid(_))
        ));
    }

    #[test]
    fn ignored_parameters_are_dropped() {
        let url = CrawlUrl::parse("http://h/p?utm_source=x&id=1&utm_medium=y").expect("valid");
        let kept = url.without_params(|name| name.starts_with("utm_"));
        assert_eq!(kept.as_str(), "http://h/p?id=1");
        let none = kept.without_params(|name| name == "id");
        assert_eq!(none.as_str(), "http://h/p");
    }

    #[test]
    fn sections_and_folders() {
        let cases = [
            ("http://h/", "/", 0),
            ("http://h/a.html", "/", 0),
            ("http://h/shop/", "/shop/", 1),
            ("http://h/shop/x/y?z=/q/", "/shop/", 2),
        ];
        for (text, section, depth) in cases {
            let url = CrawlUrl::parse(text).expect("valid");
            assert_eq!(
                (url.section(), url.folder_depth()),
                (section, depth),
                "{text}"
            );
        }
    }

    #[test]
    fn readable_urls_show_the_script_of_the_host() {
        let url = CrawlUrl::parse("http://xn--bcher-kva.example:8080/a").expect("valid");
        assert_eq!(url.readable(), "http://bücher.example:8080/a");
    }

    proptest! {
        #[test]
        fn plain_texts_are_in_normal_form(path in "(/|//|\\.|\\.\\.|a|~|%41|%2e|\\?|#|é|:|@| ){0,8}") {
            let page = CrawlUrl::parse("http://h/a/b?c").expect("a valid URL");
            let text = format!("http://h/{path}");
            if let Some(fingerprint) = page.fingerprint_of_plain(&text) {
                let url = CrawlUrl::parse(&text).expect("a valid URL");
                prop_assert_eq!((url.as_str(), url.fingerprint()), (text.as_str(), fingerprint));
            }
        }

        #[test]
        fn normalising_twice_is_once(path in "([a-c%0-9A-Fa-f./?&=~ é-]|%{1,4}[23456]{1,6}|%2[5eE]|%25){0,40}") {
            if let Ok(once) = CrawlUrl::parse(&format!("http://h/{path}")) {
                let twice = CrawlUrl::parse(once.as_str()).expect("normal URLs parse");
                prop_assert_eq!(once, twice);
            }
        }
    }
}
