//! A message in the format of Microsoft Teams' incoming webhooks (Workflows): an Adaptive Card in an envelope
//! (learn.microsoft.com, "Create an Incoming Webhook", "Adaptive Cards for Teams").

use serde_json::{Value, json};

use crate::report::words::{number, tame};

use super::slack::{PAGES, short};
use crate::report::{FindingBrief, PageList, Tone};
use crate::schedule::notify::message::{FINDINGS, Message, lines as lines_of, said};

/// Maximum size of a request in bytes, by the same pages.
const LARGEST: usize = 28 * 1024;

/// Returns the body of the request. Lists name fewer pages if it would be too large.
pub(in crate::schedule::notify) fn payload(message: &Message) -> Value {
    let mut cards = (0..=PAGES).rev().map(|pages| card(message, pages));
    let fits = |card: &Value| card.to_string().len() <= LARGEST;
    cards.find(fits).unwrap_or_else(|| card(message, 0))
}

/// Returns a card whose lists name at most this many pages.
fn card(message: &Message, pages: usize) -> Value {
    let facts: Vec<Value> = message
        .facts_with_state()
        .iter()
        .map(|fact| json!({"title": plain(&fact.name), "value": plain(&fact.value)}))
        .collect();
    let mut body = vec![
        json!({"type": "TextBlock", "text": plain(&message.subject), "weight": "Bolder", "size": "Large", "wrap": true}),
        json!({"type": "TextBlock", "text": plain(&message.headline), "color": color(message.tone), "wrap": true}),
        json!({"type": "FactSet", "facts": facts}),
    ];
    body.extend(findings(&message.findings));
    body.extend(message.lists.iter().map(|found| list(found, pages)));
    let quiet = |text: &str| json!({"type": "TextBlock", "text": plain(text), "isSubtle": true, "size": "Small", "wrap": true});
    body.extend(message.notes.iter().take(5).map(|note| quiet(note)));
    body.push(quiet(&message.footer()));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
            },
        }],
    })
}

fn findings(found: &[FindingBrief]) -> Option<Value> {
    let title = json!({"type": "TextBlock", "text": FINDINGS, "weight": "Bolder", "wrap": true});
    let items = found.iter().map(|found| {
        let (title, facts) = lines_of(found);
        let facts = facts.iter().map(|(name, text)| format!("{name}: {text}"));
        let text: Vec<String> = std::iter::once(short(&title)).chain(facts).collect();
        json!({"type": "TextBlock", "text": plain(&text.join(". ")), "wrap": true, "spacing": "Small"})
    });
    let items: Vec<Value> = std::iter::once(title).chain(items).collect();
    (!found.is_empty()).then(|| json!({"type": "Container", "separator": true, "items": items}))
}

fn list(list: &PageList, pages: usize) -> Value {
    let mut items = vec![
        json!({"type": "TextBlock", "text": plain(&list.title), "weight": "Bolder", "color": color(list.tone), "wrap": true}),
    ];
    for page in list.pages.iter().take(pages) {
        let said = said(page);
        let dash = if said.is_empty() { "" } else { " – " };
        let text = format!("{}{dash}{}", plain(&short(&page.address)), plain(&said));
        items.push(json!({"type": "TextBlock", "text": text, "wrap": true, "spacing": "Small"}));
    }
    let more = list.more + list.pages.len().saturating_sub(pages) as u64;
    if more > 0 {
        let text = format!("and {} more", number(more));
        items.push(json!({"type": "TextBlock", "text": text, "isSubtle": true}));
    }
    json!({"type": "Container", "separator": true, "items": items})
}

const fn color(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "Attention",
        Tone::Neutral => "Default",
        Tone::Good => "Good",
    }
}

/// Escapes characters that begin an emphasis or a link: cards read a part of Markdown.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in tame(text).chars() {
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '`' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
