//! The short account of a run, made from its facts.

use serde::{Deserialize, Serialize};

use crate::assess::compare::Comparison;
use crate::assess::diagnose::rules::Severity;
use crate::report::view::color::Color;
use crate::report::words::{count, number, tame};

use super::facts::BriefFacts;
use super::findings::{self, FindingBrief};
use super::lists::{self, PageList};
use super::news::{self, News, Tone};
use super::state::{self, Headline};
use super::table::{self, Fact};
use super::trend::{self, Trend};

/// Changes that a subject names.
const IN_SUBJECT: usize = 3;

/// Changes that a headline names.
const IN_HEADLINE: usize = 4;

/// The short account of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The changes, the worst first; empty if nothing changed.
    pub news: Vec<News>,
    /// The state of the site, in one sentence.
    pub state: Headline,
    /// The same without what a change says already; absent if no change says it.
    #[serde(default)]
    pub short_state: Option<String>,
    /// Problems, the worst first: findings of `warning` and above.
    pub findings: Vec<FindingBrief>,
    /// Number of findings that are left out.
    pub more_findings: u64,
    /// Whether a page that was fine or was not there answers 5xx to every request.
    pub lasting_5xx: bool,
    /// Names and values, for a small table.
    pub table: Vec<Fact>,
    /// The limits of the comparison, in sentences.
    pub notes: Vec<String>,
    /// The pages that the changes are about.
    pub lists: Vec<PageList>,
    /// Number of pages that fail as they did in the baseline, and since when the first of them fails, as a date.
    pub still_failing: Option<(u64, String)>,
    /// The baseline: `run 6 of 2026-11-16`; absent for a first run.
    pub baseline: Option<String>,
    /// The last runs, if there are several.
    pub trends: Vec<Trend>,
}

impl Brief {
    /// Makes the account from the facts.
    pub fn of(facts: &BriefFacts<'_>) -> Brief {
        let all = findings::reported(facts).count();
        let findings = findings::findings(facts);
        let news = news::news(facts);
        let state = state::headline(facts.summary, facts.likeliest, facts.no_start);
        let state = not_well(state, &news);
        Brief {
            short_state: short_state(facts, &state, &news),
            state,
            news,
            more_findings: (all - findings.len()) as u64,
            findings,
            lasting_5xx: lists::has_lasting_5xx(facts),
            table: table::table(facts),
            notes: notes(facts.comparison),
            lists: lists::lists(facts),
            still_failing: lists::still_failing(facts),
            baseline: (facts.comparison).map(|found| table::baseline(found, facts.zone)),
            trends: trend::trends(facts.runs),
        }
    }

    /// Returns the changes for a list of mails, the worst first, each with its count.
    pub fn subject(&self) -> String {
        let parts: Vec<String> = (self.news.iter().take(IN_SUBJECT))
            .map(News::short)
            .collect();
        match parts.as_slice() {
            [] if self.is_first() => "first report".to_owned(),
            [] => "no change".to_owned(),
            parts => parts.join(", "),
        }
    }

    /// Returns the changes in sentences, the worst first.
    pub fn sentences(&self) -> Vec<String> {
        self.news.iter().map(News::sentence).collect()
    }

    /// Returns the sentences of the changes that the headline only counts.
    pub fn further(&self) -> impl Iterator<Item = String> + '_ {
        self.news.iter().skip(IN_HEADLINE).map(News::sentence)
    }

    /// Returns the changes in sentences, the worst first; the state of the site, if nothing changed.
    pub fn headline(&self) -> String {
        let mut sentences = self.sentences();
        let more = sentences.len().saturating_sub(IN_HEADLINE) as u64;
        sentences.truncate(IN_HEADLINE);
        if more > 0 {
            sentences.push(format!("And {}.", count(more, "more change")));
        }
        match sentences.as_slice() {
            [] if self.is_first() => self.state.text.clone(),
            [] => self.unchanged(),
            sentences => sentences.join(" "),
        }
    }

    /// Returns the state of the site, in one sentence.
    pub fn state(&self) -> &str {
        &self.state.text
    }

    /// Returns the state of the site beside the changes: what they say already is left out.
    pub fn state_beside_changes(&self) -> &str {
        self.short_state.as_deref().unwrap_or(&self.state.text)
    }

    /// Returns how bad the changes are.
    pub fn tone(&self) -> Tone {
        let worst = self.news.iter().map(News::tone).min();
        let is_broken = (self.findings.iter()).any(|found| found.severity >= Severity::Error);
        match worst {
            Some(Tone::Good) if is_broken => Tone::Neutral,
            Some(tone) => tone,
            None => Tone::Neutral,
        }
    }

    /// Returns whether there was no run to compare with.
    pub fn is_first(&self) -> bool {
        self.baseline.is_none()
    }

    /// One line for a run in which nothing changed.
    fn unchanged(&self) -> String {
        let since =
            (self.baseline.as_ref()).map_or(String::new(), |baseline| format!(" since {baseline}"));
        match &self.still_failing {
            Some((1, day)) => format!("No change{since}: 1 page still fails, since {day}."),
            Some((pages, day)) => format!(
                "No change{since}: {} still fail, the first since {day}.",
                count(*pages, "page")
            ),
            None => format!("No change{since}. {}", self.state.text),
        }
    }
}

