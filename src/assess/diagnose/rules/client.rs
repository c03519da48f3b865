//! Answers that depend on the client: a firewall or bot protection that blocks crawlers.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::context::{ExperimentResult, Ratio};
use crate::assess::diagnose::evidence::Evidence;
use crate::model::{Cause, Experiment};

/// Facts about how a host treats clients.
#[derive(Clone, Copy, Debug)]
pub struct ClientFacts<'a> {
    /// Scheme, host and port.
    pub host: &'a str,
    /// The experiment with a browser's user agent, if one was made.
    pub browser: Option<ExperimentResult>,
    /// URLs that fail for the crawler but not for a browser, out of all of the host.
    pub refused: Ratio,
    /// Answers whose fingerprint is a challenge or a block, out of all failing ones.
    pub blocks: Ratio,
}

/// Reports that the crawler is refused but a browser is not.
pub fn client_block(facts: &ClientFacts<'_>) -> Option<Finding> {
    let proven = facts.browser.filter(|experiment| {
        experiment.experiment == Experiment::Browser
            && experiment.fine.of >= 2
            && experiment.helps()
    });
    let seen = facts.blocks.part >= 3 && facts.blocks.share() >= 0.5;
    if proven.is_none() && !seen {
        return None;
    }
    let mut evidence = Vec::new();
    if let Some(experiment) = proven {
        evidence.push(Evidence::FineAsBrowser {
            fine: experiment.fine,
        });
        evidence.push(Evidence::Urls {
            failing: facts.refused,
            whose: "the host, for the crawler only,".to_owned(),
        });
    }
    if facts.blocks.part > 0 {
        evidence.push(Evidence::Blocks {
            answers: facts.blocks,
        });
    }
    evidence.push(Evidence::Policy {
        text: "whether search engines are let through has to be checked at the firewall; this is \
               no proof of an outage"
            .into(),
    });
    Some(Finding {
        rule: Rule::ClientBlock,
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: facts.host.to_owned(),
        causes: vec![Cause::Firewall],
        confidence: if proven.is_some() { 0.9 } else { 0.8 },
        evidence,
        pages: proven.map(|_| facts.refused.part),
        product: None,
        shown: Vec::new(),
        advice: "firewall",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, fires};
    use super::*;

    #[test]
    fn a_successful_browser_request_proves_a_block() {
        let facts = |fine, crawler_fine, blocks| ClientFacts {
            host: HOST,
            browser: Some(ExperimentResult {
                experiment: Experiment::Browser,
                fine: Ratio::new(fine, 5),
                crawler_fine: Ratio::new(crawler_fine, 5),
                crawl_fine: Ratio::default(),
            }),
            refused: Ratio::new(8, 20),
            blocks: Ratio::new(blocks, 10),
        };
        fires(client_block(&facts(5, 0, 0)), client_block(&facts(5, 5, 0)));
        fires(client_block(&facts(0, 0, 9)), client_block(&facts(0, 0, 2)));
    }
}
