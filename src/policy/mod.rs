//! What to do next, decided from values alone: what belongs to the crawl, when to ask again, how
//! fast and whether at all, what looks endless. No clock, no dice of its own: the moment and the
//! roll come in as arguments.

mod breaker;
mod confirm;
mod controls;
mod copies;
mod disk;
mod experiment;
mod family;
mod outage;
mod pace;
mod pattern;
mod retry;
mod sample;
mod scope;
mod shuffle;
mod site_name;
mod sitemaps;
mod suspects;
mod trap;

pub use breaker::{Breaker, BreakerChange, BreakerSignal, Waited};
pub use confirm::{Candidate, ConfirmPace, Enough, LoadTrial, Selection, look_spacing, select};
pub use controls::{Controls, Kinship};
pub use copies::Copies;
pub use disk::{DiskBudget, USUAL_MAX_DISK};
pub use experiment::{Failing, MOST_REQUESTS, Step, Subject, is_worth, leads_on, opening, rest};
pub use family::{Families, Family};
pub use outage::{Doubt, OutageWatch, Ruling, Silent, Sound};
pub use pace::{CAREFUL, HostPace, PaceSignal};
pub use pattern::Globs;
pub use retry::{Decision, LONGEST_ANNOUNCED, Tried, after, announced};
pub use sample::stratified;
pub use scope::{LONGEST_CRAWLED, PATTERN_SIZE, Scope, ScopeError, Via};
pub use site_name::{is_below, is_public_suffix, without_www};
pub use sitemaps::{MOST_FOREIGN_SITEMAPS, MOST_SITEMAP_ENTRIES, MOST_SITEMAPS, SitemapCount};
pub use suspects::{FirstAttempt, Hung, Noted, Suspects};
pub use trap::{FoundOn, Traps};
