//! Ways to say "this machine" on a public site. Nobody may come of it.

use super::addresses;
use super::case::{Case, html, missing, page, redirect};
use crate::crawler::Workdir;

/// Hosts under which a crawler could reach its own machine or network.
pub(super) const HOSTS: [&str; 30] = [
    "127.0.0.1",
    "127.0.0.1.",
    // Names to the URL standard, addresses to whoever strips their dots.
    "127.0.0.1..",
    "127.0.0.1...",
    "127.0.0.1%2e%2e",
    "localhost",
    "LOCALHOST.",
    "localhost..",
    "app.localhost",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.1..",
    "0177.0.0.1",
    "127.1",
    "0",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "\u{2460}\u{2461}\u{2466}.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "user:secret@127.0.0.1",
    "hostile.test%40127.0.0.1",
    "[fe80::1%25lo]",
    "127.0.0.1%00.hostile.test",
    "169.254.169.254",
    "[fd00:ec2::254]",
];

/// A host whose page `/?PORT` links to all of them at that port, and to redirects that lead there.
pub(super) const CASES: &[Case] = &[page("private", "ok_html", |path, line| {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (port, n) = query.split_once('-').unwrap_or((query, ""));
    match (path, n.parse::<usize>().ok().and_then(|n| HOSTS.get(n))) {
        ("/", _) => html(line, &links(port)),
        ("/to", Some(host)) => redirect(line, &format!("http://{host}:{port}/target-{n}")),
        _ => missing(line),
    }
})];

fn links(port: &str) -> String {
    let to = |(n, host): (usize, &&str)| {
        format!(
            "<a href='http://{host}:{port}/link-{n}'>{n}</a>\
             <img src='http://{host}:{port}/image-{n}'><a href='/to?{port}-{n}'>to</a>"
        )
    };
    HOSTS.iter().enumerate().map(to).collect()
}

/// Addresses at that port that were not refused, and those that nothing is known of.
pub(super) fn wrong(workdir: &Workdir, port: u16) -> Vec<String> {
    let rows = workdir.rows("attempts.csv");
    let here = format!(":{port}/");
    let asked = rows.iter().filter(|row| row["Address"].contains(&here));
    let admitted = asked.filter(|row| row["Outcome"] != "address_refused");
    let admitted = admitted.map(|row| format!("{}: {}", row["Address"], row["Outcome"]));

    let asked = addresses(workdir, "attempts.csv");
    let known: Vec<_> = asked
        .iter()
        .chain(&addresses(workdir, "skipped.csv"))
        .cloned()
        .collect();
    let bad = |n| {
        let from = format!("/to?{port}-{n}");
        let rows = rows.iter().filter(|row| row["Address"].ends_with(&from));
        rows.filter(|row| row["Outcome"] == "redirect_bad").count() > 0
    };
    let is_known = |end: &str| known.iter().any(|url| url.ends_with(end));
    let lost = (0..HOSTS.len()).flat_map(|n| {
        let target = (!bad(n)).then(|| format!("/target-{n}"));
        let ends = [format!("/link-{n}"), format!("/image-{n}")]
            .into_iter()
            .chain(target);
        ends.filter(|end| !is_known(end))
            .map(move |end| format!("{end} of {} is lost", HOSTS[n]))
    });
    admitted.chain(lost.collect::<Vec<_>>()).collect()
}
