//! Numbers, times and the store's names in words, for the terminal and the reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::assess::diagnose::Special;
use crate::assess::{Band, NotEstimated, Uncaught};
use crate::model::{Cause, Causes};
use crate::store::{
    ExternalCounts, RunSummary, RunTraffic, StoredDeduction, UrlCounts, VisitSource,
};

/// Formats a number with its thousands separated: `1,234`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a number and its noun, in the plural unless the number is one.
pub fn count(value: u64, noun: &str) -> String {
    let s = if value == 1 { "" } else { "s" };
    format!("{} {noun}{s}", number(value))
}

/// Returns how many of the links to other sites were requested; `None` if none should be.
pub fn external_links(counts: ExternalCounts) -> Option<String> {
    let ExternalCounts { known, requested } = counts;
    (known > 0).then(|| {
        let (requested, known) = (number(requested), count(known, "link"));
        format!("{requested} of {known} to other sites requested")
    })
}

/// Returns how many images, scripts, styles and fonts of the site were fetched and how many of them failed; `None`
/// unless `--resources` requests them.
pub fn resources(counts: &UrlCounts) -> Option<String> {
    (counts.known > 0).then(|| {
        let (fetched, known) = (number(counts.fetched), count(counts.known, "resource"));
        let (failing, errors) = (counts.failing(), counts.classes().client_error);
        let refused = match errors {
            0 => String::new(),
            errors => format!(", {} answered with 4xx", number(errors)),
        };
        format!(
            "{fetched} of {known} fetched, {} failing{refused}",
            number(failing)
        )
    })
}

