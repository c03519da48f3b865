//! The output for an archive: a table of the failures, then each group with cause and fix.

use std::fmt::Write;

use crate::check::{Archive, Failing};
use crate::terminal::columns::{Side, columns};
use crate::terminal::paint::{BOLD, RED, paint};
use crate::terminal::text::count;

use super::why;

/// Renders an archive for people, ending in a line break.
pub(super) fn render(archive: &Archive, width: usize, color: bool) -> String {
    let requests = count(archive.requests, "request");
    let mut out = format!("{}: {requests}, {} failed\n", archive.file, archive.failed);
    if !archive.groups.is_empty() {
        out.push('\n');
        out += &table(&archive.groups);
    }
    for group in &archive.groups {
        out.push('\n');
        out += &failing(group, width, color);
    }
    unexplained(archive, &mut out, color);
    out
}

fn unexplained(archive: &Archive, out: &mut String, color: bool) {
    if archive.unexplained_count == 0 {
        return;
    }
    let head = count(archive.unexplained_count, "request");
    let head = format!("No answer, for reasons of the browser: {head}");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n{}", paint(&head, BOLD, color));
    for request in &archive.unexplained {
        let said = request.error.as_deref();
        let why = said.unwrap_or("the browser does not say why");
        let _ = writeln!(out, "  {} ({why})", request.url);
    }
    let unlisted = archive.unexplained_count - archive.unexplained.len() as u64;
    if unlisted > 0 {
        let _ = writeln!(out, "  and {} more", count(unlisted, "request"));
    }
}

fn table(groups: &[Failing]) -> String {
    let heads = [
        ("requests", Side::Right),
        ("status", Side::Left),
        ("outcome", Side::Left),
        ("host", Side::Left),
        ("cause", Side::Left),
    ];
    let rows: Vec<_> = groups
        .iter()
        .map(|group| {
            vec![
                group.requests.to_string(),
                group
                    .status
                    .map_or("---".to_owned(), |status| status.to_string()),
                group.outcome.id().to_owned(),
                group.host.clone(),
                group.why.cause.clone(),
            ]
        })
        .collect();
    columns(&heads, &rows)
}

fn failing(group: &Failing, width: usize, color: bool) -> String {
    let what = match (group.status, &group.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.clone(),
        (None, None) => group.outcome.id().to_owned(),
    };
    let requests = count(group.requests, "request");
    let head = format!("{} {what}", group.host);
    let mut out = format!("{}, {requests}\n", paint(&head, RED, color));
    out += &why::text(&group.why, width);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  URLs");
    for url in &group.urls {
        let _ = writeln!(out, "      {url}");
    }
    if let Some(curl) = &group.curl {
        let _ = writeln!(out, "  Repeat it yourself\n      {curl}");
    }
    out
}
