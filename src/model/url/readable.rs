//! Readable URLs: an internationalised host in its own script, unless its letters could be mistaken for
//! others. Then it stays in punycode, as browsers show it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// The letters of languages in the Latin script. They are those that Unicode technical standard 39 allows in
/// names (`IdentifierStatus.txt`), except `ĸ`, which no living language uses. Phonetic letters and clicks are
/// in no alphabet.
const LATIN: &str = r"a-z\x{df}-\x{f6}\x{f8}-\x{137}\x{139}-\x{148}\x{14a}-\x{17e}\x{1a0}\x{1a1}\x{1af}\x{1b0}\x{1cd}-\x{1dc}\x{1de}-\x{1e3}\x{1e6}-\x{1f0}\x{1f4}\x{1f5}\x{1f8}-\x{21b}\x{21e}\x{21f}\x{226}-\x{233}\x{259}\x{1e00}-\x{1e99}\x{1ea0}-\x{1ef9}";

/// Other scripts of names, each with the scripts that it is mixed with in one language: the "highly
/// restrictive" level of that standard, section 5.2.
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

/// Letters of other scripts that look like Latin ones: a label of only these reads as another.
const LOOKALIKES: &str = "асԁеһіјӏорԛѕԝхуъьҽпгѵѡαενορτυχγκιωօոսցհզ";

/// Strokes and syllables that look like `-`, `/` or `l` next to Latin letters.
const STROKES: &str = "一丨丶丿乀乁ノソゾンー";

/// Labels whose every letter is unambiguous.
static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let scripts = [LATIN].into_iter().chain(SCRIPTS);
    let labels = scripts.map(|script| format!("[[[{script}]&&[\\p{{L}}\\p{{M}}]]0-9-]+"));
    let labels: Vec<_> = labels.collect();
    Regex::new(&format!("^(?:{})$", labels.join("|"))).ok()
});

/// Returns a normalised URL with its internationalised host in its own script.
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
    let mut runs = label.split(|c: char| c.is_ascii());
    let is_stroke = |run: &str| !run.is_empty() && run.chars().all(|c| STROKES.contains(c));
    label.is_ascii()
        || (PLAIN.as_ref().is_some_and(|plain| plain.is_match(label))
            && !label.chars().all(looks_alike)
            && !runs.any(is_stroke))
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
            "ノート.example",
            "一番shop.example",
            "lietuviškai.example",
            "română.example",
            "ışık.example",
            "azərbaycan.example",
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
    fn hosts_with_ambiguous_letters_stay_in_punycode() {
        for host in [
            "аррӏе.example",       // Cyrillic throughout
            "раураӏ.example",      // the same
            "pаypal.example",      // one Cyrillic letter among Latin ones
            "ԁе.example",          // two letters are enough
            "ɡoogle.example",      // a phonetic g
            "paypaǀ.example",      // a click, which looks like an l
            "ƅank.example",        // a letter that no language has any more
            "ĸiosk.example",       // the same
            "paypa丨.example",     // a stroke, which looks like an l
            "example.comノx.test", // a syllable, which looks like a slash
            "example一x.test",     // a number, which looks like a dash
            "example.com∕x.test",  // a division slash, which is no letter
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
