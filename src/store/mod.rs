//! Runs, attempts, pages and links in one SQLite file. One thread writes, in transactions; a crawl
//! can continue from the state after each of them. Readers stream. A crawl resumes from its
//! records: there is no second copy of the frontier's state.

mod compare;
mod conclude;
mod crawl;
mod error;
mod file;
mod read;
mod rows;
mod runs;
mod schedule;
pub mod tables;
mod typed;
mod write;

pub use compare::baseline::{Baseline, BaselineSource};
pub use crawl::addresses::Addresses;
pub use crawl::clusters::{FailingCluster, FailingUrl};
pub use crawl::doubted::Doubted;
pub use crawl::earlier::{EarlierPage, EarlierPages};
pub use crawl::failures::FailedUrl;
pub use crawl::linked_sitemaps::LinkedSitemap;
pub use crawl::resume::{KnownRobots, KnownUrl, PassesMade};
pub use crawl::sampling::FinePage;
pub use error::{StoreError, StoreFault};
pub use file::lock::RunLock;
pub use file::open::Store;
pub use file::space::free_space;
pub use read::failing::missing::MissingPage;
pub use read::failing::of_findings::{FindingUrl, FindingUrls};
pub use read::failing::sources::LinkSource;
pub use read::failing::worst::WorstPage;
pub use read::marks::Mark;
pub use read::overview::{RunOverview, UrlInRun};
pub use read::recheck::Rechecked;
pub use read::still::StillFailing;
pub use read::summary::counts::{ExternalCounts, RobotsSummary, RunSummary};
pub use read::summary::fact::StoredFact;
pub use read::summary::found::{
    RunScores, StoredDeduction, StoredExperiment, StoredFinding, StoredPart, StoredScore,
};
pub use read::summary::run::SlowPage;
pub use read::summary::url_counts::{StatusClasses, UrlCounts};
pub use read::timeline::{AttemptKind, Tick};
pub use rows::log_parts::{LogFailure, LogFailures, LogUrl, URL_COUNTS};
pub use runs::id::RunId;
pub use runs::list::{NewRun, RunRow, RunState};
pub use runs::log_lines::{FailedAttempt, JudgedUrl, LogHits, LogLine};
pub use runs::logs::{HOUR_COUNTS, LogChanges, LogCheckpoint, LogHour, LogRun};
pub use runs::traffic::{RunTraffic, Traffic, VisitSource};
pub use schedule::notices::{NewNotice, Notice, NoticeCounts, UnsentNotice};
pub use schedule::state::{LastRun, OpenRun, ScheduleState, ScheduledRun};
pub use tables::column::Cell;
pub use tables::table::Table;
pub use typed::failing::FailingRow;
pub use typed::redirects::RedirectRow;
pub use typed::robots::RobotsRow;
pub use typed::row::{ReadRow, TypedRow, Unreadable};
pub use typed::sitemaps::SitemapRow;
pub use typed::skipped::SkippedRow;
pub use write::change::{
    Change, FileRecord, KnownPage, RobotsRecord, Seed, SitemapEntry, SitemapRecord, Then,
    VisitRecord,
};
pub use write::stored::{Look, StoredUrls};
pub use write::writer::Writer;
