//! The values everybody speaks. Plain data with the rules that make it valid: no clock, no task,
//! no socket, no file. A room that needs a value of another room needs it to live here.

mod attempt;
mod bytes;
mod cause;
mod causes;
mod client;
mod excerpt;
mod exchange;
mod fingerprint;
mod link;
mod looks;
mod moment;
mod outage;
mod outcome;
mod pace;
mod page;
mod plan;
mod probe;
mod readable;
mod redirect_end;
mod robots_access;
mod role;
mod table;
mod url;
mod usual;

pub use attempt::{Attempt, ErrorPage, MAX_ERROR_HEAD, Pressure, Purpose, Trace};
pub use bytes::bytes_in_words;
pub use causes::Causes;
pub use client::{CLIENTS, ClientPreset, Guise};
pub use excerpt::{beginning, excerpt, marked_excerpt};
pub use exchange::{
    Coding, Connection, Cookies, Exchange, Held, Keep, MAX_HEADER_TEXT, Protocol, Request, Timings,
    Version,
};
pub use fingerprint::{AsIs, FingerprintMap, FingerprintSet};
pub use link::{LinkKind, MAX_REL, Position, Reference};
pub use looks::{
    FlakyTest, Frequency, LOOK_SPACING, Looks, OFTEN, RARELY, TEST_ERROR, looks_evidence,
};
pub use moment::Moment;
pub use outage::{Network, OwnOutage, Silence, Witnesses};
pub use outcome::{Cause, Layer, Level, Outcome, QuickRetry, Recheck, SearchFailure};
pub use pace::Pace;
pub use page::{
    Admission, HtmlFacts, Indexability, Link, LinkCounts, LinkTarget, MAX_REDIRECTS, PageRecord,
    Redirect, RedirectKind, UrlNumber,
};
pub use plan::{
    ConfirmPlan, Coverage, CrawlPlan, PacePlan, ProbePlan, ReachPlan, RequestPlan, SamplePlan,
    ScopePlan, Sitemaps,
};
pub use probe::Probe;
pub use readable::readable;
pub use redirect_end::RedirectEnd;
pub use robots_access::RobotsAccess;
pub use role::{Role, Skip, SkipReason};
pub use table::FingerprintTable;
pub use url::{
    CrawlUrl, EXCERPT, Fingerprint, HostKey, LONGEST_URL, QueryEncoder, UrlFault, check_text,
};
