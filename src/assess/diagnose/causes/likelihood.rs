//! The likelihood factor of each observation for each cause. All are ours: the direction follows from how servers
//! work, the size is judgement. An observation that several causes share does not change them: a backend that is
//! down, one that closes early, one that speaks another protocol and one whose name or certificate is wrong all fail
//! at once, in one section, beside pages that are fine.

use http::header::RETRY_AFTER;

use super::shares::Shares;
use crate::assess::diagnose::answer::LONGEST_DEFAULT_DELAY;
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::context::{Context, ExperimentResult, Ratio};
use crate::assess::diagnose::error_page::catalogue::Fingerprint;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::timing::TimerCounts;
use crate::model::Cause::{
    self, ApplicationError, Dns, Firewall, InvalidUpstreamResponse, Maintenance, Network, Overload,
    Tls, UpstreamDown, UpstreamTimeout,
};
use crate::model::{Experiment, Outcome};

type Factors = &'static [(Cause, f64)];

const ANNOUNCED: Factors = &[
    (Maintenance, 4.0),
    (UpstreamDown, 0.5),
    (ApplicationError, 0.3),
];
const WHOLE_HOST: Factors = &[
    (Maintenance, 1.5),
    (Network, 1.5),
    (Dns, 1.4),
    (Tls, 1.4),
    (UpstreamDown, 1.4),
    (InvalidUpstreamResponse, 1.4),
    (Firewall, 1.3),
    (UpstreamTimeout, 0.8),
    (ApplicationError, 0.6),
];
const FEW_URLS: Factors = &[
    (ApplicationError, 1.6),
    (UpstreamTimeout, 1.4),
    (InvalidUpstreamResponse, 1.4),
    (UpstreamDown, 0.6),
    (Dns, 0.6),
    (Tls, 0.6),
    (Firewall, 0.5),
    (Network, 0.3),
    (Maintenance, 0.1),
];
const CONTROLS_FINE: Factors = &[
    (ApplicationError, 1.3),
    (Firewall, 0.6),
    (UpstreamDown, 0.7),
    (InvalidUpstreamResponse, 0.7),
    (Dns, 0.7),
    (Tls, 0.7),
    (Network, 0.3),
    (Maintenance, 0.3),
];
const CONTROLS_FAIL: Factors = &[
    (Network, 1.6),
    (Dns, 1.4),
    (Tls, 1.4),
    (Firewall, 1.4),
    (UpstreamDown, 1.4),
    (Maintenance, 1.4),
    (ApplicationError, 0.6),
];
const ONE_SECTION: Factors = &[
    (ApplicationError, 1.4),
    (UpstreamDown, 1.3),
    (InvalidUpstreamResponse, 1.3),
    (Dns, 1.3),
    (Tls, 1.3),
    (Maintenance, 0.4),
];
const UNDER_LOAD: Factors = &[
    (Overload, 10.0),
    (UpstreamTimeout, 0.8),
    (Firewall, 0.8),
    (UpstreamDown, 0.2),
    (InvalidUpstreamResponse, 0.5),
    (ApplicationError, 0.3),
    (Maintenance, 0.05),
    (Dns, 0.1),
    (Tls, 0.1),
];
const FINE_AS_BROWSER: Factors = &[
    (Firewall, 40.0),
    (InvalidUpstreamResponse, 0.1),
    (ApplicationError, 0.2),
    (Overload, 0.3),
    (UpstreamDown, 0.05),
    (UpstreamTimeout, 0.1),
    (Maintenance, 0.1),
    (Network, 0.1),
    (Dns, 0.02),
    (Tls, 0.05),
];
const FAILS_AS_BROWSER: Factors = &[(Firewall, 0.5)];
const FINE_WHEN_SLOW: Factors = &[
    (Overload, 12.0),
    (Firewall, 1.5),
    (UpstreamDown, 0.1),
    (Maintenance, 0.05),
    (ApplicationError, 0.2),
    (Tls, 0.05),
    (Dns, 0.1),
];
const ONE_ADDRESS: Factors = &[
    (UpstreamDown, 4.0),
    (Maintenance, 0.2),
    (Firewall, 0.5),
    (Overload, 0.6),
    (ApplicationError, 0.6),
];
const STALE_CONNECTION: Factors = &[
    (InvalidUpstreamResponse, 4.0),
    (UpstreamDown, 0.5),
    (Maintenance, 0.05),
    (Overload, 0.5),
];
const FINE_WITH_HTTP1: Factors = &[
    (InvalidUpstreamResponse, 6.0),
    (Network, 0.5),
    (Maintenance, 0.05),
];

