//! robots.txt of every host.

use super::column::{
    Kind::{Address, Decimals, Name, Text, Whole},
    Names, columns,
};
use super::view::{By::Up, View};

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
        "The pause between requests that robots.txt sets, in seconds.";
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
