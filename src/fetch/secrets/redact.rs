//! Cuts secrets out of answers. A server may echo the secrets it received: in an error page, a title, a link,
//! a `Location`. Stored, shown and followed data comes from the answer, so the answer is cleaned on arrival.
//! This removes the secrets as they are, and all texts with the same canonical form. Readers that join parts
//! of an answer check the joined text themselves (`crawl/visit/echoes.rs`). An echo that is changed in
//! another way is not recognised.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use encoding_rs::ISO_2022_JP;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue};

use super::canonical::canonical;
use super::echo::Echo;
use super::echoes;
use super::windows::Windows;
use crate::fetch::client::answer::location;
use crate::model::{CrawlUrl, Exchange, UrlFault};
use crate::parse::decode;

/// Replacement of a secret.
const MARK: &str = "[secret]";

/// [`MARK`] in UTF-16 of either byte order, without the NUL at its outer end.
const WIDE_MARK: &str = "[\0s\0e\0c\0r\0e\0t\0]";

/// First byte of every shift of ISO-2022-JP.
const ESCAPE: u8 = 0x1B;

/// Maximum total bytes to search for: more than any server accepts in the header of a request.
const MOST: usize = 64 << 10;

/// An error: the secrets are too many or too long to search for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("headers and cookies are too many or too long to search for in answers")]
pub struct TooManySecrets;

/// Replaces secrets with a mark. `Debug` shows none.
#[derive(Clone)]
pub struct Redactor {
    automaton: AhoCorasick,
    windows: Windows,
}

impl Redactor {
    /// Creates a redactor, or `None` if there is nothing to search for. A part of a `public` text, such as the site's
    /// own URL, is not a secret.
    pub fn new(echoes: &[Echo], public: &[String]) -> Result<Option<Redactor>, TooManySecrets> {
        let is_secret = |echo: &&Echo| echo.is_distinctive(public);
        let secret: Vec<&Echo> = echoes.iter().filter(is_secret).collect();
        let texts: BTreeSet<&str> = secret.iter().map(|echo| echo.text()).collect();
        if texts.iter().map(|text| text.len()).sum::<usize>() > MOST {
            return Err(TooManySecrets);
        }
        let patterns: BTreeSet<Vec<u8>> = secret.iter().flat_map(|echo| echo.patterns()).collect();
        if patterns.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::builder()
            // So that nothing is left of a secret of which a part is a secret as well.
            .match_kind(MatchKind::LeftmostLongest)
            // Tables of long secrets would be large.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&patterns);
        let longest = patterns.iter().map(Vec::len).max().unwrap_or_default();
        automaton
            .map(|automaton| {
                Some(Redactor {
                    automaton,
                    windows: Windows::new(longest),
                })
            })
            .map_err(|_| TooManySecrets)
    }

    /// Creates a redactor for the secrets of a request.
    pub fn of_request(
        fields: &HeaderMap,
        public: &[String],
    ) -> Result<Option<Redactor>, TooManySecrets> {
        Redactor::new(&echoes::of_fields(fields), public)
    }

    /// Cleans the answer to a request for this URL.
    pub(in crate::fetch) fn clean(&self, url: &CrawlUrl, exchange: &mut Exchange) {
        if exchange.packed.is_some() {
            // Its body is unpacked to be cleaned.
            self.clean_message(&mut exchange.headers, &mut Vec::new());
        } else {
            self.clean_message(&mut exchange.headers, &mut exchange.body);
        }
        exchange.reason = exchange.reason.take().map(|reason| self.text(&reason));
        exchange.fault = self.text(&exchange.fault);
        // A client that follows a redirect requests the resolved URL.
        if let Some(target) = location(url, &exchange.headers)
            && let Some(cut) = self.cut_from_url(&target)
        {
            let cut = HeaderValue::try_from(cut);
            let cut = cut.unwrap_or(HeaderValue::from_static(MARK));
            exchange.headers.insert(LOCATION, cut);
        }
    }

