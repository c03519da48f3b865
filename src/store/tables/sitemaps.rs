//! Sitemaps and sitemap indexes.

use super::column::{
    FINDER,
    Kind::{Address, Name, Text, Whole},
    Names, columns,
};
use super::view::{By::Up, View};

columns! {
    ADDRESS = "Address", Address, "coalesce(u.readable, u.address)";
    STATUS_CODE = "Status Code", Whole, "coalesce(a.status, 0)";
    STATUS = "Status", Text, "status.text", wide 24;
    OUTCOME = "Outcome", Name(Names::Outcome), "outcome.id", wide 24;
    ATTEMPTS = "Attempts", Whole, "coalesce(s.attempts, 0)";
    FAILED_ATTEMPTS = "Failed Attempts", Whole, "coalesce(s.failed, 0)",
        "How many of its `Attempts` failed, also if the last one was fine.";
    FORMAT = "Format", Text, "f.format",
        "The format that was recognised.";
    ENTRIES = "Entries", Whole, "f.entries",
        "Number of URLs that it lists. Alternates in other languages (`hreflang`) are crawled, \
        but not counted here.";
    FOREIGN_ENTRIES = "Foreign Entries", Whole, "f.foreign_entries",
        "How many of them belong to another site.";
    PROBLEMS = "Problems", Text, "f.problems", wide 40,
        "What is wrong with it.";
    FOUND_ON = "Found On", Address, FINDER,
        "The robots.txt or sitemap that names it; `guessed` for the `/sitemap.xml` that is requested \
        where robots.txt names no sitemap.";
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "u.run",
    // The file comes first: it decides which URLs belong here, and every file is read.
    from: "FROM url u
        LEFT JOIN sitemap_file f ON f.run = u.run AND f.url = u.id
        LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
        LEFT JOIN outcome ON outcome.code = a.outcome
        LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
        LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
        LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
        WHERE (u.role = 2 OR f.url IS NOT NULL)",
    order: &[Up(ADDRESS)],
};
