//! Every known URL that was not fetched, with the reason.

use super::column::{
    FINDER,
    Kind::{Address, Name, Text, Whole},
    Names, columns,
};
use super::view::{By::Up, View};

columns! {
    ADDRESS = "Address", Address, "coalesce(u.readable, u.address)";
    REASON = "Reason", Name(Names::SkipReason), "reason.name",
        "`robots`, `nofollow`, `scope`, `depth`, `max_pages`, `max_hosts`, `max_time`, \
        `max_disk`, `host_down`, `family_down`, `trap` or `invalid` (no URL, or one longer than 2,048 bytes, \
        of which `Address` holds the beginning, the length and a fingerprint). A URL of that length \
        from a sitemap or from the previous run is a `trap`, and `Address` holds all of it. A row \
        `N further links` stands for links of a page that were not taken in.";
    DETAIL = "Detail", Text, "u.detail", wide 40,
        "The deciding line of robots.txt, what is wrong with the URL, or which limit it is \
        beyond. `the site seems endless here`: a family of URLs, or the site, names new URLs \
        without end.";
    FOUND_ON = "Found On", Address, FINDER;
    // Clicks that an earlier run counted do not apply to this run.
    DEPTH = "Depth", Whole, "coalesce(u.depth, CASE u.known WHEN 0 THEN u.found_depth END)",
        "Clicks from a start page.";
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "u.run",
    from: "FROM url u
        CROSS JOIN reason ON reason.code = u.reason
        LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
        WHERE u.state = 3
        UNION ALL
        SELECT DISTINCT
            l.run,
            l.address,
            'invalid',
            l.detail,
            coalesce(source.readable, source.address),
            source.depth + 1
        FROM invalid_link l
        CROSS JOIN url source ON source.run = l.run AND source.id = l.found_on",
    order: &[Up(ADDRESS), Up(REASON), Up(DETAIL), Up(FOUND_ON)],
};
