//! Changes: each is typed, with its words for a subject and for a sentence.

use serde::{Deserialize, Serialize};

use crate::assess::GateStatus;
use crate::assess::compare::Comparison;
use crate::assess::diagnose::rules::Severity;
use crate::report::words::{count, number, one_line};
use crate::store::{RunState, StoredFinding};

use super::facts::BriefFacts;
use super::outage::OutageBrief;

/// A change, or the reason why the run could not see one. The order of the variants is that of their weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentences below say what the fields are")]
pub enum News {
    Unaudited {
        why: String,
    },
    GivenUp {
        urls: u64,
    },
    /// Pages that fail and did not, or were absent.
    Broken {
        pages: u64,
    },
    /// Pages that fail, in a first run.
    Failing {
        pages: u64,
    },
    /// Pages that were intermittent, and now always fail.
    Died {
        pages: u64,
    },
    Outage(OutageBrief),
    /// Findings that the baseline lacks, and that no other change reports.
    Found {
        title: String,
        subject: String,
        /// Pages that it is about; `None` if they are not counted.
        #[serde(default)]
        pages: Option<u64>,
        more: u64,
    },
    GatesFailed {
        expressions: Vec<String>,
    },
    SitemapLost {
        address: String,
        more: u64,
    },
    Moved {
        pages: u64,
        from: String,
        to: String,
    },
    Worse {
        pages: u64,
    },
    Gone {
        pages: u64,
    },
    Unlinked {
        pages: u64,
    },
    Recovered {
        pages: u64,
    },
    Better {
        pages: u64,
    },
    Appeared {
        pages: u64,
    },
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Action is needed.
    Bad,
    /// Worth knowing.
    Neutral,
    /// All is well, or better.
    Good,
}

/// Returns the changes, the worst first.
pub(super) fn news(facts: &BriefFacts<'_>) -> Vec<News> {
    let mut news = Vec::new();
    if let Some(why) = facts.unaudited {
        news.push(News::Unaudited {
            why: one_line(why).trim_end_matches('.').to_owned(),
        });
    }
    if facts.run.state == RunState::Incomplete {
        let urls = facts.summary.given_up;
        news.push(News::GivenUp { urls });
    }
    if facts.unaudited.is_none() {
        match facts.comparison {
            Some(comparison) => of_pages(comparison, &mut news),
            None => first(facts, &mut news),
        }
        let outages = facts.outages.iter().filter(|outage| outage.is_new);
        news.extend(outages.cloned().map(News::Outage));
        news.extend(found(facts));
    }
    let failed = facts.gates.iter();
    let failed = failed.filter(|gate| gate.result == GateStatus::Failed);
    let expressions: Vec<String> = failed.map(|gate| gate.expression.clone()).collect();
    if !expressions.is_empty() {
        news.push(News::GatesFailed { expressions });
    }
    news.sort_by_key(News::rank);
    news
}

fn first(facts: &BriefFacts<'_>, news: &mut Vec<News>) {
    let pages = facts.failing_pages();
    if pages > 0 {
        news.push(News::Failing { pages });
    }
}

fn of_pages(comparison: &Comparison, news: &mut Vec<News>) {
    let counts = &comparison.counts;
    let failures = &comparison.failures;
    let of_counts = [
        News::Broken {
            pages: failures.broken,
        },
        News::Died {
            pages: failures.died,
        },
        News::Worse {
            pages: counts.worse,
        },
        News::Gone { pages: counts.gone },
        News::Unlinked {
            pages: counts.unlinked,
        },
        News::Recovered {
            pages: counts.fixed,
        },
        News::Better {
            pages: counts.better,
        },
        News::Appeared {
            pages: comparison.appeared_fine(),
        },
    ];
    news.extend(of_counts.into_iter().filter(|change| change.pages() > 0));
    news.extend(comparison.moves.iter().map(|moved| News::Moved {
        pages: moved.pages,
        from: moved.from.clone(),
        to: moved.to.clone(),
    }));
    if let [address, others @ ..] = comparison.lost_sitemaps.as_slice() {
        news.push(News::SitemapLost {
            address: address.clone(),
            more: others.len() as u64,
        });
    }
}

