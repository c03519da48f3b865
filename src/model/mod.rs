//! The values everybody speaks. Plain data with the rules that make it valid: no clock, no task,
//! no socket, no file. A room that needs a value of another room needs it to live here.

mod attempt;
mod cause;
mod exchange;
mod link;
mod moment;
mod outcome;
mod page;
mod plan;
mod role;
mod url;

pub use attempt::{Attempt, Pressure, Purpose, Trace};
pub use exchange::{Connection, Exchange, Keep, Request, Timings, Version};
pub use link::{LinkKind, Position, Reference};
pub use moment::Moment;
pub use outcome::{Cause, Layer, Level, Outcome, QuickRetry, Recheck, SearchFailure};
pub use page::{
    Admission, HtmlFacts, Indexability, Link, LinkCounts, LinkTarget, PageRecord, Redirect,
    RedirectKind,
};
pub use plan::{Coverage, CrawlPlan, PacePlan, RequestPlan, ScopePlan, Sitemaps};
pub use role::{Role, Skip, SkipReason};
pub use url::{CrawlUrl, Fingerprint, HostKey, QueryEncoder, UrlFault, readable};