    /// Cleans the fields and the body of an answer.
    pub fn clean_message(&self, headers: &mut HeaderMap, body: &mut Vec<u8>) {
        for value in headers.values_mut() {
            if let Cow::Owned(cleaned) = self.bytes(value.as_bytes())
                && let Ok(cleaned) = HeaderValue::from_bytes(&cleaned)
            {
                *value = cleaned;
            }
        }
        if let Cow::Owned(cleaned) = self.bytes(body) {
            *body = cleaned;
        }
        if let Some(cleaned) = self.cut_between_shifts(headers, body) {
            *body = cleaned;
        }
    }

    /// Returns a body without secrets in the one encoding with shifts, which may stand within any word.
    /// Returns `None` if the body is in another encoding or has no secrets.
    fn cut_between_shifts(&self, headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
        memchr::memchr(ESCAPE, body)?;
        let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let (text, encoding) = decode(body, content_type);
        let cut = self.cut(&text).filter(|_| encoding == ISO_2022_JP)?;
        Some(encoding.encode(&cut).0.into_owned())
    }

    /// Returns the text without secrets.
    pub fn text(&self, text: &str) -> String {
        self.cut(text).unwrap_or_else(|| text.to_owned())
    }

    /// Returns the text without secrets, or `None` if it has none.
    pub fn cut(&self, text: &str) -> Option<String> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(cut) => Some(String::from_utf8_lossy(&cut).into_owned()),
        }
    }

    /// Returns the URL without secrets, which may have emerged on resolving. Fails if the rest is not a URL.
    pub fn url(&self, url: CrawlUrl) -> Result<CrawlUrl, UrlFault> {
        match self.cut_from_url(&url) {
            Some(cut) => CrawlUrl::parse(&cut),
            None => Ok(url),
        }
    }

    /// Returns the text of the URL without secrets, if it has any, in the form for requests or in readable
    /// form.
    fn cut_from_url(&self, url: &CrawlUrl) -> Option<String> {
        let readable = || match url.readable() {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => self.cut(&text),
        };
        self.cut(url.as_str()).or_else(readable)
    }

    /// Returns the text without secrets; borrowed if it has none.
    pub(in crate::fetch) fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        cut(text, self.parts(text))
    }

    /// Returns how to divide a text that is too long to be searched at once.
    pub(super) fn windows(&self) -> Windows {
        self.windows
    }

    /// Returns where secrets stand in a text, in order and without overlaps.
    pub(super) fn parts(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        for window in self.windows.of(text) {
            let found = self.parts_of_window(&text[window.clone()]);
            let shifted = found
                .into_iter()
                .map(|part| part.start + window.start..part.end + window.start);
            parts.extend(shifted);
        }
        merged(parts)
    }

    /// Returns the parts to replace in a text that is short enough to be searched at once, in no order.
    pub(super) fn parts_of_window(&self, text: &[u8]) -> Vec<Range<usize>> {
        // The plain text is searched too: the characters before a secret may look like an escape together
        // with its beginning.
        let mut parts = self.found(text);
        let form = canonical(text);
        parts.extend(form.written(self.found(form.bytes())));
        parts
    }

    fn found(&self, text: &[u8]) -> Vec<Range<usize>> {
        let found = self.automaton.find_iter(text);
        found.map(|found| found.range()).collect()
    }
}

