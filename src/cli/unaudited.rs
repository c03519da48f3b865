//! Why a site could not be audited at all, in one line.

use crate::model::CrawlUrl;
use crate::store::{Cell, RunRow, RunSummary, Store, StoreError, Table, WorstPage};

/// Why nothing of the site was seen; none if something was.
pub(super) fn why(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    worst: &[WorstPage],
) -> Result<Option<String>, StoreError> {
    let classes = summary.classes;
    let pages = classes.success + classes.client_error + classes.server_error + classes.other;
    if pages > 0 {
        return Ok(None);
    }
    // A redirect is an answer, but not if what it leads to may not be asked.
    if let Some((host, status)) = unreadable(store, run)? {
        return Ok(Some(format!(
            "robots.txt of {host} could not be read ({status}), so nothing may be fetched; \
             --ignore-robots crawls a site of your own all the same"
        )));
    }
    if classes.redirect > 0 {
        return Ok(None);
    }
    Ok(Some(match worst.first() {
        Some(page) => format!("no answer from {} ({})", page.address, page.status_text),
        None if summary.skipped.contains_key("robots") => {
            "its robots.txt forbids the start; --ignore-robots crawls a site of your own all the same"
                .to_owned()
        }
        None => "nothing could be fetched; `skipped.csv` says why (--out DIR)".to_owned(),
    }))
}

/// A warning about a start URL that leads to another site.
pub(super) fn redirected(from: &CrawlUrl, to: &CrawlUrl) -> String {
    let host = &to.as_url()[url::Position::BeforeHost..url::Position::AfterPort];
    format!("{from} redirects to another site, {to}; --host {host} audits that too")
}

/// The first host whose robots.txt is unreachable, and what it answered.
fn unreadable(store: &Store, run: &RunRow) -> Result<Option<(String, String)>, StoreError> {
    let columns = store.columns(Table::Robots)?;
    let at = |name: &str| columns.iter().position(|column| column == name);
    let mut found = None;
    store.rows(run.id, Table::Robots, &mut |row| {
        let text = |name| match at(name).and_then(|at| row.get(at)) {
            Some(Cell::Text(text)) => (*text).to_owned(),
            Some(Cell::Integer(value)) if *value > 0 => value.to_string(),
            _ => String::new(),
        };
        if text("Access") == "unreachable" {
            let status = format!("{} {}", text("Status Code"), text("Status"));
            found = Some((text("Host"), status.trim().to_owned()));
        }
        found.is_none()
    })?;
    Ok(found)
}
