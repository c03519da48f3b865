//! The facts of a run: its site, its settings and its results in numbers.

use serde::Serialize;

use crate::assess::Verdict;
use crate::model::{Coverage, ScopePlan, SkipReason, Zone};
use crate::report::words::{apart, count, duration, external_links, left_out, resources};
use crate::store::{RunRow, RunState, RunSummary};

use super::color::Color;

/// The site and the settings of the run.
#[derive(Debug, Serialize)]
pub(crate) struct About {
    pub(crate) site: String,
    pub(crate) run: i64,
    pub(crate) started: String,
    /// The name of the time zone of all times.
    pub(crate) zone: String,
    took: Option<String>,
    /// Why the run is not complete; absent if it is.
    incomplete: Option<&'static str>,
    pages: u64,
    requests: u64,
    retries: u64,
    /// The settings of the crawl, as name and value.
    settings: Vec<(&'static str, String)>,
    version: String,
    token: String,
}

/// One value of a breakdown, such as a status, with its count and share.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Its meaning; may be empty.
    meaning: &'static str,
    pub(crate) count: u64,
    /// 0..1.
    pub(crate) share: f64,
    /// Its colour.
    tone: Color,
}

/// The coverage of the site.
#[derive(Debug, Serialize)]
pub(crate) struct CoverageView {
    known: u64,
    fetched: u64,
    /// 0..1; absent if nothing is known.
    share: Option<f64>,
    /// The note that links were left out, so that the share is an upper bound.
    left_out: Option<String>,
    /// The reasons why URLs were not fetched.
    reasons: Vec<Part>,
    /// The counts of URLs that are not part of the audit, in words; absent if there are none.
    apart: Option<String>,
    /// The counts of images, scripts, styles and fonts, in words; absent unless `--resources` requests them.
    resources: Option<String>,
    /// The counts of links to other sites, in words; absent if there are none to request.
    external: Option<String>,
}

pub(super) fn about(run: &RunRow, summary: &RunSummary, zone: &Zone) -> About {
    About {
        site: run.site.clone(),
        run: run.id.0,
        started: zone.seconds(run.started),
        zone: zone.name(run.started),
        took: run.took().map(duration),
        incomplete: match run.state {
            RunState::Finished => None,
            RunState::Interrupted => {
                Some("The crawl was interrupted: this report shows only a part.")
            }
            RunState::Incomplete => Some(
                "A host was given up, and its pages were not requested: this report shows only a \
                 part.",
            ),
            RunState::Running => Some("The crawl did not end: this report shows only a part."),
        },
        pages: summary.pages.fetched,
        requests: summary.attempts,
        retries: summary.retries,
        settings: settings(run),
        version: run.version.clone(),
        token: run.token.clone(),
    }
}

fn settings(run: &RunRow) -> Vec<(&'static str, String)> {
    let (scope, pace, requests) = (&run.plan.scope, &run.plan.pace, &run.plan.requests);
    let rate = match pace.rate {
        Some(rate) => format!("at most {rate} requests/s per host"),
        None => "no ceiling".to_owned(),
    };
    let passes = run.plan.confirm.delays.iter().map(|delay| duration(*delay));
    let passes = match passes.collect::<Vec<_>>() {
        none if none.is_empty() => "failing URLs were not requested again".to_owned(),
        some => format!("failing URLs requested again after {}", some.join(", ")),
    };
    let mut settings = vec![
        ("User-Agent", requests.user_agent.clone()),
        ("Rate", rate),
        (
            "Open requests",
            format!("at most {} per host", pace.concurrency),
        ),
        (
            "Pace",
            (if pace.adapt {
                "adapts to the host"
            } else {
                "fixed"
            })
            .to_owned(),
        ),
        ("Wait for an answer", wait(run)),
        ("Retries", format!("{} in a pass", pace.retries)),
        ("Confirmation", passes),
    ];
    let mut note = |holds: bool, name, value: String| {
        if holds {
            settings.push((name, value));
        }
    };
    note(
        scope.coverage == Coverage::List,
        "Scope",
        "a list of URLs".to_owned(),
    );
    note(scope.ignore_robots, "robots.txt", "not obeyed".to_owned());
    note(
        !scope.include.is_empty(),
        "Include",
        scope.include.join(" "),
    );
    note(
        !scope.exclude.is_empty(),
        "Exclude",
        scope.exclude.join(" "),
    );
    let usual = Some(ScopePlan::USUAL_MAX_PAGES);
    if let Some(most) = scope.max_pages.filter(|_| scope.max_pages != usual) {
        note(true, "Limit", count(most, "page"));
    }
    if let Some(depth) = scope.max_depth {
        note(
            true,
            "Depth",
            format!("{} from a start page", count(depth.into(), "click")),
        );
    }
    note(
        !requests.reach.resolve.is_empty(),
        "Fixed addresses",
        requests.reach.resolve.join(" "),
    );
    settings
}

