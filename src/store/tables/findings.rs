//! Findings of the diagnosis rules. `Advice` is a topic of `gatecrawl explain`.

use super::column::{
    Kind::{Address, Name, Share, Text, Time, Whole},
    Names, columns,
};
use super::view::{
    By::{Up, Worst},
    View,
};

columns! {
    RULE = "Rule", Text, "rule", wide 24,
        "The rule's name, which never changes.";
    SEVERITY = "Severity", Name(Names::Severity), "severity",
        "`critical`, `error`, `warning` or `notice`.";
    SCOPE = "Scope", Name(Names::FindingScope), "scope",
        "The kind of subject: `url`, `section`, `host` or `site`.";
    SUBJECT = "Subject", Address, "subject",
        "Which one; `this machine` where the crawler's own network is meant (`own_outage`). For \
        `host_down` and `family_down` it is the host of which all or a group of URLs was given up, \
        for `start_page` the start page that is no page.";
    CAUSE = "Cause", Name(Names::Causes), "nullif(cause, '')", wide 24,
        "The probable cause or two of them, as in pages.csv.";
    CONFIDENCE = "Confidence", Share(2), "confidence",
        "The confidence in the cause, 0 to 1.";
    EVIDENCE = "Evidence", Text,
        "(SELECT group_concat(value, '; ') FROM json_each(sentences))", wide 100,
        "The evidence, in words with numbers.";
    ADVICE = "Advice", Text, "advice", wide 24,
        "A topic of `gatecrawl explain`.";
    PAGES = "Pages", Whole, "pages",
        "Number of pages that it is about; empty where they are not counted.";
    ID = "ID", Text, "nullif(id, '')", wide 28,
        "Its name, the same in every run that has it. `Findings` in server_errors.csv names it with each of its pages.";
    SINCE = "Since", Time, "since",
        "When the first of the consecutive runs began that have this finding about this subject.";
    RUNS = "Runs", Whole, "runs",
        "How many runs these are, this one included. A run is compared with the one before it of the same project, or \
        of the same scope and limits.";
}

/// The view.
pub(super) const VIEW: View = View {
    columns: COLUMNS,
    run: "run",
    from: "FROM finding",
    order: &[Worst(SEVERITY), Up(RULE), Up(SUBJECT), Up(EVIDENCE)],
};
