//! A message as Slack's incoming webhooks take it: blocks, with a plain text for notifications.
//!
//! Limits are Slack's (docs.slack.dev, "Section block", "Header block"): 150 characters in a header,
//! 3,000 in a text, 10 fields in a section, 50 blocks.

use serde_json::{Value, json};

use crate::report::words::{number, tame};

use crate::report::{FindingBrief, PageList, Tone};
use crate::schedule::notify::message::{FINDINGS, Message, lines as lines_of, said};

/// Maximum characters of a header.
const HEADER: usize = 150;

/// Maximum characters of a text.
const TEXT: usize = 3_000;

/// Maximum fields of a section.
const FIELDS: usize = 10;

/// Maximum pages of a list in a chat: nobody reads a hundred there.
pub(super) const PAGES: usize = 10;

/// Returns the body of the request.
pub(in crate::schedule::notify) fn payload(message: &Message) -> Value {
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": cut(&message.subject, HEADER), "emoji": false}}),
        markdown(&format!(
            "{} {}",
            sign(message.tone),
            escape(&message.headline)
        )),
    ];
    let fields: Vec<Value> = message
        .facts_with_state()
        .iter()
        .take(FIELDS)
        .map(|fact| {
            let text = format!("*{}*\n{}", escape(&fact.name), escape(&fact.value));
            json!({"type": "mrkdwn", "text": cut(&text, 2_000)})
        })
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if !message.findings.is_empty() {
        let findings: Vec<String> = message.findings.iter().map(finding).collect();
        let text = format!("*{FINDINGS}*\n{}", findings.join("\n"));
        blocks.push(markdown(&text));
    }
    blocks.extend(message.lists.iter().map(|list| markdown(&lines(list))));
    blocks.extend(
        message
            .notes
            .iter()
            .take(5)
            .map(|note| markdown(&escape(note))),
    );
    let footer = json!({"type": "mrkdwn", "text": escape(&message.footer())});
    blocks.push(json!({"type": "context", "elements": [footer]}));
    json!({"text": escape(&message.title()), "blocks": blocks})
}

fn finding(found: &FindingBrief) -> String {
    let (title, facts) = lines_of(found);
    let facts = (facts.iter()).map(|(name, text)| format!("    {name}: {}", escape(text)));
    let title = format!("• {}", escape(&cut(&title, 300)));
    std::iter::once(title)
        .chain(facts)
        .collect::<Vec<_>>()
        .join("\n")
}

fn lines(list: &PageList) -> String {
    let mut lines = vec![format!("*{}*", escape(&list.title))];
    for page in list.pages.iter().take(PAGES) {
        let said = said(page);
        let dash = if said.is_empty() { "" } else { " – " };
        let address = escape(&short(&page.address));
        lines.push(format!("• {address}{dash}{}", escape(&said)));
    }
    let more = list.more + list.pages.len().saturating_sub(PAGES) as u64;
    if more > 0 {
        lines.push(format!("and {} more", number(more)));
    }
    lines.join("\n")
}

fn markdown(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": cut(text, TEXT)}})
}

const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => ":red_circle:",
        Tone::Neutral => ":large_blue_circle:",
        Tone::Good => ":large_green_circle:",
    }
}

/// Escapes the three characters that Slack reserves, so that a text of the audited site cannot mention a person or a
/// channel. Shows characters that would turn or hide text.
fn escape(text: &str) -> String {
    tame(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Cuts a text to at most `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    // Half of an escaped character would be shown literally.
    if let Some(at) = short.rfind('&')
        && !short[at..].contains(';')
    {
        short.truncate(at);
    }
    short.push('…');
    short
}

/// Cuts a URL, so that it leaves room for others.
pub(super) fn short(address: &str) -> String {
    cut(address, 200)
}