const RESTART: Factors = &[
    (UpstreamDown, 6.0),
    (Maintenance, 1.5),
    (Overload, 0.6),
    (InvalidUpstreamResponse, 0.4),
    (ApplicationError, 0.3),
    (UpstreamTimeout, 0.5),
    (Firewall, 0.3),
];
const FINE_UNCOMPRESSED: Factors = &[
    (InvalidUpstreamResponse, 8.0),
    (ApplicationError, 3.0),
    (UpstreamDown, 0.02),
    (UpstreamTimeout, 0.2),
    (Overload, 0.1),
    (Maintenance, 0.02),
    (Firewall, 0.2),
    (Network, 0.05),
];
const FINE_WITHOUT_QUERY: Factors = &[
    (ApplicationError, 5.0),
    (UpstreamDown, 0.1),
    (Maintenance, 0.1),
    (Network, 0.1),
    (Dns, 0.05),
    (Tls, 0.05),
];
const FINE_WITHOUT_COOKIES: Factors = &[
    (ApplicationError, 3.0),
    (InvalidUpstreamResponse, 4.0),
    (UpstreamDown, 0.1),
    (Maintenance, 0.1),
    (Network, 0.1),
    (Dns, 0.05),
    (Tls, 0.05),
];

/// A server that answers 504 has waited for an answer over an open connection, or for a connection that was not
/// refused.
const TIMED_OUT: Factors = &[(UpstreamDown, 0.1), (InvalidUpstreamResponse, 0.1)];

/// A share of failing URLs from which the whole host counts as failing, and below which only a
/// few pages do.
const WHOLE: f64 = 0.95;
const FEW: f64 = 0.05;

/// Multiplies the shares of the causes by the evidence in the cluster's own answers. `times`: their response times, if the
/// server waited for a backend.
pub(super) fn weigh_answers(
    shares: &mut Shares,
    facts: &ClusterFacts,
    page: Option<&Fingerprint>,
    times: Option<&TimerCounts>,
    evidence: &mut Vec<Evidence>,
) {
    let named = page
        .filter(|page| page.names_product())
        .map(|page| page.product.as_str());
    let product = named.or(facts.server.as_deref());
    let spoken = times.and_then(|times| times.speak(product, facts.cluster.outcome));
    if let Some((factors, words)) = spoken {
        shares.multiply(factors);
        evidence.push(words);
    }
    if facts.cluster.outcome == Outcome::Server504 {
        shares.multiply(TIMED_OUT);
    }
    let longest_seconds = facts.longest_announced.as_secs();
    if facts.announced * 2 > facts.failures {
        // A fingerprint that asks for the header has counted it already.
        let counted = page.is_some_and(|page| page.headers.iter().any(|h| h.0 == RETRY_AFTER));
        if facts.is_announced() && !counted {
            shares.multiply(ANNOUNCED);
        }
        evidence.push(Evidence::RetryAfter {
            count: facts.announced,
            longest_seconds,
        });
    } else if facts.announced_default > 0 {
        evidence.push(Evidence::DefaultRetryAfter {
            count: facts.announced_default,
            longest_seconds: longest_seconds.min(LONGEST_DEFAULT_DELAY.as_secs()),
        });
    }
    if facts.cached > 0 {
        let count = Ratio::new(facts.cached, facts.failures);
        evidence.push(Evidence::Cached { count });
    }
}

