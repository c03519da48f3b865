//! What is told of a run: pure, from the run, its summary, its gates and its comparison.

use crate::assess::compare::{Change, Comparison, PageChange, PageState, ScoreChange};
use crate::assess::diagnose::rules::{Severity, title};
use crate::assess::{Interval, Verdict};
use crate::report::words::{count, duration, number, percent, tame};
use crate::store::{RunRow, RunState, RunSummary, WorstPage};

use super::choice::{Choice, Occasion};
use super::happening::{GateLine, Happening};
use super::message::{Fact, MOST_PAGES, Message, Page, PageList, Tone};

/// A run, and what it is to be told with.
#[derive(Clone, Copy, Debug)]
pub struct NotifiedRun<'a> {
    /// The run.
    pub run: &'a RunRow,
    /// The run in numbers.
    pub summary: &'a RunSummary,
    /// What changed since the run before; absent if it is the first.
    pub comparison: Option<&'a Comparison>,
    /// The worst pages: what a first run has to tell.
    pub worst: &'a [WorstPage],
}

impl NotifiedRun<'_> {
    /// Whether a host, or a part of one, was given up.
    fn is_incomplete(&self) -> bool {
        self.run.state == RunState::Incomplete
    }

    /// Why the run does not speak for the whole site, in the words of a subject.
    fn trouble(&self, no_audit: bool) -> Option<&'static str> {
        match no_audit {
            true => Some("the site could not be audited"),
            false if self.is_incomplete() => Some("a part of the site was given up"),
            false => None,
        }
    }
}

/// What is told of a run that was made to its end; nothing if nothing of it is wanted.
pub(super) fn run_message(
    (event, happening): (&str, &Happening),
    told: &NotifiedRun<'_>,
    choice: &Choice,
) -> Option<Message> {
    let Happening::Ended {
        no_audit,
        gates,
        report,
        ..
    } = happening
    else {
        return None;
    };
    let changes = Changes::of(told);
    let unseen = no_audit.is_some() || told.is_incomplete();
    let occasions = choice.wanted(&occasions(unseen, gates, &changes, choice));
    if occasions.is_empty() {
        return None;
    }
    let failed = gates.iter().filter(|gate| gate.failed).count();
    let urgent = unseen || failed > 0 || !changes.broken.is_empty();
    let (tone, headline) = headline(no_audit.as_deref(), gates, &changes, told);
    Some(Message {
        tone: if urgent { Tone::Bad } else { tone },
        subject: subject(
            happening.project(),
            told.trouble(no_audit.is_some()),
            failed,
            &changes,
        ),
        headline,
        site: tame(&told.run.site).into_owned(),
        facts: facts(told, gates),
        lists: changes.lists(),
        notes: notes(told),
        report: report.clone(),
        ..frame((event, happening), occasions)
    })
}

/// What is told of a run that could not be made.
pub(super) fn failure_message(
    (event, happening): (&str, &Happening),
    choice: &Choice,
) -> Option<Message> {
    let Happening::Failed {
        project, due, why, ..
    } = happening
    else {
        return None;
    };
    let occasions = choice.wanted(&[Occasion::RunFailed]);
    let due = crate::model::Moment::from_millis(*due);
    (!occasions.is_empty()).then(|| Message {
        subject: format!("{project}: the run failed"),
        headline: format!("The run of {project} could not be made: {}.", one_line(why)),
        facts: vec![fact("Was due", format!("{} UTC", due.spreadsheet()))],
        ..frame((event, happening), occasions)
    })
}

/// What is told when failing pages were asked again and some are fine.
pub(super) fn recheck_message(
    (event, happening): (&str, &Happening),
    run: &RunRow,
    choice: &Choice,
) -> Option<Message> {
    let Happening::Rechecked {
        project,
        recovered,
        failing,
        next,
        ..
    } = happening
    else {
        return None;
    };
    let occasions = choice.wanted(&[Occasion::Recovery]);
    if recovered.is_empty() || occasions.is_empty() {
        return None;
    }
    let pages = count(recovered.len() as u64, "page");
    let are = if recovered.len() == 1 { "is" } else { "are" };
    let still = match failing {
        0 => "none fails any more".to_owned(),
        left => format!("{} still {}", number(*left), verb(*left, "fails", "fail")),
    };
    let next = next.map(|next| crate::model::Moment::from_millis(next).spreadsheet());
    let shown = recovered.iter().take(MOST_PAGES).map(|address| Page {
        address: address.clone(),
        status: None,
        detail: String::new(),
    });
    Some(Message {
        tone: Tone::Good,
        subject: format!("{project}: {pages} recovered"),
        headline: format!("{pages} that failed {are} fine again; {still}."),
        site: tame(&run.site).into_owned(),
        facts: next
            .map(|next| fact("Asked again", format!("{next} UTC")))
            .into_iter()
            .collect(),
        lists: vec![PageList {
            kind: "recovered".to_owned(),
            title: format!("{pages} recovered"),
            tone: Tone::Good,
            pages: shown.collect(),
            more: recovered.len().saturating_sub(MOST_PAGES) as u64,
        }],
        ..frame((event, happening), occasions)
    })
}

