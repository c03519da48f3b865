//! A site that nobody made for tests: PostgreSQL's manual, as Debian ships it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::crawler::Workdir;
use crate::nginx::{Logged, log, start};
use crate::server::Server;

const MANUAL: &str = "/usr/share/doc/postgresql-doc-15/html";

/// What the second opinion calls itself.
const WGET: &str = "second-opinion";

fn nginx() -> Server {
    start("", |_| (String::new(), format!("root {MANUAL};")))
}

/// Lets wget find every page that can be reached by links.
fn wget(nginx: &Server) {
    let folder = nginx.dir.path().join("wget");
    let status = Command::new("wget")
        .args(["--recursive", "--level=inf", "--no-parent", "--quiet"])
        .args(["--execute", "robots=off", "--tries=1"])
        .arg(format!("--user-agent={WGET}"))
        .arg("--directory-prefix")
        .arg(folder)
        .arg(nginx.url("/"))
        .status()
        .expect("wget is installed");
    // 8: some link was answered with an error, which the log shows.
    assert!(matches!(status.code(), Some(0 | 8)), "{status}");
}

/// Targets that were answered with a page.
fn pages<'a>(log: impl IntoIterator<Item = &'a Logged>) -> BTreeSet<String> {
    log.into_iter()
        .filter(|logged| logged.status == 200 && logged.media_type.starts_with("text/html"))
        .map(|logged| logged.target.clone())
        .collect()
}

#[test]
fn a_whole_manual_is_crawled_as_wget_crawls_it_and_nothing_twice() {
    let nginx = nginx();
    wget(&nginx);
    let workdir = Workdir::new();
    let url = nginx.url("/");
    let ended = workdir.audit(&[&url, "--rate", "0", "-c", "16"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);

    let (by_wget, by_us): (Vec<_>, Vec<_>) = log(&nginx)
        .into_iter()
        .partition(|logged| logged.user_agent == WGET);
    let expected = pages(&by_wget);
    assert!(expected.len() > 1_000, "{} pages", expected.len());

    let origin = nginx.url("");
    let found: BTreeSet<String> = workdir
        .rows("pages.csv")
        .into_iter()
        .filter(|row| row["Scope"] == "page" && row["Status Code"] == "200")
        .map(|row| row["Address"].trim_start_matches(&origin).to_owned())
        .collect();
    let only_wget: Vec<_> = expected.difference(&found).collect();
    let only_us: Vec<_> = found.difference(&expected).collect();
    assert!(
        only_wget.is_empty() && only_us.is_empty(),
        "only wget: {only_wget:?}
only gatecrawl: {only_us:?}"
    );
    assert_eq!(pages(&by_us), found);

    // Nothing failed, so nothing was asked twice.
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for logged in &by_us {
        *times.entry(&logged.target).or_default() += 1;
    }
    times.retain(|_, times| *times > 1);
    assert!(times.is_empty(), "{times:?}");

    let mut recorded: Vec<_> = workdir
        .rows("attempts.csv")
        .into_iter()
        .map(|row| row["Address"].trim_start_matches(&origin).to_owned())
        .collect();
    let mut asked: Vec<_> = by_us.iter().map(|logged| logged.target.clone()).collect();
    recorded.sort();
    asked.sort();
    assert_eq!(recorded, asked);
    let runs: BTreeSet<_> = by_us.iter().map(|logged| &logged.run).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
}