/// Returns how long a request waits for the first byte of its answer.
fn wait(run: &RunRow) -> String {
    let requests = &run.plan.requests;
    let (limit, patient) = (requests.first_byte, requests.patient_first_byte());
    let limit = format!("at most {}", duration(limit));
    if patient > requests.first_byte {
        format!(
            "{limit}; {} in rechecks and experiments, so that a gateway's own timer is seen",
            duration(patient)
        )
    } else {
        limit
    }
}

/// The verdicts from good to bad, with the meaning of each.
const VERDICTS: [(Verdict, &str, Color); 6] = [
    (Verdict::Ok, "never failed", Color::Fine),
    (Verdict::Transient, "failed, then recovered", Color::Mild),
    (
        Verdict::LoadInduced,
        "fails at the crawl's speed only",
        Color::Mild,
    ),
    (
        Verdict::Unconfirmed,
        "fails, with too little evidence to say how; `--confirm standard` gives more",
        Color::Other,
    ),
    (Verdict::Intermittent, "comes and goes", Color::Other),
    (
        Verdict::Persistent,
        "no success in two passes or more",
        Color::Bad,
    ),
];

pub(super) fn verdicts(summary: &RunSummary) -> Vec<Part> {
    let whole = summary.pages.judged();
    let found = VERDICTS.iter().map(|(verdict, meaning, tone)| {
        let count = summary.pages.with_verdict(*verdict);
        part(
            &verdict.name().replace('_', " "),
            meaning,
            *tone,
            (count, whole),
        )
    });
    found.filter(|part| part.count > 0).collect()
}

pub(super) fn statuses(summary: &RunSummary) -> Vec<Part> {
    let classes = summary.pages.classes();
    let all = [
        (classes.success, "2xx", "answered", Color::Fine),
        (
            classes.redirect,
            "3xx",
            "redirects or not modified",
            Color::Moved,
        ),
        (
            classes.client_error,
            "4xx",
            "not found, not allowed",
            Color::Mild,
        ),
        (classes.server_error, "5xx", "server errors", Color::Bad),
        (classes.other, "other", "another status", Color::Other),
        (
            classes.none,
            "no answer",
            "connection, DNS, TLS or time",
            Color::Other,
        ),
    ];
    let whole: u64 = all.iter().map(|(count, ..)| count).sum();
    let parts = all.map(|(count, name, meaning, tone)| part(name, meaning, tone, (count, whole)));
    parts.into_iter().filter(|part| part.count > 0).collect()
}

pub(super) fn coverage(summary: &RunSummary) -> CoverageView {
    let pages = &summary.pages;
    let skipped = pages.skipped.iter();
    let mut reasons: Vec<(&str, &str, u64)> = skipped
        .map(|(skip, urls)| (skip.name(), reason(*skip), *urls))
        .collect();
    if pages.not_reached() > 0 {
        reasons.push(("not_reached", "the crawl ended before", pages.not_reached()));
    }
    let whole = reasons.iter().map(|(.., urls)| urls).sum();
    reasons.sort_by_key(|(name, _, urls)| (std::cmp::Reverse(*urls), *name));
    let reasons = reasons
        .into_iter()
        .map(|(name, meaning, urls)| {
            part(
                &name.replace('_', " "),
                meaning,
                Color::Other,
                (urls, whole),
            )
        })
        .collect();
    CoverageView {
        known: pages.known,
        fetched: pages.fetched,
        share: pages.coverage(),
        left_out: left_out(summary),
        reasons,
        apart: apart(summary),
        resources: resources(&summary.resources),
        external: external_links(summary.external),
    }
}

/// Returns why URLs with this reason were not fetched.
const fn reason(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Robots => "robots.txt forbids them",
        SkipReason::Nofollow => "only nofollow links lead there",
        SkipReason::Scope => "outside the site, or excluded",
        SkipReason::Depth => "too many clicks from a start page",
        SkipReason::MaxPages => "beyond the limit of pages",
        SkipReason::MaxHosts => "on hosts beyond the limit of hosts",
        SkipReason::MaxTime => "not requested within the time limit",
        SkipReason::MaxDisk => "not requested within the disk limit",
        SkipReason::HostDown => "the host was given up",
        SkipReason::FamilyDown => "their group of URLs was given up",
        SkipReason::Trap => "the site seems endless here",
        SkipReason::Invalid => "no URL",
    }
}

fn part(name: &str, meaning: &'static str, tone: Color, of: (u64, u64)) -> Part {
    let (count, whole) = of;
    Part {
        name: name.to_owned(),
        meaning,
        count,
        share: if whole == 0 {
            0.0
        } else {
            count as f64 / whole as f64
        },
        tone,
    }
}