/// What all messages have.
fn frame((event, happening): (&str, &Happening), occasions: Vec<Occasion>) -> Message {
    Message {
        event: event.to_owned(),
        occasions,
        project: happening.project().to_owned(),
        site: String::new(),
        run: happening.run().map(|run| run.0),
        at: happening.at().to_string(),
        subject: String::new(),
        tone: Tone::Bad,
        headline: String::new(),
        facts: Vec::new(),
        lists: Vec::new(),
        notes: Vec::new(),
        report: None,
    }
}

/// What changed, as far as people are told page by page.
#[derive(Debug, Default)]
struct Changes {
    /// Pages that fail and did not, or were not there; in a first run all that fail.
    broken: Vec<Page>,
    broken_in_all: u64,
    /// Whether one of them answers 5xx whenever it is asked.
    lasting_5xx: bool,
    recovered: Vec<Page>,
    recovered_in_all: u64,
    /// Whether anything at all changed.
    any: bool,
    is_first: bool,
}

impl Changes {
    fn of(told: &NotifiedRun<'_>) -> Changes {
        match told.comparison {
            Some(comparison) => Changes::since(comparison),
            None => Changes::first(told.worst),
        }
    }

    fn since(comparison: &Comparison) -> Changes {
        let mut changes = Changes {
            recovered_in_all: comparison.counts.fixed,
            any: comparison.headline() != Comparison::default().headline(),
            ..Changes::default()
        };
        for page in &comparison.changes {
            if is_broken(page) {
                changes.broken_in_all += 1;
                changes.lasting_5xx |= page.new.is_some_and(is_lasting_5xx);
                changes.broken.push(shown(page, page.new));
            } else if page.change == Change::Fixed {
                changes.recovered.push(shown(page, page.new));
            }
        }
        // The comparison lists a thousand changes at most, and counts them all.
        changes.broken_in_all = changes.broken_in_all.max(comparison.counts.new);
        changes.broken.truncate(MOST_PAGES);
        changes.recovered.truncate(MOST_PAGES);
        changes
    }

    fn first(worst: &[WorstPage]) -> Changes {
        let fails = |page: &&WorstPage| page.verdict.is_failing();
        let failing: Vec<&WorstPage> = worst.iter().filter(fails).collect();
        let is_lasting = |page: &&&WorstPage| {
            page.verdict == Verdict::Persistent && (500..600).contains(&page.status)
        };
        Changes {
            broken_in_all: failing.len() as u64,
            lasting_5xx: failing.iter().any(|page| is_lasting(&page)),
            broken: failing
                .iter()
                .take(MOST_PAGES)
                .map(|page| Page {
                    address: page.address.clone(),
                    status: Some(page.status).filter(|status| *status > 0),
                    detail: format!(
                        "{}, {} of {} attempts failed",
                        page.verdict.name().replace('_', " "),
                        page.failed,
                        page.attempts
                    ),
                })
                .collect(),
            any: true,
            is_first: true,
            ..Changes::default()
        }
    }

    fn lists(self) -> Vec<PageList> {
        let (broken, recovered) = (self.broken_in_all, self.recovered_in_all);
        let title = if self.is_first {
            format!(
                "{} {}",
                count(broken, "page"),
                verb(broken, "fails", "fail")
            )
        } else {
            format!(
                "{} {} now and did not before",
                count(broken, "page"),
                verb(broken, "fails", "fail")
            )
        };
        let lists = [
            ("new", title, Tone::Bad, self.broken, broken),
            (
                "recovered",
                format!("{} recovered", count(recovered, "page")),
                Tone::Good,
                self.recovered,
                recovered,
            ),
        ];
        let there = lists.into_iter().filter(|(_, _, _, _, all)| *all > 0);
        there
            .map(|(kind, title, tone, pages, all)| PageList {
                kind: kind.to_owned(),
                title,
                tone,
                more: all.saturating_sub(pages.len() as u64),
                pages,
            })
            .collect()
    }
}

