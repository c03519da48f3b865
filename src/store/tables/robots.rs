//! robots.txt of every host.

use super::column::{
    Kind::{Address, Decimals, Name, Text, Whole},
    Names, columns,
};
use super::view::{By::Up, View};
use crate::model::RobotsAccess;
use crate::store::table::Table;
use crate::store::typed::{ReadRow, TypedRow, Unreadable};

columns! {
    HOST = "Host", Text, "r.host", wide 24,
        "The origin that it speaks for.";
    ADDRESS = "Address", Address, "coalesce(u.readable, u.address)";
    STATUS_CODE = "Status Code", Whole, "coalesce(a.status, 0)";
    STATUS = "Status", Text, "status.text", wide 24;
    OUTCOME = "Outcome", Name(Names::Outcome), "outcome.id", wide 24;
    ATTEMPTS = "Attempts", Whole, "coalesce(s.attempts, 0)";
    ACCESS = "Access", Name(Names::RobotsAccess), "r.access",
        "`rules`, `allow_all` or `unreachable`; the last means that nothing was fetched.";
    FINAL_ADDRESS = "Final Address", Address, "r.final_address";
    GROUPS = "Groups", Whole, "r.groups",
        "How many groups of rules it has.";
    RULES = "Rules", Whole, "r.rules",
        "How many rules.";
    SITEMAPS = "Sitemaps", Whole, "r.sitemaps",
        "How many sitemaps it names that can be requested.";
    CRAWL_DELAY = "Crawl-delay (s)", Decimals(3), "r.crawl_delay_ms / 1000.0",
        "The pause between requests that it asks us to keep.";
    PROBLEMS = "Problems", Text, "r.problems", wide 40;
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "r.run",
    from: "FROM robots_txt r
        CROSS JOIN url u ON u.run = r.run AND u.id = r.url
        LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
        LEFT JOIN outcome ON outcome.code = a.outcome
        LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
        LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text",
    order: &[Up(HOST)],
};

/// The robots.txt of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotsRow {
    /// The origin.
    pub host: String,
    /// The last status; 0 where there was no answer.
    pub status: u16,
    /// The reason phrase, or what went wrong.
    pub status_text: String,
    /// What it allows.
    pub access: RobotsAccess,
    /// Rules that it has.
    pub rules: u64,
    /// Sitemaps that it names.
    pub sitemaps: u64,
    /// Seconds between requests that it wants.
    pub crawl_delay: Option<f64>,
    /// What is wrong with it, a line each; may be empty.
    pub problems: String,
}

impl ReadRow for RobotsRow {
    const TABLE: Table = Table::Robots;

    fn read(row: TypedRow<'_>) -> Result<RobotsRow, Unreadable> {
        Ok(RobotsRow {
            host: row.text(&HOST),
            status: row.status(&STATUS_CODE),
            status_text: row.text(&STATUS),
            access: row.name(&ACCESS, RobotsAccess::from_name)?,
            rules: row.count(&RULES),
            sitemaps: row.count(&SITEMAPS),
            crawl_delay: row.real(&CRAWL_DELAY),
            problems: row.text(&PROBLEMS),
        })
    }
}
