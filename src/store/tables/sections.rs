//! Sections of the site: the first folders of its paths.

use super::column::{
    Column,
    Kind::{Decimals, Share, Text, Whole},
    columns,
};
use super::view::{By::Up, View};

columns! {
    SECTION = "Section", Text, "part.name", wide 24,
        "The folder with its slashes; `/` for pages in none, `(other)` for those beyond 500 \
        sections.";
    URLS = "URLs", Whole, "urls",
        "Pages that were fetched.";
    FAILING = "Failing", Whole, "failing",
        "How many of them failed at least once.";
    PERSISTENT = "Persistent", Whole, "persistent",
        "How many have this verdict.";
    INTERMITTENT = "Intermittent", Whole, "intermittent",
        "How many have this verdict.";
    TRANSIENT = "Transient", Whole, "transient",
        "How many have this verdict.";
    LOAD_INDUCED = "Load Induced", Whole, "load_induced",
        "How many have this verdict.";
    ERROR_RATE = "Error Rate", Share(4), "error_rate",
        "Share of first attempts that failed; retries are left out. Its 95 % interval is in the \
        two columns beside it.";
    ERROR_RATE_LOW = "Error Rate Low 95%", Share(4), "error_low";
    ERROR_RATE_HIGH = "Error Rate High 95%", Share(4), "error_high";
    CRAWLABILITY = "Crawlability", Decimals(2), "crawlability",
        "0 to 100, 100 = nothing in the way of a bot in this section; empty with fewer than five \
        pages.";
    INDEXING_RISK = "Indexing Risk", Decimals(2), "risk",
        "0 to 100, 0 = no page at risk: the weighted mean of its pages' risks; empty with fewer than five pages.";
    VISITS = "Visits", Whole, "visits.seen",
        "With `--traffic` only: clicks of its pages in the days that the files cover; sessions of pages without clicks.";
    CLICKS_AT_RISK = "Clicks At Risk", Decimals(2), "visits.value",
        "With `--traffic` only: clicks a day that its failing pages cost, an estimate; 0 is best.";
    CLICKS_AT_RISK_LOW = "Clicks At Risk Low 95%", Decimals(2), "visits.low",
        "Lower end of its 95 % interval.";
    CLICKS_AT_RISK_HIGH = "Clicks At Risk High 95%", Decimals(2), "visits.high",
        "Upper end of it.";
}

/// The columns of visits, which a run has only with `--traffic`.
pub(super) const TRAFFIC: [Column; 4] = [
    VISITS,
    CLICKS_AT_RISK,
    CLICKS_AT_RISK_LOW,
    CLICKS_AT_RISK_HIGH,
];

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "part.run",
    from: "FROM part
        LEFT JOIN measure visits ON visits.run = part.run AND visits.name = 'clicks_at_risk ' || part.name
        WHERE kind = 'section'",
    order: &[Up(SECTION)],
};
