//! A made-up message, to see that it arrives and how it looks.

use crate::assess::diagnose::rules::Severity;
use crate::fetch::outbound_client;
use crate::model::{Moment, Zone};
use crate::report::{BriefPage, Fact, FindingBrief, ListKind, PageList, Tone};

use super::channel::Channels;
use super::choice::Occasion;
use super::deliver::NotifyError;
use super::message::Message;

/// Sends a sample through every channel of a project. Returns the name and the result of each channel, in their
/// order.
pub async fn notify_test(
    project: &str,
    channels: &Channels,
    now: Moment,
) -> Result<Vec<(String, Result<(), NotifyError>)>, NotifyError> {
    let client = outbound_client()?;
    let message = sample(project, &channels.zone, now);
    let mut sent = Vec::new();
    for (name, channel) in channels.iter() {
        let outcome = channel.send(&client, &message, (0, now)).await;
        let outcome = outcome.map_err(|source| NotifyError::Refused {
            channel: name.to_owned(),
            source,
        });
        sent.push((name.to_owned(), outcome));
    }
    Ok(sent)
}

/// Returns the sample. Its text says that it is a sample; its site does not exist (RFC 2606).
pub fn sample(project: &str, zone: &Zone, now: Moment) -> Message {
    let fact = |name: &str, value: &str| Fact {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let page = |path: &str, status, detail: &str| BriefPage {
        address: format!("https://www.example.com{path}"),
        status: Some(status),
        detail: detail.to_owned(),
    };
    Message {
        event: format!("{project}/sample/{}", now.millis()),
        occasions: vec![Occasion::GateFailed, Occasion::New5xx, Occasion::Recovery],
        project: project.to_owned(),
        site: "https://www.example.com".to_owned(),
        run: None,
        at: now.to_string(),
        time: zone.minutes(now),
        subject: format!("{project}: sample, 2 pages newly failing, 1 recovered"),
        tone: Tone::Bad,
        headline: "This is a sample: 2 pages newly fail, 1 recovered.".to_owned(),
        state: None,
        facts: vec![
            fact("Site", "https://www.example.com"),
            fact("Gate failed", "5xx > 0 (2 > 0)"),
            fact("Crawlability", "88.6, before 97.1 (100 is best)"),
            fact("Indexing risk", "1.3, before 0.2 (0 is best)"),
            fact(
                "Pages",
                "1,226 fine, 9 fail always, 3 failed for a while only, 2 fail now and then",
            ),
            fact("Changes", "2 new, 1 fixed since run 6, of 2026-11-16"),
            fact("Coverage", "1,240 of 1,247 known pages (99.4 %)"),
        ],
        findings: vec![FindingBrief {
            severity: Severity::Error,
            title: "Pages that fail again and again".to_owned(),
            subject: "https://www.example.com/shop/".to_owned(),
            new: true,
            more_pages: 0,
            cause: "a backend that is down".to_owned(),
            age: String::new(),
            owner: "hosting team".to_owned(),
            evidence: "2 of 40 pages of the section fail".to_owned(),
            step: "Look into the error log of the web server".to_owned(),
            explain: "gatecrawl explain upstream_down".to_owned(),
        }],
        more_findings: 0,
        lists: vec![
            PageList {
                kind: ListKind::New,
                title: "2 pages fail now and did not before".to_owned(),
                tone: Tone::Bad,
                pages: vec![
                    page(
                        "/shop/checkout/",
                        504,
                        "0 of 1 attempts failed before, 5 of 5 now",
                    ),
                    page(
                        "/shop/cart?step=2&coupon=SPRING",
                        502,
                        "0 of 1 attempts failed before, 5 of 5 now",
                    ),
                ],
                more: 0,
            },
            PageList {
                kind: ListKind::Recovered,
                title: "1 page recovered".to_owned(),
                tone: Tone::Good,
                pages: vec![page(
                    "/blog/",
                    200,
                    "5 of 5 attempts failed before, 0 of 1 now",
                )],
                more: 0,
            },
        ],
        notes: vec!["Nothing of this was measured.".to_owned()],
        report: None,
    }
}
