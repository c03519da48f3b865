//! Secrets cut out of what comes back. A server may echo what it was sent: in an error page, a title, a link, a
//! `Location`. What is stored, shown or followed later is made of the answer, so it is cleaned where it comes
//! in. Letters and digits are looked for as they are, everything else also as URLs, HTML and JSON write it;
//! an echo that is changed in another way, and what is short or might be a word, is not recognised.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;
use regex::bytes::{Regex, RegexBuilder};

use crate::model::Exchange;

/// What stands in the place of a secret.
const MARK: &str = "[secret]";

/// The shortest text that is looked for, in bytes: shorter ones stand in pages by chance.
const SHORTEST: usize = 8;

/// From this length on, a text is no word of a page by chance, whatever it is made of.
const LONG: usize = 20;

/// Most bytes that are looked for together: more than any server takes in the header of a request.
const MOST: usize = 64 << 10;

/// Most memory of the compiled pattern, in bytes.
const PATTERN: usize = 32 << 20;

/// A text that must not come back, by what is known of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Echo {
    /// It is secret as a whole, such as `user:password` and what a login is sent as.
    Login(String),
    /// A password: looked for unless it might be a word.
    Password(String),
    /// The value of a header field or a cookie, which may also be a plain setting such as `en-US`: looked for if
    /// it has letters and digits or is long.
    Value(String),
}

impl Echo {
    /// The text, if it is such that it stands in no page by chance.
    fn telling(&self) -> Option<&str> {
        let (Echo::Login(text) | Echo::Password(text) | Echo::Value(text)) = self;
        let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
        let letters = has(u8::is_ascii_lowercase) || has(u8::is_ascii_uppercase);
        let digits = has(u8::is_ascii_digit);
        let is_told = match self {
            Echo::Login(_) => true,
            Echo::Password(_) => {
                let kinds: [fn(&u8) -> bool; 4] = [
                    u8::is_ascii_lowercase,
                    u8::is_ascii_uppercase,
                    u8::is_ascii_digit,
                    |byte| !byte.is_ascii_alphanumeric(),
                ];
                kinds.into_iter().filter(|kind| has(*kind)).count() > 1
            }
            Echo::Value(_) => letters && digits,
        };
        let long = text.len() >= LONG;
        (text.len() >= SHORTEST && (is_told || long)).then_some(text)
    }
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Echo(..)")
    }
}

/// There are more or longer secrets than can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("headers and cookies are too many or too long to be looked for in answers")]
pub struct TooManySecrets;

/// Replaces secrets by a mark. `Debug` shows none.
#[derive(Clone)]
pub struct Redactor(Regex);

impl Redactor {
    /// Looks for these; none if there is nothing to look for. What is part of a text of `public`, such as the
    /// site's own address, is no secret.
    pub fn new(echoes: &[Echo], public: &[String]) -> Result<Option<Redactor>, TooManySecrets> {
        let known = |text: &&str| public.iter().any(|public| public.contains(*text));
        let mut texts: Vec<&str> = echoes
            .iter()
            .filter_map(Echo::telling)
            .filter(|text| !known(text))
            .collect();
        // The longest first, so that nothing is left of it when a part is one as well.
        texts.sort_unstable_by_key(|text| (std::cmp::Reverse(text.len()), *text));
        texts.dedup();
        if texts.is_empty() {
            return Ok(None);
        }
        if texts.iter().map(|text| text.len()).sum::<usize>() > MOST {
            return Err(TooManySecrets);
        }
        let any: Vec<String> = texts.into_iter().map(in_any_coding).collect();
        let pattern = RegexBuilder::new(&any.join("|"))
            .unicode(false)
            .size_limit(PATTERN)
            .build();
        // The fault would show the pattern.
        pattern
            .map(|pattern| Some(Redactor(pattern)))
            .map_err(|_| TooManySecrets)
    }

    /// Cleans all that an answer said.
    pub(super) fn clean(&self, exchange: &mut Exchange) {
        for value in exchange.headers.values_mut() {
            if let Cow::Owned(cleaned) = self.bytes(value.as_bytes())
                && let Ok(cleaned) = HeaderValue::from_bytes(&cleaned)
            {
                *value = cleaned;
            }
        }
        if let Cow::Owned(cleaned) = self.bytes(&exchange.body) {
            exchange.body = cleaned;
        }
        exchange.reason = exchange.reason.take().map(|reason| self.text(&reason));
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        self.0.replace_all(text, MARK.as_bytes())
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

/// A pattern of a text in the codings of URLs (RFC 3986), HTML and JSON, each once or twice, and of JSON within HTML,
/// as pages hand data to their scripts.
fn in_any_coding(text: &str) -> String {
    text.chars().map(coded).collect()
}

fn coded(char: char) -> String {
    if char.is_ascii_alphanumeric() {
        return char.to_string();
    }
    let mut utf8 = [0; 4];
    let utf8 = char.encode_utf8(&mut utf8).as_bytes();
    let plain = utf8
        .iter()
        .fold(String::new(), |all, byte| all + &format!(r"\x{byte:02x}"));
    let url = utf8.iter().fold(String::new(), |all, byte| {
        all + &format!("%(?:25)?(?i:{byte:02x})")
    });
    let number = u32::from(char);
    let mut utf16 = [0; 2];
    let utf16 = char.encode_utf16(&mut utf16);
    let json = utf16.iter().fold(String::new(), |all, unit| {
        all + &format!(r"\\{{1,2}}u(?i:{unit:04x})")
    });
    let name = match char {
        '&' => "|amp",
        '<' => "|lt",
        '>' => "|gt",
        '"' => "|quot",
        '\'' => "|apos",
        _ => "",
    };
    let html = format!(r"&(?:amp;)?(?:#0*{number}|#[xX]0*(?i:{number:x}){name});");
    let form = if char == ' ' { r"|\+" } else { "" };
    format!(r"(?:\\{{0,3}}(?:{plain}|{html})|{url}|{json}{form})")
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
    fn what_may_be_a_word_is_left_where_it_is() {
        use Echo::{Login, Password, Value};
        type Kind = fn(String) -> Echo;
        let cases: [(Kind, &str, bool); 12] = [
            (Login, "me:staging", true),
            (Login, "a:b", false),
            (Password, "staging", false),
            (Password, "preproduction", false),
            (Password, "open-sesame", true),
            (Password, "Preproduction", true),
            (Password, "s3cret", false),
            (Value, "en-US,en", false),
            (Value, "new-checkout", false),
            (Value, "f3a9c1d07b", true),
            (Value, "correct-horse-battery-staple", true),
            (Value, "20241231", false),
        ];
        for (kind, text, expected) in cases {
            let found = cleaned(&kind(text.to_owned()), text) == MARK;
            assert_eq!(found, expected, "{text}");
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
    }

    #[test]
    fn nothing_is_left_of_a_secret_that_holds_another() {
        let echoes = ["abcdefg1", "abcdefg12345"].map(|text| Echo::Value(text.into()));
        let redactor = Redactor::new(&echoes, &[]).expect("few").expect("two");
        assert_eq!(redactor.text("abcdefg12345 abcdefg1"), "[secret] [secret]");
        assert!(!format!("{redactor:?}{echoes:?}").contains("abc"));
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
