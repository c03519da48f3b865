//! Decisions about the next steps, from values alone: what belongs to the crawl, when to request
//! again, how fast and whether at all, what looks endless. The rules have no clock and no random
//! numbers of their own: the moment and the roll are arguments.

mod bounds;
mod breaker;
mod client_limit;
mod confirm;
mod experiment;
mod family;
mod outage;
mod pace;
mod retry;
mod scope;

pub use bounds::copies::Copies;
pub use bounds::disk::{DiskBudget, USUAL_MAX_DISK};
pub use bounds::sitemaps::{
    MOST_FOREIGN_SITEMAPS, MOST_NESTED_SITEMAPS, MOST_SITEMAP_ENTRIES, MOST_SITEMAPS, SitemapCount,
};
pub use bounds::trap::{FoundOn, Traps};
pub use breaker::{Breaker, BreakerChange, BreakerSignal, Waited};
pub use client_limit::ClientLimit;
pub use confirm::doubted::{FURTHER_TRIES, MOST_DOUBTED, REFUSALS, TRY_SPACING};
pub use confirm::sample::stratified;
pub use confirm::{
    Candidate, ConfirmPace, Enough, LoadTrial, MOST_EARLY_LOOKS, MOST_LOOKS, Selection,
    look_spacing, select,
};
pub use experiment::{
    Failing, MOST_REQUESTS, Made, Step, Subject, check, is_worth, leads_on, opening, rest,
};
pub use family::controls::{Controls, FamilyKnowledge};
pub use family::suspects::{FirstAttempt, Hung, Noted, Suspects};
pub use family::{Families, Family};
pub use outage::{Doubt, NetworkSign, OutageChange, OutageWatch, SilenceEffect};
pub use pace::{CAREFUL, HostPace, PaceSignal};
pub use retry::{Decision, LONGEST_ANNOUNCED, RobotsOf, Tried, after, after_robots, announced};
pub use scope::pattern::Globs;
pub use scope::regexes::{PATTERN_SIZE, ScopeError};
pub use scope::segments::Segments;
pub use scope::site_name::{is_below, is_public_suffix, without_www};
pub use scope::{LONGEST_CRAWLED, Scope, Via};
