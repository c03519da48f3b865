use super::super::Exit;
use super::{run, run_with};

const CHROMIUM: &str = include_str!("../../../fixtures/har/chromium.har");
const FIREFOX: &str = include_str!("../../../fixtures/har/firefox.har");
const BROKEN: &str = include_str!("../../../fixtures/har/broken.har");

fn explained(har: &str, args: &[&str]) -> String {
    let said = run_with(&[&["check", "--har", "-"], args].concat(), har);
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    said.out
}

#[test]
fn failures_in_a_browser_are_explained() {
    insta::assert_snapshot!("check_har_chromium", explained(CHROMIUM, &[]));
    insta::assert_snapshot!("check_har_firefox", explained(FIREFOX, &[]));
}

#[test]
fn an_archive_is_explained_as_json() {
    let text = explained(CHROMIUM, &["--json"]);
    let told: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&told["requests"], &told["failed"]), (&8.into(), &5.into()));
    let first = &told["groups"][0];
    assert_eq!(first["outcome"], "server_502");
    assert_eq!(first["fingerprint"], "nginx-502");
    assert_eq!(first["why"]["advice"]["server"], "nginx");
    assert!(!text.contains("theme=dark"), "no cookies");
}

#[test]
fn a_broken_archive_says_what_is_lost() {
    let said = run_with(&["check", "--har", "-"], BROKEN);
    assert_eq!(said.exit, Exit::Done);
    assert_eq!(said.err.lines().count(), 5, "{}", said.err);
    assert!(
        said.err.starts_with("-: entry 1: no request.url\n"),
        "{}",
        said.err
    );
    assert!(said.out.contains("-: 1 request, 1 failed"), "{}", said.out);
    let cut = &CHROMIUM[..CHROMIUM.len() / 2];
    let said = run_with(&["check", "--har", "-"], cut);
    assert!(said.err.starts_with("-: breaks off ("), "{}", said.err);
    assert_eq!(said.exit, Exit::Done);
}

#[test]
fn a_file_that_is_no_archive_is_an_error_on_one_line() {
    let no_json = run_with(&["check", "--har", "-"], "<html>");
    let no_har = run_with(&["check", "--har", "-"], "{}");
    let no_file = run(&["check", "--har", "no/such.har"]);
    for (said, expected) in [
        (no_json, "error: --har -: not JSON: "),
        (
            no_har,
            "error: --har -: not an HTTP archive: it has no list log.entries",
        ),
        (no_file, "error: --har no/such.har: No such file"),
    ] {
        assert_eq!((said.exit, said.err.lines().count()), (Exit::Usage, 1));
        assert!(said.err.starts_with(expected), "{}", said.err);
    }
}

#[test]
fn an_archive_cannot_control_the_terminal() {
    let har = "{\"log\":{\"entries\":[{\"request\":{\"url\":\"http://a.example/\"},\"response\":\
        {\"status\":0,\"_error\":\"net::\\u001b[2J\\n\\u202eERR\"}}]}}";
    let said = run_with(&["check", "--har", "-"], har);
    assert!(
        said.out.contains("(net::\\u{1b}[2J \\u{202e}ERR)"),
        "{}",
        said.out
    );
}

#[test]
fn an_error_page_with_200_in_an_archive_has_the_cause_that_it_says() {
    let told = |kind: &str, body: &str| {
        let har = format!(
            r#"{{"log":{{"entries":[{{"request":{{"url":"http://a.example/"}},"response":{{"status":200,
            "headers":[{{"name":"Content-Type","value":"{kind}"}}],"content":{{"text":"{body}"}}}}}}]}}}}"#
        );
        run_with(&["check", "--har", "-"], &har).out
    };
    let closed = "<title>Maintenance</title><h1>Down for maintenance</h1>";
    let said = told("text/html; charset=utf-8", closed);
    assert!(said.contains("maintenance"), "{said}");
    assert!(said.contains("gatecrawl explain maintenance"), "{said}");
    let long = format!("{closed}{}", " ".repeat(5_000));
    for (kind, body) in [
        (
            "text/html",
            "<title>Shoes</title><h1>Shoes</h1><p>Brown and black.",
        ),
        ("text/html", ""),
        ("application/json", closed),
        ("text/html", &long),
    ] {
        assert!(!told(kind, body).contains("maintenance"), "{kind} {body}");
    }
}
