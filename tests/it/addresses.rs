//! Audits of a name with two addresses of this machine. Only Linux answers at all of 127.0.0.0/8.
#![cfg(target_os = "linux")]

use std::net::{IpAddr, Ipv4Addr};

use crate::answer::status;
use crate::cli::{Said, Workdir};
use crate::origin::Origin;

/// The first address is that of every origin.
const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A site at the first address.
async fn site() -> Origin {
    let origin = Origin::start().await;
    origin.page("/", "<p>home <a href='/a'>a</a> <a href='/b'>b</a>");
    for path in ["/a", "/b"] {
        origin.page(path, "<p>fine");
    }
    origin
}

/// Audits it under a name that leads to these addresses.
async fn audit(workdir: &Workdir, origin: &Origin, addresses: &[&str]) -> Said {
    let (port, site) = (
        origin.address().port(),
        origin.url_as("www.shop.example", "/"),
    );
    let given: Vec<String> = addresses
        .iter()
        .map(|address| format!("--resolve=www.shop.example:{port}:{address}"))
        .collect();
    // What comes after the crawl is the experiments alone.
    let quick = ["--confirm", "none", "--sample", "0", "--overwrite"];
    let mut args = vec!["audit", site.as_str(), "-o", "out"];
    args.extend(quick);
    args.extend(given.iter().map(String::as_str));
    workdir.run(&args).await
}

/// The column of an export.
fn column(workdir: &Workdir, file: &str, name: &str) -> Vec<String> {
    let text = workdir.read(file);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers().expect("valid CSV").clone();
    let at = headers.iter().position(|header| header == name);
    let at = at.expect("such a column");
    rows.records()
        .map(|row| row.expect("valid CSV")[at].to_owned())
        .collect()
}

fn found(workdir: &Workdir) -> (Vec<String>, Vec<String>) {
    let of = |name| column(workdir, "out/findings.csv", name);
    (of("Rule"), of("Evidence"))
}

#[tokio::test]
async fn a_healthy_site_gets_one_request_more_for_each_of_its_addresses() {
    let workdir = Workdir::new();
    let first = site().await;
    audit(&workdir, &first, &["127.0.0.1"]).await;
    let requests = first.requests().len();
    let second = first.start_beside(SECOND).await;
    second.page("/", "<p>home");
    let said = audit(&workdir, &first, &["127.0.0.1", "127.0.0.2"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(first.requests().len(), 2 * requests + 1);
    assert_eq!(second.requests().len(), 1);
    assert_eq!(found(&workdir).0, [""; 0]);
}

#[tokio::test]
async fn an_address_at_which_nobody_listens_is_found() {
    let workdir = Workdir::new();
    let first = site().await;
    let said = audit(&workdir, &first, &["127.0.0.1", "127.0.0.2"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let (rules, evidence) = found(&workdir);
    assert_eq!(rules, ["address_down"]);
    let words = "at 127.0.0.2 2 of 2 requests failed (connection refused)";
    assert!(evidence[0].contains(words), "{evidence:?}");
    let verdicts = column(&workdir, "out/pages.csv", "Verdict");
    assert_eq!(verdicts, ["ok"; 3], "clients go on to the next address");
}

#[tokio::test]
async fn an_address_that_answers_502_to_everything_is_found() {
    let workdir = Workdir::new();
    let first = site().await;
    let second = first.start_beside(SECOND).await;
    for path in ["/", "/a", "/b"] {
        second.script(path, [status(502)]);
    }
    audit(&workdir, &first, &["127.0.0.1", "127.0.0.2"]).await;
    let (rules, evidence) = found(&workdir);
    assert_eq!(rules, ["address_down"]);
    let words = "at 127.0.0.2 2 of 2 requests failed (502); at 127.0.0.1";
    assert!(evidence[0].contains(words), "{evidence:?}");
    assert_eq!(column(&workdir, "out/pages.csv", "Verdict"), ["ok"; 3]);
}

#[tokio::test]
async fn a_site_that_fails_at_the_address_which_the_crawl_uses_has_one_finding() {
    let workdir = Workdir::new();
    let first = Origin::start().await;
    let second = first.start_beside(SECOND).await;
    for path in ["/", "/a", "/b"] {
        first.script(path, [status(502)]);
        second.page(path, "<p>fine");
    }
    let said = audit(&workdir, &first, &["127.0.0.1", "127.0.0.2"]).await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    let (rules, evidence) = found(&workdir);
    assert_eq!(rules, ["address_down"], "{evidence:?}");
}