/// Returns the findings of `warning` and above that are changes of their own and that the baseline lacks.
fn found(facts: &BriefFacts<'_>) -> Option<News> {
    let is_reported = |found: &&StoredFinding| {
        found.severity > Severity::Notice && found.rule.is_news() && facts.is_new(found)
    };
    let mut new = facts.summary.findings.iter().filter(is_reported);
    let worst = new.next()?;
    Some(News::Found {
        title: worst.rule.title().to_owned(),
        subject: one_line(&worst.subject),
        pages: worst.pages,
        more: new.count() as u64,
    })
}

impl News {
    /// Returns how bad it is.
    pub fn tone(&self) -> Tone {
        match self {
            News::Unaudited { .. }
            | News::GivenUp { .. }
            | News::Broken { .. }
            | News::Failing { .. }
            | News::Died { .. }
            | News::Outage(_)
            | News::GatesFailed { .. }
            | News::SitemapLost { .. } => Tone::Bad,
            News::Found { .. }
            | News::Moved { .. }
            | News::Worse { .. }
            | News::Gone { .. }
            | News::Unlinked { .. }
            | News::Appeared { .. } => Tone::Neutral,
            News::Recovered { .. } | News::Better { .. } => Tone::Good,
        }
    }

    /// Returns its rank: by weight, then by the number of pages.
    fn rank(&self) -> (u8, std::cmp::Reverse<u64>) {
        let kind = match self {
            News::Unaudited { .. } => 0,
            News::GivenUp { .. } => 1,
            News::Broken { .. } | News::Failing { .. } => 2,
            News::Died { .. } => 3,
            News::Outage(_) => 4,
            News::Moved { .. } => 5,
            News::SitemapLost { .. } => 6,
            News::Found { .. } => 7,
            News::GatesFailed { .. } => 8,
            News::Worse { .. } => 9,
            News::Gone { .. } => 10,
            News::Unlinked { .. } => 11,
            News::Recovered { .. } => 12,
            News::Better { .. } => 13,
            News::Appeared { .. } => 14,
        };
        (kind, std::cmp::Reverse(self.pages()))
    }

    /// Returns the number of pages that it is about; 0 if it is not about pages.
    fn pages(&self) -> u64 {
        match self {
            News::Broken { pages }
            | News::Failing { pages }
            | News::Died { pages }
            | News::Moved { pages, .. }
            | News::Worse { pages }
            | News::Gone { pages }
            | News::Unlinked { pages }
            | News::Recovered { pages }
            | News::Better { pages }
            | News::Appeared { pages } => *pages,
            News::Unaudited { .. }
            | News::GivenUp { .. }
            | News::Outage(_)
            | News::Found { .. }
            | News::GatesFailed { .. }
            | News::SitemapLost { .. } => 0,
        }
    }

    /// Returns a few words with the count, for a subject.
    pub(super) fn short(&self) -> String {
        let pages = count(self.pages(), "page");
        match self {
            News::Unaudited { .. } => "the site could not be audited".to_owned(),
            News::GivenUp { .. } => "a part of the site was given up".to_owned(),
            News::Broken { .. } => format!("{pages} newly failing"),
            News::Failing { .. } => format!("{pages} failing"),
            News::Died { .. } => format!("{pages} dead after coming and going"),
            News::Outage(outage) => outage.short(),
            News::Found {
                title, pages, more, ..
            } => {
                let pages = pages.map_or(String::new(), |n| format!(" ({})", count(n, "page")));
                format!("{}{pages}{}", lower(title), and_more(*more))
            }
            News::GatesFailed { expressions } => {
                format!("{} failed", count(expressions.len() as u64, "gate"))
            }
            News::SitemapLost { more: 0, .. } => "the sitemap is gone".to_owned(),
            News::SitemapLost { more, .. } => format!("{} sitemaps are gone", number(more + 1)),
            News::Moved { from, to, .. } => format!("{pages} moved {}", way(from, to)),
            News::Worse { .. } => format!("{pages} failing more often"),
            News::Gone { .. } => format!("{pages} gone"),
            News::Unlinked { .. } => format!("{pages} without links"),
            News::Recovered { pages } => format!("{} recovered", number(*pages)),
            News::Better { .. } => format!("{pages} failing less often"),
            News::Appeared { pages } => format!("{} new", count(*pages, "page")),
        }
    }

