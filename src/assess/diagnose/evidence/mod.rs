//! The evidence for a cause or a finding, as facts in fields; `sentence` shows each as a sentence.

mod sentence;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::context::Ratio;
use super::error_page::soft_error::SoftSign;
use super::load_curve::Load;
use crate::model::{Cause, LinkKind, Moment, Outcome};

/// One observation that a developer can verify. `Display` prints its sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentences below say what the fields are")]
pub enum Evidence {
    Status {
        status: u16,
    },
    Page {
        product: Option<String>,
        title: Option<String>,
    },
    Header {
        name: String,
        value: String,
    },
    Outcome {
        outcome: Outcome,
        count: u64,
    },
    Attempts {
        failed: Ratio,
    },
    Urls {
        failing: Ratio,
        whose: String,
    },
    Timer {
        hits: Ratio,
        seconds: f64,
        timer: String,
    },
    Late {
        answers: u64,
        from: f64,
        to: f64,
    },
    Instant {
        hits: Ratio,
        seconds: f64,
    },
    Held {
        hits: Ratio,
        from: f64,
        to: f64,
    },
    Ticked {
        hits: Ratio,
        seconds: u64,
        timer: String,
    },
    RetryAfter {
        count: u64,
        longest_seconds: u64,
    },
    OwnStatus {
        product: String,
    },
    DefaultRetryAfter {
        count: u64,
        longest_seconds: u64,
    },
    InvalidRetryAfter {
        count: u64,
    },
    Cached {
        count: Ratio,
    },
    Controls {
        fine: Ratio,
    },
    Sections {
        failing: Ratio,
    },
    Load {
        load: Load,
        from: u32,
        below: Ratio,
        above: Ratio,
    },
    Outage {
        from: Moment,
        until: Moment,
        failed: u64,
        /// Absent in runs of earlier versions, like the good answers around it.
        #[serde(default)]
        pages: u32,
        before: Option<Moment>,
        after: Option<Moment>,
    },
    FileOutage {
        from: Moment,
        until: Moment,
        after: Moment,
    },
    HomePage,
    SeeFindings {
        subjects: Vec<String>,
        more: u64,
    },
    MixedOutage {
        from: Moment,
        until: Moment,
        failed: Ratio,
        after: Option<Moment>,
    },
    FirstRequests {
        first: Ratio,
        later: Ratio,
    },
    Outages {
        count: u64,
    },
    NotOver,
    Rhythm {
        every_seconds: f64,
        down_seconds: Option<f64>,
        sure: bool,
    },
    EachLasted {
        seconds: f64,
    },
    Restart,
    RateLimit {
        low: f64,
        high: f64,
        burst: u32,
        refused: Ratio,
        /// The status of most refusals, 429 or 503.
        status: u16,
        section: Option<String>,
        /// Seconds in which the burst is counted, if the limit counts by window.
        #[serde(default)]
        window: Option<u64>,
    },
    NoNetwork {
        from: Moment,
        until: Option<Moment>,
        silence: String,
    },
    ClosedConnections {
        requests: Ratio,
    },
    NotCounted {
        attempts: u64,
        urls: u64,
    },
    FineWhenSlow {
        fine: Ratio,
    },
    FineByNow {
        fine: Ratio,
    },
    FineAsBrowser {
        fine: Ratio,
    },
    FailsAsBrowser {
        fine: Ratio,
    },
    Address {
        address: String,
        failed: Ratio,
        outcome: Option<Outcome>,
    },
    AddressFine {
        address: String,
        fine: Ratio,
    },
    AddressesDiffer {
        failing: Ratio,
    },
    SpellingsDiffer {
        fine: Ratio,
    },
    FineRespelled {
        fine: Ratio,
    },
    Turns {
        backends: u32,
        at_turn: Ratio,
        sooner: Ratio,
    },
    LeftOut {
        seconds: u64,
        within: Ratio,
        later: Ratio,
    },
    OneOf {
        backends: u32,
        failed: Ratio,
    },
    FineOnFreshConnection {
        fine: Ratio,
    },
    FineWithHttp1 {
        fine: Ratio,
    },
    FineUncompressed {
        fine: Ratio,
    },
    FinePastCaches {
        fine: Ratio,
    },
    FineWithoutQuery {
        fine: Ratio,
    },
    FineWithoutCookies {
        fine: Ratio,
    },
    Recovered {
        urls: u64,
        whose: String,
    },
    Verdicts {
        persistent: u64,
        intermittent: u64,
        unconfirmed: u64,
        transient: u64,
    },
    Families {
        patterns: Vec<String>,
        more: u64,
    },
    LogLine {
        cause: Cause,
        failures: Ratio,
        line: String,
    },
    Soft {
        pages: Ratio,
    },
    SoftSign {
        sign: SoftSign,
        count: u64,
    },
    Blocks {
        answers: Ratio,
    },
    Denied {
        pages: Ratio,
        sections: u64,
    },
    Refused {
        urls: Ratio,
        section: String,
    },
    RedirectEnd {
        target: String,
        outcome: Outcome,
        hops: u32,
        inlinks: u64,
    },
    EndlessRedirects {
        urls: u64,
        inlinks: u64,
        example: String,
    },
    LongRedirects {
        urls: u64,
        hops: u32,
        example: String,
    },
    SitemapProblem {
        address: String,
        problem: String,
    },
    MoreSitemaps {
        files: u64,
    },
    EarlierRuns {
        urls: Ratio,
        most: Ratio,
    },
    Lasts {
        hours: f64,
    },
    FirstByte {
        median_ms: u64,
        p95_ms: u64,
        answers: u64,
    },
    SlowPages {
        pages: Ratio,
        limit_ms: u64,
        median_ms: u64,
        p95_ms: u64,
    },
    Unseen {
        urls: Ratio,
    },
    LastFine {
        at: Option<Moment>,
    },
    Waited {
        text: String,
    },
    NoStart {
        pages: u64,
        fault: String,
    },
    DeadLinks {
        urls: u64,
        pages: u64,
    },
    DeadLink {
        address: String,
        end: Option<String>,
        status: Option<u16>,
        outcome: Option<Outcome>,
        pages: u64,
        examples: Vec<String>,
    },
    BrokenReference {
        reference: LinkKind,
        urls: u64,
        pages: u64,
        address: String,
        page: String,
    },
    Scripted {
        pages: Ratio,
    },
    Forbidden {
        pages: u64,
        listed: u64,
        line: String,
    },
    Policy {
        text: Cow<'static, str>,
    },
    Example {
        url: String,
    },
}

impl Evidence {
    /// Returns whether an experiment made a difference: requests that differ from the crawl's in one thing were fine.
    pub(super) fn is_difference(&self) -> bool {
        matches!(
            self,
            Evidence::FineAsBrowser { .. }
                | Evidence::FineWithHttp1 { .. }
                | Evidence::FineUncompressed { .. }
                | Evidence::FineWithoutQuery { .. }
                | Evidence::FineWithoutCookies { .. }
        )
    }

    /// Returns whether it names the product that answered.
    pub(super) fn names_product(&self) -> bool {
        matches!(self, Evidence::Page { .. } | Evidence::OwnStatus { .. })
    }
}

/// Joins sentences into one text, for a cell of a table.
pub(super) fn sentences(evidence: &[Evidence]) -> String {
    let sentences: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    sentences.join("; ")
}
