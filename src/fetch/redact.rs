//! Secrets cut out of what comes back. A server may echo what it was sent: in an error page, a title, a link, a
//! `Location`. What is stored, shown or followed later is made of the answer, so it is cleaned where it comes
//! in: of the secrets as they are, and of what has the same canonical form. An echo that is changed in another
//! way is not recognised.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use http::{HeaderMap, HeaderValue};
use memchr::memchr2;

use super::canonical::canonical;
use super::echo::Echo;
use super::echoes;
use crate::model::Exchange;

/// What stands in the place of a secret.
const MARK: &str = "[secret]";

/// The same between the NULs of UTF-16.
const WIDE_MARK: &str = "[\0s\0e\0c\0r\0e\0t\0]";

/// A long text is cleaned in pieces of about so many bytes, for each is copied.
const PIECE: usize = 256 << 10;

/// Most bytes that are looked for together: more than any server takes in the header of a request.
const MOST: usize = 64 << 10;

/// There are more or longer secrets than can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("headers and cookies are too many or too long to be looked for in answers")]
pub struct TooManySecrets;

/// Replaces secrets by a mark. `Debug` shows none.
#[derive(Clone)]
pub struct Redactor(AhoCorasick);

impl Redactor {
    /// Looks for these; none if there is nothing to look for. What is part of a text of `public`, such as the
    /// site's own address, is no secret.
    pub fn new(echoes: &[Echo], public: &[String]) -> Result<Option<Redactor>, TooManySecrets> {
        let is_secret = |echo: &&Echo| echo.is_telling(public);
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
            // So that nothing is left of a secret when a part of it is one as well.
            .match_kind(MatchKind::LeftmostLongest)
            // Tables of long secrets would be large.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns);
        automaton
            .map(|automaton| Some(Redactor(automaton)))
            .map_err(|_| TooManySecrets)
    }

    /// Looks for what a request was sent with.
    pub fn of_request(
        fields: &HeaderMap,
        public: &[String],
    ) -> Result<Option<Redactor>, TooManySecrets> {
        Redactor::new(&echoes::of_fields(fields), public)
    }

    /// Cleans all that an answer said.
    pub(super) fn clean(&self, exchange: &mut Exchange) {
        self.clean_message(&mut exchange.headers, &mut exchange.body);
        exchange.reason = exchange.reason.take().map(|reason| self.text(&reason));
        exchange.fault = self.text(&exchange.fault);
    }

    /// Cleans fields and body of an answer.
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
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// The text without secrets; borrowed if it has none.
    pub(super) fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut cleaned: Option<Vec<u8>> = None;
        let mut done = 0;
        while done < text.len() {
            let piece = &text[done..done + first_piece(&text[done..])];
            match (self.piece(piece), &mut cleaned) {
                (Cow::Borrowed(_), None) => {}
                (new, Some(cleaned)) => cleaned.extend_from_slice(&new),
                (Cow::Owned(new), None) => cleaned = Some([&text[..done], &new].concat()),
            }
            done += piece.len();
        }
        cleaned.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    fn piece<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        // As they are first: what stands before one may look like an escape together with its beginning.
        match cut(text, self.found(text)) {
            Cow::Borrowed(text) => cut(text, self.found_in_form(text)),
            Cow::Owned(text) => Cow::Owned(cut(&text, self.found_in_form(&text)).into_owned()),
        }
    }

    fn found(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.0.find_iter(text).map(|found| found.range()).collect()
    }

    fn found_in_form(&self, text: &[u8]) -> Vec<Range<usize>> {
        let form = canonical(text);
        form.written(self.found(form.bytes()))
    }
}

/// How much of a text is cleaned at once: up to where a line or a tag begins, for no secret goes on there.
fn first_piece(text: &[u8]) -> usize {
    let rest = text.get(PIECE..).unwrap_or_default();
    let end = memchr2(b'<', b'\n', rest);
    end.map_or(text.len(), |end| PIECE + end)
}

/// The text with a mark in the place of these parts.
fn cut(text: &[u8], parts: Vec<Range<usize>>) -> Cow<'_, [u8]> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut done = 0;
    for part in parts {
        out.extend_from_slice(text.get(done..part.start).unwrap_or_default());
        let is_wide = text[part.clone()].contains(&0);
        out.extend_from_slice(if is_wide { WIDE_MARK } else { MARK }.as_bytes());
        done = part.end.max(done);
    }
    out.extend_from_slice(&text[done..]);
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
    fn a_secret_is_found_however_urls_html_and_json_write_it() {
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
            // A server that takes what it was sent for Latin-1.
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
    fn what_stands_around_a_secret_does_not_hide_it() {
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
    fn what_everybody_sees_is_no_secret() {
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
    fn nothing_is_left_of_a_secret_that_holds_another() {
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

    #[test]
    fn secrets_beyond_all_measure_are_refused() {
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
