//! What is told of an event: pure. What a run has to say is said by its [`Brief`]; here is only who wants to hear it.

use crate::model::{Moment, Zone};
use crate::report::words::{count, number, tame};
use crate::report::{Brief, BriefPage, Fact, News, PageList, Tone};

use super::choice::{Choice, Occasion};
use super::happening::Happening;
use super::message::{Message, NOW};

/// Most recovered pages that a message names; how many more there are is said.
const MOST_PAGES: usize = 100;

/// What is told of a run that was made to its end; nothing if nothing of it is wanted.
pub(super) fn run_message(
    (event, happening): (&str, &Happening),
    site: &str,
    (choice, zone): (&Choice, &Zone),
) -> Option<Message> {
    let Happening::Ended {
        project,
        brief,
        report,
        ..
    } = happening
    else {
        return None;
    };
    let occasions = choice.wanted(&occasions(brief, choice));
    if occasions.is_empty() {
        return None;
    }
    let told = Message {
        tone: brief.tone(),
        subject: format!("{project}: {}", brief.subject()),
        headline: brief.headline(),
        site: tame(site).into_owned(),
        report: report.clone(),
        ..frame((event, happening), occasions, zone)
    };
    // A run in which nothing changed is worth one line.
    if brief.news.is_empty() && !brief.is_first() {
        return Some(told);
    }
    let now = (told.headline != brief.state()).then(|| Fact {
        name: NOW.to_owned(),
        value: brief.state().to_owned(),
    });
    Some(Message {
        facts: now.into_iter().chain(brief.table.clone()).collect(),
        findings: brief.findings.clone(),
        more_findings: brief.more_findings,
        lists: brief.lists.clone(),
        notes: brief.notes.clone(),
        ..told
    })
}

/// Every occasion that there is. A digest without a change is one only where it is asked for.
fn occasions(brief: &Brief, choice: &Choice) -> Vec<Occasion> {
    let any = |is: fn(&News) -> bool| brief.news.iter().any(is);
    let unseen = any(|news| matches!(news, News::Unaudited { .. } | News::GivenUp { .. }));
    let there = |occasion: &Occasion| match occasion {
        Occasion::RunFailed => unseen,
        Occasion::GateFailed => any(|news| matches!(news, News::GatesFailed { .. })),
        Occasion::New5xx => brief.lasting_5xx,
        Occasion::Recovery => any(|news| matches!(news, News::Recovered { .. })),
        Occasion::Digest => {
            !unseen && (choice.always || brief.is_first() || !brief.news.is_empty())
        }
    };
    Occasion::ALL.into_iter().filter(there).collect()
}

/// What is told of a run that could not be made.
pub(super) fn failure_message(
    (event, happening): (&str, &Happening),
    (choice, zone): (&Choice, &Zone),
) -> Option<Message> {
    let Happening::Failed {
        project, due, why, ..
    } = happening
    else {
        return None;
    };
    let occasions = choice.wanted(&[Occasion::RunFailed]);
    let due = Moment::from_millis(*due);
    (!occasions.is_empty()).then(|| Message {
        subject: format!("{project}: the run failed"),
        headline: format!("The run of {project} could not be made: {}.", one_line(why)),
        facts: vec![fact("Was due", zone.minutes(due))],
        ..frame((event, happening), occasions, zone)
    })
}

/// What is told when failing pages were asked again and some are fine.
pub(super) fn recheck_message(
    (event, happening): (&str, &Happening),
    site: &str,
    (choice, zone): (&Choice, &Zone),
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
    let are = verb(recovered.len() as u64, "is", "are");
    let still = match failing {
        0 => "none fails any more".to_owned(),
        left => format!("{} still {}", number(*left), verb(*left, "fails", "fail")),
    };
    let shown = recovered.iter().take(MOST_PAGES).map(|address| BriefPage {
        address: address.clone(),
        status: None,
        detail: String::new(),
    });
    Some(Message {
        tone: Tone::Good,
        subject: format!("{project}: {pages} recovered"),
        headline: format!("{pages} that failed {are} fine again; {still}."),
        site: tame(site).into_owned(),
        facts: next
            .map(|next| fact("Rechecked", zone.minutes(Moment::from_millis(next))))
            .into_iter()
            .collect(),
        lists: vec![PageList {
            kind: "recovered".to_owned(),
            title: format!("{pages} recovered"),
            tone: Tone::Good,
            pages: shown.collect(),
            more: recovered.len().saturating_sub(MOST_PAGES) as u64,
        }],
        ..frame((event, happening), occasions, zone)
    })
}

/// What all messages have.
fn frame((event, happening): (&str, &Happening), occasions: Vec<Occasion>, zone: &Zone) -> Message {
    Message {
        event: event.to_owned(),
        occasions,
        project: happening.project().to_owned(),
        site: String::new(),
        run: happening.run().map(|run| run.0),
        at: happening.at().to_string(),
        time: zone.minutes(happening.at()),
        subject: String::new(),
        tone: Tone::Bad,
        headline: String::new(),
        facts: Vec::new(),
        findings: Vec::new(),
        more_findings: 0,
        lists: Vec::new(),
        notes: Vec::new(),
        report: None,
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
