//! Addresses for people: an internationalised host in its own script, unless its letters could be
//! taken for others. Then it stays in punycode, as browsers show it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// The letters of languages written with Latin ones. Phonetic letters and the like are in no alphabet.
const LATIN: &str = r"a-z\x{df}-\x{24f}\x{1e00}-\x{1eff}";

/// Other scripts that people write names in, each with what it is mixed with in one language: the "highly
/// restrictive" level of Unicode technical standard 39, section 5.2.
const SCRIPTS: [&str; 24] = [
    r"a-z\p{Han}\p{Hiragana}\p{Katakana}ー",
    r"a-z\p{Han}\p{Bopomofo}",
    r"a-z\p{Han}\p{Hangul}",
    r"\p{Cyrillic}",
    r"\p{Greek}",
    r"\p{Armenian}",
    r"\p{Georgian}",
    r"\p{Hebrew}",
    r"\p{Arabic}",
    r"\p{Devanagari}",
    r"\p{Bengali}",
    r"\p{Gurmukhi}",
    r"\p{Gujarati}",
    r"\p{Oriya}",
    r"\p{Tamil}",
    r"\p{Telugu}",
    r"\p{Kannada}",
    r"\p{Malayalam}",
    r"\p{Sinhala}",
    r"\p{Thai}",
    r"\p{Lao}",
    r"\p{Khmer}",
    r"\p{Myanmar}",
    r"\p{Ethiopic}",
];

/// Letters of other scripts that look like Latin ones: a label of nothing else reads as another.
const LOOKALIKES: &str = "асԁеһіјӏорԛѕԝхуъьҽпгѵѡαενορτυχγκιωօոսցհզ";

/// Labels of which every letter is what it looks like.
static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let scripts = [LATIN].into_iter().chain(SCRIPTS);
    let labels = scripts.map(|script| format!("[[[{script}]&&[\\p{{L}}\\p{{M}}]]0-9-]+"));
    let labels: Vec<_> = labels.collect();
    Regex::new(&format!("^(?:{})$", labels.join("|"))).ok()
});

/// A normalised URL with its internationalised host in its own script.
pub fn readable(address: &str) -> Cow<'_, str> {
    let start = address.find("://").map_or(0, |at| at + 3);
    let rest = &address[start..];
    let end = start + rest.find(['/', '?', ':']).unwrap_or(rest.len());
    let host = &address[start..end];
    if !host.contains("xn--") {
        return Cow::Borrowed(address);
    }
    let (unicode, fault) = idna::domain_to_unicode(host);
    if fault.is_err() || !unicode.split('.').all(is_plain) {
        return Cow::Borrowed(address);
    }
    Cow::Owned(format!("{}{unicode}{}", &address[..start], &address[end..]))
}

fn is_plain(label: &str) -> bool {
    let looks_alike = |c: char| LOOKALIKES.contains(c) || c.is_ascii_digit() || c == '-';
    label.is_ascii()
        || (PLAIN.as_ref().is_some_and(|plain| plain.is_match(label))
            && !label.chars().all(looks_alike))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(host: &str) -> String {
        let url = crate::model::CrawlUrl::parse(&format!("http://{host}/")).expect("a URL");
        let text = readable(url.as_str()).into_owned();
        text.trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned()
    }

    #[test]
    fn hosts_are_shown_in_the_script_of_their_language() {
        for host in [
            "bücher.example",
            "straße.example",
            "đường.example",
            "пример.рф",
            "παράδειγμα.example",
            "日本語テスト.example",
            "東京tower.example",
            "데이터.example",
            "דוגמה.example",
            "مثال.example",
            "उदाहरण.example",
            "ไทย.example",
        ] {
            assert_eq!(shown(host), host);
        }
    }

    #[test]
    fn hosts_whose_letters_could_be_taken_for_others_stay_in_punycode() {
        for host in [
            "аррӏе.example",      // Cyrillic throughout
            "раураӏ.example",     // the same
            "pаypal.example",     // one Cyrillic letter among Latin ones
            "ԁе.example",         // two letters are enough
            "ɡoogle.example",     // a phonetic g
            "example.com∕x.test", // a division slash, which is no letter
            "💩.example",
            "ορ.example",
            "oօo.example", // Armenian
        ] {
            let shown = shown(host);
            assert!(
                shown.is_ascii() && shown.contains("xn--"),
                "{host}: {shown}"
            );
        }
    }
}
