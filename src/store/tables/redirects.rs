//! Every redirect with the end of its chain.

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
    REDIRECT_URL = "Redirect URL", Address, "coalesce(target.readable, target.address)";
    REDIRECT_TYPE = "Redirect Type", Text, "p.redirect_kind";
    HOPS = "Hops", Whole, "r.hops",
        "Redirects from here to the end.";
    FINAL_ADDRESS = "Final Address", Address, "coalesce(final.readable, final.address)",
        "Where the chain ends.";
    FINAL_STATUS_CODE = "Final Status Code", Whole, "coalesce(f.status, 0)",
        "The status there.";
    FINAL_STATUS = "Final Status", Text, "final_status.text",
        "Its reason phrase.";
    FINAL_OUTCOME = "Final Outcome", Name(Names::Outcome), "final_outcome.id",
        "The outcome of the last attempt there.";
    ENDING = "Ending", Name(Names::RedirectEnd), "r.ending",
        "How the chain ends: `final` at an answer, `loop` in a loop, `not_fetched` at a URL that \
        was not fetched, `too_many` after more redirects than are followed (10).";
    INLINKS = "Inlinks", Whole, "u.inlinks";
    FOUND_ON = "Found On", Address, FINDER;
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "r.run",
    from: "FROM redirect_end r
        CROSS JOIN url u ON u.run = r.run AND u.id = r.url
        CROSS JOIN page p ON p.run = u.run AND p.url = u.id
        LEFT JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = u.run AND url = u.id)
        LEFT JOIN url target ON target.run = p.run AND target.id = p.redirect
        CROSS JOIN url final ON final.run = r.run AND final.id = r.last
        LEFT JOIN attempt f ON f.run = final.run AND f.url = final.id
            AND f.number = (SELECT max(number) FROM evidence WHERE run = final.run AND url = final.id)
        LEFT JOIN outcome final_outcome ON final_outcome.code = f.outcome
        LEFT JOIN url source ON source.run = u.run AND source.id = u.found_on
        LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
        LEFT JOIN text final_status ON final_status.run = f.run AND final_status.id = f.status_text",
    order: &[Up(ADDRESS)],
};
