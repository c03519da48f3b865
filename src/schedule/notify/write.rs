//! Writes the notification for an event, in pure functions. The [`Brief`] has the content; this module checks whether
//! the project wants it.

use crate::model::{Moment, Zone};
use crate::report::words::{count, number, tame};
use crate::report::{Brief, BriefPage, Fact, ListKind, News, PageList, Tone};

use super::choice::{Choice, Occasion};
use super::message::Message;
use super::notified_event::{Head, Rechecked, RunEnded, RunFailed};

/// Maximum recovered pages that a message names; the others are counted.
const MOST_PAGES: usize = 100;

/// Returns the notification of a run that ended; `None` if the project does not want it.
pub(super) fn run_message(
    key: &str,
    ended: &RunEnded,
    site: &str,
    (choice, zone): (&Choice, &Zone),
) -> Option<Message> {
    let (head, brief) = (&ended.head, &ended.brief);
    let occasions = choice.wanted(&occasions(brief, choice));
    if occasions.is_empty() {
        return None;
    }
    let told = Message {
        tone: brief.tone(),
        subject: format!("{}: {}", head.project, brief.subject()),
        headline: brief.headline(),
        site: tame(site).into_owned(),
        report: ended.report.clone(),
        ..frame(key, head, occasions, zone)
    };
    // A run in which nothing changed is worth one line.
    if brief.news.is_empty() && !brief.is_first() {
        return Some(told);
    }
    let state = Some(brief.state_beside_changes()).filter(|state| told.headline != *state);
    Some(Message {
        state: state.map(str::to_owned),
        facts: brief.table.clone(),
        findings: brief.findings.clone(),
        more_findings: brief.more_findings,
        lists: brief.lists.clone(),
        notes: brief.further().chain(brief.notes.iter().cloned()).collect(),
        ..told
    })
}

/// Returns the occasions of a run. A run without a change is an occasion for a digest only if the project wants such
/// digests.
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

/// Returns the notification of a run that could not be made.
pub(super) fn failure_message(
    key: &str,
    failed: &RunFailed,
    (choice, zone): (&Choice, &Zone),
) -> Option<Message> {
    let project = &failed.head.project;
    let why = one_line(&failed.why);
    let occasions = choice.wanted(&[Occasion::RunFailed]);
    let due = Moment::from_millis(failed.due);
    (!occasions.is_empty()).then(|| Message {
        subject: format!("{project}: the run failed"),
        headline: format!("{project} could not be audited: {why}."),
        facts: vec![fact("Was due", zone.minutes(due))],
        ..frame(key, &failed.head, occasions, zone)
    })
}

/// Returns the notification of pages that recovered or were lost in a recheck.
pub(super) fn recheck_message(
    key: &str,
    made: &Rechecked,
    site: &str,
    (choice, zone): (&Choice, &Zone),
) -> Option<Message> {
    let (project, recovered, lost) = (&made.head.project, &made.recovered, &made.lost);
    let of = |occasion, pages: &[String]| (!pages.is_empty()).then_some(occasion);
    let occasions = [
        of(Occasion::Recovery, recovered),
        of(Occasion::Digest, lost),
    ];
    let occasions: Vec<Occasion> = occasions.into_iter().flatten().collect();
    let occasions = choice.wanted(&occasions);
    if occasions.is_empty() {
        return None;
    }
    let pages = |of: &[String]| count(of.len() as u64, "page");
    let are = |of: &[String]| verb(of.len() as u64, "is", "are");
    let still = match made.failing {
        0 => "none fails any more".to_owned(),
        left => format!("{} still {}", number(left), verb(left, "fails", "fail")),
    };
    let named = |kind: ListKind, all: &[String], title: String| PageList {
        kind,
        title,
        tone: kind.tone(),
        pages: all
            .iter()
            .take(MOST_PAGES)
            .map(|page| plain(page))
            .collect(),
        more: all.len().saturating_sub(MOST_PAGES) as u64,
    };
    let lost_now = format!("{} {} not served any more", pages(lost), are(lost));
    let recovered_now = format!("{} recovered", pages(recovered));
    let mut lists = vec![
        named(ListKind::Lost, lost, lost_now.clone()),
        named(ListKind::Recovered, recovered, recovered_now.clone()),
    ];
    lists.retain(|list| !list.pages.is_empty());
    let fine = format!(
        "{} that failed {} fine again; {still}.",
        pages(recovered),
        are(recovered)
    );
    let (tone, subject, headline) = match (lost.is_empty(), recovered.is_empty()) {
        (true, _) => (Tone::Good, recovered_now, fine),
        (false, is_none) => {
            let why = format!(
                "{} that failed {} not served any more: missing, refused or redirected elsewhere",
                pages(lost),
                are(lost)
            );
            if is_none {
                (Tone::Bad, lost_now, format!("{why}; {still}."))
            } else {
                let both = format!("{lost_now}, {} recovered", number(recovered.len() as u64));
                (Tone::Bad, both, format!("{why}. {fine}"))
            }
        }
    };
    Some(Message {
        tone,
        subject: format!("{project}: {subject}"),
        headline,
        site: tame(site).into_owned(),
        facts: made
            .next
            .map(|next| fact("Rechecked", zone.minutes(Moment::from_millis(next))))
            .into_iter()
            .collect(),
        lists,
        ..frame(key, &made.head, occasions, zone)
    })
}

/// Returns a page of which only the URL is known.
fn plain(address: &str) -> BriefPage {
    BriefPage {
        address: address.to_owned(),
        status: None,
        detail: String::new(),
    }
}

/// Returns a message with the common fields.
fn frame(key: &str, head: &Head, occasions: Vec<Occasion>, zone: &Zone) -> Message {
    Message {
        event: key.to_owned(),
        occasions,
        project: head.project.clone(),
        site: String::new(),
        run: head.run,
        at: head.at().to_string(),
        time: zone.minutes(head.at()),
        subject: String::new(),
        tone: Tone::Bad,
        headline: String::new(),
        state: None,
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

/// Returns a text as part of a sentence: in one line, without a full stop.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}
