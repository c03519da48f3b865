//! Secrets as servers may echo them. Decides whether a secret is distinctive. Short texts, and texts that
//! might be a word, a setting or a URL, also occur in pages by chance; searching for them would cut
//! titles and links.

use std::fmt;

use memchr::memmem;

use super::canonical::canonical;

/// The shortest text searched for, in bytes: shorter ones occur in pages by chance.
const SHORTEST: usize = 8;

/// From this length on, no text occurs in a page by chance, whatever it consists of.
const LONG: usize = 20;

/// A text that must not come back, by its kind.
#[derive(Clone, PartialEq, Eq)]
pub enum Echo {
    /// A secret as a whole, such as `user:password` and its encoded form.
    Login(String),
    /// A password. Searched for unless it might be a word.
    Password(String),
    /// The value of a header field, which may also be a plain setting such as `en-US`. Searched for if it has
    /// letters and digits or is long.
    Value(String),
    /// The value of a cookie, which may also be the URL of a page or the name of a product. Searched for
    /// unless it consists of words.
    Cookie(String),
}

impl Echo {
    pub(in crate::fetch) fn text(&self) -> &str {
        let (Echo::Login(text) | Echo::Password(text) | Echo::Value(text) | Echo::Cookie(text)) =
            self;
        text
    }

    /// Returns whether the text is distinctive: it occurs in no page by chance, and in none of these public
    /// texts.
    pub(super) fn is_distinctive(&self, public: &[String]) -> bool {
        let own = self.text().as_bytes();
        let canonical = canonical(own);
        let form = canonical.unescaped();
        let is_told = match self {
            Echo::Login(_) => true,
            Echo::Password(_) => !is_word(form),
            Echo::Value(_) => {
                let has = |kind: fn(&u8) -> bool| form.iter().any(kind);
                form.len() >= LONG || has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit)
            }
            Echo::Cookie(_) => {
                let mut words = form.split(|byte| !byte.is_ascii_alphanumeric());
                !words.all(is_word)
            }
        };
        let is_part = |public: &String| {
            let has = |part| memmem::find(public.as_bytes(), part).is_some();
            has(own) || has(form)
        };
        canonical.bytes().len() >= SHORTEST && is_told && !public.iter().any(is_part)
    }

    /// Returns the byte sequences to search for.
    pub(super) fn patterns(&self) -> impl Iterator<Item = Vec<u8>> {
        let written = encodings(self.text()).into_iter();
        written.flat_map(|text| [canonical(&text).bytes().to_vec(), text])
    }
}

/// Returns whether the text may be a word or a number: only digits, or letters of one case except for the
/// first.
fn is_word(text: &[u8]) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let is_one_kind = text.iter().all(u8::is_ascii_digit)
        || text.iter().all(u8::is_ascii_uppercase)
        || text.iter().all(u8::is_ascii_alphabetic) && rest.iter().all(u8::is_ascii_lowercase);
    text.len() < LONG && is_one_kind
}

/// Returns the bytes of a text in UTF-8, in Latin-1, and in UTF-8 that was read as Latin-1. Adds
/// UTF-16 as far as the canonical form keeps it. All are the same for ASCII.
fn encodings(text: &str) -> Vec<Vec<u8>> {
    let latin = text.chars().map(|char| u8::try_from(char).ok());
    let mistaken: String = text.bytes().map(char::from).collect();
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        let units = text.encode_utf16().flat_map(bytes);
        Some(units.filter(|byte| *byte != 0).collect())
    };
    let all = [
        Some(text.as_bytes().to_vec()),
        latin.collect(),
        Some(mistaken.into_bytes()),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ];
    all.into_iter().flatten().collect()
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Echo(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_may_be_a_word_is_not_cut() {
        use Echo::{Cookie, Login, Password, Value};
        type Kind = fn(String) -> Echo;
        let cases: [(Kind, &str, bool); 22] = [
            (Login, "me:staging", true),
            (Login, "a:b", false),
            (Password, "staging", false),
            (Password, "preproduction", false),
            (Password, "open-sesame", true),
            (Password, "Preproduction", false),
            (Password, "PreProduction", true),
            (Password, "s3cret", false),
            (Value, "en-US,en", false),
            (Value, "new-checkout", false),
            (Value, "f3a9c1d07b", true),
            (Value, "correct-horse-battery-staple", true),
            (Value, "20241231", false),
            (Cookie, "20241231", false),
            (Cookie, "/summer-shoes/Sandals-2024", false),
            (Cookie, "%2Fsummer-shoes%2F2024", false),
            (Cookie, "https%3A%2F%2Fwww.shop.example%2F", false),
            (Cookie, "shop.example/?sid=f3a9c1d07b", true),
            (Cookie, "f3a9c1d07b", true),
            (Cookie, "qWkDjsnZlpQ", true),
            (Cookie, "12345678901234567890", true),
            (Cookie, "", false),
        ];
        for (kind, text, expected) in cases {
            let found = kind(text.to_owned()).is_distinctive(&[]);
            assert_eq!(found, expected, "{text}");
        }
    }
}