/// Returns how many URLs are not part of the audit; `None` if there are none.
pub fn apart(summary: &RunSummary) -> Option<String> {
    let parts = [
        (summary.out_of_scope, "out of scope"),
        (summary.invalid, "invalid"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(urls, _)| *urls > 0)
        .map(|(urls, words)| format!("{} {words}", count(urls, "URL")))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns the note about links and sitemap entries that were left out, and sitemaps that could not be read, and may
/// lead to unknown pages; `None` if there are none.
pub fn left_out(summary: &RunSummary) -> Option<String> {
    let (unread, indexes) = (summary.unread_sitemaps, summary.unread_indexes);
    let left_out = summary.unseen.saturating_sub(unread + indexes);
    let (what, were) = if left_out == 1 {
        ("link or sitemap entry", "was")
    } else {
        ("links or sitemap entries", "were")
    };
    let left_out = (left_out > 0).then(|| {
        let left_out = number(left_out);
        format!("{left_out} {what} that may lead to unknown pages {were} left out")
    });
    let unread = (unread > 0).then(|| {
        let sitemaps = count(unread, "sitemap");
        format!("{sitemaps} that may list unknown pages could not be read")
    });
    let indexes = (indexes > 0).then(|| {
        let pages = count(indexes, "index page");
        let links = if indexes == 1 {
            "it links"
        } else {
            "they link"
        };
        format!("{pages} always failed, so pages that only {links} to are unknown")
    });
    let parts: Vec<String> = left_out.into_iter().chain(unread).chain(indexes).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Returns a text in one line, with control characters visible: a text of a site stays in its line and has no colours.
pub fn one_line(text: &str) -> String {
    tame(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// Bars of rising height.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns a bar for each value, the highest for `most`; a blank stands for an unknown value. Any value above zero is
/// higher than zero.
pub fn bars(values: &[Option<f64>], most: f64) -> String {
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if most <= 0.0 || *value <= 0.0 => BARS[0],
        Some(value) => BARS[((value / most * 7.0).round() as usize).clamp(1, 7)],
    };
    values.iter().map(bar).collect()
}

/// Share of the pages that never failed up to which a bound without any failure says something. Ours.
const NARROW: f64 = 0.2;

/// Returns the estimate of pages that fail now and then and were not caught, in a sentence.
pub fn uncaught(found: &Uncaught) -> String {
    let whole = |pages: f64| number(pages.round() as u64);
    let high = whole(found.pages.high);
    let fine = count(found.never_failed, "page");
    if found.never_failed == 0 {
        return "Apart from outages and load, no page was seen to fail now and then. No page is left that never failed."
            .to_owned();
    }
    if !found.any_failed && found.pages.high > NARROW * found.never_failed as f64 {
        return format!(
            "Apart from outages and load, no page was seen to fail now and then. With {fine} requested this often, \
             rare failures cannot be ruled out: more audits, or --sample 100%, show more."
        );
    }
    if !found.any_failed {
        return format!(
            "Apart from outages and load, no page was seen to fail now and then. At most {high} of \
             {fine} may fail at least one time in twenty without having been caught (97.5 % bound)."
        );
    }
    format!(
        "Of {fine} that never failed, {} to {high} may fail now and then and were not caught (95 % interval; best \
         estimate: {}).",
        whole(found.pages.low),
        whole(found.pages.value),
    )
}

/// Returns why uncaught pages are not estimated, in a sentence.
pub const fn not_estimated(why: NotEstimated) -> &'static str {
    match why {
        NotEstimated::Recovered => {
            "How many more pages fail now and then is not estimated: all pages that failed were fine in every later look, \
             so they do not fail by themselves."
        }
        NotEstimated::Clustered => {
            "How many more pages fail now and then is not estimated: failures came together in time, so pages do not \
             fail by themselves."
        }
    }
}

/// Returns the visits a day that failing pages cost, in words; `None` if they cost none.
pub fn visits_at_risk(traffic: &RunTraffic) -> Option<String> {
    let found = traffic.at_risk;
    let whole = |clicks: f64| number(clicks.round() as u64);
    (found.value >= 0.5).then(|| {
        format!(
            "about {} {}s a day at risk ({} to {}, an estimate)",
            whole(found.value),
            traffic.source.unit(),
            whole(found.low),
            whole(found.high)
        )
    })
}

/// Returns how far the visits that a run uses fit its pages, in a sentence.
pub fn traffic(traffic: &RunTraffic) -> String {
    let (visits, matched) = (traffic.visits, traffic.matched_visits);
    let share = if visits > 0.0 { matched / visits } else { 0.0 };
    let assumed = if traffic.stated { "" } else { ", assumed" };
    let risk = visits_at_risk(traffic).map_or(String::new(), |risk| format!("; {risk}"));
    if traffic.source == VisitSource::Logs {
        return format!(
            "the server logs have {} of {} ({}){risk}",
            count(visits.round() as u64, "request"),
            count(traffic.matched, "page"),
            count(traffic.days.into(), "day"),
        );
    }
    format!(
        "{} of {} with visits are known, with {} of {} clicks ({}{assumed}){risk}",
        number(traffic.matched),
        count(traffic.pages, "page"),
        percent(share),
        number(visits.round() as u64),
        count(traffic.days.into(), "day"),
    )
}

/// Formats a duration in its two largest units: `2 m 05 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Formats a share of 0..1 in percent, with at most two decimals. A share between 0 and 1 is clamped to 0.01..99.99
/// %, so that only 0 is shown as 0 % and only 1 as 100 %.
pub fn percent(share: f64) -> String {
    let whole = share <= 0.0 || share >= 1.0;
    // Only all are 100 %, and only none are 0 %.
    let value = if whole {
        share * 100.0
    } else {
        (share * 100.0).clamp(0.01, 99.99)
    };
    let to_an_end = value.min(100.0 - value);
    let decimals = match to_an_end {
        _ if to_an_end <= 0.0 || to_an_end >= 9.95 => 0,
        _ if to_an_end >= 0.095 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} %")
}

/// Makes characters visible that would control a terminal, turn the direction of writing or be invisible. Every text of
/// a site that people read passes here.
pub fn tame(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts) {
        Cow::Owned(text.chars().fold(String::new(), tamed))
    } else {
        Cow::Borrowed(text)
    }
}

/// Appends a character to a text, made visible if it would act instead of being shown.
pub fn tamed(mut out: String, c: char) -> String {
    if acts(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
    out
}

/// Returns whether a character controls the display instead of being shown. Such are control characters except line
/// break and tab, line and paragraph separators, the direction marks of Unicode annex 9 section 2, and invisible
/// characters. Characters that words need stay: joiners (Persian, emoji), variation selectors, the soft hyphen.
///
/// Files for programs change fewer characters: `tables::csv::commands` those that control a terminal or turn whole
/// words, because programs compare the rest; `json::text::acting` these and the ends of lines, as escapes.
fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let parts = matches!(c, '\u{2028}' | '\u{2029}');
    let hides = matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    turns || parts || hides || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Returns counts by name, in the order of the names.
pub fn by_name<T: Copy>(
    counts: &BTreeMap<T, u64>,
    name: fn(T) -> &'static str,
) -> BTreeMap<&'static str, u64> {
    let counts = counts.iter();
    counts.map(|(key, count)| (name(*key), *count)).collect()
}

/// Returns causes in words. An overload is called a rate limit if the advice is about one, because somebody has set that
/// limit.
pub fn causes(causes: &Causes, advice: &str) -> String {
    if advice == Special::RateLimit.advice() {
        causes.title().replace(Cause::Overload.title(), RATE_LIMIT)
    } else {
        causes.title()
    }
}

const RATE_LIMIT: &str = "a rate limit";

/// Returns what took points from a score, with the numbers behind it.
pub fn deduction(row: &StoredDeduction) -> String {
    let fact = |name: &str| {
        let facts = row.evidence.as_array().into_iter().flatten();
        let mut values = facts.filter(|fact| fact["name"] == name);
        let value = values.next().and_then(|fact| fact["value"].as_str());
        value.unwrap_or_default().to_owned()
    };
    let (score, kind) = row.rule.split_once('.').unwrap_or(("", &row.rule));
    match kind {
        "slow_answers" => format!(
            "slow answers: {} ms to the first byte (median)",
            fact("median_ttfb_ms")
        ),
        "sitemaps" => format!("{} of {} sitemaps fail", fact("failing"), fact("sitemaps")),
        "robots_txt" => "robots.txt cannot be read: crawling stops".to_owned(),
        "home_page" => format!(
            "the home page fails, and counts at least {:.0} % of the site",
            fact("least_share").parse().unwrap_or(0.0) * 100.0
        ),
        "outages" => {
            let share: f64 = fact("down").parse().unwrap_or(0.0);
            format!(
                "outages that go on: down {:.0} % of the time",
                share * 100.0
            )
        }
        kind if score == "indexing_risk" => format!(
            "{}: {} of {} pages",
            kind.replace('_', " "),
            fact("urls"),
            fact("of_urls")
        ),
        kind => format!(
            "{}: {} of {} first attempts",
            kind.replace('_', " "),
            fact("failed"),
            fact("first_attempts")
        ),
    }
}

/// Returns why a score is inconclusive, for files.
pub fn few_attempts(first_attempts: u64, needed: u64) -> String {
    format!("{first_attempts} first attempts of at least {needed}")
}

/// Returns why there is no score: a host needs a few pages for one.
pub fn too_few(pages: u64, needed: u64) -> String {
    if pages < needed {
        format!("{}; a score needs at least {needed}", count(pages, "page"))
    } else {
        format!(
            "{}, and no host has the {needed} that a score needs",
            count(pages, "page")
        )
    }
}

/// Returns a URL as people read it: only letters that were encoded because they are not ASCII are decoded, so that no
/// other URL looks the same.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let encoded = rest
            .as_bytes()
            .chunks_exact(3)
            .map_while(|code| match code {
                [b'%', high, low] if *high >= b'8' => {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
                }
                _ => None,
            });
        let bytes: Vec<u8> = encoded.collect();
        let (code, after) = rest.split_at((bytes.len() * 3).max(1));
        let is_plain = |c: char| !acts(c) && !c.is_whitespace();
        match String::from_utf8(bytes) {
            Ok(letters) if !letters.is_empty() && letters.chars().all(is_plain) => {
                out.push_str(&letters);
            }
            _ => out.push_str(code),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns the band of Crawlability in words. `high` alone would read as praise beside a score whose best value is 100.
pub const fn hindrance(band: Band) -> &'static str {
    match band {
        Band::None => "unhindered",
        Band::Low => "hardly hindered",
        Band::Medium => "hindered",
        Band::High => "badly hindered",
        Band::Critical => "all but blocked",
    }
}

/// Returns the band of Indexing Risk in words.
pub const fn risk(band: Band) -> &'static str {
    match band {
        Band::None => "no risk",
        Band::Low => "low risk",
        Band::Medium => "medium risk",
        Band::High => "high risk",
        Band::Critical => "critical risk",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Interval;

    #[test]
    fn a_text_of_a_site_stays_in_its_line() {
        assert_eq!(one_line("a\r\n b\x1b[8mc"), "a b\\u{1b}[8mc");
    }

    #[test]
    fn an_overload_whose_advice_is_about_a_rate_limit_is_called_one() {
        let both: Causes = [Cause::Overload, Cause::Firewall].into_iter().collect();
        let said = |advice| causes(&both, advice);
        assert_eq!(
            said("rate_limit"),
            "a rate limit or a firewall or bot protection"
        );
        assert_eq!(
            said("overload"),
            "server overload or a firewall or bot protection"
        );
    }

    #[test]
    fn pages_that_were_not_caught_are_estimated_or_bounded() {
        let found = |any_failed| Uncaught {
            pages: Interval {
                low: 16.0,
                value: 48.0,
                high: 84.0,
            },
            never_failed: 1_330,
            any_failed,
        };
        assert_eq!(
            uncaught(&found(true)),
            "Of 1,330 pages that never failed, 16 to 84 may fail now and then and were not caught (95 % interval; \
             best estimate: 48)."
        );
        assert_eq!(
            uncaught(&found(false)),
            "Apart from outages and load, no page was seen to fail now and then. At most 84 of 1,330 \
             pages may fail at least one time in twenty without having been caught (97.5 % bound)."
        );
        let none = Uncaught {
            never_failed: 0,
            ..found(false)
        };
        assert_eq!(
            uncaught(&none),
            "Apart from outages and load, no page was seen to fail now and then. No page is left that never failed."
        );
        let few = Uncaught {
            never_failed: 120,
            ..found(false)
        };
        assert_eq!(
            uncaught(&few),
            "Apart from outages and load, no page was seen to fail now and then. With 120 pages requested this often, \
             rare failures cannot be ruled out: more audits, or --sample 100%, show more."
        );
    }

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(1, "page"), "1 page");
        assert_eq!(count(2_000, "page"), "2,000 pages");
        let cases = [
            (0.25, "0.2 s"),
            (42.9, "42 s"),
            (125.0, "2 m 05 s"),
            (7_500.0, "2 h 05 m"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn letters_of_other_scripts_are_decoded_and_nothing_else_is() {
        let cases = [
            ("/brands/%D7%AA%D7%94-43/", "/brands/תה-43/"),
            ("/%e8%8c%b6?q=%20%2F%25", "/茶?q=%20%2F%25"),
            // Not UTF-8, a mark that turns writing, a space of another kind.
            ("/%FF%41/%E2%80%AE/%E2%80%83", "/%FF%41/%E2%80%AE/%E2%80%83"),
            ("100%", "100%"),
            ("/%D7", "/%D7"),
        ];
        for (address, expected) in cases {
            assert_eq!(decoded(address), expected);
        }
    }

    #[test]
    fn acting_characters_are_visible_and_those_of_words_stay() {
        for c in
            "\u{1b}\u{9b}\u{7f}\r\u{200f}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}".chars()
        {
            assert_eq!(tame(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
        for text in [
            "a\n\tb",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀",
            "❤\u{fe0f}",
            "Do\u{ad}nau",
            "אב",
        ] {
            assert_eq!(tame(text), text);
        }
    }

    #[test]
    fn a_small_share_is_never_0_and_a_large_one_never_100_percent() {
        let cases = [
            (0.0, "0 %"),
            (0.000_2, "0.02 %"),
            (0.012_34, "1.2 %"),
            (0.2, "20 %"),
            (0.994, "99.4 %"),
            (0.999_8, "99.98 %"),
            (1.0, "100 %"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text);
        }
    }
}