    /// Returns the same as a sentence.
    pub(super) fn sentence(&self) -> String {
        let n = self.pages();
        let pages = count(n, "page");
        let verb = |one: &'static str, many: &'static str| if n == 1 { one } else { many };
        match self {
            News::Unaudited { why } => format!("The site could not be audited: {why}."),
            News::GivenUp { urls } => format!(
                "A part of the site was given up, and {} not requested.",
                match urls {
                    1 => "1 URL was".to_owned(),
                    many => format!("{} were", count(*many, "URL")),
                }
            ),
            News::Broken { .. } => {
                format!("{pages} {} that did not before.", verb("fails", "fail"))
            }
            News::Failing { .. } => format!("{pages} {}.", verb("fails", "fail")),
            News::Died { .. } => format!(
                "{pages} that came and went {} now to every request.",
                verb("fails", "fail")
            ),
            News::Outage(outage) => outage.sentence(),
            News::Found {
                title,
                subject,
                pages,
                more,
            } => {
                let pages = pages.map_or(String::new(), |n| format!(", {}", count(n, "page")));
                format!(
                    "New finding: {} ({subject}{pages}){}.",
                    lower(title),
                    and_more(*more)
                )
            }
            News::GatesFailed { expressions } => match expressions.as_slice() {
                [gate] => format!("A gate failed: {gate}."),
                gates => format!("{} gates failed.", number(gates.len() as u64)),
            },
            News::SitemapLost { address, more: 0 } => {
                format!("The sitemap {address} is gone.")
            }
            News::SitemapLost { address, more } => format!(
                "The sitemap {address} and {} are gone.",
                count(*more, "other sitemap")
            ),
            News::Moved { from, to, .. } => format!("{pages} moved {}.", way(from, to)),
            News::Worse { .. } => format!("{pages} {} more often.", verb("fails", "fail")),
            News::Gone { .. } => format!("{pages} {} gone.", verb("is", "are")),
            News::Unlinked { .. } => format!(
                "No link leads to {pages} any more, and no sitemap lists {}.",
                verb("it", "them")
            ),
            News::Recovered { .. } => format!("{pages} recovered."),
            News::Better { .. } => format!("{pages} {} less often.", verb("fails", "fail")),
            News::Appeared { .. } => format!("{pages} {} new.", verb("is", "are")),
        }
    }
}

/// Maximum characters of a place in a subject.
const PLACE: usize = 60;

/// Returns in words between which folders redirects move pages: `from /a/ to /b/`, or `within /a/`.
fn way(from: &str, to: &str) -> String {
    let cut = |place: &str| match place.char_indices().nth(PLACE) {
        Some((end, _)) => format!("{}…", &place[..end]),
        None => place.to_owned(),
    };
    if from == to {
        format!("within {}", cut(from))
    } else {
        format!("from {} to {}", cut(from), cut(to))
    }
}

/// Returns a title within a sentence: its first letter is small unless it begins an abbreviation or a name.
fn lower(title: &str) -> String {
    let is_word = title.chars().nth(1).is_some_and(char::is_lowercase);
    let mut chars = title.chars();
    match chars.next() {
        Some(first) if is_word => first.to_lowercase().chain(chars).collect(),
        _ => title.to_owned(),
    }
}

fn and_more(more: u64) -> String {
    match more {
        0 => String::new(),
        more => format!(" and {}", count(more, "other finding")),
    }
}