/// Merges overlapping parts, in order.
pub(super) fn merged(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| (part.start, part.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    for part in parts {
        match apart.last_mut() {
            Some(last) if part.start < last.end => last.end = last.end.max(part.end),
            _ => apart.push(part),
        }
    }
    apart
}

/// Replaces these parts of the text with a mark. They must be in order and without overlaps.
pub(super) fn cut(text: &[u8], parts: Vec<Range<usize>>) -> Cow<'_, [u8]> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut done = 0;
    for part in parts {
        out.extend_from_slice(text.get(done..part.start).unwrap_or_default());
        let is_wide = text[part.clone()].contains(&0);
        out.extend_from_slice(if is_wide { WIDE_MARK } else { MARK }.as_bytes());
        done = part.end;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(secret: &Echo, text: &str) -> String {
        match Redactor::new(std::slice::from_ref(secret), &[]).expect("few") {
            Some(redactor) => redactor.text(text),
            None => text.to_owned(),
        }
    }

    #[test]
    fn a_secret_is_found_in_every_coding_of_urls_html_and_json() {
        let secret = Echo::Password("pä\"ss&'w/o r\\d<1>".to_owned());
        let codings = [
            "pä\"ss&'w/o r\\d<1>",
            "p%C3%A4%22ss%26%27w%2Fo%20r%5Cd%3C1%3E",
            "p%c3%a4%22ss%26%27w%2fo+r%5cd%3c1%3e",
            "p%25C3%25A4%2522ss%2526%2527w%252Fo%2520r%255Cd%253C1%253E",
            "pä&quot;ss&amp;&#39;w/o r\\d&lt;1&gt;",
            "p&#228;&#34;ss&#x26;&#x27;w&#x2F;o r\\d&lt;1&gt;",
            "pä&quot;ss&amp;&apos;w/o r\\d&lt;1&gt;",
            r#"pä\"ss&'w\/o r\\d<1>"#,
            r#"p\u00e4\"ss\u0026\u0027w/o r\\d\u003C1\u003E"#,
            r"pä&amp;quot;ss&amp;amp;&amp;#39;w/o r\d&amp;lt;1&amp;gt;",
            r"pä\&quot;ss&amp;&#39;w\/o r\\d&lt;1&gt;",
            r#"p\\u00e4\\\"ss\\u0026'w\\\/o r\\\\d\\u003C1>"#,
            "%70%C3%A4%22%73%73%26%27%77%2F%6F%20%72%5C%64%3C%31%3E",
            "&#112;&#xe4;&#34;&#115;&#x73;&#38;&#39;&#119;&#47;o&#32;r&#92;d&lt;&#49;&gt;",
            r"\u0070\u00e4\u0022ss\x26'w/o r\\d<\x31>",
            "&#112&#xe4&#34&#115s&#38&#39w/o&#32r\\d&#60&#49&#62",
            "p&#000000000000000000000000000000000000000000000228;\"ss&#x0000000000000000000000000000000026'w/o r\\d<1>",
            "pä\"ss&'w/o\u{a0}r\\d<1>",
            "pä\u{200b}\"ss&'w/o&nbsp;&#10; r\\\u{ad}d\u{1}<1>",
            // A server that reads what it received as Latin-1.
            "p\u{c3}\u{a4}\"ss&'w/o r\\d<1>",
        ];
        for text in codings {
            assert_eq!(
                cleaned(&secret, &format!("<{text}>")),
                "<[secret]>",
                "{text}"
            );
        }
        assert_eq!(cleaned(&secret, "pä\"ss"), "pä\"ss");
    }

    #[test]
    fn a_secret_is_found_in_other_encodings() {
        let secret = Echo::Password("pä\"ss-w0rt".to_owned());
        let redactor = Redactor::new(&[secret], &[]).expect("few").expect("one");
        assert_eq!(&*redactor.bytes(b"(p\xe4\"ss-w0rt)"), b"([secret])");
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide = |text: &str| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
            let text = wide("日本 p&#228;\"ss-w0rt 語");
            assert_eq!(&*redactor.bytes(&text), wide("日本 [secret] 語"));
        }
    }

    #[test]
    fn a_secret_is_found_between_the_shifts_of_an_encoding() {
        let secret = Echo::Value("s3cret-token".to_owned());
        let redactor = Redactor::new(&[secret], &[]).expect("few").expect("one");
        let clean = |content_type: &'static str| {
            let content_type = HeaderValue::from_static(content_type);
            let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
            let mut body = b"<p>\x1b$B$\"\x1b(Bs3c\x1b(Jret-to\x1b(Bken".to_vec();
            redactor.clean_message(&mut headers, &mut body);
            body
        };
        assert_eq!(
            clean("text/html; charset=iso-2022-jp"),
            b"<p>\x1b$B$\"\x1b(B[secret]"
        );
        // In other encodings these are letters.
        assert!(clean("text/html; charset=utf-8").ends_with(b"(Bken"));
    }

    #[test]
    fn text_around_a_secret_does_not_hide_it() {
        let secret = Echo::Password("41-secret&".to_owned());
        for (text, expected) in [
            ("%41-secret&amp", "%[secret]amp"),
            ("\\u0041-secret&;", "\\u00[secret];"),
            ("41-secret&\n41-sec\nret&\n", "[secret]\n[secret]\n"),
            ("%341-secret%26%3B", "[secret]%3B"),
        ] {
            assert_eq!(cleaned(&secret, text), expected, "{text}");
        }
    }

    #[test]
    fn a_resolved_url_holds_no_secret() {
        let echoes = ["k3y/of-the/site", "sch\u{fc}ssel-1"].map(|text| Echo::Value(text.into()));
        let redactor = Redactor::new(&echoes, &[]).expect("few").expect("two");
        let page = CrawlUrl::parse("http://h/a/b").expect("a URL");
        let cut = |reference: &str| redactor.url(page.join(reference).expect("a URL"));
        for (reference, expected) in [
            ("k3y/./of-the/site", "http://h/a/[secret]"),
            ("k3y\\of-t\nhe/x/../site?q", "http://h/a/[secret]?q"),
            ("%6b3y/%2e/of-the/site", "http://h/a/[secret]"),
            ("?a=sch%C3%BCssel-1", "http://h/a/b?a=[secret]"),
            ("k3y/of-the", "http://h/a/k3y/of-the"),
        ] {
            let found = cut(reference);
            assert_eq!(found.as_ref().map(CrawlUrl::as_str), Ok(expected));
        }
        // The rest of such a host is no host.
        let host = cut("//schüssel-1.example/");
        assert!(matches!(host, Err(UrlFault::Invalid(_))), "{host:?}");
    }

    #[test]
    fn a_part_of_a_public_text_is_not_cut() {
        let echoes = [
            Echo::Password("shop2024".into()),
            Echo::Value("a1b2c3d4".into()),
        ];
        let public = ["https://shop2024.example/".to_owned()];
        let redactor = Redactor::new(&echoes, &public).expect("few").expect("one");
        assert_eq!(redactor.text("shop2024 a1b2c3d4"), "shop2024 [secret]");
        let landing = Echo::Value("https%3A%2F%2Fshop2024.example".into());
        assert!(Redactor::new(&[landing], &public).expect("few").is_none());
    }

    #[test]
    fn a_secret_that_contains_another_is_cut_as_a_whole() {
        let echoes = ["abcdefg1", "abcdefg12345"].map(|text| Echo::Value(text.into()));
        let redactor = Redactor::new(&echoes, &[]).expect("few").expect("two");
        assert_eq!(redactor.text("abcdefg12345 abcdefg1"), "[secret] [secret]");
        assert!(!format!("{redactor:?}{echoes:?}").contains("abc"));
    }

    #[test]
    fn long_texts_are_cleaned_from_the_beginning_to_the_end() {
        let secret = Echo::Value("s3cret-token".to_owned());
        let redactor = Redactor::new(&[secret], &[]).expect("few").expect("one");
        for line in ["a s3cret%2Dtoken\n", "<b>s3cret-token", "s3cret-token"] {
            let text = "plain\n".repeat(100_000) + &line.repeat(100_000);
            let cleaned = redactor.text(&text);
            assert!(!cleaned.contains("s3cret"), "{line}");
            assert_eq!(cleaned.matches(MARK).count(), 100_000, "{line}");
            assert!(
                cleaned.starts_with("plain\n") && cleaned.matches("plain\n").count() == 100_000
            );
        }
    }

    /// Returns the ways in which an echo may be written, each with an offset at which a window could end.
    fn written(secret: &str) -> Vec<Vec<u8>> {
        let escape = |text: &str, write: fn(u32) -> String| -> String {
            text.chars().map(|char| write(char.into())).collect()
        };
        let url = escape(secret, |char| format!("%{char:02x}"));
        let html = escape(secret, |char| format!("&#{char};"));
        let json = escape(secret, |char| format!("\\u{char:04x}"));
        let twice = url.replace('%', "%25");
        // The next character may be a digit.
        let bare = escape(secret, |char| format!("&#{char}")) + ";";
        let zeros = escape(secret, |char| format!("&#x{char:050x};"));
        let apart = |between: &str| secret.split("").collect::<Vec<_>>().join(between);
        let (lines, spread) = (apart("\r\n"), apart(&"\n".repeat(40)));
        let wide = |bytes: fn(u16) -> [u8; 2]| secret.encode_utf16().flat_map(bytes).collect();
        let texts = [
            secret.to_owned(),
            url,
            html,
            json,
            twice,
            bare,
            zeros,
            lines,
            spread,
        ];
        let mut all: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        all.extend([wide(u16::to_le_bytes), wide(u16::to_be_bytes)]);
        all
    }

    #[test]
    fn a_secret_is_found_at_every_window_boundary() {
        let secret = "s3<r&t-tok\"n";
        let echo = Echo::Value(secret.to_owned());
        let whole = Redactor::new(&[echo], &[]).expect("few").expect("one");
        let mut narrow = whole.clone();
        narrow.windows = whole.windows.narrow();
        let width = narrow.windows.width();
        for filler in [
            "x", "<", "\n", "\\", "%", "&", "\0", "%25", "ab c\n", "&amp;",
        ] {
            let filler = filler.repeat(2 * width / filler.len()).into_bytes();
            for echo in written(secret) {
                // The first window ends at its width, and the second begins before that.
                let step = echo.len().div_ceil(24);
                for at in (width - 2 * echo.len().min(width / 4)..=width + 2).step_by(step) {
                    let text = [&filler[..at], &echo, &filler[at..]].concat();
                    let found = narrow.parts(&text);
                    let is_found = |part: &Range<usize>| {
                        let mut found = found.iter();
                        found.any(|found| found.start <= part.start && part.end <= found.end)
                    };
                    let expected = whole.parts(&text);
                    // After an odd number of backslashes it is not an echo.
                    assert!(!expected.is_empty() || filler[0] == b'\\');
                    assert!(
                        expected.iter().all(is_found),
                        "{:?} at {at} behind {:?}",
                        String::from_utf8_lossy(&echo),
                        String::from_utf8_lossy(&filler[..5])
                    );
                }
            }
        }
    }

    #[test]
    fn a_secret_broken_over_lines_is_found_at_the_edge_of_a_quarter_mebibyte() {
        let echo = Echo::Value("s3cret<token1".to_owned());
        let redactor = Redactor::new(&[echo], &[]).expect("few").expect("one");
        for before in (262_144 - 20)..262_144 + 2 {
            let text = "x".repeat(before) + "s3cret<to\nken1" + &"y".repeat(1_000);
            let expected = "x".repeat(before) + MARK + &"y".repeat(1_000);
            assert_eq!(redactor.text(&text).len(), expected.len(), "{before}");
        }
    }

    #[test]
    fn too_many_or_too_long_secrets_are_refused() {
        let cookies = |count: usize| -> Vec<Echo> {
            let cookie = |at| Echo::Value(format!("{at:04}{}", "-a".repeat(30)));
            (0..count).map(cookie).collect()
        };
        let usual = Redactor::new(&cookies(200), &[]).expect("as browsers keep them");
        assert!(usual.is_some());
        assert_eq!(
            Redactor::new(&cookies(2_000), &[]).map(|_| ()),
            Err(TooManySecrets)
        );
    }
}