/// Returns a note as a sentence.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let end = if note.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

/// Returns the state of the site, which is not well if a change hides its pages though none fails.
fn not_well(state: Headline, news: &[News]) -> Headline {
    if state.tone != Color::Fine {
        return state;
    }
    let sum = |of: fn(&News) -> bool| -> u64 {
        news.iter().filter(|news| of(news)).map(News::pages).sum()
    };
    let noindex = sum(|news| matches!(news, News::Noindex(_)));
    let lost = sum(|news| matches!(news, News::Lost(_)));
    let canonical = sum(|news| matches!(news, News::Canonical(_)));
    let now = |n, one: &str, many: &str| {
        let verb = if n == 1 { one } else { many };
        (n > 0).then(|| format!("{} {verb}", count(n, "page")))
    };
    let what = [
        now(noindex, "turned noindex", "turned noindex"),
        now(lost, "is not served any more", "are not served any more"),
        now(
            canonical,
            "names another page as canonical",
            "name another page as canonical",
        ),
    ];
    let what: Vec<String> = what.into_iter().flatten().collect();
    if what.is_empty() {
        return state;
    }
    Headline {
        tone: Color::Other,
        text: format!("No page failed, but {}.", what.join(", ")),
    }
}

/// Returns the state of the site without what a change says already; `None` if no change says it.
fn short_state(facts: &BriefFacts<'_>, state: &Headline, news: &[News]) -> Option<String> {
    let is_said = |change: &News| match change {
        News::Unaudited { .. } => facts.summary.pages.fetched == 0,
        News::Found { title, subject, .. } => state
            .text
            .contains(&format!("{} ({subject})", title.to_lowercase())),
        _ => false,
    };
    let short = match facts.summary.pages.fetched {
        0 => "No page could be fetched.",
        _ => "No page failed.",
    };
    let is_said = facts.failing_pages() == 0 && news.iter().any(is_said);
    is_said.then(|| short.to_owned())
}

/// Maximum sections whose changed titles are counted one by one.
const SECTIONS: usize = 3;

/// Returns how many titles changed, by section: worth a line, but no notification of its own.
fn titles(comparison: &Comparison) -> Option<String> {
    let titles = &comparison.marks.titles;
    let all: u64 = titles.iter().map(|(_, pages)| pages).sum();
    let named = titles.iter().take(SECTIONS);
    let named: Vec<String> = named
        .map(|(section, pages)| format!("{} in {}", number(*pages), tame(section)))
        .collect();
    let more = if titles.len() > SECTIONS { ", ..." } else { "" };
    let titles = count(all, "page");
    (all > 0).then(|| format!("the title of {titles} changed: {}{more}", named.join(", ")))
}

/// Maximum notes of a comparison; further ones are left out.
const NOTES: usize = 5;

fn notes(comparison: Option<&Comparison>) -> Vec<String> {
    match comparison {
        Some(comparison) => {
            let notes = comparison.notes.iter().cloned();
            let notes = titles(comparison).into_iter().chain(notes);
            notes.take(NOTES).map(|note| sentence(&note)).collect()
        },
        None => vec![
            "This is the first run with this scope and these limits: there is nothing to compare it with."
                .to_owned(),
        ],
    }
}