/// Multiplies by the factors of the context of the cluster.
pub(super) fn weigh_context(shares: &mut Shares, around: &Context, evidence: &mut Vec<Evidence>) {
    if around.host.of >= 10 {
        let whole = around.host.share() >= WHOLE;
        if whole || around.host.share() < FEW {
            shares.multiply(if whole { WHOLE_HOST } else { FEW_URLS });
        }
        // Failures that are all over need no sentence about how few fail.
        if around.host.part > 0 {
            evidence.push(Evidence::Urls {
                failing: around.host,
                whose: "the host".to_owned(),
            });
        }
    }
    if around.controls.of > 0 {
        let fine = around.controls.share() > 0.5;
        shares.multiply(if fine { CONTROLS_FINE } else { CONTROLS_FAIL });
        evidence.push(Evidence::Controls {
            fine: around.controls,
        });
    }
    if around.sections.of >= 3 && around.sections.part == 1 {
        shares.multiply(ONE_SECTION);
        evidence.push(Evidence::Sections {
            failing: around.sections,
        });
    }
    if around.load_induced {
        shares.floor(0.02);
        shares.multiply(UNDER_LOAD);
    }
    if around.restart {
        shares.floor(0.02);
        shares.multiply(RESTART);
        evidence.push(Evidence::Restart);
    }
    for experiment in &around.experiments {
        weigh_experiment(shares, *experiment, around, evidence);
    }
}

fn weigh_experiment(
    shares: &mut Shares,
    experiment: ExperimentResult,
    around: &Context,
    evidence: &mut Vec<Evidence>,
) {
    let fine = experiment.fine;
    if fine.of == 0 {
        return;
    }
    let (factors, words) = match (experiment.experiment, experiment.helps()) {
        (Experiment::Browser, true) => (FINE_AS_BROWSER, Evidence::FineAsBrowser { fine }),
        (Experiment::Browser, false) if fine.part == 0 => {
            (FAILS_AS_BROWSER, Evidence::FailsAsBrowser { fine })
        }
        (Experiment::Alone, true) => (FINE_WHEN_SLOW, Evidence::FineWhenSlow { fine }),
        (Experiment::Alone, false) if fine.share() > 0.5 => {
            evidence.push(Evidence::FineByNow { fine });
            return;
        }
        (Experiment::CacheBusting, true) if around.is_kept(experiment) => {
            evidence.push(Evidence::FinePastCaches { fine });
            return;
        }
        (Experiment::FreshConnection, true) => {
            (STALE_CONNECTION, Evidence::FineOnFreshConnection { fine })
        }
        (Experiment::Http1, true) => (FINE_WITH_HTTP1, Evidence::FineWithHttp1 { fine }),
        (Experiment::Uncompressed, true) => {
            (FINE_UNCOMPRESSED, Evidence::FineUncompressed { fine })
        }
        (Experiment::WithoutQuery, true) => {
            (FINE_WITHOUT_QUERY, Evidence::FineWithoutQuery { fine })
        }
        (Experiment::WithoutCookies, true) => {
            (FINE_WITHOUT_COOKIES, Evidence::FineWithoutCookies { fine })
        }
        (Experiment::Address, _) if experiment.parts_addresses() => {
            let failing = Ratio::new(fine.of - fine.part, fine.of);
            (ONE_ADDRESS, Evidence::AddressesDiffer { failing })
        }
        (Experiment::Respelled, _) if experiment.fails_as_spelled() => {
            evidence.push(Evidence::FineRespelled { fine });
            return;
        }
        (Experiment::Respelled, _) if experiment.parts_spellings() => {
            (ONE_ADDRESS, Evidence::SpellingsDiffer { fine })
        }
        _ => return,
    };
    // An unexpected cause must be able to win.
    shares.floor(0.02);
    shares.multiply(factors);
    evidence.push(words);
}
