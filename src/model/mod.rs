//! Shared values. Plain data with the rules that make it valid: no clock, no task, no socket, no
//! file. A value that several rooms need lives here.

mod attempt;
mod bytes;
mod excerpt;
mod looks;
mod outage;
mod outcome;
mod page;
mod plan;
mod secret;
mod time;
mod url;

pub use attempt::client::{CLIENTS, ClientPreset, Guise};
pub use attempt::exchange::{
    Coding, Connection, Cookies, Exchange, Held, Keep, MAX_HEADER_TEXT, Protocol, Request, Timings,
    Version,
};
pub use attempt::experiment::Experiment;
pub use attempt::{Attempt, ErrorPage, MAX_ERROR_HEAD, Pressure, Purpose, Trace};
pub use bytes::{LONGEST_VARINT, bytes_in_words, put_varint, take_varint};
pub use excerpt::{beginning, excerpt, marked_excerpt};
pub use looks::{
    FlakyTest, Frequency, LOOK_SPACING, Looks, OFTEN, RARELY, TEST_ERROR, looks_evidence,
};
pub use outage::{Network, OwnOutage, Silence, Witnesses};
pub use outcome::causes::Causes;
pub use outcome::reason::reason_phrase;
pub use outcome::{Cause, Layer, Level, Outcome, QuickRetry, Recheck, SearchFailure};
pub use page::link::{LinkKind, MAX_REL, Position, Reference};
pub use page::redirect_end::RedirectEnd;
pub use page::robots_access::RobotsAccess;
pub use page::role::{Role, Skip, SkipReason};
pub use page::{
    Admission, HtmlFacts, Indexability, LONG_CHAIN, Link, LinkCounts, LinkTarget, MAX_REDIRECTS,
    PageRecord, Redirect, RedirectKind, UrlNumber,
};
pub use plan::pace::Pace;
pub use plan::{
    ConfirmPlan, Coverage, CrawlPlan, ExperimentPlan, PacePlan, ReachPlan, RequestPlan, SamplePlan,
    ScopePlan, SegmentPlan, Sitemaps,
};
pub use secret::Secret;
pub use time::moment::Moment;
pub use time::zone::Zone;
pub use url::fingerprint::{AsIs, FingerprintMap, FingerprintSet};
pub use url::readable::readable;
pub use url::table::FingerprintTable;
pub use url::{CrawlUrl, EXCERPT, Fingerprint, HostKey, LONGEST_URL, UrlFault, check_text};