/// Whether a page fails that did not, or that was not there.
fn is_broken(page: &PageChange) -> bool {
    let appeared = page.change == Change::Appeared && page.new.is_some_and(|state| state.fails());
    page.change == Change::New || appeared
}

fn is_lasting_5xx(state: PageState) -> bool {
    state.verdict == Verdict::Persistent && state.is_server_error()
}

fn shown(page: &PageChange, state: Option<PageState>) -> Page {
    Page {
        address: page.address.clone(),
        status: state.map(|state| state.status).filter(|status| *status > 0),
        detail: page.evidence.clone(),
    }
}

/// Every occasion that there is. A digest without a change is one only where it is asked for. `unseen`
/// says that the site, or a host of it, was not seen.
fn occasions(
    unseen: bool,
    gates: &[GateLine],
    changes: &Changes,
    choice: &Choice,
) -> Vec<Occasion> {
    let there = |occasion: &Occasion| match occasion {
        Occasion::RunFailed => unseen,
        Occasion::GateFailed => gates.iter().any(|gate| gate.failed),
        Occasion::New5xx => changes.lasting_5xx,
        Occasion::Recovery => changes.recovered_in_all > 0,
        Occasion::Digest => !unseen && (changes.any || choice.always),
    };
    Occasion::ALL.into_iter().filter(there).collect()
}

fn subject(project: &str, trouble: Option<&str>, failed: usize, changes: &Changes) -> String {
    let mut parts: Vec<String> = trouble.map(str::to_owned).into_iter().collect();
    if failed > 0 {
        parts.push(format!("{} failed", count(failed as u64, "gate")));
    }
    if changes.broken_in_all > 0 {
        let new = if changes.is_first { "" } else { "newly " };
        parts.push(format!(
            "{} {new}failing",
            count(changes.broken_in_all, "page")
        ));
    }
    if changes.recovered_in_all > 0 {
        parts.push(format!("{} recovered", number(changes.recovered_in_all)));
    }
    if parts.is_empty() {
        let calm = if changes.any {
            "small changes"
        } else {
            "no change"
        };
        parts.push(calm.to_owned());
    }
    format!("{project}: {}", parts.join(", "))
}

fn headline(
    no_audit: Option<&str>,
    gates: &[GateLine],
    changes: &Changes,
    told: &NotifiedRun<'_>,
) -> (Tone, String) {
    if let Some(why) = no_audit {
        let text = format!("The site could not be audited: {}.", one_line(why));
        return (Tone::Bad, text);
    }
    let (broken, recovered) = (changes.broken_in_all, changes.recovered_in_all);
    let fetched = count(told.summary.pages.fetched, "page");
    let sentence = match (broken, recovered) {
        (0, 0) if changes.is_first => first_calm(told.summary),
        (0, 0) => format!("None of {fetched} newly fails or recovered."),
        (broken, 0) if changes.is_first => {
            format!(
                "{} of {fetched} {}.",
                number(broken),
                verb(broken, "fails", "fail")
            )
        }
        (broken, 0) => format!(
            "{} {} that did not before.",
            count(broken, "page"),
            verb(broken, "fails", "fail")
        ),
        (0, recovered) => format!(
            "{} recovered, and none newly fails.",
            count(recovered, "page")
        ),
        (broken, recovered) => format!(
            "{} newly {}, {} recovered.",
            count(broken, "page"),
            verb(broken, "fails", "fail"),
            number(recovered)
        ),
    };
    let failed: Vec<&str> = gates
        .iter()
        .filter(|gate| gate.failed)
        .map(|gate| gate.expression.as_str())
        .collect();
    let sentence = match failed.as_slice() {
        [] => sentence,
        [gate] => format!("A gate failed: {gate}. {sentence}"),
        gates => format!("{} gates failed. {sentence}", gates.len()),
    };
    let sentence = match told.summary.given_up {
        urls if told.is_incomplete() => format!(
            "A part of the site was given up, and {} not requested. {sentence}",
            match urls {
                1 => "1 URL was".to_owned(),
                many => format!("{} were", count(many, "URL")),
            }
        ),
        _ => sentence,
    };
    let tone = if broken == 0 && recovered > 0 {
        Tone::Good
    } else {
        Tone::Neutral
    };
    (tone, sentence)
}

