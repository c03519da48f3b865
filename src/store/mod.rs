//! Runs, attempts, pages and links in one SQLite file. One thread writes, in transactions that
//! each leave a state from which a crawl can go on; readers stream. What a crawl needs to resume
//! is what it recorded: there is no second copy of the frontier's state.

mod attempts;
mod baseline;
mod beside;
mod census;
mod change;
mod clusters;
mod compare;
mod conclude;
mod conclusions;
mod course;
mod courses;
mod desk;
mod earlier;
mod earlier_runs;
mod error;
mod examine;
mod failures;
mod families;
mod file;
mod followed;
mod found;
mod given_up;
mod graph;
mod history;
mod identity;
mod ids;
mod links;
mod loan;
mod lock;
mod login_pages;
mod measured;
mod notices;
mod outages;
mod pairs;
mod reached;
mod recheck;
mod resume;
mod row;
mod rows;
mod runs;
mod sampling;
mod schedule;
mod schema;
mod sights;
mod site_files;
mod speeds;
mod starts;
mod states;
mod stored;
mod summary;
mod table;
mod timeline;
mod unlinked;
mod weight;
mod worst;
mod writer;

pub use baseline::{Baseline, BaselineSource};
pub use change::{
    Change, FileRecord, KnownPage, RobotsRecord, Seed, SitemapEntry, SitemapRecord, Then,
    VisitRecord,
};
pub use clusters::{FailingCluster, FailingUrl};
pub use course::Mark;
pub use earlier::{EarlierPage, EarlierPages};
pub use error::{StoreError, StoreFault};
pub use failures::FailedUrl;
pub use file::Store;
pub use found::{RunScores, StoredDeduction, StoredFinding, StoredPart, StoredScore, StoredTrial};
pub use history::{RunOverview, UrlInRun};
pub use lock::RunLock;
pub use measured::PageCounts;
pub use notices::{NewNotice, Notice, NoticeCounts};
pub use recheck::Rechecked;
pub use resume::{KnownRobots, KnownUrl};
pub use runs::{NewRun, RunCounts, RunId, RunRow, RunState};
pub use sampling::FinePage;
pub use schedule::{LastRun, OpenRun, ScheduleState, ScheduledRun};
pub use stored::{Look, StoredUrls};
pub use summary::{RobotsSummary, RunSummary, SlowPage, StatusClasses};
pub use table::{Cell, Table};
pub use timeline::{Tick, Tone};
pub use worst::WorstPage;
pub use writer::Writer;
