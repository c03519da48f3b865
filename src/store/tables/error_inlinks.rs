//! Links to failing URLs, a row per link.

use super::column::{
    Kind::{Address, Name, Text, Whole, YesNo},
    Names, columns,
};
use super::view::{By::Up, View};

columns! {
    TYPE = "Type", Name(Names::LinkKind), "kind.name",
        "The kind of link: hyperlink, image, redirect, ...";
    SOURCE = "Source", Address, "coalesce(source.readable, source.address)",
        "The page that has the link.";
    DESTINATION = "Destination", Address, "coalesce(target.readable, target.address)",
        "The failing URL.";
    ANCHOR = "Anchor", Text, "anchor.text", wide 40,
        "The link's text.";
    STATUS_CODE = "Status Code", Whole, "coalesce(a.status, 0)";
    STATUS = "Status", Text, "status.text", wide 24;
    FOLLOW = "Follow", YesNo, "l.follow",
        "`false` if it is marked nofollow.";
    REL = "Rel", Text, "rel.text",
        "Its `rel` attribute.";
    LINK_POSITION = "Link Position", Name(Names::Position), "position.name",
        "Where on the page it is.";
    VERDICT = "Verdict", Name(Names::Verdict), "s.verdict";
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "l.run",
    from: "FROM error_link l
        CROSS JOIN url source ON source.run = l.run AND source.id = l.source
        CROSS JOIN url target ON target.run = l.run AND target.id = l.target
        CROSS JOIN kind ON kind.code = l.kind
        CROSS JOIN position ON position.code = l.position
        LEFT JOIN attempt a ON a.run = target.run AND a.url = target.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = target.run AND url = target.id)
        LEFT JOIN assessment s ON s.run = l.run AND s.url = l.target
        LEFT JOIN text status ON status.run = a.run AND status.id = a.status_text
        LEFT JOIN text anchor ON anchor.run = l.run AND anchor.id = l.anchor
        LEFT JOIN text rel ON rel.run = l.run AND rel.id = l.rel",
    order: &[Up(DESTINATION), Up(SOURCE), Up(TYPE), Up(ANCHOR), Up(LINK_POSITION), Up(REL), Up(FOLLOW)],
};