/// The sentence of a first run in which no page fails: a finding may say that not all is well.
fn first_calm(summary: &RunSummary) -> String {
    let fetched = count(summary.pages.fetched, "page");
    let mut serious = summary
        .findings
        .iter()
        .filter(|found| found.severity > Severity::Notice);
    match (serious.next(), serious.count()) {
        (None, _) => format!("None of {fetched} fails."),
        (Some(found), more) => {
            let title = title(&found.rule).to_lowercase();
            let more = match more {
                0 => String::new(),
                more => format!(" and {}", count(more as u64, "other finding")),
            };
            format!("None of {fetched} fails, but there is a finding: {title}{more}.")
        }
    }
}

fn facts(told: &NotifiedRun<'_>, gates: &[GateLine]) -> Vec<Fact> {
    let summary = told.summary;
    let scores = told.comparison.map(|comparison| &comparison.scores);
    let mut facts = vec![fact("Site", tame(&told.run.site).into_owned())];
    for gate in gates {
        let ruling = if gate.failed { "failed" } else { "undecided" };
        let value = format!("{} ({})", gate.expression, one_line(&gate.reason));
        facts.push(fact(&format!("Gate {ruling}"), value));
    }
    let known = |score: &Option<crate::store::StoredScore>| {
        score.as_ref().and_then(|score| score.score.known())
    };
    if let Some(now) = known(&summary.scores.crawlability) {
        let change = scores.map(|scores| scores.crawlability);
        facts.push(fact("Crawlability", score(now, change, "100 is best")));
    }
    if let Some(now) = known(&summary.scores.indexing_risk) {
        let change = scores.map(|scores| scores.indexing_risk);
        facts.push(fact("Indexing risk", score(now, change, "0 is best")));
    }
    let verdicts = Verdict::ALL.into_iter().filter_map(|verdict| {
        let pages = summary.pages.by_verdict.get(&verdict).copied()?;
        let name = verdict.name().replace('_', " ");
        (pages > 0).then(|| format!("{} {name}", number(pages)))
    });
    let verdicts: Vec<String> = verdicts.collect();
    facts.push(fact("Pages", verdicts.join(", ")));
    if let Some(comparison) = told.comparison {
        let since = comparison.old.started.get(.."YYYY-MM-DD".len());
        let since = since.map_or(String::new(), |day| format!(", of {day}"));
        let value = format!(
            "{} since {}{since}",
            comparison.headline(),
            comparison.old.name
        );
        facts.push(fact("Changes", value));
    }
    if summary.pages.known > 0 {
        let share = summary.pages.fetched as f64 / summary.pages.known as f64;
        let value = format!(
            "{} of {} ({})",
            number(summary.pages.fetched),
            count(summary.pages.known, "known page"),
            percent(share)
        );
        facts.push(fact("Coverage", value));
    }
    let took = told.run.took().map(duration);
    let took = took.map_or(String::new(), |took| format!(", took {took}"));
    let started = told.run.started.spreadsheet();
    facts.push(fact("Crawl", format!("{started} UTC{took}")));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

fn score(now: Interval, change: Option<ScoreChange>, best: &str) -> String {
    let shown = format!("{:.1}", now.value);
    let before = change.and_then(|change| Some((change.old?, change.overlap?)));
    let before = before.map(|(old, overlap)| (format!("{:.1}", old.value), overlap));
    match before {
        Some((was, _)) if was == shown => format!("{shown}, as before ({best})"),
        Some((was, true)) => format!("{shown}, before {was}, which may be chance ({best})"),
        Some((was, false)) => format!("{shown}, before {was} ({best})"),
        None => format!("{shown} ({best})"),
    }
}

fn notes(told: &NotifiedRun<'_>) -> Vec<String> {
    match told.comparison {
        Some(comparison) => comparison.notes.iter().take(5).cloned().collect(),
        None => vec![
            "This is the first run of the site: there is nothing to compare it with.".to_owned(),
        ],
    }
}

fn fact(name: &str, value: String) -> Fact {
    Fact {
        name: name.to_owned(),
        value,
    }
}

fn verb<'a>(n: u64, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

/// A text as part of a sentence.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}
